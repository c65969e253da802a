"""What signing in takes, done apart from pages: a hash that is slow by design, another machine.

Handlers share a handful of threads. Whoever waits in one of them, for his turn to be hashed or for
an identity provider that does not answer, would keep everybody's pages waiting with him.
"""

from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import Final, Literal, ParamSpec, TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

Wait = Literal["hashing", "provider"]

AT_ONCE: Final[dict[Wait, int]] = {
    # Argon2 takes every processor by itself: more at once sign nobody in sooner.
    "hashing": 2,
    # Some seconds each while the provider is slow, and nothing but a thread that waits.
    "provider": 16,
}
"""How many handlers wait at the same time; whoever comes then waits without a thread."""

P = ParamSpec("P")
Answer = TypeVar("Answer")


def limiters() -> dict[Wait, CapacityLimiter]:
    """Return the limiters of one application, which its state has as `apart`."""
    return {name: CapacityLimiter(count) for name, count in AT_ONCE.items()}


def apart(wait: Wait) -> Callable[[Callable[P, Answer]], Callable[P, Awaitable[Answer]]]:
    """Return what makes of a handler one that works in a thread of its own; it takes `request`."""

    def make(handler: Callable[P, Answer]) -> Callable[P, Awaitable[Answer]]:
        @wraps(handler)
        async def work(*args: P.args, **kwargs: P.kwargs) -> Answer:
            state = kwargs["request"].app.state  # type: ignore[attr-defined]
            return await run_sync(partial(handler, *args, **kwargs), limiter=state.apart[wait])

        return work

    return make
