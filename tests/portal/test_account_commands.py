"""`user invite`, `user sessions` and `user sign-out`, in both languages and by whom they may be."""

from pathlib import Path

import pytest

from ledger.config import Settings
from ledger.errors import RuleViolationError
from portal.accounts.invitations import FIRST_ADMINISTRATOR, accept_invitation, look_at_invitation
from portal.commands.serve_command import tell_first_link
from portal.demo.door import enter, list_people, open_accounts
from portal.shell import Shell, now_ms
from tests.portal.reception import PASSWORD, Reception, office, reception

__all__ = ["office", "reception"]


def test_the_console_invites_until_an_administrator_has_an_account(reception: Reception) -> None:
    ask = reception.office.ask
    made = ask("", "user", "invite", "admin-1")
    assert (made["name"], made["renews"]) == ("admin-1", "password")
    assert made["expires_at"] == "2022-11-04T02:00:00Z"
    secret = made["link"].removeprefix("/invitation/")
    accept_invitation(reception.shell, secret, PASSWORD, reception.now_ms)
    reception.sign_in("admin-1")
    assert ask("", "user", "invite", "firm-1")["error"]["code"] == "not_allowed"
    assert ask("task-1", "user", "invite", "firm-1")["error"]["code"] == "not_allowed"
    made = ask("admin-1", "user", "invite", "firm-1", "--second-factor")
    assert made["renews"] == "second_factor"
    assert ask("admin-2", "user", "invite", "admin-1")["error"]["code"] == "not_allowed"
    assert ask("admin-1", "user", "invite", "admin-1")["name"] == "admin-1"


def test_a_link_leads_to_where_the_portal_is(
    reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUANQUAN_PUBLIC_URL", "https://portal.example.cn")
    made = reception.office.ask("", "user", "invite", "firm-1")
    assert made["link"].startswith("https://portal.example.cn/invitation/")


def test_administrators_see_who_has_signed_in_and_sign_anybody_out(reception: Reception) -> None:
    ask = reception.office.ask
    reception.accept(reception.invite("firm-1"))
    signed_in = [reception.sign_in("firm-1") for _ in range(2)]
    (first, second) = ask("admin-1", "user", "sessions")["rows"]
    assert first["name"] == second["name"] == "firm-1"
    assert first["signed_in_at"] == first["seen_at"] == "2022-11-01T02:00:00Z"
    assert first["expires_at"] == "2022-11-01T14:00:00Z"
    assert ask("task-1", "user", "sessions")["error"]["code"] == "not_allowed"
    assert ask("task-1", "user", "sign-out", "firm-1")["error"]["code"] == "not_allowed"
    assert ask("", "user", "sign-out", "firm-1")["error"]["code"] == "no_token"
    assert ask("firm-1", "user", "sign-out", "firm-1") == {"name": "firm-1", "ended": 2}
    assert [reception.find(one) for one in signed_in] == [None, None]
    assert ask("admin-1", "user", "sign-out", "firm-1") == {"name": "firm-1", "ended": 0}
    assert ask("auditor-1", "user", "sessions")["rows"] == []


def test_the_first_start_prints_a_link_and_the_next_one_none(
    tmp_path: Path, database_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    shell = Shell(Settings.of_home(tmp_path, database_url), "en", as_json=True)
    shell.create_schema()
    address = "http://127.0.0.1:8000"
    tell_first_link(shell, address)
    said = capfd.readouterr()
    assert said.out == ""
    (_, link) = said.err.splitlines()
    assert link.startswith(f"{address}/invitation/"), "it can be opened as it stands"
    invited = look_at_invitation(shell, link.rpartition("/")[2], now_ms())
    assert invited.person == FIRST_ADMINISTRATOR
    tell_first_link(shell, address)
    assert capfd.readouterr().err == ""


def test_each_of_a_demos_people_comes_in_by_a_click(reception: Reception) -> None:
    open_accounts(reception.shell, reception.now_ms)
    assert {one.name for one in list_people(reception.shell)} == set(reception.office.tokens)
    session = enter(reception.shell, "finance-1", reception.now_ms).session
    assert (session.person, session.state) == ("finance-1", "full")
    with pytest.raises(RuleViolationError) as refused:
        enter(reception.shell, "nobody", reception.now_ms)
    assert refused.value.code == "unknown_account"
    open_accounts(reception.shell, reception.now_ms)
    assert enter(reception.shell, "admin-2", reception.now_ms).session.state == "full"


def test_a_demo_that_was_cut_off_while_its_people_came_goes_on(reception: Reception) -> None:
    for person in ("firm-1", "admin-1"):
        reception.accept(reception.invite(person))
    open_accounts(reception.shell, reception.now_ms)
    for one in list_people(reception.shell):
        assert enter(reception.shell, one.name, reception.now_ms).session.state == "full"
