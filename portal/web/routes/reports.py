"""Reports: a month at a glance, claims by month and level, a month reconciled, the schedule."""

from typing import Any, Final

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from ledger.errors import LedgerError
from ledger.money import render_decimal
from ledger.period import last_day, parse_month
from ledger.text import Text
from portal.claims.totals import read_totals
from portal.commands.report_commands import missing_in, render_workbook
from portal.commands.schedule_commands import render_run, survey_runs
from portal.known.worked_out import work_out
from portal.schedule.scheduler import read_holdings
from portal.schedule.table import ALSO_SHOWN, NAMES, STATES
from portal.statements.month_glance import (
    USERS_MAX,
    Glance,
    last_month,
    read_glance,
    read_reconciliation,
)
from portal.web import chart, figures
from portal.web.audience import AUDITOR, INSIDERS, TASK_FORCE
from portal.web.downloads import attachment
from portal.web.entries import parse_whole
from portal.web.errors import for_page, status_of
from portal.web.page import page
from portal.web.routes.claims import words
from portal.web.visit import Visit, Visitor
from reports.analysis import (
    NO_LEVEL,
    SIDES,
    SUMS,
    TOTAL,
    reconciliation_sheets,
)
from reports.compute import convert
from reports.due import Holdings
from reports.frames import sum_months, tell
from reports.month import Month, User, make_month
from reports.reading import read_snapshot
from reports.reconciliation import reconcile_all
from reports.sheets import render_xlsx
from reports.snapshot import Snapshot
from vouchers.claims.calendar import WorkingDays
from vouchers.names import LEVELS

ROWS_MAX: Final = 50
"""Enterprises on a page of a month reconciled."""

REASONS_MAX: Final = 100
"""Explanations on a page; the workbook has all of them."""

RUNS_MAX: Final = 50
NOTHING_HELD: Final = Holdings({}, {}, (), {}, WorkingDays({}))
"""What a ledger holds of which that is not known yet."""

CARDS_MAX: Final = 10**7


@get("/reports", who=INSIDERS, sync_to_thread=True)
def month_at_a_glance(
    visit: Visitor, month: FromQuery[str] = "", cards: FromQuery[str] = ""
) -> Response[Any]:
    """Return a month at a glance: use, largest users, money, refunds by level."""
    found, glance, made, wrong, status = None, None, None, None, 200
    try:
        wanted, capacity = parse_month(month) if month else None, _cards(cards)
        url, last = visit.shell.settings.database_url, last_month(visit.today)
        with visit.shell.reading() as connection:
            found = work_out(url, connection, read_glance, wanted, last)
        if glance := found.value:
            made = glance.made._replace(cards=capacity)
    except LedgerError as error:
        wrong, status = for_page(error, visit), int(status_of(error))
    return page(
        visit,
        "reports_month.html",
        status,
        asked=month,
        cards=cards,
        made=made,
        found=found,
        wrong=wrong,
        lacks=missing_in(made) if made else (),
        share=_percent(made),
        days=_days(visit, glance) if glance else None,
        resources=[
            (name, render_decimal(amount, 2), visit.say(unit))
            for name, amount, unit in (glance.resources if glance else ())
        ],
        users=_users(glance) if glance else (),
        sums=[(title, made.total_fen(name)) for name, title in SUMS.items()] if made else (),
        level_name=lambda level: visit.say(LEVELS[level] if level else NO_LEVEL),
    )


@get("/reports/month/{month:str}/workbook", who=INSIDERS, sync_to_thread=True)
def workbook(visit: Visitor, month: FromPath[str], cards: FromQuery[str] = "") -> Response[Any]:
    """Return a month at a glance as a workbook with a chart."""
    snapshot = _read(visit)
    made = make_month(snapshot, parse_month(month), _cards(cards), USERS_MAX)
    return attachment(render_workbook(snapshot.book, made, visit.language), f"month-{month}.xlsx")


def _read(visit: Visit) -> Snapshot:
    """Return the ledger as it stands."""
    with visit.shell.reading() as connection:
        return read_snapshot(connection)


def _cards(typed: str) -> int | None:
    """Return how many accelerators there are, as it was typed; 0 and nothing are no number."""
    if not typed.strip():
        return None
    return min(parse_whole(typed, Text("加速卡数", "the number of cards")), CARDS_MAX) or None


def _percent(made: Month | None) -> str | None:
    """Return the utilisation in percent."""
    share = made.utilisation if made else None
    return None if share is None else render_decimal(share * 100, 1)


def _hours(quantity: int) -> str:
    """Return accelerator use in card-hours."""
    return render_decimal(convert("card_hour", quantity), 2)


def _users(glance: Glance) -> list[tuple[str, str, str, User]]:
    """Return each of the largest users' code, name and card-hours."""
    return [
        (one.enterprise, glance.names[one.enterprise], _hours(one.quantity), one)
        for one in glance.made.users
    ]


def _days(visit: Visit, glance: Glance) -> chart.Bars:
    """Return the card-hours of each day as bars."""
    unit = visit.say(Text("卡时", "card-hours"))
    values = [
        chart.Value(
            figures.brief_day(day, visit.language),
            render_decimal(amount, 2).replace(",", ""),
            f"{render_decimal(amount, 2)} {unit}",
        )
        for day, amount in glance.hours
    ]
    most = max(amount for _, amount in glance.hours)
    month = figures.month(glance.made.month, visit.language)
    said = Text(f"{month}每日加速卡用量（卡时）", f"Card-hours by day, {month}")
    return chart.draw(values, visit.say(said), f"{render_decimal(most, 2)} {unit}")


# --- claims by month and level ---


@get("/reports/claims", who=INSIDERS, sync_to_thread=True)
def claims(visit: Visitor, year: FromQuery[str] = "") -> Response[Any]:
    """Return the claims that the visitor may see, added up by month, level and state."""
    totals = read_totals(visit.shell)
    years = sorted({one.month[:4] for one in totals}, reverse=True)
    chosen = year if year in years else "".join(years[:1])
    return page(
        visit,
        "reports_claims.html",
        totals=[one for one in totals if one.month.startswith(chosen)],
        years=years,
        year=chosen,
        level_name=lambda level: visit.say(LEVELS[level] if level else NO_LEVEL),
        **words(visit),
    )


# --- reconciliation ---


@get("/reports/reconciliation/{month:str}", who=INSIDERS, sync_to_thread=True)
def reconciliation(
    visit: Visitor, month: FromPath[str], after: FromQuery[str] = ""
) -> Response[Any]:
    """Return what was metered, invoiced and paid of a month, and why it differs.

    `after` is the enterprise after which the list goes on.
    """
    url, wanted = visit.shell.settings.database_url, parse_month(month)
    with visit.shell.reading() as connection:
        found = work_out(url, connection, read_reconciliation, wanted)
    rows, reasons = found.value or ((), ())
    here = f"/reports/reconciliation/{month}"
    later = [one for one in rows if one[1].enterprise > after]
    shown = later[:ROWS_MAX]
    mine = {one.enterprise for _, one in shown}
    why = [one for one in reasons if one.enterprise in mine]
    return page(
        visit,
        "reports_reconciliation.html",
        month_=month,
        found=found,
        titles=SUMS,
        rows=shown,
        count=len(rows),
        totals=[sum(getattr(one, name) for _, one in rows) for name in SUMS],
        reasons=[(one.name, one.explanation, one.told) for one in why[:REASONS_MAX]],
        more=max(0, len(why) - REASONS_MAX),
        sides=SIDES,
        before=here if after else None,
        after=f"{here}?after={shown[-1][1].enterprise}" if len(later) > len(shown) else None,
    )


@get("/reports/reconciliation/{month:str}/workbook", who=INSIDERS, sync_to_thread=True)
def reconciliation_workbook(visit: Visitor, month: FromPath[str]) -> Response[Any]:
    """Return a month reconciled as a workbook, with every explanation."""
    snapshot = _read(visit)
    reconciled = list(reconcile_all(snapshot, parse_month(month)))
    sums = sum_months(reconciled)
    told = tell(reconciled, sums)
    sheets = reconciliation_sheets(snapshot.book, sums, told, visit.language)
    raw = render_xlsx(sheets, last_day(month), visit.say(TOTAL))
    return attachment(raw, f"reconciliation-{month}.xlsx")


# --- the schedule ---


@get("/reports/schedule", who=TASK_FORCE | AUDITOR, sync_to_thread=True)
def schedule(visit: Visitor) -> Response[Any]:
    """Return when each job comes next, what is due, what failed or waits and why, what ran."""
    with visit.shell.reading() as connection:
        held = work_out(visit.shell.settings.database_url, connection, read_holdings)
    found = survey_runs(visit.shell, held.value or NOTHING_HELD, RUNS_MAX)
    runs = [render_run(visit.shell, one) for one in found.shown]
    due = found.due
    due.update((one["kind"], one["period"]) for one in runs if one["state"] == "due")
    minded = [one for one in runs if one["state"] not in ("due", "done") or one["warning"]]
    done = [one for one in runs if one["state"] == "done" and not one["warning"]]
    return page(
        visit,
        "reports_schedule.html",
        found=held,
        jobs=found.jobs if held.value else (),
        due=sorted(due.items(), key=lambda one: (one[0][1], one[0][0])),
        minded=minded[:RUNS_MAX],
        more=max(0, len(minded) - RUNS_MAX),
        done=None,
        ran=done[::-1],
        name_job=lambda kind: visit.say({**NAMES, **ALSO_SHOWN}[kind]),
        states=STATES,
    )


ROUTES: Final = [
    month_at_a_glance,
    workbook,
    claims,
    reconciliation,
    reconciliation_workbook,
    schedule,
]
