"""A month at a glance as a page shows it, worked out once for each state of the ledger.

It folds the whole book. What is kept is found by the heads of all logs, whose roots are of every
entry, so that it is never that of another state; while usage comes in it is worked out anew.
"""

from collections import OrderedDict
from datetime import date, timedelta
from fractions import Fraction
from threading import Lock
from typing import Final, NamedTuple

from ledger.database import Connection
from ledger.head import Head
from ledger.read import decisive, read_heads
from ledger.text import Text
from reports.analysis import converted
from reports.month import Month, make_month
from reports.reading import read_snapshot
from reports.snapshot import Snapshot
from vouchers.book import Book

USERS_MAX: Final = 10

# The months that people look at together, of some kilobytes each.
KEPT_MAX: Final = 24


class Glance(NamedTuple):
    """A month without a capacity, and what its users and resources are called.

    `hours` are the card-hours of each day, `resources` each one's name, quantity and unit.
    """

    made: Month
    names: dict[str, str]
    hours: list[tuple[str, Fraction]]
    resources: list[tuple[str, Fraction, Text]]


_Key = tuple[tuple[Head, ...], str | None, str]

_kept: OrderedDict[_Key, Glance] = OrderedDict()
_lock = Lock()


def read_glance(connection: Connection, month: str | None, today: date) -> Glance:
    """Return a month of the ledger as it stands; without one the last in which it was used.

    Where it was not used it is the last month that is over. Whoever asks for the same meanwhile
    waits for it.
    """
    last = (today.replace(day=1) - timedelta(days=1)).isoformat()[: len("2022-07")]
    key = tuple(decisive(read_heads(connection)).values()), month, last
    with _lock:
        found = _kept.pop(key, None) or _work_out(read_snapshot(connection), month, last)
        _kept[key] = found
        if len(_kept) > KEPT_MAX:
            _kept.popitem(last=False)
    return found


def _work_out(snapshot: Snapshot, month: str | None, last: str) -> Glance:
    """Return a month, or the last one in which anything was used."""
    used = (key[3][: len(last)] for rows in snapshot.usage.values() for key, _ in rows[-1:])
    made = make_month(snapshot, month or max(used, default=last), None, USERS_MAX)
    book = snapshot.book
    names = {one.enterprise: book.account(one.enterprise).name for one in made.users}
    resources = [_resource(book, code, quantity) for code, quantity in made.resources]
    return Glance(made, names, made.hours_by_day(book), resources)


def _resource(book: Book, code: str, quantity: int) -> tuple[str, Fraction, Text]:
    """Return what a resource is called, how much of it was used, and in which unit."""
    listed = book.resources.get(code)
    return (listed.name if listed else code, *converted(book, code, quantity))
