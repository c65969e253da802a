"""A fund read from the book: every movement in the order of the log, and the statements of it."""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from ledger.database import Connection
from ledger.events import ClaimData, FundData, IssuedData, StatementSealed
from ledger.journal import Account, post_data
from ledger.read import read_data, read_heads
from ledger.text import Text
from reports.fund_report import FUND_ACTS
from reports.issue import Issued
from vouchers.claims.fold import action_of
from vouchers.claims.table import ACTION_NAMES


class Movement(NamedTuple):
    """One line of a fund's journal; `number` counts them from 1, `left_fen` is available after it.

    `claim` is empty where the budget alone moves, `document` where a claim does.
    """

    number: int
    day: str
    name: Text
    claim: str
    document: str
    debit: Account
    credit: Account
    amount_fen: int
    left_fen: int


@dataclass(slots=True)
class FundAccount:
    """A fund's year as the journal has it, and the execution statements of the fund."""

    movements: list[Movement] = field(default_factory=list)
    reports: list[Issued] = field(default_factory=list)


def read_account(connection: Connection, fund: str, year: int) -> FundAccount:
    """Return a fund's year, read from the whole book: some microseconds an entry."""
    found, left_fen, seals = FundAccount(), 0, dict[str, StatementSealed]()
    size = read_heads(connection)["book"].size
    for event, data in read_data(connection, "book", 0, size):
        if isinstance(data, StatementSealed):
            seals[data.statement] = data
        if isinstance(data, IssuedData) and (data.kind, data.about) == ("fund", fund):
            found.reports.append(Issued(event.subject, data))
        if not isinstance(data, ClaimData | FundData):
            continue
        for one in post_data(data, event.subject):
            if (one.fund, one.year) != (fund, year):
                continue
            sign = (one.debit == "available") - (one.credit == "available")
            left_fen += sign * one.amount_fen
            found.movements.append(
                Movement(
                    number=len(found.movements) + 1,
                    day=data.effective_on,
                    name=_name(data),
                    claim=one.claim,
                    document=data.document if isinstance(data, FundData) else "",
                    debit=one.debit,
                    credit=one.credit,
                    amount_fen=one.amount_fen,
                    left_fen=left_fen,
                )
            )
    found.reports = [replace(one, seal=seals.get(one.data.statement)) for one in found.reports]
    return found


def _name(data: ClaimData | FundData) -> Text:
    """Return what an act is called."""
    return ACTION_NAMES[action_of(data)] if isinstance(data, ClaimData) else FUND_ACTS[data.type]
