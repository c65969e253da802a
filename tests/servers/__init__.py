"""Servers and programs for tests and measurements: PostgreSQL 18, Kafka 4, hledger, poppler."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class MissingServerError(Exception):
    """The server's programs are not installed."""


class BrokenServerError(Exception):
    """The server did not start; its log says why."""


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Hold a name among all processes of tests meanwhile: what one installs the others find."""
    with (Path(tempfile.gettempdir()) / f"suanquan-tests-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def find_program(program: str, package: str) -> str:
    """Return the path of a program; root installs its Debian package where it is missing.

    Raises `MissingServerError`.
    """
    with alone("apt"):
        if shutil.which(program) is None:
            _install(package)
    path = shutil.which(program)
    if path is None:
        raise MissingServerError(program)
    return path


def _install(package: str) -> None:
    """Install a Debian package, where the tests are root's; nothing says whether it worked."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", package]):
        subprocess.run(
            [apt, "-qq", *arguments],
            check=False,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
