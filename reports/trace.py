"""From a statement back to the entries of the logs that it was made from.

A compute statement is traced to the usage that touches its month; every statement to the papers of
its enterprise in the book and to the entry that issued it. Only entries below the sizes that the
statement saw count.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ledger.codec import Event
from ledger.database import Connection
from ledger.events import IssuedData, LogName, StatementSealed
from ledger.period import cut_by_day
from ledger.read import parse_entry, read_entries
from reports.issue import Issued

Step = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Traced:
    """An entry that a statement rests on; `micro` is what it adds to the statement's month.

    `micro` is in micro-unit-seconds, zero for a paper.
    """

    log: LogName
    index: int
    event: Event
    micro: int = 0


def trace(
    connection: Connection, issued: Issued, progress: Step = lambda _: None
) -> Iterator[Traced]:
    """Yield the entries that a statement rests on, log by log in the order of the sizes it saw.

    Every entry is read, but only those that can name the enterprise are parsed: JSON has no way to
    write its code but the code itself or an escape, which needs a backslash.
    """
    code = issued.subject.encode()
    for log, size in issued.data.sizes.items():
        for index, entry in read_entries(connection, log, 0, size):
            progress(1)
            if code not in entry and b"\\" not in entry:
                continue
            event = parse_entry(log, index, entry)
            if event.subject != issued.subject:
                continue
            if event.usage is None:
                if log == "book" and not issubclass(event.kind, IssuedData | StatementSealed):
                    yield Traced(log, index, event)
            elif micro := _held_in(event, issued.data.period):
                yield Traced(log, index, event, micro)


def _held_in(event: Event, month: str) -> int:
    """Return what a usage event holds during a month, in micro-unit-seconds."""
    piece = event.usage
    assert piece is not None, event.id
    return piece.amount_milli * sum(
        duration_ms
        for day, duration_ms in cut_by_day(piece.start_ms, piece.end_ms)
        if day.startswith(month)
    )
