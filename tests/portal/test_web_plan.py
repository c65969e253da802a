"""What an enterprise could get back, beside what the command says of the same."""

import pytest
from sqlalchemy import Engine

from ledger.money import render_yuan
from ledger.text import Text
from portal.web.figures import days_in
from portal.web.plan_view import REASONS_SHOWN, group_reasons
from tests.portal.browsing import Pages, pages
from tests.queries import counted
from tests.small_ledger import CODE, events
from vouchers.decision import Reason, missing_fact, tell_reason

__all__ = ["pages"]

PLAN = f"/enterprise/{CODE}/plan"


def test_the_page_says_what_the_command_says(pages: Pages) -> None:
    page = pages.see(f"{PLAN}?on=2022-11-01")
    said = pages.office.ask("task-2", "programme", "decide", CODE, "--on", "2022-11-01")
    best = said["plans"][0]
    assert best["total_fen"] > 0
    assert render_yuan(best["total_fen"]) in page
    for one in said["decisions"]:
        for help_ in one["improvements"]:
            assert days_in(help_["message"], "zh") in page
    assert page.count("<tr>") == 1 + len(said["plans"])
    for one in said["plans"]:
        if one["reason"]:
            assert days_in(one["reason"], "zh").partition("（")[0] in page


def test_each_step_has_its_clause_and_grade(pages: Pages) -> None:
    page = pages.see(f"{PLAN}/hubei?on=2022-11-01")
    said = pages.office.ask("task-2", "programme", "decide", CODE, "--on", "2022-11-01")
    steps = said["decisions"][0]["steps"]
    assert page.count("<details>") == len(steps) > 5
    for step in steps:
        assert days_in(step["clause"], "zh") in page
    assert "官方原文" in page or "转载的官方文本" in page


def test_the_day_is_the_last_of_the_newest_invoices_year_where_none_is_named(pages: Pages) -> None:
    assert 'value="2022-12-31"' in pages.see(PLAN)
    assert 'value="2022-11-01"' in pages.see(f"{PLAN}?on=2022-11-01")


@pytest.mark.parametrize("day", ["2022-02-30", "9999-12-31", "0001-01-01"])
def test_a_day_that_is_none_is_told_beside_its_field(pages: Pages, day: str) -> None:
    answer = pages.get(f"{PLAN}?on={day}")
    assert answer.status_code == 400
    assert 'id="on-wrong"' in answer.text
    assert f'value="{day}"' in answer.text
    assert pages.get(f"{PLAN}/hubei?on={day}").status_code == 400


def test_a_programme_that_nobody_adopted_has_no_page(pages: Pages) -> None:
    assert pages.get(f"{PLAN}/nowhere").status_code == 404
    assert pages.get(PLAN, "stranger-1").status_code == 404


def test_officials_see_the_same_without_the_way_to_claim(pages: Pages) -> None:
    assert "去申请" in pages.see(PLAN)
    assert "去申请" not in pages.see(PLAN, "authority-2")


def test_without_an_invoice_the_page_says_what_to_do(pages: Pages) -> None:
    pages.ledger.append(*events("enterprise 420100 江城智算", "91420100MA4KGJ3R4X"))
    page = pages.see("/enterprise/91420100MA4KGJ3R4X/plan", "stranger-1")
    assert "还没有发票" in page
    assert pages.get("/enterprise/91420100MA4KGJ3R4X/plan/hubei", "stranger-1").status_code == 404


def test_what_is_missing_is_told_without_its_path(pages: Pages) -> None:
    english = pages.see(f"{PLAN}?on=2022-11-01", language="en")
    assert "supply " not in english
    clause = Text("条", "c")
    missing = missing_fact("facts.sales_fen", Text("销售收入", "sales"), clause)
    assert tell_reason(missing) == Text("缺少销售收入", "missing: sales")
    zh, en = missing.message
    joined = Reason("undetermined_member", Text(f"{zh}；{zh}", f"{en}; {en}"), clause)
    assert tell_reason(joined).zh == "缺少销售收入；缺少销售收入"
    assert tell_reason(joined).en == "missing: sales; missing: sales"
    other = Reason("no_purchase", Text("没有，请填报 x", "none"), clause)
    assert tell_reason(other) == other.message


def test_reasons_of_one_kind_are_told_once_with_their_number() -> None:
    clauses = Text("甲", "a"), Text("乙", "b")
    reasons = [
        Reason("late", Text(f"第 {i} 项", f"purchase {i}"), clauses[i % 2]) for i in range(9)
    ]
    first, second = group_reasons(reasons)
    assert [len(first.sentences), first.more] == [REASONS_SHOWN, 2]
    assert [len(second.sentences), second.more] == [REASONS_SHOWN, 1]
    assert first.sentences[0] == Text("第 0 项", "purchase 0")


def test_sixty_purchases_make_no_more_questions_and_no_large_page(pages: Pages) -> None:
    paths = [PLAN, f"{PLAN}/hubei?on=2022-12-31"]

    def count() -> list[int]:
        found = []
        for path in paths:
            pages.see(path)
            with counted(Engine) as sent:
                pages.see(path)
            found.append(len(sent))
        return found

    few = count()
    for number in range(100, 160):
        pages.ledger.append(
            *events(f"""
            contract M-{number} 2022-03-01 2022-12-31 0.06 a100=12.50/card_hour
            invoice {number} M-{number} 2022-08-05 3000 169.81 2022-07-01 2022-07-31
            payment {number} 2022-08-10 3000
            """)
        )
    assert count() == few
