"""Sessions end when nobody uses them, after a day's work, with the password and with the roles."""

import dataclasses

from portal.accounts.invitations import accept_invitation
from portal.accounts.sessions import (
    ABSOLUTE_MS,
    IDLE_MS,
    SEEN_EVERY_MS,
    csrf_of,
    find_session,
    list_sessions,
    sign_out,
    sign_out_everywhere,
)
from tests.portal.reception import ANOTHER, Reception, office, reception

__all__ = ["office", "reception"]


def test_a_session_ends_when_nobody_uses_it(reception: Reception) -> None:
    reception.accept(reception.invite("firm-1"))
    idle, used = reception.sign_in("firm-1"), reception.sign_in("firm-1")
    reception.now_ms += IDLE_MS - 1
    assert reception.find(used) is not None
    reception.now_ms += 1
    assert [reception.find(one) is None for one in (idle, used)] == [True, False]


def test_a_session_ends_after_a_days_work_however_it_is_used(reception: Reception) -> None:
    reception.accept(reception.invite("firm-1"))
    signed_in = reception.sign_in("firm-1")
    for _ in range(ABSOLUTE_MS // (IDLE_MS // 2) - 1):
        reception.now_ms += IDLE_MS // 2
        assert reception.find(signed_in) is not None
    reception.now_ms += IDLE_MS // 2
    assert reception.find(signed_in) is None


def test_that_somebody_was_here_is_written_once_a_minute(reception: Reception) -> None:
    reception.accept(reception.invite("firm-1"))
    signed_in = reception.sign_in("firm-1")
    began = reception.now_ms
    for later, seen in (
        (SEEN_EVERY_MS - 1, 0),
        (SEEN_EVERY_MS, SEEN_EVERY_MS),
        (2 * SEEN_EVERY_MS - 1, SEEN_EVERY_MS),
    ):
        reception.now_ms = began + later
        reception.find(signed_in)
        (row,) = list_sessions(reception.shell, reception.now_ms)
        assert row.seen_at_ms == began + seen


def test_whoever_signs_out_is_out_here_or_everywhere(reception: Reception) -> None:
    for person in ("firm-1", "stranger-1"):
        reception.accept(reception.invite(person))
    mine = [reception.sign_in("firm-1") for _ in range(3)]
    other = reception.sign_in("stranger-1")
    assert sign_out(reception.shell, mine[0].secret)
    assert not sign_out(reception.shell, mine[0].secret)
    assert [reception.find(one) is None for one in mine] == [True, False, False]
    assert sign_out_everywhere(reception.shell, "firm-1") == 2
    assert [reception.find(one) is None for one in mine] == [True] * 3
    assert reception.find(other) is not None


def test_a_role_that_is_revoked_is_gone_from_the_session_at_once(reception: Reception) -> None:
    signed_in = reception.open("task-2").signed_in
    session = reception.find(signed_in)
    assert session is not None
    assert session.rights.has("task-2", "task_force")
    add = ("user", "add", "task-2", "--role", "auditor")
    assert "error" not in reception.office.ask("admin-1", *add)
    reception.office.ask("admin-1", "user", "revoke", "task-2", "--role", "task_force")
    session = reception.find(signed_in)
    assert session is not None
    assert not session.rights.has("task-2", "task_force")


def test_whoever_lost_his_last_role_is_out_for_good(reception: Reception) -> None:
    signed_in = reception.open("task-2").signed_in
    reception.office.ask("admin-1", "user", "revoke", "task-2", "--role", "task_force")
    assert reception.find(signed_in) is None
    reception.office.ask("admin-1", "user", "add", "task-2", "--role", "task_force")
    assert reception.find(signed_in) is None
    reception.sign_in("task-2")


def test_a_new_role_that_needs_a_second_factor_needs_it_now(reception: Reception) -> None:
    reception.accept(reception.invite("firm-1"))
    signed_in = reception.sign_in("firm-1")
    reception.office.ask("admin-1", "user", "add", "firm-1", "--role", "auditor")
    session = reception.find(signed_in)
    assert session is not None
    assert session.state == "enrolling"


def test_a_reset_ends_every_session(reception: Reception) -> None:
    reception.accept(reception.invite("firm-1"))
    signed_in = reception.sign_in("firm-1")
    link = reception.invite("firm-1", "")
    assert reception.find(signed_in) is not None
    accept_invitation(reception.shell, link.secret, ANOTHER, reception.now_ms)
    assert reception.find(signed_in) is None


def test_a_form_carries_what_no_database_holds(reception: Reception) -> None:
    reception.accept(reception.invite("firm-1"))
    first, second = reception.sign_in("firm-1"), reception.sign_in("firm-1")
    assert first.session.csrf == csrf_of(first.secret) != second.session.csrf
    with reception.shell.reading("keep") as connection:
        rows = connection.exec_driver_sql("SELECT * FROM session").all()
    held = {value for row in rows for value in row}
    assert held.isdisjoint({first.secret, first.session.csrf, first.secret.encode()})
    assert not {"secret"} & {field.name for field in dataclasses.fields(first.session)}


def test_a_cookie_that_means_nothing_is_nobodys(reception: Reception) -> None:
    for secret in ("", "x", "\0\ud800", "A" * 10_000):
        assert find_session(reception.shell, secret, reception.now_ms) is None
