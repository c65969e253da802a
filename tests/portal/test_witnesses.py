"""Witnesses' cosignatures from the command line: taken in, shown, carried along, required."""

import subprocess
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import missing_service
from tests.portal.conftest import Run
from tests.portal.test_backup import record
from tests.servers import MissingServerError
from tests.servers.tools import stock_tool
from tests.witness import Witness

ONE, TWO, THREE = (Witness(f"w{number}.example", number) for number in (1, 2, 3))


def now_s() -> int:
    return int(time.time())


@pytest.fixture
def listed(tmp_path: Path) -> dict[str, str]:
    """Return the settings that require two of three witnesses."""
    path = tmp_path / "witnesses"
    path.write_text("".join(f"{one.vkey}\n" for one in (ONE, TWO, THREE)), "utf-8")
    return {"SUANQUAN_WITNESSES_FILE": str(path), "SUANQUAN_WITNESSES_REQUIRED": "2"}


@pytest.fixture
def run(suanquan: Run, listed: dict[str, str], tmp_path: Path) -> Run:
    """Return the command, two of three witnesses required, on a small ledger; none saw it yet."""
    for one in (ONE, TWO, THREE):
        one.seen.clear()
    command = partial(suanquan, LANG="en_US.UTF-8", **listed)
    record(command, tmp_path / "usage.ndjson", "1", "2", "3")
    return command


def answer(run: Run, *arguments: object) -> dict[str, Any]:
    done = run(*arguments, "--json")
    assert done.status == 0, done.err + done.out
    return done.json


def refusal(run: Run, *arguments: object) -> tuple[int, str]:
    done = run(*arguments, "--json")
    return done.status, done.error["code"]


def signed(run: Run) -> tuple[str, str]:
    """Return the usage log's checkpoint, signed now, and its key."""
    one = answer(run, "log", "checkpoint")["logs"][0]
    return one["note"], one["vkey"]


def body(note: str) -> str:
    return note.rpartition("\n\n")[0] + "\n"


def take_in(run: Run, tmp_path: Path, text: str, log: str = "usage") -> dict[str, Any]:
    path = tmp_path / "cosigned"
    path.write_text(text, "utf-8")
    return answer(run, "log", "cosign", log, "--file", path)


def cosign_all(run: Run, tmp_path: Path, *witnesses: Witness) -> None:
    """Let witnesses cosign the last checkpoint of each log."""
    for one in answer(run, "log", "checkpoint")["logs"]:
        lines = "".join(each.line(body(one["note"]), now_s()) for each in witnesses)
        take_in(run, tmp_path, one["note"] + lines, one["name"])


def test_cosignatures_are_taken_in_one_by_one_and_shown(
    run: Run, home: Path, tmp_path: Path
) -> None:
    note, _ = signed(run)
    first = take_in(run, tmp_path, ONE.cosign(note, now_s()))
    assert (first["counted"], first["required"], first["size"]) == (1, 2, 4)
    # As C2SP tlog-witness answers: the line alone; and one of a stranger.
    stranger = Witness("stranger.example", 9)
    both = TWO.line(body(note), now_s()) + stranger.line(body(note), now_s())
    second = take_in(run, tmp_path, both)
    states = [(one["name"], one["state"]) for one in second["cosignatures"]]
    assert second["counted"] == 2
    assert states == [
        ("w1.example", "counted"),
        ("w2.example", "counted"),
        ("stranger.example", "unknown"),
    ]
    shown = answer(run, "log", "list")["logs"][0]
    assert shown["cosignatures"] == second["cosignatures"]
    assert shown["note"].startswith(note)
    assert shown["note"].count("—") == 4
    assert signed(run)[0] == shown["note"]
    assert (home / "cosigned" / "usage" / "4").read_text("utf-8") == shown["note"]
    assert "w2.example" in run("log", "list").out
    # Later entries: the new checkpoint has none yet, the old one still has them.
    record(run, tmp_path / "more.ndjson", "4")
    assert answer(run, "log", "checkpoint")["logs"][0]["cosignatures"] == []
    assert take_in(run, tmp_path, THREE.cosign(note, now_s()))["counted"] == 3


def test_what_does_not_hold_is_not_taken_in(run: Run, home: Path, tmp_path: Path) -> None:
    note, _ = signed(run)
    other = body(note).replace("\n4\n", "\n5\n")
    cases = [
        (note, 2, "no_cosignature"),
        (note + ONE.line(other, now_s()), 4, "cosignature_invalid"),
        (note + ONE.line(body(note), now_s() + 86_400), 4, "cosignature_invalid"),
        (f"{body(note)}\n" + ONE.line(body(note), now_s()), 4, "signature_missing"),
        (note.replace("\n4\n", "\n5\n") + ONE.line(other, now_s()), 4, "signature_invalid"),
        ("nonsense", 2, "note_form"),
    ]
    path = tmp_path / "file"
    for text, status, code in cases:
        path.write_text(text, "utf-8")
        assert refusal(run, "log", "cosign", "usage", "--file", path) == (status, code), text
    path.write_text(ONE.cosign(note, now_s()), "utf-8")
    assert refusal(run, "log", "cosign", "book", "--file", path)[0] == 4
    assert not (home / "cosigned").exists()


def test_fewer_than_required_are_refused_or_warned_of(
    run: Run, tmp_path: Path, listed: dict[str, str]
) -> None:
    note, vkey = signed(run)
    take_in(run, tmp_path, ONE.cosign(note, now_s()))
    assert refusal(run, "log", "export", tmp_path / "e") == (4, "too_few_witnesses")
    assert refusal(run, "log", "export", tmp_path / "e", "--signed") == (4, "too_few_witnesses")
    checked = run("log", "check", "--json")
    assert checked.status == 4
    found = checked.json["findings"]
    assert {(one["log"], one["column"]) for one in found} == {
        ("usage", "cosignature"),
        ("book", "cosignature"),
        ("access", "cosignature"),
    }
    assert "needs 2 witnesses; of the 3 known, 1 count: w1.example" in found[0]["what"]
    proof = tmp_path / "p"
    assert "not cosigned by enough" in run("log", "prove", "usage", 0, "--out", proof).err
    cosign_all(run, tmp_path, ONE, TWO)
    answer(run, "log", "check")
    answer(run, "log", "prove", "usage", 0, "--out", proof)
    check = ("log", "check-proof", proof, "--key", vkey, "--witness", ONE.vkey)
    assert [one["name"] for one in answer(run, *check)["cosignatures"]] == ["w1.example"]
    more = (*check, "--witness", TWO.vkey, "--witness", THREE.vkey)
    assert refusal(run, *more) == (4, "too_few_witnesses")
    assert len(answer(run, *more, "--require", "2")["cosignatures"]) == 2
    # Once more has come, the newest checkpoint that is cosigned is the one to show.
    record(run, tmp_path / "more.ndjson", "4")
    assert refusal(run, "log", "export", tmp_path / "e") == (4, "too_few_witnesses")
    exported = answer(run, "log", "export", tmp_path / "e", "--signed")["logs"][0]
    assert exported["size"] == 4
    assert (tmp_path / "e" / "usage" / "checkpoint").read_text("utf-8").count("—") == 3
    checked = run("log", "check", "--json")
    assert checked.status == 0
    assert "the last 2 entries of usage" in checked.err
    few = listed | {"SUANQUAN_WITNESSES_REQUIRED": "4"}
    assert run("log", "check", "--json", **few).error["code"] == "bad_setting"


def test_cosignatures_go_along_with_backup_and_restore(
    run: Run, home: Path, tmp_path: Path
) -> None:
    cosign_all(run, tmp_path, ONE, TWO)
    answer(run, "backup", tmp_path / "backup", "--with-keys")
    kept = (home / "cosigned" / "usage" / "4").read_text("utf-8")
    assert (tmp_path / "backup" / "cosigned" / "usage" / "4").read_text("utf-8") == kept
    fresh = partial(run, SUANQUAN_HOME=str(tmp_path / "fresh"))
    answer(fresh, "restore", tmp_path / "backup")
    answer(fresh, "log", "check")
    assert (tmp_path / "fresh" / "cosigned" / "usage" / "4").read_text("utf-8") == kept
    # A backup that does not reach what a witness cosigned is refused, checkpoint file or not.
    record(run, tmp_path / "more.ndjson", "4")
    cosign_all(run, tmp_path, ONE, TWO)
    (home / "suanquan.db").unlink()
    (home / "checkpoints").rename(tmp_path / "away")
    done = run("restore", tmp_path / "backup", "--json")
    assert (done.status, done.error["code"]) == (4, "rolled_back")
    assert "suanquan.local/usage 6 " in done.error["message"]
    assert "suanquan.local/usage 4 " in done.error["message"]


def test_a_stock_tool_checks_a_proof_under_a_witness_policy(run: Run, tmp_path: Path) -> None:
    try:
        tool = stock_tool("policy")
    except MissingServerError as error:
        missing_service("torchwood", f"install Go 1.24 or newer ({error})")
    _, vkey = signed(run)
    cosign_all(run, tmp_path, ONE, TWO)
    proof, entry, policy = (tmp_path / name for name in ("proof", "entry", "policy"))
    answer(run, "log", "prove", "usage", 1, "--out", proof)
    shown = answer(run, "log", "check-proof", proof, "--key", vkey)
    entry.write_text(shown["entry"], "utf-8")
    witnesses = "".join(f"witness {one.name} {one.vkey}\n" for one in (ONE, TWO, THREE))
    for required, holds in ((1, True), (2, True), (3, False)):
        group = f"group all-of-them {required} {ONE.name} {TWO.name} {THREE.name}\n"
        policy.write_text(f"log {vkey}\n{witnesses}{group}quorum all-of-them\n", "utf-8")
        command = [str(tool), str(policy), str(entry), str(proof)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
        assert (done.returncode == 0) == holds, done.stderr
