"""Reports as pages: a month at a glance, claims added up, a month reconciled, the schedule."""

from tests.portal.lobby import Lobby, count_queries, lobby, office, on_sqlite
from tests.portal.office import TWO

__all__ = ["lobby", "office"]

PAGES = "/reports?month=2022-07", "/reports/claims", "/reports/reconciliation/2022-07"
QUERIES_MAX = 24


def test_a_month_is_shown_and_handed_out_with_a_chart(lobby: Lobby) -> None:
    browser = lobby.browser("auditor-1", "en")
    shown = browser.open("/reports", month="2022-07", cards="100").text
    assert "24,000.00" in shown  # fifty cards for twenty days
    assert 'class="chart"' in shown
    assert "32.3%" in shown
    assert "华智科技" in shown
    assert browser.open("/reports/month/2022-07/workbook").content.startswith(b"PK")
    assert browser.open("/reports", month="July").status_code == 400
    assert browser.open("/reports", month="2022-07", cards="many").status_code == 400
    assert browser.open("/reports/month/July/workbook").status_code == 400


def test_a_month_is_reconciled_with_every_difference_explained(lobby: Lobby) -> None:
    browser = lobby.browser("task-1", "en")
    shown = browser.open("/reports/reconciliation/2022-07").text
    assert "300,000.00" in shown
    assert browser.open("/reports/reconciliation/2022-07/workbook").content.startswith(b"PK")
    assert "Nothing was used" in browser.open("/reports/reconciliation/2020-01").text


@on_sqlite
def test_claims_are_added_up_of_those_that_one_may_see(lobby: Lobby) -> None:
    lobby.office.submit()
    lobby.office.submit(invoices=[TWO])
    shown = lobby.browser("task-1", "en").open("/reports/claims").text
    assert "November 2022" in shown
    assert "180,000.00" in shown
    lobby.office.open("task-3", "task_force", "wuhan", by=["admin-1"])
    assert "no claims" in lobby.browser("task-3", "en").open("/reports/claims").text


@on_sqlite
def test_the_schedule_is_for_the_task_force_and_auditors(lobby: Lobby) -> None:
    for who, status in (("task-1", 200), ("auditor-1", 200), ("finance-1", 403), ("firm-1", 403)):
        answer = lobby.browser(who).open("/reports/schedule")
        assert answer.status_code == status, who
    assert "2022年7月" in lobby.browser("task-1").open("/reports/schedule").text
    for path in PAGES:
        assert lobby.browser("admin-1").open(path).status_code == 403


@on_sqlite
def test_reports_cost_the_same_for_more_claims_and_invoices(lobby: Lobby) -> None:
    browser = lobby.browser("auditor-1")
    few = [count_queries(browser, path) for path in PAGES]
    lobby.office.submit()
    lobby.office.more_invoices(2)
    assert [count_queries(browser, path) for path in PAGES] == few
    assert max(few) <= QUERIES_MAX
