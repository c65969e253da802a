"""A year of books for tests: one event of each type, and short ways to write them."""

from collections.abc import Sequence
from random import Random
from typing import Any, Final

from ledger.balance import Balances, Fund
from ledger.codec import Event, encode
from ledger.events import (
    TYPES,
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
    FundAppropriated,
    FundClosed,
    FundData,
    FundTransferred,
)
from ledger.laws import find_refusal

SOURCE: Final = "urn:suanquan:claims"
SALT: Final = "fedcba9876543210" * 2

_FUND: Final[dict[str, Any]] = {
    "fund": "hubei",
    "year": 2022,
    "effective_on": "2022-01-05",
    "document": "鄂财教〔2022〕1号",
    "actor": "zhang.san",
    "acted_at": "2022-01-05T01:02:03Z",
}
_CLAIM: Final[dict[str, Any]] = {
    "claim": "SQ-2022-1",
    "revision": 2,
    "programme": "hubei",
    "fund": "hubei",
    "year": 2022,
    "effective_on": "2022-11-30",
    "sizes": {"usage": 567, "book": 4},
    "rules": "6" * 64,
    "actor": "li.si",
    "acted_at": "2022-11-30T01:02:03Z",
}

_HANDED: Final[dict[str, Any]] = {
    "invoices": ("22420000000000000001",),
    "documents": ("7" * 64,),
    "account": "9" * 64,
    "version": "a" * 64,
    "assisted": True,
}

REVOKED: Final[dict[str, Any]] = {"at": "payment", "document": "撤字1号", "to": "available"}
"""What a cut or a rejection says of a claim that was cleared."""

# The same of one that was not: what a clerk writes where a test says nothing else.
_BEFORE: Final[dict[type[Data], dict[str, Any]]] = {
    ClaimCut: {"at": "check", "document": None, "to": None},
    ClaimRejected: {"at": "objection", "document": None, "to": None},
}

EXAMPLES: Final[tuple[Data, ...]] = (
    FundAppropriated(**_FUND, amount_fen=1_000, name="湖北省科技创新券"),
    FundTransferred(**_FUND, amount_fen=100, to_fund="east_lake", to_year=2023),
    FundClosed(**_FUND, amount_fen=0),
    ClaimSubmitted(**_CLAIM, **_HANDED, amount_fen=90),
    ClaimCut(
        **_CLAIM,
        amount_fen=10,
        **REVOKED,
        reason="超出合同金额",
        item="invoice-total",
        base_cut_fen=20,
    ),
    ClaimRejected(**_CLAIM, **REVOKED, amount_fen=80, reason="关联交易"),
    ClaimWithdrawn(**_CLAIM, amount_fen=80, reason="重复申报", assisted=True),
    ClaimLapsed(**_CLAIM, amount_fen=80, reason="年度结束"),
    ClaimCleared(**_CLAIM, amount_fen=80, notice="GS-2022-1", line=3),
    ClaimOrdered(**_CLAIM, amount_fen=80, order="ZF-1", account_sha256="8" * 64),
    ClaimPaid(**_CLAIM, amount_fen=80, order="ZF-1", bank_reference="B 1"),
    ClaimFailed(**_CLAIM, amount_fen=80, order="ZF-1", reason="户名不符", bank_reference="B 2"),
    ClaimClawbackAssessed(**_CLAIM, amount_fen=5, document="追字1号", reason="骗取"),
    ClaimClawbackRecovered(
        **_CLAIM, amount_fen=5, document="追字1号", bank_reference="B 3", to="available"
    ),
    ClaimResubmitted(**_CLAIM, **_HANDED, amount_fen=85, before_fen=80),
)
"""One event of each type with every field given."""


class Clerk:
    """Writes events, each under an id of its own, for one enterprise."""

    def __init__(self, enterprise: str, prefix: str = "e") -> None:
        self.enterprise = enterprise
        self._prefix = prefix
        self._count = 0

    def event(self, data: Data) -> Event:
        """Return the event of some data."""
        self._count += 1
        subject = self.enterprise if isinstance(data, ClaimData) else ""
        return encode(SOURCE, f"{self._prefix}-{self._count}", subject, data, SALT)

    def fund(
        self,
        cls: type[FundData],
        amount_fen: int,
        **changes: Any,  # noqa: ANN401 - whichever fields the type has
    ) -> Event:
        """Return an event of a fund."""
        # Of the time before accounts: nobody is asked whether he may.
        fields = {**_FUND, "acted_at": None, "amount_fen": amount_fen, **changes}
        if cls is FundTransferred:
            fields = {"to_fund": "wuhan", "to_year": 2022, **fields}
        return self.event(cls(**fields))

    def claim(
        self,
        cls: type[ClaimData],
        amount_fen: int,
        **changes: Any,  # noqa: ANN401 - whichever fields the type has
    ) -> Event:
        """Return an event of a claim, with what its type requires filled in."""
        example = next(data for data in EXAMPLES if type(data) is cls)
        fields = {name: getattr(example, name) for name in cls.__struct_fields__}
        fields |= {**_BEFORE.get(cls, {}), "acted_at": None, "amount_fen": amount_fen}
        return self.event(cls(**{**fields, **changes}))


def year(enterprise: str) -> list[Event]:
    """Return a lawful year that uses every type of event, and leaves something on each account."""
    clerk = Clerk(enterprise, "year")
    give, do = clerk.fund, clerk.claim
    events = [
        give(FundAppropriated, 1_000),
        give(FundAppropriated, 500, fund="wuhan"),
        give(FundTransferred, 100),
    ]
    endings: tuple[type[ClaimData], ...] = ClaimRejected, ClaimWithdrawn, ClaimLapsed
    for number, ending in enumerate(endings):
        claim = f"gone-{number}"
        events += [do(ClaimSubmitted, 90, claim=claim), do(ending, 90, claim=claim)]
    events += [
        do(ClaimSubmitted, 270),
        do(ClaimResubmitted, 310, before_fen=270),
        do(ClaimResubmitted, 300, before_fen=310),
        do(ClaimCut, 20),
        do(ClaimCleared, 280),
        do(ClaimOrdered, 200),
        do(ClaimFailed, 200),
        do(ClaimOrdered, 200, order="ZF-2"),
        do(ClaimPaid, 200, order="ZF-2"),
        do(ClaimClawbackAssessed, 60),
        do(ClaimClawbackRecovered, 40),
        do(ClaimSubmitted, 50, claim="open", fund="wuhan"),
    ]
    events += [
        give(FundClosed, 660),
        do(ClaimClawbackRecovered, 5, to="appropriated"),
    ]
    return events


def next_year(enterprise: str) -> list[Event]:
    """Return the first events of another fund's next year; they can follow `year`."""
    clerk = Clerk(enterprise, "next")
    there = {"fund": "east_lake", "year": 2023}
    claim = {"claim": "SQ-2023-1", **there}
    return [
        clerk.fund(FundAppropriated, 400, **there),
        clerk.claim(ClaimSubmitted, 70, **claim),
        clerk.claim(ClaimCleared, 70, **claim),
        clerk.claim(ClaimOrdered, 30, **claim, order="ZF-9"),
    ]


def seeded(seed: int) -> Random:
    """Return a source of random numbers that gives the same ones each time."""
    return Random(seed)  # noqa: S311 - a test's own


def random_history(
    random: Random, enterprises: Sequence[str], attempts: int
) -> tuple[list[Event], list[Event]]:
    """Return events that the books carry one after the other, and some that they refused then."""
    balances, carried, refused = Balances(), list[Event](), list[Event]()
    clerks = [Clerk(code, f"h{number}") for number, code in enumerate(enterprises)]
    for _ in range(attempts):
        event = random_event(random, random.choice(clerks), balances)
        if find_refusal(balances, event) is None:
            balances.apply(event)
            carried.append(event)
        else:
            refused.append(event)
    return carried, refused


def random_event(random: Random, clerk: Clerk, balances: Balances) -> Event:
    """Return any event; its amount is often the one that the books expect."""
    purse: dict[str, Any] = {
        "fund": random.choice(("hubei", "wuhan")),
        "year": random.choice((2022, 2023)),
    }
    effective_on = f"2022-{random.randint(1, 12):02}-{random.randint(1, 28):02}"
    known = [key for key in balances.claims if key[3] == clerk.enterprise]
    cls = random.choice([cls for cls in TYPES.values() if issubclass(cls, FundData | ClaimData)])
    if issubclass(cls, FundData):
        there = balances.funds.get((purse["fund"], purse["year"]), Fund())
        amount_fen = there.available if cls is FundClosed else random.randint(1, 300)
        if cls is FundClosed and random.random() < 0.9:
            cls, amount_fen = FundAppropriated, 300
        changes: dict[str, Any] = {}
        if cls is FundTransferred:
            other = {"hubei": "wuhan", "wuhan": "hubei"}[purse["fund"]]
            changes = {"to_fund": other, "to_year": random.choice((2022, 2023))}
        return clerk.fund(cls, amount_fen, effective_on=effective_on, **purse, **changes)
    if cls is ClaimSubmitted or not known:
        claim = f"SQ-{random.randint(1, 30)}"
        amount_fen = random.randint(1, 120)
        return clerk.claim(
            ClaimSubmitted, amount_fen, claim=claim, effective_on=effective_on, **purse
        )
    key = random.choice(known)
    stands = balances.claims[key]
    named: dict[str, Any] = {
        "claim": key[0],
        "fund": key[1],
        "year": key[2],
        "effective_on": effective_on,
    }
    orders = [(one, stand) for (one, claim), stand in balances.orders.items() if claim == key[0]]
    amount_fen = random.choice([*stands[1:], random.randint(1, 100)])
    if cls is ClaimOrdered:
        named["order"] = f"ZF-{random.randint(1, 60)}"
    elif cls in {ClaimPaid, ClaimFailed} and orders:
        named["order"], order = random.choice(orders)
        amount_fen = order.ordered
    elif cls is ClaimResubmitted:
        named["before_fen"] = random.choice((max(stands.reserved, 1), random.randint(1, 100)))
    elif cls is ClaimClawbackRecovered:
        named["to"] = random.choice(("available", "appropriated"))
    elif cls in {ClaimCut, ClaimRejected} and stands.payable:
        named |= {**REVOKED, "to": random.choice(("available", "appropriated"))}
    return clerk.claim(cls, max(amount_fen, 1), **named)
