"""A bank's answer to a payment batch, read back: which orders were paid, and which failed.

Banks name their columns in many ways: `COLUMNS` lists which names are understood, `RESULTS` which
words. Everything else is strict. A row that is not exactly what its order is waiting for is named
with what is wrong, and unless the rest is asked for (`partial`) no row of the file counts.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from ledger.errors import InvalidInputError
from ledger.money import parse_yuan, render_yuan
from ledger.text import Text
from ledger.topics import normalise_reference
from vouchers.claims.payment import CURRENCY, Flaw, refusal
from vouchers.spelling import find_nearest

Result = Literal["paid", "failed", "unknown"]
Field = Literal["order", "result", "reference", "amount", "reason", "currency"]

COLUMNS: Final[Mapping[Field, tuple[str, ...]]] = {
    "order": (
        "指令编号",
        "付款指令",
        "指令号",
        "客户业务编号",
        "企业流水号",
        "order",
        "order_number",
    ),
    "result": ("处理结果", "结果", "交易状态", "处理状态", "状态", "result", "status"),
    "reference": ("银行流水号", "交易流水号", "回单编号", "流水号", "bank_reference", "reference"),
    "amount": ("金额", "金额(元)", "交易金额", "付款金额", "amount", "amount_yuan"),
    "reason": ("失败原因", "原因", "退汇原因", "银行附言", "reason"),
    "currency": ("币种", "货币", "currency"),
}
"""Under which titles each field is understood, whatever the width, case and spaces."""

PASSED_OVER: Final = (
    *("序号", "收款人户名", "收款户名", "户名", "收款账号", "账号", "开户行", "收款行", "用途"),
    *("摘要", "备注", "付款账号", "付款户名", "交易日期", "交易时间", "手续费"),
)
"""Titles of columns that banks send too and that nobody reads."""

RESULTS: Final[Mapping[Result, tuple[str, ...]]] = {
    "paid": ("成功", "交易成功", "付款成功", "处理成功", "已支付", "paid", "success", "s"),
    "failed": (
        *("失败", "交易失败", "付款失败", "处理失败", "退汇", "退票", "拒绝"),
        *("failed", "rejected", "f"),
    ),
    "unknown": (
        *("未知", "处理中", "待处理", "交易可疑", "状态不明"),
        *("unknown", "pending", "processing", "u"),
    ),
}
"""What each word of a bank says."""

_NEEDED: Final[tuple[Field, ...]] = ("order", "result", "amount")
_AMOUNT: Final = re.compile(r"[¥]?([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(\.[0-9]{1,2})?", re.ASCII)
_LONG_NUMBER: Final = re.compile(r"\d(?:[ -]?\d){7,}")
_SHOWN_DIGITS: Final = 4
_SHOWN_LENGTH: Final = 40
_TEXT_LENGTH_MAX: Final = 200
_DIGITS_MAX: Final = 14


class Standing(NamedTuple):
    """An order as the books have it: its claim, its amount, and how it was settled, if it was."""

    claim: str
    amount_fen: int
    settled: Result | None = None


class Answered(NamedTuple):
    """One row of the answer: what became of an order.

    `row` counts from 1 as the file does, the header included.
    """

    row: int
    order: str
    claim: str
    result: Result
    amount_fen: int
    reference: str
    reason: str


class Answer(NamedTuple):
    """What a bank's answer says: rows by result, flawed rows, and orders that it leaves out.

    There are flaws only where a part was asked for.
    """

    paid: tuple[Answered, ...]
    failed: tuple[Answered, ...]
    unknown: tuple[Answered, ...]
    flaws: tuple[Flaw, ...]
    missing: tuple[str, ...]


def read_answer(
    rows: Sequence[Sequence[str]], orders: Mapping[str, Standing], *, partial: bool = False
) -> Answer:
    """Return what a bank's answer says of the orders that were given to it.

    `rows` are the file's, header first; `orders` every order that the books know by its number, and
    `missing` lists those of them that are open and not answered. Raises `InvalidInputError`:
    `no_rows`, and for the header `no_column`, `column_twice`, `unknown_column`; `bad_answer` with
    each row that is wrong, unless the rest is asked for.
    """
    at, columns = _find_columns(rows)
    answered, flaws = list[Answered](), list[Flaw]()
    for number, cells in enumerate(rows[at + 1 :], at + 2):
        if any(cell.strip() for cell in cells):
            found = _read_row(number, _fields(columns, cells), orders)
            if isinstance(found, Flaw):
                flaws.append(found)
            else:
                answered.append(found)
    answered, twice = _once(answered, flaws)
    flaws = sorted([*flaws, *twice])
    if not answered and not flaws:
        raise _refuse("no_rows", Text("回单没有数据行", "the answer has no rows"), _EXPORT_AGAIN)
    if flaws and not partial:
        raise refusal("bad_answer", flaws)
    said = {one.order for one in answered}
    paid, failed, unknown = (
        tuple(one for one in answered if one.result == result) for result in RESULTS
    )
    open_orders = {name for name, one in orders.items() if one.settled is None}
    return Answer(paid, failed, unknown, tuple(flaws), tuple(sorted(open_orders - said)))


# --- the header ---


def _find_columns(rows: Sequence[Sequence[str]]) -> tuple[int, list[Field | None]]:
    """Return where the header stands, the first row that is not blank, and each column's field."""
    at = next((at for at, row in enumerate(rows) if any(map(str.strip, row))), None)
    if at is None:
        raise _refuse("no_rows", Text("回单是空的", "the answer is empty"), _EXPORT_AGAIN)
    columns = list[Field | None]()
    for title in rows[at]:
        field = _field_of(title)
        if field is not None and field in columns:
            what = COLUMNS[field][0]
            raise _refuse(
                "column_twice",
                Text(
                    f"“{show(title)}”与另一列都是{what}",
                    f"{show(title)!r} is a second column of {field}",
                ),
                Text("请只保留其中一列", "leave one of them out"),
            )
        columns.append(field)
    lacking = [field for field in _NEEDED if field not in columns]
    if lacking:
        zh = "、".join(COLUMNS[field][0] for field in lacking)
        raise _refuse(
            "no_column",
            Text(f"回单缺少：{zh}", f"the answer has no column for {', '.join(lacking)}"),
            Text(
                "；".join(
                    f"{COLUMNS[field][0]} 可写作 {'、'.join(COLUMNS[field])}" for field in lacking
                ),
                "; ".join(
                    f"{field} may be titled {', '.join(COLUMNS[field])}" for field in lacking
                ),
            ),
        )
    return at, columns


def _field_of(title: str) -> Field | None:
    """Return which field a column holds, None for one that nobody reads.

    Raises `InvalidInputError` (`unknown_column`) with the nearest known title.
    """
    plain = _plain(title)
    for field, titles in COLUMNS.items():
        if plain in map(_plain, titles):
            return field
    known = (*PASSED_OVER, *(one for titles in COLUMNS.values() for one in titles))
    if not plain or plain in map(_plain, PASSED_OVER):
        return None
    nearest = find_nearest(title.strip(), known)
    raise _refuse(
        "unknown_column",
        Text(f"不认识的列“{show(title)}”", f"no column is called {show(title)!r}"),
        Text(
            f"是否为“{nearest}”？若无关请删去该列" if nearest else "请改用已知列名或删去该列",
            f"did you mean {nearest!r}? else leave the column out"
            if nearest
            else "give it a known title or leave it out",
        ),
    )


# --- a row ---


def _fields(columns: Sequence[Field | None], cells: Sequence[str]) -> dict[Field, str]:
    """Return a row's texts by field; cells that are missing at its end are empty."""
    padded = [*cells, *[""] * (len(columns) - len(cells))]
    fields: dict[Field, str] = dict.fromkeys(COLUMNS, "")
    fields |= {field: cell.strip() for field, cell in zip(columns, padded, strict=False) if field}
    return fields


def _read_row(
    number: int, said: Mapping[Field, str], orders: Mapping[str, Standing]
) -> Answered | Flaw:
    """Return what a row answers, or the first thing that is wrong with it."""
    order, result = said["order"], _result_of(said["result"])
    standing = orders.get(order)
    if standing is None:
        message = Text("没有这笔付款指令", "there is no such order")
        return Flaw(number, show(order) or "–", "unknown_order", message, _CHECK_FILE)
    wrong = _objection(said, standing) or _lacking(result, said)
    if wrong is not None or result is None:
        assert wrong is not None, "a word that says nothing is objected to"
        return Flaw(number, order, *wrong)
    return Answered(
        row=number,
        order=order,
        claim=standing.claim,
        result=result,
        amount_fen=standing.amount_fen,
        reference=said["reference"],
        reason=hide_numbers(said["reason"]),
    )


_Wrong = tuple[str, Text, Text]
"""A flaw before it has a row: its code, what is wrong, what to do."""


def _objection(said: Mapping[Field, str], standing: Standing) -> _Wrong | None:
    """Return why a row is not what its order waits for."""
    if standing.settled is not None:
        message = Text(
            f"该指令已记为{RESULTS[standing.settled][0]}", f"it is settled: {standing.settled}"
        )
        return "order_settled", message, _SETTLED
    if _amount_of(said["amount"]) != standing.amount_fen:
        ordered, shown = render_yuan(standing.amount_fen), show(said["amount"]) or "–"
        message = Text(f"金额 {shown}，指令为 {ordered} 元", f"{shown}, ordered was CNY {ordered}")
        return "amount_differs", message, _CHECK_BANK
    if _plain(said["currency"]) not in _CURRENCIES:
        shown = show(said["currency"])
        return "bad_currency", Text(f"币种为“{shown}”", f"it is in {shown!r}"), _CHECK_BANK
    return None


def _lacking(result: Result | None, said: Mapping[Field, str]) -> _Wrong | None:
    """Return what a row has to say and does not, or says at too great length."""
    if result is None:
        shown = show(said["result"])
        message = Text(f"处理结果“{shown}”不明", f"no result is called {shown!r}")
        return "bad_result", message, _WORDS
    if result == "paid" and not said["reference"]:
        return "no_reference", Text("成功而无银行流水号", "paid without a reference"), _CHECK_BANK
    if result == "failed" and not said["reason"]:
        return "no_reason", Text("失败而无原因", "failed without a reason"), _CHECK_BANK
    texts = said["reference"], said["reason"]
    if all(len(text) <= _TEXT_LENGTH_MAX and text.isprintable() for text in texts):
        return None
    message = Text("流水号或原因过长或含控制字符", "reference or reason is no plain short text")
    return "bad_words", message, _CHECK_FILE


def hide_numbers(text: str) -> str:
    """Return a text in which a number as long as an account's shows its last four digits only.

    A bank may repeat the account in its reason, and a file may hold one where nobody expects it.
    """
    return _LONG_NUMBER.sub(lambda found: f"…{found[0][-_SHOWN_DIGITS:]}", text)


def show(text: str) -> str:
    """Return the beginning of what somebody wrote, as it may stand in a message."""
    return hide_numbers(text)[:_SHOWN_LENGTH]


def _once(
    answered: Sequence[Answered], flaws: Collection[Flaw]
) -> tuple[list[Answered], list[Flaw]]:
    """Return the rows whose order and transfer stand once, and a flaw for each of the others."""
    named = Counter([one.order for one in answered] + [one.order for one in flaws])
    message = Text("同一指令出现多行", "the order stands in several rows")
    twice = [
        Flaw(one.row, one.order, "order_twice", message, _CHECK_BANK)
        for one in answered
        if named[one.order] > 1
    ]
    once = [one for one in answered if named[one.order] == 1]
    used = Counter(normalise_reference(one.reference) for one in once if one.result == "paid")
    for one in once:
        if one.result == "paid" and used[normalise_reference(one.reference)] > 1:
            shown = show(one.reference)
            message = Text(
                f"银行流水号 {shown} 对应多笔付款", f"the reference {shown} is of several payments"
            )
            twice.append(Flaw(one.row, one.order, "reference_twice", message, _CHECK_BANK))
    flawed = {one.row for one in twice}
    return [one for one in once if one.row not in flawed], twice


def _result_of(word: str) -> Result | None:
    """Return what a bank's word says, None for one that is not known."""
    plain = _plain(word)
    return next((result for result, known in RESULTS.items() if plain in known), None)


def _amount_of(text: str) -> int | None:
    """Return the fen of an amount with or without separators, None where it is none."""
    match = _AMOUNT.fullmatch(unicodedata.normalize("NFKC", text))
    if match is None:
        return None
    whole = match[1].replace(",", "").lstrip("0") or "0"
    if len(whole) > _DIGITS_MAX:
        return None
    return parse_yuan(whole + (match[2] or ""))


def _plain(text: str) -> str:
    """Return a text in its plain width, without spaces, in lower case."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


_CURRENCIES: Final = frozenset({"", CURRENCY.casefold(), "rmb", "人民币", "156", "元"})

_EXPORT_AGAIN: Final = Text("请从银行系统重新导出", "export it anew from the bank's system")
_CHECK_FILE: Final = Text("请核对是否为本批次的回单", "check that the file answers this batch")
_CHECK_BANK: Final = Text("请与银行核对该笔", "ask the bank about this payment")
_SETTLED: Final = Text("该行不必再记，可删去", "it is recorded already: leave the row out")
_WORDS: Final = Text(
    f"应为{'、'.join(words[0] for words in RESULTS.values())}或其同义词",
    f"known are {', '.join(RESULTS)} and what banks write for them",
)


def _refuse(code: str, message: Text, step: Text) -> InvalidInputError:
    """Return the refusal of a whole file."""
    return InvalidInputError(code, message, step)
