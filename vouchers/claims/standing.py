"""Claims in money at any size of the book: what each asks, got and gave back, and by which acts.

A claim's money moves by its own events alone. What was reversed since it was paid moves none, but
is what an assessed clawback rests on.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final, NamedTuple

from ledger.events import (
    ClaimApproved,
    ClaimClawbackAssessed,
    ClaimClawbackRecovered,
    ClaimData,
    ClaimOrdered,
    ClaimStep,
    Data,
    InvoiceReversed,
    PaymentReversed,
)
from vouchers.claims.fold import Claim, ClaimEvent

TakenBack = InvoiceReversed | PaymentReversed

Said = tuple[int, Data]
"""An index of the book, and what the entry there says."""

_REFUSED: Final = frozenset({"rejected", "withdrawn", "lapsed"})


class Standing(NamedTuple):
    """A claim in money; `refused_fen` is what of it was cut, refused, withdrawn or has lapsed.

    `approved_fen` is None until it is approved, `assessed_fen` what was ever claimed back.
    """

    asked_fen: int = 0
    refused_fen: int = 0
    approved_fen: int | None = None
    paid_fen: int = 0
    assessed_fen: int = 0
    recovered_fen: int = 0

    @property
    def receivable_fen(self) -> int:
        """Return what was claimed back and has not come back yet."""
        return self.assessed_fen - self.recovered_fen

    @property
    def net_fen(self) -> int:
        """Return what was paid less what was claimed back of it."""
        return self.paid_fen - self.assessed_fen


class Act(NamedTuple):
    """An event that changed what a claim stands at, and what it stands at after it.

    `at` is its index in the book, `handed_on` the day on which the claim was first handed in,
    `version` the hash of the rule by which it was worked out. `taken_back` is what an assessment
    rests on: what was reversed of its invoices since its payment's order or the assessment before.
    """

    at: int
    data: ClaimEvent
    handed_on: str
    version: str | None
    after: Standing
    taken_back: tuple[TakenBack, ...] = ()

    @property
    def amount_fen(self) -> int:
        """Return what the act is over."""
        assert isinstance(self.data, ClaimData | ClaimApproved), self.data
        return self.data.amount_fen

    @property
    def is_clawback(self) -> bool:
        """Return whether the act claims money back, or records that it came."""
        return isinstance(self.data, ClaimClawbackAssessed | ClaimClawbackRecovered)


def concerns_claims(data: Data) -> bool:
    """Return whether `acts_of` has to hear an event."""
    return isinstance(data, ClaimData | ClaimStep | InvoiceReversed | PaymentReversed)


def acts_of(enterprise: str, said: Iterable[Said]) -> Iterator[Act]:
    """Yield the acts that moved money of an enterprise's claims, in the order of the book."""
    claims: dict[str, Claim] = {}
    handed: dict[str, str] = {}
    counted: dict[str, int] = {}
    papers: list[tuple[int, TakenBack]] = []
    for index, data in said:
        if isinstance(data, InvoiceReversed | PaymentReversed):
            papers.append((index, data))
        if not isinstance(data, ClaimData | ClaimStep):
            continue
        claim = claims.setdefault(data.claim, Claim(data.claim))
        before = _stand(claim)
        claim.take(data, enterprise)
        after = _stand(claim)
        if before != after:
            taken_back: tuple[TakenBack, ...] = ()
            if isinstance(data, ClaimClawbackAssessed):
                since = counted.get(data.claim, index)
                late = (one for at, one in papers if at > since)
                taken_back = tuple(one for one in late if one.invoice in claim.invoices)
            handed.setdefault(data.claim, data.effective_on)
            first = handed[data.claim]
            yield Act(index, data, first, claim.version, after, taken_back)
        if isinstance(data, ClaimOrdered | ClaimClawbackAssessed):
            counted[data.claim] = index


def in_year_until(acts: Iterable[Act], day: date) -> tuple[Act, ...]:
    """Return the acts on claims that were first handed in in the year of a day, by that day."""
    since, until = date(day.year, 1, 1).isoformat(), day.isoformat()
    return tuple(one for one in acts if since <= one.handed_on <= until)


def stand_at(acts: Iterable[Act], size: int) -> dict[str, Standing]:
    """Return what each claim stands at by a size of the book, as they were first handed in."""
    return {one.data.claim: one.after for one in acts if one.at < size}


def _stand(claim: Claim) -> Standing:
    """Return what a claim stands at."""
    left_fen = 0 if claim.moved_to in _REFUSED else claim.amount_fen
    return Standing(
        asked_fen=claim.asked_fen,
        refused_fen=claim.asked_fen - left_fen,
        approved_fen=None if claim.approved_fen is None else left_fen,
        paid_fen=claim.paid_fen,
        assessed_fen=claim.receivable_fen + claim.recovered_fen,
        recovered_fen=claim.recovered_fen,
    )
