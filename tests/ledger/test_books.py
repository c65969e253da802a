"""The books on real databases: what is stored follows from the log, and no writer overdraws."""

import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from ledger.balance import Claim, Fund, Order, sum_up
from ledger.bookkeeping import read_balances
from ledger.codec import Event
from ledger.errors import RuleViolationError, TamperedLogError
from ledger.events import (
    ClaimCleared,
    ClaimOrdered,
    ClaimPaid,
    ClaimSubmitted,
    FundAppropriated,
    FundClosed,
)
from ledger.projection import PROJECTIONS
from ledger.store import Store
from tests.ledger import books
from tests.ledger.books import Clerk
from tests.ledger.conftest import CODE, NOW_MS, OTHER_CODE, Ledger, fact


def append(ledger: Ledger, *events: Event) -> None:
    Store(ledger.write, PROJECTIONS).append_own(events, NOW_MS)


def refused(ledger: Ledger, code: str, *events: Event) -> None:
    """Check that events are refused together and leave nothing behind."""
    before = ledger.dump()
    with pytest.raises(RuleViolationError) as caught:
        append(ledger, *events)
    assert caught.value.code == code
    assert ledger.dump() == before


def test_a_year_leaves_what_its_events_add_up_to(ledger: Ledger) -> None:
    append(ledger, *books.year(CODE))
    with ledger.read.connect() as connection:
        stored = read_balances(connection)
    assert stored.funds == {
        ("hubei", 2022): Fund(-235, 0, 0, 235, 220, -80, -155, 15, 1),
        ("wuhan", 2022): Fund(-600, 550, 50, 0, 0, 0, 0, 0, 0),
    }
    assert stored.claims["SQ-2022-1", "hubei", 2022, CODE] == Claim(1, 0, 80, 0, 200, 15, 45)
    assert stored.claims["open", "wuhan", 2022, CODE] == Claim(1, 50, 0, 0, 0, 0, 0)
    assert stored.orders["ZF-1", "SQ-2022-1"] == Order(1, 200, 0, 200)
    assert stored.orders["ZF-2", "SQ-2022-1"] == Order(1, 200, 200, 0)


@pytest.mark.parametrize("seed", range(4))
def test_a_random_history_in_any_batches_gives_the_same_books(ledger: Ledger, seed: int) -> None:
    random = books.seeded(seed)
    carried, unlawful = books.random_history(random, (CODE, OTHER_CODE), 400)
    at = 0
    while at < len(carried):
        size = random.choice((1, 1, 5, 30))
        append(ledger, *carried[at : at + size])
        at += size
    with ledger.read.connect() as connection:
        assert read_balances(connection) == sum_up(carried)
    assert ledger.findings() == []
    assert unlawful


def test_what_is_refused_leaves_nothing_and_the_batch_with_it(ledger: Ledger) -> None:
    clerk = Clerk(CODE)
    append(ledger, clerk.fund(FundAppropriated, 100))
    one = clerk.claim(ClaimSubmitted, 60, claim="a")
    other = clerk.claim(ClaimSubmitted, 41, claim="b")
    refused(ledger, "fund_exhausted", fact("f"), one, other)
    refused(ledger, "unknown_claim", clerk.claim(ClaimCleared, 60, claim="a"))
    refused(ledger, "unknown_fund", clerk.claim(ClaimSubmitted, 1, fund="wuhan"))
    refused(ledger, "amount_differs", clerk.fund(FundClosed, 99))
    append(ledger, one)
    refused(ledger, "claim_known", clerk.claim(ClaimSubmitted, 1, claim="a", fund="hubei"))
    append(ledger, clerk.claim(ClaimCleared, 60, claim="a"))
    append(ledger, clerk.claim(ClaimOrdered, 30, claim="a"))
    refused(ledger, "order_known", clerk.claim(ClaimOrdered, 30, claim="a"))


def test_a_claim_before_its_fund_is_refused_even_within_one_batch(ledger: Ledger) -> None:
    clerk = Clerk(CODE)
    claim, given = clerk.claim(ClaimSubmitted, 60), clerk.fund(FundAppropriated, 100)
    refused(ledger, "unknown_fund", claim, given)
    append(ledger, given, claim)


def test_the_same_event_again_posts_nothing(ledger: Ledger) -> None:
    events = books.year(CODE)
    append(ledger, *events)
    before = [ledger.dump()[projection.name] for projection in PROJECTIONS]
    append(ledger, *events)
    assert [ledger.dump()[projection.name] for projection in PROJECTIONS] == before


def test_writers_at_once_never_overdraw_a_fund(ledger: Ledger) -> None:
    append(ledger, Clerk(CODE).fund(FundAppropriated, 100))
    codes: list[str] = []
    barrier = threading.Barrier(2)

    def write(number: int) -> None:
        clerk = Clerk((CODE, OTHER_CODE)[number], f"w{number}")
        barrier.wait()
        for at in range(10):
            event = clerk.claim(ClaimSubmitted, 15, claim=f"{number}-{at}")
            try:
                # Streams of their own: the head of the book alone keeps them apart.
                store = Store(ledger.write, PROJECTIONS)
                store.append_own([event], NOW_MS, stream=f"s{number}")
                codes.append("")
            except RuleViolationError as error:
                codes.append(error.code)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [""] * 6 + ["fund_exhausted"] * 14
    with ledger.read.connect() as connection:
        assert read_balances(connection).funds["hubei", 2022].available == 10
    assert ledger.findings() == []


def test_a_second_claim_waits_for_the_first_ones_commit(postgres_ledger: Ledger) -> None:
    append(postgres_ledger, Clerk(CODE).fund(FundAppropriated, 100))
    told: list[str] = []
    first = Store(postgres_ledger.write, PROJECTIONS)

    def claim_too() -> None:
        event = Clerk(OTHER_CODE, "late").claim(ClaimSubmitted, 60, claim="late")
        try:
            Store(postgres_ledger.write, PROJECTIONS).append_own([event], NOW_MS, stream="late")
        except RuleViolationError as error:
            told.append(error.code)

    thread = threading.Thread(target=claim_too)
    with first.together() as store:
        store.append_own([Clerk(CODE, "a").claim(ClaimSubmitted, 60)], NOW_MS)
        thread.start()
        thread.join(0.5)
        assert thread.is_alive(), "the second writer went on beside the first"
    thread.join()
    assert told == ["fund_exhausted"]


# --- the laws below the program ---

HUBEI = "fund = 'hubei'"
WUHAN = "fund = 'wuhan'"
CLAIM = "claim = 'SQ-2022-1'"

BROKEN = {
    f"UPDATE fund_balance SET available = available + 1 WHERE {WUHAN}": "budget",
    f"UPDATE fund_balance SET treasury = treasury - 1 WHERE {HUBEI}": "money",
    f"UPDATE fund_balance SET expense = expense + 1, payable = payable - 1 WHERE {HUBEI}": "both",
    f"UPDATE fund_balance SET available = -1, encumbered = 601 WHERE {WUHAN}": "available",
    f"UPDATE fund_balance SET encumbered = -1, available = 601 WHERE {WUHAN}": "sides",
    f"UPDATE fund_balance SET closed = 1 WHERE {WUHAN}": "closed",
    f"UPDATE fund_balance SET closed = 2 WHERE {HUBEI}": "closed",
    f"UPDATE claim_balance SET submitted = 2 WHERE {CLAIM}": "submitted",
    f"UPDATE claim_balance SET receivable = -1 WHERE {CLAIM}": "sides",
    f"UPDATE claim_balance SET reserved = 1 WHERE {CLAIM}": "cleared",
    f"UPDATE claim_balance SET ordered = payable + 1 WHERE {CLAIM}": "ordered",
    f"UPDATE claim_balance SET recovered = paid WHERE {CLAIM}": "clawback",
    "UPDATE payment_order SET given = 2 WHERE order_id = 'ZF-1'": "given",
    "UPDATE payment_order SET paid = 200 WHERE order_id = 'ZF-1'": "settled",
    "UPDATE payment_order SET paid = 199 WHERE order_id = 'ZF-2'": "settled",
}


@pytest.mark.parametrize("statement", BROKEN)
def test_a_law_that_is_broken_behind_our_back_is_refused(ledger: Ledger, statement: str) -> None:
    append(ledger, *books.year(CODE))
    table = statement.split()[1]
    with ledger.own.connect() as connection:
        with pytest.raises(IntegrityError, match=f"ck_{table}_{BROKEN[statement]}"):
            connection.execute(text(statement))
        connection.rollback()


def test_every_law_is_tried() -> None:
    laws = {
        str(constraint.name)
        for projection in PROJECTIONS
        for constraint in projection.table.constraints
        if str(constraint.name).startswith("ck_")
    }
    tried = {f"ck_{statement.split()[1]}_{law}" for statement, law in BROKEN.items()}
    assert tried == laws


def test_a_balance_that_was_changed_lawfully_is_found_by_a_replay(ledger: Ledger) -> None:
    append(ledger, *books.year(CODE))
    assert ledger.findings() == []
    changed = f"UPDATE fund_balance SET available = 0, appropriated = -50 WHERE {WUHAN}"
    with ledger.own.begin() as connection:
        connection.execute(text(changed))
    found = {(one.table, one.column) for one in ledger.findings()}
    assert found == {("fund_balance", "appropriated"), ("fund_balance", "available")}


def test_stored_balances_that_do_not_fit_stop_the_writer(ledger: Ledger) -> None:
    clerk = Clerk(CODE)
    append(ledger, clerk.fund(FundAppropriated, 100), clerk.claim(ClaimSubmitted, 60))
    append(ledger, clerk.claim(ClaimCleared, 60), clerk.claim(ClaimOrdered, 60))
    lowered = "payable = -50, expense = 50, expended = 50, available = 50"
    with ledger.own.begin() as connection:
        connection.execute(text(f"UPDATE fund_balance SET {lowered}"))
    before = ledger.dump()
    with pytest.raises(TamperedLogError, match="books_disagree"):
        append(ledger, clerk.claim(ClaimPaid, 60))
    assert ledger.dump() == before
