"""What an enterprise could get back: the best combination, the others, and how it is worked out."""

from typing import Any, Final

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from ledger.errors import InvalidInputError
from portal.claims.ground import Ground
from portal.web.audience import EVERYBODY_BUT_ADMINISTRATORS, unknown_page
from portal.web.dossier import opened, page_of
from portal.web.errors import for_page
from portal.web.plan_view import combinations_of, lines_of, verdicts_of
from portal.web.visit import Visitor
from vouchers.adoption import require_same
from vouchers.names import LEVELS, STATUSES
from vouchers.ruling import Ruling, day_to_apply, rule_on, years_invoiced

_PATH: Final = "/enterprise/{enterprise:str}/plan"

_OF_DAY: Final = frozenset({"bad_date", "absurd_year"})
"""What may be wrong with the day that was typed, by an error's code."""


@get(_PATH, who=EVERYBODY_BUT_ADMINISTRATORS, sync_to_thread=True)
def plan(visit: Visitor, enterprise: FromPath[str], on: FromQuery[str] = "") -> Response[Any]:
    """Return what every adopted programme would pay on a day, and together."""
    wrong, ruling = None, None
    with opened(visit, enterprise) as (ground, _):
        years = years_invoiced(ground.account)
        try:
            ruling = _rule(ground, on) if years else None
        except InvalidInputError as error:
            if error.code not in _OF_DAY:
                raise
            wrong = for_page(error, visit)
    return page_of(
        visit,
        "enterprise_plan.html",
        ground,
        status=400 if wrong else 200,
        on=on or (ruling.case.apply_on.isoformat() if ruling and ruling.case.apply_on else ""),
        years=years,
        wrong=wrong,
        ruling=ruling,
        combinations=combinations_of(ruling) if ruling else [],
        verdicts=verdicts_of(ruling) if ruling else [],
        levels=LEVELS,
        statuses=STATUSES,
    )


@get(f"{_PATH}/{{programme:str}}", who=EVERYBODY_BUT_ADMINISTRATORS, sync_to_thread=True)
def steps(
    visit: Visitor, enterprise: FromPath[str], programme: FromPath[str], on: FromQuery[str] = ""
) -> Response[Any]:
    """Return how one programme works out what it would pay, step by step."""
    with opened(visit, enterprise) as (ground, _):
        ruling = _rule(ground, on) if years_invoiced(ground.account) else None
    decisions = ruling.decisions if ruling else ()
    found = next((pair for pair in decisions if pair[0].id == programme), None)
    if found is None or ruling is None:
        raise unknown_page()
    return page_of(
        visit,
        "enterprise_steps.html",
        ground,
        on=ruling.case.apply_on,
        programme=found[0],
        decision=found[1],
        lines=lines_of(found[1].steps),
        statuses=STATUSES,
    )


def _rule(ground: Ground, on: str) -> Ruling:
    """Return what the adopted rules say of an enterprise that applies on a day."""
    require_same(ground.book)
    day = day_to_apply(ground.account, None, on.strip() or None)
    return rule_on(ground.book, ground.account, ground.usage, day)


ROUTES: Final = [plan, steps]
