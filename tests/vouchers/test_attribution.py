"""What of an amount is for which purchase: followed back through the sheet, all of it, exactly."""

from collections.abc import Callable
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tests.vouchers.test_shapes import HALF, lines
from tests.vouchers.toy import rule
from tests.vouchers.worlds import worlds
from vouchers.attribution import attribute, divide
from vouchers.case import Case
from vouchers.decide import decide
from vouchers.programme import Band, ByResource, FlatAmount, Programme, Tiers

MakeCase = Callable[..., Case]
THIRD = Fraction(1, 3)


def shares(programme: Programme, case: Case) -> list[Fraction]:
    """Return the shares of the purchases that have one."""
    return list(attribute(decide(programme, case).steps).values())


def test_a_rate_on_a_sum_is_shared_by_the_bases(make_case: MakeCase) -> None:
    case = make_case(lines({}, {"invoiced_fen": 5_000_000}))
    for programme in (
        rule(),
        rule(yearly_cap_fen=1_000, rounding_unit_fen=700),
        rule(rate=FlatAmount(1_000)),
        rule(rate=Tiers((Band(1_000, HALF), Band(None, Fraction(1, 10))))),
    ):
        assert shares(programme, case) == [2 * THIRD, THIRD]


def test_a_contract_that_its_cap_cuts_has_no_more_than_its_cap(make_case: MakeCase) -> None:
    case = make_case(lines({}, {"invoiced_fen": 2_000_000}))
    assert shares(rule(contract_cap_fen=1_000_000), case) == [HALF, HALF]
    assert shares(rule(contract_cap_fen=3_000_000), case) == [3 * HALF / 2, HALF / 2]


def test_each_kind_is_shared_by_its_own_rate(make_case: MakeCase) -> None:
    rate = ByResource((("accelerator", HALF), ("storage", HALF / 2)))
    case = make_case(lines({}, {"resource_kind": "storage"}, {"resource_kind": "storage"}))
    assert shares(rule(rate=rate), case) == [HALF, HALF / 2, HALF / 2]


def test_what_an_earlier_claim_has_of_a_year_is_no_share(make_case: MakeCase) -> None:
    had = {"programme": "toy", "year": 2022, "claimed_fen": 1, "redeemed_fen": 0, "base_fen": 900}
    tiers = Tiers((Band(1_000, HALF), Band(None, HALF / 2)))
    case = make_case({"earlier": [had], **lines({}, {})})
    assert shares(rule(rate=tiers, rate_over="year"), case) == [HALF, HALF]


def test_what_pays_nothing_is_for_nobody(make_case: MakeCase) -> None:
    assert attribute(()) == {}
    assert attribute(decide(rule(), make_case({"purchases": []})).steps) == {}
    assert attribute(decide(rule(), make_case(spent_fen=0)).steps) == {}


def test_every_amount_is_for_purchases_that_count_and_all_of_it() -> None:
    paid = 0
    for programme, case, _ in worlds(1_000):
        decision = decide(programme, case)
        if decision.amount_fen:
            found = attribute(decision.steps)
            assert sum(found.values()) == 1
            assert min(found.values()) >= 0
            assert set(found) <= set(decision.counted)
            parts = divide(decision.amount_fen, found)
            assert sum(parts.values()) == decision.amount_fen
            paid += 1
    assert paid > 100


@given(st.integers(0, 10**12), st.lists(st.integers(1, 10**9), min_size=1, max_size=5))
def test_an_amount_is_divided_to_the_fen(amount_fen: int, weights: list[int]) -> None:
    whole = sum(weights)
    given = {at: Fraction(one, whole) for at, one in enumerate(weights)}
    parts = divide(amount_fen, given)
    assert sum(parts.values()) == amount_fen
    assert all(abs(parts[at] - amount_fen * share) < 1 for at, share in given.items())
