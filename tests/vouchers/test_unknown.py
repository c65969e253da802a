"""What a rule may not take for granted: each by the smallest case that showed it was."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from ledger.errors import InvalidInputError
from tests.vouchers.test_shapes import BOUGHT, HALF, HELD, codes, lines, paid
from tests.vouchers.toy import cited, evaluate, rule
from vouchers.case import Case
from vouchers.decide import decide
from vouchers.decision import Decision
from vouchers.programme import (
    ByClass,
    ByResource,
    Class,
    FlatAmount,
    Held,
    Lowest,
    OncePerContract,
    OnDay,
    Own,
)

MakeCase = Callable[..., Case]


def bounds(decision: Decision) -> list[object]:
    assert decision.status == "undetermined", decision
    return [step.value for step in decision.steps]


def invoices(*invoiced_fen: int, **changes: object) -> dict[str, Any]:
    """Return invoices of one contract over CNY 100,000."""
    over = {"contract": "C-1", "contract_fen": 10_000_000} | changes
    return lines(*({"invoiced_fen": fen, **over} for fen in invoiced_fen))


def test_the_amount_of_a_contract_counts_once(make_case: MakeCase) -> None:
    programme = rule(base="contract")
    assert paid(programme, make_case(invoices(10_000_000))) == 5_000_000
    assert paid(programme, make_case(invoices(7_000_000, 3_000_000))) == 5_000_000
    # A third of CNY 100,000 is not a whole fen: each invoice's share is rounded down.
    assert paid(programme, make_case(invoices(1, 1, 1))) == 4_999_999
    assert paid(rule(base=Lowest(("invoiced", "contract"))), make_case(invoices(1, 1))) == 1


def test_an_invoice_that_is_cut_takes_its_share_of_the_contract_along(make_case: MakeCase) -> None:
    programme = rule(base="contract", rate=ByResource((("accelerator", HALF),)))
    bought = invoices(8_000_000, 2_000_000)
    bought["purchases"][1]["resource_kind"] = "storage"
    assert paid(programme, make_case(bought)) == 4_000_000


def test_what_belongs_to_a_contract_must_be_known(make_case: MakeCase, drop: object) -> None:
    programme = rule(base="contract")
    for unknown in (f"{BOUGHT}.contract", f"{BOUGHT}.invoiced_fen"):
        decision = decide(programme, make_case({**invoices(6_000_000, 4_000_000), unknown: drop}))
        assert bounds(decision) == [0, 10_000_000]
        assert unknown in decision.reasons[0].message.en
    alone = make_case({f"{BOUGHT}.contract": drop})
    assert paid(programme, alone) == 5_000_000


def test_a_contract_over_two_amounts_is_refused(make_case: MakeCase) -> None:
    bought = invoices(6_000_000, 4_000_000)
    bought["purchases"][1]["contract_fen"] = 9_999_999
    with pytest.raises(InvalidInputError, match=r"purchases\[1\].contract_fen: 9999999"):
        make_case(bought)


def test_a_payment_is_not_worth_more_than_an_invoice_that_is_not_known(
    make_case: MakeCase, drop: object
) -> None:
    decision = decide(rule(base="paid"), make_case({f"{BOUGHT}.invoiced_fen": drop}))
    assert bounds(decision) == [0, 5_000_000]
    assert f"{BOUGHT}.invoiced_fen" in decision.reasons[0].message.en


REFUNDED = {"programme": "toy", "year": 2021, "claimed_fen": 4_000_000, "redeemed_fen": 0}


@pytest.mark.parametrize(
    ("entry", "least"),
    [
        (REFUNDED, 2_000_000),
        (REFUNDED | {"contracts": [{"amount_fen": 4_000_000}]}, 2_000_000),
        ({"programme": "toy", "year": 2021, "claimed_fen": 4_000_000}, 0),
    ],
)
def test_a_refund_on_a_contract_that_nobody_names_may_be_on_this_one(
    make_case: MakeCase, entry: dict[str, object], least: int
) -> None:
    decision = decide(rule(contract_cap_fen=6_000_000), make_case({"earlier": [entry]}))
    if least:
        assert bounds(decision) == [least, 5_000_000]
    else:
        assert bounds(decision) == [0, 5_000_000]
    assert "earlier[0].contracts" in decision.reasons[0].message.en
    once = decide(rule(purchases=(OncePerContract(),)), make_case({"earlier": [entry]}))
    assert bounds(once) == [0, 5_000_000]


def test_who_has_had_nothing_has_had_it_on_no_contract(make_case: MakeCase) -> None:
    nothing = make_case({"earlier": [REFUNDED | {"claimed_fen": 0}]})
    assert paid(rule(contract_cap_fen=6_000_000), nothing) == 5_000_000
    assert paid(rule(purchases=(OncePerContract(),)), nothing) == 5_000_000


@pytest.mark.parametrize(
    ("legal_date", "key"),
    [
        ("contract_signed", "signed_on"),
        ("service_completed", "completed_on"),
        ("paid_in_full", "payments"),
    ],
)
def test_a_version_applies_on_a_known_day_only(
    make_case: MakeCase, drop: object, legal_date: str, key: str
) -> None:
    programme = rule(legal_date=legal_date)
    decision = decide(programme, make_case({f"{BOUGHT}.{key}": drop}))
    assert bounds(decision) == [0, 5_000_000]
    assert f"{BOUGHT}.{key}" in decision.reasons[0].message.en


def test_a_purchase_that_is_not_paid_in_full_has_no_such_day(make_case: MakeCase) -> None:
    programme = rule(legal_date="paid_in_full")
    changes: tuple[dict[str, object], ...] = (
        {f"{BOUGHT}.payments[0].amount_fen": 9_999_999},
        {f"{BOUGHT}.payments[0].paid_on": "2022-11-02"},
        {f"{BOUGHT}.payments": []},
    )
    for change in changes:
        assert codes(decide(programme, make_case(change))) == ["not_paid_in_full"]
    nothing_due = {f"{BOUGHT}.payments": [], f"{BOUGHT}.invoiced_fen": 0, f"{BOUGHT}.tax_fen": 0}
    free = decide(rule(legal_date="paid_in_full", base="contract"), make_case(nothing_due))
    assert codes(free) == ["not_paid_in_full"]


def test_an_undated_payment_leaves_the_day_of_payment_in_full_open(make_case: MakeCase) -> None:
    status = Held("technology_sme")
    programme = rule(legal_date="paid_in_full", eligibility=(status,))
    payments = [{"paid_on": "2022-08-01", "amount_fen": 10_000_000}, {"amount_fen": 10_000_000}]
    held = {HELD: [{"kind": "technology_sme", "from": "2022-08-01"}]}
    decision = decide(programme, make_case({f"{BOUGHT}.payments": payments, **held}))
    assert bounds(decision) == [0, 5_000_000]


# Rounding.


@pytest.mark.parametrize("step", ["contract", "before_caps", "refund"])
def test_rounding_up_never_passes_the_cap_of_a_contract(make_case: MakeCase, step: str) -> None:
    programme = rule(
        contract_cap_fen=150_000,
        rounding_unit_fen=100_000,
        rounding_direction="up",
        rounding_step=step,
    )
    amount_fen = paid(programme, make_case())
    assert amount_fen == (150_000 if step == "contract" else 100_000)


@pytest.mark.parametrize("step", ["base", "contract", "before_caps", "refund"])
def test_rounding_up_never_passes_what_was_spent(make_case: MakeCase, step: str) -> None:
    programme = rule(
        rate=Fraction(1),
        rounding_unit_fen=100_000,
        rounding_direction="up",
        rounding_step=step,
    )
    amount_fen = paid(programme, make_case(spent_fen=150_000))
    assert amount_fen is not None
    assert amount_fen <= 150_000


def test_what_the_rate_is_applied_to_is_rounded_and_no_part_of_it(make_case: MakeCase) -> None:
    up = {"rounding_unit_fen": 10_000, "rounding_direction": "up", "rounding_step": "base"}
    one, two = make_case(invoices(9_000)), make_case(invoices(4_500, 4_500))
    assert paid(rule(**up), one) == paid(rule(**up), two) == 5_000
    by_kind = rule(**up, rate=ByResource((("accelerator", HALF),)))
    assert paid(by_kind, one) == paid(by_kind, two) == 5_000


def test_a_base_in_whole_units_adds_more_than_its_own_to_a_year_that_is_open(
    make_case: MakeCase,
) -> None:
    over = {"rate": FlatAmount(10_000_000), "rate_over": "year"}
    programme = rule(rounding_unit_fen=1_000, rounding_step="base", **over)
    had = {"programme": "toy", "year": 2022, "claimed_fen": 1, "redeemed_fen": 0, "base_fen": 900}
    # 1,800 is one unit more than 900, of which there is none: the claim's own 900 are all paid.
    assert paid(programme, make_case({"earlier": [had]}, spent_fen=900)) == 900
    without = {name: value for name, value in had.items() if name != "base_fen"}
    open_one = make_case({"earlier": [without]}, spent_fen=900)
    assert bounds(decide(programme, open_one)) == [0, 900]


def test_a_claim_never_adds_more_to_a_year_than_it_spent(make_case: MakeCase) -> None:
    square = Own("square", 1, lambda base_fen: Fraction(base_fen * base_fen, 1_000))
    had = {"programme": "toy", "year": 2022, "claimed_fen": 1, "redeemed_fen": 0, "base_fen": 900}
    for step, unit_fen, amount_fen in ((None, 1, 900), ("before_caps", 1, 900), (None, 70, 840)):
        programme = rule(
            rate=square, rate_over="year", rounding_unit_fen=unit_fen, rounding_step=step
        )
        # Of 900 alone 810, of 1,800 with them all: that is 990 more.
        assert paid(programme, make_case({"earlier": [had]}, spent_fen=900)) == amount_fen
        open_one = make_case({"earlier": [had | {"programme": None}]}, spent_fen=900)
        assert bounds(decide(programme, open_one)) == [0, amount_fen]


def test_one_line_of_a_refunded_contract_tells_when_it_was_signed(
    make_case: MakeCase, drop: object
) -> None:
    programme = rule(
        contract_cap_fen=1_000, one_contract_within_days=30, purchases=(OncePerContract(),)
    )
    refund = {"programme": "toy", "year": 2021, "contracts": [{"contract": "C-2", "amount_fen": 9}]}
    had = {"earlier": [refund | {"claimed_fen": 9, "redeemed_fen": 9}]}
    for key in ("signed_on", "provider"):
        for at in (1, 2):
            bought = lines({}, {"contract": "C-2"}, {"contract": "C-2"})
            case = make_case({**had, **bought, f"purchases[{at}].{key}": drop})
            assert paid(programme, case) == 991, (key, at)


def test_each_contract_is_rounded_without_a_cap_too(make_case: MakeCase) -> None:
    programme = rule(rounding_unit_fen=1_000, rounding_step="contract")
    bought = make_case(lines({"invoiced_fen": 3_999}, {"invoiced_fen": 3_999}))
    assert paid(programme, bought) == 2_000


# Bounds and order.


def test_an_unknown_kind_is_taken_at_the_best_rate_of_each_class(
    make_case: MakeCase, drop: object
) -> None:
    small = Class(cited(Held("technology_sme")), ByResource((("accelerator", Fraction(3, 5)),)))
    others = ByResource((("accelerator", Fraction(1, 10)), ("storage", Fraction(4, 5))))
    programme = rule(rate=ByClass((small,), others))
    decision = decide(programme, make_case({f"{BOUGHT}.resource_kind": drop}))
    assert bounds(decision) == [0, 8_000_000]


def test_unknown_purchases_may_be_under_any_number_of_contracts(
    make_case: MakeCase, drop: object
) -> None:
    programme = rule(contract_cap_fen=1_000, yearly_cap_fen=5_000, rate=FlatAmount(2_000))
    decision = decide(programme, make_case({"purchases": drop}))
    assert bounds(decision) == [0, 5_000]


def test_a_class_is_that_of_every_purchase_in_whatever_order(make_case: MakeCase) -> None:
    when = cited(OnDay("service_completed", Held("technology_sme")))
    programme = rule(rate=ByClass((Class(when, HALF),), otherwise=Fraction(1, 10)))
    held = {HELD: [{"kind": "technology_sme", "to": "2022-06-30"}]}
    days = ("2022-06-30", "2022-07-01")
    both = [lines(*({"completed_on": day} for day in order)) for order in (days, days[::-1])]
    for bought in both:
        assert paid(programme, make_case({**held, **bought})) == 2_000_000
    within = lines({"completed_on": days[0]}, {"completed_on": days[0]})
    assert paid(programme, make_case({**held, **within})) == 10_000_000


def test_a_purchase_that_does_not_count_does_not_change_the_class(
    make_case: MakeCase, drop: object
) -> None:
    when = cited(Held("technology_sme"))
    programme = rule(
        legal_date="service_completed",
        rate=ByClass((Class(when, HALF),), otherwise=Fraction(1, 10)),
        valid_to=date(2022, 12, 31),
    )
    held = {HELD: [{"kind": "technology_sme", "to": "2022-06-30"}]}
    bought = lines({}, {"completed_on": "2023-01-01"})
    assert paid(programme, make_case({**held, **bought})) == 5_000_000
    unknown = make_case({**held, **bought, "purchases[1].completed_on": drop})
    # Either class, of one purchase or of both.
    assert bounds(decide(programme, unknown)) == [1_000_000, 10_000_000]


def test_the_steps_end_in_the_amount_after_a_floor_of_spend(make_case: MakeCase) -> None:
    programme = rule(yearly_spend_floor_fen=1, rounding_step="before_caps")
    decision = decide(programme, make_case())
    assert evaluate(decision.steps) == decision.amount_fen == 5_000_000


def test_a_purchase_that_may_come_to_nothing_leaves_the_class_open(
    make_case: MakeCase, drop: object
) -> None:
    when = cited(OnDay("service_completed", Held("technology_sme")))
    programme = rule(base="contract", rate=ByClass((Class(when, Fraction(1, 10)),), HALF))
    held = {HELD: [{"kind": "technology_sme", "to": "2022-06-30"}]}
    small = lines({}, {"contract": "C-2", "contract_fen": 1, "completed_on": "2022-07-01"}, {})
    small["purchases"][2] |= {"contract": "C-2", "contract_fen": 1, "resource_kind": "storage"}
    known = make_case({**held, **small, "purchases[0].contract_fen": 10_000_000})
    # Half of one fen is nothing: the second does not count, and the class is the first's.
    assert paid(programme, known) == 1_000_000
    open_one = {"purchases[0].contract_fen": 10_000_000, "purchases[2].invoiced_fen": drop}
    assert bounds(decide(programme, make_case({**held, **small, **open_one})))[0] == 1_000_000
