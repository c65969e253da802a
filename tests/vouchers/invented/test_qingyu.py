"""Qingyu: a flat amount for each contract, once; who has money of the city has none of this."""

from typing import Any

import pytest

from tests.vouchers.invented.facts import BOUGHT, BUYER, HELD, buy, case, codes
from tests.vouchers.invented.qingyu import PROGRAMME
from tests.vouchers.toy import evaluate
from vouchers.decide import decide

HATCHED = {HELD: [{"kind": "incubated", "recognised_by": "district"}]}


def contracts(*amounts_fen: int) -> dict[str, Any]:
    return {"purchases": [buy(fen, f"C-{i}") for i, fen in enumerate(amounts_fen, start=1)]}


@pytest.mark.parametrize(
    ("changes", "fen"),
    [
        ({}, 3_000_000),  # above scale: 30,000
        (HATCHED, 2_000_000),  # others: 20,000
        (contracts(4_999_999), 0),  # 49,999.99 in the year, below 50,000
        (contracts(5_000_000), 3_000_000),
        (contracts(5_000_000, 2_999_999), 5_999_999),  # 30,000 + 29,999.99: the second is small
        (contracts(5_000_000, 3_000_000), 6_000_000),
        (contracts(5_000_000, 3_000_001), 6_000_000),
        (contracts(5_000_000, 5_000_000, 5_000_000), 6_000_000),  # 90,000, but 60,000 a claim
        (contracts(5_000_000, 5_000_000) | HATCHED, 4_000_000),
    ],
)
def test_a_contract_has_a_flat_amount(changes: dict[str, Any], fen: int) -> None:
    decision = decide(PROGRAMME, case(changes))
    assert decision.amount_fen == fen
    assert decision.status != "eligible" or evaluate(decision.steps) == fen
    assert codes(decision) == ([] if fen else ["below_spend_floor"])


def test_a_contract_is_paid_for_once_however_many_its_invoices() -> None:
    twice = [buy(8_000_000, "C-1", invoice=invoice) for invoice in ("1", "2")]
    assert decide(PROGRAMME, case({"purchases": twice})).amount_fen == 3_000_000
    before = {"programme": "qingyu", "year": 2026, "claimed_fen": 1, "redeemed_fen": 0}
    for contract, fen in (("C-1", 0), ("C-2", 3_000_000)):
        had = before | {"contracts": [{"contract": contract, "amount_fen": 1}]}
        assert decide(PROGRAMME, case({"earlier": [had]})).amount_fen == fen


@pytest.mark.parametrize(
    ("had_fen", "fen"), [(7_000_000, 3_000_000), (7_000_001, 2_999_999), (10_000_000, 0)]
)
def test_a_year_has_at_most_a_hundred_thousand(had_fen: int, fen: int) -> None:
    had = {"programme": "qingyu", "year": 2026, "claimed_fen": had_fen, "redeemed_fen": 0}
    had |= {"base_fen": 0, "contracts": [{"contract": "C-0", "amount_fen": had_fen}]}
    assert decide(PROGRAMME, case({"earlier": [had]})).amount_fen == fen


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"enterprise.tax_domicile": [{"zone": "qingyu", "from": "2026-10-10"}]}, None),
        (
            {"enterprise.tax_domicile": [{"zone": "qingyu", "from": "2026-10-11"}]},
            "not_domiciled_in_zone",
        ),
        ({HELD: [{"kind": "above_scale", "from": "2026-06-30"}]}, None),
        ({HELD: [{"kind": "above_scale", "from": "2026-07-01"}]}, "no_qualifying_status"),
        ({"enterprise.facts[0].value": 200_000_000}, None),
        ({"enterprise.facts[0].value": 199_999_999}, "fact_below_limit"),
        ({"enterprise.records": [{"kind": "safety_accident", "on": "2023-10-10"}]}, None),
        (
            {"enterprise.records": [{"kind": "safety_accident", "on": "2023-10-11"}]},
            "record_in_period",
        ),
        ({f"{BOUGHT}.service_from": "2025-10-01"}, None),
        ({f"{BOUGHT}.service_from": "2025-09-30"}, "not_service_in_window"),
        ({f"{BOUGHT}.service_to": "2026-09-30"}, None),
        ({f"{BOUGHT}.service_to": "2026-10-01"}, "not_service_in_window"),
        ({f"{BOUGHT}.resource_kind": "support"}, "resource_not_covered"),
        ({f"{BOUGHT}.provider": BUYER}, "self_use"),
    ],
)
def test_each_condition_holds_to_its_last_day_and_fen(
    changes: dict[str, object], code: str | None
) -> None:
    decision = decide(PROGRAMME, case(changes))
    assert (decision.amount_fen, codes(decision)) == ((0, [code]) if code else (3_000_000, []))


def test_an_enterprise_with_money_of_the_city_is_out_for_the_year() -> None:
    money = {"scope": "enterprise", "level": "city", "year": 2026}
    assert codes(decide(PROGRAMME, case({"other_funding": [money]}))) == [
        "enterprise_already_funded"
    ]
    for change in ({"year": 2025}, {"level": "province"}):
        assert decide(PROGRAMME, case({"other_funding": [money | change]})).amount_fen == 3_000_000


@pytest.mark.parametrize(
    ("apply_on", "in_time"),
    [("2026-10-07", False), ("2026-10-08", True), ("2026-10-31", True), ("2026-11-01", False)],
)
def test_the_window_is_in_the_year_itself(apply_on: str, *, in_time: bool) -> None:
    decision = decide(PROGRAMME, case({"apply_on": apply_on}))
    missed = [one for one in decision.reasons if one.code == "outside_window"]
    assert (decision.amount_fen, not missed) == (3_000_000, in_time)


def test_the_class_is_that_of_every_contract_in_whatever_order() -> None:
    # Above scale to 30 June only; the second service is completed on 1 July, when it is hatched.
    held = [{"kind": "above_scale", "to": "2026-06-30"}, *HATCHED[HELD]]
    both = [buy(5_000_000, "C-1"), buy(5_000_000, "C-2", completed_on="2026-07-01")]
    for order in (both, both[::-1]):
        decision = decide(PROGRAMME, case({HELD: held, "purchases": order}))
        assert decision.amount_fen == 4_000_000
