"""Caps over levels and ceilings on all public money: who is cut, and by which clause."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from itertools import product
from typing import Any

import msgspec
import pytest

from ledger.text import Text
from vouchers.case import Case, Earlier, OtherFunding, Payment, Purchase
from vouchers.plan import Plan, plan
from vouchers.programme import Cited, Level, Programme, ResourceIs, Version, hash_version
from vouchers.treasury import JointCap, LevelCap

ASSUMED = Text("假定", "assumed")
CAP_CLAUSE = Text("第六条", "article 6")


def cited(value: object) -> Cited[Any]:
    return Cited(value, ASSUMED, "A")


def programme(
    level: Level,
    rate: str,
    joint_cap: JointCap | None = None,
    ceiling: str | None = None,
    unit_fen: int = 1,
) -> Programme:
    """Return a programme named after its level that pays a rate of what was paid."""
    version = Version(
        id="1",
        document=ASSUMED,
        valid_from=cited(date(2020, 1, 1)),
        legal_date=cited("application"),
        claim_year=cited("of_application"),
        eligibility=(),
        purchases=(),
        base=cited("paid"),
        tax=cited("included"),
        rate=cited(Fraction(rate)),
        yearly_cap_fen=cited(100_000),
        rounding_unit_fen=cited(unit_fen),
        rounding_direction=cited("down"),
        joint_cap=Cited(joint_cap, CAP_CLAUSE, "M") if joint_cap is not None else None,
        combined_ceiling=Cited(Fraction(ceiling), CAP_CLAUSE, "M") if ceiling else None,
    )
    return Programme(id=level, level=level, name=Text(level, level), versions=(version,))


def case_of(
    *paid_fen: int, earlier: Sequence[Earlier] = (), other: Sequence[OtherFunding] = ()
) -> Case:
    day = date(2022, 6, 1)
    return Case(
        purchases=tuple(
            Purchase(
                contract=f"C{i}",
                project=f"P{i}",
                resource_kind="accelerator" if i == 0 else "storage",
                invoiced_fen=fen,
                payments=(Payment(paid_on=day, amount_fen=fen),),
            )
            for i, fen in enumerate(paid_fen)
        ),
        earlier=tuple(earlier),
        other_funding=tuple(other),
        apply_on=date(2022, 12, 1),
    )


def together(case: Case, *programmes: Programme) -> Plan:
    """Return the plan of all the programmes."""
    (found,) = (one for one in plan(case, programmes) if len(one.programmes) == len(programmes))
    return found


def code_of(one: Plan) -> str | None:
    return one.reason.code if one.reason else None


def test_under_a_cap_over_levels_the_later_level_gets_what_is_left() -> None:
    """City and district together pay at most 700 of 1,000: the city's half, then 200."""
    district = programme("district", "2/5", JointCap(("city", "district"), 700))
    found = together(case_of(1_000), programme("city", "1/2"), district)
    assert (found.lawful, found.amounts_fen) == (True, (500, 200))
    assert found.reason is not None
    assert (found.reason.code, found.reason.clause) == ("joint_cap", CAP_CLAUSE)
    assert "from CNY 4.00 to 2.00" in found.reason.message.en


def test_a_sub_cap_binds_its_own_level_alone() -> None:
    cap = JointCap(("city", "district"), 700, (LevelCap("district", 150),))
    district = programme("district", "2/5", cap)
    assert together(case_of(1_000), programme("city", "1/2"), district).amounts_fen == (500, 150)
    assert together(case_of(1_000), district).amounts_fen == (150,)
    city_capped = programme(
        "city", "1/2", JointCap(("city", "district"), 700, (LevelCap("city", 99),))
    )
    assert together(case_of(1_000), city_capped, programme("district", "2/5")).amounts_fen == (
        99,
        400,
    )


def test_a_cap_never_cuts_a_programme_that_comes_before_its_own() -> None:
    district = programme("district", "2/5", JointCap(("city", "district"), 300))
    found = together(case_of(1_000), programme("city", "1/2"), district)
    assert (found.amounts_fen, code_of(found)) == ((500, 0), "joint_cap")
    city = programme("city", "1/2", JointCap(("city", "district"), 600))
    found = together(case_of(1_000), city, programme("district", "2/5"))
    assert found.amounts_fen == (500, 100)


def test_a_cap_leaves_levels_that_it_does_not_name_alone() -> None:
    district = programme("district", "2/5", JointCap(("city", "district"), 300))
    assert together(case_of(1_000), programme("province", "1/2"), district).amounts_fen == (
        500,
        300,
    )


def test_what_the_levels_had_before_in_the_year_fills_the_cap() -> None:
    district = programme("district", "2/5", JointCap(("city", "district"), 700))
    had = Earlier(programme="wuhan", year=2022, claimed_fen=450, redeemed_fen=400)
    found = together(case_of(1_000, earlier=[had]), district)
    assert (found.amounts_fen, code_of(found)) == ((250,), "joint_cap")
    others = [
        Earlier(programme="hubei", year=2022, claimed_fen=450, redeemed_fen=400),
        Earlier(programme="wuhan", year=2021, claimed_fen=450, redeemed_fen=400),
    ]
    assert together(case_of(1_000, earlier=others), district).amounts_fen == (400,)


def test_an_earlier_voucher_of_unknown_amount_leaves_a_cap_undetermined() -> None:
    district = programme("district", "2/5", JointCap(("city", "district"), 700))
    had = Earlier(programme="wuhan", year=2022, claimed_fen=450)
    found = together(case_of(1_000, earlier=[had]), district)
    assert (found.lawful, code_of(found)) == (False, "undetermined_member")
    assert found.reason is not None
    assert "supply earlier[0]" in found.reason.message.en
    assert together(case_of(1_000, earlier=[had]), programme("district", "2/5")).lawful


def test_under_a_ceiling_all_public_money_stays_within_its_share() -> None:
    """Province 300 of 1,000, so that the city, with at most 60 percent of all, pays 300."""
    city = programme("city", "1/2", ceiling="3/5")
    found = together(case_of(1_000), programme("province", "3/10"), city)
    assert (found.amounts_fen, code_of(found)) == ((300, 300), "combined_ceiling")
    assert found.reason is not None
    assert found.reason.clause == CAP_CLAUSE
    assert together(case_of(1_000), city).amounts_fen == (500,)


def test_a_ceiling_cuts_the_programmes_after_its_own_but_none_before() -> None:
    province = programme("province", "3/10", ceiling="1/2")
    assert together(case_of(1_000), province, programme("city", "1/2")).amounts_fen == (300, 200)
    city = programme("city", "1/2", ceiling="1/5")
    assert together(case_of(1_000), programme("province", "3/10"), city).amounts_fen == (300, 0)
    assert together(case_of(1_000), city).amounts_fen == (200,)


def test_other_money_for_the_contract_or_project_counts_under_a_ceiling() -> None:
    city = programme("city", "1/2", ceiling="3/5")
    for scope, ref, paid in (
        ("contract", "C0", 200),
        ("project", "P0", 200),
        ("contract", "C9", 500),
        ("enterprise", None, 500),
    ):
        other = OtherFunding(scope=scope, ref=ref, level="national", amount_fen=400)  # type: ignore[arg-type]
        assert together(case_of(1_000, other=[other]), city).amounts_fen == (paid,)
    unknown = OtherFunding(scope="contract", ref="C0", level="national")
    found = together(case_of(1_000, other=[unknown]), city)
    assert (found.lawful, code_of(found)) == (False, "undetermined_member")
    assert found.reason is not None
    assert "supply other_funding[0]" in found.reason.message.en
    plain = programme("city", "1/2")
    assert together(case_of(1_000, other=[unknown]), plain).amounts_fen == (500,)


def test_what_is_left_under_a_limit_is_paid_in_whole_units() -> None:
    district = programme("district", "2/5", JointCap(("city", "district"), 750), unit_fen=100)
    found = together(case_of(1_000), programme("city", "1/2"), district)
    assert found.amounts_fen == (500, 200)


def test_a_ceiling_binds_the_purchases_that_its_programme_counts() -> None:
    """The city counts the first purchase alone; the province may lay its refund on the second."""
    city = programme("city", "1/2", ceiling="1/2")
    rule = cited(ResourceIs("accelerator"))
    version = msgspec.structs.replace(city.versions[0], purchases=(rule,))
    city = msgspec.structs.replace(city, versions=(version,))
    found = together(case_of(1_000, 1_000), programme("province", "1/2"), city)
    assert found.amounts_fen == (1_000, 500)
    assert together(case_of(1_000, 500), programme("province", "1/2"), city).amounts_fen == (
        750,
        250,
    )


@pytest.mark.parametrize("cap_fen", range(0, 21, 4))
def test_every_small_world_keeps_cap_sub_cap_and_what_was_paid(cap_fen: int) -> None:
    for paid, rates, sub in product((4, 9), product(("1/4", "2/3", "1"), repeat=3), (0, 3, 20)):
        cap = JointCap(("province", "district"), cap_fen, (LevelCap("district", sub),))
        rules = [
            programme("province", rates[0]),
            programme("city", rates[1]),
            programme("district", rates[2], cap),
        ]
        province, city, district = (int(Fraction(rate) * paid) for rate in rates)
        city = min(city, paid - province)
        district = min(district, paid - province - city, max(cap_fen - province, 0), sub)
        assert together(case_of(paid), *rules).amounts_fen == (province, city, district)


def test_a_version_without_shared_money_has_the_hash_that_it_always_had() -> None:
    plain, capped = programme("city", "1/2"), programme("city", "1/2", JointCap(("city",), 1))
    hashes = {hash_version(one, one.versions[0]) for one in (plain, capped)}
    hashes.add(hash_version(plain, programme("city", "1/2", ceiling="1/2").versions[0]))
    assert len(hashes) == 3
