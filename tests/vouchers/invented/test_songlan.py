"""Songlan: what the platform metered, at a rate that falls as the base grows, but for one city."""

import pytest

from tests.vouchers.invented.facts import BOUGHT, HELD, case, codes
from tests.vouchers.invented.songlan import PROGRAMME
from tests.vouchers.toy import evaluate
from vouchers.decide import decide

BEILING = {"enterprise.registered_region": "991101"}
SMALL = {"enterprise.facts[0].value": 1_999_999_999}


@pytest.mark.parametrize(
    ("net_fen", "fen"),
    [
        (10_000_000, 5_000_000),  # 100,000 × 50 % = 50,000
        (10_020_833, 5_000_000),  # 50,000 + 208.33 × 48 % = 50,099.9984, in whole hundreds
        (10_020_834, 5_010_000),  # 50,000 + 208.34 × 48 % = 50,100.0032
        (20_000_000, 9_800_000),  # 50,000 + 48,000
        (30_000_000, 14_400_000),  # 50,000 + 48,000 + 46,000
        (200_000_000, 62_000_000),  # 10,000 × (50 + 48 + … + 12) = 10,000 × 62
        (210_000_000, 63_000_000),  # and 10 % of the next 100,000
        (1_070_000_000, 149_000_000),  # 620,000 + 8,700,000 × 10 % = 1,490,000
        (1_080_000_000, 150_000_000),  # 1,500,000, the cap
        (1_080_100_000, 150_000_000),
    ],
)
def test_each_further_hundred_thousand_has_two_points_less(net_fen: int, fen: int) -> None:
    decision = decide(PROGRAMME, case(net_fen=net_fen))
    assert decision.amount_fen == evaluate(decision.steps) == fen


@pytest.mark.parametrize(
    ("net_fen", "fen"),
    [
        (20_000_000, 11_000_000),  # 200,000 × 55 % = 110,000, however much
        (272_727_272, 149_990_000),  # 1,499,999.996, in whole hundreds
        (272_727_273, 150_000_000),  # 1,500,000.0015
    ],
)
def test_the_old_base_area_has_one_rate(net_fen: int, fen: int) -> None:
    assert decide(PROGRAMME, case(BEILING, net_fen=net_fen)).amount_fen == fen


def test_a_later_claim_of_the_year_goes_on_where_the_earlier_one_ended() -> None:
    # 200,000 of the year: 98,000, of which the first 100,000 had 50,000.
    had = {"programme": "songlan", "year": 2026, "claimed_fen": 5_000_000, "redeemed_fen": 0}
    before = {"earlier": [had | {"base_fen": 10_000_000}]}
    decision = decide(PROGRAMME, case(before, net_fen=10_000_000))
    assert decision.amount_fen == evaluate(decision.steps) == 4_800_000
    # In the old base area there is one rate, however much: 100,000 × 55 % = 55,000.
    assert decide(PROGRAMME, case(before | BEILING, net_fen=10_000_000)).amount_fen == 5_500_000
    unknown = decide(PROGRAMME, case({"earlier": [had]}, net_fen=10_000_000))
    assert [step.value for step in unknown.steps] == [0, 10_000_000]
    assert "earlier[0].base_fen" in unknown.reasons[0].message.zh


def test_the_metered_amount_counts_without_its_tax() -> None:
    # 106,000 metered, 6,000 of 106,000 invoiced are tax: 100,000 × 50 % = 50,000.
    assert decide(PROGRAMME, case()).amount_fen == 5_000_000
    # 53,000 metered of 106,000 invoiced: 50,000 × 50 % = 25,000.
    assert decide(PROGRAMME, case({f"{BOUGHT}.metered_fen": 5_300_000})).amount_fen == 2_500_000


def test_months_have_thirty_days() -> None:
    # November to February: 60 of 120 days are in 2026, so 50,000 × 50 % = 25,000.
    served = {f"{BOUGHT}.service_from": "2026-11-01", f"{BOUGHT}.service_to": "2027-02-28"}
    assert decide(PROGRAMME, case(served)).amount_fen == 2_500_000


@pytest.mark.parametrize(
    ("sales_fen", "quota_fen"), [(1_999_999_999, 100_000_000), (2_000_000_000, 150_000_000)]
)
def test_a_small_enterprise_has_a_smaller_cap(sales_fen: int, quota_fen: int) -> None:
    sales = {"enterprise.facts[0].value": sales_fen}
    decision = decide(PROGRAMME, case(sales, net_fen=2_000_000_000))
    assert (decision.amount_fen, decision.quota_fen) == (quota_fen, quota_fen)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"enterprise.registered_region": "420100"}, "not_registered_in_place"),
        ({HELD: [{"kind": "innovative_sme", "to": "2026-10-10"}]}, None),
        ({HELD: [{"kind": "innovative_sme", "to": "2026-10-09"}]}, "no_qualifying_status"),
        ({HELD: [{"kind": "province_specialised_sme"}]}, None),
        ({"enterprise.facts[0].value": 39_999_999_999}, None),
        ({"enterprise.facts[0].value": 40_000_000_000}, "fact_not_below_limit"),
        ({"enterprise.records": [{"kind": "administrative_penalty", "on": "2023-10-10"}]}, None),
        (
            {"enterprise.records": [{"kind": "administrative_penalty", "on": "2023-10-11"}]},
            "record_in_period",
        ),
        ({f"{BOUGHT}.completed_on": "2026-05-01"}, None),
        ({f"{BOUGHT}.completed_on": "2026-04-30"}, "not_completed_in_window"),
        ({f"{BOUGHT}.resource_kind": "storage"}, "resource_not_covered"),
    ],
)
def test_each_condition_holds_to_its_last_day_and_fen(
    changes: dict[str, object], code: str | None
) -> None:
    decision = decide(PROGRAMME, case(changes))
    assert (decision.amount_fen, codes(decision)) == ((0, [code]) if code else (5_000_000, []))


@pytest.mark.parametrize("level", ["city", "district"])
def test_a_contract_with_money_from_below_is_out(level: str) -> None:
    money = {"scope": "contract", "ref": "C-1", "level": level, "year": 2026}
    assert codes(decide(PROGRAMME, case({"other_funding": [money]}))) == ["contract_already_funded"]
    for change in ({"level": "national"}, {"year": 2025}, {"scope": "project"}):
        assert decide(PROGRAMME, case({"other_funding": [money | change]})).amount_fen == 5_000_000


@pytest.mark.parametrize(
    ("apply_on", "in_time"),
    [("2026-10-01", True), ("2026-10-10", True), ("2026-10-11", False), ("2026-09-30", False)],
)
def test_claims_are_taken_each_quarter(apply_on: str, *, in_time: bool) -> None:
    decision = decide(PROGRAMME, case({"apply_on": apply_on}))
    missed = [one for one in decision.reasons if one.code == "outside_window"]
    assert (decision.amount_fen, not missed) == (5_000_000, in_time)
