"""Invoices and payments on a compute statement, with what took them back, up to a month's end."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ledger.events import InvoiceRecorded, InvoiceReversed, PaymentRecorded, PaymentReversed
from ledger.money import render_yuan
from ledger.text import Text
from reports.statement import Block, Cell, Column, Paragraph, Section, Table, Words, Yuan
from vouchers.book import Account

_Paper = InvoiceRecorded | InvoiceReversed | PaymentRecorded | PaymentReversed


class Papers(NamedTuple):
    """Invoices and payments dated up to a month's end, and what took them back by then."""

    invoices: list[InvoiceRecorded]
    payments: list[PaymentRecorded]
    red: list[InvoiceReversed]
    back: list[PaymentReversed]


def papers_of(account: Account, month: str) -> Papers:
    """Return an enterprise's papers up to a month, each as corrected."""
    return Papers(
        [one for one in account.invoices.values() if one.issued_on[:7] <= month],
        [one for one in account.payments.values() if one.paid_on[:7] <= month],
        [one for one in account.red_invoices.values() if one.issued_on[:7] <= month],
        [one for one in account.payments_back.values() if one.reversed_on[:7] <= month],
    )


def billing(account: Account, month: str) -> Section:
    """Return what was invoiced and paid in the month, and what is open at its end."""
    heading = Text("开票与付款", "Invoices and payments")
    papers = papers_of(account, month)
    invoiced_fen = _sum(papers.invoices) - _sum(papers.red)
    paid_fen = _sum(papers.payments) - _sum(papers.back)
    invoiced, paid = render_yuan(invoiced_fen), render_yuan(paid_fen)
    left = render_yuan(invoiced_fen - paid_fen)
    standing = Text(
        f"截至本期末，累计开票 {invoiced} 元，累计付款 {paid} 元，差额 {left} 元。"
        "创新券为事后补助，不在本单抵扣。",
        f"By the period's end CNY {invoiced} was invoiced in all and {paid} paid; the difference is"
        f" {left}. Vouchers are refunded afterwards and not offset here.",
    )
    blocks: list[Block] = [Paragraph(standing)]
    rows = tuple(row for day, row in _billing_rows(papers) if day[:7] == month)
    if rows:
        columns = (
            Column(Text("凭证", "Document"), 12),
            Column(Text("日期", "Date"), 12),
            Column(Text("发票号码", "Invoice"), 24),
            Column(Text("服务期间或付款编号", "Service, or payment no."), 32),
            Column(Text("金额（元）", "CNY, tax included"), 20, figures=True),
        )
        blocks.append(Table(columns, rows))
    return Section(heading, tuple(blocks))


def _sum(papers: Iterable[_Paper]) -> int:
    """Return what papers come to, in fen."""
    return sum(one.amount_fen for one in papers)


def _billing_rows(papers: Papers) -> Iterator[tuple[str, tuple[Cell, ...]]]:
    """Yield day and row of the invoices, red invoices, payments and payments back, each by day."""
    for invoice in sorted(papers.invoices, key=lambda one: (one.issued_on, one.invoice)):
        service = f"{invoice.service_from} 至 {invoice.service_to}"
        said = (Words(invoice.invoice), Words(service), Yuan(invoice.amount_fen))
        yield invoice.issued_on, (Words("开票", "Invoice"), Words(invoice.issued_on), *said)
    for red in sorted(papers.red, key=lambda one: (one.issued_on, one.red_invoice)):
        said = (Words(red.red_invoice), Words(f"冲红 {red.invoice}"), Yuan(-red.amount_fen))
        yield red.issued_on, (Words("红字", "Red"), Words(red.issued_on), *said)
    invoice_of = {one.payment: one.invoice for one in papers.payments}
    for payment in sorted(papers.payments, key=lambda one: (one.paid_on, one.payment)):
        said = (Words(payment.invoice), Words(payment.payment), Yuan(payment.amount_fen))
        yield payment.paid_on, (Words("付款", "Payment"), Words(payment.paid_on), *said)
    for back in sorted(papers.back, key=lambda one: (one.reversed_on, one.reversal)):
        number = invoice_of.get(back.payment, "—")
        said = (Words(number), Words(f"退 {back.payment}"), Yuan(-back.amount_fen))
        yield back.reversed_on, (Words("退款", "Back"), Words(back.reversed_on), *said)
