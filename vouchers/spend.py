"""The base of a purchase: what counts of it, in fen, and how it was arrived at.

A span while facts are missing. Payments count up to and including the day of application.
"""

from datetime import date
from fractions import Fraction
from typing import Final

from msgspec import Struct

from ledger.money import round_down
from ledger.text import Text
from vouchers.amounts import Apportion, Base, Lowest
from vouchers.application import Application, Line
from vouchers.cited import Cited
from vouchers.decision import Finding, Operation, Reason, missing_fact, refused
from vouchers.names import BASES
from vouchers.payments import NOTHING_KNOWN, Span, known, sum_creditable
from vouchers.programme import Version

_FACTS: Final = {
    "invoiced_fen": Text("发票价税合计金额", "the amount invoiced"),
    "tax_fen": Text("发票税额", "the tax invoiced"),
    "contract_fen": Text("合同金额", "the amount of the contract"),
    "approved_fen": Text("核定合同金额", "the amount approved of the contract"),
    "settled_fen": Text("结算金额", "the amount settled"),
    "metered_fen": Text("平台计量金额", "the amount metered"),
    "resource_kind": Text("资源类别", "the kind of resource"),
    "signed_on": Text("合同签订日期", "the day of signing"),
    "completed_on": Text("服务完成日期", "the day of completion"),
    "service_from": Text("服务开始日期", "the first day of the service"),
    "service_to": Text("服务结束日期", "the last day of the service"),
    "invoiced_on": Text("开票日期", "the day of the invoice"),
    "provider": Text("服务机构", "the provider"),
    "contract": Text("合同编号", "the contract"),
    "project": Text("所属研发项目", "the R&D project"),
}

_OF_PAYMENTS: Final = Text("付款记录", "a fact about the payments")

# The fact that each base is read from; payments are summed.
_READ_FROM: Final[dict[Base, str]] = {
    "invoiced": "invoiced_fen",
    "contract": "contract_fen",
    "approved_contract": "approved_fen",
    "settled": "settled_fen",
    "metered": "metered_fen",
}

OF_CONTRACT: Final = frozenset({"contract", "approved_contract"})
"""The bases that are of the contract, and no fact of one invoice."""

_SHARE: Final = Text("该发票占合同发票合计的比例", "the invoice's share of the contract's invoices")
_OF_INVOICE: Final = Text("属于该发票的合同金额", "of the contract, what belongs to the invoice")
_LOWER: Final = Text("取较低者", "the lower of the two")
_NET: Final = Text("不含税比例", "the share that is not tax")
_WITHOUT_TAX: Final = Text("扣除税额", "without tax")
_DAYS: Final = Text("属于本年度的服务天数比例", "the share of its days that are in the year")
_IN_YEAR: Final = Text("按天数分摊", "apportioned by days")
_CUT: Final = Text("审核核减", "cut by the reviewer")
_AFTER_CUT: Final = Text("核减后", "after the cut")


class Link(Struct, frozen=True, gc=False):
    """One operation on a purchase's base: with which operand, both as they are called."""

    label: Text
    operand_label: Text
    operation: Operation
    operand: int | Fraction
    cited: Cited[object]
    unit_fen: int = 0


class Measured(Struct, frozen=True, gc=False):
    """A purchase's base: the span, the first amount, the operations on it, and what is missing."""

    span: Span
    first: Base
    first_fen: int
    links: tuple[Link, ...] = ()
    missing: tuple[Reason, ...] = ()

    @property
    def exact(self) -> bool:
        """Return whether the base is known to the fen."""
        return self.span.low == self.span.high


def measure(version: Version, application: Application, line: Line) -> Measured:
    """Return the base of a purchase under a version, and the facts that would make it exact."""
    gross = _gross(version.base, application, line)
    cut_fen = line.purchase.cut_fen
    if version.tax.value == "included" and version.apportion is None and not cut_fen:
        return gross
    span, links, asked = gross.span, [*gross.links], [*gross.missing]
    if version.tax.value == "excluded":
        span, more, unknown = _without_tax(version.tax, line, span)
        links += more
        asked += unknown
    if version.apportion is not None:
        span, more, unknown = _apportioned(version.apportion, application.year, line, span)
        links += more
        asked += unknown
    if cut_fen:
        span = Span(max(span.low - cut_fen, 0), max(span.high - cut_fen, 0))
        links.append(Link(_AFTER_CUT, _CUT, "minus", cut_fen, version.base))
    return Measured(span, gross.first, gross.first_fen, tuple(links), tuple(asked))


def ask(line: Line, key: str, clause: Text) -> Reason:
    """Return the reason that asks for one fact of a purchase."""
    return missing_fact(line.path(key), _FACTS[key], clause)


def ask_for_payments(line: Line, clause: Text) -> list[Reason]:
    """Return the reasons that ask for what is missing about the payments, none when complete."""
    payments = line.purchase.payments
    if payments is None:
        return [missing_fact(line.path("payments"), _OF_PAYMENTS, clause)]
    missing = []
    for i, payment in enumerate(payments):
        if payment.paid_on is None:
            missing.append(f"{line.path('payments')}[{i}].paid_on")
        if payment.amount_fen is None:
            missing.append(f"{line.path('payments')}[{i}].amount_fen")
    return [missing_fact(path, _OF_PAYMENTS, clause) for path in missing]


def cut(line: Line, code: str, message: Text, clause: Text) -> Finding:
    """Return the refusal of a purchase, in a sentence that begins with what people call it."""
    name = line.name()
    message = Text(f"{name.zh}{message.zh}", f"{name.en} {message.en}")
    return refused(Reason(code, message, clause, line.position))


def _gross(cited: Cited[Base | Lowest], application: Application, line: Line) -> Measured:
    """Return the amount that the base is read from, tax included: the first fact, and the rest."""
    if not isinstance(cited.value, Lowest):
        return _read(cited.value, cited, application, line)
    # A contract's amount is worked out first, from the contract to the invoice.
    first, *others = sorted(cited.value.bases, key=lambda one: one not in OF_CONTRACT)
    read = _read(first, cited, application, line)
    span, links, missing = read.span, [*read.links], read.missing
    for base in others:
        other = _read(base, cited, application, line)
        span = Span(min(span.low, other.span.low), min(span.high, other.span.high))
        links.append(Link(_LOWER, BASES[base], "least", other.span.low, cited))
        missing += other.missing
    if span.low == span.high:
        missing = ()
    return Measured(span, first, read.first_fen, tuple(links), missing)


def _read(
    base: Base, cited: Cited[Base | Lowest], application: Application, line: Line
) -> Measured:
    """Return one amount, as the facts give it."""
    purchase, clause = line.purchase, cited.clause
    if base in {"paid", "paid_in_year"}:
        since = date.min if base == "paid" else date(application.year, 1, 1)
        span = sum_creditable(purchase, since, application.applied_on)
        if span.low == span.high:
            return Measured(span, base, span.low)
        asked = ask_for_payments(line, clause)
        if purchase.invoiced_fen is None:
            asked = [*asked, ask(line, "invoiced_fen", clause)]
        return Measured(span, base, span.low, (), tuple(asked))
    key = _READ_FROM[base]
    amount_fen: int | None = getattr(purchase, key)
    if amount_fen is None:
        return Measured(NOTHING_KNOWN, base, 0, (), (ask(line, key, clause),))
    if base in OF_CONTRACT:
        span, links, missing = _share_of_contract(amount_fen, cited, application, line)
        return Measured(span, base, amount_fen, links, missing)
    return Measured(Span(amount_fen, amount_fen), base, amount_fen)


def _share_of_contract(
    amount_fen: int, cited: Cited[object], application: Application, line: Line
) -> tuple[Span, tuple[Link, ...], tuple[Reason, ...]]:
    """Return what of a contract's amount belongs to one of its invoices, by what they are over.

    So a contract counts once, however many invoices it has and whichever of them count.
    """
    lines = [Line(i, one) for i, one in enumerate(application.case.purchases or ())]
    contract, clause = line.purchase.contract, cited.clause
    unnamed = [one for one in lines if one.purchase.contract is None]
    if len(lines) > 1 and unnamed:
        asked = tuple(ask(one, "contract", clause) for one in unnamed)
        return Span(0, amount_fen), (), asked
    of_contract = [one for one in lines if one.purchase.contract == contract]
    if len(of_contract) == 1:
        return known(amount_fen), (), ()
    open_ones = [one for one in of_contract if one.purchase.invoiced_fen is None]
    if open_ones:
        asked = tuple(ask(one, "invoiced_fen", clause) for one in open_ones)
        return Span(0, amount_fen), (), asked
    total_fen = sum(one.purchase.invoiced_fen or 0 for one in of_contract)
    share = Fraction(line.purchase.invoiced_fen or 0, total_fen or 1)
    link = Link(_OF_INVOICE, _SHARE, "times", share, cited, unit_fen=1)
    return known(round_down(amount_fen * share)), (link,), ()


def _without_tax(
    cited: Cited[object], line: Line, span: Span
) -> tuple[Span, list[Link], list[Reason]]:
    """Return the share of an amount that is not tax, rounded down to the fen."""
    purchase = line.purchase
    invoiced_fen, tax_fen = purchase.invoiced_fen, purchase.tax_fen
    if invoiced_fen is None or tax_fen is None:
        keys = ("invoiced_fen", "tax_fen")
        unknown = [key for key in keys if getattr(purchase, key) is None]
        return Span(0, span.high), [], [ask(line, key, cited.clause) for key in unknown]
    share = Fraction(invoiced_fen - tax_fen, invoiced_fen) if invoiced_fen else Fraction(0)
    link = Link(_WITHOUT_TAX, _NET, "times", share, cited, unit_fen=1)
    return Span(round_down(span.low * share), round_down(span.high * share)), [link], []


def _apportioned(
    cited: Cited[Apportion], year: int, line: Line, span: Span
) -> tuple[Span, list[Link], list[Reason]]:
    """Return the part of an amount that falls to the days in the claim's year."""
    first, last = line.purchase.service_from, line.purchase.service_to
    if first is None or last is None:
        keys = ("service_from", "service_to")
        unknown = [key for key in keys if getattr(line.purchase, key) is None]
        return Span(0, span.high), [], [ask(line, key, cited.clause) for key in unknown]
    share = share_in_year(cited.value, first, last, year)
    link = Link(_IN_YEAR, _DAYS, "times", share, cited, unit_fen=1)
    return Span(round_down(span.low * share), round_down(span.high * share)), [link], []


def share_in_year(rule: Apportion, first: date, last: date, year: int) -> Fraction:
    """Return the share of a service's days, both edges included, that are in a year."""
    start, end = max(first, date(year, 1, 1)), min(last, date(year, 12, 31))
    if start > end:
        return Fraction(0)
    return Fraction(_count(rule, start, end), _count(rule, first, last))


def _count(rule: Apportion, first: date, last: date) -> int:
    """Return the days from the first to the last, both included, by the rule's day count."""
    if rule.day_count == "actual":
        return (last - first).days + 1
    months = (last.year - first.year) * 12 + last.month - first.month
    return months * 30 + _day_of_thirty(last) - min(first.day, 30) + 1


def _day_of_thirty(day: date) -> int:
    """Return the day of a month of thirty days: a month's last day is its thirtieth."""
    following = date.fromordinal(day.toordinal() + 1) if day < date.max else day
    return 30 if following.month != day.month else min(day.day, 30)
