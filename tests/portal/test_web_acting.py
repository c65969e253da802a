"""Whoever acts for several enterprises sees for which one he acts, and changes between them."""

import re
from typing import Final

import pytest

from tests.portal.lobby import Lobby, lobby, office, on_sqlite
from tests.portal.office import ONE, OTHER
from tests.small_ledger import CODE

__all__ = ["lobby", "office"]

BOTH: Final = "agent-1"
BAR: Final = re.compile(r'<p class="acting">(.*?)</p>', re.DOTALL)


@pytest.fixture
def agent(lobby: Lobby) -> str:
    """Return somebody who acts for two enterprises, one of which has no name on record."""
    lobby.office.open(BOTH, "enterprise", CODE, ["admin-1"])
    said = {"name": BOTH, "role": "enterprise", "enterprise": OTHER}
    assert lobby.send("admin-1", "/people/grant", said, "/people").status_code == 303
    return BOTH


def acting_for(page: str) -> str:
    """Return for whom a page says that its visitor acts."""
    found = BAR.search(page)
    return re.sub(r"<[^>]*>", "", found[1]) if found else ""


def menu(page: str) -> list[str]:
    """Return where the main menu leads."""
    return re.findall(
        r'href="([^"]*)"', page.partition('<nav class="menu"')[2].partition("</nav>")[0]
    )


@on_sqlite
def test_the_way_in_is_a_choice_between_his_enterprises(lobby: Lobby, agent: str) -> None:
    answer = lobby.ask(agent, "GET", "/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/acting")
    page = lobby.see(agent, "/acting")
    assert re.findall(r'href="/enterprise/(\w+)"', page) == sorted((CODE, OTHER))
    assert "华智科技" in page
    assert (acting_for(page), menu(page)) == ("", ["/acting"])
    assert menu(lobby.see(agent, "/account")) == ["/acting"]


@on_sqlite
def test_each_page_says_for_whom_he_acts_and_leads_on_for_that_one(
    lobby: Lobby, agent: str
) -> None:
    for code, other in ((CODE, OTHER), (OTHER, CODE)):
        for path in ("", "/usage", "/papers", "/papers/new/invoice", "/claims", "/statements"):
            page = lobby.see(agent, f"/enterprise/{code}{path}")
            assert code in acting_for(page), path
            assert other not in page, path
            assert all(one.startswith(f"/enterprise/{code}") for one in menu(page)), path
            assert 'class="menu tabs"' not in page
    assert "华智科技" in acting_for(lobby.see(agent, f"/enterprise/{CODE}"))


@on_sqlite
def test_a_claim_is_of_the_enterprise_that_it_is_of(lobby: Lobby, agent: str) -> None:
    claim = lobby.office.submit(who=agent, invoices=[ONE])["id"]
    for path in ("", "/withdraw", "/review"):
        page = lobby.see(agent, f"/claims/{claim}{path}")
        assert CODE in acting_for(page), path
        assert OTHER not in page, path
        assert f"/enterprise/{CODE}/usage" in menu(page), path


@on_sqlite
def test_what_is_sent_for_one_enterprise_is_of_that_one(lobby: Lobby, agent: str) -> None:
    """The form of one is sent after the page of the other was opened in another window."""
    path = f"/enterprise/{OTHER}/papers/own/contact"
    lobby.see(agent, f"/enterprise/{CODE}")
    assert (
        lobby.send(agent, path, {"name": "王小明"}, seen=f"/enterprise/{CODE}").status_code == 303
    )
    held = {code: lobby.office.ask("task-2", "enterprise", "show", code) for code in (CODE, OTHER)}
    assert [one["kind"] for one in held[OTHER]["rows"]] == ["contact"]
    assert "contact" not in [one["kind"] for one in held[CODE]["rows"]]


@on_sqlite
def test_who_acts_for_one_or_for_none_sees_no_choice(lobby: Lobby, agent: str) -> None:
    del agent
    page = lobby.see("firm-1", f"/enterprise/{CODE}")
    assert (acting_for(page), "/acting" in page) == ("", False)
    assert lobby.ask("firm-1", "GET", "/").headers["location"] == f"/enterprise/{CODE}"
    assert OTHER not in lobby.see("firm-1", "/acting")
    assert acting_for(lobby.see("task-1", f"/enterprise/{CODE}")) == ""
    assert lobby.ask("task-1", "GET", "/acting").status_code == 403


@on_sqlite
def test_an_enterprise_that_is_taken_away_is_gone_from_the_choice(lobby: Lobby, agent: str) -> None:
    said = {"name": agent, "role": "enterprise", "enterprise": OTHER}
    assert lobby.send("admin-1", "/people/revoke", said, "/people").status_code == 303
    assert OTHER not in lobby.see(agent, "/acting")
    lobby.see(agent, f"/enterprise/{OTHER}", 404)
    assert lobby.ask(agent, "GET", "/").headers["location"] == f"/enterprise/{CODE}"
