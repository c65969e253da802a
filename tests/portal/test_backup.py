"""Backup and restore from the command line, and the guide's own lines."""

import json
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.codec import encode
from ledger.events import UsageRecorded
from tests.portal.conftest import PROGRAM, environment_of

Run = Callable[..., Any]

GUIDE = Path(__file__).parents[2] / "docs" / "backup.md"
CODE = "91420100MA4K2XY18X"


def record(suanquan: Run, path: Path, *ids: str) -> None:
    data = UsageRecorded(
        job="j",
        resource="gpu",
        amount="8",
        start="2022-07-01T00:00:00Z",
        end="2022-07-01T01:00:00Z",
    )
    path.write_bytes(b"".join(encode("urn:test", one, CODE, data).raw + b"\n" for one in ids))
    answer = suanquan("ingest", "file", path, "--format", "cloudevents", "--json")
    assert (answer.status, answer.json["recorded"]) == (0, len(ids)), answer.err


@pytest.fixture
def backed_up(suanquan: Run, tmp_path: Path) -> Path:
    """Return a backup of a small signed ledger, and leave the ledger in its home."""
    record(suanquan, tmp_path / "usage.ndjson", "1", "2", "3")
    assert suanquan("log", "checkpoint").status == 0
    answer = suanquan("backup", tmp_path / "backup", "--json")
    assert answer.status == 0, answer.err
    assert set(answer.json) == {
        *("dir", "ok", "logs", "findings", "made_at", "rows"),
        *("statements", "documents", "files", "bytes", "with_keys"),
    }
    assert (answer.json["ok"], answer.json["with_keys"]) == (True, False)
    assert not list((tmp_path / "backup").rglob("*.key"))
    return tmp_path / "backup"


def test_the_guides_own_lines_do_what_it_says(tmp_path: Path, postgres_database: str) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```$", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 5
    script = "".join(blocks).replace("/srv/", f"{tmp_path}/")
    script = script.replace("postgresql://suanquan@db/suanquan", f"'{postgres_database}'")
    environment = environment_of(tmp_path / "suanquan")
    environment["PATH"] = f"{PROGRAM.parent}:{environment['PATH']}"
    prepare = (
        "suanquan simulate --enterprises 2 --days 31 --seed 7 --out usage.ndjson\n"
        "suanquan ingest file usage.ndjson --format cloudevents\n"
        "suanquan statement make --month 2022-01\n"
    )
    done = subprocess.run(
        ["/bin/bash", "-euxo", "pipefail", "-c", prepare + script],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        env=environment,
    )
    assert done.returncode == 0, done.stderr.decode()
    notes = [(tmp_path / name / "checkpoints" / "usage").read_text() for name in ("new", "moved")]
    assert notes == [(tmp_path / "suanquan" / "checkpoints" / "usage").read_text()] * 2


def test_an_old_backup_is_refused_with_both_checkpoints(
    suanquan: Run, backed_up: Path, home: Path, tmp_path: Path
) -> None:
    record(suanquan, tmp_path / "later.ndjson", "4")
    later = suanquan("log", "checkpoint", "--json").json["logs"][0]
    (home / "suanquan.db").unlink()
    answer = suanquan("restore", backed_up, "--json", "--lang", "en")
    assert (answer.status, answer.error["code"]) == (4, "rolled_back")
    earlier = json.loads((backed_up / "backup.json").read_text())["logs"][0]
    for one in (earlier, later):
        assert f"{one['origin']} {one['size']} {one['root']}" in answer.error["message"]
    assert str(home / "checkpoints") in answer.error["next"]
    assert not (home / "suanquan.db").exists()
    (home / "checkpoints").rename(tmp_path / "evidence")
    assert suanquan("restore", backed_up, "--json").status == 0
    assert suanquan("log", "check", "--full", "--json").json["ok"] is True


def test_a_backup_of_another_history_is_refused(
    suanquan: Run, backed_up: Path, home: Path, tmp_path: Path
) -> None:
    shutil.rmtree(home / "checkpoints")
    shutil.rmtree(home / "keys")
    (home / "suanquan.db").unlink()
    record(suanquan, tmp_path / "other.ndjson", "other")
    assert suanquan("log", "checkpoint").status == 0
    (home / "suanquan.db").unlink()
    answer = suanquan("restore", backed_up, "--json")
    assert (answer.status, answer.error["code"]) == (4, "signature_missing")
    assert not (home / "suanquan.db").exists()


@pytest.mark.parametrize("name", ["suanquan.db", "checkpoints/usage", "keys/book.vkey"])
def test_a_changed_file_is_named_and_nothing_restored(
    suanquan: Run, backed_up: Path, tmp_path: Path, name: str
) -> None:
    path = backed_up / name
    raw = bytearray(path.read_bytes())
    raw[-3] ^= 1
    path.write_bytes(raw)
    fresh = tmp_path / "fresh"
    answer = suanquan("restore", backed_up, "--json", "--lang", "en", SUANQUAN_HOME=str(fresh))
    assert (answer.status, answer.error["code"]) == (4, "backup_changed")
    assert name in answer.error["message"]
    assert not fresh.exists()


@pytest.mark.parametrize(
    ("table", "change"),
    [("identity", "event_id = 'x' WHERE event_id = '2'"), ("usage_day", "quantity = 1")],
)
def test_a_backup_changed_with_care_is_found_and_the_place_named(
    suanquan: Run, backed_up: Path, tmp_path: Path, table: str, change: str
) -> None:
    with sqlite3.connect(backed_up / "suanquan.db") as database:
        database.execute(f"DROP TRIGGER IF EXISTS {table}_no_update")
        database.execute(f"UPDATE {table} SET {change}")
    database.close()
    path = backed_up / "backup.json"
    manifest = json.loads(path.read_text())
    for one in manifest["files"]:
        if one["path"] == "suanquan.db":
            one["sha256"] = _digest(backed_up / "suanquan.db")
            one["size"] = (backed_up / "suanquan.db").stat().st_size
    path.write_text(json.dumps(manifest))
    fresh = tmp_path / "fresh"
    answer = suanquan("restore", backed_up, "--json", SUANQUAN_HOME=str(fresh))
    assert (answer.status, answer.json["ok"]) == (4, False), answer.err
    assert table in {one["table"] for one in answer.json["findings"]}
    assert answer.json["database"].endswith("fresh/suanquan.db")
    assert not (fresh / "checkpoints").exists()


def _digest(path: Path) -> str:
    done = subprocess.run(["/usr/bin/sha256sum", path], capture_output=True, check=True)
    return done.stdout.decode().split()[0]


def test_a_backup_of_a_tampered_ledger_is_not_kept(
    suanquan: Run, home: Path, tmp_path: Path
) -> None:
    record(suanquan, tmp_path / "usage.ndjson", "1", "2", "3")
    with sqlite3.connect(home / "suanquan.db") as database:
        database.execute("DROP TRIGGER identity_no_update")
        database.execute("UPDATE identity SET event_id = 'x' WHERE event_id = '2'")
    database.close()
    answer = suanquan("backup", tmp_path / "second", "--json")
    assert (answer.status, answer.json["ok"]) == (4, False)
    assert {one["table"] for one in answer.json["findings"]} == {"identity"}
    assert not (tmp_path / "second").exists()


def test_targets_that_hold_something_are_refused(
    suanquan: Run, backed_up: Path, tmp_path: Path
) -> None:
    for arguments in (("backup", backed_up), ("restore", backed_up)):
        answer = suanquan(*arguments, "--json")
        assert (answer.status, answer.error["code"]) == (2, "not_empty"), answer.err
    (tmp_path / "none").mkdir()
    answer = suanquan("restore", tmp_path / "none", "--json")
    assert (answer.status, answer.error["code"]) == (2, "no_backup")


def test_keys_come_along_only_when_asked_for(suanquan: Run, home: Path, tmp_path: Path) -> None:
    record(suanquan, tmp_path / "usage.ndjson", "1")
    assert suanquan("log", "checkpoint").status == 0
    answer = suanquan("backup", tmp_path / "whole", "--with-keys", "--lang", "en")
    assert answer.status == 0
    assert "keep it encrypted" in answer.err
    keys = sorted((tmp_path / "whole" / "keys").glob("*.key"))
    assert {one.name for one in keys} == {one.name for one in (home / "keys").glob("*.key")}
    assert {one.stat().st_mode & 0o777 for one in keys} == {0o600}
    fresh = {"SUANQUAN_HOME": str(tmp_path / "fresh")}
    assert suanquan("restore", tmp_path / "whole", **fresh).status == 0
    assert suanquan("log", "check", "--full", **fresh).status == 0
    assert suanquan("log", "checkpoint", **fresh).status == 0


def test_a_backup_without_keys_can_be_checked_and_not_signed(suanquan: Run, tmp_path: Path) -> None:
    simulated = tmp_path / "few.ndjson"
    suanquan("simulate", "--enterprises", 1, "--days", 3, "--out", simulated)
    suanquan("ingest", "file", simulated, "--format", "cloudevents")
    suanquan("log", "checkpoint")
    assert suanquan("backup", tmp_path / "copy").status == 0
    elsewhere = {"SUANQUAN_HOME": str(tmp_path / "copy")}
    assert suanquan("log", "check", **elsewhere).status == 0
    refused = suanquan("log", "checkpoint", "--json", **elsewhere)
    assert (refused.status, refused.error["code"]) == (4, "key_missing")
