"""Acting as somebody who has signed in: the session is the proof, and no token counts."""

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier
from typing import Final

import pytest

from ledger.config import Settings
from ledger.errors import RuleViolationError
from portal.acting import acting, at_console, looking, require_nobody
from portal.shell import Shell
from tests.portal.office import Office, office

__all__ = ["office"]

THREADS: Final = 8


@pytest.fixture
def shell(office: Office, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Return the shell of an office in which an administrator's token lies about."""
    monkeypatch.setenv("SUANQUAN_TOKEN", office.tokens["admin-1"])
    return Shell(Settings.load(), "en", as_json=True)


def test_whoever_has_signed_in_acts_whatever_token_lies_about(shell: Shell) -> None:
    task = shell.for_person("task-1", "zh")
    for way in (acting(task), acting(task, alone=True), acting(task, anonymous=True)):
        with way as act:
            assert (act.name, act.shell.language) == ("task-1", "zh")
    with looking(task) as act:
        assert (act.name, set(act.roster.grants)) == ("task-1", {"task-1"})
    with acting(shell) as act:
        assert (act.name, act.shell.language) == ("admin-1", "en")


def test_whoever_holds_no_role_neither_acts_nor_looks(shell: Shell, office: Office) -> None:
    office.ask("admin-1", "user", "revoke", "task-2", "--role", "task_force")
    for person in ("task-2", "nobody-1"):
        signed_in = shell.for_person(person, "zh")
        for way in (acting(signed_in, anonymous=True), acting(signed_in, alone=True)):
            with pytest.raises(RuleViolationError, match=person) as refused, way:
                pass
            assert refused.value.code == "no_account"
        with pytest.raises(RuleViolationError) as refused, looking(signed_in):
            pass
        assert refused.value.code == "no_account"


def test_nobody_who_has_signed_in_is_the_console_or_the_scheduler(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SUANQUAN_TOKEN")
    require_nobody(shell)
    signed_in = shell.for_person("admin-1", "zh")
    with pytest.raises(RuleViolationError, match="admin-1"):
        require_nobody(signed_in)
    with pytest.raises(AssertionError, match="admin-1"), at_console(signed_in):
        pass


def test_threads_that_start_together_share_one_engine(shell: Shell) -> None:
    together = Barrier(THREADS)

    def visit(number: int) -> int:
        signed_in = shell.for_person(f"task-{1 + number % 2}", "zh")
        together.wait()
        with looking(signed_in) as act:
            assert act.name == signed_in.person
            return id(act.connection.engine)

    # Threads take turns as often as they can, so that two of them are in the same place.
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with shell.staying_connected(), ThreadPoolExecutor(THREADS) as pool:
            first, again = (set(pool.map(visit, range(THREADS))) for _ in range(2))
    finally:
        sys.setswitchinterval(usual)
    assert len(first) == 1
    assert first == again


def test_a_shell_closes_what_it_kept(shell: Shell) -> None:
    with suppress(ZeroDivisionError), shell.staying_connected():
        with looking(shell) as act:
            engine = act.connection.engine
        assert engine.pool.checkedin() == 1  # type: ignore[attr-defined] # a queue's own count
        raise ZeroDivisionError
    assert engine.pool.checkedin() == 0  # type: ignore[attr-defined] # a queue's own count
    with looking(shell) as act:
        assert act.connection.engine is not engine


def test_a_limited_token_looks_and_records_by_no_command(office: Office) -> None:
    made = office.ask("firm-1", "user", "token", "--scope", "claim", "--scope", "read")
    assert made["scopes"] == ["read", "claim"]
    office.tokens["firm-1"] = made["token"]
    assert office.ask("firm-1", "claim", "list")["rows"] == []
    assert office.submit()["error"]["code"] == "limited_token"
    assert office.ask("firm-1", "user", "token")["error"]["code"] == "limited_token"
    (row,) = (one for one in office.ask("", "user", "list")["rows"] if one["name"] == "firm-1")
    assert row["token_scopes"] == ["read", "claim"]


def test_a_token_without_the_scope_to_look_shows_nothing(office: Office) -> None:
    made = office.ask("firm-1", "user", "token", "--scope", "claim")
    office.tokens["firm-1"] = made["token"]
    assert office.ask("firm-1", "claim", "list")["error"]["code"] == "limited_token"


def test_its_holder_alone_limits_a_token(office: Office) -> None:
    asked = office.ask("admin-1", "user", "token", "task-1", "--scope", "read")
    assert asked["error"]["code"] == "not_allowed"
