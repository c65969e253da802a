"""The jobs of the schedule: what each is called, when it comes round, for whom, and how it runs.

To add one, write how it runs and enter it in `JOBS`: its kind (for ever: runs are named by it), its
name, its rhythm in words, its slots and subjects (`reports.due` has those that there are), and the
function. That function is given the runs of one period that this scheduler holds (`work`) and must
leave each of them done (`finish`) or set back (`set_back`); what it raises sets back all that are
left. It may be ended anywhere and is then run again: so record in the log under a name that says
what it is, or look first whether it is there, and let what comes after find that.

Jobs that are due at one instant run in the order of the list.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from ledger.text import Text
from portal.acting import at_console
from portal.claims.desk import Desk, open_desk
from portal.claims.tick import clear_notices, lapse
from portal.commands.log_commands import sign_heads
from portal.schedule.reconciling import RECONCILIATION, reconcile_month
from portal.schedule.settling import settle_compute, settle_funds, settle_subsidy
from portal.schedule.work import Work
from reports.due import (
    Job,
    buyers,
    daily,
    funds,
    hourly,
    monthly,
    nobody,
    once_billed,
    users,
)


class Entry(NamedTuple):
    """A job and how it runs."""

    job: Job
    run: Callable[[Work], None]


_MONTHLY: Final = Text("每月", "monthly")
_DAILY: Final = Text("每日", "daily")
_HOURLY: Final = Text("每小时", "hourly")


def _act(work: Work, act: Callable[[Desk], int]) -> None:
    """Do something at the desk as the scheduler; its events and its run are one transaction."""
    with at_console(work.shell, at_ms=work.clock()) as opened:
        if keys := work.held(opened.connection):
            count = act(open_desk(opened, machine=True))
            work.finish(opened.connection, [(key, str(count)) for key in keys])


def _end_notices(work: Work) -> None:
    """Clear the claims that stood through their notices; the outcome is how many."""
    _act(work, lambda desk: len(clear_notices(desk).reads))


def _lapse(work: Work) -> None:
    """Let claims and vouchers lapse whose time is over; the outcome is how many."""

    def act(desk: Desk) -> int:
        claims, vouchers = lapse(desk)
        return len(claims.reads) + len(vouchers)

    _act(work, act)


def _checkpoint(work: Work) -> None:
    """Sign every log's head; the outcome is their sizes. Signed again it says the same or more."""
    sizes = " ".join(f"{one['name']}={one['size']}" for one in sign_heads(work.shell))
    with work.writing() as (_, connection):
        work.finish(connection, [(run.key, sizes) for run in work.runs])


JOBS: Final = (
    Entry(
        Job("settlement", Text("算力结算单", "compute statements"), _MONTHLY, monthly, users),
        settle_compute,
    ),
    Entry(
        Job("subsidy", Text("补贴结算单", "subsidy statements"), _MONTHLY, monthly, buyers),
        settle_subsidy,
    ),
    Entry(
        Job("fund", Text("资金执行情况表", "fund statements"), _MONTHLY, monthly, funds),
        settle_funds,
    ),
    Entry(
        Job(RECONCILIATION, Text("对账", "reconciliation"), _MONTHLY, monthly, once_billed),
        reconcile_month,
    ),
    Entry(
        Job("notice_end", Text("公示期满确认", "clear after notices"), _DAILY, daily, nobody),
        _end_notices,
    ),
    Entry(
        Job(
            "lapse", Text("申请与余额失效", "let claims and vouchers lapse"), _DAILY, daily, nobody
        ),
        _lapse,
    ),
    Entry(
        Job("checkpoint", Text("签名检查点", "sign checkpoints"), _HOURLY, hourly, nobody),
        _checkpoint,
    ),
)
"""Every job there is."""
