"""The process of one run that a page started: it tells how far it is, and what came of it."""

import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Generic

from ledger.config import Settings
from ledger.errors import LedgerError
from ledger.text import Text
from portal.fault import tell_fault
from portal.runs.background import R, Room
from portal.shell import Shell, Step

# Pages ask every two seconds; a file for each entry would cost more than the work.
SAVED_EVERY_S: Final = 1.0

# Whoever waits for a page goes first.
NICENESS: Final = 10

_OUR_FAULT: Final = Text(
    "系统出错，未能完成；原因见服务器日志",
    "we made a mistake and it did not finish; the machine's log says what it was",
)


class ToldShell(Shell, Generic[R]):
    """A shell whose progress and outcome are told by the file of a run."""

    def __init__(self, settings: Settings, room: Room[R], run: R) -> None:
        super().__init__(settings, "zh", as_json=True)
        self.room = room
        self.run = run
        self._saved_s = 0.0

    @contextmanager
    def progress(self, what: Text, total: int | None = None) -> Iterator[Step]:
        """Yield a function that is told of each step, and writes down how far it is."""
        self.run.phase, self.run.done, self.run.total = what, 0, total
        self.room.save(self.settings.home, self.run)
        yield self._step

    def _step(self, steps: int) -> None:
        """Count steps, and write them down now and then."""
        self.run.done += steps
        if time.monotonic() - self._saved_s >= SAVED_EVERY_S:
            self._saved_s = time.monotonic()
            self.room.save(self.settings.home, self.run)

    def warn(self, text: Text) -> None:
        """Say nothing: what a warning says of checkpoints stands on the auditor's first page."""


Work = Callable[[Shell, R], None]
"""Does a run, and leaves in it what came of it."""


def do_run(
    settings: Settings, room: Room[R], run: R, work: Work[R], told: type[LedgerError]
) -> None:
    """Do a run to its end: what came of it, or why nothing did, is in it afterwards.

    Errors of the class that is `told` are. What others say of settings and connections is for
    whoever runs the machine.
    """
    began_s = time.monotonic()
    try:
        work(ToldShell(settings, room, run), run)
    except Exception as error:  # noqa: BLE001 - whatever it is, the page has to say so
        traceback.print_exc()
        fault = tell_fault(error)
        run.error = fault.message if isinstance(fault, told) else _OUR_FAULT
    # By the clock of the portal that started it, which a demo's has slow.
    run.finished_ms = run.started_ms + round((time.monotonic() - began_s) * 1000)


def serve_run(room: Room[R], work: Work[R], told: type[LedgerError]) -> None:
    """Do the run whose number is this process's first argument; the second is its open lock."""
    number, lock = map(int, sys.argv[1:])
    # What this process starts must not keep the lock after it.
    os.set_inheritable(lock, False)  # noqa: FBT003 - the library's own
    os.nice(NICENESS)
    settings = Settings.load()
    run = room.load(settings.home, number)
    assert run is not None, number
    do_run(settings, room, run, work, told)
    room.finish(settings.home, run, lock)
