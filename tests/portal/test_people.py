"""Accounts, personal data and their erasure, from the command line to the last byte on the disk."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

CODE = "91420100MA4K2XY18X"
PHONE = "13911112222"
CONTACT = json.dumps({"name": "李四", "phone": PHONE}).encode()
ACCOUNT = json.dumps({"holder": "云栖", "bank": "工商银行", "number": "6222000011112222"}).encode()


@pytest.fixture
def administrators(suanquan: Run) -> tuple[str, str]:
    """Return the tokens of two administrators, the second's own after an invitation."""
    assert suanquan("db", "upgrade").status == 0
    first = suanquan("user", "add", "gh-1", "--role", "administrator", "--json").json["token"]
    invited = add(suanquan, first, "gh-2", "administrator")
    second = suanquan("user", "token", "--json", SUANQUAN_TOKEN=invited).json["token"]
    return first, second


def add(suanquan: Run, token: str, name: str, role: str) -> str:
    answer = suanquan("user", "add", name, "--role", role, "--json", SUANQUAN_TOKEN=token)
    assert answer.json["state"] == "granted", answer.err
    made: str = answer.json["token"]
    return made


def enter(suanquan: Run, token: str, kind: str, raw: bytes) -> dict[str, Any]:
    answer = suanquan("enterprise", kind, CODE, "--json", stdin=raw, SUANQUAN_TOKEN=token)
    assert answer.status == 0, answer.err
    found: dict[str, Any] = answer.json
    return found


def forget(suanquan: Run, token: str, *more: str) -> Any:  # noqa: ANN401 - an answer
    return suanquan("enterprise", "forget", CODE, "--json", *more, SUANQUAN_TOKEN=token)


def test_two_people_forget_an_enterprise_and_every_proof_still_holds(
    suanquan: Run, administrators: tuple[str, str], home: Path, tmp_path: Path
) -> None:
    first, second = administrators
    entered = enter(suanquan, first, "contact", CONTACT)
    enter(suanquan, second, "bank-account", ACCOUNT)
    vkeys = {
        one["name"]: one["vkey"] for one in suanquan("log", "checkpoint", "--json").json["logs"]
    }
    (shown, _) = show(suanquan, first)
    assert shown["value"] == json.loads(CONTACT)
    assert shown["digest"] == entered["digest"]
    proof = tmp_path / "contact.tlog-proof"
    suanquan("log", "prove", "book", shown["index"], "--out", proof)
    assert suanquan("backup", tmp_path / "before").status == 0
    assert PHONE.encode() in (tmp_path / "before" / "suanquan.db").read_bytes()

    asked = forget(suanquan, first, "--reason", "2026-17")
    assert asked.json["state"] == "requested"
    (waiting,) = suanquan("enterprise", "requests", "--json", SUANQUAN_TOKEN=second).json["rows"]
    assert (waiting["enterprise"], waiting["reason"]) == (CODE, "2026-17")
    again = forget(suanquan, first)
    assert (again.status, again.error["code"]) == (3, "not_allowed")
    assert [row["held"] for row in show(suanquan, first)] == [True, True]
    done = forget(suanquan, second)
    assert done.status == 0, done.err
    assert done.json["state"] == "forgotten"
    assert (done.json["erased"], done.json["database_clean"]) == (2, True)
    assert done.json["held_by_backups_before"] == done.json["at"]

    for row in show(suanquan, first):
        assert (row["held"], row["value"]) == (False, None)
        assert row["forgotten"]["requested_by"] == "gh-1"
        assert row["forgotten"]["consented_by"] == "gh-2"
    assert suanquan("enterprise", "requests", "--json", SUANQUAN_TOKEN=second).json["rows"] == []
    assert_sound(suanquan)
    checked = suanquan("log", "check-proof", proof, "--key", vkeys["book"], "--json")
    assert checked.status == 0, checked.err
    assert suanquan("backup", tmp_path / "after").status == 0
    for secret in (PHONE.encode(), b"6222000011112222"):
        for path in (*home.rglob("*"), *(tmp_path / "after").rglob("*")):
            assert not path.is_file() or secret not in path.read_bytes(), path
    enter(suanquan, first, "contact", CONTACT)
    assert_sound(suanquan)


def show(suanquan: Run, token: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = suanquan(
        "enterprise", "show", CODE, "--json", SUANQUAN_TOKEN=token
    ).json["rows"]
    return rows


def assert_sound(suanquan: Run) -> None:
    assert suanquan("log", "check", "--full", "--json").json["findings"] == []
    assert suanquan("replay", "--statements", "--json").json["match"] is True


def test_an_older_backup_does_not_bring_back_what_was_forgotten(
    suanquan: Run, administrators: tuple[str, str], home: Path, tmp_path: Path
) -> None:
    first, second = administrators
    enter(suanquan, first, "contact", CONTACT)
    suanquan("backup", tmp_path / "before")
    forget(suanquan, first, "--reason", "1")
    forget(suanquan, second)
    suanquan("log", "checkpoint")
    for path in home.glob("suanquan.db*"):
        path.unlink()
    answer = suanquan("restore", tmp_path / "before", "--json")
    assert (answer.status, answer.error["code"]) == (4, "rolled_back")


def test_nobody_acts_without_a_token_of_his_own(
    suanquan: Run, administrators: tuple[str, str]
) -> None:
    first, second = administrators
    helper = add(suanquan, first, "gh-3", "task_force")
    auditor = add(suanquan, first, "gh-4", "auditor")
    for token, code in (
        ("", "no_token"),
        ("sq_wrong", "unknown_token"),
        (helper, "exchange_token"),
    ):
        answer = suanquan(
            "enterprise", "contact", CODE, "--json", stdin=CONTACT, SUANQUAN_TOKEN=token
        )
        assert answer.error["code"] == code
    own = suanquan("user", "token", "--json", SUANQUAN_TOKEN=helper).json["token"]
    enter(suanquan, own, "contact", CONTACT)
    assert forget(suanquan, own, "--reason", "1").error["code"] == "not_allowed"
    looking = suanquan("user", "token", "--json", SUANQUAN_TOKEN=auditor).json["token"]
    (row,) = show(suanquan, looking)
    assert (row["held"], row["value"]) == (True, None)
    taken = suanquan("user", "token", "gh-2", "--json", SUANQUAN_TOKEN=first)
    assert taken.error["code"] == "not_allowed"
    console = suanquan("user", "token", "gh-2", "--json")
    assert console.error["code"] == "not_allowed"
    late = suanquan("user", "add", "gh-9", "--role", "administrator", "--json")
    assert late.error["code"] == "not_allowed"
    revoked = suanquan("user", "revoke", "gh-3", "--role", "task_force", SUANQUAN_TOKEN=second)
    assert revoked.status == 0
    assert forget(suanquan, own, "--reason", "1").error["code"] == "unknown_token"


def test_a_role_that_moves_money_takes_two_administrators(
    suanquan: Run, administrators: tuple[str, str]
) -> None:
    first, second = administrators
    finance = ("user", "add", "gh-5", "--role", "finance", "--programme", "wuhan", "--json")
    assert suanquan(*finance, SUANQUAN_TOKEN=first).json["state"] == "requested"
    assert suanquan(*finance, SUANQUAN_TOKEN=first).error["code"] == "not_allowed"
    (asked,) = suanquan("user", "list", "--json").json["requests"]
    assert (asked["name"], asked["requested_by"], asked["scope"]) == ("gh-5", "gh-1", "wuhan")
    granted = suanquan(*finance, SUANQUAN_TOKEN=second).json
    assert granted["state"] == "granted"
    listed = suanquan("user", "list", "--json").json
    assert listed["requests"] == []
    assert [row["name"] for row in listed["rows"]] == ["gh-1", "gh-2", "gh-5"]
    assert granted["token"] not in json.dumps(listed)
    assert_sound(suanquan)


def test_a_token_stands_nowhere_but_in_the_answer(
    administrators: tuple[str, str], home: Path
) -> None:
    for token in administrators:
        assert len(token) == len("sq_") + 43
        for path in home.rglob("*"):
            assert not path.is_file() or token.encode() not in path.read_bytes()


def test_personal_data_are_never_an_argument(
    suanquan: Run, administrators: tuple[str, str]
) -> None:
    answer = suanquan(
        *("enterprise", "contact", CODE, "--json"),
        stdin=b'{"name":"x","phone":123}',
        SUANQUAN_TOKEN=administrators[0],
    )
    assert (answer.status, answer.error["code"]) == (2, "bad_datum")
    helped = suanquan("enterprise", "bank-account", "--help").out
    assert "--number" not in helped


def test_a_public_export_holds_no_byte_of_an_entry(
    suanquan: Run, administrators: tuple[str, str], tmp_path: Path
) -> None:
    enter(suanquan, administrators[0], "contact", CONTACT)
    suanquan("log", "export", tmp_path / "public", "--public")
    files = [path for path in (tmp_path / "public").rglob("*") if path.is_file()]
    names = {path.relative_to(tmp_path / "public").parts[1] for path in files}
    assert names == {"checkpoint", "vkey", "vkeys", "tile"}
    assert not any("entries" in path.parts for path in files)
    held = b"".join(path.read_bytes() for path in files)
    for word in (b"specversion", b"cn.suanquan", b"gh-1", CODE.encode(), b"salt"):
        assert word not in held
    suanquan("log", "export", tmp_path / "audit")
    entries = b"".join(
        path.read_bytes() for path in (tmp_path / "audit").rglob("entries/**/*") if path.is_file()
    )
    assert b"specversion" in entries


def test_two_people_forget_an_enterprise_on_postgresql(
    suanquan: Run, postgres_database: str
) -> None:
    at = {"SUANQUAN_DATABASE_URL": postgres_database}
    assert suanquan("db", "upgrade", **at).status == 0
    add_first = suanquan("user", "add", "gh-1", "--role", "administrator", "--json", **at)
    first = {"SUANQUAN_TOKEN": add_first.json["token"], **at}
    invited = suanquan("user", "add", "gh-2", "--role", "administrator", "--json", **first)
    own = suanquan("user", "token", "--json", SUANQUAN_TOKEN=invited.json["token"], **at)
    second = {"SUANQUAN_TOKEN": own.json["token"], **at}
    entered = suanquan("enterprise", "contact", CODE, "--json", stdin=CONTACT, **first)
    assert entered.status == 0, entered.err
    suanquan("enterprise", "forget", CODE, "--reason", "1", **first)
    done = suanquan("enterprise", "forget", CODE, "--json", **second)
    assert (done.json["state"], done.json["database_clean"]) == ("forgotten", True)
    (row,) = suanquan("enterprise", "show", CODE, "--json", **second).json["rows"]
    assert (row["held"], row["forgotten"]["consented_by"]) == (False, "gh-2")
    assert suanquan("log", "check", "--full", "--json", **at).json["findings"] == []
