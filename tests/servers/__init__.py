"""Servers and programs for tests and measurements: PostgreSQL 18, Kafka 4, hledger, poppler."""

import os
import shutil
import subprocess


class MissingServerError(Exception):
    """The server's programs are not installed."""


class BrokenServerError(Exception):
    """The server did not start; its log says why."""


def find_program(program: str, package: str) -> str:
    """Return the path of a program; root installs its Debian package where it is missing.

    Raises `MissingServerError`.
    """
    apt = shutil.which("apt-get")
    if shutil.which(program) is None and apt is not None and os.geteuid() == 0:
        for arguments in (["update"], ["install", "--yes", "--no-install-recommends", package]):
            subprocess.run(
                [apt, "-qq", *arguments],
                check=False,
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
    path = shutil.which(program)
    if path is None:
        raise MissingServerError(program)
    return path
