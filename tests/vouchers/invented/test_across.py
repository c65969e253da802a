"""What the invented programmes say together: exclusion, limits over levels, pools, treasuries."""

from datetime import date
from fractions import Fraction

from tests.vouchers.invented import facts, heting, lanpu, qingyu, songlan, wangchuan, yunting
from tests.vouchers.toy import rule
from vouchers.case import Case
from vouchers.funding_split import list_movements, split_amount
from vouchers.plan import Plan, plan
from vouchers.pool import PoolClaim, share_pool
from vouchers.programme import Cited, Level, Pool, Programme, Version


def other(level: Level, percent: int) -> Programme:
    """Return a programme of another level that pays a share of every invoice."""
    made = rule(rate=Fraction(percent, 100))
    return Programme(id=level, level=level, name=made.name, versions=made.versions)


def of(programme: Programme) -> Version:
    (version,) = programme.versions
    return version


def together(case: Case, *programmes: Programme) -> Plan:
    """Return what all of the programmes pay at once."""
    ids = {one.id for one in programmes}
    return next(one for one in plan(case, programmes) if set(one.programmes) == ids)


def served(pool: Cited[Pool] | None, unit: Cited[int], *claims: tuple[int, str, str]) -> list[int]:
    """Return what claims of (amount, day of application, day of signing) get, as they are named."""
    assert pool is not None, unit
    made = [
        PoolClaim(str(i), fen, date.fromisoformat(applied), i, date.fromisoformat(signed))
        for i, (fen, applied, signed) in enumerate(claims)
    ]
    order = Cited(pool.value.order, pool.clause, pool.grade)
    shares = share_pool(pool.value.amount_fen, made, order, unit)
    by_id = {one.id: one.amount_fen or 0 for one in shares}
    return [by_id[one.id] for one in made]


def test_a_contract_of_songlan_goes_to_the_province_or_to_the_city() -> None:
    # C-1 of 100,000: province 50 % = 50,000, city 40 % = 40,000; C-2 of 300,000 alone would have
    # 144,000 of the province at falling rates, and 120,000 of the city.
    bought = {"purchases": [facts.buy(10_000_000, "C-1"), facts.buy(30_000_000, "C-2")]}
    province, city = songlan.PROGRAMME, other("city", 40)
    made = together(facts.case(bought), province, city)
    # Province C-2, city C-1: 144,000 + 40,000 = 184,000. Province C-1, city C-2: 50,000 + 120,000 =
    # 170,000. Both by the province: 100 × 50 + 48 + 46 + 44 thousand = 188,000.
    assert dict(zip(made.programmes, made.counted, strict=True)) == {"songlan": (1,), "city": (0,)}
    assert made.total_fen == 18_400_000
    best = plan(facts.case(bought), (province, city))[0]
    assert (best.programmes, best.total_fen) == (("songlan",), 18_800_000)


def test_a_project_of_wangchuan_goes_to_the_city_or_to_the_district() -> None:
    bought = {
        "enterprise.registered_region": "990520",
        "apply_on": "2027-03-10",
        "purchases": [
            facts.buy(10_000_000, "C-1", project="P-1"),
            facts.buy(10_000_000, "C-2", project="P-2"),
        ],
    }
    made = together(facts.case(bought), wangchuan.PROGRAMME, other("district", 40))
    # The city has 30 % in 2026, the district 40 %: 30,000 for one project and 40,000 for the other.
    assert sorted(map(len, made.counted)) == [1, 1]
    assert made.total_fen == 7_000_000


def test_three_levels_of_heting_stay_within_cap_sub_cap_and_ceiling() -> None:
    # 3,000,000 spent: the province pays 30 % = 900,000, the city 30 % = 900,000; of 2,000,000 over
    # the levels 200,000 are left to the district, which alone would have 500,000.
    three = (other("province", 30), other("city", 30), heting.PROGRAMME)
    made = together(facts.case(net_fen=300_000_000), *three)
    assert made.amounts_fen == (90_000_000, 90_000_000, 20_000_000)
    # 300,000 spent: 30 % and 30 % and 40 % are 80 % at most: 60,000 are left to the district.
    made = together(facts.case(net_fen=30_000_000), *three)
    assert made.amounts_fen == (9_000_000, 9_000_000, 6_000_000)
    # 1,000,000 of the district were had before: its sub-cap is used up though the joint cap is not.
    had = {"programme": "heting", "year": 2026, "claimed_fen": 100_000_000, "redeemed_fen": 0}
    used = facts.case({"earlier": [had]}, net_fen=30_000_000)
    assert together(used, heting.PROGRAMME).amounts_fen == (0,)


def test_qingyu_and_the_city_together_stay_within_seventy_per_cent() -> None:
    # 60,000 spent: the district's flat 30,000 and 50 % of the city are 60,000; 70 % are 42,000.
    made = together(facts.case(net_fen=6_000_000), other("city", 50), qingyu.PROGRAMME)
    assert made.amounts_fen == (3_000_000, 1_200_000)


def test_what_yunting_shares_with_the_city_stays_within_half() -> None:
    # 1,000,000 spent: 200,000 + 125,000 = 325,000 of the province; 175,000 are left to the city.
    made = together(facts.case(net_fen=100_000_000), yunting.PROGRAMME, other("city", 30))
    assert made.amounts_fen == (32_500_000, 17_500_000)


def test_each_pool_serves_in_its_own_order() -> None:
    early, late = "2026-03-01", "2026-09-01"
    province, city, district = (of(one.PROGRAMME) for one in (yunting, lanpu, qingyu))
    # 50 million: who applied first has all of 30 million, the other what is left.
    claims = (3_000_000_000, late, early), (3_000_000_000, early, late)
    unit = province.rounding_unit_fen
    assert served(province.pool, unit, *claims) == [2_000_000_000, 3_000_000_000]
    # 20 million for 30 and 10 million asked: half of each.
    claims = (3_000_000_000, early, early), (1_000_000_000, late, late)
    unit = city.rounding_unit_fen
    assert served(city.pool, unit, *claims) == [1_500_000_000, 500_000_000]
    # 3 million: who signed first, whenever he applied.
    claims = (200_000_000, late, early), (200_000_000, early, late)
    unit = district.rounding_unit_fen
    assert served(district.pool, unit, *claims) == [200_000_000, 100_000_000]


def test_two_treasuries_of_yunting_bear_six_and_four_tenths() -> None:
    split = of(yunting.PROGRAMME).funding_split
    assert split is not None
    # 0.01 of 325,000.01 is left by rounding, and is the province's: 195,000.01 and 130,000.00.
    assert split_amount(32_500_001, split).parts == (("province", 19_500_001), ("city", 13_000_000))


def test_money_takes_the_way_that_the_notice_says() -> None:
    ways = {}
    for one in (yunting, songlan, wangchuan):
        form = of(one.PROGRAMME).payment_form
        assert form is not None, one
        moved = list_movements(form, 10_000_000, 3_000_000)
        ways[one.PROGRAMME.id] = [(m.payer, m.payee, m.amount_fen, m.at) for m in moved]
    assert ways == {
        "yunting": [
            ("enterprise", "provider", 10_000_000, "purchase"),
            ("treasury", "enterprise", 3_000_000, "redemption"),
        ],
        "songlan": [
            ("enterprise", "provider", 7_000_000, "purchase"),
            ("treasury", "provider", 3_000_000, "purchase"),
        ],
        "wangchuan": [
            ("enterprise", "provider", 7_000_000, "purchase"),
            ("treasury", "provider", 3_000_000, "redemption"),
        ],
    }
