"""How the schedule reconciles a month: the workbook, kept in the home, and what it found.

It is done once usage of the month is all there, as the ledger stands then. The file gets its place
in the transaction that notes the outcome, so that of two schedulers the one that is noted is the
one whose file it is; whoever ends in between is followed by one that writes it anew. What nothing
explains is no failure, and trying again explains it no better: the run is done, with a warning.
"""

from pathlib import Path
from typing import Final

from ledger.errors import LedgerError
from ledger.period import last_day
from ledger.runs import FIRST_REVISION, Run
from ledger.secret import write_file
from ledger.text import Text
from portal.schedule.work import Work
from reports.analysis import TOTAL, reconciliation_sheets
from reports.frames import MonthSum, sum_months, tell
from reports.issue import require_tallied
from reports.reading import read_snapshot
from reports.reconciliation import reconcile_all
from reports.sheets import render_xlsx
from reports.snapshot import Sizes

RECONCILIATION: Final = "reconciliation"
"""The kind of its runs."""

FOLDER: Final = "reconciliations"
"""Where a home keeps the workbooks."""


def reconcile_month(work: Work) -> None:
    """Reconcile a month for the runs at hand, of which each revision has a workbook of its own.

    Raises `RuleViolationError` (`tally_differs`) while usage of the month is missing.
    """
    month = work.group.period
    with work.shell.reading() as connection:
        require_tallied(connection, month)
        snapshot = read_snapshot(connection)
    work.go_on()
    reconciled = list(reconcile_all(snapshot, month))
    sums = sum_months(reconciled)
    # In the centre's language, whatever the locale of the scheduler that comes to do it.
    sheets = reconciliation_sheets(snapshot.book, sums, tell(reconciled, sums), "zh")
    workbook = render_xlsx(sheets, last_day(month), TOTAL.render("zh"))
    done = [(run.key, _outcome(run, sums, snapshot.sizes)) for run in work.runs]
    with work.writing() as (_, connection):
        held = set(work.held(connection))
        for run in work.runs:
            if run.key in held:
                write_file(work.shell.settings.home / path_of(run), workbook)
        work.finish(connection, done, _warn(month, sums))


def path_of(run: Run) -> Path:
    """Return where below a home the workbook of a run lies."""
    again = "" if run.revision == FIRST_REVISION else f"-{run.revision}"
    return Path(FOLDER) / f"{run.period}{again}.xlsx"


def _outcome(run: Run, sums: list[MonthSum], sizes: Sizes) -> str:
    """Return where the workbook lies, what it found, and the log sizes that it is of."""
    counts = {
        "enterprises": len(sums),
        "differing": sum(bool(one.difference_fen or one.open_fen) for one in sums),
        "unexplained": len(_unexplained(sums)),
        **sizes,
    }
    return " ".join([path_of(run).as_posix(), *(f"{name}={n}" for name, n in counts.items())])


def _unexplained(sums: list[MonthSum]) -> list[str]:
    """Return the enterprises of which nothing explains a difference."""
    return [one.enterprise for one in sums if one.unexplained_fen or one.open_unexplained_fen]


def _warn(month: str, sums: list[MonthSum]) -> LedgerError | None:
    """Return the warning of differences that nothing explains, None where there is none."""
    found = _unexplained(sums)
    if not found:
        return None
    return LedgerError(
        "unexplained",
        Text(
            f"{len(found)} 家企业的差异原因不明，首家为 {found[0]}",
            f"the differences of {len(found)} enterprises are unexplained, the first {found[0]}",
        ),
        Text(
            f"逐项见 suanquan reconcile --month {month}；查明后 schedule retry reconciliation"
            f" {month} 重新对账",
            f"see suanquan reconcile --month {month}; once mended, suanquan schedule retry"
            f" reconciliation {month}",
        ),
    )
