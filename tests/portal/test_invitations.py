"""Links that serve once, who may give them to whom, and what they renew."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier
from typing import Final

import pytest

from ledger.config import Settings
from ledger.errors import LedgerError, RuleViolationError
from ledger.events import AccountInvited, AccountOpened
from ledger.read import read_events, read_heads
from portal.accounts.invitations import (
    FIRST_ADMINISTRATOR,
    INVITATION_HOURS,
    accept_invitation,
    invite,
    invite_first,
    look_at_invitation,
)
from portal.acting import acting
from portal.shell import Shell
from tests.portal.reception import (
    ANOTHER,
    HOUR_MS,
    PASSWORD,
    Reception,
    office,
    reception,
)

__all__ = ["office", "reception"]

THREADS: Final = 4
EIGHT: Final = "3 pears!"


def refusal(reception: Reception, secret: str, password: str = PASSWORD) -> str:
    with pytest.raises(LedgerError) as refused:
        accept_invitation(reception.shell, secret, password, reception.now_ms)
    return refused.value.code


def test_a_link_serves_once(reception: Reception) -> None:
    link = reception.invite("firm-1")
    seen = look_at_invitation(reception.shell, link.secret, reception.now_ms)
    assert (seen.person, seen.is_alone) == ("firm-1", True)
    assert reception.accept(link) == "firm-1"
    assert refusal(reception, link.secret) == "unknown_invitation"
    assert refusal(reception, "x") == "unknown_invitation"


def test_a_link_lapses(reception: Reception) -> None:
    link = reception.invite("firm-1")
    reception.now_ms += INVITATION_HOURS * HOUR_MS
    assert refusal(reception, link.secret) == "unknown_invitation"
    reception.now_ms -= 1
    reception.accept(link)


def test_a_later_link_takes_the_place_of_the_last(reception: Reception) -> None:
    first, second = reception.invite("firm-1"), reception.invite("firm-1")
    assert refusal(reception, first.secret) == "unknown_invitation"
    reception.accept(second)


def test_one_link_opened_by_many_at_once_gives_one_password(reception: Reception) -> None:
    secret = reception.invite("firm-1").secret
    together, said = Barrier(THREADS), [f"{PASSWORD} {number}" for number in range(THREADS)]

    def one(password: str) -> str:
        together.wait()
        with suppress(RuleViolationError):
            accept_invitation(reception.shell, secret, password, reception.now_ms)
            return password
        return ""

    with ThreadPoolExecutor(THREADS) as pool:
        (mine,) = filter(None, pool.map(one, said))
    reception.sign_in("firm-1", mine)


def test_a_password_that_is_refused_leaves_the_link_open(reception: Reception) -> None:
    link = reception.invite("firm-1")
    assert refusal(reception, link.secret, EIGHT) == "short_password"
    assert refusal(reception, link.secret, "firm-1firm-1firm-1") == "common_password"
    reception.accept(link)


def test_beside_a_second_factor_a_shorter_password_will_do(reception: Reception) -> None:
    reception.accept(reception.invite("task-1"), EIGHT)
    reception.sign_in("task-1", EIGHT)


# --- who may ---


def test_an_administrator_invites_others_and_nobody_else_does(reception: Reception) -> None:
    reception.open("admin-1")
    reception.accept(reception.invite("firm-1", by="admin-1"))
    for by in ("", "task-1", "firm-1"):
        with pytest.raises(RuleViolationError) as refused:
            reception.invite("task-2", by)
        assert refused.value.code == "not_allowed"


def test_nobody_renews_the_sign_in_of_an_administrator_but_himself_by_his_token(
    reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = reception.open("admin-1").signed_in.session
    with pytest.raises(RuleViolationError, match="nobody else"):
        reception.invite("admin-1", by="admin-2")
    signed_in = reception.shell.for_person(session.person, "en")
    with pytest.raises(RuleViolationError, match="own sign-in"), acting(signed_in) as act:
        invite(act, "admin-1")
    monkeypatch.setenv("SUANQUAN_TOKEN", reception.office.tokens["admin-1"])
    with acting(reception.shell) as act:
        link = invite(act, "admin-1")
    reception.accept(link, ANOTHER)
    reception.sign_in("admin-1", ANOTHER)


def test_nobody_without_a_role_is_invited_or_accepts(reception: Reception) -> None:
    with pytest.raises(RuleViolationError, match="no account nobody-1"):
        reception.invite("nobody-1")
    link = reception.invite("task-2")
    reception.office.ask("admin-1", "user", "revoke", "task-2", "--role", "task_force")
    assert refusal(reception, link.secret) == "not_allowed"


# --- what it renews ---


def test_a_new_password_leaves_the_second_factor(reception: Reception) -> None:
    reception.open("admin-1")
    reception.open("task-1", by="admin-1")
    reception.accept(reception.invite("task-1", "admin-1"), ANOTHER)
    assert reception.refusal("task-1", ANOTHER, code="") == "code_required"
    reception.sign_in("task-1", ANOTHER)


def test_a_new_phone_takes_the_second_factor_and_its_recovery_codes(reception: Reception) -> None:
    codes = reception.open("task-1").recovery_codes
    reception.accept(reception.invite("task-1", renews="second_factor"), ANOTHER)
    again = reception.sign_in("task-1", ANOTHER, code="")
    assert again.session.state == "enrolling"
    reception.enrol(again)
    assert reception.refusal("task-1", ANOTHER, code=codes[0]) == "wrong_code"
    reception.sign_in("task-1", ANOTHER)


def test_the_book_says_who_invited_whom_and_no_secret(reception: Reception) -> None:
    link = reception.invite("task-1")
    reception.accept(link)
    with reception.shell.reading("keep") as connection:
        size = read_heads(connection)["book"].size
        events = [
            event
            for _, event in read_events(connection, "book", 0, size)
            if isinstance(event.data, AccountInvited | AccountOpened)
        ]
        dump = connection.exec_driver_sql("SELECT * FROM account").all()
    invited, opened = (event.data for event in events)
    assert isinstance(invited, AccountInvited)
    assert (invited.person, invited.issued_by, invited.renews) == ("task-1", "", "password")
    assert isinstance(opened, AccountOpened)
    assert opened.person == "task-1"
    for event in events:
        assert link.secret.encode() not in event.raw
    assert all(PASSWORD not in str(row) for row in dump)


# --- the first one ---


@pytest.fixture
def empty(tmp_path: Path, database_url: str) -> Shell:
    """Return the shell of a ledger without people."""
    shell = Shell(Settings.of_home(tmp_path, database_url), "en", as_json=True)
    shell.create_schema()
    return shell


def test_a_new_ledger_gives_one_link_and_no_second_while_it_is_open(empty: Shell) -> None:
    now_ms = 1_800_000_000_000
    link = invite_first(empty, now_ms)
    assert link is not None
    assert link.person == FIRST_ADMINISTRATOR
    assert invite_first(empty, now_ms + 1) is None
    later = now_ms + INVITATION_HOURS * HOUR_MS
    again = invite_first(empty, later)
    assert again is not None
    assert again.secret != link.secret
    assert accept_invitation(empty, again.secret, PASSWORD, later) == FIRST_ADMINISTRATOR
    assert invite_first(empty, later + 100 * HOUR_MS) is None


def test_a_ledger_with_administrators_invites_the_first_of_them(reception: Reception) -> None:
    link = invite_first(reception.shell, reception.now_ms)
    assert link is not None
    assert link.person == "admin-1"
