"""Exports and proofs by the command line: made at the centre, checked by whoever holds the key."""

import json
from pathlib import Path

import pytest

from tests.portal.conftest import Run

CODE = "91420100MA4K2XY18X"


@pytest.fixture
def filled(suanquan: Run, home: Path) -> None:
    """Record forty usage events."""
    add(suanquan, home, range(40))


def add(suanquan: Run, home: Path, numbers: range) -> None:
    lines = []
    for number in numbers:
        event = {
            "specversion": "1.0",
            "type": "cn.suanquan.usage.recorded.v1",
            "source": "urn:a",
            "id": f"{number:04}",
            "subject": CODE,
            "data": {
                "job": "j",
                "resource": "r",
                "amount": "1",
                "start": "2022-07-01T00:00:00Z",
                "end": "2022-07-01T01:00:00Z",
            },
        }
        lines.append(json.dumps(event) + "\n")
    path = home.with_suffix(".ndjson")
    path.write_text("".join(lines), "utf-8")
    assert suanquan("ingest", "file", path, "--format", "cloudevents").status == 0


@pytest.mark.usefixtures("filled")
def test_an_entry_is_proved_to_somebody_without_a_ledger(suanquan: Run, tmp_path: Path) -> None:
    path = tmp_path / "7.tlog-proof"
    made = suanquan("log", "prove", "usage", 7, "--out", path, "--json").json
    assert made == {
        "log": "usage",
        "index": 7,
        "size": 41,
        "path": str(path),
        "vkey": made["vkey"],
    }
    elsewhere = {"SUANQUAN_HOME": str(tmp_path / "nowhere")}
    check = ("log", "check-proof", path, "--key", made["vkey"], "--json")
    shown = suanquan(*check, **elsewhere)
    assert (shown.status, shown.json["index"], shown.json["size"]) == (0, 7, 41)
    assert json.loads(shown.json["entry"])["id"] == "0007"
    assert not (tmp_path / "nowhere").exists()
    path.write_text(path.read_text("utf-8").replace("index 7", "index 8"), "utf-8")
    refused = suanquan(*check, **elsewhere)
    assert (refused.status, refused.error["code"]) == (4, "not_included")


@pytest.mark.usefixtures("filled")
def test_a_log_is_shown_to_have_only_grown(suanquan: Run, home: Path, tmp_path: Path) -> None:
    old, growth = tmp_path / "old", tmp_path / "growth"
    signed = suanquan("log", "checkpoint", "--json").json["logs"][0]
    old.write_text(signed["note"], "utf-8")
    add(suanquan, home, range(40, 90))
    made = suanquan("log", "prove-growth", "usage", "--old", old, "--out", growth, "--json").json
    assert (made["old_size"], made["size"]) == (41, 92)
    check = ("log", "check-proof", growth, "--old", old, "--key", made["vkey"])
    shown = suanquan(*check, "--json")
    assert (shown.status, shown.json["old_size"], shown.json["size"]) == (0, 41, 92)
    assert "only grew from 41 to 92" in suanquan(*check, "--lang", "en").out
    lines = growth.read_text("utf-8").splitlines(keepends=True)
    growth.write_text("".join([lines[0], *lines[2:]]), "utf-8")
    refused = suanquan(*check, "--json", "--lang", "en")
    assert (refused.status, refused.error["code"]) == (4, "forked")
    assert "does not extend" in refused.error["message"]


@pytest.mark.usefixtures("filled")
def test_an_export_grows_with_its_log(suanquan: Run, home: Path, tmp_path: Path) -> None:
    target = tmp_path / "export"
    first = suanquan("log", "export", target, "--json").json
    sizes = {one["name"]: one["size"] for one in first["logs"]}
    assert sizes == {"usage": 41, "book": 0, "access": 0}
    assert (target / "usage" / "tile" / "entries" / "000.p" / "41").exists()
    add(suanquan, home, range(40, 300))
    signed = suanquan("log", "export", target, "--signed", "--json").json
    assert [one["files"] for one in signed["logs"]] == [0, 0, 0]
    second = suanquan("log", "export", target, "--json").json
    assert second["logs"][0]["size"] == 302
    assert (target / "usage" / "checkpoint").read_text("utf-8") == second["logs"][0]["note"]
    public = suanquan("log", "export", tmp_path / "public", "--public", "--lang", "en")
    assert "usage: 302 entries" in public.out
    assert not list((tmp_path / "public").rglob("entries"))


def test_what_is_not_there_is_named(suanquan: Run, tmp_path: Path) -> None:
    suanquan("db", "upgrade")
    out = ("--out", tmp_path / "x", "--json", "--lang", "en")
    answer = suanquan("log", "prove", "usages", 0, *out)
    assert (answer.status, answer.error["code"]) == (2, "no_log")
    assert "usage, book" in answer.error["next"]
    answer = suanquan("log", "prove", "usage", 0, *out)
    assert (answer.status, answer.error["code"]) == (2, "no_entry")
    answer = suanquan("log", "export", tmp_path / "e", "--signed", "--json")
    assert (answer.status, answer.error["code"]) == (2, "no_checkpoint")
    (tmp_path / "junk").write_bytes(b"\xff")
    key = ("--key", "nonsense", "--json")
    answer = suanquan("log", "check-proof", tmp_path / "junk", *key)
    assert (answer.status, answer.error["code"]) == (2, "vkey_form")
