"""What was paid on a purchase and when: a span in fen while facts about it are missing.

The span's low end takes every unknown against the enterprise, its high end for it.
"""

from datetime import date
from operator import itemgetter

from msgspec import Struct

from ledger.money import FEN_MAX
from vouchers.case import Purchase


class Span(Struct, frozen=True, gc=False):
    """The lowest and the highest amount in fen that the facts allow, both included."""

    low: int
    high: int


NOTHING_KNOWN = Span(0, FEN_MAX)


def known(amount_fen: int | None) -> Span:
    """Return the span of an amount that may be unknown."""
    return NOTHING_KNOWN if amount_fen is None else Span(amount_fen, amount_fen)


def sum_paid(purchase: Purchase, since: date, until: date) -> Span:
    """Return what was paid between two days, both included."""
    if purchase.payments is None:
        return NOTHING_KNOWN
    low = high = 0
    for payment in purchase.payments:
        amount_fen, paid_on = payment.amount_fen, payment.paid_on
        if paid_on is None:
            high += FEN_MAX if amount_fen is None else amount_fen
        elif since <= paid_on <= until:
            low += amount_fen or 0
            high += FEN_MAX if amount_fen is None else amount_fen
    return Span(low, high)


def sum_creditable(purchase: Purchase, since: date, until: date) -> Span:
    """Return what was paid between two days, no more than was invoiced: the rest is no price."""
    paid, invoiced_fen = sum_paid(purchase, since, until), purchase.invoiced_fen
    if invoiced_fen is None:
        return Span(0, paid.high)
    return Span(min(paid.low, invoiced_fen), min(paid.high, invoiced_fen))


def paid_in_full_on(purchase: Purchase, until: date) -> date | None:
    """Return the day on which the payments first reached the invoice, None when not by a day.

    Invoice and payments must be known. That day, unlike the last payment's, cannot be moved into
    another year by paying one fen more.
    """
    assert purchase.invoiced_fen is not None, purchase
    paid_fen = 0
    dated = [
        (one.paid_on, one.amount_fen)
        for one in purchase.payments or ()
        if one.paid_on and one.paid_on <= until
    ]
    for day, amount_fen in sorted(dated, key=itemgetter(0)):
        paid_fen += amount_fen or 0
        if paid_fen >= purchase.invoiced_fen:
            return day
    return None
