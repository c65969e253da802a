"""算力服务结算单: what stands on it, and what may not change it."""

from pathlib import Path

import pytest

from ledger.text import Text
from reports.compute import SYNTHETIC, make_compute
from reports.statement import (
    Amount,
    Chart,
    Number,
    Paragraph,
    Section,
    Signatures,
    Statement,
    Table,
    Words,
    Yuan,
)
from tests.golden import check_golden
from tests.small_ledger import CODE, PROVIDER, events, invoice_number, snapshot_of

GOLDEN = Path(__file__).parent / "golden" / "compute.json"

CARDS = "a100=12.50/card_hour@..2022-07-15 a100=9/card_hour@2022-07-16.."
BOOK = f"""
    resource   a100 accelerator card 2021-12-01 0.32
    resource   disk storage tb 2021-12-01
    enterprise 420100 华智科技
    contract   C-1 2022-01-01 2022-12-31 0.06 {CARDS}
    contract   C-2 2022-01-01 2022-12-31 0.06 disk=3.5/tb_day
"""
PROVIDER_NAME = events("enterprise 420100 武汉算力中心", PROVIDER)
USAGE = """
    usage a100 8 2022-07-15T22:00 2022-07-16T02:00
    usage a100 0.125 2022-07-31T23:00 2022-08-01T01:00 C-1
    usage disk 10 2022-07-01T00:00 2022-07-03T00:00
"""
BILLS = """
    invoice 1 C-1 2022-07-05 600 33.96 2022-06-01 2022-06-30
    payment 1 2022-07-10 250.05
"""


def make(text: str, month: str = "2022-07") -> Statement:
    """Return the statement of the ledger of a text."""
    return make_compute(snapshot_of(PROVIDER_NAME, events(text)), CODE, month)


def section(statement: Statement, heading: str) -> Section:
    """Return the section of a heading."""
    (found,) = [one for one in statement.sections if one.heading.zh == heading]
    return found


def table(statement: Statement, heading: str) -> Table:
    """Return the table in a section."""
    (found,) = [one for one in section(statement, heading).blocks if isinstance(one, Table)]
    return found


def said(statement: Statement, heading: str) -> str:
    """Return the Chinese sentences of a section."""
    blocks = section(statement, heading).blocks
    return "".join(one.text.zh for one in blocks if isinstance(one, Paragraph))


def test_a_small_statement_is_as_reviewed() -> None:
    check_golden(GOLDEN, make(BOOK + USAGE + BILLS + "usage x 1 2022-07-09T00:00 2022-07-09T01:00"))


def test_lines_add_up_to_the_total_and_the_amount_due() -> None:
    statement = make(BOOK + USAGE)
    charges = table(statement, "结算金额（元）")
    columns = list(zip(*charges.rows, strict=True))
    assert charges.total is not None
    for at in (5, 7, 8):
        cells = [cell.fen for cell in columns[at] if isinstance(cell, Yuan)]
        assert charges.total[at] == Yuan(sum(cells))
        assert len(cells) == len(charges.rows) == 2
    (amount,) = [
        one for one in section(statement, "结算金额（元）").blocks if isinstance(one, Amount)
    ]
    a100_fen = 16 * 1250 + 16 * 900 + round(0.125 * 900 + 0.1)
    assert amount.fen == statement.total_fen == a100_fen + 7000
    assert charges.total[8] == Yuan(statement.total_fen)


def test_a_price_that_changed_shows_each_part_in_its_order() -> None:
    statement = make(BOOK + USAGE)
    row = table(statement, "结算金额（元）").rows[0]
    assert row[3:5] == (Number("16.0000/ 16.1250"), Number("12.50/ 9"))
    assert "16.0000 卡时 × 12.50 元；16.1250 卡时 × 9 元" in said(statement, "计算说明")


def test_parts_in_different_units_are_not_added_up() -> None:
    contract = "a100=12.50/card_hour@..2022-07-15 a100=96/pflops_day@2022-07-16.."
    statement = make(
        BOOK
        + f"contract C-1 2022-01-01 2022-12-31 0.06 {contract}\n"
        + "usage a100 75 2022-07-15T23:00 2022-07-16T01:00"
    )
    row = table(statement, "结算金额（元）").rows[0]
    assert row[2:5] == (
        Words("卡时 / P·天", "card-hour / PFLOPS-day"),
        Number("75.0000/ 1.0000"),
        Number("12.50/ 96"),
    )
    assert "a100 每卡按 0.32 PFLOPS（FP16）折算 P·天" in said(statement, "计算说明")
    assert statement.total_fen == 75 * 1250 + 9600


def test_the_service_month_alone_counts() -> None:
    july, august = make(BOOK + USAGE), make(BOOK + USAGE, "2022-08")
    assert august.total_fen == round(0.125 * 900 + 0.1)
    assert dict(july.facts)[Text("结算期间", "Period")] == Words(
        "2022-07-01 至 2022-07-31", "2022-07-01 to 2022-07-31"
    )
    later = "usage a100 8 2022-08-01T00:00 2022-08-02T00:00"
    assert make(BOOK + USAGE + later) == july


def test_another_enterprise_changes_nothing() -> None:
    other = events(USAGE, PROVIDER)
    assert make_compute(
        snapshot_of(PROVIDER_NAME, events(BOOK + USAGE), other), CODE, "2022-07"
    ) == make(BOOK + USAGE)


def test_the_contract_stands_beside_each_line() -> None:
    rows = table(make(BOOK + USAGE), "结算金额（元）").rows
    assert [row[:2] for row in rows] == [
        (Words("C-1"), Words("资源 a100")),
        (Words("C-2"), Words("资源 disk")),
    ]


def test_unrated_usage_is_listed_and_not_charged() -> None:
    unrated = "usage x 1.5 2022-07-09T00:00 2022-07-09T01:00 C-9"
    statement = make(BOOK + USAGE + unrated)
    assert statement.total_fen == make(BOOK + USAGE).total_fen
    assert table(statement, "未计价用量").rows == (
        (Words("2022-07-09"), Words("x"), Words("C-9"), Number("5400")),
    )
    headings = [one.heading.zh for one in make(BOOK + USAGE).sections]
    assert "未计价用量" not in headings


def test_the_chart_has_a_bar_for_each_day_and_the_cards_of_all_contracts() -> None:
    (chart,) = section(make(BOOK + USAGE), "每日用量").blocks
    assert isinstance(chart, Chart)
    assert chart.labels == tuple(f"{day:02d}" for day in range(1, 32))
    bars = dict(zip(chart.labels, chart.values, strict=True))
    assert {day: value for day, value in bars.items() if value != "0.00"} == {
        "15": "16.00",
        "16": "16.00",
        "31": "0.13",
    }


def test_the_annex_has_every_day_exactly_and_in_units_that_people_read() -> None:
    assert table(make(BOOK + USAGE), "附件：每日明细").rows == tuple(
        (Words(f"2022-07-{day}"), Words(name), Words(contract), Number(exact), Words(shown))
        for day, name, contract, exact, shown in (
            ("01", "资源 disk", "—", "864,000", "10.0000 TB·天"),
            ("02", "资源 disk", "—", "864,000", "10.0000 TB·天"),
            ("15", "资源 a100", "—", "57,600", "16.0000 卡时"),
            ("16", "资源 a100", "—", "57,600", "16.0000 卡时"),
            ("31", "资源 a100", "C-1", "450", "0.1250 卡时"),
        )
    )


# --- invoices and payments ---


def test_invoices_and_payments_of_the_month_are_listed_with_what_is_open() -> None:
    statement = make(BOOK + USAGE + BILLS)
    assert table(statement, "开票与付款").rows == (
        (
            Words("开票", "Invoice"),
            Words("2022-07-05"),
            Words(invoice_number("1")),
            Words("2022-06-01 至 2022-06-30"),
            Yuan(60_000),
        ),
        (
            Words("付款", "Payment"),
            Words("2022-07-10"),
            Words(invoice_number("1")),
            Words("P-1-2022-07-10"),
            Yuan(25_005),
        ),
    )
    assert "累计开票 600.00 元，累计付款 250.05 元，差额 349.95 元" in said(statement, "开票与付款")


def test_earlier_invoices_are_in_the_sums_but_not_listed_again() -> None:
    statement = make(BOOK + USAGE + BILLS, "2022-08")
    assert "累计开票 600.00 元，累计付款 250.05 元" in said(statement, "开票与付款")
    blocks = section(statement, "开票与付款").blocks
    assert not [one for one in blocks if isinstance(one, Table)]


@pytest.mark.parametrize(
    "later",
    [
        "payment 1 2022-08-01 349.95",
        "invoice 2 C-1 2022-08-05 700 39.62 2022-07-01 2022-07-31",
        "contract C-9 2022-08-01 2022-12-31 0.06 a100=1/card_hour",
        "drawn wuhan 2022 100 2022-12-31",
    ],
)
def test_what_happens_after_the_month_changes_nothing(later: str) -> None:
    before = make(BOOK + USAGE + BILLS)
    assert make(BOOK + USAGE + BILLS + later).values_sha256 == before.values_sha256


def test_what_was_taken_back_is_a_row_of_its_own_and_leaves_less() -> None:
    back = """
        red  901 1 2022-07-20 100 5.66
        back P-1-2022-07-10 1 2022-07-21 50.05
    """
    made, plain = make(BOOK + USAGE + BILLS + back), make(BOOK + USAGE + BILLS)
    assert table(made, "开票与付款").rows[1:] == (
        (
            Words("红字", "Red"),
            Words("2022-07-20"),
            Words(invoice_number("901")),
            Words(f"冲红 {invoice_number('1')}"),
            Yuan(-10_000),
        ),
        table(plain, "开票与付款").rows[1],
        (
            Words("退款", "Back"),
            Words("2022-07-21"),
            Words(invoice_number("1")),
            Words("退 P-1-2022-07-10"),
            Yuan(-5_005),
        ),
    )
    (standing,) = [one for one in section(made, "开票与付款").blocks if isinstance(one, Paragraph)]
    assert "累计开票 500.00 元，累计付款 200.00 元，差额 300.00 元" in standing.text.zh
    assert made.values_sha256 != plain.values_sha256


@pytest.mark.parametrize(
    "later", ["red 901 1 2022-08-01 100 5.66", "amended C-1 2022-08-01 - 1 a100=1/card_hour"]
)
def test_a_paper_of_a_later_month_that_changes_another_changes_nothing(later: str) -> None:
    assert make(BOOK + USAGE + BILLS + later) == make(BOOK + USAGE + BILLS)


def test_late_usage_of_the_month_changes_the_statement() -> None:
    late = "usage a100 0.001 2022-07-02T00:00:00.000 2022-07-02T00:00:00.001"
    assert make(BOOK + USAGE + late).values_sha256 != make(BOOK + USAGE).values_sha256


# --- names and notices ---


@pytest.mark.parametrize(
    ("text", "notices"),
    [
        (BOOK + USAGE, ()),
        (BOOK.replace("华智科技", "华智科技 synthetic") + USAGE, (SYNTHETIC,)),
        (BOOK.replace("0.06 disk", "0.06 synthetic disk") + USAGE, (SYNTHETIC,)),
        (BOOK + "contract C-3 2022-01-01 2022-12-31 0.06 synthetic x=1/card_hour\n" + USAGE, ()),
    ],
)
def test_a_synthetic_name_or_contract_puts_the_notice_on_the_page(
    text: str, notices: tuple[Text, ...]
) -> None:
    assert make(text).notices == notices


def test_both_parties_have_room_for_their_stamps() -> None:
    how, stamps = section(make(BOOK + USAGE), "双方确认").blocks
    assert isinstance(how, Paragraph)
    assert "10 个工作日" in how.text.zh
    assert stamps == (
        Signatures(
            (
                (Text("服务方", "Provider"), "武汉算力中心"),
                (Text("用户", "Customer"), "华智科技"),
            )
        )
    )


def test_an_enterprise_that_the_book_does_not_know_goes_by_its_code() -> None:
    statement = make(USAGE)
    assert statement.subject_name == CODE
    assert statement.total_fen == 0
    assert dict(statement.facts)[Text("服务方", "Provider")] == Words("—")
    assert len(table(statement, "未计价用量").rows) == 5


def test_a_provider_without_a_name_goes_by_its_code_once() -> None:
    statement = make_compute(snapshot_of(events(BOOK + USAGE)), CODE, "2022-07")
    assert dict(statement.facts)[Text("服务方", "Provider")] == Words(PROVIDER)


def test_the_statement_is_not_numbered_yet() -> None:
    statement = make(BOOK + USAGE)
    assert (statement.number, statement.revision, statement.heads) == ("", 0, ())
    assert (statement.kind, statement.period, statement.subject) == ("compute", "2022-07", CODE)
