"""Public notices as pages: given after a look, shown as they stood, cleared after their days."""

import re

import pytest

from portal.web.routes import desk_notices
from tests.portal.lobby import Lobby, count_queries, lobby, office, on_sqlite
from tests.portal.office import ONE, TWO
from tests.portal.stages import BASIS, approve, states
from tests.small_ledger import events

__all__ = ["lobby", "office"]

DRAW = "/desk/notices/draw/hubei"
NOTICE = "/desk/notices/hubei-20221102"
QUERIES_MAX = 30


def test_a_notice_is_looked_at_given_and_cleared(lobby: Lobby) -> None:
    one, two = approve(lobby.office, ONE, TWO)
    browser = lobby.browser("authority-1", "en")
    assert "180,000.00" in browser.open("/desk/notices").text
    assert browser.open(DRAW).text.count('type="checkbox"') == 2
    looked = browser.send(DRAW, claims=[one], basis=BASIS, step="look").text
    assert "as the public will read it" in looked
    assert "8 November 2022" in looked
    assert states(lobby.office, one, two) == ["approved", "approved"], "a look gives no notice"
    given = browser.send(DRAW, claims=[one, two], basis=BASIS, step="give")
    assert given.url.path == NOTICE
    assert given.text.count("Under public notice") == 2
    assert "can be cleared once" in given.text
    lobby.office.today = "2022-11-09"
    browser = lobby.browser("authority-2", "en")
    assert "to be cleared" in browser.open("/desk/notices").text
    browser.open(NOTICE)
    done = browser.send(f"{NOTICE}/clear").text
    assert "Claims cleared: 2" in done
    assert states(lobby.office, one, two) == ["cleared", "cleared"]
    assert "nothing to clear" in browser.send("/desk/notices/clear").text


def test_the_list_is_the_same_as_a_page_a_table_and_a_paper(lobby: Lobby) -> None:
    approve(lobby.office, ONE)
    lobby.office.ask("authority-1", "notice", "draw", "hubei", "--basis", BASIS)
    browser = lobby.browser("finance-1")
    assert "华智科技" in browser.open(NOTICE).text
    assert "华智科技" in browser.open(f"{NOTICE}/list/csv").text
    assert browser.open(f"{NOTICE}/list/xlsx").content.startswith(b"PK")
    browser.open(NOTICE)
    first, again = (browser.client.post(f"{NOTICE}/statement", data=token(lobby)) for _ in "12")
    assert first.headers["content-type"] == "application/pdf", first.text
    assert first.content == again.content


def token(lobby: Lobby) -> dict[str, str]:
    """Return the field by which a form of the finance's browser is known."""
    return {"_csrf_token": lobby.browser("finance-1").token()}


def test_whoever_reviewed_is_told_why_he_is_left_out(lobby: Lobby) -> None:
    claim = lobby.office.submit()["id"]
    for administrator in ("admin-1", "admin-2"):
        added = ("user", "add", "task-1", "--role", "authority", "--programme", "hubei")
        lobby.office.ask(administrator, *added)
    lobby.office.check("task-1", claim)
    lobby.office.act("authority-1", claim, "approve")
    shown = lobby.browser("task-1", "en").open(DRAW).text
    assert "left out" in shown
    assert claim in shown
    assert "checkbox" not in shown


@on_sqlite
def test_what_a_notice_lacks_is_told_beside_what_was_typed(lobby: Lobby) -> None:
    (claim,) = approve(lobby.office, ONE)
    lobby.office.today = "2022-11-03"
    browser = lobby.browser("authority-1")
    browser.open(DRAW)
    for typed, field in (
        ({"basis": " "}, "basis"),
        ({"first_day": "2022-02-30"}, "first_day"),
    ):
        answer = browser.send(DRAW, **{"basis": BASIS, "claims": claim, "step": "give", **typed})
        assert answer.status_code in (400, 409), (typed, answer.text)
        assert f'id="{field}-wrong"' in answer.text
        assert f'value="{claim}"' in answer.text
    past = browser.send(DRAW, basis=BASIS, claims=claim, step="give", first_day="2022-11-02")
    assert past.status_code == 403
    assert "2022-11-02" in past.text
    assert "--" not in past.text.partition("wrongs")[2].partition("</div>")[0]
    assert states(lobby.office, claim) == ["approved"]


@on_sqlite
def test_notices_are_for_the_officials_of_their_programme(lobby: Lobby) -> None:
    approve(lobby.office, ONE)
    lobby.office.ask("authority-1", "notice", "draw", "hubei", "--basis", BASIS)
    lobby.office.open("authority-3", "authority", "wuhan", by=["admin-1", "admin-2"])
    stranger = lobby.browser("authority-3")
    assert "hubei-20221102" not in stranger.open("/desk/notices").text
    for path in (NOTICE, DRAW, f"{NOTICE}/list/csv", "/desk/notices/none"):
        assert stranger.open(path).status_code == 404, path
    assert lobby.browser("task-1").open(DRAW).status_code == 403
    assert lobby.browser("task-1").open(NOTICE).status_code == 200
    stranger.open("/desk/notices")
    assert stranger.send(f"{NOTICE}/clear").status_code == 403


@on_sqlite
def test_more_claims_than_a_page_has_are_on_the_next_one(
    lobby: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_notices, "CHOICE_MAX", 1)
    claims = approve(lobby.office, ONE, TWO)
    browser = lobby.browser("authority-1", "en")
    first = browser.open(DRAW).text
    assert "2 claims wait" in first
    following = re.search(r'rel="next" href="[^"]+after=([^"]+)"', first)
    assert following
    second = browser.open(DRAW, after=following[1]).text
    assert 'rel="next"' not in second
    shown = [re.findall(r'name="claims" value="([^"]+)"', one) for one in (first, second)]
    assert sorted(shown[0] + shown[1]) == sorted(claims)
    after = re.search(r'name="after" value="([^"]+)"', second)
    assert after
    looked = browser.send(DRAW, claims=shown[1], after=after[1], basis=BASIS, step="look").text
    assert f'value="{shown[1][0]}" aria-label' in looked
    assert f'value="{shown[0][0]}"' not in looked
    assert browser.send(DRAW, basis=BASIS, step="look").status_code == 400


@on_sqlite
def test_every_claim_that_is_worth_less_now_is_named_at_once(lobby: Lobby) -> None:
    one, two = approve(lobby.office, ONE, TWO)
    red = "red {} {} 2022-10-20 300000 16981.13"
    lobby.office.ledger.append(*events(red.format(9, 1)))
    lobby.office.ledger.append(*events(red.format(8, 2)))
    browser = lobby.browser("authority-1")
    assert browser.open(DRAW).text.count('type="checkbox"') == 2
    wrong = browser.send(DRAW, claims=[one, two], basis=BASIS, step="look")
    assert wrong.status_code == 403
    told = wrong.text.partition("wrongs")[2].partition("</div>")[0]
    assert one in told
    assert two in told


@on_sqlite
def test_pages_of_notices_cost_the_same_for_many_claims(lobby: Lobby) -> None:
    lobby.office.more_invoices(2)
    lines = [lobby.office.invoices[:1], lobby.office.invoices[2:]]
    counts = []
    for some in lines:
        approve(lobby.office, *some)
        draft = count_queries(lobby.browser("authority-1"), DRAW)
        drawn = lobby.office.ask("authority-1", "notice", "draw", "hubei", "--basis", BASIS)
        paths = "/desk/notices", f"/desk/notices/{drawn['notice']}"
        counts.append([draft, *(count_queries(lobby.browser("task-1"), one) for one in paths)])
    assert counts[0] == counts[1]
    assert max(counts[0]) <= QUERIES_MAX
