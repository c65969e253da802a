"""Accounts as pages: two administrators for what moves money, links shown once, no money at all."""

import re

from tests.portal.lobby import Lobby, count_queries, lobby, office, on_sqlite
from tests.portal.office import OTHER

__all__ = ["lobby", "office"]

QUERIES_MAX = 24


def roles(lobby: Lobby, name: str) -> list[tuple[str, str | None]]:
    """Return the roles that somebody holds."""
    rows = lobby.office.ask("", "user", "list")["rows"]
    return [
        (one["role"], one["scope"]) for row in rows if row["name"] == name for one in row["roles"]
    ]


def test_what_moves_money_takes_two_administrators(lobby: Lobby) -> None:
    first, second = lobby.browser("admin-1", "en"), lobby.browser("admin-2", "en")
    first.open("/people")
    asked = {"name": "gh-0500", "role": "finance", "programme": "hubei"}
    assert "another administrator has to consent" in first.send("/people/grant", **asked).text
    assert roles(lobby, "gh-0500") == []
    assert "somebody else consents" in first.open("/people").text
    assert first.send("/people/grant", **asked).status_code == 403
    assert "Consent" in second.open("/people").text
    assert second.send("/people/grant", **asked).url.path == "/people"
    assert roles(lobby, "gh-0500") == [("finance", "hubei")]


def test_a_link_is_shown_once_and_opens_the_account(lobby: Lobby) -> None:
    browser = lobby.browser("admin-1", "en")
    browser.open("/people")
    browser.send("/people/grant", name="gh-0600", role="enterprise", enterprise=OTHER)
    assert roles(lobby, "gh-0600") == [("enterprise", OTHER)]
    browser.open("/people/gh-0600")
    shown = browser.send("/people/link", name="gh-0600", renews="password").text
    found = re.search(r"/invitation/[\w-]+", shown)
    assert found is not None, shown
    assert found[0] not in browser.open("/people").text
    assert lobby.browser("").open(found[0]).status_code == 200
    browser.open("/people/admin-1")
    assert browser.send("/people/link", name="admin-1").status_code == 403


def test_a_role_is_taken_away_at_once(lobby: Lobby) -> None:
    theirs = lobby.browser("task-2", "en")
    assert theirs.open("/funds").status_code == 200
    browser = lobby.browser("admin-1", "en")
    browser.open("/people/task-2")
    assert browser.send("/people/revoke", name="task-2", role="task_force").url.path == "/people"
    assert theirs.open("/funds").url.path == "/sign-in"
    assert browser.send("/people/revoke", name="task-2", role="task_force").status_code == 403


@on_sqlite
def test_what_is_typed_wrong_is_told_beside_its_field(lobby: Lobby) -> None:
    browser = lobby.browser("admin-1")
    browser.open("/people")
    for typed, field in (
        ({"name": "a b"}, "name"),
        ({"role": ""}, "role"),
        ({"programme": "none"}, "programme"),
        ({"role": "enterprise", "enterprise": "123"}, "enterprise"),
    ):
        answer = browser.send("/people/grant", **{"name": "gh-1", "role": "task_force", **typed})
        assert answer.status_code == 400, (typed, answer.status_code)
        assert f'id="{field}-wrong"' in answer.text, typed
    assert browser.open("/people/nobody").status_code == 404


@on_sqlite
def test_an_administrator_sees_no_page_about_money(lobby: Lobby) -> None:
    browser = lobby.browser("admin-1")
    shown = browser.open("/people").text
    for path in ("/funds", "/desk/payments", "/desk/notices", "/claims", "/reports", "/what-if"):
        assert f'href="{path}"' not in shown
        assert browser.open(path).status_code in (403, 404)
    for who in ("task-2", "finance-2", "auditor-1", "firm-1"):
        assert lobby.browser(who).open("/people").status_code == 403


@on_sqlite
def test_the_page_of_accounts_costs_the_same_for_more_of_them(lobby: Lobby) -> None:
    few = count_queries(lobby.browser("admin-1"), "/people")
    for number in range(3):
        lobby.office.ask("admin-1", "user", "add", f"gh-{number}", "--role", "task_force")
    assert count_queries(lobby.browser("admin-1"), "/people") == few <= QUERIES_MAX
