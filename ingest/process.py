"""What a worker asks of its process while it runs: signals that stop it, and a quiet collector."""

import gc
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def collector_held() -> Iterator[None]:
    """Let Python look for unreachable cycles only when it is told to, while the context lasts.

    A batch holds a hundred thousand objects for a moment, none of them in a cycle; looking through
    them again and again took a sixth of a worker's time. What was there before is not looked at.
    """
    enabled = gc.isenabled()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if enabled:
            gc.enable()


@contextmanager
def stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Let SIGTERM and SIGINT stop a worker cleanly while the context lasts."""
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(one, lambda *_: stop()) for one in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
