"""The books in double entry: chart of accounts, and what each event debits and credits.

In the words of public finance a fund's year has two sets of accounts. The budgetary ones say what
the budget gave and what became of it; the financial ones say what was owed, paid and claimed back:

    event                        debit                        credit
    fund appropriated            available                    appropriated
    fund transferred             appropriated (from),         available (from),
                                 available (to)               appropriated (to)
    fund closed                  appropriated                 available
    claim submitted              encumbered                   available
    claim resubmitted for more   encumbered                   available
    (for less: the other way)
    claim cut, rejected,         available                    encumbered
    withdrawn, lapsed
    claim cleared                expended, expense            encumbered, payable
    claim cut or rejected after  available or appropriated    expended, expense
    that                         as it says, payable
    claim paid                   payable                      treasury
    clawback assessed            receivable                   expense
    clawback recovered           treasury, and available or   receivable, and expended
                                 appropriated as it says

Each transfer has one debit and one credit of one amount in one fund's year, so each set of accounts
sums to zero by itself. An order and its failure transfer nothing. A balance is debits less credits:
what was appropriated, and what is payable, stand below zero.
"""

from typing import Final, Literal, NamedTuple, get_args

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
    FundAppropriated,
    FundClosed,
    FundData,
    FundTransferred,
)
from ledger.text import Text

Budgetary = Literal["appropriated", "available", "encumbered", "expended"]
Financial = Literal["expense", "payable", "treasury", "receivable"]
Account = Budgetary | Financial

BUDGETARY: Final[tuple[Budgetary, ...]] = get_args(Budgetary)
FINANCIAL: Final[tuple[Financial, ...]] = get_args(Financial)

CHART: Final[dict[Account, Text]] = {
    "appropriated": Text("预算下达", "appropriated"),
    "available": Text("可用", "available"),
    "encumbered": Text("已冻结", "encumbered"),
    "expended": Text("已支出", "expended"),
    "expense": Text("费用", "expense"),
    "payable": Text("应付", "payable"),
    "treasury": Text("国库", "treasury"),
    "receivable": Text("应收", "receivable"),
}
"""Every account of a fund's year, the budgetary ones first."""

PERSONAL: Final[frozenset[Account]] = frozenset({"payable", "receivable"})
"""Accounts that are kept for each enterprise by itself."""

Pair = tuple[Account, Account]

_OF_FUNDS: Final[dict[type[Data], tuple[Pair, ...]]] = {
    FundAppropriated: (("available", "appropriated"),),
    FundTransferred: (("appropriated", "available"),),
    FundClosed: (("appropriated", "available"),),
}

_RELEASE: Final[tuple[Pair, ...]] = (("available", "encumbered"),)

_OF_CLAIMS: Final[dict[type[Data], tuple[Pair, ...]]] = {
    ClaimSubmitted: (("encumbered", "available"),),
    ClaimResubmitted: (("encumbered", "available"),),
    ClaimCut: _RELEASE,
    ClaimRejected: _RELEASE,
    ClaimWithdrawn: _RELEASE,
    ClaimLapsed: _RELEASE,
    ClaimCleared: (("expended", "encumbered"), ("expense", "payable")),
    ClaimOrdered: (),
    ClaimPaid: (("payable", "treasury"),),
    ClaimFailed: (),
    ClaimClawbackAssessed: (("receivable", "expense"),),
    ClaimClawbackRecovered: (("treasury", "receivable"), ("available", "expended")),
}

KEPT: Final = frozenset(_OF_FUNDS) | frozenset(_OF_CLAIMS)
"""The event types that the books are kept from."""


class Transfer(NamedTuple):
    """One debit and one credit of one amount in one fund's year; one line of the journal.

    `claim` and `enterprise` are empty where the budget alone moves.
    """

    fund: str
    year: int
    debit: Account
    credit: Account
    amount_fen: int
    claim: str = ""
    enterprise: str = ""


def post(event: Event) -> tuple[Transfer, ...]:
    """Return the transfers that an event makes, none where it moves nothing."""
    return post_data(event.data, event.subject) if event.kind in KEPT else ()


def post_data(data: Data, subject: str) -> tuple[Transfer, ...]:
    """Return the transfers that what an event says makes, none where it moves nothing."""
    if isinstance(data, ClaimData):
        return _post_claim(data, subject)
    return _post_fund(data) if isinstance(data, FundData) else ()


def _post_fund(data: FundData) -> tuple[Transfer, ...]:
    """Return what an event of a fund transfers; closing one that is used up transfers nothing."""
    pairs = _OF_FUNDS[type(data)] if data.amount_fen else ()
    made = [Transfer(data.fund, data.year, *pair, data.amount_fen) for pair in pairs]
    if isinstance(data, FundTransferred):
        there = data.to_fund, data.to_year
        made.append(Transfer(*there, "available", "appropriated", data.amount_fen))
    return tuple(made)


def _post_claim(data: ClaimData, enterprise: str) -> tuple[Transfer, ...]:
    """Return what an event of a claim transfers."""
    pairs = _OF_CLAIMS[type(data)]
    moved_fen = data.moved_fen
    if isinstance(data, ClaimClawbackRecovered):
        pairs = (pairs[0], (data.to, "expended"))
    elif isinstance(data, ClaimCut | ClaimRejected) and data.to is not None:
        pairs = ((data.to, "expended"), ("payable", "expense"))
    elif moved_fen <= 0:
        pairs = _RELEASE if moved_fen else ()
    return tuple(
        Transfer(data.fund, data.year, *pair, abs(moved_fen), data.claim, enterprise)
        for pair in pairs
    )
