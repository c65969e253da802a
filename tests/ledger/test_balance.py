"""The laws of the books over random histories, and each event that they cannot carry."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.balance import Balances, Claim, Fund, sum_up
from ledger.codec import Event
from ledger.events import (
    TYPES,
    ClaimClawbackAssessed,
    ClaimClawbackRecovered,
    ClaimCleared,
    ClaimCut,
    ClaimData,
    ClaimFailed,
    ClaimOrdered,
    ClaimPaid,
    ClaimRejected,
    ClaimResubmitted,
    ClaimSubmitted,
    Data,
    FundAppropriated,
    FundClosed,
    FundData,
    FundTransferred,
)
from ledger.journal import BUDGETARY, CHART, FINANCIAL, KEPT, post
from ledger.laws import find_refusal
from ledger.money import FEN_MAX
from tests.ledger import books
from tests.ledger.books import REVOKED, Clerk
from tests.ledger.conftest import CODE, OTHER_CODE, fact, usage

SEEDS = st.integers(0, 2**32)


def history(seed: int, attempts: int = 200) -> list[Event]:
    return books.random_history(books.seeded(seed), (CODE, OTHER_CODE), attempts)[0]


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_the_laws_hold_at_every_size(seed: int) -> None:
    balances = Balances()
    for event in history(seed):
        balances.apply(event)
        for fund in balances.funds.values():
            held = fund._asdict()
            assert sum(held[account] for account in BUDGETARY) == 0
            assert sum(held[account] for account in FINANCIAL) == 0
            assert fund.available >= 0
            assert fund.expended == fund.expense + fund.receivable
        for claim in balances.claims.values():
            assert claim.submitted == 1
            assert min(claim) >= 0


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_funds_are_the_sums_of_their_claims(seed: int) -> None:
    balances = sum_up(history(seed))
    for (code, year), fund in balances.funds.items():
        claims = [one for key, one in balances.claims.items() if key[1:3] == (code, year)]
        assert fund.encumbered == sum(claim.reserved for claim in claims)
        assert -fund.payable == sum(claim.payable for claim in claims)
        assert -fund.treasury == sum(claim.paid - claim.recovered for claim in claims)
        assert fund.receivable == sum(claim.receivable for claim in claims)


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_each_fen_paid_traces_to_a_line_of_a_notice_and_a_settled_order(seed: int) -> None:
    events = history(seed)
    balances = sum_up(events)
    cleared: dict[str, int] = {}
    for data in (event.data for event in events):
        if isinstance(data, ClaimCut | ClaimRejected) and data.revokes:
            cleared[data.claim] -= data.amount_fen
        if isinstance(data, ClaimCleared):
            assert data.claim not in cleared, "cleared by two lines"
            cleared[data.claim] = data.amount_fen
    for (claim, *_), stands in balances.claims.items():
        orders = [order for (_, of), order in balances.orders.items() if of == claim]
        assert stands.paid == sum(order.paid for order in orders)
        assert stands.paid + stands.payable == cleared.get(claim, 0)
        assert all(order.paid in (0, order.ordered) for order in orders)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.randoms(use_true_random=False))
def test_the_order_of_events_changes_no_sum(seed: int, random: Random) -> None:
    events = history(seed)
    shuffled = list(events)
    random.shuffle(shuffled)
    assert sum_up(shuffled) == sum_up(events)


def test_random_histories_use_every_type_and_are_refused_one_of_each() -> None:
    carried, refused = [], set()
    for seed in range(40):
        done, unlawful = books.random_history(books.seeded(seed), (CODE, OTHER_CODE), 400)
        carried += done
        refused |= {event.kind for event in unlawful}
    assert {event.kind for event in carried} == KEPT
    revoked = [one.data for one in carried if getattr(one.data, "at", None) == "payment"]
    assert {type(one) for one in revoked} == {ClaimCut, ClaimRejected}
    assert refused == KEPT


def test_the_books_are_kept_from_every_event_of_funds_and_claims() -> None:
    assert {cls for cls in TYPES.values() if issubclass(cls, FundData | ClaimData)} == KEPT


def test_a_transfer_stays_within_one_set_of_accounts() -> None:
    assert [*BUDGETARY, *FINANCIAL] == list(CHART)
    for event in books.year(CODE):
        for one in post(event):
            pair = {one.debit, one.credit}
            assert len(pair) == 2
            assert pair <= set(BUDGETARY) or pair <= set(FINANCIAL)
            assert one.amount_fen > 0


def test_usage_and_other_papers_post_nothing() -> None:
    assert post(usage("1")) == post(fact("1")) == ()
    assert sum_up([usage("1"), fact("1")]) == Balances()


@pytest.mark.parametrize(("to", "closed"), [("available", False), ("appropriated", True)])
def test_what_is_revoked_posts_the_reverse_of_clearing(to: str, *, closed: bool) -> None:
    clerk = Clerk(CODE)
    events = [
        clerk.fund(FundAppropriated, 1_000),
        clerk.claim(ClaimSubmitted, 300),
        clerk.claim(ClaimCleared, 300),
        *([clerk.fund(FundClosed, 700)] if closed else []),
    ]
    revoked = [
        clerk.claim(ClaimCut, 100, **{**REVOKED, "to": to}),
        clerk.claim(ClaimRejected, 200, **{**REVOKED, "to": to}),
    ]
    balances = Balances()
    for event in [*events, *revoked]:
        assert find_refusal(balances, event) is None
        balances.apply(event)
    left_fen = 0 if closed else 1_000
    fund = balances.funds["hubei", 2022]
    assert fund == Fund(-left_fen, left_fen, closed=int(closed))
    assert set(balances.claims.values()) == {Claim(submitted=1)}
    for cleared, event in ((100, revoked[0]), (200, revoked[1])):
        posted = {(one.debit, one.credit, one.amount_fen) for one in post(event)}
        assert posted == {(to, "expended", cleared), ("payable", "expense", cleared)}


def test_an_unlawful_event_is_folded_all_the_same() -> None:
    event = Clerk(CODE).claim(ClaimSubmitted, 5)
    assert find_refusal(Balances(), event) is not None
    assert sum_up([event]).funds["hubei", 2022].available == -5


# --- what cannot be carried ---

BEFORE: tuple[tuple[type[Data], int, dict[str, Any]], ...] = (
    (FundAppropriated, 1_000, {}),
    (FundAppropriated, 500, {"fund": "wuhan"}),
    (FundAppropriated, 10, {"fund": "old"}),
    (FundClosed, 10, {"fund": "old"}),
    (ClaimSubmitted, 300, {"claim": "reserved"}),
    (ClaimSubmitted, 200, {"claim": "cleared"}),
    (ClaimCleared, 200, {"claim": "cleared"}),
    (ClaimOrdered, 150, {"claim": "cleared", "order": "under-way"}),
    (ClaimSubmitted, 100, {"claim": "paid"}),
    (ClaimCleared, 100, {"claim": "paid"}),
    (ClaimOrdered, 100, {"claim": "paid", "order": "done"}),
    (ClaimPaid, 100, {"claim": "paid", "order": "done"}),
    (ClaimClawbackAssessed, 30, {"claim": "paid"}),
)

REFUSED: tuple[tuple[str, type[Data], int, dict[str, Any]], ...] = (
    ("fund_closed", FundAppropriated, 1, {"fund": "old"}),
    ("fund_too_large", FundAppropriated, FEN_MAX, {}),
    ("unknown_fund", FundTransferred, 1, {"fund": "new"}),
    ("unknown_fund", FundTransferred, 1, {"to_fund": "new"}),
    ("unknown_fund", FundTransferred, 1, {"year": 2023}),
    ("fund_closed", FundTransferred, 1, {"fund": "old"}),
    ("fund_closed", FundTransferred, 1, {"to_fund": "old"}),
    ("fund_exhausted", FundTransferred, 401, {}),
    ("unknown_fund", FundClosed, 0, {"fund": "new"}),
    ("fund_closed", FundClosed, 0, {"fund": "old"}),
    ("fund_encumbered", FundClosed, 400, {}),
    ("amount_differs", FundClosed, 499, {"fund": "wuhan"}),
    ("unknown_fund", ClaimSubmitted, 1, {"fund": "new"}),
    ("fund_closed", ClaimSubmitted, 1, {"fund": "old"}),
    ("fund_exhausted", ClaimSubmitted, 401, {}),
    ("claim_known", ClaimSubmitted, 1, {"claim": "paid"}),
    ("claim_known", ClaimSubmitted, 1, {"claim": "paid", "fund": "wuhan"}),
    ("unknown_claim", ClaimResubmitted, 1, {"claim": "new", "before_fen": 1}),
    ("amount_differs", ClaimResubmitted, 300, {"claim": "reserved", "before_fen": 299}),
    ("amount_differs", ClaimResubmitted, 1, {"claim": "cleared", "before_fen": 200}),
    ("fund_exhausted", ClaimResubmitted, 701, {"claim": "reserved", "before_fen": 300}),
    ("unknown_claim", ClaimCut, 1, {"claim": "new"}),
    ("claim_differs", ClaimCut, 1, {"claim": "reserved", "fund": "wuhan"}),
    ("claim_differs", ClaimCut, 1, {"claim": "reserved", "year": 2023}),
    ("too_much", ClaimCut, 300, {"claim": "reserved"}),
    ("too_much", ClaimCut, 1, {"claim": "cleared"}),
    ("amount_differs", ClaimRejected, 299, {"claim": "reserved"}),
    ("amount_differs", ClaimRejected, 200, {"claim": "cleared"}),
    ("too_much", ClaimCut, 1, {"claim": "reserved", **REVOKED}),
    ("too_much", ClaimCut, 50, {"claim": "cleared", **REVOKED}),
    ("too_much", ClaimCut, 1, {"claim": "paid", **REVOKED}),
    ("wrong_account", ClaimCut, 1, {"claim": "cleared", **REVOKED, "to": "appropriated"}),
    ("amount_differs", ClaimRejected, 49, {"claim": "cleared", **REVOKED}),
    ("amount_differs", ClaimRejected, 200, {"claim": "cleared", **REVOKED}),
    ("amount_differs", ClaimRejected, 300, {"claim": "reserved", **REVOKED}),
    ("wrong_account", ClaimRejected, 50, {"claim": "cleared", **REVOKED, "to": "appropriated"}),
    ("amount_differs", ClaimCleared, 301, {"claim": "reserved"}),
    ("amount_differs", ClaimCleared, 200, {"claim": "cleared"}),
    ("too_much", ClaimOrdered, 51, {"claim": "cleared", "order": "more"}),
    ("too_much", ClaimOrdered, 1, {"claim": "reserved", "order": "more"}),
    ("order_known", ClaimOrdered, 50, {"claim": "cleared", "order": "under-way"}),
    ("order_known", ClaimOrdered, 50, {"claim": "cleared", "order": "done"}),
    ("unknown_order", ClaimPaid, 50, {"claim": "cleared", "order": "new"}),
    ("unknown_order", ClaimPaid, 100, {"claim": "cleared", "order": "done"}),
    ("amount_differs", ClaimPaid, 149, {"claim": "cleared", "order": "under-way"}),
    ("amount_differs", ClaimFailed, 151, {"claim": "cleared", "order": "under-way"}),
    ("order_settled", ClaimPaid, 100, {"claim": "paid", "order": "done"}),
    ("order_settled", ClaimFailed, 100, {"claim": "paid", "order": "done"}),
    ("too_much", ClaimClawbackAssessed, 71, {"claim": "paid"}),
    ("too_much", ClaimClawbackAssessed, 1, {"claim": "cleared"}),
    ("too_much", ClaimClawbackRecovered, 31, {"claim": "paid"}),
    ("wrong_account", ClaimClawbackRecovered, 30, {"claim": "paid", "to": "appropriated"}),
)


def written(clerk: Clerk, cls: type[Data], amount_fen: int, changes: dict[str, Any]) -> Event:
    if issubclass(cls, FundData):
        return clerk.fund(cls, amount_fen, **changes)
    assert issubclass(cls, ClaimData)
    return clerk.claim(cls, amount_fen, **changes)


@pytest.fixture(scope="module")
def standing() -> Balances:
    clerk, balances = Clerk(CODE), Balances()
    for step in BEFORE:
        event = written(clerk, *step)
        assert find_refusal(balances, event) is None, step
        balances.apply(event)
    return balances


@pytest.mark.parametrize(("code", "cls", "amount_fen", "changes"), REFUSED)
def test_what_the_books_cannot_carry_is_refused(
    standing: Balances, code: str, cls: type[Data], amount_fen: int, changes: dict[str, Any]
) -> None:
    refusal = find_refusal(standing, written(Clerk(CODE), cls, amount_fen, changes))
    assert refusal is not None
    assert refusal.code == code
    assert refusal.message.zh
    assert refusal.next_step.en


def test_a_claim_of_another_enterprise_is_refused(standing: Balances) -> None:
    refusal = find_refusal(standing, Clerk(OTHER_CODE).claim(ClaimCut, 1, claim="reserved"))
    assert refusal is not None
    assert refusal.code == "claim_differs"


@pytest.mark.parametrize(
    ("cls", "amount_fen", "changes"),
    [
        (FundTransferred, 400, {}),
        (FundClosed, 500, {"fund": "wuhan"}),
        (ClaimSubmitted, 400, {"claim": "new"}),
        (ClaimCut, 299, {"claim": "reserved"}),
        (ClaimResubmitted, 700, {"claim": "reserved", "before_fen": 300}),
        (ClaimResubmitted, 1, {"claim": "reserved", "before_fen": 300}),
        (ClaimRejected, 300, {"claim": "reserved"}),
        (ClaimCut, 49, {"claim": "cleared", **REVOKED}),
        (ClaimRejected, 50, {"claim": "cleared", **REVOKED}),
        (ClaimCleared, 300, {"claim": "reserved"}),
        (ClaimOrdered, 50, {"claim": "cleared", "order": "more"}),
        (ClaimPaid, 150, {"claim": "cleared", "order": "under-way"}),
        (ClaimFailed, 150, {"claim": "cleared", "order": "under-way"}),
        (ClaimClawbackAssessed, 70, {"claim": "paid"}),
        (ClaimClawbackRecovered, 30, {"claim": "paid"}),
    ],
)
def test_the_last_fen_is_carried(
    standing: Balances, cls: type[Data], amount_fen: int, changes: dict[str, Any]
) -> None:
    assert find_refusal(standing, written(Clerk(CODE), cls, amount_fen, changes)) is None
