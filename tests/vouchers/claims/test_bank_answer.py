"""A bank's answer read back: each row paid, failed, unknown, or named with what is wrong."""

import random
import re
from collections.abc import Callable, Iterable
from itertools import product
from pathlib import Path

import pytest

from ledger.errors import InvalidInputError
from vouchers.claims.bank_answer import (
    COLUMNS,
    PASSED_OVER,
    RESULTS,
    Answer,
    Standing,
    hide_numbers,
    read_answer,
)

HEADER = ["指令编号", "处理结果", "金额(元)", "银行流水号", "失败原因"]
ORDERS = {
    "FK-1": Standing("SQ-1", 10_000),
    "FK-2": Standing("SQ-2", 123_456_789),
    "FK-3": Standing("SQ-3", 1),
    "FK-8": Standing("SQ-8", 5, "failed"),
    "FK-9": Standing("SQ-9", 5, "paid"),
}
PAID = ["FK-1", "成功", "100.00", "YH-1", ""]
FAILED = ["FK-2", "失败", "1,234,567.89", "", "账号户名不符"]
UNKNOWN = ["FK-3", "处理中", "0.01", "", ""]


def read(*rows: list[str], header: Iterable[str] = HEADER, partial: bool = False) -> Answer:
    return read_answer([list(header), *rows], ORDERS, partial=partial)


def test_each_row_is_paid_failed_or_unknown() -> None:
    answer = read(PAID, FAILED, UNKNOWN)
    assert [(one.order, one.claim, one.amount_fen) for one in answer.paid] == [
        ("FK-1", "SQ-1", 10_000)
    ]
    assert (answer.paid[0].reference, answer.paid[0].row) == ("YH-1", 2)
    assert [(one.order, one.reason) for one in answer.failed] == [("FK-2", "账号户名不符")]
    assert [one.order for one in answer.unknown] == ["FK-3"]
    assert (answer.flaws, answer.missing) == ((), ())


def test_open_orders_that_the_answer_leaves_out_are_listed() -> None:
    assert read(PAID).missing == ("FK-2", "FK-3")


@pytest.mark.parametrize(
    ("row", "code", "says"),
    [
        (["FK-7", "成功", "100.00", "YH-1", ""], "unknown_order", "no such order"),
        (["", "成功", "100.00", "YH-1", ""], "unknown_order", "no such order"),
        (["FK-1 x", "成功", "100.00", "YH-1", ""], "unknown_order", "no such order"),
        (["FK-1", "成功", "100.01", "YH-1", ""], "amount_differs", "ordered was CNY 100.00"),
        (["FK-1", "成功", "", "YH-1", ""], "amount_differs", "ordered was CNY 100.00"),
        (["FK-1", "成功", "100.001", "YH-1", ""], "amount_differs", "100.001"),
        (["FK-1", "成功", "1,00.00", "YH-1", ""], "amount_differs", "1,00.00"),
        (["FK-1", "成功", "-100.00", "YH-1", ""], "amount_differs", "-100.00"),
        (["FK-1", "成功", "1e2", "YH-1", ""], "amount_differs", "1e2"),
        (["FK-1", "成功", "9" * 30, "YH-1", ""], "amount_differs", "…9999"),
        (["FK-9", "成功", "0.05", "YH-1", ""], "order_settled", "settled: paid"),
        (["FK-8", "成功", "0.05", "YH-1", ""], "order_settled", "settled: failed"),
        (["FK-1", "也许", "100.00", "YH-1", ""], "bad_result", "也许"),
        (["FK-1", "", "100.00", "YH-1", ""], "bad_result", "no result"),
        (["FK-1", "成功", "100.00", "", ""], "no_reference", "without a reference"),
        (["FK-1", "失败", "100.00", "YH-1", ""], "no_reason", "without a reason"),
        (["FK-1", "成功", "100.00", "Y" * 201, ""], "bad_words", "plain short"),
        (["FK-1", "失败", "100.00", "", "坏\x07"], "bad_words", "plain short"),
        (["FK-1"], "amount_differs", "ordered was CNY 100.00"),
    ],
)
def test_a_row_that_is_not_what_its_order_waits_for_is_named_and_nothing_counts(
    row: list[str], code: str, says: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read(FAILED, row)
    assert refused.value.code == "bad_answer"
    assert "row 3" in refused.value.message.en
    assert says in refused.value.message.en
    assert "FK-2" not in refused.value.message.en
    part = read(FAILED, row, partial=True)
    assert [one.code for one in part.flaws] == [code]
    assert (len(part.failed), part.paid, part.unknown) == (1, (), ())
    assert "FK-2" not in part.missing


@pytest.mark.parametrize("second", [PAID, ["FK-1", "失败", "100.00", "", "x"], ["FK-1"]])
def test_an_order_in_two_rows_counts_in_neither(second: list[str]) -> None:
    part = read(PAID, FAILED, second, partial=True)
    assert [one.row for one in part.flaws] == [2, 4]
    assert part.paid == ()
    assert [one.order for one in part.failed] == ["FK-2"]
    with pytest.raises(InvalidInputError):
        read(PAID, FAILED, second)


def test_every_title_and_word_of_the_tables_is_understood_in_any_form() -> None:
    forms: tuple[Callable[[str], str], ...] = (
        *(str, str.upper),
        lambda title: f" {title} ",
        lambda title: title.replace("(", "（"),
    )
    for order, form in product(COLUMNS["order"], forms):
        assert read(PAID, header=[form(order), *HEADER[1:]]).paid
    for at, field in ((1, "result"), (2, "amount"), (3, "reference"), (4, "reason")):
        for title, form in product(dict(COLUMNS)[field], forms):  # type: ignore[index]
            header = [*HEADER]
            header[at] = form(title)
            assert read(PAID, header=header).paid, title
    for result, known in RESULTS.items():
        for word, form in product(known, forms[:3]):
            row = ["FK-1", form(word), "100.00", "YH-1", "x"]
            assert getattr(read(row), result), word


def test_no_title_stands_for_two_fields() -> None:
    titles = [title for known in (*COLUMNS.values(), PASSED_OVER) for title in known]
    words = [word for known in RESULTS.values() for word in known]
    assert len(set(titles)) == len(titles)
    assert len(set(words)) == len(words)


def test_columns_that_banks_send_too_are_passed_over() -> None:
    header = ["序号", "收款账号", *HEADER, "", "币种"]
    row = ["1", "6222021234567890128", *PAID, "", "人民币"]
    assert read(row, header=header).paid
    row[-1] = "USD"
    assert read(row, header=header, partial=True).flaws[0].code == "bad_currency"


@pytest.mark.parametrize("amount", ["100", "100.0", "￥100.00", "¥100", "0100.00", "１００.００"])
def test_amounts_are_read_however_banks_write_them(amount: str) -> None:
    assert read(["FK-1", "成功", amount, "YH-1", ""]).paid


@pytest.mark.parametrize(
    ("rows", "code", "says"),
    [
        ([], "no_rows", "empty"),
        ([["", " "]], "no_rows", "empty"),
        ([HEADER], "no_rows", "no rows"),
        ([HEADER, ["", ""]], "no_rows", "no rows"),
        ([HEADER[:2], PAID], "no_column", "amount"),
        ([HEADER[1:], PAID], "no_column", "order"),
        ([[*HEADER, "指令号"], PAID], "column_twice", "指令号"),
        ([["指令编码", *HEADER[1:]], PAID], "unknown_column", "指令编码"),
        ([PAID, FAILED], "unknown_column", "FK-1"),
    ],
)
def test_a_header_that_is_not_understood_refuses_the_file_even_in_part(
    rows: list[list[str]], code: str, says: str
) -> None:
    for partial in (False, True):
        with pytest.raises(InvalidInputError) as refused:
            read_answer(rows, ORDERS, partial=partial)
        assert refused.value.code == code
        assert says in refused.value.message.en


def test_a_title_that_is_nearly_known_is_suggested() -> None:
    with pytest.raises(InvalidInputError) as refused:
        read(PAID, header=["指令编码", *HEADER[1:]])
    assert "指令编号" in refused.value.next_step.zh


def test_blank_rows_and_lines_above_the_header_keep_the_files_numbers() -> None:
    rows = [["", ""], HEADER, ["", ""], PAID]
    assert read_answer(rows, ORDERS).paid[0].row == 4


def test_no_account_number_comes_through() -> None:
    number = "6222021234567890128"
    failed = ["FK-1", "失败", "100.00", "", f"账号 {number} 不存在"]
    assert read(failed).failed[0].reason == "账号 …0128 不存在"
    for row in ([number, "成功", "1", "x", ""], ["FK-1", number, "100", "x", ""]):
        with pytest.raises(InvalidInputError) as refused:
            read(row)
        assert number not in str(refused.value)
    with pytest.raises(InvalidInputError) as refused:
        read(PAID, header=[number, *HEADER[1:]])
    assert number not in str(refused.value.args)
    assert hide_numbers("4205 0123-4567 8901") == "…8901"
    assert hide_numbers("６２２２０２１２３４５６") == "…３４５６"
    assert hide_numbers("1234567") == "1234567"


def test_the_page_for_finance_lists_what_is_understood() -> None:
    page = (Path(__file__).parents[3] / "docs" / "bank.md").read_text("utf-8")
    lines = [line for line in page.splitlines() if "`" in line]

    def told(start: str) -> list[str]:
        (line,) = [line for line in lines if line.startswith(start)]
        return re.findall(r"`([^`]+)`", line)

    for field, titles in COLUMNS.items():
        assert told(f"| {field} |") == list(titles)
    for result, known in RESULTS.items():
        assert told(f"| {result} |") == list(known)
    assert told("不读取的列") == list(PASSED_OVER)


def test_whatever_a_file_says_it_is_an_answer_or_a_refusal() -> None:
    draw = random.Random(11)  # noqa: S311 - a test's own, seeded
    words = [
        *("", " ", "FK-1", "FK-2", "FK-3", "FK-9", "成功", "失败", "处理中", "100.00", "0.01"),
        *("1,234,567.89", "YH-1", "CNY", "=1", "\x00", "6222021234567890128"),
    ]
    kinds, told = set[str](), list[str]()
    for _ in range(3_000):
        header = draw.choice((HEADER, [*HEADER, "币种"], draw.sample(HEADER, 5)))
        rows = [draw.choices(words, k=draw.randint(0, 7)) for _ in range(draw.randint(0, 4))]
        rows += [list(row) for row in (PAID, FAILED, UNKNOWN) if draw.random() < 1 / 3]
        try:
            answer = read(*rows, header=header, partial=draw.random() < 1 / 2)
        except InvalidInputError as refused:
            kinds.add(refused.code)
            told.append(str(refused))
            continue
        kinds.add("answer")
        counted = [*answer.paid, *answer.failed, *answer.unknown]
        assert len({one.order for one in counted}) == len(counted)
        for one in counted:
            assert ORDERS[one.order] == (one.claim, one.amount_fen, None)
        named = {one.order for one in counted}
        assert set(answer.missing) == {"FK-1", "FK-2", "FK-3"} - named
        filled = sum(any(cell.strip() for cell in row) for row in rows)
        assert len(counted) + len(answer.flaws) == filled
    assert kinds == {"answer", "no_rows", "bad_answer"}
    assert not any("6222021234567890128" in one for one in told)
