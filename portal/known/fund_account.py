"""Funds read from the book: every movement in the order of the log, and the statements of each.

They are folded from the book at first use and then from where the fold stands, for a log only
grows: a page reads what came since the last one, however many movements there are.
"""

import sys
from bisect import bisect_left
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Final, NamedTuple, Self

from ledger.balance import FundKey
from ledger.codec import Event
from ledger.database import Connection
from ledger.events import (
    ClaimData,
    Data,
    FundData,
    IssuedData,
    ReportIssued,
    StatementIssued,
    StatementSealed,
)
from ledger.journal import KEPT, Account, post_data
from ledger.read import parse_entry, read_runs
from ledger.text import Text
from reports.fund_report import FUND_ACTS
from reports.issue import Issued
from vouchers.claims.fold import action_of
from vouchers.claims.table import ACTION_NAMES

_KINDS: Final[tuple[type[Data], ...]] = (*KEPT, StatementIssued, ReportIssued, StatementSealed)

# Nobody else writes these, and each leaf of ours is canonical JSON, whose last member is the type.
_ENDS: Final = tuple(f'"type":"{kind.type}"}}'.encode() for kind in _KINDS)


class Movement(NamedTuple):
    """One line of a fund's journal; `number` counts them from 1, `left_fen` is available after it.

    `place` is the index of its entry. `claim` is empty where the budget alone moves, `document`
    where a claim does.
    """

    place: int
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
class FundAccounts:
    """The journals of all funds' years, and the funds' statements; threads may share them."""

    size: int = 0
    _movements: dict[FundKey, list[Movement]] = field(default_factory=dict)
    _reports: dict[str, list[tuple[int, Issued]]] = field(default_factory=dict)
    _seals: dict[str, tuple[int, StatementSealed]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def read_on(self, connection: Connection, size: int) -> Self:
        """Return what the book's first entries say, once those that are new have been read."""
        if self.size >= size:
            return self
        with self._lock:
            for start, entries in read_runs(connection, "book", self.size, max(size, self.size)):
                for index, entry in enumerate(entries, start):
                    if entry.endswith(_ENDS):
                        self._take(index, parse_entry("book", index, entry))
            self.size = max(self.size, size)
        return self

    def last_movements(
        self, key: FundKey, size: int, limit: int | None = None, before: int | None = None
    ) -> tuple[list[Movement], bool]:
        """Return the last movements of a fund's year, the newest first, and whether more come.

        `before` is the number of the movement before which they are asked for. None is of an entry
        beyond the size, which another thread may have read.
        """
        found = self._movements.get(key, [])
        end = bisect_left(found, size, key=lambda one: one.place)
        end = end if before is None else max(min(end, before - 1), 0)
        start = 0 if limit is None else max(end - limit, 0)
        return found[start:end][::-1], start > 0

    def reports(self, fund: str, size: int) -> list[Issued]:
        """Return a fund's execution statements in the order in which they were issued."""
        found = [one for place, one in self._reports.get(fund, ()) if place < size]
        seals = (self._seals.get(one.data.statement) for one in found)
        return [
            replace(one, seal=seal[1]) if seal and seal[0] < size else one
            for one, seal in zip(found, seals, strict=True)
        ]

    def _take(self, index: int, event: Event) -> None:
        """Take what an entry says."""
        data = event.data
        if isinstance(data, StatementSealed):
            self._seals[data.statement] = index, data
        elif isinstance(data, IssuedData) and data.kind == "fund" and data.about is not None:
            issued = Issued(event.subject, data)
            self._reports.setdefault(data.about, []).append((index, issued))
        elif isinstance(data, ClaimData | FundData):
            self._move(index, data, event.subject)

    def _move(self, index: int, data: ClaimData | FundData, subject: str) -> None:
        """Take the movements of an act."""
        for one in post_data(data, subject):
            found = self._movements.setdefault((one.fund, one.year), [])
            sign = (one.debit == "available") - (one.credit == "available")
            left_fen = found[-1].left_fen if found else 0
            # A claim moves a fund several times, and a year has the same day for many of them.
            found.append(
                Movement(
                    place=index,
                    number=len(found) + 1,
                    day=sys.intern(data.effective_on),
                    name=_name(data),
                    claim=sys.intern(one.claim),
                    document=data.document if isinstance(data, FundData) else "",
                    debit=one.debit,
                    credit=one.credit,
                    amount_fen=one.amount_fen,
                    left_fen=left_fen + sign * one.amount_fen,
                )
            )


def _name(data: ClaimData | FundData) -> Text:
    """Return what an act is called."""
    return ACTION_NAMES[action_of(data)] if isinstance(data, ClaimData) else FUND_ACTS[data.type]
