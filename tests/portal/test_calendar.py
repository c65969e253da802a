"""`suanquan calendar`: adopted from what is built in or from a file, shown, and never guessed."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from portal import cli

Ask = Callable[..., Any]

BUILT_IN = range(2020, 2027)


@pytest.fixture
def ask(
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Ask:
    """Return the command line in this process, on an empty ledger of each kind."""
    monkeypatch.setenv("SUANQUAN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SUANQUAN_DATABASE_URL", database_url)

    def run(*words: object, token: str = "") -> Any:  # noqa: ANN401 - one JSON object
        monkeypatch.setenv("SUANQUAN_TOKEN", token)
        status = cli.run([*map(str, words), "--lang", "en", "--json"])
        said = capfd.readouterr()
        answer = json.loads(said.out or said.err.splitlines()[-1])
        return {"status": status, "warned": said.err, **answer}

    run("db", "upgrade")
    return run


def test_built_in_years_are_adopted_once_and_listed(ask: Ask) -> None:
    assert ask("calendar", "list")["rows"] == []
    made = ask("calendar", "adopt", 2026, "--on", "2025-11-05")
    assert (made["status"], made["recorded"], made["changed"]) == (0, 1, [])
    assert made["document"] == "国办发明电〔2025〕7号"
    assert made["adopted_on"] == "2025-11-05"
    assert "2026-10-07" in made["off"]
    assert made["worked"][-1] == "2026-10-10"
    assert ask("calendar", "adopt", 2026)["recorded"] == 0
    for year in BUILT_IN:
        ask("calendar", "adopt", year)
    rows = ask("calendar", "list")["rows"]
    assert [row["year"] for row in rows] == list(BUILT_IN)
    assert rows[-1]["digest"] == made["digest"] == ask("calendar", "show", 2026)["digest"]
    assert ask("log", "check", "--full")["findings"] == []
    assert ask("replay")["match"] is True


def test_a_year_that_is_not_built_in_comes_from_a_file(ask: Ask, tmp_path: Path) -> None:
    missing = ask("calendar", "show", 2031)
    assert (missing["status"], missing["error"]["code"]) == (2, "no_calendar")
    refused = ask("calendar", "adopt", 2031)
    assert (refused["status"], refused["error"]["code"]) == (2, "not_published")
    assert "--file" in refused["error"]["next"]
    file, paper = tmp_path / "2031.json", tmp_path / "notice.pdf"
    paper.write_bytes(b"%PDF")
    days = {"year": 2031, "off": ["2031-10-01", "2031-01-01"], "worked": ["2031-09-27"]}
    file.write_text(json.dumps(days))
    unnamed = ask("calendar", "adopt", 2031, "--file", file)
    assert (unnamed["status"], unnamed["error"]["code"]) == (2, "no_document")
    file.write_text(json.dumps(days | {"document": "国办发明电〔2030〕1号"}), "utf-8")
    made = ask("calendar", "adopt", 2031, "--file", file, "--evidence", paper)
    assert made["off"] == ["2031-01-01", "2031-10-01"]
    assert ask("calendar", "adopt", 2031, "--file", file)["recorded"] == 0
    ask("log", "export", tmp_path / "export")
    found = b"".join(path.read_bytes() for path in (tmp_path / "export").rglob("entries/*.p/*"))
    assert hashlib.sha256(b"%PDF").hexdigest().encode() in found


def test_a_calendar_that_changes_says_which_days(ask: Ask, tmp_path: Path) -> None:
    before = ask("calendar", "adopt", 2024)
    file = tmp_path / "2024.json"
    days = {
        "year": 2024,
        "off": [*before["off"], "2024-02-09"],
        "worked": before["worked"][1:],
        "document": "某市〔2024〕1号",
    }
    file.write_text(json.dumps(days), "utf-8")
    made = ask("calendar", "adopt", 2024, "--file", file)
    assert made["changed"] == ["2024-02-04", "2024-02-09"]
    assert "2024-02-04 2024-02-09; periods counted before stay" in made["warned"]
    assert "otherwise than built in for 2024" in made["warned"]
    assert ask("calendar", "show", 2024)["digest"] == made["digest"] != before["digest"]
    back = ask("calendar", "adopt", 2024)
    assert (back["recorded"], back["digest"]) == (1, before["digest"])


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ({"year": 2030}, "other_year"),
        ({"off": []}, "no_holidays"),
        ({"off": ["2031-01-04"]}, "bad_day"),
        ({"off": ["2031-01-01", "2031-01-01"]}, "bad_day"),
        ({"worked": ["2031-01-06"]}, "bad_day"),
        ({"worked": ["2030-12-29"]}, "bad_day"),
        ({"off": ["2031-02-30"]}, "bad_date"),
        ({"offf": []}, "unknown_key"),
        ({"document": ""}, "bad_value"),
    ],
)
def test_a_file_with_a_slip_adopts_nothing(
    ask: Ask, tmp_path: Path, written: dict[str, Any], code: str
) -> None:
    file = tmp_path / "2031.json"
    right = {"year": 2031, "off": ["2031-01-01"], "worked": [], "document": "x"}
    file.write_text(json.dumps(right | written))
    refused = ask("calendar", "adopt", 2031, "--file", file)
    assert (refused["status"], refused["error"]["code"]) == (2, code)
    assert ask("calendar", "list")["rows"] == []


def test_administrators_adopt_calendars_once_there_are_any(ask: Ask) -> None:
    first = ask("user", "add", "gh-1", "--role", "administrator")["token"]
    invited = ask("user", "add", "gh-2", "--role", "task_force", token=first)["token"]
    helper = ask("user", "token", token=invited)["token"]
    for token in ("", helper):
        refused = ask("calendar", "adopt", 2026, token=token)
        assert (refused["status"], refused["error"]["code"]) == (3, "not_allowed")
    assert ask("calendar", "adopt", 2026, token=first)["recorded_by"] == "gh-1"
    assert ask("log", "check", "--full")["findings"] == []
