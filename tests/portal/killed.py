"""A scheduler in a process of its own that ends itself by SIGKILL at one point of its work.

A point is before a statement that changes the database, before a commit, before a file gets its
name. Between two of them nothing is left behind, so that ending at each is ending anywhere.
"""

import multiprocessing
import os
import signal
import sys
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import event
from sqlalchemy.engine import Engine

from ledger.config import Settings
from portal.schedule.scheduler import Scheduler
from portal.shell import Shell

# Each is forked off a process that has the program loaded and no connection open.
CONTEXT: Final = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([__name__])

LOOK_S_MAX: Final = 120


class Points:
    """Counts the points, and ends the process at one of them."""

    def __init__(self, deadly: int) -> None:
        self.deadly = deadly
        self.passed: list[str] = []

    def at(self, what: str) -> None:
        """Pass a point, or end there."""
        if len(self.passed) == self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        self.passed.append(what)

    def watch(self) -> None:
        """Let the database and the files pass by here."""

        @event.listens_for(Engine, "before_cursor_execute")
        def _statement(*arguments: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own
            words = str(arguments[2]).split()
            if words[0] in {"INSERT", "UPDATE", "DELETE"}:
                self.at(" ".join(words[: 3 if words[0] == "INSERT" else 2]))

        @event.listens_for(Engine, "commit")
        def _commit(_connection: Any) -> None:  # noqa: ANN401 - SQLAlchemy's own
            self.at("COMMIT")

        def hook(name: str, arguments: tuple[Any, ...]) -> None:
            if name == "os.rename":
                self.at(f"name {Path(os.fsdecode(arguments[1])).parent.name}")

        sys.addaudithook(hook)


class Order(NamedTuple):
    """Where to look, at which instant of a clock that stands, and at which point to end."""

    url: str
    home: Path
    at_ms: int
    deadly: int = -1


def look(order: Order, pipe: Connection, start: Barrier | None) -> None:
    """Look once, when everybody else is ready to, and say which points were passed."""
    points = Points(order.deadly)
    points.watch()
    if start is not None:
        start.wait(LOOK_S_MAX)
    shell = Shell(Settings.of_home(order.home, order.url), "en", as_json=True)
    Scheduler(shell, lambda: order.at_ms, f"process-{os.getpid()}").look()
    pipe.send(points.passed)


class Looking:
    """A scheduler at work elsewhere."""

    def __init__(self, order: Order, start: Barrier | None = None) -> None:
        self._pipe, theirs = CONTEXT.Pipe()
        self._process = CONTEXT.Process(target=look, args=(order, theirs, start))
        self._process.start()
        theirs.close()

    def end(self) -> list[str] | None:
        """Return the points that it passed once it has ended, None where it was killed."""
        passed: list[str] | None = None
        try:
            if self._pipe.poll(LOOK_S_MAX):
                passed = self._pipe.recv()
        except EOFError:
            pass
        self._process.join(LOOK_S_MAX)
        expected = -signal.SIGKILL if passed is None else 0
        assert self._process.exitcode == expected, self._process.exitcode
        self._process.close()
        self._pipe.close()
        return passed
