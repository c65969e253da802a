"""Reports of a month, and usage of all enterprises, for officials and auditors."""

from typing import Annotated, Final

from litestar import Response, Router, get
from litestar.params import QueryParameter

from portal.claims.totals import list_totals
from portal.commands import reconcile_command, report_commands, usage_command
from portal.commands.schedule_commands import list_runs
from portal.known.public_statistics import show_statistics
from portal.options import ask
from portal.web.api.answer import answer
from portal.web.api.answers import papers
from portal.web.api.answers import reports as answers
from portal.web.api.paging import LIMIT, After, Limit, page_of, usage_key
from portal.web.api.params import By, Month, OneEnterprise, OneMonth
from portal.web.audience import ANYBODY, AUDITOR, INSIDERS, TASK_FORCE
from portal.web.visit import Visitor

Cards = Annotated[
    int | None, QueryParameter(ge=1, le=10**7, description="How many accelerators there are.")
]
Done = Annotated[
    int, QueryParameter(ge=0, le=200, description="So many of the runs that are done, the newest.")
]
Top = Annotated[int, QueryParameter(ge=1, le=50, description="So many of the largest users.")]


@get("/month", who=INSIDERS, sync_to_thread=True)
def report_month(
    visit: Visitor, month: Month, cards: Cards = None, top: Top = 10
) -> Response[answers.MonthReport]:
    """Show a month at a glance: use, top users, charges, payments, refunds by level."""
    data = ask(report_commands.month_, visit.shell, month=month, cards=cards, top=top)
    data.pop("files")
    return answer(data)


@get("/reconciliation", who=INSIDERS, sync_to_thread=True)
def reconcile_month(
    visit: Visitor, month: Month, enterprise: OneEnterprise = None
) -> Response[answers.Reconciliation]:
    """Compare what was metered, invoiced and paid of a month, each difference explained."""
    data = ask(reconcile_command.reconcile, visit.shell, month=month, enterprise=enterprise)
    data.pop("file")
    return answer(data)


@get("/usage", who=INSIDERS, sync_to_thread=True)
def sum_usage(
    visit: Visitor,
    *,
    by: By = "enterprise,month",
    enterprise: OneEnterprise = None,
    month: OneMonth = None,
    limit: Limit = LIMIT,
    after: After = None,
) -> Response[papers.UsageSum]:
    """Sum usage exactly, in unit-seconds, ordered by the keys shown."""
    data = ask(usage_command.usage, visit.shell, by=by, enterprise=enterprise, month=month)
    return answer(page_of(data, usage_key, limit, after))


@get("/claims", who=INSIDERS, sync_to_thread=True)
def count_claims(visit: Visitor) -> Response[answers.ClaimTotals]:
    """Count the claims that you may see by month, level and state, the newest month first."""
    return answer(list_totals(visit.shell))


@get("/schedule", who=TASK_FORCE | AUDITOR, sync_to_thread=True)
def show_schedule(visit: Visitor, done: Done = 50) -> Response[answers.Schedule]:
    """Show when each job comes next, what is due, what failed or waits and why, and what ran."""
    return answer(list_runs(visit.shell, None, done))


@get("/statistics", who=ANYBODY, sync_to_thread=True)
def show_public_statistics(visit: Visitor) -> Response[answers.Statistics]:
    """Show sums by month, and by year and programme, without anybody's own; anybody may."""
    return answer(show_statistics(visit.shell, visit.at_ms))


ROUTER: Final = Router(
    "/reports",
    route_handlers=[
        report_month,
        reconcile_month,
        sum_usage,
        count_claims,
        show_schedule,
        show_public_statistics,
    ],
    tags=["reports"],
)
