"""An enterprise's first page, its usage, and the list that leads officials there."""

from datetime import date

import pytest
from sqlalchemy import Engine

from ledger.codec import encode
from ledger.events import VoucherGranted
from ledger.identifiers import synthetic_credit_code
from portal.enterprises.waiting import list_waiting_for
from tests.portal.browsing import Pages, pages
from tests.portal.office import ONE, OTHER
from tests.queries import counted
from tests.small_ledger import CODE, SALT, SOURCE, events
from vouchers.claims.checklist import ITEMS

__all__ = ["pages"]

HOME = f"/enterprise/{CODE}"


def test_the_first_page_shows_the_latest_month_and_what_it_costs(pages: Pages) -> None:
    page = pages.see(HOME)
    assert "华智科技" in page
    assert "2022年8月" in page
    # 50 cards for twenty days, at CNY 12.50 an hour.
    assert "24,000.00" in page
    assert "300,000.00" in page
    assert "600,000.00" in page
    july = pages.see(f"{HOME}?month=2022-07")
    assert july.count("300,000.00") == 2


def test_a_month_without_usage_says_so(pages: Pages) -> None:
    assert "没有可计价的用量" in pages.see(f"{HOME}/usage?month=2022-05")
    assert pages.get(f"{HOME}/usage?month=2022-13").status_code == 400


def test_a_companys_pages_are_not_there_for_another_company(pages: Pages) -> None:
    for path in (HOME, f"{HOME}/usage", f"{HOME}/usage/now"):
        foreign, nowhere = pages.get(path, "stranger-1"), pages.get("/nowhere", "stranger-1")
        assert foreign.status_code == nowhere.status_code == 404
        assert "华智科技" not in foreign.text
    assert pages.get("/enterprises", "firm-1").status_code == 403
    assert pages.get(HOME, "admin-1").status_code == 403


def test_officials_and_auditors_see_any_enterprise_that_the_ledger_knows(pages: Pages) -> None:
    for who in ("task-2", "authority-1", "finance-2", "auditor-1"):
        assert "待企业办理" in pages.see(HOME, who), who
    unknown = synthetic_credit_code("nobody")
    assert pages.get(f"/enterprise/{unknown}", "task-2").status_code == 404


def test_staff_on_an_enterprises_page_are_among_the_enterprises(pages: Pages) -> None:
    for path in ("", "/usage", "/papers"):
        page = pages.see(f"/enterprise/{CODE}{path}", "auditor-1")
        menu = page.partition('<nav class="menu"')[2].partition("</nav>")[0]
        assert 'href="/enterprises" aria-current="page"' in menu, path


def test_a_new_enterprise_sees_what_will_come(pages: Pages) -> None:
    page = pages.see(f"/enterprise/{OTHER}", "stranger-1")
    assert page.count('class="empty"') == 4


def test_use_by_day_has_a_bar_a_day_and_the_same_figures_in_a_table(pages: Pages) -> None:
    page = pages.see(f"{HOME}/usage?month=2022-08")
    assert page.count("<rect") == 31
    assert page.count("1,200.00</td>") == 20
    assert 'hx-trigger="every 30s"' in page
    part = pages.see(f"{HOME}/usage/now?month=2022-08")
    assert "<html" not in part
    assert part in page


def test_usage_that_arrives_is_seen_by_the_page_that_is_open(pages: Pages) -> None:
    before = pages.see(f"{HOME}/usage/now?month=2022-08")
    pages.ledger.append(*events("usage a100 1 2022-08-25T00:00 2022-08-25T01:00"))
    after = pages.see(f"{HOME}/usage/now?month=2022-08")
    assert "300,000.00" in before
    assert "300,012.50" in after


def test_a_voucher_that_lapses_soon_is_told(pages: Pages) -> None:
    granted = VoucherGranted("hubei", 2022, 100_000, "2022-03-01")
    pages.ledger.append(encode(SOURCE, "grant", CODE, granted, SALT))
    assert "失效" not in pages.see(HOME)
    pages.office.today = "2022-12-20"
    page = pages.see(HOME)
    assert "湖北省科技创新券 2022 年度的额度将于2022年12月31日失效" in page
    assert "今天之后还有 8 个工作日" in page
    assert "尚余 1,000.00 元未使用" in page


@pytest.mark.parametrize(
    ("today", "note", "left"),
    [
        *(("2022-12-15", "", 11), ("2022-12-16", "warn", 10), ("2022-12-27", "warn", 3)),
        *(("2022-12-28", "bad", 2), ("2022-12-30", "bad", 0), ("2023-01-01", "", 0)),
    ],
)
def test_a_voucher_is_told_of_ten_and_two_working_days_before(
    pages: Pages, today: str, note: str, left: int
) -> None:
    granted = VoucherGranted("hubei", 2022, 100_000, "2022-03-01")
    pages.ledger.append(encode(SOURCE, "grant", CODE, granted, SALT))
    pages.office.today = today
    page = pages.see(HOME)
    assert ("失效" in page) == bool(note)
    if note:
        words = f"还有 {left} 个工作日" if left else "今天是最后一个工作日"
        assert f'<div class="note {note}">\n<h3>湖北省科技创新券 2022 年度的额度' in page
        assert words in page


@pytest.mark.parametrize(
    ("today", "note"),
    [("2023-03-16", ""), ("2023-03-17", "warn"), ("2023-03-29", "bad"), ("2023-04-01", "")],
)
def test_a_window_is_told_of_ten_and_two_working_days_before_it_closes(
    pages: Pages, today: str, note: str
) -> None:
    pages.office.today = today
    page = pages.see(HOME)
    assert ("年度的申请窗口将于2023年3月31日截止" in page) == bool(note)
    if note:
        assert f'<div class="note {note}">' in page
        assert "还有 2 张发票没有申请过" in page


def test_a_claim_that_was_sent_back_says_why_until_it_is_mended(pages: Pages) -> None:
    office = pages.office
    claim = office.submit()["id"]
    assert "待您办理" in pages.see(HOME)
    assert "已退回" not in pages.see(HOME)
    item, name = next(iter(ITEMS.items()))
    remarks = [{"item": item, "reason": "缺<盖章>页"}]
    assert "error" not in office.act("task-1", claim, "return", items=remarks)
    page = pages.see(HOME)
    assert f"{name.zh}：缺&lt;盖章&gt;页" in page
    assert f"/claims/{claim}" in page
    assert "申请已退回，请补正" in page
    office.submit(claim=claim)
    assert "申请已退回，请补正" not in pages.see(HOME)


def test_programs_are_told_of_what_waits_as_the_page_is(pages: Pages) -> None:
    office = pages.office
    claim = office.submit(invoices=[ONE])["id"]
    remark = {"item": "documents", "reason": "缺回单"}
    office.act("task-1", claim, "return", items=[remark])
    office.today = "2023-03-29"
    shell = pages.lobby.shell.for_person("firm-1", "zh")
    found = list_waiting_for(shell, CODE, date(2023, 3, 29))
    (back,) = found["returned"]
    assert (back["id"], back["since"]) == (claim, "2022-11-01")
    assert back["reasons"] == [{**remark, "name": ITEMS["documents"].zh}]
    (near,) = [one for one in found["reminders"] if one["programme"] == "wuhan"]
    assert (near["what"], near["last_on"], near["is_last"]) == ("window", "2023-03-31", True)
    assert (near["working_days"], len(near["invoices"])) == (2, 2)
    assert list_waiting_for(shell, OTHER, date(2023, 3, 29))["returned"] == []


def test_enterprises_are_found_by_name_and_by_code(pages: Pages) -> None:
    for words in ("华智", CODE[-6:], CODE[-6:].lower()):
        page = pages.see(f"/enterprises?find={words}", "auditor-1")
        assert "华智科技" in page
        assert "武汉市" in page
    assert "没有名称或代码含" in pages.see("/enterprises?find=<b>", "task-2")
    assert "&lt;b&gt;" in pages.see("/enterprises?find=<b>", "task-2")


def test_the_list_goes_on_where_it_ended_and_names_each_once(pages: Pages) -> None:
    codes = sorted(synthetic_credit_code(f"firm {i}") for i in range(120))
    for i, code in enumerate(codes):
        pages.ledger.append(*events(f"enterprise 420100 企业{i:03}", code))
    path, seen = "/enterprises?find=企业", list[str]()
    for _ in range(3):
        page = pages.see(path, "task-2")
        seen += [code for code in codes if f"/enterprise/{code}" in page]
        _, _, rest = page.partition('rel="next" href="')
        path = rest.partition('"')[0].replace("&amp;", "&")
    assert seen == codes
    assert path == ""


def test_a_page_asks_no_more_questions_of_many_rows_than_of_one(pages: Pages) -> None:
    paths = {HOME: "firm-1", f"{HOME}/usage": "firm-1", "/enterprises": "task-2"}

    def count() -> dict[str, int]:
        found = {}
        for path, who in paths.items():
            pages.see(path, who)
            with counted(Engine) as sent:
                pages.see(path, who)
            found[path] = len(sent)
        return found

    few = count()
    for i in range(40):
        number = 100 + i
        pages.ledger.append(
            *events(f"""
            contract M-{number} 2022-03-01 2022-12-31 0.06 a100=12.50/card_hour
            invoice {number} M-{number} 2022-08-05 300000 16981.13 2022-07-01 2022-07-31
            payment {number} 2022-08-10 300000
            """)
        )
        pages.ledger.append(*events(f"enterprise 420100 企业{i}", synthetic_credit_code(f"{i}")))
    assert count() == few
    assert max(few.values()) < 25
