"""Claims in money at every size of the book, held against the books that post the same events."""

from collections import Counter
from datetime import date
from typing import Any

import pytest

from ledger.balance import Balances
from ledger.codec import Event
from ledger.events import (
    ClaimApproved,
    ClaimClawbackAssessed,
    ClaimCut,
    ClaimOrdered,
    ClaimPaid,
    ClaimRejected,
    ClaimSubmitted,
    Data,
    InvoiceReversed,
)
from tests.ledger.books import Clerk, random_history, seeded, year
from tests.small_ledger import CODE, events
from vouchers.claims.standing import (
    Act,
    Standing,
    TakenBack,
    acts_of,
    concerns_claims,
    in_year_until,
    stand_at,
)

INVOICE = "22420000000000000001"


def read(history: list[Event]) -> list[Act]:
    """Return the acts of a book of these entries."""
    said = [(at, one.data) for at, one in enumerate(history) if concerns_claims(one.data)]
    return list(acts_of(CODE, said))


def test_the_books_have_the_same_sums_at_every_size() -> None:
    paid = recovered = 0
    for seed in range(12):
        history, _ = random_history(seeded(seed), (CODE,), 800)
        acts, balances = read(history), Balances()
        for size, event in enumerate(history, 1):
            balances.apply(event)
            stands, booked = stand_at(acts, size).values(), balances.claims.values()
            found = Counter(
                paid=sum(one.paid_fen for one in stands),
                receivable=sum(one.receivable_fen for one in stands),
                recovered=sum(one.recovered_fen for one in stands),
            )
            assert found == Counter(
                paid=sum(one.paid for one in booked),
                receivable=sum(one.receivable for one in booked),
                recovered=sum(one.recovered for one in booked),
            ), (seed, size)
        paid, recovered = paid + found["paid"], recovered + found["recovered"]
    assert paid > recovered > 0


def test_a_year_of_books_leaves_each_claim_at_its_amounts() -> None:
    stands = stand_at(read(year(CODE)), 1_000)
    gone = Standing(asked_fen=90, refused_fen=90)
    assert {name: stands[name] for name in ("gone-0", "gone-1", "gone-2")} == {
        f"gone-{n}": gone for n in range(3)
    }
    mine = stands["SQ-2022-1"]
    assert mine == Standing(300, 20, None, 200, 60, 45)
    assert (mine.receivable_fen, mine.net_fen) == (15, 140)


STEP: dict[str, Any] = {
    "claim": "SQ-2022-1",
    "revision": 2,
    "programme": "hubei",
    "year": 2022,
    "effective_on": "2022-11-30",
    "acted_at": "2022-11-30T01:02:03Z",
    "sizes": {"book": 1},
    "rules": "6" * 64,
    "actor": "li.si",
}


def story(*more: Data) -> list[Act]:
    """Return the acts of a claim that was approved, and of what followed."""
    clerk = Clerk(CODE)
    first = clerk.claim(ClaimSubmitted, 90, effective_on="2022-11-01").data
    return list(acts_of(CODE, enumerate([first, ClaimApproved(**STEP, amount_fen=90), *more])))


def test_what_is_cut_or_refused_after_the_approval_is_approved_no_more() -> None:
    clerk = Clerk(CODE)
    cut, rejected = clerk.claim(ClaimCut, 20, at="objection"), clerk.claim(ClaimRejected, 70)
    found = [one.after[:3] for one in story(cut.data, rejected.data)]
    assert found == [(90, 0, None), (90, 0, 90), (90, 20, 70), (90, 90, 0)]


def test_a_clawback_rests_on_what_was_reversed_since_the_payment_was_ordered() -> None:
    clerk = Clerk(CODE)

    def red(number: int, invoice: str = INVOICE) -> Data:
        (made,) = events(f"red {number} {invoice} 2022-12-01 1 0.06")
        return made.data

    acts = story(
        red(1),
        clerk.claim(ClaimOrdered, 90).data,
        red(2),
        clerk.claim(ClaimPaid, 90).data,
        red(3),
        red(4, "7"),
        clerk.claim(ClaimClawbackAssessed, 5).data,
        red(5),
        clerk.claim(ClaimClawbackAssessed, 6).data,
    )
    named = [[_number(one) for one in act.taken_back] for act in acts]
    assert [one for one in named if one] == [[2, 3], [5]]


def _number(one: TakenBack) -> int:
    assert isinstance(one, InvoiceReversed)
    return int(one.red_invoice)


@pytest.mark.parametrize(
    ("day", "count"),
    [("2022-10-31", 0), ("2022-11-01", 2), ("2022-12-31", 2), ("2023-11-30", 0)],
)
def test_a_day_has_the_claims_of_its_year_that_were_handed_in_by_then(day: str, count: int) -> None:
    assert len(in_year_until(story(), date.fromisoformat(day))) == count
