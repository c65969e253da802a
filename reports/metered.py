"""What an enterprise has used in a month so far, by day and by line, and what it costs by now.

It is worked out as a compute statement of the month would be, and is as final as the month is.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

from ledger.period import days_of_month
from ledger.quantity import MICRO
from vouchers.book import Account, Book
from vouchers.rating import Charge, DayUsage, rate
from vouchers.tariff import SECONDS

CARD_HOUR: int = MICRO * SECONDS["card_hour"]
"""A card-hour in micro-unit-seconds."""


class Metered(NamedTuple):
    """A month so far: card-hours of each of its days, its charges, and those of its year.

    `year_fen` is what the months from January through this one cost.
    """

    month: str
    card_hours: tuple[tuple[str, Fraction], ...]
    charge: Charge
    year_fen: int

    @property
    def all_card_hours(self) -> Fraction:
        """Return the month's card-hours."""
        return sum((hours for _, hours in self.card_hours), Fraction())


def meter(book: Book, account: Account, usage: Sequence[DayUsage], month: str) -> Metered:
    """Return what an enterprise has used in a month, of its daily usage."""
    of_month = [one for one in usage if one[0][3].startswith(month)]
    of_year = (one for one in usage if f"{month[:4]}-01" <= one[0][3][:7] <= month)
    return Metered(
        month,
        tuple(card_hours_by_day(book, month, of_month)),
        rate(book, account, of_month),
        rate(book, account, of_year).amount_fen,
    )


def card_hours_by_day(
    book: Book, month: str, usage: Iterable[DayUsage]
) -> list[tuple[str, Fraction]]:
    """Return what accelerators were used on each day of a month, in card-hours."""
    cards, by_day = book.accelerators, dict[str, int]()
    for (_, _, resource, day), quantity in usage:
        if resource in cards:
            by_day[day] = by_day.get(day, 0) + quantity
    days = (day.isoformat() for day in days_of_month(month))
    return [(day, Fraction(by_day.get(day, 0), CARD_HOUR)) for day in days]


def months_used(usage: Iterable[DayUsage]) -> list[str]:
    """Return the months in which something was used, the latest first."""
    return sorted({key[3][:7] for key, _ in usage}, reverse=True)
