"""Lanpu: the lowest of three amounts, shared out over years, classes, contracts that are one."""

import pytest

from tests.vouchers.invented.facts import BOUGHT, BUYER, HELD, buy, case, codes
from tests.vouchers.invented.lanpu import PROGRAMME
from tests.vouchers.toy import evaluate
from vouchers.decide import decide

GIANT = {HELD: [{"kind": "little_giant"}]}
SME = {HELD: [{"kind": "technology_sme"}]}


@pytest.mark.parametrize(
    ("changes", "fen"),
    [
        ({}, 3_180_000),  # 106,000 × 30 % = 31,800
        (SME, 4_240_000),  # 106,000 × 40 % = 42,400
        (GIANT, 5_300_000),  # 106,000 × 50 % = 53,000
        ({HELD: [{"kind": "technology_sme", "to": "2026-10-09"}]}, 3_180_000),
        ({HELD: [{"kind": "technology_sme", "to": "2026-10-10"}]}, 4_240_000),
        ({f"{BOUGHT}.contract_fen": 10_000_000}, 3_000_000),  # the contract is the lowest
        ({f"{BOUGHT}.payments[0].amount_fen": 9_000_333}, 2_700_000),  # 27,000.999 in whole yuan
        ({f"{BOUGHT}.payments[0].paid_on": "2026-10-11"}, 0),  # paid after the application
    ],
)
def test_a_class_has_its_share_of_the_lowest_amount(changes: dict[str, object], fen: int) -> None:
    decision = decide(PROGRAMME, case(changes))
    assert decision.amount_fen == fen
    assert decision.steps == () or evaluate(decision.steps) == fen


def test_a_service_into_the_next_year_counts_by_its_days() -> None:
    # 2026-12-01 to 2027-01-30 are 61 days, 31 of them in 2026:
    # 106,000 × 31/61 = 53,868.85 (down to the fen), × 30 % = 16,160.655, in whole yuan 16,160.
    served = {f"{BOUGHT}.service_from": "2026-12-01", f"{BOUGHT}.service_to": "2027-01-30"}
    assert decide(PROGRAMME, case(served)).amount_fen == 1_616_000
    # A day more in 2026, 32/62: 54,709.67 × 30 % = 16,412.901.
    served[f"{BOUGHT}.service_from"] = "2026-11-30"
    assert decide(PROGRAMME, case(served)).amount_fen == 1_641_200


@pytest.mark.parametrize(
    ("net_fen", "fen"),
    [
        (59_999_800, 29_999_900),  # 599,998 × 50 % = 299,999
        (60_000_000, 30_000_000),  # 300,000, the cap of a contract
        (60_000_200, 30_000_000),
        (60_000_199, 30_000_000),
    ],
)
def test_a_contract_has_at_most_three_hundred_thousand(net_fen: int, fen: int) -> None:
    assert decide(PROGRAMME, case(GIANT, net_fen=net_fen)).amount_fen == fen


@pytest.mark.parametrize(
    ("signed_on", "fen"),
    [
        ("2026-03-31", 30_000_000),  # 29 days after the first: one contract, one cap
        ("2026-04-01", 30_000_000),  # 30 days
        ("2026-04-02", 60_000_000),  # 31 days: two contracts
    ],
)
def test_contracts_within_thirty_days_are_one(signed_on: str, fen: int) -> None:
    # Each 700,000 × 50 % = 350,000, above the cap of 300,000 by itself.
    split = [buy(70_000_000, "C-1"), buy(70_000_000, "C-2", signed_on=signed_on)]
    decision = decide(PROGRAMME, case(GIANT | {"purchases": split}))
    assert decision.amount_fen == fen
    assert any("C-1、C-2" in step.what.zh for step in decision.steps) == (fen == 30_000_000)


@pytest.mark.parametrize(("changes", "fen"), [(GIANT, 80_000_000), (SME, 50_000_000)])
def test_a_year_is_capped_by_class(changes: dict[str, object], fen: int) -> None:
    days = ("2026-03-02", "2026-04-02", "2026-05-03")
    bought = [buy(100_000_000, f"C-{i}", signed_on=day) for i, day in enumerate(days)]
    # Three contracts at 300,000 each: 900,000, above either cap.
    decision = decide(PROGRAMME, case(changes | {"purchases": bought}))
    assert (decision.amount_fen, decision.quota_fen) == (fen, fen)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"enterprise.facts[1].value": 10}, None),
        ({"enterprise.facts[1].value": 9}, "fact_below_limit"),
        # 3 % of 150,000,000 are 4,500,000.
        ({"enterprise.facts[2].value": 450_000_000}, None),
        ({"enterprise.facts[2].value": 449_999_999}, "share_below_limit"),
        ({"enterprise.registered_region": "990101"}, "not_registered_in_place"),
        ({"declarations.serious_dishonesty": True}, "serious_dishonesty"),
        ({f"{BOUGHT}.signed_on": "2025-07-01"}, None),
        ({f"{BOUGHT}.signed_on": "2025-06-30"}, "not_signed_in_window"),
        ({f"{BOUGHT}.signed_on": "2026-06-30"}, None),
        ({f"{BOUGHT}.signed_on": "2026-07-01"}, "not_signed_in_window"),
        ({f"{BOUGHT}.resource_kind": "storage"}, None),
        ({f"{BOUGHT}.resource_kind": "network"}, "resource_not_covered"),
        ({f"{BOUGHT}.provider": BUYER}, "self_use"),
    ],
)
def test_each_condition_holds_to_its_last_day_and_fen(
    changes: dict[str, object], code: str | None
) -> None:
    decision = decide(PROGRAMME, case(changes))
    assert (decision.amount_fen, codes(decision)) == ((0, [code]) if code else (3_180_000, []))


@pytest.mark.parametrize(("net_fen", "fen"), [(10_000_000, 3_000_000), (9_999_999, 0)])
def test_a_contract_is_over_at_least_a_hundred_thousand(net_fen: int, fen: int) -> None:
    assert decide(PROGRAMME, case(net_fen=net_fen)).amount_fen == fen


@pytest.mark.parametrize("level", ["national", "province", "city", "district"])
def test_a_contract_with_other_money_of_any_year_is_out(level: str) -> None:
    money = {"scope": "contract", "ref": "C-1", "level": level, "year": 2020}
    assert codes(decide(PROGRAMME, case({"other_funding": [money]}))) == ["contract_already_funded"]
    elsewhere = money | {"scope": "project", "ref": "P-1"}
    assert decide(PROGRAMME, case({"other_funding": [elsewhere]})).amount_fen == 3_180_000


def test_the_version_is_that_of_the_day_of_application() -> None:
    for day, version in (("2025-06-30", None), ("2027-06-30", "2025"), ("2027-07-01", None)):
        assert decide(PROGRAMME, case({"apply_on": day})).version == version


@pytest.mark.parametrize(
    ("first", "fen"),
    [
        ({}, 0),  # signed eight days before: one contract, whose cap is used up
        ({"signed_on": "2026-02-08"}, 0),
        ({"signed_on": "2026-02-07"}, 30_000_000),
        ({"provider": BUYER}, 30_000_000),
        ({"signed_on": None}, None),
        (None, None),  # nobody knows when the first one was signed
    ],
)
def test_a_contract_is_not_split_over_two_claims(
    first: dict[str, object] | None, fen: int | None
) -> None:
    had: dict[str, object] = {"programme": "lanpu", "year": 2026}
    had |= {"claimed_fen": 30_000_000, "redeemed_fen": 0}
    had["contracts"] = [{"contract": "C-1", "amount_fen": 30_000_000}]
    bought = [buy(60_000_000, "C-2", signed_on="2026-03-10")]
    if first is not None:
        refunded = buy(60_000_000, "C-1", refunded_by=["lanpu"]) | first
        bought.append({key: value for key, value in refunded.items() if value is not None})
    decision = decide(PROGRAMME, case(GIANT | {"purchases": bought, "earlier": [had]}))
    assert decision.amount_fen == fen
    assert decision.status != "eligible" or evaluate(decision.steps) == fen
    asked = [one.message.zh for one in decision.reasons if one.code == "missing_fact"]
    assert any("C-1" in one for one in asked) is (fen is None)
