"""What if: one value of a rule changed, and what that would have cost over the ledger's history."""

from typing import Annotated, Any, Final

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from ledger.errors import LedgerError
from ledger.text import Text
from portal.runs.what_if import MONTHS_MAX
from portal.runs.what_if_runs import (
    LISTS,
    RUNS_KEPT,
    SHOWN_MAX,
    VALUES,
    Asked,
    Result,
    find_run,
    list_rules,
    list_runs,
    start_run,
)
from portal.web import chart, figures
from portal.web.audience import TASK_FORCE, unknown_page
from portal.web.entries import field_of
from portal.web.errors import for_page, status_of
from portal.web.page import onward, page
from portal.web.visit import Visit, Visitor
from vouchers.names import FIELDS

_FIELDS: Final = {
    "bad_value": "value",
    "unknown_key": "name",
    "bad_version": "value",
    "no_value": "value",
    "bad_month": "month_from",
    "bad_range": "month_from",
}


@get("/what-if", who=TASK_FORCE, sync_to_thread=True)
def form(visit: Visitor) -> Response[Any]:
    """Return the form of a change, and what was worked out before."""
    return _page(visit, Asked())


@post("/what-if", who=TASK_FORCE, sync_to_thread=True)
def work_out(
    visit: Visitor, data: Annotated[Asked, Body(media_type=RequestEncodingType.URL_ENCODED)]
) -> Response[Any]:
    """Have a change worked out, and lead to how far it is; nothing of it is recorded."""
    try:
        number = start_run(visit.shell, data, visit.person, visit.at_ms)
    except LedgerError as error:
        return _page(visit, data, error)
    return onward(f"/what-if/{number}")


@get("/what-if/{number:int}", who=TASK_FORCE, sync_to_thread=True)
def one(visit: Visitor, number: FromPath[int]) -> Response[Any]:
    """Return how far a change is worked out, or what it comes to."""
    return _shown(visit, number, "what_if_one.html")


@get("/what-if/{number:int}/now", who=TASK_FORCE, sync_to_thread=True)
def now(visit: Visitor, number: FromPath[int]) -> Response[Any]:
    """Return the same as the part of the page that is brought up to date."""
    return _shown(visit, number, "what_if_now.html")


def _shown(visit: Visit, number: int, template: str) -> Response[Any]:
    """Return a run by a template."""
    standing = find_run(visit.shell.settings.home, number)
    if standing is None:
        raise unknown_page()
    result = standing.run.result
    return page(
        visit,
        template,
        standing=standing,
        run=standing.run,
        fields=FIELDS,
        result=result,
        months=_months(visit, result) if result else None,
        lists=[(title, some) for title, some in zip(LISTS, result.changed, strict=True)]
        if result
        else [],
        shown_max=SHOWN_MAX,
    )


def _page(visit: Visit, typed: Asked, error: LedgerError | None = None) -> Response[Any]:
    """Return the form with what was typed and what was wrong."""
    standings = list_runs(visit.shell.settings.home)
    return page(
        visit,
        "what_if.html",
        200 if error is None else int(status_of(error)),
        typed=typed,
        rules=list(list_rules(visit.shell).items()),
        values=[(name, FIELDS[name]) for name in VALUES],
        fields=FIELDS,
        months_max=MONTHS_MAX,
        kept=RUNS_KEPT,
        standings=standings,
        going=next((one for one in standings if one.state == "running"), None),
        wrong=for_page(error, visit) if error else None,
        field=field_of(error, _FIELDS) if error else "",
    )


def _months(visit: Visit, result: Result) -> chart.Bars:
    """Return each month before and after, side by side."""
    before, after = visit.say(Text("调整前", "before")), visit.say(Text("调整后", "after"))
    values, most = [], 0
    for month, amounts in result.by_month.items():
        for word, fen, other in (
            (before, amounts.before_fen, True),
            (after, amounts.after_fen, False),
        ):
            shown = f"{word} {figures.yuan(fen, visit.language)}"
            # The pair has one label.
            label = figures.brief_month(month, visit.language) if other else ""
            values.append(chart.Value(label, str(fen), shown, other))
            most = max(most, fen)
    said = Text("各月补贴，调整前与调整后", "Refunds by month, before and after")
    return chart.draw(values, visit.say(said), figures.yuan(most, visit.language))


ROUTES: Final = [form, work_out, one, now]
