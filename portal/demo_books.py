"""The demo's books: a budget for each programme, and a claim from submission to payment each."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ledger.codec import Event, encode
from ledger.events import (
    ClaimCleared,
    ClaimData,
    ClaimOrdered,
    ClaimPaid,
    ClaimSubmitted,
    FundAppropriated,
)
from portal.fund_commands import SOURCE as FUNDS
from reports.snapshot import Snapshot
from vouchers.adoption import programmes_of, rules_of
from vouchers.ruling import Ruling
from vouchers.settle import Salt

CLAIMS: Final = "urn:suanquan:claims"

# Budgets are decided in round figures before anybody knows who will come.
BUDGET_STEP_FEN: Final = 100_000_000


def play_books(
    snapshot: Snapshot, rulings: Mapping[str, Ruling], year: int, salt: Salt
) -> Iterator[Event]:
    """Yield the year's budgets, and the claims for what each ruling pays, all of them paid."""
    for programme in programmes_of(rules_of(snapshot.book)):
        paid = {code: ruling.paid_fen(programme.id) for code, ruling in rulings.items()}
        budget_fen = (sum(paid.values()) // BUDGET_STEP_FEN + 1) * BUDGET_STEP_FEN
        given = FundAppropriated(
            fund=programme.id,
            year=year,
            amount_fen=budget_fen,
            effective_on=f"{year}-01-01",
            document=f"demo-{year}-{programme.id}",
            name=programme.name.zh,
        )
        event_id = f"{programme.id}/{year}/appropriated/{given.document}"
        yield encode(FUNDS, event_id, "", given, salt(FUNDS, event_id))
        claimants = [(code, fen) for code, fen in paid.items() if fen]
        for line, (code, amount_fen) in enumerate(claimants, 1):
            for data in _claim(snapshot, programme.id, year, line, amount_fen):
                event_id = f"{data.claim}/{data.type}"
                yield encode(CLAIMS, event_id, code, data, salt(CLAIMS, event_id))


def _claim(
    snapshot: Snapshot, programme: str, year: int, line: int, amount_fen: int
) -> Iterator[ClaimData]:
    """Yield a claim's events: submitted, cleared after its notice, ordered, paid."""
    claim = f"{programme}-{year}-{line:03d}"
    said: dict[str, Any] = {
        "claim": claim,
        "revision": 1,
        "programme": programme,
        "fund": programme,
        "year": year,
        "amount_fen": amount_fen,
        "sizes": snapshot.sizes,
        "rules": rules_of(snapshot.book).hash,
    }
    yield ClaimSubmitted(**said, effective_on=f"{year}-12-31")
    notice = f"demo-notice-{programme}-{year}"
    yield ClaimCleared(**said, effective_on=f"{year + 1}-01-16", notice=notice, line=line)
    yield ClaimOrdered(**said, effective_on=f"{year + 1}-01-17", order=claim)
    yield ClaimPaid(
        **said, effective_on=f"{year + 1}-01-18", order=claim, bank_reference=f"demo-{claim}"
    )
