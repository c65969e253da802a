"""Checks and replays that an auditor starts from a page: each in a process of its own.

A run is a file under `SUANQUAN_HOME/audit-runs`, which every worker of the portal reads. Its
process holds a lock as long as it lives and however it ends, so that nobody has to believe a file
that says that it is at work.
"""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from threading import Thread
from typing import Final, Literal, NamedTuple, get_args

import msgspec

from ledger.config import Settings
from ledger.errors import InvalidInputError
from ledger.finding import Finding
from ledger.secret import write_file
from ledger.text import Text

Kind = Literal["check", "replay"]
State = Literal["running", "ended_early", "failed", "differs", "sound"]

KIND_NAMES: Final[dict[str, Text]] = {
    "check": Text("完整核对", "Full check"),
    "replay": Text("重放", "Replay"),
}

# An auditor's visits of some weeks; each may have some thousand findings.
RUNS_KEPT: Final = 20

_RUNNING, _DOOR = ".running", ".door"


class Run(msgspec.Struct, kw_only=True):
    """A check or a replay: who started it, how far it is, what it found.

    `done` of `total` are steps of the `phase` that it is in; a total that nobody knows is None.
    `error` says why it found nothing.
    """

    number: int
    kind: Kind
    by: str
    started_ms: int
    phase: Text | None = None
    done: int = 0
    total: int | None = None
    finished_ms: int | None = None
    findings: list[Finding] = msgspec.field(default_factory=list)
    error: Text | None = None


class Standing(NamedTuple):
    """A run as it stands now."""

    run: Run
    state: State


def parse_kind(text: str) -> Kind:
    """Return what is to be run; raises `InvalidInputError` (`unknown_kind`)."""
    for kind in get_args(Kind):
        if text == kind:
            found: Kind = kind
            return found
    raise InvalidInputError(
        "unknown_kind",
        Text("没有这种核对", "there is no such check"),
        Text("请选择完整核对或重放", "choose a full check or a replay"),
    )


def start_run(settings: Settings, kind: Kind, by: str, at_ms: int) -> int:
    """Return the number of a run that was started, or of the one that is at work already."""
    home = settings.home
    with _at_the_door(home):
        numbers = _numbers(home)
        lock = _take(home)
        if lock is None:
            return numbers[-1]
        with lock:
            run = Run(number=numbers[-1] + 1 if numbers else 1, kind=kind, by=by, started_ms=at_ms)
            save_run(home, run)
            for old in numbers[: -RUNS_KEPT + 1]:
                _path(home, old).unlink(missing_ok=True)
            _start_process(settings, run.number, lock.fileno())
    return run.number


def save_run(home: Path, run: Run) -> None:
    """Write how a run stands, whole, for its owner only."""
    write_file(_path(home, run.number), msgspec.json.encode(run, enc_hook=_plain))


def finish_run(home: Path, run: Run, lock: int) -> None:
    """Write a run's last word and let its lock go, so that whoever reads it may start another."""
    with _at_the_door(home):
        save_run(home, run)
        os.close(lock)


def _plain(value: object) -> str:
    """Return a string as the plain one that it is: tables' names are of the library's own kind."""
    assert isinstance(value, str), value
    return str(value)


def load_run(home: Path, number: int) -> Run | None:
    """Return what the file of a run says, None where there is none."""
    try:
        return msgspec.json.decode(_path(home, number).read_bytes(), type=Run)
    except FileNotFoundError:
        return None


def find_run(home: Path, number: int) -> Standing | None:
    """Return a run as it stands, None where there is none or it is not kept any more."""
    run = load_run(home, number) if number in _numbers(home) else None
    if run is None:
        return None
    if run.finished_ms is None:
        if _is_at_work(home, number):
            return Standing(run, "running")
        # It may have finished since it was read; its process is gone, so this is its last word.
        run = load_run(home, number) or run
    return Standing(run, _outcome(run))


def list_runs(home: Path, limit: int = RUNS_KEPT) -> list[Standing]:
    """Return the last runs, the newest first."""
    found = [find_run(home, number) for number in _numbers(home)[::-1][:limit]]
    return [one for one in found if one is not None]


def _outcome(run: Run) -> State:
    """Return what came of a run whose process is gone."""
    if run.finished_ms is None:
        return "ended_early"
    if run.error is not None:
        return "failed"
    return "differs" if run.findings else "sound"


def _path(home: Path, number: int) -> Path:
    """Return the path of a run's file."""
    return home / "audit-runs" / f"{number}.json"


def _numbers(home: Path) -> list[int]:
    """Return the numbers of the runs that are kept, the oldest first."""
    paths = (home / "audit-runs").glob("[0-9]*.json")
    return sorted(int(path.stem) for path in paths)


@contextmanager
def _at_the_door(home: Path) -> Iterator[None]:
    """Let one at a time look at the lock: a look takes it for a moment."""
    (home / "audit-runs").mkdir(mode=0o700, parents=True, exist_ok=True)
    with _opened(home, _DOOR) as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        yield


def _take(home: Path) -> TextIOWrapper | None:
    """Return the lock that a run holds, None while another one is at work."""
    lock = _opened(home, _RUNNING)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def _opened(home: Path, name: str) -> TextIOWrapper:
    """Return a file to lock, readable by its owner only."""
    descriptor = os.open(home / "audit-runs" / name, os.O_RDWR | os.O_CREAT, 0o600)
    return os.fdopen(descriptor, "r+")


def _is_at_work(home: Path, number: int) -> bool:
    """Return whether the process of a run lives; only the newest one's can."""
    with _at_the_door(home):
        if _numbers(home)[-1:] != [number]:
            return False
        lock = _take(home)
        if lock is not None:
            lock.close()
        return lock is None


def _start_process(settings: Settings, number: int, lock: int) -> None:
    """Start the process of a run, which keeps the lock that is open here as long as it lives.

    It is no part of a worker: a worker that ends, or is started again, does not end it.
    """
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "SUANQUAN_HOME": str(settings.home),
        "SUANQUAN_DATABASE_URL": settings.database_url,
        "SUANQUAN_ORIGIN": settings.origin,
    }
    process = subprocess.Popen(  # noqa: S603 - our own module, given two numbers
        [sys.executable, "-m", "portal.audit_process", str(number), str(lock)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env=environment,
        pass_fds=[lock],
        start_new_session=True,
    )
    # Whoever started a process has to take its status, or it stays in the system's table.
    Thread(target=process.wait, daemon=True).start()
