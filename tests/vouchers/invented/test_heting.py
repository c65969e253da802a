"""Heting: a rate for each kind of resource on what was settled, rounded before the caps."""

import pytest

from tests.vouchers.invented.facts import BOUGHT, HELD, buy, case, codes
from tests.vouchers.invented.heting import PROGRAMME
from tests.vouchers.toy import evaluate
from vouchers.decide import decide


@pytest.mark.parametrize(
    ("net_fen", "fen"),
    [
        (19_999_999, 0),  # 199,999.99 in the year, below 200,000
        (20_000_000, 8_000_000),  # 200,000 × 40 % = 80,000
        (20_000_124, 8_000_000),  # 80,000.496
        (20_000_125, 8_000_100),  # 80,000.50, half a yuan goes up
        (124_999_875, 50_000_000),  # 499,999.50, up to 500,000
        (125_000_125, 50_000_000),  # 500,000.50 becomes 500,001, above the cap of a claim
    ],
)
def test_it_is_rounded_to_the_yuan_then_capped(net_fen: int, fen: int) -> None:
    decision = decide(PROGRAMME, case(net_fen=net_fen))
    assert (decision.amount_fen, codes(decision)) == (fen, [] if fen else ["below_spend_floor"])
    assert not fen or evaluate(decision.steps) == fen


def test_the_floor_is_of_the_year_and_counts_what_was_claimed_before() -> None:
    had = {"programme": "heting", "year": 2026, "claimed_fen": 8_000_000, "redeemed_fen": 0}
    for base_fen, fen in ((10_000_000, 4_000_000), (9_999_999, 0)):
        before = {"earlier": [had | {"base_fen": base_fen}]}
        # 100,000 now and 100,000 before reach 200,000: 100,000 × 40 % = 40,000.
        assert decide(PROGRAMME, case(before, net_fen=10_000_000)).amount_fen == fen


def test_each_kind_has_its_rate_and_tax_is_no_cost() -> None:
    kinds = {"accelerator": "C-1", "storage": "C-1", "network": "C-2", "support": "C-3"}
    # 106,000 with 6,000 of tax: 100,000 each. 40,000 + 20,000 + 15,000 + 10,000 = 85,000.
    taxed = {"settled_fen": 10_600_000, "invoiced_fen": 10_600_000, "tax_fen": 600_000}
    paid = {"payments": [{"paid_on": "2026-07-10", "amount_fen": 10_600_000}]}
    bought = [
        buy(10_600_000, contract, resource_kind=kind, **taxed, **paid)
        for kind, contract in kinds.items()
    ]
    decision = decide(PROGRAMME, case({"purchases": bought}))
    assert decision.amount_fen == evaluate(decision.steps) == 8_500_000
    assert decision.counted == (0, 1, 2, 3)


def test_what_was_settled_counts_and_the_reviewer_takes_some_out() -> None:
    # 300,000 settled of 400,000 invoiced; 50,000 are no compute: 250,000 × 40 % = 100,000.
    cut = {f"{BOUGHT}.settled_fen": 30_000_000, f"{BOUGHT}.cut_fen": 5_000_000}
    decision = decide(PROGRAMME, case(cut, net_fen=40_000_000))
    assert decision.amount_fen == 10_000_000
    assert "审核核减" in [step.label.zh for step in decision.steps]


@pytest.mark.parametrize(
    ("own_fen", "others_fen", "fen"),
    [
        (112_000_000, 0, 8_000_000),  # 1,200,000 − 1,120,000 = 80,000 left
        (112_000_001, 0, 7_999_999),  # rounded before the caps, so the rest is paid to the fen
        (92_000_000, 100_000_001, 7_999_999),  # 2,000,000 − 1,920,000.01 left of the group's
        (120_000_000, 0, 0),
    ],
)
def test_what_is_left_of_the_caps_is_paid_to_the_fen(
    own_fen: int, others_fen: int, fen: int
) -> None:
    def had(amount_fen: int) -> list[dict[str, object]]:
        used = {"programme": "heting", "year": 2026, "redeemed_fen": amount_fen, "base_fen": 0}
        return [used | {"claimed_fen": 0}]

    before = {"earlier": had(own_fen), "group_earlier": had(others_fen)}
    assert decide(PROGRAMME, case(before, net_fen=20_000_000)).amount_fen == fen


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"enterprise.tax_domicile": [{"zone": "heting", "to": "2026-07-10"}]}, None),
        (
            {"enterprise.tax_domicile": [{"zone": "heting", "to": "2026-07-09"}]},
            "not_domiciled_in_zone",
        ),
        ({HELD: [{"kind": "advanced_service", "from": "2026-07-10"}]}, None),
        ({HELD: [{"kind": "advanced_service", "from": "2026-07-11"}]}, "no_qualifying_status"),
        ({"enterprise.records": [{"kind": "tax_arrears", "on": "2023-07-10"}]}, None),
        ({"enterprise.records": [{"kind": "tax_arrears", "on": "2023-07-11"}]}, "record_in_period"),
        ({"declarations.related_party": True}, "related_party"),
        ({f"{BOUGHT}.invoiced_on": "2026-01-01"}, None),
        ({f"{BOUGHT}.invoiced_on": "2025-12-31"}, "not_invoiced_in_window"),
        ({f"{BOUGHT}.payments[0].paid_on": "2026-03-01"}, None),
        ({f"{BOUGHT}.payments[0].paid_on": "2026-10-11"}, "not_paid_in_full"),
        (
            {"other_funding": [{"scope": "enterprise", "level": "national", "year": 2025}]},
            "enterprise_already_funded",
        ),
        ({"other_funding": [{"scope": "enterprise", "level": "national", "year": 2026}]}, None),
    ],
)
def test_each_condition_holds_to_its_last_day(changes: dict[str, object], code: str | None) -> None:
    decision = decide(PROGRAMME, case(changes, net_fen=20_000_000))
    assert (decision.amount_fen, codes(decision)) == ((0, [code]) if code else (8_000_000, []))


def test_a_day_before_the_window_of_payment_is_before_the_rule_too() -> None:
    early = {f"{BOUGHT}.payments[0].paid_on": "2026-02-28"}
    assert codes(decide(PROGRAMME, case(early, net_fen=20_000_000))) == ["no_version_in_force"]


@pytest.mark.parametrize(
    ("apply_on", "in_time"),
    [("2026-09-30", False), ("2026-10-01", True), ("2026-10-15", True), ("2026-10-16", False)],
)
def test_claims_are_taken_twice_a_year(apply_on: str, *, in_time: bool) -> None:
    decision = decide(PROGRAMME, case({"apply_on": apply_on}))
    missed = [one.message.zh for one in decision.reasons if one.code == "outside_window"]
    assert len(missed) == (not in_time)
    for message in missed:
        assert "2026-04-01 至 2026-04-15、2026-10-01 至 2026-10-15" in message
