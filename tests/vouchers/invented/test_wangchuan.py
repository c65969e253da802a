"""Wangchuan: a rate set each year and by county, on what was approved, rounded up to hundreds."""

from typing import Any

import pytest

from tests.vouchers.invented.facts import BOUGHT, HELD, buy, case, codes
from tests.vouchers.invented.wangchuan import PROGRAMME
from tests.vouchers.toy import evaluate
from vouchers.case import Case
from vouchers.decide import decide
from vouchers.programme import Lapse

HERE: dict[str, Any] = {"enterprise.registered_region": "990501", "apply_on": "2027-03-10"}


def claim(changes: dict[str, Any] | None = None, net_fen: int | None = 10_000_000) -> Case:
    return case(HERE | (changes or {}), net_fen=net_fen)


def of_2025(changes: dict[str, Any] | None = None) -> Case:
    days = {f"{BOUGHT}.signed_on": "2025-03-02", f"{BOUGHT}.completed_on": "2025-12-31"}
    return claim(days | {"apply_on": "2026-03-10"} | (changes or {}))


@pytest.mark.parametrize(
    ("region", "rate_2025", "rate_2026"),
    [("990501", 35, 30), ("990520", 35, 30), ("990521", 45, 40), ("990522", 45, 40)],
)
def test_the_rate_is_that_of_year_and_county(region: str, rate_2025: int, rate_2026: int) -> None:
    where = {"enterprise.registered_region": region}
    # 100,000 × 35 % = 35,000 and so on.
    assert decide(PROGRAMME, of_2025(where)).amount_fen == rate_2025 * 100_000
    assert decide(PROGRAMME, claim(where)).amount_fen == rate_2026 * 100_000


def test_a_year_whose_rate_is_not_published_stays_open() -> None:
    days = {f"{BOUGHT}.signed_on": "2027-03-02", f"{BOUGHT}.completed_on": "2027-06-30"}
    decision = decide(PROGRAMME, claim(days | {"apply_on": "2028-01-15"}))
    assert (decision.status, decision.year) == ("undetermined", 2027)
    assert "规则未载明 2027 年度的标准" in decision.reasons[0].message.zh


@pytest.mark.parametrize(
    ("net_fen", "fen"),
    [
        (320_000, 0),  # 3,200 × 30 % = 960, below 1,000
        (330_000, 0),  # 3,300 × 30 % = 990
        (330_001, 102_000),  # 3,300.01 counts as 3,400: 1,020
        (340_000, 102_000),
        (10_000_001, 3_003_000),  # 100,000.01 counts as 100,100: 30,030
        (66_659_999, 19_998_000),  # 666,599.99 counts as 666,600: 199,980
        (66_660_001, 20_000_000),  # 666,600.01 counts as 666,700: 200,010, above the cap
    ],
)
def test_the_base_is_rounded_up_to_hundreds_of_yuan(net_fen: int, fen: int) -> None:
    decision = decide(PROGRAMME, claim(net_fen=net_fen))
    assert (decision.amount_fen, codes(decision)) == (fen, [] if fen else ["below_claim_floor"])
    assert not fen or evaluate(decision.steps) == fen


def test_two_invoices_of_a_contract_have_the_amount_of_it_once() -> None:
    # 70,000 and 36,000 invoiced of a contract approved at 106,000: 106,000 × 30 % = 31,800.
    over = {"contract_fen": 10_600_000, "approved_fen": 10_600_000}
    parts = [buy(fen, "C-1", **over) for fen in (7_000_000, 3_600_000)]
    decision = decide(PROGRAMME, claim({"purchases": parts}, None))
    assert decision.amount_fen == evaluate(decision.steps) == 3_180_000


@pytest.mark.parametrize(
    ("had_fen", "fen"), [(27_000_000, 3_000_000), (27_000_001, 2_999_999), (29_900_001, 0)]
)
def test_a_year_has_at_most_three_hundred_thousand(had_fen: int, fen: int) -> None:
    had = {"programme": "wangchuan", "year": 2026, "claimed_fen": had_fen, "redeemed_fen": 0}
    had["contracts"] = [{"contract": "C-0", "amount_fen": had_fen}]
    assert decide(PROGRAMME, claim({"earlier": [had]})).amount_fen == fen


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"enterprise.registered_region": "990601"}, "not_registered_in_place"),
        ({f"{HELD}[0].to": "2026-06-30"}, None),
        ({f"{HELD}[0].to": "2026-06-29"}, "no_qualifying_status"),
        ({HELD: [{"kind": "incubated", "recognised_by": "province"}]}, None),
        ({HELD: [{"kind": "incubated", "recognised_by": "city"}]}, "no_qualifying_status"),
        ({"declarations.related_party": True}, "related_party"),
        ({"enterprise.records": [{"kind": "serious_dishonesty", "on": "2023-06-30"}]}, None),
        (
            {"enterprise.records": [{"kind": "serious_dishonesty", "on": "2023-07-01"}]},
            "record_in_period",
        ),
        ({f"{BOUGHT}.signed_on": "2026-01-01"}, None),
        ({f"{BOUGHT}.signed_on": "2025-12-31"}, "not_signed_in_year"),
        ({f"{BOUGHT}.completed_on": "2027-01-01"}, "not_completed_in_year"),
    ],
)
def test_each_condition_holds_to_its_last_day(changes: dict[str, object], code: str | None) -> None:
    decision = decide(PROGRAMME, claim(changes))
    assert (decision.amount_fen, codes(decision)) == ((0, [code]) if code else (3_000_000, []))


@pytest.mark.parametrize(("year", "fen"), [(2025, 3_000_000), (2026, 0), (2027, 3_000_000)])
def test_a_project_of_the_citys_own_plan_is_out_for_that_year(year: int, fen: int) -> None:
    money = {"scope": "project", "ref": "P-1", "level": "city", "year": year}
    decision = decide(PROGRAMME, claim({"other_funding": [money]}))
    assert (decision.amount_fen, codes(decision)) == (
        fen,
        [] if fen else ["project_already_funded"],
    )


@pytest.mark.parametrize(
    ("apply_on", "year", "in_time"),
    [
        ("2026-03-09", 2025, False),
        ("2026-03-10", 2025, True),
        ("2026-03-31", 2025, True),
        ("2027-02-28", 2026, False),
        ("2027-03-01", 2026, True),
        ("2027-03-20", 2026, True),
    ],
)
def test_a_claim_serves_the_year_of_its_window(apply_on: str, year: int, *, in_time: bool) -> None:
    made = of_2025 if year == 2025 else claim
    decision = decide(PROGRAMME, made({"apply_on": apply_on}))
    missed = [one for one in decision.reasons if one.code == "outside_window"]
    assert (decision.year, not missed) == (year, in_time)


def test_the_voucher_is_good_for_half_a_year() -> None:
    (version,) = PROGRAMME.versions
    assert version.lapse is not None
    assert version.lapse.value == Lapse(180)
