"""A key takes over from another, from the command line, wherever the run was cut short."""

import json
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ledger.head import Head
from ledger.keyring import Keyring
from ledger.note import open_note, parse_vkey
from tests.portal.conftest import Run
from tests.portal.test_backup import record


@pytest.fixture
def both(suanquan: Run, database_url: str, tmp_path: Path) -> Run:
    """Return the command on a small signed ledger, on each kind of database in turn."""
    command = partial(suanquan, SUANQUAN_DATABASE_URL=database_url, LANG="en_US.UTF-8")
    assert command("db", "upgrade").status == 0
    record(command, tmp_path / "usage.ndjson", "1", "2", "3")
    return command


def answer(run: Run, *arguments: object) -> dict[str, Any]:
    done = run(*arguments, "--json")
    assert done.status == 0, done.err
    return done.json


def notes(run: Run) -> dict[str, str]:
    return {one["name"]: one["note"] for one in answer(run, "log", "list")["logs"]}


def rotate(run: Run, log: str, *options: str) -> dict[str, Any]:
    return answer(run, "log", "rotate-key", log, *options)


def keys_in(exported: Path) -> tuple[list[str], ...]:
    """Return what the two files of public keys of an export hold."""
    return tuple((exported / name).read_text("utf-8").split() for name in ("vkey", "vkeys"))


def test_a_key_takes_over_and_every_proof_stays_checkable(
    both: Run, home: Path, tmp_path: Path
) -> None:
    first = answer(both, "log", "checkpoint")["logs"][0]
    (tmp_path / "kept").write_text(first["note"], "utf-8")
    old = first["vkey"]
    answer(both, "log", "prove", "usage", 0, "--out", tmp_path / "old.tlog-proof")
    answer(both, "log", "export", tmp_path / "export")

    begun = rotate(both, "usage")
    new = begun["keys"][1]["vkey"]
    assert begun["keys"] == [
        {"vkey": old, "state": "signing"},
        {"vkey": new, "state": "signing"},
    ]
    during = notes(both)
    signers = open_note(during["usage"], [parse_vkey(old), parse_vkey(new)]).signers
    assert len(signers) == 2
    assert during["book"].count("—") == 1

    # The hand-over is an entry of the book, under a checkpoint of the book's own key.
    place = begun["event"]
    handed = tmp_path / "handed.tlog-proof"
    made = answer(both, "log", "prove", place["log"], place["index"], "--out", handed)
    shown = answer(both, "log", "check-proof", handed, "--key", made["vkey"])
    event = json.loads(shown["entry"])
    assert event["type"] == "cn.suanquan.log.key.introduced.v1"
    assert event["data"] == {"vkey": new, "beside": old}

    # Tools that hold the old key go on; the list has both.
    answer(both, "log", "export", tmp_path / "export")
    exported = tmp_path / "export" / "usage"
    assert keys_in(exported) == ([old], [old, new])

    ended = rotate(both, "usage", "--retire")
    assert ended["keys"] == [
        {"vkey": new, "state": "signing"},
        {"vkey": old, "state": "retired"},
    ]
    record(both, tmp_path / "more.ndjson", "4")
    answer(both, "log", "export", tmp_path / "export")
    assert keys_in(exported) == ([new], [new, old])
    after = notes(both)["usage"]
    assert open_note(after, [parse_vkey(new)]).signers
    assert after.count("—") == 1
    answer(both, "log", "check", "--full")

    # What was proved and kept before is checked after: with the old key, or with both.
    answer(both, "log", "check-proof", tmp_path / "old.tlog-proof", "--key", old)
    growth = tmp_path / "growth"
    made = answer(both, "log", "prove-growth", "usage", "--old", tmp_path / "kept", "--out", growth)
    assert made["vkeys"] == [old, new]
    check = ("log", "check-proof", growth, "--old", tmp_path / "kept", "--key", old)
    assert answer(both, *check, "--key", new)["ok"] is True
    refused = both(*check, "--json")
    assert (refused.status, refused.error["code"]) == (4, "signature_missing")

    # A backup brings every public key along, and is checked and restored by them.
    answer(both, "backup", tmp_path / "backup")
    copy = partial(both, SUANQUAN_HOME=str(tmp_path / "backup"), SUANQUAN_DATABASE_URL="")
    listed = {one["name"]: one["keys"] for one in answer(copy, "log", "list")["logs"]}
    assert listed["usage"] == ended["keys"]
    answer(copy, "log", "check")
    fresh = partial(both, SUANQUAN_HOME=str(tmp_path / "fresh"), SUANQUAN_DATABASE_URL="")
    shutil.copytree(home / "keys", tmp_path / "fresh" / "keys")
    answer(fresh, "restore", tmp_path / "backup")
    again = answer(fresh, "log", "checkpoint")["logs"][0]
    assert again["vkeys"] == [new]


def ring_of(home: Path) -> Keyring:
    return Keyring(home, Head("book", "suanquan.local/book", 0, b""))


@pytest.fixture
def small(suanquan: Run) -> Run:
    """Return the command on an empty signed SQLite ledger."""
    command = partial(suanquan, LANG="en_US.UTF-8")
    assert command("db", "upgrade").status == 0
    assert command("log", "checkpoint").status == 0
    return command


def test_a_rotation_cut_short_anywhere_signs_and_goes_on(
    small: Run, home: Path, tmp_path: Path
) -> None:
    ring = ring_of(home)
    (old,) = ring.current()
    # Cut short when the key was drafted: it signs nothing, and the next run takes it.
    new = ring.draft_next()
    assert answer(small, "log", "checkpoint")["logs"][1]["note"].count("—") == 1
    begun = rotate(small, "book")
    assert ring.current() == [old, new]
    # Cut short between the event and the overlap.
    (home / "keys" / "book.next.key").rename(home / "keys" / "book.draft.key")
    assert answer(small, "log", "checkpoint")["logs"][1]["note"].count("—") == 1
    assert rotate(small, "book")["event"] == begun["event"]
    assert answer(small, "log", "checkpoint")["logs"][1]["note"].count("—") == 2
    # Cut short between the event of retirement and the rename: the keys as they were.
    shutil.copytree(home / "keys", tmp_path / "during")
    ended = rotate(small, "book", "--retire")
    shutil.rmtree(home / "keys")
    shutil.copytree(tmp_path / "during", home / "keys")
    refused = small("log", "check", "--json")
    assert refused.status == 0, refused.out
    assert rotate(small, "book", "--retire")["event"] == ended["event"]
    assert (ring.current(), ring.retired()) == ([new], [old])
    refused = small("log", "rotate-key", "book", "--retire", "--json")
    assert (refused.status, refused.error["code"]) == (3, "no_rotation")


def test_a_lost_key_is_followed_by_the_one_that_was_to_take_over(small: Run, home: Path) -> None:
    (home / "keys" / "book.key").rename(home / "away")
    refused = small("log", "checkpoint", "--json")
    assert (refused.status, refused.error["code"]) == (4, "key_missing")
    assert "publish it with the reason" in refused.error["next"]
    (home / "away").rename(home / "keys" / "book.key")
    rotate(small, "book")
    (home / "keys" / "book.key").unlink()
    refused = small("log", "checkpoint", "--json")
    assert (refused.status, refused.error["code"]) == (4, "key_missing")
    assert "suanquan log rotate-key book --retire" in refused.error["next"]
    ended = rotate(small, "book", "--retire")
    assert [one["state"] for one in ended["keys"]] == ["signing", "retired"]
    answer(small, "log", "checkpoint")


def test_a_backup_from_before_the_rotation_is_refused_for_want_of_a_key(
    small: Run, home: Path, tmp_path: Path
) -> None:
    answer(small, "backup", tmp_path / "backup")
    rotate(small, "book")
    rotate(small, "book", "--retire")
    fresh = partial(small, SUANQUAN_HOME=str(tmp_path / "fresh"))
    shutil.copytree(home / "keys", tmp_path / "fresh" / "keys")
    refused = fresh("restore", tmp_path / "backup", "--json")
    assert (refused.status, refused.error["code"]) == (4, "retired_key"), refused.err
    assert not (tmp_path / "fresh" / "suanquan.db").exists()


def test_a_rotation_tells_a_person_what_to_do_next(small: Run) -> None:
    said = small("log", "rotate-key", "book").out
    assert "both keys sign book from now on" in said
    assert "suanquan log rotate-key book --retire" in said
    assert said.count("suanquan.local/book+") == 1
    assert "the new key alone signs" in small("log", "rotate-key", "book", "--retire").out
    listed = small("log", "list").out
    assert listed.count("retired") == 1
    assert "新旧两把密钥" in small("log", "rotate-key", "book", "--lang", "zh").out
    missing = small("log", "rotate-key", "nothing", "--json")
    assert (missing.status, missing.error["code"]) == (2, "no_log")
