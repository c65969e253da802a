"""Usage found again in the logs: one enterprise's entries, by the blocks that a projection names.

The projection says where to look, never what is there. A block that it does not name is what a
replay finds.
"""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, select

from ledger import tables
from ledger.codec import Event
from ledger.events import LogName
from ledger.facts import BLOCK_ENTRIES, Facts, gather
from ledger.period import days_of_month
from ledger.projection import USAGE_BLOCK
from ledger.read import find_entries, parse_entry
from ledger.tables import LOG_NAMES, LOG_NUMBERS
from ledger.usage import DayKey, Held


class Place(NamedTuple):
    """A block of a usage log, of which `[start, end)` is looked at."""

    log: LogName
    start: int
    end: int


Places = dict[Place, dict[DayKey, Held]]
"""What stands where, in the order of the logs' numbers and of their entries."""


def find_usage(
    connection: Connection, enterprise: str, month: str, sizes: dict[LogName, int]
) -> Places:
    """Return where the logs' first entries have an enterprise's usage of a month, and how much.

    Costs one query, and the reading of the last block of each log that has some in it, for sizes
    are those of a statement and the projection is of today.
    """
    table = tables.usage_block.c
    days = [day.isoformat() for day in days_of_month(month)]
    query = (
        select(*tables.usage_block.columns)
        .where(table.enterprise == enterprise, table.day >= days[0], table.day <= days[-1])
        .order_by(table.log, table.block)
    )
    found: Places = {}
    for _, contract, resource, day, number, block, *sums in connection.execute(query):
        log = LOG_NAMES[number]
        start = block * BLOCK_ENTRIES
        place = Place(log, start, min(start + BLOCK_ENTRIES, sizes.get(log, 0)))
        if place.start < place.end:
            found.setdefault(place, {})[enterprise, contract, resource, day] = Held(*sums)
    for place in found:
        if place.end % BLOCK_ENTRIES:
            found[place] = _count(connection, enterprise, place, set(days))
    return found


def read_usage(
    connection: Connection, enterprise: str, log: LogName, start: int, end: int
) -> Iterator[tuple[int, Event]]:
    """Yield (index, event) of an enterprise's usage among the entries `[start, end)` of a log.

    Only entries that can name the enterprise are parsed: JSON has no way to write its code but the
    code itself or an escape, which needs a backslash.
    """
    marks = (enterprise.encode(), b"\\")
    for index, entry in find_entries(connection, log, start, end, marks):
        event = parse_entry(log, index, entry)
        if event.usage is not None and event.subject == enterprise:
            yield index, event


def _count(
    connection: Connection, enterprise: str, place: Place, days: set[str]
) -> dict[DayKey, Held]:
    """Return what a part of a block has of an enterprise's usage on some days."""
    events = (event for _, event in read_usage(connection, enterprise, *place))
    facts = gather(events, Facts(log=place.log), place.start)
    number, block = LOG_NUMBERS[place.log], place.start // BLOCK_ENTRIES
    rows = USAGE_BLOCK.derive(facts)
    assert all(key[-2:] == (number, block) for key in rows), place
    return {key[:4]: Held(*sums) for key, sums in rows.items() if key[3] in days}
