"""What takes the whole ledger to work out: by a process apart, and shown with the state it is of.

A small ledger is worked out at once. Of a large one a page has what was worked out last, says up to
which entries that is, and has it worked out anew meanwhile where the ledger has moved; the other
pages are not slowed by it. What is kept is found by the heads of all logs, whose roots are of every
entry, so that it is never taken for that of another state.
"""

import multiprocessing
import os
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from threading import Lock
from typing import Any, Final, Generic, NamedTuple, TypeVar, TypeVarTuple

from ledger.crew import start_apart
from ledger.database import Connection, open_engine
from ledger.head import Head
from ledger.read import decisive, read_heads

Worked = TypeVar("Worked")
Asked = TypeVarTuple("Asked")

APART_ENTRIES: Final = 50_000
"""Entries of all logs from which on it takes more than a moment."""

REST_S: Final = 60.0
"""How long after the last time it is worked out anew, while the ledger moves and somebody looks."""

# A month's figures take some kilobytes.
KEPT_MAX: Final = 48

# The niceness of whoever works while people wait for pages.
_NICE: Final = 10

_SPAWNED: Final = multiprocessing.get_context("spawn")


class Found(NamedTuple, Generic[Worked]):
    """What was worked out last, None where it is still under way, and how it stands.

    `sizes` are how many entries of each log it is of. `is_current` where the ledger has not moved
    since.
    """

    value: Worked | None
    sizes: dict[str, int]
    is_current: bool


@dataclass(slots=True)
class _Kept:
    """What was worked out of a ledger, and the process that works it out anew, if one does."""

    heads: tuple[Head, ...] = ()
    value: Any = None
    began_s: float = float("-inf")
    pipe: Pipe | None = None


_Key = tuple[str, str, tuple[Any, ...]]
_kept: OrderedDict[_Key, _Kept] = OrderedDict()
_lock = Lock()


def work_out(
    url: str,
    connection: Connection,
    make: Callable[[Connection, *Asked], Worked],
    *asked: *Asked,
) -> Found[Worked]:
    """Return what a function makes of a ledger, or what it made of it last.

    The function is of a module, so that a process apart can call it, and answers by what it is
    asked and the ledger alone. Whoever asks the same of a small ledger meanwhile waits for it.
    """
    heads = tuple(decisive(read_heads(connection)).values())
    key = url, f"{make.__module__}.{make.__qualname__}", asked
    with _lock:
        kept = _kept[key] = _kept.pop(key) if key in _kept else _Kept()
        if len(_kept) > KEPT_MAX:
            _kept.popitem(last=False)
        if kept.pipe is not None and kept.pipe.poll():
            _take(kept)
        if kept.heads != heads:
            if sum(one.size for one in heads) < APART_ENTRIES:
                kept.heads, kept.value = heads, make(connection, *asked)
            elif kept.pipe is None and time.monotonic() - kept.began_s >= REST_S:
                _begin(kept, url, make, asked)
        sizes = {one.name: one.size for one in kept.heads}
        return Found(kept.value, dict(sizes), kept.heads == heads)


def _take(kept: _Kept) -> None:
    """Take what a process has worked out; nothing from one that ended without."""
    assert kept.pipe is not None
    try:
        kept.heads, kept.value = kept.pipe.recv()
    except EOFError:
        pass
    finally:
        kept.pipe.close()
        kept.pipe = None


def _begin(kept: _Kept, url: str, make: Callable[..., Any], asked: tuple[Any, ...]) -> None:
    """Begin to work something out in a process that ends with this one."""
    kept.pipe, theirs = _SPAWNED.Pipe(duplex=False)
    kept.began_s = time.monotonic()
    start_apart(_SPAWNED.Process(target=_work, args=(theirs, url, make, asked), daemon=True))
    theirs.close()


def _work(pipe: Pipe, url: str, make: Callable[..., Any], asked: tuple[Any, ...]) -> None:
    """Send what a function makes of a ledger, with the heads that it saw."""
    os.nice(_NICE)
    engine = open_engine(url, "read")
    try:
        with engine.connect() as connection:
            heads = tuple(decisive(read_heads(connection)).values())
            pipe.send((heads, make(connection, *asked)))
    finally:
        engine.dispose()
