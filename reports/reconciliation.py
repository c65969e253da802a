"""What was metered, invoiced and paid of a month, and why they differ, line by line.

The unit is a contract's month. An invoice over several months is split by what was metered of its
contract in each, so that one that bills every month right differs in none; by days where nothing
was metered. Its payments are split like it.

Some explanations hold whatever the amount is: usage on days that no invoice covers, an invoice for
days on which nothing was metered. The others, such as a red invoice, explain at most what they come
to by themselves, and nothing in the other direction. What they leave is not explained here, and
nothing is made up for it: whoever adds the parts up finds it.
"""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Final, Literal, NamedTuple

from ledger.money import round_half_up
from ledger.text import Text
from reports.invoice_share import InvoiceShare, Priced, price_days, share_out, sum_rounded
from reports.snapshot import Snapshot
from vouchers.book import Account, Book
from vouchers.net import returned_by_payment
from vouchers.rating import Charge, DayUsage, rate

Side = Literal["invoiced", "paid"]
"""What is explained: invoiced less metered, or invoiced less paid."""

Code = Literal[
    "not_invoiced",
    "outside_invoice",
    "invoice_outside_usage",
    "invoice_without_usage",
    "invoice_unrated",
    "reversed",
    "reversed_later",
    "invoice_corrected",
    "after_statement",
    "price_changed",
    "after_invoice",
    "no_contract",
    "unrated",
    "rounding",
    "unpaid",
    "paid_back",
    "overpaid",
    "unknown_invoice",
    "unexplained",
]

MEANINGS: Final[dict[Code, Text]] = {
    "not_invoiced": Text("有用量，尚未开票", "metered, and not invoiced yet"),
    "outside_invoice": Text("用量不在发票的服务期间内", "metered on days that no invoice covers"),
    "invoice_outside_usage": Text(
        "发票的服务期间内没有用量，当月其他日期有",
        "the invoice covers days without usage; other days of the month have some",
    ),
    "invoice_without_usage": Text("已开票，没有用量", "invoiced without usage"),
    "invoice_unrated": Text(
        "已开票，用量没有适用的单价", "invoiced for usage that no single price applies to"
    ),
    "reversed": Text(
        "当月已冲红，尚未重新开票", "taken back by a red invoice, and not issued anew"
    ),
    "reversed_later": Text("次月以后冲红", "taken back by a red invoice after the month"),
    "invoice_corrected": Text("发票登记已更正", "the record of the invoice was corrected"),
    "after_statement": Text("结算单签发后用量或单价有变", "changed after the statement was issued"),
    "price_changed": Text("月内单价有变", "the price changed within the month"),
    "after_invoice": Text("开票当日及以后的用量", "metered on or after the day of the invoice"),
    "no_contract": Text(
        "用量未注明合同，且没有唯一适用的合同",
        "the usage names no contract, and not exactly one prices it",
    ),
    "unrated": Text("注明的合同没有适用的单价", "the contract named has no price for the usage"),
    "rounding": Text("四舍五入", "rounding"),
    "unpaid": Text("尚未付款", "not paid yet"),
    "paid_back": Text("付款已退回", "paid, and the money came back"),
    "overpaid": Text("付款多于发票", "paid more than is left of the invoice"),
    "unknown_invoice": Text("所付发票未登记", "paid against an invoice that is not recorded"),
    "unexplained": Text("原因不明", "unexplained"),
}
"""What each explanation says. `unexplained` is an alarm: no paper accounts for it."""


class Part(NamedTuple):
    """An amount of a month: of a contract, or of a paper under it."""

    contract: str
    paper: str
    amount_fen: int


class Explanation(NamedTuple):
    """Why two sums of a month differ by an amount, and by which paper or resource.

    `quantity` is in micro-unit-seconds, for usage that no price applies to; its amount is then what
    an invoice took for it, often nothing.
    """

    side: Side
    code: Code
    contract: str
    about: str
    amount_fen: int
    quantity: int | None = None


class Reconciled(NamedTuple):
    """One enterprise's month: what was metered, invoiced and paid, and the explanations."""

    enterprise: str
    month: str
    metered: tuple[Part, ...]
    invoiced: tuple[Part, ...]
    paid: tuple[Part, ...]
    explanations: tuple[Explanation, ...]


def reconcile_all(snapshot: Snapshot, month: str, enterprise: str = "") -> Iterator[Reconciled]:
    """Yield each enterprise that used something or was billed in a month, by credit code.

    Only the one named, where one is.
    """
    codes = {enterprise} if enterprise else snapshot.usage.keys() | snapshot.book.accounts.keys()
    for code in sorted(codes):
        account, usage = snapshot.book.account(code), snapshot.usage.get(code, ())
        found = reconcile(snapshot.book, account, usage, month)
        if found.metered or found.invoiced or found.paid or found.explanations:
            yield found


def reconcile(book: Book, account: Account, usage: Sequence[DayUsage], month: str) -> Reconciled:
    """Return what an enterprise's month comes to, and why; `usage` is all its daily usage.

    Papers count whatever their day: what is asked is how the month stands in the ledger now.
    """
    in_month = [one for one in usage if one[0][3].startswith(month)]
    charge = rate(book, account, in_month)
    shares = _shares(book, account, usage, month)
    cells = _Cells(account, month, charge, price_days(book, account, in_month), shares)
    unknown = _unknown(account, month)
    return Reconciled(
        account.credit_code,
        month,
        metered=tuple(
            Part(line.contract.contract, line.resource, line.amount_fen) for line in charge.lines
        ),
        invoiced=tuple(Part(one.contract, one.number, one.net_fen) for one in shares),
        paid=(
            *(Part(one.contract, one.number, one.paid_fen) for one in shares if one.paid_fen),
            *unknown,
        ),
        explanations=(*cells.explain(book), *_explain_payments(shares, unknown)),
    )


def _shares(
    book: Book, account: Account, usage: Sequence[DayUsage], month: str
) -> list[InvoiceShare]:
    """Return the month's share of each invoice whose service touches it."""
    touching = [
        one
        for one in account.invoices.values()
        if one.service_from[:7] <= month <= one.service_to[:7]
    ]
    if not touching:
        return []
    first = min(one.service_from for one in touching)
    last = max(one.service_to for one in touching)
    priced = price_days(book, account, [one for one in usage if first <= one[0][3] <= last])
    return [share_out(account, one, priced, month) for one in touching]


def _unknown(account: Account, month: str) -> tuple[Part, ...]:
    """Return what was paid in a month against invoices that the book does not know."""
    back = returned_by_payment(account)
    found = (
        Part("", payment.invoice, max(0, payment.amount_fen - back.get(number, 0)))
        for number, payment in account.payments.items()
        if payment.invoice not in account.invoices and payment.paid_on.startswith(month)
    )
    return tuple(one for one in found if one.amount_fen)


def _explain_payments(
    shares: Iterable[InvoiceShare], unknown: Iterable[Part]
) -> Iterator[Explanation]:
    """Yield why invoiced and paid differ: invoice by invoice, never netted."""
    for one in shares:
        open_fen = one.net_fen - one.paid_fen
        # A fen of what came back may be another month's.
        back_fen = max(0, min(open_fen, one.back_fen))
        for code, amount_fen in _payment_parts(open_fen, back_fen):
            if amount_fen:
                yield Explanation("paid", code, one.contract, one.number, amount_fen)
    for part in unknown:
        yield Explanation("paid", "unknown_invoice", "", part.paper, -part.amount_fen)


def _payment_parts(open_fen: int, back_fen: int) -> Iterator[tuple[Code, int]]:
    yield "paid_back", back_fen
    yield ("unpaid", open_fen - back_fen) if open_fen > 0 else ("overpaid", open_fen)


class _Cells:
    """The contracts of one enterprise's month, each explained by itself.

    What is known of the month as a whole, a statement's total and usage without a price, is used up
    contract by contract.
    """

    def __init__(
        self,
        account: Account,
        month: str,
        charge: Charge,
        priced: Sequence[Priced],
        shares: Sequence[InvoiceShare],
    ) -> None:
        self.account = account
        self.month = month
        self.charge = charge
        self.priced = priced
        self.shares = shares
        self.unrated: dict[tuple[str, str], list[DayUsage]] = {}
        for key, quantity in charge.unrated:
            self.unrated.setdefault(key[1:3], []).append((key, quantity))
        self.taken = dict.fromkeys(self.unrated, 0)
        self.stated_fen = 0

    def explain(self, book: Book) -> Iterator[Explanation]:
        """Yield the explanations of what was invoiced less what was metered."""
        contracts = {line.contract.contract for line in self.charge.lines}
        for contract in sorted(contracts | {one.contract for one in self.shares}):
            yield from self._cell(book, contract)
        for (contract, resource), rows in self.unrated.items():
            code: Code = "unrated" if contract else "no_contract"
            quantity = sum(quantity for _, quantity in rows)
            taken_fen = self.taken[contract, resource]
            yield Explanation("invoiced", code, contract, resource, taken_fen, quantity)

    def _cell(self, book: Book, contract: str) -> Iterator[Explanation]:
        """Yield the explanations of one contract."""
        shares = [one for one in self.shares if one.contract == contract]
        priced = [one for one in self.priced if one.contract == contract]
        lines = [line for line in self.charge.lines if line.contract.contract == contract]
        metered_fen = sum(line.amount_fen for line in lines)
        left_fen = sum(one.net_fen for one in shares) - metered_fen
        fixed = [*self._outside(contract, priced, shares), *self._without(contract, priced, shares)]
        billing = [one for one in shares if one.is_metered]
        left_fen -= sum(one.amount_fen for one in fixed)
        yield from fixed
        slack_fen = len(lines) + len(shares)
        if abs(left_fen) > slack_fen:
            for one in self._reasons(book, contract, priced, billing, left_fen):
                part_fen = _within(left_fen, one.amount_fen)
                if part_fen:
                    left_fen -= part_fen
                    self._use(one, part_fen)
                    if one.quantity is None:
                        yield one._replace(amount_fen=part_fen)
        if left_fen and abs(left_fen) <= slack_fen:
            yield Explanation("invoiced", "rounding", contract, "", left_fen)

    def _outside(
        self, contract: str, priced: Sequence[Priced], shares: Sequence[InvoiceShare]
    ) -> Iterator[Explanation]:
        """Yield what was metered on days that no invoice covers."""
        outside = [one for one in priced if not any(share.covers(one.day) for share in shares)]
        amount_fen = sum_rounded(outside)
        if amount_fen:
            code: Code = "outside_invoice" if any(one.live for one in shares) else "not_invoiced"
            days = sorted({one.day for one in outside})
            yield Explanation("invoiced", code, contract, _span(days), -amount_fen)

    def _without(
        self, contract: str, priced: Sequence[Priced], shares: Sequence[InvoiceShare]
    ) -> Iterator[Explanation]:
        """Yield the invoices in whose period nothing was metered at a price."""
        has_unrated = any(named in {contract, ""} for named, _ in self.unrated)
        code: Code = (
            "invoice_outside_usage"
            if priced
            else "invoice_unrated"
            if has_unrated
            else "invoice_without_usage"
        )
        for one in shares:
            if not one.is_metered and one.net_fen:
                yield Explanation("invoiced", code, contract, one.number, one.net_fen)

    def _reasons(
        self,
        book: Book,
        contract: str,
        priced: Sequence[Priced],
        shares: Sequence[InvoiceShare],
        left_fen: int,
    ) -> Iterator[Explanation]:
        """Yield what may account for a difference, each with the most that it can."""
        if not shares:
            return

        def reason(code: Code, about: str, amount_fen: int) -> Explanation:
            return Explanation("invoiced", code, contract, about, amount_fen)

        for one in shares:
            for red in one.red:
                late: Code = "reversed_later" if red.issued_on[:7] > self.month else "reversed"
                yield reason(late, red.number, -red.amount_fen)
            if one.corrected_fen:
                yield reason("invoice_corrected", one.number, one.corrected_fen)
        stated = [
            (abs(left_fen - amount_fen), amount_fen, statement)
            for statement, amount_fen in self._stated()
        ]
        if stated:
            _, amount_fen, statement = min(stated)
            yield reason("after_statement", statement, amount_fen)
        for resource, amount_fen in self._other_prices(contract, left_fen):
            yield reason("price_changed", resource, amount_fen)
        issued_on = max(one.issued_on for one in shares)
        late_days = [
            one
            for one in priced
            if one.day >= issued_on and any(share.covers(one.day) for share in shares)
        ]
        yield reason("after_invoice", issued_on, -sum_rounded(late_days))
        for (named, resource), rows in self.unrated.items():
            if named in {contract, ""}:
                most_fen = _most(book, self.account, rows) - self.taken[named, resource]
                quantity = sum(quantity for _, quantity in rows)
                yield Explanation("invoiced", "unrated", named, resource, most_fen, quantity)

    def _stated(self) -> Iterator[tuple[str, int]]:
        """Yield each statement of the month with what it said beyond what is metered now."""
        for one in self.account.issued("compute", self.month):
            yield one.statement, one.total_fen - self.charge.amount_fen - self.stated_fen

    def _other_prices(self, contract: str, left_fen: int) -> Iterator[tuple[str, int]]:
        """Yield what one of its prices for the whole month would change on each resource."""
        for line in self.charge.lines:
            if line.contract.contract == contract and len(line.parts) > 1:
                others = [
                    round_half_up(part.tariff.charge(line.quantity)) - line.amount_fen
                    for part in line.parts
                ]
                yield line.resource, max(others) if left_fen > 0 else min(others)

    def _use(self, reason: Explanation, part_fen: int) -> None:
        """Take what a reason explained off what it can still explain elsewhere in the month."""
        if reason.quantity is not None:
            self.taken[reason.contract, reason.about] += part_fen
        elif reason.code == "after_statement":
            self.stated_fen += part_fen


def _within(left_fen: int, most_fen: int) -> int:
    """Return how much of a difference a reason explains: up to its own amount, in its direction."""
    if left_fen > 0:
        return max(0, min(left_fen, most_fen))
    return min(0, max(left_fen, most_fen))


def _most(book: Book, account: Account, rows: Sequence[DayUsage]) -> int:
    """Return the most that usage without a price could cost by any price that was ever agreed.

    Nothing, where no contract of the enterprise prices the resource.
    """
    lines = [(one.contract, line) for one in account.contracts.values() for line in one.prices]
    total = Fraction(0)
    for (enterprise, _, resource, day), quantity in rows:
        asked = [
            ((enterprise, contract, resource, line.valid_from or line.valid_to or day), quantity)
            for contract, line in lines
            if line.resource == resource
        ]
        found = [one.charge for one in price_days(book, account, asked)]
        total += max(found, default=Fraction(0))
    return round_half_up(total)


def _span(days: Sequence[str]) -> str:
    """Return the first and the last of some days, as one text."""
    return days[0] if days[0] == days[-1] else f"{days[0]}/{days[-1]}"
