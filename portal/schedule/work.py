"""The work of a scheduler: runs of one kind and period that it holds, and what came of them.

Whatever a run records, it records by `recording`: with the book standing still, and only for what
is still held, so that a scheduler that froze and was followed by another one records nothing.
"""

import os
import secrets
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ledger import runs
from ledger.database import Connection
from ledger.erasable import lock_book
from ledger.errors import LedgerError, RuleViolationError, TamperedLogError
from ledger.runs import Claim, Group, Key, Run
from ledger.store import Store
from ledger.text import Text
from portal.shell import Shell
from reports.due import BACKOFF_MAX_MS, WAIT_MS, backoff_ms

# Somebody else was faster: nothing is wrong, and a minute later it will do.
OVERTAKEN: Final = frozenset({"head_moved", "name_taken", "stream_moved"})

# A database's error has the whole statement in it.
TOLD_MAX: Final = 500


class StoppedError(Exception):
    """The scheduler was told to stop; what it held and has not recorded is due as before."""


class Told(NamedTuple):
    """What came of a run: done, with an outcome, or why not. `waits`: a rule holds it up.

    A `warning` is what somebody has to look at in what was done.
    """

    key: Key
    outcome: str | None = None
    error: LedgerError | None = None
    waits: bool = False
    warning: LedgerError | None = None


def new_holder() -> str:
    """Return a name that nobody else has who holds runs."""
    return f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"


@dataclass(frozen=True, slots=True)
class Leases:
    """In whose name, by which clock and for how long runs are held."""

    shell: Shell
    clock: Callable[[], int]
    stopped: Callable[[], bool]
    holder: str

    @property
    def lease_ms(self) -> int:
        """Return for how long runs are held without a sign of life."""
        return self.shell.settings.schedule_lease_seconds * 1000

    @property
    def horizon_ms(self) -> int:
        """Return how far ahead anything is written for later, and never farther."""
        return 2 * max(self.lease_ms, BACKOFF_MAX_MS)

    def take(
        self, connection: Connection, group: Group, subject: str | None = None, *, spare: int = 0
    ) -> "Work | None":
        """Return what of a group is ours now, of one subject if named; None if nothing is.

        `spare` are the attempts above the setting's after which a run is still to be had.
        """
        now_ms, attempts_max = self.clock(), self.shell.settings.schedule_attempts
        claim = Claim(self.holder, now_ms, now_ms + self.lease_ms, attempts_max + spare)
        held = runs.claim(connection, group, claim, self.horizon_ms, subject)
        if not held:
            return None
        return Work(
            shell=self.shell,
            clock=self.clock,
            stopped=self.stopped,
            holder=self.holder,
            group=group,
            runs=held,
            lease_ms=self.lease_ms,
            attempts_max=attempts_max,
            held_until_ms=claim.until_ms,
        )


@dataclass(slots=True)
class Work:
    """Runs that a scheduler holds, until when, and what it has told of them so far."""

    shell: Shell
    clock: Callable[[], int]
    stopped: Callable[[], bool]
    holder: str
    group: Group
    runs: list[Run]
    lease_ms: int
    attempts_max: int
    held_until_ms: int
    told: list[Told] = field(default_factory=list)

    def go_on(self) -> None:
        """Hold on to the runs, of which there is more to do; raises `StoppedError`."""
        if self.stopped():
            raise StoppedError
        now_ms = self.clock()
        if now_ms > self.held_until_ms - self.lease_ms // 2:
            self.held_until_ms = now_ms + self.lease_ms
            with self.writing() as (_, connection):
                runs.hold_on(connection, self.group, self.holder, self.held_until_ms)

    @contextmanager
    def writing(self) -> Iterator[tuple[Store, Connection]]:
        """Yield a writer and its connection in one transaction in which the book stands still."""
        with (
            self.shell.writing() as engine,
            self.shell.store(engine).together() as store,
            store.transaction() as connection,
        ):
            lock_book(connection)
            yield store, connection

    def held(self, connection: Connection) -> list[Key]:
        """Return which of the runs are held still."""
        mine = {one.key for one in self.runs}
        return [one for one in runs.read_held(connection, self.group, self.holder) if one in mine]

    def finish(
        self,
        connection: Connection,
        done: Iterable[tuple[Key, str]],
        warning: LedgerError | None = None,
    ) -> None:
        """Let runs be done that are held still, each with its outcome, with a warning if any."""
        held = set(self.held(connection))
        said = None if warning is None else (warning.code, _tell(warning))
        for key, outcome in done:
            if key in held:
                runs.finish(connection, [key], self.clock(), outcome, said)
                self.told.append(Told(key, outcome, warning=warning))

    def set_back(self, keys: Iterable[Key], error: LedgerError) -> None:
        """Let runs that are held still wait, be tried later or have failed, as the error is.

        What a rule forbids waits until it does not, however long that takes. Evidence that
        disagrees is not tried again by itself. Everything else is, a number of times.
        """
        with self.writing() as (_, connection):
            held = set(self.held(connection)).intersection(keys)
            for run in self.runs:
                if run.key in held:
                    self._set_back(connection, run, error)

    def _set_back(self, connection: Connection, run: Run, error: LedgerError) -> None:
        """Let one run wait, be tried later or have failed."""
        now_ms, attempts, keys = self.clock(), run.attempts + 1, [run.key]
        why = error.code, _tell(error)
        waits = isinstance(error, RuleViolationError) and error.code not in OVERTAKEN
        if waits:
            runs.put_off(connection, keys, why, now_ms + WAIT_MS, tried=False)
        elif isinstance(error, TamperedLogError) or attempts >= self.attempts_max:
            runs.fail(connection, keys, *why, now_ms)
        else:
            runs.put_off(connection, keys, why, now_ms + backoff_ms(attempts), tried=True)
        self.told.append(Told(run.key, error=error, waits=waits))

    def fail(self, error: LedgerError) -> None:
        """Let all runs that are held still have failed, and be tried no more."""
        with self.writing() as (_, connection):
            runs.fail(connection, self.held(connection), error.code, _tell(error), self.clock())

    def give_back(self) -> None:
        """Let all runs that are held still be due as before."""
        with self.writing() as (_, connection):
            runs.give_back(connection, self.held(connection))


def as_error(error: Exception) -> LedgerError:
    """Return what went wrong as an error that a run can keep; a bug of ours says its type."""
    if isinstance(error, LedgerError):
        return error
    said = f"{type(error).__name__}: {error}"[:TOLD_MAX]
    return LedgerError(
        "bug",
        Text(f"程序缺陷：{said}", f"a bug of ours: {said}"),
        Text("请把此信息发给维护者", "send this to the maintainers"),
    )


def _tell(error: LedgerError) -> Text:
    """Return what an error says, with the next step."""
    said, step = error.message, error.next_step
    return Text(f"{said.zh}。{step.zh}", f"{said.en}; {step.en}")
