"""What was metered beside what was invoiced, as a page shows it: bars by month and by day, rows."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.money import FEN_PER_YUAN
from ledger.quantity import MICRO
from ledger.text import Text
from portal.web import figures
from portal.web.chart import Bars, Value, draw
from portal.web.visit import Visit
from vouchers.claims.matching import Beside

# Two months of days can be told apart on a screen; more are shown by month.
DAYS_MAX: Final = 62
_SECONDS_PER_HOUR: Final = 3_600


class Evidence(NamedTuple):
    """The charts of a claim's usage, None where nothing was metered or invoiced."""

    amounts: Bars | None
    hours: Bars | None


def draw_evidence(visit: Visit, beside: Sequence[Beside]) -> Evidence:
    """Return the charts of what was metered beside what was invoiced."""
    return Evidence(_amounts(visit, beside), _hours(visit, beside))


def _amounts(visit: Visit, beside: Sequence[Beside]) -> Bars | None:
    """Return what was invoiced and what was metered, two bars a month of service."""
    invoiced: dict[str, int] = {}
    metered: dict[str, int] = {}
    for one in beside:
        month = one.record.service_from[:7]
        invoiced[month] = invoiced.get(month, 0) + one.figures.invoiced_fen
        metered[month] = metered.get(month, 0) + (one.figures.metered_fen or 0)
    values = list[Value]()
    for month in sorted(invoiced):
        for fen, other, what in (
            (invoiced[month], False, Text("开票", "invoiced")),
            (metered[month], True, Text("计量", "metered")),
        ):
            shown = f"{visit.say(what)} {figures.yuan(fen, visit.language)}"
            # The pair has one label.
            label = "" if other else figures.brief_month(month, visit.language)
            values.append(Value(label, str(Decimal(fen) / FEN_PER_YUAN), shown, other))
    if not values:
        return None
    most = max([*invoiced.values(), *metered.values()])
    summary = Text(
        f"各月开票（深色）与计量（浅色）金额，{len(invoiced)} 个月",
        f"invoiced (dark) and metered (light) amounts of {len(invoiced)} months",
    )
    return draw(values, visit.say(summary), _top(visit, most))


def _top(visit: Visit, fen: int) -> str:
    """Return the greatest amount as the chart names it."""
    shown = figures.yuan(fen, visit.language)
    return visit.say(Text(f"{shown} 元", f"CNY {shown}"))


def _hours(visit: Visit, beside: Iterable[Beside]) -> Bars | None:
    """Return the card-hours of each day of service, of each month where there are many days."""
    days: dict[str, int] = {}
    for one in beside:
        for day, quantity in one.days.items():
            days[day] = days.get(day, 0) + quantity
    if not days:
        return None
    by_month = len(days) > DAYS_MAX
    sums: dict[str, int] = {}
    for day in sorted(days):
        key = day[:7] if by_month else day
        sums[key] = sums.get(key, 0) + days[day]
    name = figures.brief_month if by_month else figures.brief_day
    values = [Value(name(key, visit.language), *_shown(visit, sums[key])) for key in sums]
    top = _shown(visit, max(sums.values()))[1]
    per = Text("按月", "by month") if by_month else Text("按日", "by day")
    summary = Text(f"{per.zh}计量的卡时，最多 {top}", f"card-hours {per.en}, {top} at most")
    return draw(values, visit.say(summary), top)


def _shown(visit: Visit, quantity: int) -> tuple[str, str]:
    """Return card-hours exactly, and as they are shown."""
    hours = Decimal(quantity) / (MICRO * _SECONDS_PER_HOUR)
    shown = figures.number(hours.quantize(Decimal("0.1")), visit.language)
    return str(hours), visit.say(Text(f"{shown} 卡时", f"{shown} card-hours"))
