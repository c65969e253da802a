"""Tallies: what each source says that it sent for a day, beside what is recorded of it.

A source is compared from the first day to the last that it tallied. What is missing or too much on
any day keeps that day's usage from being settled until it is explained by what is sent.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple


class SourceDay(NamedTuple):
    """A resource of one source on one policy day: recorded beside tallied.

    `events` start on the day; quantities are micro-unit-seconds held during it; `tallies` counts
    what the source said, none where it said nothing.
    """

    source: str
    resource: str
    day: str
    events: int
    quantity: int
    tallies: int
    tallied_events: int
    tallied_quantity: int

    @property
    def missing_events(self) -> int:
        """Return how many events are missing; negative where there are too many."""
        return self.tallied_events - self.events

    @property
    def missing_quantity(self) -> int:
        """Return the micro-unit-seconds that are missing; negative where there are too many."""
        return self.tallied_quantity - self.quantity

    @property
    def agrees(self) -> bool:
        """Return whether what is recorded is what was tallied."""
        return bool(self.tallies) and self.missing_events == 0 == self.missing_quantity


def compared_days(rows: Iterable[SourceDay]) -> Iterator[SourceDay]:
    """Yield the days on which a source can be held to its tallies; the rows come by source."""
    for _, group in groupby(rows, key=lambda row: row.source):
        days = list(group)
        tallied = [one.day for one in days if one.tallies]
        if tallied:
            first, last = min(tallied), max(tallied)
            yield from (one for one in days if first <= one.day <= last)


def differing_days(rows: Iterable[SourceDay]) -> Sequence[SourceDay]:
    """Return the days on which something is missing or too much, in the order of the rows."""
    return [one for one in compared_days(rows) if not one.agrees]
