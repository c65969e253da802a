"""Every shape that a rule can have, each by a worked example and by the fen to either side."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any, Literal

import pytest

from ledger.text import Text
from tests.vouchers.toy import cited, evaluate, rule
from vouchers.case import Case, FundingScope
from vouchers.decide import decide
from vouchers.decision import Decision
from vouchers.programme import (
    Apportion,
    Band,
    ByClass,
    ByResource,
    ByYear,
    Class,
    Document,
    FactAtLeast,
    FlatAmount,
    Held,
    Lapse,
    Listed,
    NoRecord,
    NotFunded,
    NotSelfUse,
    OncePerContract,
    OnDay,
    Own,
    Programme,
    ProviderListed,
    RegisteredIn,
    ResourceIs,
    Tiers,
    Within,
)
from vouchers.spend import share_in_year
from vouchers.window import lapses_on

MakeCase = Callable[..., Case]
Event = Literal["signed", "service", "completed", "invoiced", "paid_in_full"]
BOUGHT = "purchases[0]"
HELD = "enterprise.qualifications"

HALF, THIRD = Fraction(1, 2), Fraction(1, 3)


def paid(programme: Programme, case: Case) -> int | None:
    """Return what is paid, after the steps of an eligible decision have been worked out again."""
    decision = decide(programme, case)
    if decision.status == "eligible":
        assert evaluate(decision.steps) == decision.amount_fen, decision.steps
    return decision.amount_fen


def codes(decision: Decision) -> list[str]:
    return [reason.code for reason in decision.reasons]


def lines(*changes: dict[str, Any]) -> dict[str, Any]:
    """Return several purchases of CNY 100,000 each, changed by their keys."""
    made = []
    for i, change in enumerate(changes):
        purchase = {
            "contract": f"C-{i}",
            "signed_on": "2022-03-01",
            "service_from": "2022-03-01",
            "service_to": "2022-06-30",
            "completed_on": "2022-06-30",
            "resource_kind": "accelerator",
            "invoice": f"2242000000000000000{i}",
            "invoiced_on": "2022-07-01",
            "invoiced_fen": 10_000_000,
            "tax_fen": 0,
            "payments": [{"paid_on": "2022-07-10", "amount_fen": 10_000_000}],
            "provider": "91420100MA49P8T68D",
        }
        made.append(purchase | change)
    return {"purchases": made}


# Rates.


@pytest.mark.parametrize(("year", "fen"), [(2021, 1_000_000), (2022, 2_000_000)])
def test_a_rate_set_yearly_is_that_of_the_claims_year(
    make_case: MakeCase, year: int, fen: int
) -> None:
    programme = rule(rate=ByYear(((2021, Fraction(1, 10)), (2022, Fraction(1, 5)))))
    assert paid(programme, make_case({"apply_on": f"{year}-12-31"})) == fen


def test_a_rate_that_nobody_has_published_leaves_the_decision_open(make_case: MakeCase) -> None:
    programme = rule(rate=ByYear(((2021, Fraction(1, 10)),)))
    decision = decide(programme, make_case())
    assert (decision.status, decision.amount_fen) == ("undetermined", None)
    assert "2022" in decision.reasons[0].message.en
    assert [step.value for step in decision.steps] == [0, 10_000_000]


@pytest.mark.parametrize(
    ("spent_fen", "fen"),
    [
        (5_000_000, 2_500_000),
        (10_000_000, 5_000_000),
        (10_000_001, 5_000_000),
        (10_000_010, 5_000_003),
        (30_000_000, 11_000_000),
        (50_000_000, 13_000_000),
    ],
)
def test_marginal_tiers_rate_each_part_at_its_own_rate(
    make_case: MakeCase, spent_fen: int, fen: int
) -> None:
    bands = (Band(10_000_000, HALF), Band(30_000_000, Fraction(3, 10)), Band(None, Fraction(1, 10)))
    assert paid(rule(rate=Tiers(bands)), make_case(spent_fen=spent_fen)) == fen


def test_a_last_band_with_a_limit_pays_nothing_above_it(make_case: MakeCase) -> None:
    programme = rule(rate=Tiers((Band(10_000_000, HALF),)))
    assert paid(programme, make_case(spent_fen=99_000_000)) == 5_000_000


def test_a_rate_by_class_is_that_of_the_first_class_met(make_case: MakeCase) -> None:
    small = Class(cited(Held("technology_sme")), HALF)
    here = Class(cited(RegisteredIn("4201")), Fraction(2, 5))
    programme = rule(rate=ByClass((small, here), otherwise=Fraction(1, 10)))
    sme = [{"kind": "technology_sme"}]
    assert paid(programme, make_case({HELD: sme})) == 5_000_000
    assert paid(programme, make_case()) == 4_000_000
    assert paid(programme, make_case({"enterprise.registered_region": "430100"})) == 1_000_000


def test_an_open_class_gives_bounds_and_asks_for_the_fact(
    make_case: MakeCase, drop: object
) -> None:
    programme = rule(rate=ByClass((Class(cited(Held("technology_sme")), HALF),), Fraction(1, 10)))
    decision = decide(programme, make_case({HELD: drop}))
    assert [step.value for step in decision.steps] == [1_000_000, 5_000_000]
    assert "enterprise.qualifications" in decision.reasons[0].message.en


def test_a_class_that_changes_nothing_need_not_be_known(make_case: MakeCase, drop: object) -> None:
    programme = rule(rate=ByClass((Class(cited(Held("technology_sme")), HALF),), HALF))
    assert paid(programme, make_case({HELD: drop})) == 5_000_000


def test_a_rate_by_resource_is_applied_to_each_kinds_own_base(
    make_case: MakeCase, drop: object
) -> None:
    programme = rule(rate=ByResource((("accelerator", HALF), ("storage", Fraction(1, 5)))))
    bought = lines({}, {"resource_kind": "storage"}, {"resource_kind": "network"})
    assert paid(programme, make_case(bought)) == 7_000_000
    unknown = decide(programme, make_case({f"{BOUGHT}.resource_kind": drop}))
    assert [step.value for step in unknown.steps] == [0, 5_000_000]


def test_a_flat_amount_is_never_more_than_was_spent(make_case: MakeCase) -> None:
    programme = rule(rate=FlatAmount(3_000_000))
    assert paid(programme, make_case()) == 3_000_000
    assert paid(programme, make_case(spent_fen=2_999_999)) == 2_999_999


def test_a_rule_may_bring_a_pure_function_of_its_own(make_case: MakeCase) -> None:
    def root(base_fen: int) -> Fraction:
        return Fraction(min(base_fen, 7_777_777), 7)

    programme = rule(rate=Own("one seventh", 1, root))
    assert paid(programme, make_case()) == 1_111_111
    again = rule(rate=Own("one seventh", 2, root))
    assert decide(programme, make_case()).version_hash != decide(again, make_case()).version_hash


# Bases.


@pytest.mark.parametrize(
    ("base", "fact"),
    [
        ("contract", "contract_fen"),
        ("approved_contract", "approved_fen"),
        ("settled", "settled_fen"),
        ("metered", "metered_fen"),
        ("invoiced", "invoiced_fen"),
    ],
)
def test_a_base_is_read_from_its_fact_and_asked_for(
    make_case: MakeCase, drop: object, base: str, fact: str
) -> None:
    programme = rule(base=base)
    assert paid(programme, make_case({f"{BOUGHT}.{fact}": 8_000_000})) == 4_000_000
    decision = decide(programme, make_case({f"{BOUGHT}.{fact}": None, f"{BOUGHT}.tax_fen": drop}))
    assert decision.status == "undetermined"
    assert any(fact in reason.message.en for reason in decision.reasons)


def test_lines_of_other_kinds_are_cut_unless_the_rule_takes_them_in(make_case: MakeCase) -> None:
    bought = lines({}, {"resource_kind": "storage"}, {"resource_kind": "support"})
    narrow = rule(purchases=(ResourceIs("accelerator"),))
    wide = rule(purchases=(ResourceIs("accelerator", also=("storage",)),))
    assert paid(narrow, make_case(bought)) == 5_000_000
    assert paid(wide, make_case(bought)) == 10_000_000
    assert codes(decide(wide, make_case(bought))) == ["resource_not_covered"]


@pytest.mark.parametrize(
    ("day_count", "fen"), [("actual", 5_000_000 * 59 // 120), ("thirty_360", 5_000_000 * 60 // 120)]
)
def test_a_service_that_spans_years_counts_by_its_days_in_the_year(
    make_case: MakeCase, day_count: Literal["actual", "thirty_360"], fen: int
) -> None:
    spans = lines({"service_from": "2021-11-01", "service_to": "2022-02-28"})
    assert paid(rule(apportion=Apportion(day_count)), make_case(spans)) == fen


def test_days_are_counted_with_both_edges() -> None:
    actual, thirty = Apportion("actual"), Apportion("thirty_360")
    first, last = date(2023, 12, 31), date(2024, 1, 1)
    assert share_in_year(actual, first, last, 2024) == HALF
    assert share_in_year(actual, first, first, 2024) == 0
    year = (date(2024, 1, 1), date(2024, 12, 31))
    assert share_in_year(thirty, date(2023, 1, 1), date(2024, 12, 31), 2024) == HALF
    assert share_in_year(actual, *year, 2024) == share_in_year(thirty, *year, 2024) == 1
    to_march = (date(2023, 11, 1), date(2024, 2, 29))
    assert share_in_year(thirty, *to_march, 2024) == Fraction(60, 120)
    assert share_in_year(actual, *to_march, 2024) == Fraction(60, 121)
    assert share_in_year(thirty, date(2023, 12, 16), date(2024, 1, 31), 2024) == Fraction(30, 45)


def test_a_service_without_days_asks_for_them(make_case: MakeCase, drop: object) -> None:
    programme = rule(apportion=Apportion("actual"))
    decision = decide(programme, make_case({f"{BOUGHT}.service_to": drop}))
    assert [step.value for step in decision.steps] == [0, 5_000_000]
    assert "service_to" in decision.reasons[0].message.en


def test_a_reviewers_cut_comes_off_the_base(make_case: MakeCase) -> None:
    cut = {f"{BOUGHT}.cut_fen": 1_000_001, f"{BOUGHT}.cut_reason": "重复计费"}
    assert paid(rule(), make_case(cut)) == 4_499_999
    assert codes(decide(rule(), make_case({f"{BOUGHT}.cut_fen": 10_000_000}))) == ["nothing_spent"]


# Rounding.


@pytest.mark.parametrize(
    ("direction", "spent_fen", "fen"),
    [
        ("down", 399_999, 100_000),
        ("down", 400_000, 200_000),
        ("half_up", 299_999, 100_000),
        ("half_up", 300_000, 200_000),
        ("up", 200_000, 100_000),
        ("up", 200_002, 200_000),
    ],
)
def test_rounding_has_a_unit_and_a_direction(
    make_case: MakeCase, direction: str, spent_fen: int, fen: int
) -> None:
    programme = rule(rounding_unit_fen=100_000, rounding_direction=direction)
    assert paid(programme, make_case(spent_fen=spent_fen)) == fen


def test_rounding_up_never_passes_a_cap_nor_what_was_spent(make_case: MakeCase) -> None:
    up = {"rounding_unit_fen": 100_000, "rounding_direction": "up"}
    assert paid(rule(**up, yearly_cap_fen=150_000), make_case()) == 100_000
    assert paid(rule(**up, rate=Fraction(1)), make_case(spent_fen=150_000)) == 100_000


@pytest.mark.parametrize(
    ("step", "fen"), [("base", 0), ("contract", 66_600), ("before_caps", 66_600), (None, 66_600)]
)
def test_rounding_happens_where_the_rule_says(
    make_case: MakeCase, step: str | None, fen: int
) -> None:
    programme = rule(
        rate=THIRD,
        rounding_unit_fen=200 if step != "base" else 300_000,
        rounding_step=step,
        contract_cap_fen=10**9 if step == "contract" else None,
    )
    assert paid(programme, make_case(spent_fen=200_000)) == fen


def test_rounding_each_contract_differs_from_rounding_the_claim(make_case: MakeCase) -> None:
    changes = {"rounding_unit_fen": 1_000, "contract_cap_fen": 10**9}
    bought = lines({"invoiced_fen": 3_999}, {"invoiced_fen": 3_999})
    assert paid(rule(**changes, rounding_step="contract"), make_case(bought)) == 2_000
    assert paid(rule(**changes), make_case(bought)) == 3_000


def test_rounding_before_the_caps_leaves_what_is_left_of_a_cap(make_case: MakeCase) -> None:
    changes = {"rounding_unit_fen": 100_000, "yearly_cap_fen": 1_234_567}
    assert paid(rule(**changes, rounding_step="before_caps"), make_case()) == 1_234_567
    assert paid(rule(**changes), make_case()) == 1_200_000


# Floors and caps.


def test_a_claim_under_its_floor_is_not_paid(make_case: MakeCase) -> None:
    programme = rule(claim_floor_fen=100_000)
    assert paid(programme, make_case(spent_fen=200_000)) == 100_000
    below = decide(programme, make_case(spent_fen=199_999))
    assert (below.status, codes(below)) == ("ineligible", ["below_claim_floor"])


def test_a_year_under_its_spend_floor_is_not_paid(make_case: MakeCase) -> None:
    programme = rule(yearly_spend_floor_fen=20_000_000)
    assert paid(programme, make_case(lines({}, {}))) == 10_000_000
    below = decide(programme, make_case(lines({}, {"invoiced_fen": 9_999_999})))
    assert (below.status, codes(below)) == ("ineligible", ["below_spend_floor"])


def test_caps_of_claim_and_year_and_class_bind_together(make_case: MakeCase) -> None:
    by_class = ByClass((Class(cited(Held("technology_sme")), 4_000_000),), otherwise=2_000_000)
    programme = rule(claim_cap_fen=3_000_000, yearly_cap_fen=by_class)
    sme = {HELD: [{"kind": "technology_sme"}]}
    assert paid(programme, make_case()) == 2_000_000
    assert paid(programme, make_case(sme)) == 3_000_000
    used = {"programme": "toy", "year": 2022, "claimed_fen": 1_500_000, "redeemed_fen": 0}
    assert paid(programme, make_case({**sme, "earlier": [used]})) == 2_500_000
    assert decide(programme, make_case(sme)).quota_fen == 4_000_000


def test_a_cap_of_a_contract_binds_over_its_invoices_and_over_claims(make_case: MakeCase) -> None:
    programme = rule(contract_cap_fen=6_000_000)
    same = lines({"contract": "C"}, {"contract": "C"}, {"contract": "D"})
    assert paid(programme, make_case(same)) == 11_000_000
    earlier = {"programme": "toy", "year": 2021, "contracts": [{"contract": "C", "amount_fen": 1}]}
    assert paid(programme, make_case({**same, "earlier": [earlier]})) == 10_999_999
    unknown = {"programme": "toy", "year": 2021, "contracts": [{"contract": "C"}]}
    decision = decide(programme, make_case({**same, "earlier": [unknown]}))
    assert [step.value for step in decision.steps] == [5_000_000, 11_000_000]


def test_a_contract_that_was_split_counts_as_one(make_case: MakeCase) -> None:
    capped = {"contract_cap_fen": 6_000_000}
    split = lines({}, {"signed_on": "2022-03-31"}, {"signed_on": "2022-05-01"})
    assert paid(rule(**capped), make_case(split)) == 15_000_000
    assert paid(rule(**capped, one_contract_within_days=30), make_case(split)) == 11_000_000
    assert paid(rule(**capped, one_contract_within_days=31), make_case(split)) == 6_000_000
    others = lines({}, {"provider": "91420100MA4K2XY18X"})
    assert paid(rule(**capped, one_contract_within_days=31), make_case(others)) == 10_000_000


def test_a_contract_that_is_not_named_leaves_its_cap_open(
    make_case: MakeCase, drop: object
) -> None:
    programme = rule(contract_cap_fen=6_000_000)
    decision = decide(programme, make_case({f"{BOUGHT}.contract": drop}))
    assert [step.value for step in decision.steps] == [0, 5_000_000]
    assert f"{BOUGHT}.contract" in decision.reasons[0].message.en


def test_a_groups_cap_counts_what_its_other_firms_have_had(make_case: MakeCase) -> None:
    programme = rule(group_cap_fen=4_000_000)
    other = {"programme": "toy", "year": 2022, "claimed_fen": 1_000_000, "redeemed_fen": 0}
    assert paid(programme, make_case({"group_earlier": [other]})) == 3_000_000
    assert paid(programme, make_case({"group_earlier": []})) == 4_000_000
    unknown = decide(programme, make_case())
    assert [step.value for step in unknown.steps] == [0, 4_000_000]
    assert "group_earlier" in unknown.reasons[0].message.en


def test_a_contract_is_paid_on_once_where_the_rule_says_so(make_case: MakeCase) -> None:
    programme = rule(purchases=(OncePerContract(),))
    before = {"programme": "toy", "year": 2021, "contracts": [{"contract": "C-1"}]}
    assert paid(programme, make_case()) == 5_000_000
    assert codes(decide(programme, make_case({"earlier": [before]}))) == [
        "contract_already_refunded"
    ]
    elsewhere = before | {"programme": "other"}
    assert paid(programme, make_case({"earlier": [elsewhere]})) == 5_000_000


# Who and when.


def test_a_status_may_be_tested_on_another_day(make_case: MakeCase, drop: object) -> None:
    programme = rule(eligibility=(OnDay("contract_signed", Held("technology_sme")),))
    held = {HELD: [{"kind": "technology_sme", "from": "2022-03-01", "to": "2022-03-01"}]}
    assert paid(programme, make_case(held)) == 5_000_000
    late = {**held, f"{BOUGHT}.signed_on": "2022-03-02"}
    assert codes(decide(programme, make_case(late))) == ["qualification_not_held"]
    open_day = decide(programme, make_case({**held, f"{BOUGHT}.signed_on": drop}))
    assert f"{BOUGHT}.signed_on" in open_day.reasons[0].message.en


@pytest.mark.parametrize(
    ("day", "changes"),
    [
        ("application", {"apply_on": "2022-09-09"}),
        ("contract_signed", {f"{BOUGHT}.signed_on": "2022-09-09"}),
        ("service_completed", {f"{BOUGHT}.completed_on": "2022-09-09"}),
        ("paid_in_full", {f"{BOUGHT}.payments[0].paid_on": "2022-09-09"}),
    ],
)
def test_the_legal_date_is_any_of_four_days(
    make_case: MakeCase, day: str, changes: dict[str, object]
) -> None:
    programme = rule(legal_date=day, eligibility=(Held("technology_sme"),))
    held = {HELD: [{"kind": "technology_sme", "from": "2022-09-09", "to": "2022-09-09"}]}
    assert paid(programme, make_case({**held, **changes})) == 5_000_000
    assert paid(programme, make_case(held)) == 0


def test_a_figure_of_an_earlier_year_reaches_its_limit(make_case: MakeCase, drop: object) -> None:
    programme = rule(eligibility=(FactAtLeast("sales_fen", 1, 15_000_000_000),))
    assert paid(programme, make_case()) == 5_000_000
    less = decide(programme, make_case({"enterprise.facts[0].value": 14_999_999_999}))
    assert codes(less) == ["fact_below_limit"]
    assert decide(programme, make_case({"enterprise.facts": drop})).status == "undetermined"


@pytest.mark.parametrize(
    ("on", "status"),
    [
        ("2019-11-01", "eligible"),
        ("2019-11-02", "ineligible"),
        ("2022-11-01", "ineligible"),
        ("2022-11-02", "eligible"),
    ],
)
def test_a_record_within_three_years_rules_out(make_case: MakeCase, on: str, status: str) -> None:
    programme = rule(eligibility=(NoRecord("serious_dishonesty", 3),))
    record = {"kind": "serious_dishonesty", "on": on}
    assert decide(programme, make_case({"enterprise.records": [record]})).status == status


def test_records_that_nobody_looked_up_are_unknown(make_case: MakeCase) -> None:
    programme = rule(eligibility=(NoRecord("serious_dishonesty", 3),))
    assert decide(programme, make_case()).status == "undetermined"
    for record, status in (
        ({"kind": "tax_arrears", "on": "2022-01-01"}, "eligible"),
        ({"kind": "serious_dishonesty"}, "undetermined"),
        ({"on": "2022-01-01"}, "undetermined"),
    ):
        decision = decide(programme, make_case({"enterprise.records": [record]}))
        assert decision.status == status, record


@pytest.mark.parametrize(
    ("what", "path"),
    [
        ("signed", "signed_on"),
        ("service", "service_from"),
        ("service", "service_to"),
        ("completed", "completed_on"),
        ("invoiced", "invoiced_on"),
        ("paid_in_full", "payments[0].paid_on"),
    ],
)
def test_a_window_includes_both_its_days_and_no_other(
    make_case: MakeCase, drop: object, what: Event, path: str
) -> None:
    day = date(2022, 5, 5)
    programme = rule(purchases=(Within(what, day, day),))
    on = {f"{BOUGHT}.{key}": "2022-05-05" for key in ("service_from", "service_to")}
    assert paid(programme, make_case({**on, f"{BOUGHT}.{path}": "2022-05-05"})) == 5_000_000
    off = "2022-05-04" if path == "service_from" else "2022-05-06"
    assert codes(decide(programme, make_case({**on, f"{BOUGHT}.{path}": off}))) == [
        f"not_{what}_in_window"
    ]
    missing = decide(programme, make_case({**on, f"{BOUGHT}.{path}": drop}))
    assert missing.status == "undetermined"


def test_a_purchase_that_is_not_paid_in_full_is_in_no_window(make_case: MakeCase) -> None:
    programme = rule(purchases=(Within("paid_in_full", date(2022, 1, 1), date(2022, 12, 31)),))
    short = make_case({f"{BOUGHT}.payments[0].amount_fen": 9_999_999})
    assert codes(decide(programme, short)) == ["not_paid_in_full"]


PROVIDER, OTHER = "91420100MA49P8T68D", "91420100MA4K2XY18X"


@pytest.mark.parametrize(
    ("listed", "status"),
    [
        (Listed(PROVIDER), "eligible"),
        (Listed(OTHER), "ineligible"),
        (Listed(PROVIDER, date(2022, 3, 1), date(2022, 6, 30)), "eligible"),
        (Listed(PROVIDER, date(2022, 3, 2)), "ineligible"),
        (Listed(PROVIDER, last=date(2022, 6, 29)), "ineligible"),
    ],
)
def test_the_provider_is_listed_throughout_the_service(
    make_case: MakeCase, listed: Listed, status: str
) -> None:
    programme = rule(purchases=(ProviderListed((listed,)),))
    assert decide(programme, make_case()).status == status


def test_an_unnamed_provider_is_unknown(make_case: MakeCase, drop: object) -> None:
    for shape in (ProviderListed((Listed(PROVIDER),)), NotSelfUse()):
        decision = decide(rule(purchases=(shape,)), make_case({f"{BOUGHT}.provider": drop}))
        assert decision.status == "undetermined"
        assert f"{BOUGHT}.provider" in decision.reasons[0].message.en


def test_an_enterprise_does_not_buy_from_itself(make_case: MakeCase) -> None:
    programme = rule(purchases=(NotSelfUse(),))
    assert paid(programme, make_case()) == 5_000_000
    own = make_case({f"{BOUGHT}.provider": "91420100MA4K2XY18X"})
    assert codes(decide(programme, own)) == ["self_use"]


@pytest.mark.parametrize(
    ("scope", "ref", "status"),
    [
        ("project", "P-1", "ineligible"),
        ("project", "P-2", "eligible"),
        ("contract", "C-1", "ineligible"),
        ("contract", "C-2", "eligible"),
        ("enterprise", None, "ineligible"),
        ("enterprise", "anything", "ineligible"),
    ],
)
def test_other_money_excludes_by_its_scope(
    make_case: MakeCase, scope: FundingScope, ref: str | None, status: str
) -> None:
    programme = rule(purchases=(NotFunded("city", years_before=0, scope=scope),))
    money = {"scope": scope, "ref": ref, "level": "city", "year": 2022}
    decision = decide(programme, make_case({"other_funding": [money]}))
    assert decision.status == status
    assert codes(decision) == ([f"{scope}_already_funded"] if status == "ineligible" else [])
    for change in ({"level": "province"}, {"year": 2021}):
        other = make_case({"other_funding": [money | change]})
        assert decide(programme, other).status == "eligible"


# Papers and days of the claim.


def test_papers_are_asked_for_and_never_change_the_amount(make_case: MakeCase) -> None:
    programme = rule(
        documents=(
            Document("application_form", Text("申请表", "application form")),
            Document("contract", Text("服务合同", "service contract"), each="contract"),
            Document("result", Text("成果报告", "result report"), each="project"),
        ),
        provider_confirms=True,
    )
    bought = lines({"project": "P-1"}, {"project": "P-1", "confirmed": True})
    decision = decide(programme, make_case(bought))
    assert (decision.status, decision.amount_fen) == ("eligible", 10_000_000)
    assert codes(decision) == [*["document_missing"] * 4, "provider_unconfirmed"]
    filed = [
        {"kind": "application_form"},
        {"kind": "contract", "ref": "C-0"},
        {"kind": "contract", "ref": "C-1"},
        {"kind": "result", "ref": "P-1"},
    ]
    bought["purchases"][0]["confirmed"] = True
    assert codes(decide(programme, make_case({**bought, "documents": filed}))) == []


def test_a_voucher_lapses_with_its_year_or_after_its_days() -> None:
    granted_on = date(2022, 3, 1)
    by_year, by_days = rule().versions[0], rule(lapse=Lapse(90)).versions[0]
    assert lapses_on(by_year, 2022, granted_on) == date(2022, 12, 31)
    assert lapses_on(by_days, 2022, granted_on) == date(2022, 5, 30)


def test_two_purchases_may_be_tested_on_days_of_their_own(make_case: MakeCase) -> None:
    signed = rule(eligibility=(OnDay("contract_signed", Held("technology_sme")),))
    completed = rule(legal_date="service_completed", eligibility=(Held("technology_sme"),))
    held = {HELD: [{"kind": "technology_sme", "from": "2022-03-01", "to": "2022-06-30"}]}
    for programme, change in (
        (signed, {"signed_on": "2022-02-28"}),
        (completed, {"completed_on": "2022-07-01"}),
    ):
        decision = decide(programme, make_case({**held, **lines({}, change, {})}))
        assert (decision.amount_fen, decision.counted) == (10_000_000, (0, 2))
