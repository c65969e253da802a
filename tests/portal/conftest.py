"""The command line as a script sees it: arguments in, status and two streams out."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest


class Answer(NamedTuple):
    """What one run of the command gave."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Return the object on standard output."""
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, str]:
        """Return the error object on standard error, its last line."""
        return json.loads(self.err.strip().splitlines()[-1])["error"]


Run = Callable[..., Answer]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return the home of this test's ledger."""
    return tmp_path / "home"


@pytest.fixture
def suanquan(home: Path, tmp_path: Path) -> Run:
    """Return the command on a home of its own; `stdin` is what it reads."""

    def run(*arguments: object, stdin: bytes = b"", **environment: str) -> Answer:
        done = subprocess.run(
            [sys.executable, "-m", "portal", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            check=False,
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(Path(__file__).parents[2]),
                "SUANQUAN_HOME": str(home),
                "PYTHONUTF8": "1",
                **environment,
            },
        )
        return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run
