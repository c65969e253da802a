"""Ledgers that somebody attacked below the program, as the command line tells of them.

The first ones show by themselves. The last ones agree with everything that is in the home: whoever
has the key made them. Only a checkpoint, or an export, that somebody else kept shows them.
"""

import json
import shutil
import sqlite3
from base64 import b64decode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import note as note_
from ledger import tlog
from ledger.evidence import unprotected
from tests.portal.conftest import Answer, Run


@pytest.fixture
def year(suanquan: Run, tmp_path: Path) -> Path:
    """Return a small centre's events."""
    path = tmp_path / "year.ndjson"
    suanquan("simulate", "--enterprises", 2, "--days", 12, "--seed", 7, "--out", path)
    return path


def ingest(suanquan: Run, path: Path) -> None:
    assert suanquan("ingest", "file", path, "--format", "cloudevents").status == 0


def codes(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.error["code"]


# --- what shows by itself ---


def test_a_check_lists_the_columns_that_nothing_proves(suanquan: Run, year: Path) -> None:
    ingest(suanquan, year)
    listed = suanquan("log", "check", "--json", "--lang", "en").json["unprotected"]
    assert [(one["table"], one["column"], one["why"]) for one in listed] == [
        (one.table, one.column, one.why.en) for one in unprotected()
    ]
    shown = suanquan("log", "check", "--lang", "en").out
    for one in unprotected():
        assert f"{one.table}.{one.column}: {one.why.en}" in shown


def test_a_log_that_was_signed_and_is_gone_is_a_finding(
    suanquan: Run, year: Path, home: Path
) -> None:
    assert suanquan("db", "upgrade", SUANQUAN_USAGE_LOGS="2").status == 0
    ingest(suanquan, year)
    suanquan("log", "checkpoint")
    with sqlite3.connect(home / "suanquan.db") as database:
        query = "SELECT sql FROM sqlite_master WHERE name = 'log_no_delete'"
        ((wall,),) = database.execute(query)
        database.execute("DROP TRIGGER log_no_delete")
        database.execute("DELETE FROM log WHERE name = 'usage-1'")
        database.execute(wall)
    checked = suanquan("log", "check", "--json", "--lang", "en")
    assert checked.status == 4
    (found,) = checked.json["findings"]
    assert (found["log"], found["table"], found["column"]) == ("usage-1", "log", "name")
    assert codes(suanquan("log", "checkpoint", "--json")) == (4, "log_missing")


def page_of(path: Path, name: str) -> tuple[int, int]:
    """Return where the first page of a table or index stands in a SQLite file, and its length."""
    with sqlite3.connect(path) as database:
        # Everything into the file itself, and no journal beside it.
        database.execute("PRAGMA journal_mode = DELETE")
        ((size,),) = database.execute("PRAGMA page_size")
        ((root,),) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [name])
    database.close()
    return (root - 1) * size, size


def test_a_page_that_rotted_in_an_index_is_a_finding_of_the_full_check(
    suanquan: Run, year: Path, home: Path
) -> None:
    ingest(suanquan, year)
    path = home / "suanquan.db"
    start, size = page_of(path, "sqlite_autoindex_stream_1")
    raw = bytearray(path.read_bytes())
    at = raw.index(b"file:", start, start + size)
    raw[at] ^= 1
    path.write_bytes(raw)
    assert suanquan("log", "check", "--json").status == 0
    checked = suanquan("log", "check", "--full", "--json", "--lang", "en")
    assert checked.status == 4
    assert {(one["table"], one["column"]) for one in checked.json["findings"]} == {
        ("database", "file")
    }
    assert any("stream" in one["what"] for one in checked.json["findings"])


def test_a_page_that_cannot_be_read_ends_the_check_with_4(
    suanquan: Run, year: Path, home: Path
) -> None:
    ingest(suanquan, year)
    path = home / "suanquan.db"
    start, size = page_of(path, "chunk")
    raw = bytearray(path.read_bytes())
    raw[start : start + size] = b"\x5a" * size
    path.write_bytes(raw)
    assert codes(suanquan("log", "check", "--json")) == (4, "broken_database")


# --- what only somebody outside can catch ---


@pytest.fixture
def outside(suanquan: Run, year: Path, tmp_path: Path) -> Path:
    """Return what an auditor took along of a ledger: checkpoints, public keys and an export."""
    ingest(suanquan, year)
    kept = tmp_path / "outside"
    kept.mkdir()
    for one in suanquan("log", "export", kept / "export", "--json").json["logs"]:
        (kept / one["name"]).write_text(one["note"], "utf-8")
    return kept


def is_sound(suanquan: Run) -> bool:
    """Return whether everything that a home can check of itself agrees."""
    return suanquan("log", "check", "--full", "--json").json["ok"] is True


def show_growth(suanquan: Run, outside: Path, log: str) -> Answer:
    """Return the answer to the auditor who asks whether a log only grew since the last visit."""
    out, old = outside / "growth", outside / log
    made = suanquan("log", "prove-growth", log, "--old", old, "--out", out, "--json")
    if made.status:
        return made
    vkey = (outside / "export" / log / "vkey").read_text("utf-8").strip()
    return suanquan("log", "check-proof", out, "--old", old, "--key", vkey, "--json")


def test_an_honest_ledger_shows_to_the_auditor_that_it_only_grew(
    suanquan: Run, outside: Path, tmp_path: Path
) -> None:
    more = tmp_path / "more.ndjson"
    suanquan("simulate", "--enterprises", 2, "--days", 3, "--seed", 8, "--out", more)
    ingest(suanquan, more)
    assert show_growth(suanquan, outside, "usage").json["ok"] is True
    assert suanquan("log", "export", outside / "export", "--json").status == 0
    assert is_sound(suanquan)


def rewrite(suanquan: Run, home: Path, events: Path) -> None:
    """Put a ledger of other events in the place of a home's, signed with the home's own keys."""
    (home / "suanquan.db").unlink()
    for journal in home.glob("suanquan.db-*"):
        journal.unlink()
    ingest(suanquan, events)
    for one in suanquan("log", "list", "--json").json["logs"]:
        seed = b64decode((home / "keys" / f"{one['name']}.key").read_bytes())
        head = tlog.Checkpoint(one["origin"], one["size"], bytes.fromhex(one["root"]))
        key = Ed25519PrivateKey.from_private_bytes(seed)
        note = note_.sign_note(tlog.render_checkpoint(head), one["origin"], key)
        (home / "checkpoints" / one["name"]).write_text(note, "utf-8")


def test_a_ledger_rewritten_and_signed_with_its_own_key_shows_outside_only(
    suanquan: Run, year: Path, outside: Path, home: Path, tmp_path: Path
) -> None:
    events = [json.loads(line) for line in year.read_text("utf-8").splitlines()]
    for event in events:
        if event["type"].startswith("cn.suanquan.usage."):
            event["data"]["job"] += "-x"
        event["id"] += "-x"
    forged = tmp_path / "forged.ndjson"
    forged.write_text("".join(json.dumps(one) + "\n" for one in events), "utf-8")
    rewrite(suanquan, home, forged)
    assert is_sound(suanquan)
    for log in ("usage", "book"):
        assert codes(show_growth(suanquan, outside, log)) == (4, "forked")
    assert codes(suanquan("log", "export", outside / "export", "--json")) == (4, "forked")


def test_a_home_brought_back_with_its_checkpoints_shows_outside_only(
    suanquan: Run, outside: Path, home: Path, tmp_path: Path
) -> None:
    shutil.copytree(home, tmp_path / "yesterday")
    more = tmp_path / "more.ndjson"
    suanquan("simulate", "--enterprises", 2, "--days", 3, "--seed", 8, "--out", more)
    ingest(suanquan, more)
    for one in suanquan("log", "export", outside / "export", "--json").json["logs"]:
        (outside / one["name"]).write_text(one["note"], "utf-8")
    shutil.rmtree(home)
    shutil.copytree(tmp_path / "yesterday", home)
    assert is_sound(suanquan)
    assert codes(show_growth(suanquan, outside, "usage")) == (4, "rolled_back")
    assert codes(suanquan("log", "export", outside / "export", "--json")) == (4, "forked")


def test_what_was_rewritten_since_the_last_checkpoint_shows_nowhere_but_with_the_sender(
    suanquan: Run, outside: Path, home: Path, tmp_path: Path
) -> None:
    """Sign often: until a checkpoint was signed over it, an entry rests on the database alone."""
    for seed in (8, 9):
        more = tmp_path / f"{seed}.ndjson"
        suanquan("simulate", "--enterprises", 2, "--days", 3, "--seed", seed, "--out", more)
    shutil.copytree(home, tmp_path / "signed")
    ingest(suanquan, tmp_path / "8.ndjson")
    shutil.rmtree(home)
    shutil.copytree(tmp_path / "signed", home)
    ingest(suanquan, tmp_path / "9.ndjson")
    assert is_sound(suanquan)
    assert show_growth(suanquan, outside, "usage").json["ok"] is True
