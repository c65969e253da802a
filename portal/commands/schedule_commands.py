"""`suanquan schedule`: do what is due, for ever or once; what ran, comes next, failed and why."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import click
from rich.console import Group

from ingest.process import stopped_by_signals
from ledger import runs
from ledger.database import OperationalError
from ledger.erasable import lock_book
from ledger.errors import InvalidInputError, LedgerError, RuleViolationError, TamperedLogError
from ledger.period import parse_month, render_local
from ledger.read import read_heads
from ledger.runs import FIRST_REVISION, Run
from ledger.text import Language, Text
from portal.acting import require_nobody
from portal.enterprises.names import read_names
from portal.options import answers
from portal.schedule.jobs import JOBS
from portal.schedule.scheduler import Scheduler
from portal.schedule.table import NAMES, STATES, codes_in, gather, jobs_table, runs_table, state_of
from portal.schedule.work import Told, new_holder
from portal.shell import Result, Shell, now_ms
from reports.due import Due, Holdings, Job, count_due, due, next_slot
from reports.schedule import wake

LISTED: Final = 20
"""Runs that are done, shown where nobody asks for more."""


@answers
def _run(shell: Shell, *, once: bool) -> Result:
    """Do what is due, once or until SIGTERM."""
    require_nobody(shell)
    stops: list[bool] = []
    scheduler = Scheduler(shell, now_ms, new_holder(), lambda: bool(stops))
    told: list[Told] = []

    def tell(one: Told) -> None:
        if once:
            told.append(one)
        shell.errors.print(_line(shell, one), markup=False)

    def look() -> None:
        try:
            scheduler.look(tell)
        except (OperationalError, InvalidInputError) as error:
            # It comes back; what was held meanwhile is taken up again once its lease is over.
            if isinstance(error, InvalidInputError) and error.code != "no_database":
                raise
            what = Text("数据库暂不可用，稍后重试", "the database is away; it is tried again")
            shell.warn(Text(f"{what.zh}：{error}", f"{what.en}: {error}"))

    with stopped_by_signals(lambda: stops.append(True)):
        if once:
            scheduler.look(tell)
        else:
            wake(look, shell.settings.schedule_tick_seconds, scheduler.stopped)
    rows = [_told_row(shell, one) for one in told]
    done = sum(one.error is None for one in told)
    said = Text(
        f"完成 {done} 项，未完成 {len(told) - done} 项",
        f"{done} runs done, {len(told) - done} not done",
    )
    shown = shell.say(said if once else Text("已停止", "stopped"))
    return Result({"runs": rows}, shown, _status(told))


def _status(told: Sequence[Told]) -> int:
    """Return the exit status after some runs: what waits is no failure."""
    failed = [one.error for one in told if one.error is not None and not one.waits]
    if any(isinstance(one, TamperedLogError) for one in failed):
        return TamperedLogError.exit_status
    return RuleViolationError.exit_status if failed else 0


@click.group(
    invoke_without_command=True,
    epilog="""\b
Examples:
  suanquan schedule                        # runs until SIGTERM or Ctrl-C
  suanquan schedule --once --json          # for cron: does what is due and exits
  suanquan schedule list
Start it on several machines if you like: each run is done by one of them.""",
)
@click.option("--once", is_flag=True, help="Do all that is due, then exit; 3 where some failed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end.")
@click.option("--lang", type=click.Choice(["zh", "en"]), help="Language of the words.")
@click.pass_context
def schedule(
    context: click.Context, *, once: bool, as_json: bool, lang: Language | None
) -> int | None:
    """Do what is due: a month's statements and reconciliation, notices, lapses, checkpoints.

    It only wakes; the database says what is due and who does it, so that a missed night, two
    schedulers or a crash change nothing. A line on standard error tells of each run.
    """
    if context.invoked_subcommand is None:
        return _run(once=once, as_json=as_json, lang=lang)
    return None


@schedule.command(
    "list",
    epilog="""\b
Examples:
  suanquan schedule list
  suanquan schedule list --state failed --state warned --json
  suanquan schedule list --kind settlement --month 2022-07""",
)
@click.option(
    "--state",
    "states",
    type=click.Choice(list(STATES)),
    multiple=True,
    help="Only runs in this state; may be given again.",
)
@click.option(
    "--month", help="Only runs of this month, such as 2022-07; each that is due is shown."
)
@click.option("--kind", type=click.Choice(list(NAMES)), help="Only this kind of job.")
@click.option(
    "--limit",
    type=click.IntRange(0),
    default=LISTED,
    show_default=True,
    help="How many done runs to show, the newest; what failed, waits or warns is shown always.",
)
@answers
def list_(
    shell: Shell, *, states: tuple[str, ...], month: str | None, kind: str | None, limit: int
) -> Result:
    """Show what comes next, what is due, waits, runs or failed and why, and what was done.

    Runs of one kind and period that nobody has tried yet are one line, unless a month is named.
    """
    data = list_runs(shell, kind, limit, parse_month(month) if month else "")
    if states:
        data["runs"] = [one for one in data["runs"] if state_of(one) in states]
    rows = data["runs"] if month else list(gather(data["runs"]))
    with shell.reading() as connection:
        names = read_names(shell, connection, codes_in(rows), read_heads(connection)["book"].size)
    shown = runs_table(shell, rows, names, is_chosen=bool(states or month or kind))
    return Result(data, Group(jobs_table(shell, data["jobs"]), shown))


class Survey(NamedTuple):
    """When each job comes next, with the command line's keys; what is due; some runs of the table.

    `due` counts by job and period the runs that are due and in no table yet.
    """

    jobs: list[dict[str, Any]]
    due: Counter[tuple[str, str]]
    shown: list[Run]


def list_runs(shell: Shell, kind: str | None, limit: int, month: str = "") -> dict[str, Any]:
    """Return the command line's keys of when each job comes next, and of its runs in a month.

    Of those that are done it is so many, the newest; what failed, waits or warns is all there.
    """
    scheduler, now = Scheduler(shell, now_ms, ""), shell.by_clock(now_ms())
    held = scheduler.holdings()
    everything = _read(shell, kind)
    found = [one for one in everything if one.period.startswith(month)]
    jobs = [one.job for one in JOBS if kind in (None, one.job.kind)]
    known = {one.key[:3] for one in found}
    missing = [
        one
        for one in due(now, held, scheduler.timetable, jobs)
        if one.period.startswith(month) and one[:3] not in known
    ]
    rows = [_due_row(one) for one in missing]
    rows += [render_run(shell, one) for one in _choose(found, limit)]
    return {"jobs": _coming(shell, held, jobs, everything), "runs": rows}


def survey_runs(shell: Shell, held: Holdings, limit: int) -> Survey:
    """Return the same for a page, which has no row for each of thousands that are due."""
    everything = _read(shell, None)
    known: dict[tuple[str, str], set[str]] = {}
    for one in everything:
        known.setdefault((one.kind, one.period), set()).add(one.subject)
    jobs, now = [one.job for one in JOBS], shell.by_clock(now_ms())
    counted = count_due(now, held, Scheduler(shell, now_ms, "").timetable, jobs, known)
    return Survey(_coming(shell, held, jobs, everything), counted, _choose(everything, limit))


def _read(shell: Shell, kind: str | None) -> list[Run]:
    """Return the runs of the table, of a job where one is named."""
    with shell.reading() as connection:
        return runs.read_runs(connection, kind)


def _coming(
    shell: Shell, held: Holdings, jobs: Sequence[Job], ran: Sequence[Run]
) -> list[dict[str, Any]]:
    """Return when each job comes next, and when it was done last."""
    timetable, now = Scheduler(shell, now_ms, "").timetable, shell.by_clock(now_ms())
    last: dict[str, int] = {}
    for one in ran:
        if one.state == "done":
            last[one.kind] = max(last.get(one.kind, 0), one.finished_at_ms or 0)
    coming: list[dict[str, Any]] = []
    for job in jobs:
        slot = next_slot(now, held, timetable, job)
        coming.append(
            {
                "kind": job.kind,
                "name": shell.say(job.name),
                "rhythm": shell.say(job.rhythm),
                "next_period": slot and slot.period,
                "next_at": slot and render_local(slot.at_ms),
                "why": slot and slot.why and shell.say(slot.why),
                "last_done_at": render_local(last[job.kind]) if job.kind in last else None,
            }
        )
    return coming


def _choose(found: Sequence[Run], limit: int) -> list[Run]:
    """Return what failed, waits or warns, and so many of what is done."""
    done = [one for one in found if one.state == "done"]
    return [one for one in found if one.state != "done"] + _newest(done, limit)


@schedule.command(
    epilog="""\b
Examples:
  suanquan schedule retry settlement 2022-07
  suanquan schedule retry settlement 2022-07 91420100MA4K2XY18X
A run that is done gets a next one, which makes a supplementary statement where the ledger says
something else by now."""
)
@click.argument("kind", type=click.Choice(list(NAMES)))
@click.argument("period")
@click.argument("subject", required=False)
@answers
def retry(shell: Shell, kind: str, period: str, subject: str | None) -> Result:
    """Let runs that failed, wait or are done be due now; the scheduler does them at its next look.

    Raises `InvalidInputError` (`unknown_run`), `RuleViolationError` (`running`).
    """
    require_nobody(shell)
    with shell.writing() as engine, engine.begin() as connection:
        lock_book(connection)
        found = runs.read_runs(connection, kind, period)
        named = [one for one in found if subject in (None, one.subject)]
        # They come by revision: of each subject the last one stands.
        last = {one.subject: one for one in sorted(named, key=lambda run: run.revision)}
        keys = runs.try_again(connection, last.values(), now_ms())
    if not named:
        raise _unknown_run(kind, period, subject)
    if not keys:
        raise RuleViolationError(
            "running",
            Text("正在办理中", "it is running"),
            Text("见 suanquan schedule list", "see suanquan schedule list"),
        )
    rows = [one._asdict() for one in keys]
    told = Text(f"{len(rows)} 项将于下次检查时办理", f"{len(rows)} runs are done at the next look")
    return Result({"runs": rows}, shell.say(told))


def _unknown_run(kind: str, period: str, subject: str | None) -> InvalidInputError:
    """Return the error for a run that there is none of."""
    name = " ".join(filter(None, (kind, period, subject)))
    return InvalidInputError(
        "unknown_run",
        Text(f"没有运行 {name}", f"there is no run {name}"),
        Text(
            "运行见 suanquan schedule list --limit 1000；到期的会自动加入",
            "see suanquan schedule list --limit 1000; what is due is added by itself",
        ),
    )


def _newest(done: Sequence[Run], limit: int) -> list[Run]:
    """Return the newest of the runs that are done, and each that has to be looked at still."""
    newest = list(done[max(0, len(done) - limit) :])
    last = {one.key[:3]: one for one in done}
    return [one for one in last.values() if one.error and one not in newest] + newest


# --- as it is shown ---


def _line(shell: Shell, one: Told) -> str:
    """Return the line of the log that tells of a run."""
    state = "done" if one.error is None else "waits" if one.waits else "failed"
    said = one.outcome or ""
    if (look_at := one.error or one.warning) is not None:
        found = look_at.render(shell.language)
        said = f"{said} [{found['code']}] {found['message']}".lstrip()
    words = (
        render_local(now_ms()),
        shell.say(NAMES[one.key.kind]),
        one.key.period,
        one.key.subject,
        shell.say(STATES["warned" if one.warning else state]),
        said,
    )
    return " ".join(filter(None, words))


def _told_row(shell: Shell, one: Told) -> dict[str, Any]:
    """Return the command line's keys of what came of a run."""
    error: LedgerError | None = one.error
    return {
        **one.key._asdict(),
        "done": error is None,
        "waits": one.waits,
        "outcome": one.outcome,
        "error": None if error is None else error.render(shell.language),
        "warning": None if one.warning is None else one.warning.render(shell.language),
    }


def _due_row(one: Due) -> dict[str, Any]:
    """Return the command line's keys of a run that nobody has added yet."""
    name = {
        "kind": one.kind,
        "period": one.period,
        "subject": one.subject,
        "revision": FIRST_REVISION,
    }
    nothing = dict.fromkeys(("started_at", "finished_at", "error", "warning", "outcome"))
    at = render_local(one.at_ms)
    return {**name, "state": "due", "due_at": at, "next_try_at": at, "attempts": 0, **nothing}


def render_run(shell: Shell, one: Run) -> dict[str, Any]:
    """Return a run's keys of the command line."""
    instants = {
        name: None if at_ms is None else render_local(at_ms)
        for name, at_ms in (("started_at", one.started_at_ms), ("finished_at", one.finished_at_ms))
    }
    why = None if one.error is None else {"code": one.error_code, "message": shell.say(one.error)}
    is_done = one.state == "done"
    return {
        **one.key._asdict(),
        "state": "waits" if one.state == "due" and one.error and not one.attempts else one.state,
        "due_at": render_local(one.due_at_ms),
        "next_try_at": render_local(one.next_try_at_ms),
        "attempts": one.attempts,
        **instants,
        "error": None if is_done else why,
        "warning": why if is_done else None,
        "outcome": one.outcome,
    }
