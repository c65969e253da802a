"""What a programme pays on a part of its purchases: the facts of the others stay what they are."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from random import Random
from typing import Any

import pytest
from msgspec import structs

from ledger.text import Text
from tests.vouchers.invented.facts import BOUGHT, buy, case
from tests.vouchers.toy import rule
from tests.vouchers.worlds import draw_case, draw_programme
from vouchers.case import Case
from vouchers.decide import decide
from vouchers.payer import list_bases, make_payer, mask_of
from vouchers.plan import plan
from vouchers.programme import Apportion, Lowest, NoEarlierVoucher, Programme, ResourceIs

OF_CONTRACT = {"contract_fen": 10_000_000, "approved_fen": 10_000_000}


def invoices(*changes: dict[str, Any]) -> list[dict[str, Any]]:
    """Return invoices over CNY 60,000 and 40,000 of one contract over CNY 100,000."""
    both = zip((6_000_000, 4_000_000), changes, strict=True)
    return [buy(fen, "C-1", **(OF_CONTRACT | one)) for fen, one in both]


@pytest.mark.parametrize("base", ["contract", "approved_contract", Lowest(("contract", "settled"))])
def test_a_plan_pays_no_more_of_a_contract_than_the_invoices_that_count(base: object) -> None:
    programme = rule(base=base, purchases=(ResourceIs("accelerator"),))
    of = case({"purchases": invoices({}, {"resource_kind": "storage"})})
    (made,) = plan(of, [programme])
    assert decide(programme, of).amount_fen == 3_000_000
    assert (made.amounts_fen, made.counted) == ((3_000_000,), ((0,),))


def test_a_contract_is_not_paid_twice_where_programmes_share_its_invoices() -> None:
    excludes = NoEarlierVoucher(("district",), scope="project")
    city = rule(base="contract", eligibility=(excludes,))
    district = structs.replace(
        rule(base="contract"), id="other", level="district", name=Text("区", "district")
    )
    of = case({"purchases": invoices({"project": "P-1"}, {"project": "P-2"})})
    for made in plan(of, [city, district]):
        assert made.total_fen == 5_000_000, made


@pytest.mark.parametrize(
    ("changes", "facts", "base_fen"),
    [
        ({}, {}, 10_600_000),
        ({"tax": "excluded"}, {}, 10_000_000),
        ({}, {f"{BOUGHT}.cut_fen": 600_000}, 10_000_000),
        ({"base": Lowest(("contract", "invoiced"))}, {f"{BOUGHT}.contract_fen": 7}, 7),
        ({"apportion": Apportion("actual")}, {f"{BOUGHT}.service_from": "2025-12-01"}, 9_050_000),
        ({"claim_floor_fen": 10_600_000}, {}, None),
    ],
)
def test_the_base_of_a_purchase_is_what_the_rate_applies_to(
    changes: dict[str, Any], facts: dict[str, Any], base_fen: int | None
) -> None:
    bases = list_bases(decide(rule(**changes), case(facts)))
    assert bases == ({} if base_fen is None else {0: base_fen})


def test_a_ceiling_is_a_share_of_the_base_without_tax_where_the_rule_leaves_tax_out() -> None:
    programme = rule(tax="excluded", rate=Fraction(9, 10), combined_ceiling=Fraction(8, 10))
    (made,) = plan(case(), [programme])
    assert made.amounts_fen == (8_000_000,)  # 100,000 without tax × 80 %


def without_classes(seeds: range) -> Iterator[tuple[Programme, Case]]:
    for seed in seeds:
        random = Random(seed)  # noqa: S311 - a world that can be drawn again
        programme, of = draw_programme(random), draw_case(random)
        # A class must hold on the legal date of every purchase: one less may be in a better class.
        if "ByClass" not in repr(programme):
            yield programme, of


def test_no_part_and_no_plan_pays_more_than_the_decision() -> None:
    several = 0
    for programme, of in without_classes(range(3_000)):
        decision = decide(programme, of)
        if decision.status != "eligible":
            continue
        several += len(decision.counted) < len(of.purchases or ())
        payer = make_payer(programme, of, decision)
        assert payer.pay(payer.counted) == decision.amount_fen
        for size in range(len(decision.counted)):
            for part in combinations(decision.counted, size):
                assert payer.pay(mask_of(part)) <= (decision.amount_fen or 0)
    assert several > 30
