"""What was spent on a purchase, in fen: a span while facts about it are missing.

The span's low end takes every unknown against the enterprise, its high end for it. Payments count
up to and including the day of application.
"""

from datetime import date
from fractions import Fraction
from typing import Final, NamedTuple

from ledger.money import FEN_MAX, round_down
from ledger.text import Text
from vouchers.case import Purchase
from vouchers.condition import Application
from vouchers.decision import Reason, missing_fact
from vouchers.programme import Version

_FACTS: Final = {
    "invoiced_fen": Text("发票价税合计金额", "the amount invoiced"),
    "tax_fen": Text("发票税额", "the tax invoiced"),
    "resource_kind": Text("资源类别", "the kind of resource"),
    "signed_on": Text("合同签订日期", "the day of signing"),
    "completed_on": Text("服务完成日期", "the day of completion"),
    "project": Text("所属研发项目", "the R&D project"),
    "contract": Text("合同编号", "the contract"),
}


class Span(NamedTuple):
    """The lowest and the highest amount in fen that the facts allow, both included."""

    low: int
    high: int


class Line(NamedTuple):
    """A purchase at its position in the case, counted from zero."""

    position: int
    purchase: Purchase

    def path(self, key: str) -> str:
        """Return the path of one of its facts."""
        return f"purchases[{self.position}].{key}"

    def name(self) -> Text:
        """Return what people call it: its position counted from one, and its contract."""
        zh, en = f"第 {self.position + 1} 项采购", f"purchase {self.position + 1}"
        contract = self.purchase.contract
        return Text(f"{zh}（合同 {contract}）", f"{en} ({contract})") if contract else Text(zh, en)


def measure(
    version: Version, application: Application, line: Line
) -> tuple[Span, tuple[Reason, ...]]:
    """Return the base of a purchase under a version, and the facts that would make it exact."""
    clause, purchase = version.base.clause, line.purchase
    missing: list[Reason] = []
    if version.base.value == "invoiced":
        amount = _known(purchase.invoiced_fen)
        if purchase.invoiced_fen is None:
            missing.append(ask(line, "invoiced_fen", clause))
    else:
        since = date(application.year, 1, 1) if version.base.value == "paid_in_year" else date.min
        amount = sum_creditable(purchase, since, application.applied_on)
        if amount.low != amount.high:
            missing.extend(ask_for_payments(line, clause))
    if version.tax.value == "included":
        return amount, tuple(missing)
    unknown = [key for key in ("invoiced_fen", "tax_fen") if getattr(purchase, key) is None]
    asked = [ask(line, key, version.tax.clause) for key in unknown]
    return _without_tax(purchase, amount), (*missing, *asked)


def sum_paid(purchase: Purchase, since: date, until: date) -> Span:
    """Return what was paid between two days, both included."""
    if purchase.payments is None:
        return Span(0, FEN_MAX)
    low = high = 0
    for payment in purchase.payments:
        amount = _known(payment.amount_fen)
        if payment.paid_on is None:
            high += amount.high
        elif since <= payment.paid_on <= until:
            low += amount.low
            high += amount.high
    return Span(low, high)


def sum_creditable(purchase: Purchase, since: date, until: date) -> Span:
    """Return what was paid between two days, no more than was invoiced: the rest is no price."""
    paid, invoiced_fen = sum_paid(purchase, since, until), purchase.invoiced_fen
    if invoiced_fen is None:
        return paid
    return Span(min(paid.low, invoiced_fen), min(paid.high, invoiced_fen))


def paid_in_full_on(purchase: Purchase) -> date | None:
    """Return the day on which the payments first reached the invoice, None when they have not.

    Invoice and payments must be known. That day, unlike the last payment's, cannot be moved into
    another year by paying one fen more.
    """
    assert purchase.invoiced_fen is not None, purchase
    days = sorted({one.paid_on for one in purchase.payments or () if one.paid_on is not None})
    for day in days:
        if sum_paid(purchase, date.min, day).low >= purchase.invoiced_fen:
            return day
    return None


def ask(line: Line, key: str, clause: Text) -> Reason:
    """Return the reason that asks for one fact of a purchase."""
    return missing_fact(line.path(key), _FACTS[key], clause)


def ask_for_payments(line: Line, clause: Text) -> list[Reason]:
    """Return the reasons that ask for what is missing about the payments, none when complete."""
    what, payments = Text("付款记录", "a fact about the payments"), line.purchase.payments
    if payments is None:
        return [missing_fact(line.path("payments"), what, clause)]
    return [
        missing_fact(f"{line.path('payments')}[{i}].{key}", what, clause)
        for i, payment in enumerate(payments)
        for key in ("paid_on", "amount_fen")
        if getattr(payment, key) is None
    ]


def _known(amount_fen: int | None) -> Span:
    return Span(0, FEN_MAX) if amount_fen is None else Span(amount_fen, amount_fen)


def _without_tax(purchase: Purchase, amount: Span) -> Span:
    """Return the share of an amount that is not tax, rounded down to the fen."""
    invoiced_fen, tax_fen = purchase.invoiced_fen, purchase.tax_fen
    if invoiced_fen is None or tax_fen is None:
        return Span(0, amount.high)
    share = Fraction(invoiced_fen - tax_fen, invoiced_fen) if invoiced_fen else Fraction(0)
    return Span(round_down(amount.low * share), round_down(amount.high * share))
