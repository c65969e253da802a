"""The command line as a script sees it: arguments in, status and two streams out."""

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.conftest import missing_service
from tests.portal.chromium import chromium
from tests.portal.furnished import office_on_postgresql, office_on_sqlite
from tests.portal.gallery import furnished
from tests.portal.warm import warm_command

# Known here alone: each module that imported it would have one of its own, and of Playwright there
# can be but one.
__all__ = ["chromium", "furnished", "office_on_postgresql", "office_on_sqlite"]


class Answer(NamedTuple):
    """What one run of the command gave."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Return the object on standard output."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def error(self) -> dict[str, str]:
        """Return the error object on standard error, its last line."""
        found: dict[str, str] = json.loads(self.err.strip().splitlines()[-1])["error"]
        return found


Run = Callable[..., Answer]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return the home of this test's ledger."""
    return tmp_path / "home"


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the command, each run of it a process that need not import everything first."""
    folder = tmp_path_factory.mktemp("bin")
    with warm_command(folder):
        yield folder / "suanquan"


@pytest.fixture
def suanquan(warm: Path, home: Path, tmp_path: Path) -> Run:
    """Return the command on a home of its own; `stdin` is what it reads."""

    def run(*arguments: object, stdin: bytes = b"", **environment: str) -> Answer:
        done = subprocess.run(
            [warm, *map(str, arguments)],
            input=stdin,
            capture_output=True,
            check=False,
            cwd=tmp_path,
            env={**environment_of(home), **environment},
        )
        return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def terminal(home: Path, tmp_path: Path) -> Run:
    """Return the installed command on a terminal of 80 columns."""

    def run(*arguments: object, **environment: str) -> Answer:
        try:
            ours, theirs = pty.openpty()
        except OSError:
            missing_service("a pseudo-terminal", "mount devpts at /dev/pts")
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        with subprocess.Popen(
            [str(PROGRAM), *map(str, arguments)],
            stdin=theirs,
            stdout=theirs,
            stderr=subprocess.DEVNULL,
            cwd=tmp_path,
            env={**environment_of(home), "TERM": "dumb", **environment},
        ) as process:
            os.close(theirs)
            out = b""
            # Linux ends a terminal that nobody writes to any more with an error.
            with suppress(OSError):
                while block := os.read(ours, 65_536):
                    out += block
            os.close(ours)
        return Answer(process.returncode, out.decode().replace("\r\n", "\n"), "")

    return run


PROGRAM = Path(sys.executable).with_name("suanquan")


def environment_of(home: Path) -> dict[str, str]:
    """Return the environment of a command on a home."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "SUANQUAN_HOME": str(home),
        "PYTHONUTF8": "1",
    }
