"""The cases of one enterprise on successive days of application, each as `case_of` would build it.

An invoice whose service has ended says the same on every later day, so that its purchases are built
once, and again only where papers change what was said, such as a red invoice. Only vouchers drawn
before the first day's month count: whoever asks what would have been refunded from then on asks
before it was.

A month's usage may be handed in as one sum on the month's last day where no price, listing, invoice
or contract begins or ends within a month: every day of it then has the same price.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from operator import itemgetter

from ledger.events import InvoiceRecorded
from ledger.period import DAY
from ledger.usage import DayKey
from vouchers.book import Account, Book
from vouchers.case import Case, Purchase
from vouchers.ledger_case import (
    declarations_of,
    enterprise_of,
    known_before,
    other_funding_of,
    purchases_of,
    sum_drawn,
)
from vouchers.net import change_days, invoices_on, payments_on
from vouchers.rating import DayUsage

_KEY = itemgetter(0)


def cases_on(
    book: Book, account: Account, usage: Sequence[DayUsage], days: Sequence[date]
) -> Iterator[Case]:
    """Yield the case of an enterprise on each of the days, which ascend.

    `usage` is its daily usage. Equal to `case_of` on each day, but for the vouchers that were drawn
    from the first of the first day's month on, which are left out.
    """
    known = known_before(book, account, days[0].replace(day=1))
    enterprise, earlier = enterprise_of(account), sum_drawn(account, known.drawn)
    by_contract = _by_contract(usage)
    ended: dict[str, list[Purchase]] = {}
    changes = change_days(account)
    changed = bisect_right(changes, days[0].replace(day=1).isoformat())
    for day in days:
        today = day.isoformat()
        before, changed = changed, bisect_right(changes, today)
        if before != changed:
            ended = {}
            known = known._replace(payments=payments_on(account, today))
        purchases: list[Purchase] = []
        for invoice in invoices_on(account, today):
            if invoice.invoice in ended:
                purchases += ended[invoice.invoice]
                continue
            made = purchases_of(known, invoice, list(_within(by_contract, invoice, today)), day)
            purchases += made
            if invoice.service_to <= today:
                ended[invoice.invoice] = made
        yield Case(
            enterprise=enterprise,
            purchases=tuple(purchases),
            earlier=earlier,
            other_funding=other_funding_of(account),
            declarations=declarations_of(account, day),
            apply_on=day,
        )


def is_monthly(book: Book, account: Account, usage: Iterable[DayUsage]) -> bool:
    """Return whether an enterprise's usage may be handed in by months, of which `usage` is."""
    seen = {(contract, resource) for (_, contract, resource, _), _ in usage}
    lines = [line for contract in account.contracts.values() for line in contract.prices]
    begins = [one.service_from for one in account.invoices.values()]
    ends = [one.service_to for one in account.invoices.values()]
    begins += [line.valid_from for line in lines if line.valid_from]
    ends += [line.valid_to for line in lines if line.valid_to]
    for resource in {resource for _, resource in seen}:
        begins += book.listings.get(resource, {})
    if any(contract == "" for contract, _ in seen):
        begins += [one.service_from for one in account.contracts.values()]
        ends += [one.service_to for one in account.contracts.values()]
    return all(day.endswith("-01") for day in begins) and all(_ends_month(day) for day in ends)


@lru_cache(maxsize=4096)
def _ends_month(day: str) -> bool:
    return (date.fromisoformat(day) + DAY).day == 1


def _by_contract(usage: Sequence[DayUsage]) -> dict[str, list[tuple[str, DayKey, int]]]:
    """Return (day, key, quantity) by the contract that the usage names, in the order of days."""
    found: dict[str, list[tuple[str, DayKey, int]]] = {}
    for key, quantity in usage:
        found.setdefault(key[1], []).append((key[3], key, quantity))
    for rows in found.values():
        rows.sort(key=_KEY)
    return found


def _within(
    by_contract: dict[str, list[tuple[str, DayKey, int]]], invoice: InvoiceRecorded, today: str
) -> Iterator[DayUsage]:
    """Yield the usage until today that an invoice can be about: of its contract, or of none.

    What names another contract is priced by that one and is no part of this invoice.
    """
    last = min(invoice.service_to, today)
    for contract in ("", invoice.contract):
        rows = by_contract.get(contract, [])
        start = bisect_left(rows, invoice.service_from, key=_KEY)
        for _, key, quantity in rows[start : bisect_right(rows, last, key=_KEY)]:
            yield key, quantity
