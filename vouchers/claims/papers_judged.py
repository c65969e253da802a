"""Papers beside what the book has: which are new, what cannot be, and what somebody should look at.

What contradicts itself or the book is refused with its place, and then nothing of the file counts.
What only rests on something that is not there yet is taken in with a warning: facts do not wait.
"""

from collections.abc import Callable, Collection, Container, Iterator, Sequence
from functools import singledispatch
from typing import Any, Final, NamedTuple

import msgspec

from ledger.credit_codes import NONE, codes_of, require_code
from ledger.errors import InvalidInputError, LedgerError, RuleViolationError
from ledger.events import (
    ContractAmended,
    ContractRegistered,
    Data,
    DeclarationFiled,
    EnterpriseRegistered,
    FactReported,
    FundingReported,
    InvoiceCorrected,
    InvoiceRecorded,
    InvoiceReversed,
    PaperData,
    PaymentCorrected,
    PaymentRecorded,
    PaymentReversed,
    QualificationRevoked,
)
from ledger.money import render_yuan
from ledger.text import Text
from vouchers.book import Account, Book
from vouchers.claims.papers_file import Paper, with_place
from vouchers.contract_terms import is_applicable
from vouchers.names import QUALIFICATIONS, call
from vouchers.net import returned_by_payment, reversed_by_invoice


class Notice(NamedTuple):
    """What somebody should look at: a code, the place in the file, and in words."""

    code: str
    path: str
    message: Text
    next_step: Text


class Judged(NamedTuple):
    """The papers of a file that are new, how many the book has already, and what to look at."""

    fresh: list[Paper]
    known: int
    notices: list[Notice]


_Remark = tuple[str, Text, Text]


def judge_papers(  # noqa: PLR0913 - what the book says, what the file says, and the day
    book: Book,
    code: str,
    papers: Sequence[Paper],
    known: Collection[str],
    today: str,
    *,
    accepted: Container[str] = NONE,
) -> Judged:
    """Return what is new of an enterprise's papers, each judged after those before it.

    `known` are the names of the papers that the book has, `accepted` credit codes that need not
    fit; `book` takes in the new papers. Raises `InvalidInputError` and `RuleViolationError` with
    the place, the value and the next step: `credit_code_check`, `future_date`, `wrong_order`,
    `unknown_paper`, `contract_taken`, `paper_differs`, `over_taken`.
    """
    with_place("enterprise.credit_code", require_code, code, accepted)
    judged, names = Judged([], 0, []), set(known)
    for paper in papers:
        account = book.account(code)
        stored = _find(paper.data, account)
        is_said = stored is not None and _content(stored) == _content(paper.data)
        is_known = is_said or paper.name in names
        try:
            for named in codes_of(paper.data):
                require_code(named, accepted)
            if is_known:
                remarks = [] if is_said or stored is None else [_SUPERSEDED]
            else:
                remarks = list(_judge(paper.data, stored, account, today))
        except LedgerError as error:
            raise type(error)(
                error.code, _at(paper.path, error.message), error.next_step, error.place
            ) from None
        for remark, message, next_step in remarks:
            judged.notices.append(Notice(remark, paper.path, _at(paper.path, message), next_step))
        names.add(paper.name)
        if is_known:
            judged = judged._replace(known=judged.known + 1)
        else:
            judged.fresh.append(paper)
            book.take(paper.data, code)
    return judged


def _judge(
    data: PaperData, stored: PaperData | None, account: Account, today: str
) -> Iterator[_Remark]:
    """Yield what is to be looked at in a new paper; raise what cannot be."""
    _refuse_future(data, today)
    if stored is not None and type(data) in _NUMBERED:
        _refuse_differing(data, stored)
    yield from _check(data, account)


def _at(path: str, said: Text) -> Text:
    return Text(f"{path}：{said.zh}", f"{path}: {said.en}")


# --- what the book says already ---

_SUPERSEDED: Final[_Remark] = (
    "superseded",
    Text("此项曾经录入，其后已被替换，不再重录", "recorded before, and replaced since"),
    Text(
        "若又要以此为准，请附新的依据 document_sha256",
        "to let it count again, name a new document in document_sha256",
    ),
)

_CORRECT: Final = Text("录入有误请写入 corrections", "put what is right into corrections")

_NUMBERED: Final[dict[type[Data], tuple[str, Text]]] = {
    ContractRegistered: (
        "contract",
        Text("合同变更请写入 amendments", "say in amendments what has changed"),
    ),
    ContractAmended: (
        "amendment",
        Text("再次变更请另编号", "give another change another number"),
    ),
    InvoiceRecorded: ("invoice", _CORRECT),
    PaymentRecorded: ("payment", _CORRECT),
    InvoiceReversed: (
        "red_invoice",
        Text("请核对红字发票号码", "check the number of the red invoice"),
    ),
    PaymentReversed: (
        "reversal",
        Text("请核对退款编号", "check the number of the reversal"),
    ),
}
"""Papers of which each number is one paper for ever, and how something else is said."""


_FIND: Final[dict[type[Data], Callable[[Any, Account], PaperData | None]]] = {
    EnterpriseRegistered: lambda _, account: account.registered,
    FactReported: lambda data, account: account.facts.get((data.name, data.year)),
    DeclarationFiled: lambda data, account: account.declarations.get(data.year),
    FundingReported: lambda data, account: account.funding.get(
        (data.scope, data.ref, data.level, data.year)
    ),
    ContractRegistered: lambda data, account: account.signed.get(data.contract),
    ContractAmended: lambda data, account: account.amendments.get(data.contract, {}).get(
        data.amendment
    ),
    InvoiceRecorded: lambda data, account: account.invoices_recorded.get(data.invoice),
    InvoiceCorrected: lambda data, account: account.invoice_corrections.get(data.invoice),
    InvoiceReversed: lambda data, account: account.red_invoices.get(data.red_invoice),
    PaymentRecorded: lambda data, account: account.payments_recorded.get(data.payment),
    PaymentCorrected: lambda data, account: account.payment_corrections.get(data.payment),
    PaymentReversed: lambda data, account: account.payments_back.get(data.reversal),
}
"""What the book says under a paper's number, or of the same thing."""


def _find(data: PaperData, account: Account) -> PaperData | None:
    """Return what the book says of the same, None where it has nothing or keeps all it is told."""
    find = _FIND.get(type(data))
    return None if find is None else find(data, account)


def _content(data: PaperData) -> PaperData:
    """Return what a paper says, whoever entered it."""
    return msgspec.structs.replace(data, recorded_by=None)


def _refuse_differing(data: PaperData, stored: PaperData) -> None:
    """Raise where the book says something else of a paper; what it leaves open may be added."""
    number, mend = _NUMBERED[type(data)]
    names = (name for name in data.__struct_fields__ if name != "recorded_by")
    told = {name: getattr(stored, name) for name in names}
    differing = [
        name for name, said in told.items() if said is not None and said != getattr(data, name)
    ]
    if not differing:
        return
    shown = getattr(data, number)
    if isinstance(data, ContractRegistered) and "provider" in differing:
        raise RuleViolationError(
            "contract_taken",
            Text(
                f"合同编号 {shown} 已用于供方 {told['provider']}，本次为 {data.provider}",
                f"{shown} is a contract with {told['provider']}, not {data.provider}",
            ),
            Text("请核对合同编号与供方", "check the contract's number and its provider"),
        )
    said = ", ".join(f"{name} {told[name]!s}"[:80] for name in differing)
    raise RuleViolationError(
        "paper_differs",
        Text(f"{shown} 已录入而内容不同，账簿为：{said}", f"{shown} is recorded with {said}"),
        mend,
    )


_DAYS: Final = ("signed_on", "issued_on", "paid_on", "reversed_on")


def _refuse_future(data: PaperData, today: str) -> None:
    """Raise for a paper of a day that has not come."""
    for name in _DAYS:
        day = getattr(data, name, None)
        if day is not None and day > today:
            raise InvalidInputError(
                "future_date",
                Text(
                    f"{name} 为 {day}，晚于今天 {today}", f"{name} is {day}, after today, {today}"
                ),
                Text("请核对日期", "check the date"),
                name,
            )


def _wrong_order(message: Text) -> InvalidInputError:
    return InvalidInputError("wrong_order", message, Text("请核对日期", "check the dates"))


def _unknown(noun: Text, number: str) -> _Remark:
    """Return that a paper rests on another one that the book does not have yet."""
    return (
        "unknown_paper",
        Text(f"账簿中还没有{noun.zh} {number}", f"the book has no {noun.en} {number} yet"),
        Text(f"请核对编号，或补录该{noun.zh}", f"check the number, or add the {noun.en}"),
    )


_CONTRACT: Final = Text("合同", "contract")
_INVOICE: Final = Text("发票", "invoice")
_PAYMENT: Final = Text("付款", "payment")


def _refuse_over(noun: Text, number: str, taken_fen: int, whole_fen: int) -> None:
    """Raise where more is taken back of a paper than it has."""
    if taken_fen > whole_fen:
        taken, whole = render_yuan(taken_fen), render_yuan(whole_fen)
        raise RuleViolationError(
            "over_taken",
            Text(
                f"{noun.zh} {number} 共 {whole} 元，累计冲回将达 {taken} 元",
                f"the {noun.en} {number} is of CNY {whole}, and {taken} would be taken back",
            ),
            Text("请核对金额与已有的冲回（suanquan paper list）", "see suanquan paper list"),
        )


# --- kind by kind ---


@singledispatch
def _check(_data: Data, _account: Account) -> Iterator[_Remark]:
    """Yield nothing for what rests on no other paper."""
    return iter(())


@_check.register
def _(data: QualificationRevoked, account: Account) -> Iterator[_Remark]:
    if not any(
        one.kind == data.kind and data.number in {None, one.number}
        for one in account.qualifications
    ):
        yield _unknown(call(QUALIFICATIONS, data.kind), data.number or "")


@_check.register
def _(data: ContractAmended, account: Account) -> Iterator[_Remark]:
    contract = account.contracts.get(data.contract)
    if contract is None:
        yield _unknown(_CONTRACT, data.contract)
    elif data.effective_on < contract.signed_on or not is_applicable(contract, data):
        raise _wrong_order(
            Text(
                f"补充协议自 {data.effective_on} 生效，服务至 {data.service_to or '—'}；合同签订于"
                f" {contract.signed_on}，服务自 {contract.service_from} 起",
                f"the amendment is from {data.effective_on}, its service to"
                f" {data.service_to or '—'}; the contract was signed {contract.signed_on} and"
                f" serves from {contract.service_from}",
            )
        )


@_check.register
def _(data: InvoiceRecorded, account: Account) -> Iterator[_Remark]:
    yield from _check_invoice(data, account)


@_check.register
def _(data: InvoiceCorrected, account: Account) -> Iterator[_Remark]:
    _require(_INVOICE, data.invoice, account.invoices)
    yield from _check_invoice(data, account)


def _check_invoice(data: InvoiceRecorded | InvoiceCorrected, account: Account) -> Iterator[_Remark]:
    """Yield what an invoice lacks; raise where more of it was taken back than it has."""
    taken_fen, _ = reversed_by_invoice(account).get(data.invoice, (0, 0))
    _refuse_over(_INVOICE, data.invoice, taken_fen, data.amount_fen)
    contract = account.contracts.get(data.contract)
    if contract is None:
        yield _unknown(_CONTRACT, data.contract)
    elif data.issued_on < contract.signed_on:
        yield (
            "invoiced_before_contract",
            Text(
                f"开票日 {data.issued_on} 早于合同签订日 {contract.signed_on}",
                f"issued {data.issued_on}, before the contract was signed {contract.signed_on}",
            ),
            Text("请核对两个日期", "check both dates"),
        )


@_check.register
def _(data: PaymentRecorded, account: Account) -> Iterator[_Remark]:
    yield from _check_payment(data, account)


@_check.register
def _(data: PaymentCorrected, account: Account) -> Iterator[_Remark]:
    _require(_PAYMENT, data.payment, account.payments)
    yield from _check_payment(data, account)


def _check_payment(data: PaymentRecorded | PaymentCorrected, account: Account) -> Iterator[_Remark]:
    """Yield what a payment lacks; raise where it was made before its contract was signed."""
    taken_fen = returned_by_payment(account).get(data.payment, 0)
    _refuse_over(_PAYMENT, data.payment, taken_fen, data.amount_fen)
    invoice = account.invoices.get(data.invoice)
    if invoice is None:
        yield _unknown(_INVOICE, data.invoice)
        return
    contract = account.contracts.get(invoice.contract)
    if contract is not None and data.paid_on < contract.signed_on:
        raise _wrong_order(
            Text(
                f"付款日 {data.paid_on} 早于合同 {contract.contract} 签订日 {contract.signed_on}",
                f"paid {data.paid_on}, before the contract {contract.contract} was signed on"
                f" {contract.signed_on}",
            )
        )


def _require(noun: Text, number: str, there: Collection[str]) -> None:
    """Raise where there is nothing to correct."""
    if number not in there:
        code, message, next_step = _unknown(noun, number)
        raise InvalidInputError(code, message, next_step)


@_check.register
def _(data: InvoiceReversed, account: Account) -> Iterator[_Remark]:
    invoice = account.invoices.get(data.invoice)
    if invoice is None:
        yield _unknown(_INVOICE, data.invoice)
        return
    if data.issued_on < invoice.issued_on:
        raise _wrong_order(
            Text(
                f"红字发票开于 {data.issued_on}，早于蓝字发票 {invoice.issued_on}",
                f"issued {data.issued_on}, before the invoice that it takes back,"
                f" {invoice.issued_on}",
            )
        )
    before_fen, _ = reversed_by_invoice(account).get(data.invoice, (0, 0))
    _refuse_over(_INVOICE, data.invoice, before_fen + data.amount_fen, invoice.amount_fen)


@_check.register
def _(data: PaymentReversed, account: Account) -> Iterator[_Remark]:
    payment = account.payments.get(data.payment)
    if payment is None:
        yield _unknown(_PAYMENT, data.payment)
        return
    if data.reversed_on < payment.paid_on:
        raise _wrong_order(
            Text(
                f"退款日 {data.reversed_on} 早于付款日 {payment.paid_on}",
                f"came back {data.reversed_on}, before it was paid {payment.paid_on}",
            )
        )
    before_fen = returned_by_payment(account).get(data.payment, 0)
    _refuse_over(_PAYMENT, data.payment, before_fen + data.amount_fen, payment.amount_fen)
