"""`suanquan programme adopt`: which rules apply, who may say so, and what differs from them."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from portal import cli
from tests.programme_files import ANOTHER_RATE, ENDED, another_city, like, programme_files
from tests.small_ledger import SmallLedger, events

Ask = Callable[..., Any]

FOUNDERS = ("hubei", "wuhan", "east_lake")
LEDGER = """
    resource      a100 accelerator card 2021-12-01 0.32
    enterprise    420100 华智科技
    qualification high_tech_enterprise 2021-11-15
    declaration   2022
    contract      C-1 2022-03-01 2022-12-31 0.06 a100=12.50/card_hour
    usage         a100 100 2022-07-01T00:00 2022-07-21T00:00
    invoice       1 C-1 2022-08-05 600000 33962.26 2022-07-01 2022-07-31
    payment       1 2022-08-10 600000
"""


@pytest.fixture
def ledger(database_url: str) -> Iterator[SmallLedger]:
    """Yield a ledger on each kind of database."""
    with closing(SmallLedger(database_url)) as made:
        made.append(*events(LEDGER))
        yield made


@pytest.fixture
def ask(
    ledger: SmallLedger,  # noqa: ARG001 - its database is there first
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Ask:
    """Return the command line in this process: the object that it answers, or its error."""
    monkeypatch.setenv("SUANQUAN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SUANQUAN_DATABASE_URL", database_url)

    def run(*words: object, token: str = "") -> Any:  # noqa: ANN401 - one JSON object
        monkeypatch.setenv("SUANQUAN_TOKEN", token)
        status = cli.run([*map(str, words), "--json"])
        said = capfd.readouterr()
        return {"status": status, **json.loads(said.out or said.err.splitlines()[-1])}

    return run


def changes(answer: dict[str, Any]) -> dict[str, str]:
    """Return what an adoption changes, by programme and version."""
    return {f"{one['programme']} {one['version']}": one["change"] for one in answer["rows"]}


def test_adopting_says_what_changes_and_again_changes_nothing(ask: Ask, tmp_path: Path) -> None:
    assert ask("programme", "adopted")["founding"] is True
    before = ask("programme", "adopted")["hash"]
    first = ask("programme", "adopt", *FOUNDERS, "--on", "2022-05-07", "--decided-by", "市科技局")
    assert (first["recorded"], first["ceased"], first["hash"]) == (3, [], before)
    assert set(changes(first).values()) == {"same"}
    size = ask("log", "list")["logs"]
    again = ask("programme", "adopt", *FOUNDERS, "--on", "2022-06-01")
    assert (again["recorded"], again["hash"]) == (0, before)
    assert ask("log", "list")["logs"] == size
    shown = ask("programme", "adopted")
    assert shown["founding"] is False
    assert {(one["adopted_on"], one["decided_by"]) for one in shown["rows"]} == {
        ("2022-05-07", "市科技局")
    }
    with programme_files(tmp_path / "x", {"wuhan": like("wuhan", ENDED)}):
        ended = ask("programme", "adopt", "wuhan")
        assert changes(ended) == {"wuhan 2020": "ended", "wuhan 2026": "new"}
        assert ended["recorded"] == 1
    gone = ask("programme", "adopt", "wuhan")
    assert changes(gone) == {"wuhan 2020": "changed", "wuhan 2026": "gone"}
    assert gone["hash"] == before
    assert ask("log", "check", "--full")["findings"] == []


def test_an_edited_value_is_shown_as_it_was_and_is(ask: Ask, tmp_path: Path) -> None:
    ask("programme", "adopt", "wuhan")
    with programme_files(tmp_path / "x", {"wuhan": like("wuhan", ANOTHER_RATE)}):
        (row,) = ask("programme", "adopted")["rows"]
        assert row["same"] is False
        refused = ask("programme", "decide", "91420100MA4K2XY18X")
        assert (refused["status"], refused["error"]["code"]) == (3, "rules_differ")
        (row,) = ask("programme", "adopt", "wuhan")["rows"]
        assert row["values"] == [{"path": "version.rate.value", "then": "1/2", "now": "3/5"}]
        assert ask("programme", "adopted")["rows"][0]["same"] is True


def test_what_was_granted_does_not_cease_to_apply_by_oversight(
    ask: Ask, ledger: SmallLedger, tmp_path: Path
) -> None:
    ledger.append(*events("granted wuhan 2022 100000 2022-12-31"))
    with programme_files(tmp_path / "x", {"jinan": another_city("jinan")}):
        refused = ask("programme", "adopt", "jinan")
        assert (refused["status"], refused["error"]["code"]) == (3, "still_in_use")
        assert "wuhan" in refused["error"]["next"]
        assert ask("programme", "adopted")["founding"] is True, "nothing was recorded"
        made = ask("programme", "adopt", "jinan", "wuhan")
        assert (made["recorded"], made["ceased"]) == (2, ["hubei", "east_lake"])
        assert ask("programme", "adopt", "hubei")["ceased"] == []


def test_administrators_and_the_authority_adopt_once_there_are_any(
    ask: Ask, tmp_path: Path
) -> None:
    paper = tmp_path / "notice.pdf"
    paper.write_bytes(b"%PDF")
    first = ask("user", "add", "gh-1", "--role", "administrator")["token"]
    invited = ask("user", "add", "gh-2", "--role", "task_force", token=first)["token"]
    helper = ask("user", "token", token=invited)["token"]
    for token in ("", helper):
        refused = ask("programme", "adopt", "--all", token=token)
        assert (refused["status"], refused["error"]["code"]) == (3, "not_allowed")
    made = ask("programme", "adopt", "--all", "--evidence", paper, token=first)
    assert made["recorded"] >= len(FOUNDERS)
    assert ask("log", "check", "--full")["findings"] == []
    entries = ask("log", "export", tmp_path / "export")
    assert entries["status"] == 0
    found = b"".join(path.read_bytes() for path in (tmp_path / "export").rglob("entries/*.p/*"))
    assert hashlib.sha256(b"%PDF").hexdigest().encode() in found
    assert b'"recorded_by":"gh-1"' in found


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), "no_programme"),
        (("wuhan", "--all"), "no_programme"),
        (("wuhann",), "unknown_programme"),
        (("wuhan", "--on", "2022-02-30"), "bad_date"),
    ],
)
def test_what_cannot_be_adopted_says_why(ask: Ask, words: tuple[str, ...], code: str) -> None:
    assert ask("programme", "adopt", *words)["error"]["code"] == code
    assert ask("programme", "adopted")["founding"] is True


def test_a_replay_and_a_verification_name_the_version_that_differs(
    ask: Ask, tmp_path: Path
) -> None:
    ask("programme", "adopt", *FOUNDERS)
    make = ("statement", "make", "--kind", "subsidy", "--month", "2022-12")
    (made,) = ask(*make)["rows"]
    assert ask("replay", "--statements")["match"] is True
    sound = ask("statement", "verify", made["path"])
    assert (sound["known"], sound["rules_differ"]) == (True, [])
    with programme_files(tmp_path / "x", {"wuhan": like("wuhan", ANOTHER_RATE)}):
        replayed = ask("replay", "--statements")
        assert (replayed["status"], replayed["match"]) == (4, False)
        (named,) = [one for one in replayed["findings"] if one["column"] == "rules"]
        assert named["table"] == "programme"
        assert "wuhan 2020" in named["what"]
        assert "1/2 → 3/5" in named["what"]
        verified = ask("statement", "verify", made["path"])
        assert (verified["status"], verified["known"]) == (0, True), "the paper is genuine"
        assert verified["rules"] == sound["rules"]
        (differing,) = verified["rules_differ"]
        assert differing["changes"] == [{"path": "version.rate.value", "then": "1/2", "now": "3/5"}]
        assert ask(*make)["error"]["code"] == "rules_differ"
    assert ask("replay", "--statements")["match"] is True
