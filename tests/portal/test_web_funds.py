"""Funds as pages: what each stands at, what moved, acts on a budget, and the books as files."""

import pytest

from tests.portal.lobby import Lobby, count_queries, lobby, office

__all__ = ["lobby", "office"]

QUERIES_MAX = 20
"""Session, rules and heads are most of them; none is asked for each fund or movement."""


def test_funds_are_shown_by_year_with_what_is_left(lobby: Lobby) -> None:
    lobby.office.submit()
    shown = lobby.browser("auditor-1").open("/funds").text
    assert "2022年度" in shown
    assert "湖北省科技创新券" in shown
    assert "500,000.00" in shown
    assert 'class="encumbered"' in shown
    assert "suanquan" not in shown.partition("<main")[2].partition("</main>")[0]


def test_a_fund_s_page_has_every_movement_and_what_it_left(lobby: Lobby) -> None:
    claim = lobby.office.submit()["id"]
    shown = lobby.browser("finance-1").open("/funds/hubei/2022").text
    assert claim in shown
    assert shown.count("<tr>") == 3  # the head, the budget, the claim
    left = lobby.office.ask("", "fund", "list")["rows"][0]["available_fen"]
    assert f"{left / 100:,.2f}" in shown


def test_an_official_of_one_programme_reads_no_other_fund_s_movements(lobby: Lobby) -> None:
    budget = ("--year", 2022, "--amount", 777, "--on", "2022-01-05", "--document", "7")
    assert "error" not in lobby.office.ask("finance-2", "fund", "appropriate", "wuhan", *budget)
    mine = lobby.browser("task-1")
    assert mine.open("/funds/wuhan/2022").status_code == 404
    assert mine.open("/funds/none/2022").status_code == 404
    assert mine.open("/funds/hubei/2022").status_code == 200
    assert "Wuhan" not in mine.open("/funds/books/beancount").text
    assert "Wuhan" in lobby.browser("task-2").open("/funds/books/beancount").text


@pytest.mark.parametrize("who", ["firm-1", "admin-2"])
def test_neither_enterprises_nor_administrators_see_funds(lobby: Lobby, who: str) -> None:
    for path in ("/funds", "/funds/hubei/2022", "/funds/books/hledger", "/funds/act/close"):
        assert lobby.browser(who).open(path).status_code == 403


def test_finance_gives_moves_and_closes_by_forms(lobby: Lobby) -> None:
    browser = lobby.browser("finance-2", "en")
    given = {"year": "2022", "effective_on": "2022-02-01"}
    for what, more in (
        ("appropriate", {"fund": "wuhan", "amount": "1,000.50", "document": "8"}),
        ("transfer", {"fund": "wuhan", "to_fund": "hubei", "amount": "0.50", "document": "9"}),
        ("close", {"fund": "wuhan", "document": "10", "effective_on": "2022-10-31"}),
    ):
        browser.open(f"/funds/act/{what}")
        answer = browser.send(f"/funds/act/{what}", **{**given, **more})
        assert (answer.url.path, answer.status_code) == ("/funds", 200), answer.text
        assert "Done" in answer.text
    rows = {one["fund"]: one for one in lobby.office.ask("", "fund", "list")["rows"]}
    assert (rows["wuhan"]["closed"], rows["wuhan"]["appropriated_fen"]) == (True, 0)
    assert rows["hubei"]["available_fen"] == 50_000_050


def test_what_the_desk_refuses_is_shown_beside_what_was_typed(lobby: Lobby) -> None:
    browser = lobby.browser("finance-1")
    browser.open("/funds/act/appropriate")
    for typed, field in (
        ({"amount": "12.345"}, "amount"),
        ({"year": "MMXXII"}, "year"),
        ({"effective_on": "2022-02-30"}, "effective_on"),
        ({"document": " "}, "document"),
    ):
        asked = {"fund": "hubei", "year": "2022", "amount": "5", "effective_on": "2022-02-01"}
        answer = browser.send("/funds/act/appropriate", **{**asked, "document": "8", **typed})
        assert answer.status_code == 400, typed
        assert f'id="{field}-wrong"' in answer.text
        assert 'value="2022-02-' in answer.text
    asked = {"fund": "wuhan", "year": "2022", "amount": "5", "effective_on": "2022-02-01"}
    foreign = browser.send("/funds/act/appropriate", **asked, document="8")
    assert foreign.status_code == 403
    assert len(lobby.office.ask("", "fund", "list")["rows"]) == 1


def test_a_fund_s_statement_is_the_file_that_was_issued(lobby: Lobby) -> None:
    made = lobby.office.ask("", "statement", "make", "--kind", "fund", "--month", "2022-10")
    number, path = made["rows"][0]["id"], made["rows"][0]["path"]
    browser = lobby.browser("auditor-1")
    assert number in browser.open("/funds/hubei/2022").text
    file = browser.open(f"/funds/hubei/2022/statement/{number}")
    with open(path, "rb") as issued:  # noqa: PTH123 - a path that the command printed
        assert file.content == issued.read()
    assert file.headers["content-type"] == "application/pdf"
    assert browser.open("/funds/hubei/2022/statement/none").status_code == 404


def test_pages_of_funds_cost_the_same_however_much_moved(lobby: Lobby) -> None:
    browser = lobby.browser("finance-2")
    few = [count_queries(browser, path) for path in ("/funds", "/funds/hubei/2022")]
    for number in range(6):
        budget = ("--year", 2022 + number, "--amount", 777, "--on", "2022-01-05")
        lobby.office.ask("finance-2", "fund", "appropriate", "hubei", *budget, "--document", "7")
    many = [count_queries(browser, path) for path in ("/funds", "/funds/hubei/2022")]
    assert many == few
    assert max(many) <= QUERIES_MAX
