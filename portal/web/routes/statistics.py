"""Statistics for everybody: what was used and what was refunded, and nobody's own figures."""

from typing import Any, Final

from litestar import Response, get

from ledger.text import Text
from portal.known.public_statistics import read_kept
from portal.web import figures
from portal.web.audience import ANYBODY
from portal.web.chart import Bars, Value, draw
from portal.web.figures import number
from portal.web.page import page
from portal.web.visit import Visit, Visitor
from reports.public_figures import ENTERPRISES_MIN, SHARE_MAX_PERCENT, Figure
from vouchers.catalogue import level_of, name_programme
from vouchers.names import LEVELS

# Two years at a glance; what came before stands in the table of refunds.
MONTHS_MAX: Final = 24


@get("/statistics", who=ANYBODY, sync_to_thread=True)
def statistics(visit: Visitor) -> Response[Any]:
    """Return sums by month, and by year and programme, from which nobody is recognised."""
    figures = read_kept(visit.shell, visit.at_ms)
    months = list(figures.months.items())[-MONTHS_MAX:]
    return page(
        visit,
        "statistics.html",
        months=months[::-1],
        chart=_chart(visit, months),
        refunds=figures.refunds[::-1],
        name_programme=lambda one: visit.say(name_programme(one)),
        name_level=lambda one: visit.say(_name_level(one)),
        least=ENTERPRISES_MIN,
        share=SHARE_MAX_PERCENT,
    )


def _chart(visit: Visit, months: list[tuple[str, Figure]]) -> Bars | None:
    """Return the months' card-hours as bars, None where none is told at all."""
    if not any(one.total for _, one in months):
        return None
    shown = [
        Value(
            figures.brief_month(month, visit.language),
            str(one.total or 0),
            _number(visit, one.total),
        )
        for month, one in months
    ]
    most = max(one.total or 0 for _, one in months)
    summary = visit.say(Text("各月加速卡卡时，数值见下表", "Card-hours by month; see the table"))
    unit = visit.say(Text("卡时", "card-hours"))
    return draw(shown, summary, f"{_number(visit, most)} {unit}")


def _number(visit: Visit, total: int | None) -> str:
    """Return a sum as it is shown."""
    return "—" if total is None else number(total, visit.language)


def _name_level(programme: str) -> Text:
    """Return what the level of a programme is called."""
    level = level_of(programme)
    return LEVELS[level] if level else Text("—", "—")


ROUTES: Final = [statistics]
