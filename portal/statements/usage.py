"""From a line of a compute statement to the usage entries that it sums, page by page.

The lines are worked out as they were when the statement was issued: from the papers of then, and
from the entries below the sizes that it saw. A page reads the blocks that hold its entries.
"""

from collections.abc import Iterator
from typing import NamedTuple

from ledger.database import Connection
from ledger.events import LogName
from ledger.tables import LOG_NUMBERS
from ledger.usage import DayKey, Held, Slice, render_quantity
from ledger.usage_blocks import Place, Places, find_usage, read_usage
from portal.audit.desk import Entry
from portal.claims.ground import read_ground
from portal.enterprises.reading import name_resource
from reports.issue import Issued
from reports.usage_lines import UsageLine, draw_lines
from vouchers.reading import read_rules


class Lines(NamedTuple):
    """A statement's lines, with what each resource is called.

    `is_as_issued` says whether they come to what the statement states.
    """

    issued: Issued
    places: Places
    lines: list[UsageLine]
    names: dict[str, str]
    is_as_issued: bool

    def find(self, contract: str, resource: str) -> UsageLine | None:
        """Return a line, None where the statement has none of that name."""
        wanted = contract, resource
        return next((one for one in self.lines if (one.contract, one.resource) == wanted), None)


class Summed(NamedTuple):
    """A usage entry of a line; `quantity` is what it adds to it, in micro-unit-seconds."""

    entry: Entry
    quantity: int

    @property
    def piece(self) -> Slice:
        """Return what the entry says was used."""
        piece = self.entry.event.usage
        assert piece is not None, self.entry.index
        return piece

    @property
    def used(self) -> str:
        """Return the quantity in unit-seconds, exactly."""
        return render_quantity(self.quantity)

    @property
    def amount(self) -> str:
        """Return how many units were used at once, exactly."""
        return render_quantity(self.piece.amount_milli * 1_000)


class Page(NamedTuple):
    """Entries of a line in the order of the logs, and after which of them the list goes on."""

    entries: list[Summed]
    following: tuple[LogName, int] | None


def read_lines(connection: Connection, issued: Issued) -> Lines:
    """Return the lines of a compute statement, none for a statement of another kind."""
    data, code = issued.data, issued.subject
    if data.kind != "compute":
        return Lines(issued, {}, [], {}, is_as_issued=True)
    size = data.sizes["book"]
    ground = read_ground(connection, code, size, read_rules(connection, size))
    places = find_usage(connection, code, data.period, data.sizes)
    charge, lines = draw_lines(ground.book, ground.account, _add(places))
    names = {one.resource: name_resource(ground, one.resource) for one in lines}
    return Lines(issued, places, lines, names, charge.amount_fen == data.total_fen)


def parse_place(issued: Issued, after: str) -> tuple[LogName, int] | None:
    """Return the log and the index that a place names, None where a statement has none such."""
    name, _, index = after.partition(":")
    if not (index.isascii() and index.isdigit()):
        return None
    return next(((log, int(index)) for log in issued.data.sizes if log == name), None)


def render_place(place: tuple[LogName, int]) -> str:
    """Return how a place is written, so that a list can go on after it."""
    return f"{place[0]}:{place[1]}"


def list_line(
    connection: Connection,
    lines: Lines,
    line: UsageLine,
    limit: int,
    after: tuple[LogName, int] | None = None,
) -> Page:
    """Return entries that a line sums, from after one of them on."""
    found: list[Summed] = []
    for one in _walk(connection, lines, line, after):
        if len(found) == limit:
            last = found[-1].entry
            return Page(found, (last.log, last.index))
        found.append(one)
    return Page(found, None)


def count_line(connection: Connection, lines: Lines, line: UsageLine) -> int:
    """Return how many entries a line sums; they are read where the blocks do not say it."""
    if line.entries is not None:
        return line.entries
    return sum(1 for _ in _walk(connection, lines, line, None))


def _walk(
    connection: Connection, lines: Lines, line: UsageLine, after: tuple[LogName, int] | None
) -> Iterator[Summed]:
    """Yield the entries that a line sums, in the order of the logs, block by block."""
    for place, held in lines.places.items():
        if line.is_of(held) and (first := _begin(place, after)) < place.end:
            code = lines.issued.subject
            for index, event in read_usage(connection, code, place.log, first, place.end):
                if quantity := line.part_of(event):
                    yield Summed(Entry(place.log, index, event), quantity)


def _begin(place: Place, after: tuple[LogName, int] | None) -> int:
    """Return from which entry of a block a list goes on, its end where that is past it."""
    if after is None:
        return place.start
    log, index = after
    if log == place.log:
        return max(place.start, index + 1)
    return place.start if LOG_NUMBERS[place.log] > LOG_NUMBERS[log] else place.end


def _add(places: Places) -> dict[DayKey, Held]:
    """Return each day's usage over all blocks, in the order of the keys."""
    total: dict[DayKey, Held] = {}
    for held in places.values():
        for key, one in held.items():
            old = total.get(key, Held(0, 0, 0))
            total[key] = Held(*map(sum, zip(old, one, strict=True)))
    return dict(sorted(total.items()))
