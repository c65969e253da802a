"""What the public is told of usage and refunds: counts and sums from which nobody is recognised.

A sum is told where at least `ENTERPRISES_MIN` enterprises are behind it and none of them has more
than `SHARE_MAX_PERCENT` of it. No sum is told over sums of which one is kept back: whoever has it
and the others would have that one too.
"""

from typing import Final, NamedTuple

from ledger.database import Connection
from ledger.query import Spread, spread_refunds, spread_usage
from ledger.read import read_heads
from vouchers.reading import read_rules

# Of two, each learns the other's by taking its own away; official statistics ask for three.
ENTERPRISES_MIN: Final = 3

# A sum that is nearly all of one enterprise is that enterprise's figure.
SHARE_MAX_PERCENT: Final = 80

_SECONDS_PER_HOUR: Final = 3_600


class Figure(NamedTuple):
    """How many enterprises, and their sum; both None where one could be recognised by them."""

    enterprises: int | None
    total: int | None


class Refunded(NamedTuple):
    """What a programme paid for a year, in fen."""

    year: int
    programme: str
    figure: Figure


class PublicFigures(NamedTuple):
    """Whole accelerator card-hours by month, and refunds by year and programme."""

    months: dict[str, Figure]
    refunds: list[Refunded]


def read_public_figures(connection: Connection) -> PublicFigures:
    """Return what the public is told of the ledger as it stands."""
    book = read_rules(connection, read_heads(connection)["book"].size)
    used = spread_usage(connection, book.accelerators)
    months = {month: tell(one, _SECONDS_PER_HOUR) for month, one in used.items()}
    refunds = [
        Refunded(year, programme, tell(one))
        for (year, programme), one in spread_refunds(connection).items()
    ]
    return PublicFigures(months, refunds)


def tell(spread: Spread, unit: int = 1) -> Figure:
    """Return what is told of a sum, in whole units."""
    if spread.enterprises < ENTERPRISES_MIN:
        return Figure(None, None)
    if spread.largest * 100 > spread.total * SHARE_MAX_PERCENT:
        return Figure(spread.enterprises, None)
    return Figure(spread.enterprises, spread.total // unit)
