"""A centre's month at a glance: use against capacity, users, days, money, and refunds by level.

The book has no capacity of a centre. Without one that is given nothing is guessed: hours are shown
and the share is not.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import Final, NamedTuple

from ledger.events import ClaimPaid
from ledger.period import days_of_month, last_day
from ledger.quantity import MICRO
from reports.compute import convert
from reports.frames import MonthSum, rank, sum_months, sum_usage
from reports.reconciliation import Reconciled, reconcile_all
from reports.snapshot import Snapshot
from vouchers.adoption import rules_of
from vouchers.book import Account, Book
from vouchers.claims.transfers import Transfer
from vouchers.programme import LEVELS, Level

DAY_S: Final = 86_400


class LevelSum(NamedTuple):
    """What a level's programmes refunded in a month, in fen; no level for one never adopted."""

    level: Level | None
    drawn_fen: int
    paid_fen: int
    recovered_fen: int


class User(NamedTuple):
    """An enterprise's use of accelerators in micro-card-seconds, and what it was charged in all."""

    enterprise: str
    quantity: int
    charged_fen: int


class Month(NamedTuple):
    """A month of a centre. Quantities are in micro-unit-seconds, those of accelerators apart.

    `cards` is the capacity that was given; `days` has every resource's use by day.
    """

    month: str
    cards: int | None
    accelerators: int
    resources: tuple[tuple[str, int], ...]
    days: tuple[tuple[tuple[str, str], int], ...]
    users: tuple[User, ...]
    sums: tuple[MonthSum, ...]
    unrated: int
    is_synthetic: bool
    levels: tuple[LevelSum, ...]

    @property
    def utilisation(self) -> Fraction | None:
        """Return the share of the capacity's card-seconds in use, None without a capacity."""
        if not self.cards:
            return None
        seconds = last_day(self.month).day * DAY_S
        return Fraction(self.accelerators, self.cards * seconds * MICRO)

    def hours_by_day(self, book: Book) -> list[tuple[str, Fraction]]:
        """Return the card-hours of all accelerators on every day of the month, in order."""
        found = {day.isoformat(): 0 for day in days_of_month(self.month)}
        is_card = book.accelerators
        for (day, code), quantity in self.days:
            if code in is_card:
                found[day] += quantity
        return [(day, convert("card_hour", quantity)) for day, quantity in found.items()]

    def total_fen(self, name: str) -> int:
        """Return the sum of one of the amounts of `MonthSum` over all enterprises."""
        return sum(getattr(one, name) for one in self.sums)


def make_month(snapshot: Snapshot, month: str, cards: int | None, top: int) -> Month:
    """Return a month at a glance, with so many of the largest users."""
    book = snapshot.book
    is_card = book.accelerators
    usage = [one for code in sorted(snapshot.usage) for one in snapshot.usage_in(code, month)]
    by_user = {
        code: quantity
        for (code,), quantity in sum_usage(
            (one for one in usage if one[0][2] in is_card), ["enterprise"]
        )
    }
    reconciled = list(reconcile_all(snapshot, month))
    sums = sum_months(reconciled)
    charged = {one.enterprise: one.metered_fen for one in sums}
    return Month(
        month=month,
        cards=cards,
        accelerators=sum(by_user.values()),
        resources=tuple((code, sum_) for (code,), sum_ in sum_usage(usage, ["resource"])),
        days=tuple(
            ((day, code), sum_) for (day, code), sum_ in sum_usage(usage, ["day", "resource"])
        ),
        users=tuple(User(code, sum_, charged.get(code, 0)) for code, sum_ in rank(by_user, top)),
        sums=tuple(sums),
        unrated=_count_unrated(reconciled),
        is_synthetic=any(_is_synthetic(book.account(one.enterprise)) for one in sums),
        levels=_levels(snapshot, month),
    )


def _is_synthetic(account: Account) -> bool:
    """Return whether a name or a price was made up."""
    registered = account.registered is not None and account.registered.synthetic
    return registered or any(one.synthetic for one in account.contracts.values())


def _count_unrated(reconciled: Iterable[Reconciled]) -> int:
    """Return how many contracts' resources have usage that no price applies to."""
    return sum(why.quantity is not None for one in reconciled for why in one.explanations)


def _levels(snapshot: Snapshot, month: str) -> tuple[LevelSum, ...]:
    """Return what each level refunded in a month, every level named."""
    book = snapshot.book
    level_of = {one.programme: one.level for one in rules_of(book).ruled}
    sums: dict[Level | None, dict[str, int]] = {
        level: {"drawn": 0, "paid": 0, "recovered": 0} for level in LEVELS
    }

    def add(programme: str, what: str, amount_fen: int) -> None:
        of_level = sums.setdefault(level_of.get(programme), {"drawn": 0, "paid": 0, "recovered": 0})
        of_level[what] += amount_fen

    for account in book.accounts.values():
        for draw in account.drawn:
            if draw.drawn_on.startswith(month):
                add(draw.programme, "drawn", draw.amount_fen)
    for one, _ in snapshot.budget:
        if isinstance(one, Transfer) and one.effective_on.startswith(month):
            what = "paid" if isinstance(one, ClaimPaid) else "recovered"
            add(one.programme, what, one.amount_fen)
    return tuple(
        LevelSum(level, of["drawn"], of["paid"], of["recovered"]) for level, of in sums.items()
    )
