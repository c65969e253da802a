"""付款批次表: the orders of a payment batch and what became of each, without account numbers."""

from collections.abc import Iterator
from typing import NamedTuple

from ledger.events import ClaimFailed, ClaimOrdered, ClaimPaid
from ledger.order_number import batch_of
from ledger.text import Text
from reports.fund_report import name_of
from reports.snapshot import Snapshot
from reports.statement import (
    Amount,
    Cell,
    Column,
    Number,
    Paragraph,
    Section,
    Signatures,
    Statement,
    Table,
    Words,
    Yuan,
    digest_values,
)

# Any change of words or layout on this statement is a new version.
MAKER = "payment/2"

TITLE = Text("付款批次表", "Payment batch")

_OPEN = Text("在途", "under way")
_PAID = Text("已付", "paid")
_FAILED = Text("失败", "failed")


class Order(NamedTuple):
    """An order of a batch, the enterprise that it pays, and what the bank said of it."""

    data: ClaimOrdered
    enterprise: str
    answer: ClaimPaid | ClaimFailed | None = None


def make_payment_list(snapshot: Snapshot, batch: str, month: str) -> Statement:
    """Return the list of a payment batch, not yet numbered."""
    orders = orders_of(snapshot, batch)
    total_fen = sum(one.data.amount_fen for one in orders)
    paid_fen = sum(one.data.amount_fen for one in orders if isinstance(one.answer, ClaimPaid))
    programme = orders[0].data.programme
    days = sorted({one.data.effective_on for one in orders})
    return Statement(
        kind="payment",
        title=TITLE,
        subject="",
        subject_name=batch,
        period=month,
        facts=(
            (Text("批次", "Batch"), Words(batch)),
            (Text("资金", "Fund"), Words(name_of(snapshot.budget, programme), programme)),
            (Text("下达日期", "Ordered on"), Words("、".join(days))),
            (Text("笔数", "Orders"), Number(str(len(orders)))),
        ),
        sections=(_list(snapshot, orders, total_fen, paid_fen), _stamps()),
        total_fen=total_fen,
        values_sha256=digest_values(
            batch,
            [(one.data.order, one.enterprise, one.data.amount_fen, *_said(one)) for one in orders],
        ),
        maker=MAKER,
        about=batch,
    )


def orders_of(snapshot: Snapshot, batch: str | None = None) -> list[Order]:
    """Return the orders of a batch, or all, by their numbers."""
    found: dict[str, Order] = {}
    for data, enterprise in snapshot.budget:
        if isinstance(data, ClaimOrdered) and batch in (None, batch_of(data.order)):
            found[data.order] = Order(data, enterprise)
        elif isinstance(data, ClaimPaid | ClaimFailed) and data.order in found:
            found[data.order] = found[data.order]._replace(answer=data)
    return [found[one] for one in sorted(found)]


def batches_in(snapshot: Snapshot, month: str) -> list[str]:
    """Return the batches whose first order was given in a month."""
    first: dict[str, str] = {}
    for one in orders_of(snapshot):
        batch, day = batch_of(one.data.order), one.data.effective_on
        first[batch] = min(day, first.get(batch, day))
    return sorted(batch for batch, day in first.items() if day[:7] == month)


def _said(one: Order) -> tuple[str | None, ...]:
    """Return what the bank said of an order: paid or not, its reference, the reason, the day."""
    match one.answer:
        case ClaimPaid() as paid:
            return "paid", paid.bank_reference, None, paid.effective_on
        case ClaimFailed() as failed:
            return "failed", failed.bank_reference, failed.reason, failed.effective_on
        case _:
            return ("open",)


def _list(snapshot: Snapshot, orders: list[Order], total_fen: int, paid_fen: int) -> Section:
    """Return the orders, their sum, and what of it was paid."""
    columns = (
        Column(Text("指令编号", "Order"), 20),
        Column(Text("申请", "Claim"), 15),
        Column(Text("收款企业", "Payee"), 23),
        Column(Text("金额（元）", "CNY"), 15, figures=True),
        Column(Text("结果", "Outcome"), 10),
        Column(Text("银行流水号或原因", "Reference, or why not"), 17),
    )
    total: tuple[Cell, ...] = (
        Words("合计", "Total"),
        Words(""),
        Words(""),
        Yuan(total_fen),
        Words(""),
        Words(""),
    )
    rows = tuple(_rows(snapshot, orders))
    blocks = (
        Table(columns, rows, total),
        Amount(Text("批次合计", "The batch in all"), total_fen),
        Amount(Text("其中已付", "Of it paid"), paid_fen),
    )
    return Section(Text("付款明细", "Orders"), blocks)


def _rows(snapshot: Snapshot, orders: list[Order]) -> Iterator[tuple[Cell, ...]]:
    """Yield the row of each order."""
    for one in orders:
        outcome, note = _OPEN, "—"
        if isinstance(one.answer, ClaimPaid):
            outcome, note = _PAID, one.answer.bank_reference
        elif isinstance(one.answer, ClaimFailed):
            outcome, note = _FAILED, one.answer.reason
        yield (
            Words(one.data.order),
            Words(one.data.claim),
            Words(snapshot.book.account(one.enterprise).name),
            Yuan(one.data.amount_fen),
            Words(outcome.zh, outcome.en),
            Words(note),
        )


def _stamps() -> Section:
    """Return what the list leaves out, and room for the stamps."""
    how = Text(
        "收款账户为个人及企业敏感信息，不列于本表；银行文件由财政另行导出。",
        "Account numbers are left out; finance exports the bank's file by itself.",
    )
    parties = (
        (Text("经办", "Prepared by"), "—"),
        (Text("财政部门", "Finance"), "—"),
    )
    return Section(Text("签章", "Stamps"), (Paragraph(how), Signatures(parties)))
