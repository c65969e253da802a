"""What an enterprise is reminded of: a window that closes soon, a voucher whose rest lapses soon.

A first time ten working days before the last day, and again two before it. Nothing is counted by a
calendar that nobody has adopted: such a reminder says the last day and no number.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final, Literal, NamedTuple

from ledger.errors import RuleViolationError
from vouchers.book import Account
from vouchers.claims.calendar import WorkingDays
from vouchers.programme import Programme, Version
from vouchers.window import closing_after, good_through

FIRST_WORKING_DAYS: Final = 10
LAST_WORKING_DAYS: Final = 2

# Ten working days took 22 days at most since 2020, around the eight of October 2020; where nobody
# can count them, it is told from a month before.
UNCOUNTED: Final = timedelta(days=31)

What = Literal["window", "voucher"]


class Deadline(NamedTuple):
    """Until when something can be claimed, that day included.

    `left_fen` is what is left of a voucher, `invoices` are those that were not claimed for before a
    window closes.
    """

    what: What
    programme: str
    year: int
    last_on: date
    left_fen: int = 0
    invoices: tuple[str, ...] = ()


class Reminder(NamedTuple):
    """A deadline that is near; `working_days` come after today, None where no calendar tells."""

    deadline: Deadline
    working_days: int | None

    @property
    def is_last(self) -> bool:
        """Return whether it is the second reminder."""
        return self.working_days is not None and self.working_days <= LAST_WORKING_DAYS


def remind(deadlines: Iterable[Deadline], today: date, days: WorkingDays) -> list[Reminder]:
    """Return what to remind somebody of on a day, the nearest first."""
    found = (Reminder(one, _count(days, today, one.last_on)) for one in deadlines)
    return sorted(filter(lambda one: _is_near(one, today), found), key=_order)


def deadlines_of(
    account: Account, programmes: Iterable[Programme], today: date
) -> Iterator[Deadline]:
    """Yield the deadlines of an enterprise that are not over: windows first, then vouchers."""
    known = {one.id: one for one in programmes}
    for programme in known.values():
        version = programme.version_on(today)
        for year, last_on in closing_after(version, today) if version else ():
            open_ones = tuple(_unclaimed(account, programme.id, year))
            if open_ones:
                yield Deadline("window", programme.id, year, last_on, invoices=open_ones)
    for (name, year), granted in account.granted.items():
        left_fen = granted.quota_fen - account.drawn_fen(name, year)
        if name not in known or left_fen <= 0 or (name, year) in account.lapsed:
            continue
        granted_on = date.fromisoformat(granted.granted_on)
        last_on = good_through(_version(known[name], granted_on), year, granted_on)
        if last_on >= today:
            yield Deadline("voucher", name, year, last_on, left_fen)


def _version(programme: Programme, on: date) -> Version:
    """Return the version in force on a day, else the last."""
    return programme.version_on(on) or programme.versions[-1]


def _unclaimed(account: Account, programme: str, year: int) -> Iterator[str]:
    """Yield the invoices of a year that draw on no voucher of a programme."""
    drawn = {
        invoice
        for draw in account.drawn
        if draw.programme == programme
        for invoice in draw.invoices
    }
    for number, invoice in account.invoices.items():
        if invoice.issued_on.startswith(f"{year}-") and number not in drawn:
            yield number


def _count(days: WorkingDays, today: date, last_on: date) -> int | None:
    """Return how many working days are left after today, None where no calendar tells."""
    try:
        return days.waited(today, last_on)
    except RuleViolationError:
        return None


def _is_near(one: Reminder, today: date) -> bool:
    """Return whether a deadline that is not over is near enough to be told."""
    if one.deadline.last_on < today:
        return False
    if one.working_days is None:
        return one.deadline.last_on - today <= UNCOUNTED
    return one.working_days <= FIRST_WORKING_DAYS


def _order(one: Reminder) -> tuple[date, What, str, int]:
    """Return what puts the nearest reminder first."""
    deadline = one.deadline
    return deadline.last_on, deadline.what, deadline.programme, deadline.year
