"""The process of one check or replay that an auditor started: it reads, and records nothing.

It does what `suanquan log check --full` and `suanquan replay --statements` do, by the same
functions.
"""

from ledger.errors import TamperedLogError
from portal.audit.checking import check_ledger
from portal.audit.replaying import Request, replay_ledger
from portal.runs.audit_runs import ROOM, Run
from portal.runs.background_process import serve_run
from portal.shell import Shell


def work(shell: Shell, run: Run) -> None:
    """Leave in a run what a full check finds, or a replay with every statement made again.

    A replay takes nothing that an interrupted one kept, which nobody can check.
    """
    if run.kind == "check":
        run.findings = check_ledger(shell, full=True).findings
        return
    asked = Request(
        directory=None, vkeys=(), as_of={}, statements=True, processes=1, dask=None, fresh=True
    )
    run.findings = replay_ledger(shell, asked).findings


if __name__ == "__main__":
    serve_run(ROOM, work, TamperedLogError)
