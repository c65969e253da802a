"""Commands that only read leave the database's file as it is, byte for byte.

The file has no write-ahead log, as a backup's: whoever opens it for writing turns that on, which
changes its first page, so a command shows itself even where it writes nothing.
"""

import json
import sqlite3
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest

from portal.cli import cli, run
from tests.portal.conftest import Run
from tests.portal.test_contract import existing
from vouchers.programmes import hubei

WRITING: Final = {
    "db upgrade",
    "demo",
    "document add",
    "document prune",
    "enterprise bank-account",
    "enterprise contact",
    "enterprise forget",
    "fund appropriate",
    "fund close",
    "fund transfer",
    "ingest file",
    "ingest kafka",
    "ingest rejected retry",
    "log rotate-key",
    "calendar adopt",
    "claim act",
    "claim draft",
    "claim submit",
    "claim tick",
    "enterprise accept-code",
    "enterprise register",
    "notice clear",
    "notice draw",
    "paper add",
    "payment order",
    "payment results",
    "programme adopt",
    "schedule",
    "schedule retry",
    "serve",
    "statement confirm",
    "statement dispute",
    "statement mail",
    "statement make",
    "statement seal",
    "statement settle",
    "restore",
    "user add",
    "user invite",
    "user revoke",
    "user sign-out",
    "user unlink",
    "user token",
    "voucher grant",
}

# They read too; the tests of their own have the people, witnesses and papers that they need.
ELSEWHERE: Final = {
    "claim check",
    "claim clawbacks",
    "claim list",
    "claim next",
    "claim show",
    "document list",
    "document show",
    "enterprise requests",
    "enterprise show",
    "log cosign",
    "notice show",
    "paper list",
    "payment export",
    "payment list",
    "report totals",
    "statement verify",
    "user linked",
    "user list",
    "user sessions",
    "voucher list",
}

READING: Final[dict[str, tuple[object, ...]]] = {
    "access list": (),
    "backup": ("{tmp}/backup",),
    "book export": ("--format", "beancount"),
    "document check": (),
    "calendar list": (),
    "calendar show": (2026,),
    "fund list": (),
    "ingest gaps": (),
    "ingest overlaps": (),
    "ingest rejected list": (),
    "ingest rejected show": (1,),
    "ingest tallies": (),
    "log check": ("--full",),
    "log check-proof": ("{tmp}/1.proof", "--key", "{vkey}"),
    "log checkpoint": (),
    "log export": ("{tmp}/export",),
    "log list": (),
    "notice list": (),
    "log prove": ("usage", 0, "--out", "{tmp}/0.proof"),
    "log prove-growth": ("usage", "--old", "{tmp}/old", "--out", "{tmp}/growth"),
    "programme adopted": (),
    "programme decide": ("{enterprise}", "--as-of", "usage=1"),
    "programme check": ("{rules}",),
    "programme diff": ("hubei@2022", "{rules}"),
    "programme list": (),
    "programme new": ("jinan", "--dir", "{tmp}/new"),
    "programme preview": ("--case", "{case}"),
    "programme reference": ("hubei", "--dir", "{tmp}/pages"),
    "programme show": ("hubei", "--on", "2022-11-01"),
    "programme simulate": ("--change", "{change}", "--chart", "{tmp}/impact.png"),
    "reconcile": ("--month", "2022-01"),
    "replay": ("--statements",),
    "report month": ("--month", "2022-01"),
    "simulate": ("--enterprises", 2, "--days", 2, "--out", "{tmp}/more"),
    "schedule list": (),
    "statement deliver": ("--year", 2022, "--out", "{tmp}/delivered"),
    "statement export": ("{statement}", "--format", "csv", "--out", "{tmp}/statement.csv"),
    "statement list": (),
    "statement trace": ("{statement}",),
    "usage": ("--as-of", "usage=1"),
}
"""Arguments of each command that only reads; the braces are filled by the test."""

CASE: Final = {
    "enterprise": {"credit_code": "91420100MA4K2XY18X", "registered_region": "420100"},
    "purchases": [],
    "apply_on": "2022-11-01",
}


@pytest.fixture
def filled(suanquan: Run, tmp_path: Path, home: Path) -> dict[str, object]:
    """Make a home that has something for every command, and return what fills the braces."""
    centre = tmp_path / "centre.ndjson"
    suanquan("simulate", "--enterprises", 1, "--days", 31, "--out", centre)
    with centre.open("ab") as file:
        file.write(b"{\n")
    assert suanquan("ingest", "file", centre, "--format", "cloudevents").status == 0
    made = suanquan("statement", "make", "--month", "2022-01", "--json").json["rows"]
    suanquan("calendar", "adopt", 2026)
    signed = suanquan("log", "checkpoint", "--json").json["logs"][0]
    (tmp_path / "old").write_text(signed["note"], "utf-8")
    suanquan("log", "prove", "usage", 1, "--out", tmp_path / "1.proof")
    (tmp_path / "case").write_text(json.dumps(CASE), "utf-8")
    with sqlite3.connect(home / "suanquan.db") as database:
        database.execute("PRAGMA journal_mode = DELETE")
    database.close()
    return {
        "tmp": tmp_path,
        "case": tmp_path / "case",
        "rules": hubei.__file__,
        "change": Path(__file__).parents[2] / "examples" / "rules" / "change.toml",
        "vkey": signed["vkey"],
        "statement": made[0]["id"],
        "enterprise": made[0]["subject"],
    }


def files_of(home: Path) -> dict[str, str]:
    """Return the digest of the database and of whatever lies beside it."""
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in home.glob("suanquan.db*")}


def test_every_command_is_known_to_read_or_to_write() -> None:
    assert set(existing(cli)) == WRITING | ELSEWHERE | set(READING)
    assert WRITING.isdisjoint(READING)


def test_a_reading_command_leaves_the_database_as_it_is(
    filled: dict[str, object],
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SUANQUAN_HOME", str(home))
    monkeypatch.delenv("SUANQUAN_DATABASE_URL", raising=False)
    before = files_of(home)
    assert list(before) == ["suanquan.db"]
    for command, arguments in READING.items():
        told = [str(one).format_map(filled) for one in arguments]
        status = run([*command.split(), *told, "--json"])
        assert status == 0, (command, capsys.readouterr().err)
        assert files_of(home) == before, command
    # One that finds nothing to write shows itself all the same, or the above would see nothing.
    assert run(["ingest", "rejected", "retry", "--all"]) == 0
    assert files_of(home) != before
