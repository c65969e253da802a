"""From a statement back to the entries of the logs that it was made from.

A compute statement is traced to the usage that touches its month; every statement to the papers of
its enterprise in the book and to the entry that issued it. Only entries below the sizes that the
statement saw count.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from ledger.codec import Event
from ledger.database import Connection
from ledger.events import IssuedData, LogName, StatementSealed
from ledger.period import cut_by_day
from ledger.read import parse_entry, read_entries
from ledger.usage_blocks import find_usage, read_usage
from reports.issue import Issued

Step = Callable[[int], None]

_STATEMENTS: Final = (IssuedData, StatementSealed)


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

    Of the usage logs only the blocks are read that have some of the enterprise's month.
    """
    subject, data = issued.subject, issued.data
    is_month = data.kind == "compute"
    places = find_usage(connection, subject, data.period, data.sizes) if is_month else {}
    for log, size in data.sizes.items():
        if log == "book":
            for index, entry in read_entries(connection, log, 0, size):
                event = parse_entry(log, index, entry)
                if event.subject == subject and not issubclass(event.kind, _STATEMENTS):
                    yield Traced(log, index, event)
        for place in places:
            if place.log == log:
                for index, event in read_usage(connection, subject, *place):
                    if micro := _held_in(event, data.period):
                        yield Traced(log, index, event, micro)
        progress(size)


def _held_in(event: Event, month: str) -> int:
    """Return what a usage event holds during a month, in micro-unit-seconds."""
    piece = event.usage
    assert piece is not None, event.id
    return piece.amount_milli * sum(
        duration_ms
        for day, duration_ms in cut_by_day(piece.start_ms, piece.end_ms)
        if day.startswith(month)
    )
