"""What each fund, claim and payment order stands at.

Every figure is a sum over events, so that any cut of the log gives the same rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ledger.codec import Event
from ledger.events import (
    ClaimClawbackAssessed,
    ClaimClawbackRecovered,
    ClaimCleared,
    ClaimCut,
    ClaimData,
    ClaimFailed,
    ClaimLapsed,
    ClaimOrdered,
    ClaimPaid,
    ClaimRejected,
    ClaimResubmitted,
    ClaimSubmitted,
    ClaimWithdrawn,
    Data,
    FundClosed,
)
from ledger.journal import CHART, KEPT, Account, post_data

FundKey = tuple[str, int]
"""A fund's code and year."""

ClaimKey = tuple[str, str, int, str]
"""A claim, and the fund, year and enterprise that its events name."""

OrderKey = tuple[str, str]
"""A payment order and its claim."""


_CREDIT_SIDE: Final[frozenset[Account]] = frozenset({"appropriated", "payable", "treasury"})


class Fund(NamedTuple):
    """The balances of a fund's year, debits less credits, and how often it was closed."""

    appropriated: int = 0
    available: int = 0
    encumbered: int = 0
    expended: int = 0
    expense: int = 0
    payable: int = 0
    treasury: int = 0
    receivable: int = 0
    closed: int = 0

    def amount_fen(self, account: Account) -> int:
        """Return a balance as the amount that people call by the account's name."""
        balance: int = getattr(self, account)
        return -balance if account in _CREDIT_SIDE else balance


class Claim(NamedTuple):
    """How often a claim was submitted, and the amounts that it stands at, none below zero.

    `ordered` is the part of `payable` that an order is under way for.
    """

    submitted: int = 0
    reserved: int = 0
    payable: int = 0
    ordered: int = 0
    paid: int = 0
    receivable: int = 0
    recovered: int = 0


class Order(NamedTuple):
    """How often an order was given, for how much, and how much of it was paid or failed."""

    given: int = 0
    ordered: int = 0
    paid: int = 0
    failed: int = 0


_ACCOUNTS: Final = tuple(CHART)
assert (*_ACCOUNTS, "closed") == Fund._fields

# What one fen of an event does to a claim's amounts, in the order of the fields after the first.
_RELEASED: Final = (-1, 0, 0, 0, 0, 0)
_REVOKED: Final = (0, -1, 0, 0, 0, 0)
_CLAIM_CHANGES: Final[dict[type[Data], tuple[int, ...]]] = {
    ClaimSubmitted: (1, 0, 0, 0, 0, 0),
    ClaimResubmitted: (1, 0, 0, 0, 0, 0),
    ClaimCut: _RELEASED,
    ClaimRejected: _RELEASED,
    ClaimWithdrawn: _RELEASED,
    ClaimLapsed: _RELEASED,
    ClaimCleared: (-1, 1, 0, 0, 0, 0),
    ClaimOrdered: (0, 0, 1, 0, 0, 0),
    ClaimPaid: (0, -1, -1, 1, 0, 0),
    ClaimFailed: (0, 0, -1, 0, 0, 0),
    ClaimClawbackAssessed: (0, 0, 0, 0, 1, 0),
    ClaimClawbackRecovered: (0, 0, 0, 0, -1, 1),
}


@dataclass(slots=True)
class Balances:
    """Every fund, claim and order by its key; any run of events gives partial ones that add up.

    `first_keys` has the first key of each claim's id, `order_ids` the orders that are named.
    """

    funds: dict[FundKey, Fund] = field(default_factory=dict)
    claims: dict[ClaimKey, Claim] = field(default_factory=dict)
    orders: dict[OrderKey, Order] = field(default_factory=dict)
    first_keys: dict[str, ClaimKey] = field(init=False, compare=False)
    order_ids: set[str] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Note which claims and orders are there."""
        self.first_keys = {key[0]: key for key in reversed(self.claims)}
        self.order_ids = {order for order, _ in self.orders}

    def apply(self, event: Event) -> None:
        """Add what an event changes, lawful or not."""
        if event.kind in KEPT:
            self.take(event.data, event.subject)

    def take(self, data: Data, subject: str) -> None:
        """Add what an event that says so changes, lawful or not."""
        for one in post_data(data, subject):
            purse = one.fund, one.year
            moved = self.funds.get(purse, Fund())._asdict()
            moved[one.debit] += one.amount_fen
            moved[one.credit] -= one.amount_fen
            self.funds[purse] = Fund(**moved)
        if isinstance(data, FundClosed):
            purse = data.fund, data.year
            fund = self.funds.get(purse, Fund())
            self.funds[purse] = fund._replace(closed=fund.closed + 1)
        if isinstance(data, ClaimData):
            self._apply_claim(data, subject)

    def _apply_claim(self, data: ClaimData, enterprise: str) -> None:
        """Add what an event of a claim changes in the claim and in a payment order."""
        key = data.claim, data.fund, data.year, enterprise
        submitted, *amounts = self.claims.get(key, Claim())
        steps = _CLAIM_CHANGES[type(data)]
        if isinstance(data, ClaimCut | ClaimRejected) and data.revokes:
            steps = _REVOKED
        changed = (a + step * data.moved_fen for a, step in zip(amounts, steps, strict=True))
        self.claims[key] = Claim(submitted + isinstance(data, ClaimSubmitted), *changed)
        self.first_keys.setdefault(data.claim, key)
        if isinstance(data, ClaimOrdered | ClaimPaid | ClaimFailed):
            given, ordered, paid, failed = self.orders.get((data.order, data.claim), Order())
            match data:
                case ClaimOrdered():
                    given, ordered = given + 1, ordered + data.amount_fen
                case ClaimPaid():
                    paid += data.amount_fen
                case ClaimFailed():
                    failed += data.amount_fen
            self.orders[data.order, data.claim] = Order(given, ordered, paid, failed)
            self.order_ids.add(data.order)


def sum_up(events: Iterable[Event]) -> Balances:
    """Return what events add up to."""
    balances = Balances()
    for event in events:
        balances.apply(event)
    return balances
