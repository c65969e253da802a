"""Ledgers that earlier versions made: migrated, they say what they said then, and go on."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ledger.claim_state import STATES
from ledger.database import REVISION, open_engine
from ledger.read import read_events
from portal import cli
from tests.releases import ANSWERS, DATABASE, QUESTIONS, ROOT, kept, transplant, unpack
from vouchers.adoption import FOUNDING

Ask = Callable[..., Any]

CHANGELOG = Path(__file__).parents[2] / "CHANGELOG.md"
KEPT_BYTES_MAX = 300_000
STATEMENTS = 3
KINDS_OF_SCHEMA_0006 = 62
LATE = {
    "specversion": "1.0",
    "type": "cn.suanquan.usage.recorded.v1",
    "source": "urn:late",
    "subject": "91420100MA4K2XY18X",
    "data": {
        "job": "late",
        "resource": "a100",
        "contract": "C-1",
        "amount": "1",
        "start": "2022-07-05T00:00:00Z",
        "end": "2022-07-05T01:00:00Z",
    },
}


@pytest.fixture
def ask(home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ask:
    """Return the command line on this test's home, in this process: the object that it answers."""
    monkeypatch.setenv("SUANQUAN_HOME", str(home))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def run(*words: object) -> Any:  # noqa: ANN401 - one JSON object
        assert cli.run([*map(str, words), "--json"]) == 0, capfd.readouterr().err
        return json.loads(capfd.readouterr().out)

    return run


@pytest.fixture(params=kept())
def release(request: pytest.FixtureRequest, home: Path) -> str:
    """Unpack each kept ledger in turn into this test's home, and return its name."""
    name: str = request.param
    unpack(name, home)
    return name


def holds(found: object, then: object) -> bool:
    """Return whether an answer has all that an earlier one had: keys may be added, nothing else."""
    if isinstance(then, dict):
        return isinstance(found, dict) and all(
            key in found and holds(found[key], value) for key, value in then.items()
        )
    if isinstance(then, list):
        return (
            isinstance(found, list)
            and len(found) == len(then)
            and all(holds(one, other) for one, other in zip(found, then, strict=True))
        )
    return type(found) is type(then) and found == then


def answers_of(name: str, home: Path) -> dict[str, Any]:
    text = (ROOT / name / ANSWERS).read_text("utf-8").replace("HOME", str(home))
    found: dict[str, Any] = json.loads(text)
    return found


def agrees(ask: Ask, name: str, home: Path) -> None:
    """Fail unless a migrated ledger says what it said, is sound, and gives the same statements."""
    for what, then in answers_of(name, home).items():
        found = ask(*QUESTIONS[what])
        if what == "logs":
            # A log that came later stands beside those that the release had.
            had = {one["name"] for one in then["logs"]}
            found = {**found, "logs": [one for one in found["logs"] if one["name"] in had]}
        assert holds(found, then), what
    # A claim of the time before the desk names a notice of which the book has no line.
    assert all(one["claims"] for one in ask("notice", "list")["rows"])
    checked = ask("log", "check", "--full")
    assert (checked["ok"], checked["findings"]) == (True, [])
    # Where it adopted no rules the founding ones are its own, whatever there is or was added since.
    replayed = ask("replay", "--statements")
    assert replayed["findings"] == []
    assert all(one["match"] for one in replayed["projections"])
    assert replayed["statements"]["rendered"] == STATEMENTS


def test_a_kept_ledger_says_what_it_said_on_sqlite(release: str, ask: Ask, home: Path) -> None:
    assert ask("db", "upgrade")["revision"] == REVISION
    agrees(ask, release, home)


def test_a_kept_ledger_says_what_it_said_on_postgresql(
    release: str, ask: Ask, home: Path, monkeypatch: pytest.MonkeyPatch, postgres_database: str
) -> None:
    transplant(home, postgres_database)
    (home / DATABASE).unlink()
    monkeypatch.setenv("SUANQUAN_DATABASE_URL", postgres_database)
    assert ask("db", "upgrade")["revision"] == REVISION
    agrees(ask, release, home)


@pytest.mark.usefixtures("release")
def test_a_kept_ledger_goes_on(ask: Ask, home: Path, tmp_path: Path) -> None:
    ask("db", "upgrade")
    size = next(one["size"] for one in ask("log", "list")["logs"] if one["name"] == "usage")
    old = tmp_path / "old"
    old.write_bytes((home / "checkpoints" / "usage").read_bytes())
    late = send_late_usage(ask, tmp_path)
    again = ask(*late)
    assert (again["recorded"], again["duplicate"]) == (0, 300)
    made = ask("statement", "make", "--month", "2022-07")["rows"]
    assert sorted(one["revision"] for one in made) == [1, 2]
    ask("log", "checkpoint")
    assert ask("log", "check", "--full")["findings"] == []
    if not ask("user", "list")["rows"]:  # else an administrator must
        assert ask("programme", "adopt", "--all")["recorded"] >= len(FOUNDING.ruled)
    assert ask("replay", "--statements")["findings"] == []
    grown = tmp_path / "growth"
    vkey = ask("log", "prove-growth", "usage", "--old", old, "--out", grown)["vkey"]
    assert ask("log", "check-proof", grown, "--old", old, "--key", vkey)["old_size"] == size


def send_late_usage(ask: Ask, directory: Path) -> tuple[object, ...]:
    """Record 300 late slices of July; return the command that did."""
    path = directory / "late.ndjson"
    path.write_text("".join(json.dumps({**LATE, "id": str(n)}) + "\n" for n in range(300)), "utf-8")
    command = ("ingest", "file", path, "--format", "cloudevents")
    done = ask(*command)
    assert (done["recorded"], done["rejected"]) == (300, 0)
    return command


@pytest.mark.parametrize("name", [one for one in kept() if one != "schema-0001"])
def test_an_old_proof_holds_and_an_old_export_only_grows(
    name: str, ask: Ask, home: Path, tmp_path: Path
) -> None:
    unpack(name, home)
    vkey = (home / "export" / "usage" / "vkey").read_text("utf-8").strip()
    assert ask("log", "check-proof", home / "entry.tlog-proof", "--key", vkey)["index"] == 7
    before = files(home / "export")
    ask("db", "upgrade")
    send_late_usage(ask, tmp_path)
    ask("log", "export", home / "export")
    after = files(home / "export")
    assert {one: after.get(one) for one in before if not one.endswith("checkpoint")} == {
        one: body for one, body in before.items() if not one.endswith("checkpoint")
    }
    assert {"usage/tile/0/001", "usage/tile/entries/001"} <= after.keys() - before.keys()


def files(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def test_what_an_older_version_did_not_know_is_taken_in_after_the_upgrade(
    ask: Ask, home: Path
) -> None:
    unpack("schema-0001", home)
    ask("db", "upgrade")
    unknown = [
        row for row in ask("ingest", "rejected", "list")["rows"] if "tallied" in row["message"]
    ]
    assert [row["code"] for row in unknown] == ["unknown_type"]
    ask("ingest", "rejected", "retry", unknown[0]["id"])
    (row,) = ask("ingest", "tallies", "--all")["rows"]
    assert (row["agrees"], row["events"], row["tallied_events"]) == (True, 3, 3)


# --- none is forgotten ---


def test_a_schema_left_every_kind_of_event_and_claims_wherever_they_can_be(home: Path) -> None:
    unpack("schema-0006", home)
    engine = open_engine(f"sqlite:///{home / DATABASE}", "audit")
    with engine.connect() as connection:
        kinds = {
            event.kind
            for log, size in connection.execute(text("SELECT name, size FROM log")).all()
            for _, event in read_events(connection, log, 0, size)
        }
        stands = set(connection.execute(text("SELECT state FROM claim_state")).scalars())
    engine.dispose()
    assert len(kinds) == KINDS_OF_SCHEMA_0006
    assert {STATES[one] for one in stands} == {*STATES} - {"new", "objected"}


def released(changelog: str) -> list[str]:
    """Return the versions that a changelog says are released, newest first."""
    return [one for one in re.findall(r"^## (\S+)", changelog, re.MULTILINE) if one != "Unreleased"]


def test_every_released_version_left_a_ledger() -> None:
    missing = set(released(CHANGELOG.read_text("utf-8"))) - set(kept())
    assert not missing, f"make it with the released code: python -m tests.releases.make {missing}"


def test_a_released_version_is_a_heading_of_the_changelog() -> None:
    text = "# Changelog\n\n## Unreleased\n\n- x\n\n## 1.1 (2027-02-01)\n\n## 1.0\n\n### 9.9\n"
    assert released(text) == ["1.1", "1.0"]


@pytest.mark.parametrize("name", kept())
def test_a_kept_ledger_is_small(name: str) -> None:
    assert sum(path.stat().st_size for path in (ROOT / name).iterdir()) < KEPT_BYTES_MAX


@pytest.mark.parametrize(
    ("found", "then"),
    [({}, {"a": 1}), ([1], []), ([], [1]), (True, 1), ({"a": [2]}, {"a": [1]}), (None, {})],
)
def test_an_answer_that_lost_something_is_not_the_same(found: object, then: object) -> None:
    assert not holds(found, then)
    assert holds({"more": 0, "a": found}, {"a": found})
