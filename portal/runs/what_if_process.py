"""The process of one change that is worked out from a page: it reads, and records nothing."""

from ledger.errors import InvalidInputError
from portal.commands.impact_command import measure
from portal.runs.background_process import serve_run
from portal.runs.what_if import MONTHS_MAX
from portal.runs.what_if_runs import ROOM, Run, sum_up
from portal.shell import Shell


def work(shell: Shell, run: Run) -> None:
    """Leave in a run what its change comes to."""
    asked = run.asked
    made = measure(shell, asked.change(), asked.months, processes=1, months_max=MONTHS_MAX)
    run.result = sum_up(made.impact)


if __name__ == "__main__":
    serve_run(ROOM, work, InvalidInputError)
