"""Yunting: tiers on what was paid without tax, listed providers, three years without a record."""

import pytest

from tests.vouchers.invented.facts import BOUGHT, BUYER, HELD, SELLER, buy, case, codes
from tests.vouchers.invented.yunting import PROGRAMME
from tests.vouchers.toy import evaluate
from vouchers.decide import decide


@pytest.mark.parametrize(
    ("net_fen", "fen"),
    [
        (1_249_999, 0),  # 4,999.996 yuan: in whole thousands 4,000, below the floor of 5,000
        (1_250_000, 500_000),  # 12,500.00 × 40 % = 5,000.00
        (10_000_000, 4_000_000),  # 100,000 × 40 % = 40,000
        (50_000_000, 20_000_000),  # 500,000 × 40 % = 200,000
        (50_399_999, 20_000_000),  # 200,000 + 3,999.99 × 25 % = 200,999.9975
        (50_400_000, 20_100_000),  # 200,000 + 4,000 × 25 % = 201,000
        (200_000_000, 57_500_000),  # 200,000 + 1,500,000 × 25 % = 575,000
        (224_999_999, 59_900_000),  # 575,000 + 249,999.99 × 10 % = 599,999.999
        (225_000_000, 60_000_000),  # 575,000 + 250,000 × 10 % = 600,000, the yearly cap
        (300_000_000, 60_000_000),  # 675,000, above the cap
    ],
)
def test_each_part_has_its_rate_in_whole_thousands_up_to_the_cap(net_fen: int, fen: int) -> None:
    decision = decide(PROGRAMME, case(net_fen=net_fen))
    assert decision.amount_fen == fen
    assert decision.steps == () or evaluate(decision.steps) == fen


def test_the_tiers_are_those_of_the_year() -> None:
    # 450,000 before; of another 100,000 half is below 500,000: 20,000 + 12,500, whole thousands.
    had = {"programme": "yunting", "year": 2026, "claimed_fen": 18_000_000, "redeemed_fen": 0}
    before = {"earlier": [had | {"base_fen": 45_000_000}]}
    decision = decide(PROGRAMME, case(before, net_fen=10_000_000))
    assert decision.amount_fen == evaluate(decision.steps) == 3_200_000
    other_year = {"earlier": [had | {"base_fen": 45_000_000, "year": 2025}]}
    assert decide(PROGRAMME, case(other_year, net_fen=10_000_000)).amount_fen == 4_000_000


def test_tax_is_no_cost_and_part_payments_are_not_enough() -> None:
    # 106,000 paid with 6,000 of tax: 100,000 × 40 % = 40,000.
    assert decide(PROGRAMME, case()).amount_fen == 4_000_000
    short = decide(PROGRAMME, case({f"{BOUGHT}.payments[0].amount_fen": 10_599_999}))
    assert codes(short) == ["not_paid_in_full"]


@pytest.mark.parametrize(
    ("own_fen", "others_fen", "fen"),
    [
        (0, 95_900_000, 4_000_000),  # 1,000,000 − 959,000 = 41,000 left of the group's cap
        (0, 96_100_000, 3_900_000),  # 39,000 left
        (1_000_000, 95_050_000, 3_900_000),  # 39,500 left, in whole thousands
        (56_100_000, 0, 3_900_000),  # 600,000 − 561,000 = 39,000 left of the enterprise's
        (0, 100_000_000, 0),
    ],
)
def test_what_the_enterprise_and_its_group_have_had_is_gone(
    own_fen: int, others_fen: int, fen: int
) -> None:
    def had(amount_fen: int) -> list[dict[str, object]]:
        used = {"programme": "yunting", "year": 2026, "redeemed_fen": 0, "base_fen": 0}
        return [used | {"claimed_fen": amount_fen}]

    before = {"earlier": had(own_fen), "group_earlier": had(others_fen)}
    assert decide(PROGRAMME, case(before)).amount_fen == fen


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"enterprise.registered_region": "990100"}, None),
        ({"enterprise.registered_region": "990200"}, "not_registered_in_place"),
        ({f"{HELD}[0].from": "2026-03-02"}, None),
        ({f"{HELD}[0].from": "2026-03-03"}, "no_qualifying_status"),
        ({HELD: [{"kind": "specialised_sme", "to": "2026-03-02"}]}, None),
        ({HELD: [{"kind": "specialised_sme", "to": "2026-03-01"}]}, "no_qualifying_status"),
        ({"enterprise.facts[0].value": 19_999_999_999}, None),
        ({"enterprise.facts[0].value": 20_000_000_000}, "no_qualifying_status"),
        ({"enterprise.records": [{"kind": "tax_penalty", "on": "2023-03-02"}]}, None),
        ({"enterprise.records": [{"kind": "tax_penalty", "on": "2023-03-03"}]}, "record_in_period"),
        ({"declarations.related_party": True}, "related_party"),
        ({f"{BOUGHT}.signed_on": "2026-01-31"}, "no_version_in_force"),
        ({f"{BOUGHT}.signed_on": "2026-02-01"}, None),
        ({f"{BOUGHT}.resource_kind": "storage"}, "resource_not_covered"),
        ({f"{BOUGHT}.invoiced_on": "2027-01-01"}, "not_invoiced_in_window"),
        ({f"{BOUGHT}.service_from": "2026-01-31"}, "provider_not_listed"),
        ({f"{BOUGHT}.service_from": "2026-02-01"}, None),
        ({f"{BOUGHT}.provider": BUYER}, "self_use"),
    ],
)
def test_each_condition_holds_to_its_last_day_and_fen(
    changes: dict[str, object], code: str | None
) -> None:
    decision = decide(PROGRAMME, case(changes))
    assert (decision.amount_fen, codes(decision)) == ((0, [code]) if code else (4_000_000, []))


def test_a_provider_is_listed_to_its_last_day() -> None:
    other = {"enterprise.credit_code": SELLER, f"{BOUGHT}.provider": BUYER}
    for last, fen in (("2026-09-30", 4_000_000), ("2026-10-01", 0)):
        assert decide(PROGRAMME, case(other | {f"{BOUGHT}.service_to": last})).amount_fen == fen


def test_a_project_with_money_of_the_province_is_out_and_no_other() -> None:
    money = {"scope": "project", "ref": "P-1", "level": "province", "year": 2025}
    both = [buy(10_000_000, "C-1"), buy(5_000_000, "C-2", project="P-2")]
    # Only the second purchase is left: 50,000 × 40 % = 20,000.
    decision = decide(PROGRAMME, case({"purchases": both, "other_funding": [money]}))
    assert (decision.amount_fen, decision.counted) == (2_000_000, (1,))
    assert codes(decision) == ["project_already_funded"]
    for change in ({"year": 2026}, {"level": "city"}, {"ref": "P-9"}):
        free = decide(PROGRAMME, case({"other_funding": [money | change]}))
        assert free.amount_fen == 4_000_000


def test_papers_are_one_for_the_claim_and_one_for_each_contract_and_project() -> None:
    both = [buy(10_000_000, "C-1"), buy(5_000_000, "C-2", confirmed=False)]
    asked = [one.message.zh for one in decide(PROGRAMME, case({"purchases": both})).reasons]
    assert asked == [
        "尚缺材料：兑付申请表",
        "尚缺材料：服务合同 C-1",
        "尚缺材料：服务合同 C-2",
        "尚缺材料：发票及付款凭证",
        "尚缺材料：立项决议书 P-1",
        "第 2 项采购（合同 C-2）待服务机构线上确认",
    ]


def test_the_steps_say_which_status_was_met_and_on_which_day() -> None:
    both = {HELD: [{"kind": "specialised_sme"}]}
    shown = [step.what.zh for step in decide(PROGRAMME, case(both)).steps]
    assert "2026-03-02 符合：省级以上专精特新中小企业" in shown
    shown = [step.what.zh for step in decide(PROGRAMME, case()).steps]
    assert "2026-03-02 符合：高新技术企业，且上一年度销售收入低于 200,000,000.00 元" in shown
