"""Events that change what papers said: amended contracts, red invoices, payments that came back.

A correction says that our record was wrong; an amendment or a reversal is a paper of its own and
counts from its day. Nothing is edited: each names what it changes.
"""

from typing import ClassVar

from ledger.errors import InvalidInputError
from ledger.events.data import check_amount, check_dates, check_fen, check_words, check_year
from ledger.events.papers import (
    DocumentedData,
    InvoiceData,
    PaymentData,
    PriceLine,
    check_tax,
)
from ledger.identifiers import parse_invoice_number
from ledger.text import Text


class InvoiceCorrected(InvoiceData, frozen=True, kw_only=True):
    """Our record of an invoice was wrong: what is right, in full, and why.

    It counts whatever is recorded of the invoice before or after it; a later correction replaces
    it. An amount of zero says that there is no such invoice.
    """

    type: ClassVar[str] = "cn.suanquan.invoice.corrected.v1"

    reason: str

    def __post_init__(self) -> None:
        """Check the invoice and the reason."""
        super().__post_init__()
        check_words(reason=self.reason)


class PaymentCorrected(PaymentData, frozen=True, kw_only=True):
    """Our record of a payment was wrong: what is right, in full, and why; as for an invoice."""

    type: ClassVar[str] = "cn.suanquan.payment.corrected.v1"

    reason: str

    def __post_init__(self) -> None:
        """Check the payment and the reason."""
        super().__post_init__()
        check_words(reason=self.reason)


class InvoiceReversed(DocumentedData, frozen=True, kw_only=True):
    """A red invoice (红字发票): a number of its own, and what it takes back of another invoice.

    Amounts are positive, tax included; they count from the day on which it was issued.
    """

    type: ClassVar[str] = "cn.suanquan.invoice.reversed.v1"

    red_invoice: str
    invoice: str
    issued_on: str
    amount_fen: int
    tax_fen: int
    net_fen: int | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        """Check both numbers, the day, the money and the reason."""
        super().__post_init__()
        for number in (self.red_invoice, self.invoice):
            parse_invoice_number(number)
        if self.red_invoice == self.invoice:
            raise InvalidInputError(
                "reverses_itself",
                Text(
                    f"红字发票 {self.invoice} 与被冲红的发票同号",
                    f"the red invoice {self.invoice} has the number of the one it reverses",
                ),
                Text("请填写被冲红的蓝字发票号码", "name the invoice that it takes back"),
            )
        check_dates(issued_on=self.issued_on)
        check_amount(self.amount_fen, "amount_fen")
        check_tax(self.amount_fen, self.tax_fen, self.net_fen)
        check_words(reason=self.reason)


class PaymentReversed(DocumentedData, frozen=True, kw_only=True):
    """Money of a payment came back, all of it or a part; it counts from that day.

    `reversal` is its own number, such as the bank's reference; `invoice` is what was paid.
    """

    type: ClassVar[str] = "cn.suanquan.payment.reversed.v1"

    reversal: str
    payment: str
    invoice: str
    reversed_on: str
    amount_fen: int
    reason: str

    def __post_init__(self) -> None:
        """Check the invoice, the day, the money and the reason."""
        super().__post_init__()
        parse_invoice_number(self.invoice)
        check_dates(reversed_on=self.reversed_on)
        check_amount(self.amount_fen, "amount_fen")
        check_words(reason=self.reason)


class ContractAmended(DocumentedData, frozen=True, kw_only=True):
    """A contract says something else from a day on: what is given; the rest stays as it was.

    Prices replace those of their resources from that day. `amendment` is its own number.
    """

    type: ClassVar[str] = "cn.suanquan.contract.amended.v1"

    amendment: str
    contract: str
    effective_on: str
    service_to: str | None = None
    amount_fen: int | None = None
    prices: tuple[PriceLine, ...] = ()
    reason: str | None = None

    def __post_init__(self) -> None:
        """Check days and money, that something changes, and that no price holds before its day."""
        super().__post_init__()
        check_dates(effective_on=self.effective_on, service_to=self.service_to)
        check_year(int(self.effective_on[:4]))
        check_fen(self.amount_fen or 0, "amount_fen")
        check_words(reason=self.reason)
        if self.service_to is None and self.amount_fen is None and not self.prices:
            raise InvalidInputError(
                "nothing_amended",
                Text(
                    f"补充协议 {self.amendment} 未改变任何内容",
                    f"the amendment {self.amendment} changes nothing",
                ),
                Text(
                    "请给出 prices、service_to、amount_fen 之一",
                    "give prices, service_to or amount_fen",
                ),
            )
        for line in self.prices:
            if min(line.valid_from or "9", line.valid_to or "9") < self.effective_on:
                raise InvalidInputError(
                    "price_too_early",
                    Text(
                        f"{line.resource} 的新单价早于生效日 {self.effective_on}",
                        f"a new price of {line.resource} begins or ends before"
                        f" {self.effective_on}, when the amendment does",
                    ),
                    Text("请核对单价的起止日期", "check the days of the price"),
                )
