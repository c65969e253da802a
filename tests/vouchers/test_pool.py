"""A pool that does not last: each order's worked example, and every small pool by the fen."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.text import Text
from vouchers.pool import PoolClaim, PoolShare, share_pool
from vouchers.programme import Cited
from vouchers.treasury import PoolOrder

CLAUSE = Text("第十条", "article 10")
DAY = date(2022, 3, 1)


def cited(order: PoolOrder) -> Cited[PoolOrder]:
    return Cited(order, CLAUSE, "M")


def unit(fen: int = 1) -> Cited[int]:
    return Cited(fen, CLAUSE, "A")


def queue(amounts: Sequence[int], signed: Sequence[int | None] = ()) -> list[PoolClaim]:
    """Return claims made one a day, with contracts signed so many days before the first."""
    days = signed or [None] * len(amounts)
    return [
        PoolClaim(
            id=f"c{i}",
            amount_fen=amount,
            applied_on=DAY + timedelta(days=i),
            received=i,
            signed_on=None if day is None else DAY - timedelta(days=day),
        )
        for i, (amount, day) in enumerate(zip(amounts, days, strict=True))
    ]


def amounts_of(shares: Sequence[PoolShare]) -> dict[str, int | None]:
    return {one.id: one.amount_fen for one in shares}


def codes(share: PoolShare) -> list[str]:
    return [reason.code for reason in share.reasons]


def test_who_applies_first_is_served_in_full_until_the_pool_is_used_up() -> None:
    claims = queue([5_000_000, 3_000_000, 4_000_000, 1_000_000])
    shares = share_pool(10_000_000, claims, cited("application"), unit(100_000))
    assert [(one.id, one.amount_fen, codes(one)) for one in shares] == [
        ("c0", 5_000_000, []),
        ("c1", 3_000_000, []),
        ("c2", 2_000_000, ["pool_short"]),
        ("c3", 0, ["pool_exhausted"]),
    ]
    assert "20,000.00 of CNY 40,000.00" in shares[2].reasons[0].message.en
    assert {reason.clause for one in shares for reason in one.reasons} == {CLAUSE}


def test_what_is_left_is_paid_in_whole_units() -> None:
    shares = share_pool(
        250_000, queue([200_000, 200_000, 100_000]), cited("application"), unit(100_000)
    )
    assert amounts_of(shares) == {"c0": 200_000, "c1": 0, "c2": 0}


def test_by_order_of_signing_the_later_claim_on_the_earlier_contract_comes_first() -> None:
    claims = queue([60, 60, 60], signed=[1, 9, 5])
    shares = share_pool(100, claims, cited("signing"), unit())
    assert [(one.id, one.amount_fen) for one in shares] == [("c1", 60), ("c2", 40), ("c0", 0)]
    assert amounts_of(share_pool(100, claims, cited("application"), unit())) == {
        "c0": 60,
        "c1": 40,
        "c2": 0,
    }


def test_claims_of_one_day_are_served_as_they_came_in() -> None:
    claims = [PoolClaim(str(n), 60, DAY, received=n, signed_on=DAY) for n in (2, 0, 1)]
    for order in ("application", "signing"):
        shares = share_pool(100, claims, cited(order), unit())
        assert [(one.id, one.amount_fen) for one in shares] == [("0", 60), ("1", 40), ("2", 0)]


def test_pro_rata_all_get_the_same_part_in_whole_units() -> None:
    """A pool of CNY 10,000 for claims of 3,000, 5,000 and 7,000: two thirds of each.

    In whole thousands these are 2, 3.33 and 4.67 thousand: 2, 3 and 4, and one is left for 4.67.
    """
    claims = queue([300_000, 500_000, 700_000])
    shares = share_pool(1_000_000, claims, cited("pro_rata"), unit(100_000))
    assert amounts_of(shares) == {"c0": 200_000, "c1": 300_000, "c2": 500_000}
    assert [codes(one) for one in shares] == [["pool_short"]] * 3


def test_equal_remainders_go_to_the_earlier_claim() -> None:
    shares = share_pool(3, queue([2, 2])[::-1], cited("pro_rata"), unit())
    assert amounts_of(shares) == {"c0": 2, "c1": 1}


@pytest.mark.parametrize("order", ["application", "signing", "pro_rata"])
def test_a_pool_that_lasts_pays_everybody_in_full(order: PoolOrder) -> None:
    shares = share_pool(6, queue([1, 2, 3], signed=[None, 3, None]), cited(order), unit())
    assert amounts_of(shares) == {"c0": 1, "c1": 2, "c2": 3}
    assert not any(one.reasons for one in shares)
    assert share_pool(0, [], cited(order), unit()) == ()


def test_a_share_prints_its_computation() -> None:
    shares = share_pool(100, queue([60, 60]), cited("application"), unit())
    assert [(step.what.en, step.value) for step in shares[1].steps] == [
        ("amount asked", 60),
        ("place in the line", 2),
        ("left in the pool by then", 40),
        ("unit of the refund", 1),
        ("paid out of the pool", 40),
    ]
    assert {step.grade for step in shares[1].steps} == {"M", "A"}


def test_an_unknown_day_of_signing_leaves_undetermined_only_whom_it_may_move() -> None:
    """The claim signed first gets its 60 with c2 before it or not; of the pool's rest nobody knows.

    With c2 before both, the pool of 100 still has 70 for the first.
    """
    claims = queue([60, 60, 30], signed=[9, 5, None])
    shares = {one.id: one for one in share_pool(100, claims, cited("signing"), unit())}
    assert amounts_of(list(shares.values())) == {"c0": 60, "c1": None, "c2": None}
    assert codes(shares["c1"]) == ["missing_fact"]
    assert "c2" in shares["c1"].reasons[0].message.en
    assert [(step.what.en, step.value) for step in shares["c1"].steps[1:]] == [
        ("at least", 10),
        ("at most", 40),
    ]


@pytest.mark.parametrize("pool_fen", range(10))
def test_in_turn_every_small_pool_is_as_if_paid_fen_by_fen(pool_fen: int) -> None:
    for amounts in product(range(4), repeat=3):
        for signed in permutations((1, 2, 3)):
            claims = queue(amounts, signed)
            left, expected = pool_fen, {}
            for one in sorted(claims, key=lambda claim: claim.signed_on or DAY):
                expected[one.id] = min(left, one.amount_fen)
                left -= expected[one.id]
            assert amounts_of(share_pool(pool_fen, claims, cited("signing"), unit())) == expected


@pytest.mark.parametrize("pool_fen", range(13))
def test_a_known_amount_is_the_same_wherever_the_undated_contract_was_signed(pool_fen: int) -> None:
    for amounts in product(range(4), repeat=3):
        found = amounts_of(
            share_pool(pool_fen, queue(amounts, [5, 3, None]), cited("signing"), unit())
        )
        worlds = [
            amounts_of(share_pool(pool_fen, queue(amounts, [5, 3, day]), cited("signing"), unit()))
            for day in (9, 4, 1)
        ]
        for claim, amount in found.items():
            assert (amount is None) == (len({world[claim] for world in worlds}) > 1)
            assert amount in {None, worlds[0][claim]}


@given(
    pool_units=st.integers(0, 60),
    rest_fen=st.integers(0, 9),
    units=st.lists(st.integers(0, 12), max_size=6),
    order=st.sampled_from(["application", "signing", "pro_rata"]),
)
def test_shares_never_pass_pool_or_claim_and_leave_less_than_a_unit(
    pool_units: int, rest_fen: int, units: list[int], order: PoolOrder
) -> None:
    pool_fen = pool_units * 10 + rest_fen
    claims = queue([n * 10 for n in units], list(range(len(units))))
    shares = share_pool(pool_fen, claims[::-1], cited(order), unit(10))
    asked = {one.id: one.amount_fen for one in claims}
    paid = {one.id: one.amount_fen or 0 for one in shares}
    assert paid.keys() == asked.keys()
    assert all(0 <= paid[one] <= asked[one] and paid[one] % 10 == 0 for one in paid)
    spent = sum(paid.values())
    assert spent == sum(asked.values()) <= pool_fen or pool_fen - 10 < spent <= pool_fen
    if order == "pro_rata" and sum(asked.values()) > pool_fen:
        part = Fraction(pool_fen // 10 * 10, sum(asked.values()))
        assert all(abs(paid[one] - part * asked[one]) < 10 for one in paid)
    assert all((paid[one.id] < asked[one.id]) == bool(one.reasons) for one in shares)
