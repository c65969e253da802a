"""The process of one check or replay that an auditor started: it reads, and records nothing.

It does what `suanquan log check --full` and `suanquan replay --statements` do, by the same
functions.
"""

import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from ledger.config import Settings
from ledger.errors import TamperedLogError
from ledger.finding import Finding
from ledger.text import Text
from portal.audit_runs import Kind, Run, finish_run, load_run, save_run
from portal.checking import check_ledger
from portal.fault import tell_fault
from portal.replaying import Request, replay_ledger
from portal.shell import Shell, Step, now_ms

# Pages ask every two seconds; a file for each entry would cost more than the check.
SAVED_EVERY_S: Final = 1.0

# Whoever waits for a page goes first.
NICENESS: Final = 10

_OUR_FAULT: Final = Text(
    "系统出错，未能完成；原因见服务器日志",
    "we made a mistake and it did not finish; the machine's log says what it was",
)


class ToldShell(Shell):
    """A shell whose progress and outcome are told by the file of a run."""

    def __init__(self, settings: Settings, run: Run) -> None:
        super().__init__(settings, "zh", as_json=True)
        self.run = run
        self._saved_s = 0.0

    @contextmanager
    def progress(self, what: Text, total: int | None = None) -> Iterator[Step]:
        """Yield a function that is told of each step, and writes down how far it is."""
        self.run.phase, self.run.done, self.run.total = what, 0, total
        save_run(self.settings.home, self.run)
        yield self._step

    def _step(self, steps: int) -> None:
        """Count steps, and write them down now and then."""
        self.run.done += steps
        if time.monotonic() - self._saved_s >= SAVED_EVERY_S:
            self._saved_s = time.monotonic()
            save_run(self.settings.home, self.run)

    def warn(self, text: Text) -> None:
        """Say nothing: what a warning says of checkpoints stands on the auditor's first page."""


def _check(shell: Shell) -> list[Finding]:
    """Return what a full check finds."""
    return check_ledger(shell, full=True).findings


def _replay(shell: Shell) -> list[Finding]:
    """Return what a replay finds, every statement made again.

    It takes nothing that an interrupted one kept, which nobody can check.
    """
    asked = Request(
        directory=None, vkeys=(), as_of={}, statements=True, processes=1, dask=None, fresh=True
    )
    return replay_ledger(shell, asked).findings


_WORK: Final[Mapping[Kind, Callable[[Shell], list[Finding]]]] = {"check": _check, "replay": _replay}


def do_run(settings: Settings, run: Run) -> None:
    """Do a run to its end: what it found, or why it could not, is in it afterwards."""
    try:
        run.findings = _WORK[run.kind](ToldShell(settings, run))
    except Exception as error:  # noqa: BLE001 - whatever it is, the page has to say so
        traceback.print_exc()
        told = tell_fault(error)
        # What is said of settings and connections is for whoever runs the machine.
        run.error = told.message if isinstance(told, TamperedLogError) else _OUR_FAULT
    run.finished_ms = now_ms()


def main(number: int, lock: int) -> None:
    """Do the run of a number, which its file tells of, under a lock that is open already."""
    # What this process starts must not keep the lock after it.
    os.set_inheritable(lock, False)  # noqa: FBT003 - the library's own
    os.nice(NICENESS)
    settings = Settings.load()
    run = load_run(settings.home, number)
    assert run is not None, number
    do_run(settings, run)
    finish_run(settings.home, run, lock)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
