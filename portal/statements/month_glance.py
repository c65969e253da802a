"""A month at a glance and a month reconciled, as pages show them: both fold the whole book."""

from datetime import date, timedelta
from fractions import Fraction
from typing import Final, NamedTuple

from ledger.database import Connection
from ledger.text import Text
from reports.analysis import converted, describe
from reports.frames import MonthSum, sum_months, tell
from reports.month import Month, make_month
from reports.reading import read_snapshot
from reports.reconciliation import Explanation, reconcile_all
from vouchers.book import Book

USERS_MAX: Final = 10


class Glance(NamedTuple):
    """A month without a capacity, and what its users and resources are called.

    `hours` are the card-hours of each day, `resources` each one's name, quantity and unit.
    """

    made: Month
    names: dict[str, str]
    hours: list[tuple[str, Fraction]]
    resources: list[tuple[str, Fraction, Text]]


def read_glance(connection: Connection, month: str | None, last: str) -> Glance:
    """Return a month of the ledger as it stands; without one the last in which it was used.

    Where it was not used it is the last month that is over, which is named.
    """
    snapshot = read_snapshot(connection)
    used = (key[3][: len(last)] for rows in snapshot.usage.values() for key, _ in rows[-1:])
    made = make_month(snapshot, month or max(used, default=last), None, USERS_MAX)
    book = snapshot.book
    names = {one.enterprise: book.account(one.enterprise).name for one in made.users}
    resources = [_resource(book, code, quantity) for code, quantity in made.resources]
    return Glance(made, names, made.hours_by_day(book), resources)


def last_month(today: date) -> str:
    """Return the last month that is over."""
    return (today.replace(day=1) - timedelta(days=1)).isoformat()[: len("2022-07")]


class Reason(NamedTuple):
    """Why two sums of an enterprise's month differ, told."""

    enterprise: str
    name: str
    explanation: Explanation
    told: Text


class Reconciliation(NamedTuple):
    """A month reconciled: each enterprise's name and sums, and every reason."""

    rows: list[tuple[str, MonthSum]]
    reasons: list[Reason]


def read_reconciliation(connection: Connection, month: str) -> Reconciliation:
    """Return a month of the ledger reconciled, with every explanation."""
    snapshot = read_snapshot(connection)
    reconciled = list(reconcile_all(snapshot, month))
    sums, book = sum_months(reconciled), snapshot.book
    return Reconciliation(
        [(book.account(one.enterprise).name, one) for one in sums],
        [
            Reason(
                one.enterprise,
                book.account(one.enterprise).name,
                one.explanation,
                describe(book, one.explanation),
            )
            for one in tell(reconciled, sums)
        ],
    )


def _resource(book: Book, code: str, quantity: int) -> tuple[str, Fraction, Text]:
    """Return what a resource is called, how much of it was used, and in which unit."""
    listed = book.resources.get(code)
    return (listed.name if listed else code, *converted(book, code, quantity))
