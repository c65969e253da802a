"""Payments as pages: who is ordered, the bank's file, its answer row by row, and who may what."""

from tests.portal.lobby import Lobby, count_queries, lobby, office, on_sqlite
from tests.portal.office import ONE, TWO
from tests.portal.stages import approve, clear, states

__all__ = ["lobby", "office"]

BATCH = "hubei-2022-B1"
HEAD = "指令编号,处理结果,银行流水号,金额,失败原因"
NUMBER = "12345678"
QUERIES_MAX = 24


def answer(*rows: str) -> dict[str, tuple[str, str]]:
    """Return a bank's answer as a form sends it."""
    return {"file": ("answer.csv", "\n".join([HEAD, *rows]))}


def send_answer(lobby: Lobby, *rows: str, partial: str = "") -> str:
    """Return the page that follows a bank's answer."""
    browser = lobby.browser("finance-1", "en")
    browser.open("/desk/payments/answer")
    form = {"partial": partial} if partial else {}
    return browser.send("/desk/payments/answer", files=answer(*rows), **form).text


def test_cleared_claims_are_ordered_handed_to_the_bank_and_paid(lobby: Lobby) -> None:
    one, two = clear(lobby.office, ONE, TWO)
    browser = lobby.browser("finance-1", "en")
    assert "180,000.00" in browser.open("/desk/payments").text
    shown = browser.open("/desk/payments/order/hubei").text
    assert shown.count('type="checkbox"') == 2
    assert states(lobby.office, one, two) == ["cleared", "cleared"], "a look orders nothing"
    done = browser.send("/desk/payments/order/hubei", claims=[one, two])
    assert done.url.path == f"/desk/payments/batch/{BATCH}"
    assert NUMBER not in done.text
    for kind in ("csv", "xlsx"):
        file = browser.open(f"/desk/payments/batch/{BATCH}/file/{kind}")
        assert "attachment" in file.headers["content-disposition"]
        assert file.headers["cache-control"] == "no-store"
    assert NUMBER in browser.open(f"/desk/payments/batch/{BATCH}/file/csv").text
    rows = f"{BATCH}-0001,成功,R-1,90000,", f"{BATCH}-0002,失败,,90000,账号有误"
    assert "Recorded." in send_answer(lobby, *rows)
    assert "nothing was changed" in send_answer(lobby, *rows)
    assert sorted(states(lobby.office, one, two)) == ["failed", "paid"]
    again = browser.open("/desk/payments/order/hubei").text
    assert again.count('type="checkbox"') == 1


def test_an_answer_with_a_wrong_row_is_shown_row_by_row_and_not_recorded(lobby: Lobby) -> None:
    one, two = clear(lobby.office, ONE, TWO)
    lobby.office.ask("finance-1", "payment", "order", "hubei")
    rows = f"{BATCH}-0001,成功,R-1,90000,", f"{BATCH}-0002,成功,R-2,90001,"
    shown = send_answer(lobby, *rows)
    assert "nothing was recorded" in shown
    assert shown.count('class="tag good"') == shown.count('class="tag bad"') == 1
    assert states(lobby.office, one, two) == ["ordered", "ordered"]
    assert "Recorded." in send_answer(lobby, *rows, partial="yes")
    assert sorted(states(lobby.office, one, two)) == ["ordered", "paid"]
    assert "not a number" not in send_answer(lobby, "x")


def test_whoever_approved_is_told_why_he_does_not_order(lobby: Lobby) -> None:
    (claim,) = clear(lobby.office, ONE)
    for administrator in ("admin-1", "admin-2"):
        added = ("user", "add", "authority-1", "--role", "finance", "--programme", "hubei")
        lobby.office.ask(administrator, *added)
    browser = lobby.browser("authority-1", "en")
    shown = browser.open("/desk/payments/order/hubei").text
    assert "left out" in shown
    assert claim in shown
    assert "checkbox" not in shown
    answer = browser.send("/desk/payments/order/hubei", claims=claim)
    assert answer.status_code == 403
    assert states(lobby.office, claim) == ["cleared"]


@on_sqlite
def test_account_numbers_are_for_finance_of_the_programme_alone(lobby: Lobby) -> None:
    clear(lobby.office, ONE)
    lobby.office.ask("finance-1", "payment", "order", "hubei")
    file = f"/desk/payments/batch/{BATCH}/file/csv"
    for who in ("task-1", "authority-1", "auditor-1", "firm-1", "admin-1"):
        assert lobby.browser(who).open(file).status_code == 403, who
    lobby.office.open("finance-3", "finance", "wuhan", by=["admin-1", "admin-2"])
    stranger = lobby.browser("finance-3")
    assert stranger.open(file).status_code == 404
    assert stranger.open(f"/desk/payments/batch/{BATCH}").status_code == 404
    assert stranger.open("/desk/payments/order/hubei").status_code == 404
    assert BATCH not in stranger.open("/desk/payments").text


@on_sqlite
def test_what_cannot_be_ordered_is_told_beside_what_was_ticked(lobby: Lobby) -> None:
    (claim,) = clear(lobby.office, ONE)
    browser = lobby.browser("finance-1")
    browser.open("/desk/payments/order/hubei")
    assert browser.send("/desk/payments/order/hubei").status_code == 400
    assert browser.send("/desk/payments/order/hubei", claims="SQ-NONE").status_code == 400
    named = browser.send("/desk/payments/order/hubei", claims=claim, batch="a b")
    assert named.status_code == 400
    assert 'value="a b"' in named.text
    assert states(lobby.office, claim) == ["cleared"]
    empty = browser.send("/desk/payments/answer", files=answer())
    assert empty.status_code == 400


@on_sqlite
def test_pages_of_payments_cost_the_same_for_many_claims(lobby: Lobby) -> None:
    office = lobby.office
    paths = "/desk/payments", f"/desk/payments/batch/{BATCH}"
    clear(office, ONE)
    office.ask("finance-1", "payment", "order", "hubei")
    few = [count_queries(lobby.browser("finance-1"), path) for path in paths]
    office.today = "2022-11-01"
    office.more_invoices(1)
    approve(office, TWO, office.invoices[-1])
    office.ask("authority-1", "notice", "draw", "hubei", "--basis", "2")
    office.today = "2022-11-09"
    office.ask("authority-1", "notice", "clear")
    office.ask("finance-1", "payment", "order", "hubei")
    assert [count_queries(lobby.browser("finance-1"), path) for path in paths] == few
    assert max(few) <= QUERIES_MAX
