"""What of an invoice belongs to one month: split by what was metered, or by days.

The invoice, what red invoices left of it and what was paid are split by the same weights, so that
an invoice paid in full is paid in full in each month, to the fen.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from ledger.events import InvoiceRecorded
from ledger.money import allocate, round_half_up
from ledger.period import last_day, months_between
from vouchers.book import Account, Book
from vouchers.net import returned_by_payment
from vouchers.rating import DayUsage
from vouchers.tariff import find_price


class Priced(NamedTuple):
    """A day's usage of a resource with the contract that prices it and its exact charge in fen."""

    contract: str
    resource: str
    day: str
    charge: Fraction


class Red(NamedTuple):
    """What a red invoice takes back of a month."""

    number: str
    issued_on: str
    amount_fen: int


class InvoiceShare(NamedTuple):
    """An invoice's share of a month, in fen.

    `net_fen` is less the red invoices in `red`; `corrected_fen` is what a correction of the record
    added. `paid_fen` is less `back_fen`, which came back. `live` tells whether there is such an
    invoice at all, `is_metered` whether anything was metered at a price in its service period.
    """

    number: str
    contract: str
    issued_on: str
    service_from: str
    service_to: str
    live: bool
    is_metered: bool
    net_fen: int
    red: tuple[Red, ...]
    corrected_fen: int
    paid_fen: int
    back_fen: int

    def covers(self, day: str) -> bool:
        """Return whether a day is in the service period."""
        return self.live and self.service_from <= day <= self.service_to


def price_days(book: Book, account: Account, usage: Iterable[DayUsage]) -> list[Priced]:
    """Return the daily usage that a price applies to."""
    found = []
    for key, quantity in usage:
        price = find_price(book, account, key)
        if price is not None:
            charge = price.tariff.charge(quantity)
            found.append(Priced(price.contract.contract, key[2], key[3], charge))
    return found


def sum_rounded(priced: Iterable[Priced]) -> int:
    """Return what priced usage of one month comes to, each contract and resource rounded once."""
    sums: dict[tuple[str, str], Fraction] = {}
    for one in priced:
        key = one.contract, one.resource
        sums[key] = sums.get(key, Fraction(0)) + one.charge
    return sum(map(round_half_up, sums.values()))


def share_out(
    account: Account, invoice: InvoiceRecorded, priced: Sequence[Priced], month: str
) -> InvoiceShare:
    """Return a month's share of an invoice whose service touches the month.

    `priced` holds the priced usage of all days of its service.
    """
    months = list(months_between(invoice.service_from[:7], invoice.service_to[:7]))
    weights = _metered(invoice, priced, months)
    is_metered = any(weights)
    if not is_metered:
        weights = [_days(invoice, one) for one in months]
    at = months.index(month)

    def share(amount_fen: int) -> int:
        return allocate(amount_fen, weights)[at]

    number, amount_fen = invoice.invoice, invoice.amount_fen
    recorded = account.invoices_recorded.get(number)
    before_fen = recorded.amount_fen if recorded else amount_fen
    red, left_fen = [], amount_fen
    for one in account.red_invoices.values():
        if one.invoice == number:
            after_fen = max(0, left_fen - one.amount_fen)
            taken_fen = share(left_fen) - share(after_fen)
            red.append(Red(one.red_invoice, one.issued_on, taken_fen))
            left_fen = after_fen
    paid_fen, back_fen = _paid(account, number)
    return InvoiceShare(
        number=number,
        contract=invoice.contract,
        issued_on=invoice.issued_on,
        service_from=invoice.service_from,
        service_to=invoice.service_to,
        live=amount_fen > 0 or before_fen > 0,
        is_metered=is_metered,
        net_fen=share(left_fen),
        red=tuple(red),
        corrected_fen=share(amount_fen) - share(before_fen),
        paid_fen=share(paid_fen),
        back_fen=share(paid_fen + back_fen) - share(paid_fen),
    )


def _metered(
    invoice: InvoiceRecorded, priced: Iterable[Priced], months: Iterable[str]
) -> list[int]:
    """Return what was metered of an invoice's contract and period, by month."""
    within: dict[str, list[Priced]] = {}
    for one in priced:
        if (
            one.contract == invoice.contract
            and invoice.service_from <= one.day <= invoice.service_to
        ):
            within.setdefault(one.day[:7], []).append(one)
    return [sum_rounded(within.get(month, ())) for month in months]


def _days(invoice: InvoiceRecorded, month: str) -> int:
    """Return how many days of a month an invoice covers."""
    first = max(invoice.service_from, f"{month}-01")
    last = min(invoice.service_to, last_day(month).isoformat())
    return (date.fromisoformat(last) - date.fromisoformat(first)).days + 1


def _paid(account: Account, invoice: str) -> tuple[int, int]:
    """Return what is left of the payments of an invoice, and what came back of them."""
    back = returned_by_payment(account)
    paid_fen = back_fen = 0
    for payment in account.payments.values():
        if payment.invoice == invoice:
            returned_fen = min(payment.amount_fen, back.get(payment.payment, 0))
            paid_fen += payment.amount_fen - returned_fen
            back_fen += returned_fen
    return paid_fen, back_fen
