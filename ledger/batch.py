"""What a writer hands over and what became of it: records of a stream, and how they were sorted."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from ledger.codec import Event
from ledger.events import LogName
from ledger.rejection import Rejection


class Batch(msgspec.Struct, frozen=True):
    """Records `[first, next)` of a stream, each an event or a rejection.

    `expected` is the stream's next position as the writer knows it. A batch that ends at or before
    it was read again: it must not move anything, but what is new in it is still recorded.
    `opens`: the stream was never seen before, and where it begins is recorded though nothing was
    read of it yet. `usage_log` is the log that takes its usage; writers with logs of their own
    never wait for each other's head.
    """

    stream: str
    expected: int
    first: int
    next: int
    events: Sequence[tuple[int, Event]]
    rejections: Sequence[Rejection] = ()
    usage_log: LogName = "usage"
    opens: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a batch: seen = recorded + duplicate + rejected.

    `log` and `size` say where the last log that it touched stands now.
    """

    recorded: int
    duplicate: int
    rejected: int
    next: int
    log: LogName
    size: int
