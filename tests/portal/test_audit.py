"""The auditor's walk, run as it is written."""

import hashlib
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ledger.note import VerifierKey, parse_vkey
from ledger.proof import check_proof, parse_proof
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
    assert "genuine: SQ-C-2022-01-" in walked.stdout
    assert "the replay agrees with what is stored" in walked.stdout
    assert walked.stdout.count("it holds: this is entry") == 5
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


def late_usage(code: str) -> dict[str, Any]:
    return {
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


def test_later_entries_are_no_part_of_a_trace(suanquan: Run, settled: str, tmp_path: Path) -> None:
    before = suanquan("statement", "trace", settled, "--json").out
    code = settled.split("-")[4]
    path = tmp_path / "late.ndjson"
    path.write_text(json.dumps(late_usage(code)) + "\n", "utf-8")
    assert suanquan("ingest", "file", path, "--format", "cloudevents").status == 0
    assert suanquan("statement", "trace", settled, "--json").out == before
    shown = suanquan("statement", "trace", settled, "--lang", "en")
    assert f"{settled} was issued by book[" in shown.out


def test_an_unknown_statement_is_named(suanquan: Run) -> None:
    suanquan("db", "upgrade")
    answer = suanquan("statement", "trace", "SQ-X", "--json", "--lang", "en")
    assert (answer.status, answer.error["code"]) == (2, "no_statement")
    assert "SQ-X" in answer.error["message"]


def test_every_traced_entry_has_its_proof(suanquan: Run, settled: str, tmp_path: Path) -> None:
    proofs = tmp_path / "proofs"
    traced = suanquan("statement", "trace", settled, "--proofs", proofs, "--json").json
    places = [f"{row['log']}-{row['index']}" for row in traced["rows"]]
    places.append(f"book-{traced['entry']['index']}")
    assert sorted(path.name for path in proofs.iterdir()) == sorted(
        f"{place}.tlog-proof" for place in places
    )
    assert traced["proofs"] == {"dir": str(proofs), "written": len(places)}
    found = {one.name: one for one in suanquan_keys(suanquan, tmp_path)}
    for row in traced["rows"]:
        text = (proofs / f"{row['log']}-{row['index']}.tlog-proof").read_text("utf-8")
        shown = check_proof(parse_proof(text), [found[f"suanquan.local/{row['log']}"]])
        event = json.loads(shown.entry)
        assert (shown.index, event["source"], event["id"]) == (
            row["index"],
            row["source"],
            row["id"],
        )
    fewer = tmp_path / "fewer"
    suanquan("statement", "trace", settled, "--proofs", fewer, "--first", 2)
    assert len(list(fewer.iterdir())) == 4


def suanquan_keys(suanquan: Run, directory: Path) -> list[VerifierKey]:
    """Return the public key of each log."""
    suanquan("log", "export", directory / "export", "--public")
    files = (directory / "export").glob("*/vkey")
    return [parse_vkey(path.read_text("utf-8").strip()) for path in files]


def test_a_code_written_with_escapes_is_traced_too(
    suanquan: Run, settled: str, tmp_path: Path
) -> None:
    code = settled.split("-")[4]
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in code)
    line = (
        f'{{"specversion":"1.0","type":"cn.suanquan.usage.recorded.v1","source":"urn:escaped",'
        f'"id":"1","subject":"{escaped}","data":{{"job":"j","resource":"r","amount":"1",'
        f'"start":"2022-01-05T00:00:00Z","end":"2022-01-05T01:00:00Z"}}}}\n'
    )
    assert code not in line
    path = tmp_path / "escaped.ndjson"
    path.write_text(line, "utf-8")
    done = suanquan("ingest", "file", path, "--format", "cloudevents", "--json")
    assert done.json["recorded"] == 1
    made = suanquan("statement", "make", "--month", "2022-01", "--enterprise", code, "--json")
    (number,) = [one["id"] for one in made.json["rows"]]
    rows = suanquan("statement", "trace", number, "--json").json["rows"]
    assert "urn:escaped" in {row["source"] for row in rows}


def test_a_statement_is_known_by_its_bytes_alone(
    suanquan: Run, settled: str, tmp_path: Path, home: Path
) -> None:
    path = home / "statements" / "2022-01" / f"{settled}.pdf"
    renamed = tmp_path / "copy.pdf"
    renamed.write_bytes(path.read_bytes())
    answer = suanquan("statement", "verify", renamed, "--json")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert answer.status == 0
    assert answer.json == {
        "known": True,
        "id": settled,
        "sha256": sha256,
        "issued_sha256": sha256,
        "revision": 1,
        "superseded_by": None,
        "superseded_why": None,
        "superseded_changes": None,
        "rules": None,
        "rules_differ": [],
        "sealed_sha256": None,
        "signature": None,
    }
    renamed.write_bytes(path.read_bytes() + b"\n")
    bent = suanquan("statement", "verify", renamed, "--json")
    assert bent.status == 4
    assert (bent.json["known"], bent.json["id"]) == (False, settled)
    assert bent.json["issued_sha256"] == sha256 != bent.json["sha256"]
    renamed.write_bytes(path.read_bytes().replace(rb"\0009\0001\0004", rb"\0009\0001\0005"))
    forged = suanquan("statement", "verify", renamed, "--lang", "en")
    assert forged.status == 4
    assert f"the file of {settled} but for some bytes" in forged.out
    renamed.write_bytes(b"%PDF")
    strange = suanquan("statement", "verify", renamed, "--json")
    assert strange.status == 2
    assert (strange.json["known"], strange.json["id"]) == (False, None)


def test_a_statement_that_another_follows_says_so(
    suanquan: Run, settled: str, tmp_path: Path, home: Path
) -> None:
    code = settled.split("-")[4]
    path = tmp_path / "late.ndjson"
    path.write_text(json.dumps(late_usage(code)) + "\n", "utf-8")
    suanquan("ingest", "file", path, "--format", "cloudevents")
    suanquan("statement", "make", "--month", "2022-01")
    paper = home / "statements" / "2022-01" / f"{settled}.pdf"
    answer = suanquan("statement", "verify", paper, "--json")
    follower = settled.removesuffix("-1") + "-2"
    assert (answer.status, answer.json["superseded_by"]) == (0, follower)
    assert "用量、单价或凭证有变，合计" in answer.json["superseded_why"]
    changed = {(one["section"], one["row"]) for one in answer.json["superseded_changes"]}
    assert changed == {
        ("未计价用量", "2022-01-05"),
        ("附件：每日明细", "2022-01-05"),
    }
    latest = suanquan("statement", "verify", paper.with_name(f"{follower}.pdf"), "--json").json
    assert (latest["revision"], latest["superseded_by"]) == (2, None)
