"""The demo of a whole centre: a year of 1,500 claims at three levels, and what happens to some."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.soak

Run = Callable[..., Any]

CLAIMS = 1_500

# A level has no less than one in five of the claims.
SHARE = 5


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of the demo, which is played once and read by each test."""
    return tmp_path_factory.mktemp("whole") / "demo"


def test_a_whole_centre_claims_at_three_levels_and_everything_happens_to_some(
    suanquan: Run, home: Path
) -> None:
    answer = suanquan("demo", "--full", "--dir", home, "--json")
    assert answer.status == 0, answer.err
    data = answer.json
    assert (data["verified"], data["enterprises"]) == (True, 186)
    levels = data["claims_by_level"]
    found = [(row["programme"], row["level"]) for row in levels]
    assert found == [("hubei", "province"), ("wuhan", "city"), ("east_lake", "district")]
    assert data["claims"] == sum(row["claims"] for row in levels) >= CLAIMS
    for row in levels:
        kinds = row["kinds"]
        assert row["claims"] * SHARE >= data["claims"], row
        assert kinds.pop("draft") == 0
        assert all(kinds.values()), row
        assert kinds["returned"] > kinds["resubmitted"], "what nobody mended lapsed"
        assert kinds["objected"] == kinds["upheld"] + kinds["dismissed"]
        assert kinds["failed"] == kinds["retried"]
        assert (
            kinds["paid"] + kinds["withdrawn"] + kinds["lapsed"] + kinds["rejected"]
            == (row["claims"])
        )
    for fund in data["funds"]:
        assert fund["available_fen"] > 0
        assert fund["encumbered_fen"] == 0
        assert fund["payable_fen"] == 0


def test_its_log_is_sound(suanquan: Run, home: Path) -> None:
    checked = suanquan("log", "check", "--full", "--json", SUANQUAN_HOME=str(home))
    assert (checked.status, checked.json["findings"]) == (0, [])


def test_its_books_pass_bean_check(suanquan: Run, home: Path, tmp_path: Path) -> None:
    at = {"SUANQUAN_HOME": str(home)}
    path = tmp_path / "books.beancount"
    path.write_text(suanquan("book", "export", "--format", "beancount", **at).out, "utf-8")
    program = Path(sys.executable).with_name("bean-check")
    checked = subprocess.run(
        [sys.executable, program, path], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
