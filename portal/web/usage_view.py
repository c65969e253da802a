"""A month's use as a page shows it: bars by day, a row for each contract and resource."""

from decimal import Decimal
from typing import Final, NamedTuple

from ledger.money import render_decimal
from ledger.period import parse_month
from ledger.text import Text
from ledger.usage import DayKey
from portal.claims.ground import Ground
from portal.enterprises.reading import name_resource
from portal.web import figures
from portal.web.chart import Bars, Value, draw
from portal.web.visit import Visit
from reports.compute import UNITS
from reports.metered import Metered, meter, months_used
from vouchers.rating import ChargeLine

# The statement has four; here two are enough to see how it goes.
PLACES: Final = 2

UNRATED_SHOWN: Final = 10


class Part(NamedTuple):
    """How much of a line was used at which price."""

    quantity: str
    unit: Text
    unit_price: str


class Row(NamedTuple):
    """What one resource was used under one contract, and what it costs so far."""

    contract: str
    resource: str
    parts: tuple[Part, ...]
    amount_fen: int


class Month(NamedTuple):
    """A month of an enterprise; `months` are all in which it used something, the latest first."""

    month: str
    months: list[str]
    metered: Metered
    card_hours: str
    rows: list[Row]
    unrated: list[DayKey]
    unrated_count: int


def month_of(ground: Ground, month: str | None) -> Month | None:
    """Return a month, the latest with usage where none is named; None where there is no usage.

    Raises `InvalidInputError` (`bad_month`).
    """
    wanted = parse_month(month) if month else None
    months = months_used(ground.usage)
    if not months:
        return None
    metered = meter(ground.book, ground.account, ground.usage, wanted or months[0])
    unrated = [key for key, _ in metered.charge.unrated]
    return Month(
        metered.month,
        months if metered.month in months else [metered.month, *months],
        metered,
        render_decimal(metered.all_card_hours, PLACES),
        [_row(ground, line) for line in metered.charge.lines],
        unrated[:UNRATED_SHOWN],
        len(unrated),
    )


def _row(ground: Ground, line: ChargeLine) -> Row:
    """Return a line of the charge as a row."""
    parts = tuple(
        Part(
            render_decimal(one.units, PLACES),
            UNITS[one.tariff.line.per],
            one.tariff.line.unit_price,
        )
        for one in line.parts
    )
    return Row(line.contract.contract, name_resource(ground, line.resource), parts, line.amount_fen)


def chart_of(visit: Visit, month: Month) -> Bars | None:
    """Return the bars of a month's days, None where no accelerator was used."""
    days = month.metered.card_hours
    most_on, most = max(days, key=lambda one: one[1])
    if not most:
        return None
    values = [
        Value(
            figures.brief_day(day, visit.language),
            _plain(render_decimal(hours, PLACES)),
            render_decimal(hours, PLACES),
        )
        for day, hours in days
    ]
    shown, on = render_decimal(most, PLACES), figures.day(most_on, visit.language)
    name = figures.month(month.month, visit.language)
    summary = Text(
        f"{name}每日加速卡用量，共 {month.card_hours} 卡时，最多的一天是{on}，{shown} 卡时",
        f"Accelerator use by day in {name}: {month.card_hours} card-hours, most of them on {on}:"
        f" {shown}",
    )
    top = Text(f"最多 {shown} 卡时（{on}）", f"most: {shown} card-hours on {on}")
    return draw(values, visit.say(summary), visit.say(top))


def _plain(shown: str) -> str:
    """Return a figure without the marks of its thousands."""
    return str(Decimal(shown.replace(",", "")))
