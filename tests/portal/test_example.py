"""The worked example of a claim runs as its page says: each block in order, in one shell."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from portal.commands.claim_commands import act
from tests.portal.warm import warm_command
from vouchers.claims.requests import REQUESTS, ReasonRequest, parse_request
from vouchers.claims.table import Action

ROOT: Final = Path(__file__).parents[2]
EXAMPLE: Final = ROOT / "examples" / "claims"

BLOCK: Final = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What frames a table, and what two languages' widths leave between its cells.
FRAME: Final = re.compile(r"[\s│┃]+")
# An act in the help of `claim act`, and what its file holds.
HELPED: Final = re.compile(r"^  ([a-z]+) +(\{.*\})$", re.MULTILINE)
MARK: Final = "=== block"


def read_blocks() -> list[tuple[str, list[str]]]:
    """Return each block of commands with the lines that the page says they print."""
    blocks = list[tuple[str, list[str]]]()
    for kind, text in BLOCK.findall((EXAMPLE / "README.md").read_text("utf-8")):
        if kind == "sh":
            blocks.append((text, []))
        else:
            blocks[-1][1].extend(text.splitlines())
    return blocks


def play(folder: Path, script: str, url: str | None) -> subprocess.CompletedProcess[str]:
    """Return what a script said in a copy of the example, errors among its lines.

    Without a database's URL the ledger is in the home, as on the page.
    """
    shutil.copytree(EXAMPLE, folder / "claims")
    (folder / "bin").mkdir()
    beside = Path(sys.executable).parent
    settings = {} if url is None else {"SUANQUAN_DATABASE_URL": url}
    with warm_command(folder / "bin"):
        return subprocess.run(
            ["/bin/bash", "-euc", f"exec 2>&1\n{script}"],
            capture_output=True,
            check=False,
            cwd=folder / "claims",
            encoding="utf-8",
            env={
                **settings,
                "PATH": f"{folder / 'bin'}:{beside}:{os.environ['PATH']}",
                "TMPDIR": str(folder),
                "COLUMNS": "160",
            },
        )


def squeeze(text: str) -> str:
    """Return a text with its frames and runs of blanks as single blanks."""
    return FRAME.sub(" ", text)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_example_prints_what_its_page_says(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgres_database") if kind == "postgresql" else None
    blocks = read_blocks()
    assert len(blocks) >= 12
    script = "".join(f"{commands}echo '{MARK}'\n" for commands, _ in blocks)
    done = play(tmp_path, script, url)
    assert done.returncode == 0, done.stdout[-2000:]
    parts = done.stdout.split(f"{MARK}\n")
    assert len(parts) == len(blocks) + 1
    for (commands, lines), said in zip(blocks, parts, strict=False):
        shown = squeeze(said)
        for line in lines:
            assert line in shown, (commands, said)
    assert "Traceback" not in done.stdout


def test_the_help_shows_a_file_for_each_act_that_has_one() -> None:
    shown: list[tuple[Action, str]] = re.findall(
        r"^  ([a-z]+) +(\{.*\})$", act.epilog or "", re.MULTILINE
    )
    for action, text in shown:
        parse_request(action, text.encode(), None)
    have_none = {"clear", "close"}
    reasons = {action for action, kind in REQUESTS.items() if kind is ReasonRequest}
    assert {action for action, _ in shown} == set(REQUESTS) - reasons - have_none
    for action in ("approve", "clear", "close"):
        parse_request(action, None, None)
