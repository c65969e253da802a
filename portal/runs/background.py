"""Work that a page starts and follows: each run in a process of its own, one at a time of a kind.

A run is a file under `SUANQUAN_HOME`, which every worker of the portal reads. Its process holds a
lock as long as it lives and however it ends, so that nobody has to believe a file that says that it
is at work.
"""

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from threading import Thread
from typing import Final, Generic, TypeVar

import msgspec

from ledger.config import Settings
from ledger.secret import write_file
from ledger.text import Text

_RUNNING, _DOOR = ".running", ".door"


class Background(msgspec.Struct, kw_only=True):
    """A run: who started it, and how far it is.

    `done` of `total` are steps of the `phase` that it is in; a total that nobody knows is None.
    `error` says why it came to nothing.
    """

    number: int
    by: str
    started_ms: int
    phase: Text | None = None
    done: int = 0
    total: int | None = None
    finished_ms: int | None = None
    error: Text | None = None


R = TypeVar("R", bound=Background)


@dataclass(frozen=True, slots=True)
class Room(Generic[R]):
    """Where runs of a kind are kept: the folder, what a run says, and the module that does one."""

    folder: str
    kind: type[R]
    module: str

    def start(self, settings: Settings, make: Callable[[int], R], kept: int) -> R | None:
        """Return a run that was made of its number and started, None while another is at work.

        As many are kept as stated, this one among them.
        """
        home = settings.home
        with self._at_the_door(home):
            numbers = self.numbers(home)
            lock = self._take(home)
            if lock is None:
                return None
            with lock:
                run = make(numbers[-1] + 1 if numbers else 1)
                self.save(home, run)
                for old in numbers[: -kept + 1 or None]:
                    self._path(home, old).unlink(missing_ok=True)
                _start_process(self.module, settings, run.number, lock.fileno())
        return run

    def save(self, home: Path, run: R) -> None:
        """Write how a run stands, whole, for its owner only."""
        write_file(self._path(home, run.number), msgspec.json.encode(run, enc_hook=_plain))

    def finish(self, home: Path, run: R, lock: int) -> None:
        """Write a run's last word and let its lock go, so that whoever reads it may start more."""
        with self._at_the_door(home):
            self.save(home, run)
            os.close(lock)

    def load(self, home: Path, number: int) -> R | None:
        """Return what the file of a run says, None where there is none."""
        try:
            return msgspec.json.decode(self._path(home, number).read_bytes(), type=self.kind)
        except FileNotFoundError:
            return None

    def find(self, home: Path, number: int) -> tuple[R, bool] | None:
        """Return a run and whether it is at work, None where it is not there, or not any more."""
        run = self.load(home, number) if number in self.numbers(home) else None
        if run is None:
            return None
        if run.finished_ms is None:
            if self._is_at_work(home, number):
                return run, True
            # It may have finished since it was read; its process is gone: this is its last word.
            run = self.load(home, number) or run
        return run, False

    def last(self, home: Path, limit: int) -> list[tuple[R, bool]]:
        """Return the last runs, the newest first, each with whether it is at work."""
        found = [self.find(home, number) for number in self.numbers(home)[::-1][:limit]]
        return [one for one in found if one is not None]

    def numbers(self, home: Path) -> list[int]:
        """Return the numbers of the runs that are kept, the oldest first."""
        return sorted(int(path.stem) for path in (home / self.folder).glob("[0-9]*.json"))

    def _path(self, home: Path, number: int) -> Path:
        """Return the path of a run's file."""
        return home / self.folder / f"{number}.json"

    @contextmanager
    def _at_the_door(self, home: Path) -> Iterator[None]:
        """Let one at a time look at the lock: a look takes it for a moment."""
        (home / self.folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._opened(home, _DOOR) as door:
            fcntl.flock(door, fcntl.LOCK_EX)
            yield

    def _take(self, home: Path) -> TextIOWrapper | None:
        """Return the lock that a run holds, None while another one is at work."""
        lock = self._opened(home, _RUNNING)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return None
        return lock

    def _opened(self, home: Path, name: str) -> TextIOWrapper:
        """Return a file to lock, readable by its owner only."""
        descriptor = os.open(home / self.folder / name, os.O_RDWR | os.O_CREAT, 0o600)
        return os.fdopen(descriptor, "r+")

    def _is_at_work(self, home: Path, number: int) -> bool:
        """Return whether the process of a run lives; only the newest one's can."""
        with self._at_the_door(home):
            if self.numbers(home)[-1:] != [number]:
                return False
            lock = self._take(home)
            if lock is not None:
                lock.close()
            return lock is None


def _plain(value: object) -> str:
    """Return a string as the plain one that it is: tables' names are of the library's own kind."""
    assert isinstance(value, str), value
    return str(value)


def _start_process(module: str, settings: Settings, number: int, lock: int) -> None:
    """Start the process of a run, which keeps the lock that is open here as long as it lives.

    It is no part of a worker: a worker that ends, or is started again, does not end it.
    """
    environment: Final = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "SUANQUAN_HOME": str(settings.home),
        "SUANQUAN_DATABASE_URL": settings.database_url,
        "SUANQUAN_ORIGIN": settings.origin,
    }
    process = subprocess.Popen(  # noqa: S603 - our own module, given two numbers
        [sys.executable, "-m", module, str(number), str(lock)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env=environment,
        pass_fds=[lock],
        start_new_session=True,
    )
    # Whoever started a process has to take its status, or it stays in the system's table.
    Thread(target=process.wait, daemon=True).start()
