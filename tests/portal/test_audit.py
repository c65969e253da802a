"""The auditor's walk, run as it is written."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.portal.conftest import PROGRAM, Run

GUIDE = Path(__file__).parents[2] / "docs" / "audit.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_the_walk_can_be_walked(tmp_path: Path) -> None:
    script = "\n".join(["set -euo pipefail", *BLOCK.findall(GUIDE.read_text("utf-8"))])
    walked = subprocess.run(
        ["/bin/bash", "-c", script],
        check=False,
        capture_output=True,
        cwd=tmp_path,
        text=True,
        env={"PATH": f"{PROGRAM.parent}:{os.environ['PATH']}", "LANG": "en_US.UTF-8"},
    )
    assert walked.returncode == 0, walked.stderr
    assert "the replay agrees with what is stored" in walked.stdout
    assert "it holds: this is entry" in walked.stdout
    assert "it holds: suanquan.local/usage only grew" in walked.stdout
    assert "the logs are sound" in walked.stdout
    assert "1 count, of 1 known" in walked.stdout


@pytest.fixture
def settled(suanquan: Run, tmp_path: Path) -> str:
    """Return the number of a statement of January."""
    path = tmp_path / "year.ndjson"
    suanquan("simulate", "--enterprises", 2, "--days", 40, "--out", path)
    suanquan("ingest", "file", path, "--format", "cloudevents")
    made = suanquan("statement", "make", "--month", "2022-01", "--json").json["rows"]
    number: str = made[0]["id"]
    return number


def test_a_trace_adds_up_to_the_usage_of_the_month(suanquan: Run, settled: str) -> None:
    traced = suanquan("statement", "trace", settled, "--json").json
    code = settled.split("-")[4]
    asked = ("--by", "enterprise", "--enterprise", code, "--month", "2022-01", "--json")
    rows = suanquan("usage", *asked).json["rows"]
    assert {one["resource"]: one["quantity"] for one in traced["total"]} == {
        row["resource"]: row["quantity"] for row in rows
    }
    kinds = {row["type"] for row in traced["rows"]}
    assert "cn.suanquan.contract.registered.v1" in kinds
    assert "cn.suanquan.statement.issued.v1" not in kinds


def test_later_entries_are_no_part_of_a_trace(suanquan: Run, settled: str, tmp_path: Path) -> None:
    before = suanquan("statement", "trace", settled, "--json").out
    code = settled.split("-")[4]
    late = {
        "specversion": "1.0",
        "type": "cn.suanquan.usage.recorded.v1",
        "source": "urn:late",
        "id": "1",
        "subject": code,
        "data": {
            "job": "j",
            "resource": "r",
            "amount": "1",
            "start": "2022-01-05T00:00:00Z",
            "end": "2022-01-05T01:00:00Z",
        },
    }
    path = tmp_path / "late.ndjson"
    path.write_text(json.dumps(late) + "\n", "utf-8")
    assert suanquan("ingest", "file", path, "--format", "cloudevents").status == 0
    assert suanquan("statement", "trace", settled, "--json").out == before
    shown = suanquan("statement", "trace", settled, "--lang", "en")
    assert f"{settled} was issued by book[" in shown.out


def test_an_unknown_statement_is_named(suanquan: Run) -> None:
    suanquan("db", "upgrade")
    answer = suanquan("statement", "trace", "SQ-X", "--json", "--lang", "en")
    assert (answer.status, answer.error["code"]) == (2, "no_statement")
    assert "SQ-X" in answer.error["message"]
