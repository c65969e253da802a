"""A city is added as CONTRIBUTING.md says: its seven steps, done in a copy of the checkout."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from vouchers.template import PLACE_CHARS_MAX

ROOT: Final = Path(__file__).parents[2]
COPIED: Final = (
    *("ledger", "ingest", "vouchers", "reports", "portal", "migrations"),
    *("tests/servers", "tests/vouchers", "docs/programmes"),
)
FILES: Final = ("pyproject.toml", "tests/conftest.py", "CHANGELOG.md")

Do = Callable[..., str]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a copy of all that a programme and its tests need."""
    tree = tmp_path / "checkout"
    ignored = shutil.ignore_patterns("__pycache__")
    for folder in COPIED:
        shutil.copytree(ROOT / folder, tree / folder, ignore=ignored)
    for file in FILES:
        shutil.copy(ROOT / file, tree / file)
    return tree


@pytest.fixture
def do(checkout: Path) -> Do:
    """Return what runs a command in the copy and gives what it says."""

    def run(*command: str, status: int = 0) -> str:
        module = {"suanquan": "portal"}.get(command[0], command[0])
        done = subprocess.run(
            [sys.executable, "-m", module, *command[1:]],
            capture_output=True,
            check=False,
            cwd=checkout,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(checkout),
                "PYTHONUTF8": "1",
                "LANG": "en",
            },
        )
        said = done.stdout.decode() + done.stderr.decode()
        assert done.returncode == status, (command, said)
        return said

    return run


def test_new_files_pass_the_linter(checkout: Path, do: Do) -> None:
    places = {"optics_2": "district", "a" * PLACE_CHARS_MAX: "province"}
    for place, level in places.items():
        do("suanquan", "programme", "new", place, "--level", level)
    made = [
        str(checkout / folder / f"{prefix}{place}.py")
        for place in places
        for folder, prefix in (
            ("vouchers/programmes", ""),
            ("tests/vouchers/programmes", "test_"),
        )
    ]
    do("ruff", "check", *made)
    do("ruff", "format", "--check", *made)
