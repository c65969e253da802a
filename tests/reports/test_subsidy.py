"""补贴结算单: what three levels refund by a month's end, with every step, and what is left out."""

import re
from datetime import date
from pathlib import Path

import pytest

from ledger.period import last_day
from ledger.text import Text
from reports.statement import (
    Amount,
    Number,
    Paragraph,
    Section,
    Signatures,
    Statement,
    Table,
    Words,
    Yuan,
)
from reports.subsidy import ASSUMED, CUTS, SYNTHETIC, _cuts, make_subsidy
from tests.golden import check_golden
from tests.small_ledger import CODE, PROVIDER, events, snapshot_of
from tests.vouchers.toy import CLAUSE, rule
from vouchers.case import Case, Purchase
from vouchers.catalogue import find_programmes
from vouchers.decide import decide
from vouchers.decision import Decision, Reason
from vouchers.names import EVENTS, SCOPES
from vouchers.programme import PaidInFull, ResourceIs

GOLDEN = Path(__file__).parent / "golden" / "subsidy.json"

# Compute for CNY 600,000 and storage for 60,000, invoiced together and paid in 2022.
BOOK = """
    resource      a100 accelerator card 2021-12-01 0.32
    resource      disk storage tb 2021-12-01
    enterprise    420100 华智科技
    qualification high_tech_enterprise 2021-11-15 2024-11-14
    qualification above_scale 2021-01-01
    domicile      east-lake 2021-01-01
    fact          sales_fen 2021 15000000000
    declaration   2022
    contract      C-1 2022-03-01 2022-12-31 0.06 a100=12.50/card_hour disk=10/tb_day
    usage         a100 100 2022-07-01T00:00 2022-07-21T00:00
    usage         disk 300 2022-07-01T00:00 2022-07-21T00:00
    invoice       1 C-1 2022-08-05 660000 37358.49 2022-07-01 2022-07-31
    payment       1 2022-08-10 660000
"""
DRAWN = """
    granted wuhan 2022 100000 2022-12-31
    drawn   wuhan 2022 100000 2022-12-31
    granted east_lake 2022 500000 2022-12-31
    drawn   east_lake 2022 300000 2022-12-31
"""
PROVIDER_NAME = events("enterprise 420100 武汉算力中心", PROVIDER)


def make(text: str, month: str = "2022-12") -> Statement:
    """Return the statement of the ledger of a text."""
    return make_subsidy(snapshot_of(PROVIDER_NAME, events(text)), CODE, month)


def section(statement: Statement, heading: str) -> Section:
    """Return the section whose heading begins so."""
    (found,) = [one for one in statement.sections if one.heading.zh.startswith(heading)]
    return found


def tables(statement: Statement, heading: str) -> list[Table]:
    """Return the tables in a section."""
    return [one for one in section(statement, heading).blocks if isinstance(one, Table)]


def said(statement: Statement, heading: str) -> str:
    """Return the Chinese sentences of a section."""
    blocks = section(statement, heading).blocks
    return "".join(one.text.zh for one in blocks if isinstance(one, Paragraph))


def test_a_small_statement_is_as_reviewed() -> None:
    check_golden(GOLDEN, make(BOOK + DRAWN))


@pytest.mark.parametrize(
    ("month", "day"),
    [
        ("2022-02", date(2022, 2, 28)),
        ("2024-02", date(2024, 2, 29)),
        ("2022-12", date(2022, 12, 31)),
    ],
)
def test_a_month_decides_on_its_last_day(month: str, day: date) -> None:
    assert last_day(month) == day


def test_the_result_has_a_row_a_level_and_the_sum_of_the_best_plan() -> None:
    statement = make(BOOK)
    result = section(statement, "结论")
    (rows,) = [one.rows for one in result.blocks if isinstance(one, Table)]
    assert [row[3:] for row in rows] == [
        (Yuan(18_000_000), Yuan(0)),
        (Yuan(10_000_000), Yuan(10_000_000)),
        (Yuan(30_000_000), Yuan(30_000_000)),
    ]
    (amount,) = [one for one in result.blocks if isinstance(one, Amount)]
    assert amount.fen == statement.total_fen == 40_000_000
    assert said(statement, "结论").startswith("采用组合：武汉市科技创新券＋东湖高新区算力创新券。")


def test_what_is_undetermined_has_no_amount_and_says_what_is_missing() -> None:
    statement = make(BOOK.replace("declaration   2022", ""))
    (table,) = tables(statement, "结论")
    assert [row[2].zh for row in table.rows if isinstance(row[2], Words)] == ["待补充材料"] * 3
    assert {row[3] for row in table.rows} == {Words("—")}
    assert said(statement, "结论") == "截至认定日没有合规的组合。"
    assert "declarations.related_party" in said(statement, "市级")
    assert statement.total_fen == 0


def test_a_total_that_may_still_change_says_so() -> None:
    unpriced = "invoice 2 C-1 2022-09-05 70 3.96 2022-08-01 2022-08-31\npayment 2 2022-09-06 70\n"
    statement = make(BOOK + unpriced)
    assert statement.total_fen > 0
    assert said(statement, "结论").endswith("尚有级别待补充材料，补齐后结论可能改变。")


def test_every_programme_is_heard_in_the_catalogues_order() -> None:
    headings = [one.heading.zh for one in make(BOOK).sections]
    names = [one.name.zh for one in find_programmes()]
    assert [heading.split("：")[1].split(" — ")[0] for heading in headings[2:5]] == names


def test_steps_are_printed_as_people_read_them() -> None:
    (table,) = tables(make(BOOK), "省级")
    shown = {row[0].zh: row[1] for row in table.rows if isinstance(row[0], Words)}
    assert shown["支持比例"] == Words("30%")
    assert shown["基数是否含税"] == Words("含税", "included")
    assert shown["适用版本"] == Words("2022")
    assert shown["申领年度"] == Words("2022")
    assert shown["计算基数合计"] == Yuan(60_000_000)
    met = [cell for what, cell in shown.items() if "符合：" in what]
    assert met
    assert set(met) == {Words("是", "yes")}


def test_every_step_and_reason_names_its_clause() -> None:
    statement = make(BOOK)
    for heading in ("省级", "市级", "区级"):
        for table in tables(statement, heading):
            assert all(isinstance(row[2], Words) and row[2].zh for row in table.rows)
            assert {row[3] for row in table.rows} <= {Words(grade) for grade in "PMNA"}
    assert "未计入第 2 项采购：不属于加速卡算力（未见条文，假定：" in said(statement, "市级")


def test_purchases_are_listed_by_kind_with_what_was_paid() -> None:
    (table,) = tables(make(BOOK), "附件：采购与付款")
    kinds = [(row[0], row[2], *row[4:]) for row in table.rows]
    accelerator, storage = Words("加速卡算力"), Words("存储")
    sixty, six = Yuan(60_000_000), Yuan(6_000_000)
    assert kinds == [
        (Number("1"), accelerator, sixty, sixty, sixty, sixty, sixty),
        (Number("2"), storage, six, six, *[Words("—")] * 3),
    ]
    assert table.total is not None
    assert table.total[4:6] == (Yuan(66_000_000), Yuan(66_000_000))


def test_a_payment_after_the_day_is_not_shown_as_paid() -> None:
    (table,) = tables(make(BOOK.replace("2022-08-10", "2022-09-01"), "2022-08"), "附件：采购与付款")
    assert table.total is not None
    assert table.total[4:6] == (Yuan(66_000_000), Yuan(0))


def test_without_an_invoice_the_statement_says_so() -> None:
    assert said(make(BOOK, "2022-07"), "附件：采购与付款") == "截至认定日没有开具发票的采购。"


def test_all_combinations_are_shown_the_best_first() -> None:
    (table,) = tables(make(BOOK), "组合比较")
    assert len(table.rows) == 7
    assert table.rows[0][0] == Words("武汉市科技创新券 + 东湖高新区算力创新券")
    assert table.rows[0][1] == Yuan(40_000_000)
    out = [row for row in table.rows if row[1] == Words("—")]
    assert len(out) == 3, "every combination with the province and another level"


def test_vouchers_are_shown_with_quota_drawn_and_left() -> None:
    (table,) = tables(make(BOOK + DRAWN), "创新券额度")
    assert [row[1:] for row in table.rows] == [
        (Words("2022"), Yuan(10_000_000), Yuan(10_000_000), Yuan(0)),
        (Words("2022"), Yuan(50_000_000), Yuan(30_000_000), Yuan(20_000_000)),
    ]


def test_in_the_window_the_voucher_of_the_year_before_is_shown() -> None:
    statement = make(BOOK + "declaration 2023" + DRAWN, "2023-02")
    (table,) = tables(statement, "创新券额度")
    assert [row[:2] for row in table.rows] == [(Words("武汉市科技创新券"), Words("2022"))]


def test_drawing_on_the_day_leaves_the_decisions_as_they_were() -> None:
    before, after = make(BOOK), make(BOOK + DRAWN)
    assert before.total_fen == after.total_fen
    changed = [
        one.heading.zh
        for one, other in zip(before.sections, after.sections, strict=True)
        if one != other
    ]
    assert changed == ["创新券额度"]


def test_purchases_cut_for_one_cause_stand_in_one_sentence() -> None:
    clause = Text("条", "clause")
    reasons = (
        Reason("not_paid_in_full", Text("已付 1 元", "paid 1"), clause, 0),
        Reason("outside_window", Text("总", "all"), clause),
        Reason("resource_not_covered", Text("存储", "storage"), clause, 1),
        Reason("not_paid_in_full", Text("已付 2 元", "paid 2"), clause, 4),
    )
    decision = Decision(programme="p", status="eligible", amount_fen=1, reasons=reasons)
    assert [one.zh for one in _cuts(decision, None)] == [
        "未计入第 1、5 项采购：截至申请日未全额付款（条）。",
        "未计入第 2 项采购：不在支持的资源类别内（条）。",
    ]


def test_a_kind_that_is_not_covered_is_told_by_what_the_rule_covers() -> None:
    for scope, zh, en in (
        (ResourceIs("accelerator"), "不属于加速卡算力", "not accelerator compute"),
        (
            ResourceIs("accelerator", ("storage", "network")),
            "不属于加速卡算力或存储或网络",
            "not accelerator compute or storage or network",
        ),
    ):
        programme = rule(purchases=(PaidInFull(), scope))
        bought = Purchase(resource_kind="support", invoiced_fen=1)
        decision = decide(programme, Case(purchases=(bought,)), date(2022, 11, 1))
        said = list(_cuts(decision, programme.versions[0]))[-1]
        assert said.zh == f"未计入第 1 项采购：{zh}（{CLAUSE.zh}）。"
        assert said.en == f"Not counted, purchases 1: {en} ({CLAUSE.en})."


def test_every_cause_of_a_cut_has_its_words() -> None:
    vouchers = Path(__file__).parents[2] / "vouchers"
    sources = [
        (vouchers / name).read_text("utf-8") for name in ("purchase.py", "funding.py", "listed.py")
    ]
    codes = set(re.findall(r'cut\(\s*line, f?"([a-z_{}.]+)"', "".join(sources)))
    codes |= {"not_signed_in_year", "not_completed_in_year"}
    codes |= {f"not_{what}_in_window" for what in EVENTS}
    codes |= {f"{scope}_already_funded" for scope in SCOPES}
    patterns = {"not_{verb.en}_in_year", "not_{rule.what}_in_window", "{rule.scope}_already_funded"}
    assert codes - patterns == set(CUTS)


@pytest.mark.parametrize(
    "later",
    [
        DRAWN,
        "payment 1 2022-09-01 5",
        "invoice 2 C-1 2022-09-05 70 3.96 2022-08-01 2022-08-31",
        "usage disk 300 2022-09-01T00:00 2022-09-21T00:00",
    ],
)
def test_what_happens_after_the_month_changes_nothing(later: str) -> None:
    before = make(BOOK, "2022-08")
    assert make(BOOK + later, "2022-08").values_sha256 == before.values_sha256


@pytest.mark.parametrize(
    ("text", "notices"),
    [
        (BOOK, (ASSUMED,)),
        (BOOK.replace("华智科技", "华智科技 synthetic"), (SYNTHETIC, ASSUMED)),
        (BOOK.replace("0.06 a100", "0.06 synthetic a100"), (SYNTHETIC, ASSUMED)),
        (BOOK + "contract C-3 2022-01-01 2022-12-31 0.06 synthetic x=1/card_hour", (ASSUMED,)),
    ],
)
def test_a_synthetic_name_or_contract_puts_the_notice_on_the_page(
    text: str, notices: tuple[Text, ...]
) -> None:
    assert make(text).notices == notices


def test_both_parties_have_room_for_their_stamps() -> None:
    assert section(make(BOOK), "双方确认").blocks == (
        Signatures(
            (
                (Text("申请企业", "Enterprise"), "华智科技"),
                (Text("服务方", "Provider"), "武汉算力中心"),
            )
        ),
    )


def test_an_enterprise_that_the_book_does_not_know_gets_nothing_and_no_error() -> None:
    statement = make_subsidy(snapshot_of([]), CODE, "2022-12")
    assert (statement.total_fen, statement.subject_name) == (0, CODE)
