"""Who bears an amount and who receives it, to the fen."""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.text import Text
from vouchers.case import Authority
from vouchers.funding_split import Movement, list_movements, split_amount
from vouchers.programme import Cited
from vouchers.treasury import FundingSplit, LevelShare, PaymentForm

CLAUSE = Text("第八条", "article 8")
LEVELS: tuple[Authority, ...] = ("province", "city", "district")
FORMS: tuple[PaymentForm, ...] = ("refund", "offset", "provider_redeems")


def split_of(*shares: str, rest: Authority) -> Cited[FundingSplit]:
    parts = tuple(
        LevelShare(level, Fraction(share)) for level, share in zip(LEVELS, shares, strict=False)
    )
    return Cited(FundingSplit(parts, rest), CLAUSE, "M")


def test_city_and_district_bear_their_shares_and_the_named_one_the_rest() -> None:
    """CNY 100.01 at 40, 30 and 30 percent: 40.00, 30.00, 30.00 and one fen to the district."""
    split = split_amount(10_001, split_of("2/5", "3/10", "3/10", rest="district"))
    assert split.parts == (("province", 4_000), ("city", 3_000), ("district", 3_001))
    assert [(step.what.en, step.value, step.unit) for step in split.steps] == [
        ("amount to be borne", 10_001, "fen"),
        ("provincial share", Fraction("0.4"), "ratio"),
        ("borne by the provincial treasury", 4_000, "fen"),
        ("city share", Fraction("0.3"), "ratio"),
        ("borne by the city treasury", 3_000, "fen"),
        ("district share", Fraction("0.3"), "ratio"),
        ("borne by the district treasury", 3_001, "fen"),
        ("of this left by rounding (district)", 1, "fen"),
    ]
    assert {(step.clause, step.grade) for step in split.steps} == {(CLAUSE, "M")}


def test_every_small_amount_is_borne_exactly() -> None:
    for amount, parts in product(range(40), range(1, 12)):
        for rest in LEVELS[:2]:
            share = Fraction(parts, 12)
            split = split_amount(amount, split_of(str(share), str(1 - share), rest=rest))
            borne = dict(split.parts)
            assert sum(borne.values()) == amount
            other = LEVELS[1 - LEVELS.index(rest)]
            wanted = amount * (share if other == "province" else 1 - share)
            assert borne[other] == int(wanted)


@given(amount=st.integers(0, 10**12), weights=st.lists(st.integers(1, 97), min_size=3, max_size=3))
def test_no_treasury_bears_a_fen_more_than_its_share_but_the_named_one(
    amount: int, weights: list[int]
) -> None:
    shares = [Fraction(weight, sum(weights)) for weight in weights]
    borne = dict(split_amount(amount, split_of(*map(str, shares), rest="city")).parts)
    assert sum(borne.values()) == amount
    for level, share in zip(LEVELS, shares, strict=True):
        over = borne[level] - share * amount
        assert 0 <= over < 3 if level == "city" else -1 < over <= 0


@pytest.mark.parametrize(
    ("shares", "rest"),
    [
        ([("province", "1/2"), ("city", "1/3")], "city"),
        ([("province", "1/2"), ("city", "1/2")], "district"),
        ([("city", "1/2"), ("city", "1/2")], "city"),
        ([("city", "1"), ("district", "0")], "city"),
    ],
)
def test_a_split_that_cannot_be_is_a_mistake_in_the_file(
    shares: list[tuple[Authority, str]], rest: Authority
) -> None:
    parts = tuple(LevelShare(level, Fraction(share)) for level, share in shares)
    with pytest.raises(AssertionError):
        FundingSplit(parts, rest)


def test_each_form_of_payment_moves_the_same_amounts() -> None:
    def moved(form: PaymentForm) -> tuple[Movement, ...]:
        return list_movements(Cited(form, CLAUSE, "P"), 10_000, 3_000)

    assert moved("refund") == (
        Movement("enterprise", "provider", 10_000, "purchase"),
        Movement("treasury", "enterprise", 3_000, "redemption"),
    )
    assert moved("offset") == (
        Movement("enterprise", "provider", 7_000, "purchase"),
        Movement("treasury", "provider", 3_000, "purchase"),
    )
    assert moved("provider_redeems") == (
        Movement("enterprise", "provider", 7_000, "purchase"),
        Movement("treasury", "provider", 3_000, "redemption"),
    )


def test_in_every_form_the_provider_has_its_price_and_the_treasury_bears_the_refund() -> None:
    for form, price in product(FORMS, range(6)):
        for refund in range(price + 1):
            net = dict.fromkeys(("enterprise", "provider", "treasury"), 0)
            for one in list_movements(Cited(form, CLAUSE, "P"), price, refund):
                assert one.amount_fen > 0
                net[one.payer] -= one.amount_fen
                net[one.payee] += one.amount_fen
            assert net == {
                "enterprise": refund - price,
                "provider": price,
                "treasury": -refund,
            }


def test_nobody_is_refunded_more_than_the_price() -> None:
    with pytest.raises(AssertionError):
        list_movements(Cited("refund", CLAUSE, "P"), 5, 6)
