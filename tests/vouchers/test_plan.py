"""Plans: the worked examples, the crossover, and every plan against a slow, obvious reference."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from fractions import Fraction
from itertools import combinations, product

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.text import Text
from vouchers.case import Authority, Case, OtherFunding, Payment, Purchase
from vouchers.catalogue import select_programmes
from vouchers.plan import Plan, plan
from vouchers.programme import Cited, Level, NotFunded, Programme, Version

# The programmes of one place, whatever other places there are.
PLACE = select_programmes(("hubei", "wuhan", "east_lake"))
MakeCase = Callable[..., Case]

LIBRARY_ONLY: dict[str, object] = {
    "enterprise.qualifications": [{"kind": "technology_sme"}],
    "enterprise.tax_domicile": [],
    "enterprise.facts": [],
}


def summary(plans: Iterable[Plan]) -> list[tuple[str, int | None, str | None]]:
    return [
        ("+".join(one.programmes), one.total_fen, one.reason.code if one.reason else None)
        for one in plans
    ]


def by_programmes(plans: Iterable[Plan]) -> dict[str, Plan]:
    return {"+".join(one.programmes): one for one in plans}


def test_city_and_district_together_beat_the_province(make_case: MakeCase) -> None:
    plans = plan(make_case(spent_fen=60_000_000), PLACE)
    assert summary(plans) == [
        ("wuhan+east_lake", 40_000_000, None),
        ("east_lake", 30_000_000, None),
        ("hubei", 18_000_000, None),
        ("wuhan", 10_000_000, None),
        ("hubei+wuhan", 0, "excluded_combination"),
        ("hubei+east_lake", 0, "excluded_combination"),
        ("hubei+wuhan+east_lake", 0, "excluded_combination"),
    ]
    assert plans[0].amounts_fen == (10_000_000, 30_000_000)


def test_the_province_is_best_for_a_library_enterprise_that_spent_more(
    make_case: MakeCase,
) -> None:
    plans = plan(make_case(LIBRARY_ONLY, spent_fen=60_000_000), PLACE)
    assert summary(plans)[:2] == [("hubei", 18_000_000, None), ("wuhan", 10_000_000, None)]
    assert [one.lawful for one in plans] == [True] * 2 + [False] * 5


def test_the_city_is_best_for_a_library_enterprise_that_spent_less(make_case: MakeCase) -> None:
    plans = plan(make_case(LIBRARY_ONLY, spent_fen=25_000_000), PLACE)
    assert summary(plans)[:2] == [("wuhan", 10_000_000, None), ("hubei", 7_500_000, None)]


@pytest.mark.parametrize(
    ("spent_fen", "best"),
    [
        (33_333_332, ("wuhan", 10_000_000)),
        (33_333_333, ("wuhan", 10_000_000)),
        (33_333_334, ("hubei", 10_000_000)),
        (33_666_666, ("hubei", 10_000_000)),
        (33_666_667, ("hubei", 10_100_000)),
        (66_666_666, ("hubei", 19_900_000)),
        (66_666_667, ("hubei", 20_000_000)),
        (66_666_668, ("hubei", 20_000_000)),
    ],
)
def test_city_and_province_cross_over_on_the_fen(
    make_case: MakeCase, spent_fen: int, best: tuple[str, int]
) -> None:
    """Both pay CNY 100,000 from 333,333.34 to 336,666.66: then the higher level comes first."""
    first = plan(make_case(LIBRARY_ONLY, spent_fen=spent_fen), PLACE)[0]
    assert ("+".join(first.programmes), first.total_fen) == best


def test_every_combination_is_there_once(make_case: MakeCase) -> None:
    every = ["hubei", "wuhan", "east_lake"]
    for size in (1, 2, 3):
        for ids in combinations(every, size):
            plans = plan(make_case(), reversed(select_programmes(ids)))
            found = sorted(one.programmes for one in plans)
            expected = (one for n in range(1, size + 1) for one in combinations(ids, n))
            assert found == sorted(expected)


def test_an_exclusion_cites_its_clause(make_case: MakeCase) -> None:
    out = by_programmes(plan(make_case(), PLACE))["hubei+wuhan"]
    assert out.reason is not None
    assert "武汉市科技创新券" in out.reason.message.zh
    assert out.reason.clause.zh.startswith("鄂科技规〔2022〕3号")
    assert out.amounts_fen == (0, 0)


def test_an_ineligible_member_says_why(make_case: MakeCase) -> None:
    plans = by_programmes(plan(make_case(LIBRARY_ONLY), PLACE))
    for ids in ("east_lake", "wuhan+east_lake", "hubei+east_lake"):
        reason = plans[ids].reason
        assert reason is not None
        assert reason.code == "ineligible_member"
        assert "above-scale" in reason.message.en
    assert plans["hubei+wuhan"].reason is not None
    assert plans["hubei+wuhan"].reason.code == "excluded_combination"


def test_an_undetermined_member_says_what_to_supply(make_case: MakeCase, drop: object) -> None:
    unclear = {"enterprise.tax_domicile": drop}
    plans = by_programmes(plan(make_case(unclear), PLACE))
    out = plans["wuhan+east_lake"]
    assert (out.lawful, out.amounts_fen, out.total_fen) == (False, (5_000_000, None), None)
    assert out.reason is not None
    assert out.reason.code == "undetermined_member"
    assert "enterprise.tax_domicile" in out.reason.message.en
    assert plans["wuhan"].lawful
    assert plans["hubei+east_lake"].reason is not None
    assert plans["hubei+east_lake"].reason.code == "excluded_combination"


def test_without_a_day_of_application_nothing_is_lawful(make_case: MakeCase, drop: object) -> None:
    plans = plan(make_case({"apply_on": drop}), PLACE)
    assert {one.reason.code for one in plans if one.reason} == {"undetermined_member"}
    assert not any(one.lawful for one in plans)
    assert plan(make_case({"apply_on": drop}), PLACE, date(2022, 11, 1)) == plan(make_case(), PLACE)


def test_an_eligible_programme_that_pays_nothing_is_lawful_and_ranks_below(
    make_case: MakeCase,
) -> None:
    used = {"programme": "wuhan", "year": 2022, "claimed_fen": 10_000_000, "redeemed_fen": 0}
    plans = plan(make_case({"earlier": [used]}), PLACE)
    assert summary(plans)[:3] == [
        ("east_lake", 5_000_000, None),
        ("wuhan+east_lake", 5_000_000, None),
        ("wuhan", 0, None),
    ]


def test_vouchers_of_different_years_do_not_exclude_each_other(make_case: MakeCase) -> None:
    """In March the city still serves the year before, and vouchers end with their year."""
    in_march = {
        "apply_on": "2023-03-10",
        "purchases[0].payments[0].paid_on": "2023-01-05",
        "enterprise.facts[0].year": 2022,
    }
    plans = by_programmes(plan(make_case(in_march), PLACE))
    assert plans["hubei+wuhan"].lawful
    assert plans["hubei+wuhan"].amounts_fen == (3_000_000, 5_000_000)
    assert not plans["hubei+east_lake"].lawful
    assert plans["wuhan+east_lake"].total_fen == 10_000_000


# --- Against a reference --------------------------------------------------------------------------

STATUSES = ("technology_sme", "high_tech_enterprise", "above_scale")


def reference_plans(
    held: Sequence[str], spent_fen: int, *, domiciled: bool, city_year: bool
) -> list[tuple[str, int, bool]]:
    """Return what the policy's text says of the complete case, without any of the rule's code."""
    high_tech = "high_tech_enterprise" in held
    alone: dict[str, int] = {}
    if high_tech or "technology_sme" in held:
        alone["hubei"] = min(spent_fen * 3 // 10, 20_000_000) // 100_000 * 100_000
        if city_year and min(spent_fen // 2, 10_000_000) >= 100_000:
            alone["wuhan"] = min(spent_fen // 2, 10_000_000)
    if high_tech and "above_scale" in held and domiciled:
        alone["east_lake"] = min(spent_fen // 2, 50_000_000)
    rows = []
    order = ("hubei", "wuhan", "east_lake")
    for size in (1, 2, 3):
        for ids in combinations(order, size):
            lawful = all(one in alone for one in ids) and (size == 1 or "hubei" not in ids)
            total = sum(alone[one] for one in ids) if lawful else 0
            rank = [order.index(one) for one in ids]
            rows.append(((not lawful, -total, size, rank), ("+".join(ids), total, lawful)))
    return [row for _, row in sorted(rows)]


@given(
    held=st.sets(st.sampled_from(STATUSES)),
    spent_fen=st.integers(1, 120_000_000) | st.integers(199_000, 201_000),
    domiciled=st.booleans(),
    city_year=st.booleans(),
)
def test_a_plan_is_what_the_policy_says(
    make_case: MakeCase, held: set[str], spent_fen: int, *, domiciled: bool, city_year: bool
) -> None:
    changes = {
        "enterprise.qualifications": [{"kind": kind} for kind in sorted(held)],
        "enterprise.tax_domicile": [{"zone": "east-lake"}] if domiciled else [],
        "purchases[0].signed_on": "2022-03-01" if city_year else "2021-12-31",
    }
    plans = plan(make_case(changes, spent_fen=spent_fen), PLACE)
    found = [("+".join(one.programmes), one.total_fen, one.lawful) for one in plans]
    expected = reference_plans(sorted(held), spent_fen, domiciled=domiciled, city_year=city_year)
    assert found == expected
    assert all(one.reason is not None for one in plans if not one.lawful)


# --- The joint limit, in a toy world --------------------------------------------------------------

TOY_LEVELS: tuple[tuple[str, Level, Authority], ...] = (
    ("aaa", "province", "province"),
    ("bbb", "city", "city"),
    ("ccc", "district", "district"),
)
ASSUMED = Text("假定", "assumed")


def toy_programme(place: int, rate: Fraction, cap_fen: int, unit_fen: int) -> Programme:
    """Return a programme that counts what was paid on projects without money of its own level."""
    programme_id, level, authority = TOY_LEVELS[place]
    version = Version(
        id="1",
        document=ASSUMED,
        valid_from=Cited(date(2020, 1, 1), ASSUMED, "A"),
        legal_date=Cited("application", ASSUMED, "A"),
        claim_year=Cited("of_application", ASSUMED, "A"),
        eligibility=(),
        purchases=(Cited(NotFunded(authority, years_before=1), ASSUMED, "A"),),
        base=Cited("paid", ASSUMED, "A"),
        tax=Cited("included", ASSUMED, "A"),
        rate=Cited(rate, ASSUMED, "A"),
        yearly_cap_fen=Cited(cap_fen, ASSUMED, "A"),
        rounding_unit_fen=Cited(unit_fen, ASSUMED, "A"),
        rounding_direction=Cited("down", ASSUMED, "A"),
    )
    return Programme(id=programme_id, level=level, name=ASSUMED, versions=(version,))


def toy_case(paid_fen: Sequence[int], counted: Sequence[Sequence[bool]]) -> Case:
    """Return purchases of which each level counts those that `counted[level]` marks."""
    day = date(2022, 6, 1)
    return Case(
        purchases=tuple(
            Purchase(
                project=f"{i}",
                invoiced_fen=amount,
                payments=(Payment(paid_on=day, amount_fen=amount),),
            )
            for i, amount in enumerate(paid_fen)
        ),
        other_funding=tuple(
            OtherFunding(scope="project", ref=f"{i}", level=authority, year=2021)
            for (_, _, authority), marks in zip(TOY_LEVELS, counted, strict=True)
            for i, mark in enumerate(marks)
            if not mark
        ),
        apply_on=date(2022, 12, 1),
    )


def remainders(left: tuple[int, ...], amount: int, marks: Sequence[bool]) -> set[tuple[int, ...]]:
    """Return what may be left of each purchase after an amount is laid on those marked."""
    ways = product(
        *(range(one + 1) if mark else (0,) for one, mark in zip(left, marks, strict=True))
    )
    return {
        tuple(one - taken for one, taken in zip(left, way, strict=True))
        for way in ways
        if sum(way) == amount
    }


def reference_limit(
    paid_fen: Sequence[int], counted: Sequence[Sequence[bool]], alone: Sequence[tuple[int, int]]
) -> list[int]:
    """Return, level by level, the most that can still be laid on the purchases it counts."""
    worlds, amounts = {tuple(paid_fen)}, []
    for (amount, unit), marks in zip(alone, counted, strict=True):
        possible = {n for world in worlds for n in range(amount + 1) if remainders(world, n, marks)}
        best = amount if amount in possible else max(possible) // unit * unit
        worlds = {left for world in worlds for left in remainders(world, best, marks)}
        amounts.append(best)
    return amounts


RATES = [Fraction(1, 2), Fraction(4, 5), Fraction(1)]
MARKS = st.lists(st.booleans(), min_size=2, max_size=2).filter(any)


@settings(max_examples=300)
@given(
    paid_fen=st.lists(st.integers(1, 5), min_size=2, max_size=2),
    counted=st.lists(MARKS, min_size=3, max_size=3),
    rules=st.lists(
        st.tuples(st.sampled_from(RATES), st.integers(1, 9), st.integers(1, 2)),
        min_size=3,
        max_size=3,
    ),
)
def test_together_the_levels_lay_no_more_on_a_purchase_than_was_paid(
    paid_fen: list[int], counted: list[list[bool]], rules: list[tuple[Fraction, int, int]]
) -> None:
    case = toy_case(paid_fen, counted)
    programmes = [toy_programme(place, *rule) for place, rule in enumerate(rules)]
    plans = by_programmes(plan(case, programmes))
    alone = []
    for programme, (_, _, unit_fen) in zip(programmes, rules, strict=True):
        amount = plans[programme.id].total_fen
        assert amount is not None
        alone.append((amount, unit_fen))
    every = plans["aaa+bbb+ccc"]
    assert every.lawful
    assert list(every.amounts_fen) == reference_limit(paid_fen, counted, alone)
    assert (every.reason is not None) == (list(every.amounts_fen) != [one for one, _ in alone])
    assert every.total_fen is not None
    assert every.total_fen <= sum(paid_fen)


def test_the_later_of_province_city_district_is_cut() -> None:
    programmes = [toy_programme(place, Fraction(4, 5), 100, 1) for place in range(3)]
    case = toy_case([10], [[True]] * 3)
    (out,) = (one for one in plan(case, programmes[::-1]) if len(one.programmes) == 3)
    assert (out.programmes, out.amounts_fen) == (("aaa", "bbb", "ccc"), (8, 2, 0))
    assert out.lawful
    assert out.reason is not None
    assert out.reason.code == "joint_limit"


def test_what_is_paid_after_the_application_leaves_no_room() -> None:
    programmes = [toy_programme(place, Fraction(4, 5), 100, 1) for place in range(2)]
    case = toy_case([10], [[True]] * 3)
    (purchase,) = case.purchases or ()
    payments = (*(purchase.payments or ()), Payment(paid_on=date(2022, 12, 2), amount_fen=10))
    purchase = msgspec.structs.replace(purchase, payments=payments)
    case = msgspec.structs.replace(case, purchases=(purchase,))
    (out,) = (one for one in plan(case, programmes) if len(one.programmes) == 2)
    assert out.amounts_fen == (8, 2)


def test_plans_that_pay_the_same_come_by_number_then_level_then_id() -> None:
    programmes = [toy_programme(place, Fraction(1), 4, 1) for place in (2, 0, 1)]
    twin = msgspec.structs.replace(programmes[1], id="aab")
    found = plan(toy_case([4], [[True]] * 3), [twin, *programmes])
    assert {one.total_fen for one in found} == {4}
    order = ["aaa", "aab", "bbb", "ccc", "aaa+aab", "aaa+bbb", "aaa+ccc", "aab+bbb", "aab+ccc"]
    assert ["+".join(one.programmes) for one in found][:9] == order
