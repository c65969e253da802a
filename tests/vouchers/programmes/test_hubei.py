"""The provincial voucher: each boundary on the day, and the fen, to either side."""

from collections.abc import Callable, Mapping
from datetime import date

import pytest

from tests.vouchers.values import yearly_cap
from vouchers.case import Case
from vouchers.decide import decide
from vouchers.decision import Decision
from vouchers.programmes.hubei import PROGRAMME

MakeCase = Callable[..., Case]

SME = {"kind": "technology_sme"}
INCUBATED = {"kind": "incubated", "carrier": "某孵化器", "recognised_by": "province"}
HELD = "enterprise.qualifications"


def codes(decision: Decision) -> list[str]:
    return [reason.code for reason in decision.reasons]


def moved_to(year: int, apply_on: str | None = None) -> dict[str, object]:
    """Return the changes that move payment and application into a year, eligible in any."""
    return {
        HELD: [SME],
        "purchases[0].payments[0].paid_on": f"{year}-01-01",
        "apply_on": apply_on or f"{year}-12-31",
    }


@pytest.mark.parametrize(
    ("apply_on", "version"),
    [
        ("2022-05-06", None),
        ("2022-05-07", "2022"),
        ("2024-12-31", "2022"),
        ("2025-01-01", "2025"),
        ("2026-06-01", "2025"),
    ],
)
def test_the_version_is_that_in_force_on_the_day_of_application(
    make_case: MakeCase, apply_on: str, version: str | None
) -> None:
    decision = decide(PROGRAMME, make_case(moved_to(int(apply_on[:4]), apply_on)))
    assert decision.version == version
    assert decision.status == ("eligible" if version else "ineligible")
    assert decision.amount_fen == (3_000_000 if version else 0)
    assert codes(decision) == ([] if version else ["no_version_in_force"])


@pytest.mark.parametrize(
    ("sales_fen", "status"),
    [
        (19_999_999_999, "eligible"),
        (20_000_000_000, "ineligible"),
        (20_000_000_001, "ineligible"),
        (0, "eligible"),
    ],
)
def test_sales_of_a_high_tech_enterprise_are_strictly_below_the_limit(
    make_case: MakeCase, sales_fen: int, status: str
) -> None:
    decision = decide(PROGRAMME, make_case({"enterprise.facts[0].value": sales_fen}))
    assert decision.status == status


def test_sales_are_those_of_the_year_before_the_application(make_case: MakeCase) -> None:
    facts = [
        {"name": "sales_fen", "year": 2020, "value": 0},
        {"name": "sales_fen", "year": 2021, "value": 20_000_000_000},
        {"name": "sales_fen", "year": 2022, "value": 0},
    ]
    decision = decide(PROGRAMME, make_case({"enterprise.facts": facts}))
    assert decision.status == "ineligible"


def test_a_library_enterprise_has_no_limit_on_its_sales(make_case: MakeCase) -> None:
    rich = {"enterprise.facts[0].value": 2**53, HELD: [SME]}
    assert decide(PROGRAMME, make_case(rich)).amount_fen == 3_000_000


@pytest.mark.parametrize(
    ("recognised_by", "status"),
    [
        ("national", "eligible"),
        ("province", "eligible"),
        ("city", "ineligible"),
        ("district", "ineligible"),
        (None, "undetermined"),
    ],
)
def test_incubation_counts_from_the_province_up(
    make_case: MakeCase, recognised_by: str | None, status: str
) -> None:
    held = {HELD: [INCUBATED | {"recognised_by": recognised_by}]}
    assert decide(PROGRAMME, make_case(held)).status == status


def test_incubation_no_longer_counts_from_2025(make_case: MakeCase) -> None:
    incubated = {HELD: [INCUBATED]}
    last = decide(PROGRAMME, make_case({**moved_to(2024), **incubated}))
    first = decide(PROGRAMME, make_case({**moved_to(2025, "2025-01-01"), **incubated}))
    assert (last.status, first.status) == ("eligible", "ineligible")
    assert codes(first) == ["no_qualifying_status"]


@pytest.mark.parametrize(
    ("region", "status"),
    [("420100", "eligible"), ("429004", "eligible"), ("430100", "ineligible")],
)
def test_the_place_is_hubei(make_case: MakeCase, region: str, status: str) -> None:
    assert decide(PROGRAMME, make_case({"enterprise.registered_region": region})).status == status


@pytest.mark.parametrize(
    ("spent_fen", "amount_fen"),
    [
        (33_333_332, 9_900_000),
        (33_333_333, 9_900_000),
        (33_333_334, 10_000_000),
        (33_666_666, 10_000_000),
        (33_666_667, 10_100_000),
        (66_666_666, 19_900_000),
        (66_666_667, 20_000_000),
        (66_666_668, 20_000_000),
        (60_000_000, 18_000_000),
        (25_000_000, 7_500_000),
        (2**53, 20_000_000),
        (333_334, 100_000),
    ],
)
def test_thirty_per_cent_in_whole_thousands_of_yuan_up_to_the_cap(
    make_case: MakeCase, spent_fen: int, amount_fen: int
) -> None:
    decision = decide(PROGRAMME, make_case(spent_fen=spent_fen))
    assert (decision.status, decision.amount_fen) == ("eligible", amount_fen)


def test_less_than_a_thousand_yuan_rounds_to_nothing(make_case: MakeCase) -> None:
    decision = decide(PROGRAMME, make_case(spent_fen=333_333))
    assert (decision.status, decision.amount_fen) == ("eligible", 0)
    assert codes(decision) == ["rounds_to_nothing"]


def test_the_headroom_is_applied_before_rounding(make_case: MakeCase) -> None:
    used = {"programme": "hubei", "year": 2022, "claimed_fen": 10_050_000, "redeemed_fen": 0}
    decision = decide(PROGRAMME, make_case({"earlier": [used]}, spent_fen=60_000_000))
    assert decision.amount_fen == 9_900_000


def pay(*payments: tuple[str, int]) -> Mapping[str, object]:
    return {"purchases[0].payments": [{"paid_on": day, "amount_fen": fen} for day, fen in payments]}


@pytest.mark.parametrize(
    ("payments", "refusals"),
    [
        ([("2022-07-10", 9_999_999)], ["not_paid_in_full"]),
        ([("2022-07-10", 10_000_000)], []),
        ([("2022-07-10", 10_000_001)], []),
        ([("2022-11-01", 9_999_999), ("2022-11-02", 1)], ["not_paid_in_full"]),
        ([("2022-10-31", 9_999_999), ("2022-11-01", 1)], []),
        ([("2021-12-31", 9_999_999), ("2022-01-01", 1)], []),
        ([("2021-12-30", 9_999_999), ("2021-12-31", 1)], ["paid_in_other_year"]),
        ([("2021-12-31", 10_000_000), ("2022-01-01", 1)], ["paid_in_other_year"]),
        ([("2022-01-01", 1), ("2021-12-31", 9_999_999)], []),
        ([], ["not_paid_in_full"]),
    ],
)
def test_a_purchase_counts_in_the_year_in_which_it_was_paid_in_full(
    make_case: MakeCase, payments: list[tuple[str, int]], refusals: list[str]
) -> None:
    decision = decide(PROGRAMME, make_case(pay(*payments)))
    assert decision.amount_fen == (0 if refusals else 3_000_000)
    assert [code for code in codes(decision) if code != "nothing_spent"] == refusals


def test_the_base_is_the_invoice_and_not_what_was_paid_above_it(make_case: MakeCase) -> None:
    decision = decide(PROGRAMME, make_case(pay(("2022-07-10", 20_000_000))))
    assert decision.amount_fen == 3_000_000


@pytest.mark.parametrize(
    ("entry", "excluded"),
    [
        ({"programme": "wuhan", "year": 2022, "claimed_fen": 1, "redeemed_fen": 0}, True),
        ({"programme": "east_lake", "year": 2022, "claimed_fen": 0, "redeemed_fen": 1}, True),
        ({"programme": "wuhan", "year": 2022, "claimed_fen": 0, "redeemed_fen": 0}, False),
        ({"programme": "wuhan", "year": 2021, "claimed_fen": 1, "redeemed_fen": 1}, False),
        ({"programme": "hubei", "year": 2022, "claimed_fen": 1, "redeemed_fen": 1}, False),
    ],
)
def test_a_city_or_district_voucher_of_the_same_year_excludes(
    make_case: MakeCase, entry: dict[str, object], *, excluded: bool
) -> None:
    for changes in ({}, {"enterprise.facts[0].year": 2024} | moved_to(2025, "2025-06-01")):
        year = 2022 if not changes else 2025
        moved = entry | {"year": year - (entry["year"] == 2021)}
        decision = decide(PROGRAMME, make_case(changes | {"earlier": [moved]}))
        assert codes(decision) == (["earlier_voucher"] if excluded else [])
        assert decision.status == ("ineligible" if excluded else "eligible")


@pytest.mark.parametrize(
    ("changes", "out"),
    [
        ({}, True),
        ({"scope": "contract"}, False),
        ({"scope": "enterprise"}, False),
        ({"ref": "P-2"}, False),
        ({"level": "city"}, False),
        ({"level": "national"}, False),
        ({"year": 2020}, False),
        ({"year": 2022}, False),
    ],
)
def test_a_project_with_provincial_money_of_the_year_before_is_out(
    make_case: MakeCase, changes: dict[str, object], *, out: bool
) -> None:
    funding = {"scope": "project", "ref": "P-1", "level": "province", "year": 2021} | changes
    decision = decide(PROGRAMME, make_case({"other_funding": [funding]}))
    assert codes(decision) == (["project_already_funded"] if out else [])
    assert decision.amount_fen == (0 if out else 3_000_000)


def test_only_the_funded_project_is_cut(make_case: MakeCase) -> None:
    funding = {"scope": "project", "ref": "P-1", "level": "province", "year": 2021}
    funded = make_case({"other_funding": [funding]}).purchases
    assert funded is not None
    both = make_case({"other_funding": [funding], "purchases[0].project": "P-2"})
    assert both.purchases is not None
    case = Case(
        enterprise=both.enterprise,
        purchases=(*funded, *both.purchases),
        other_funding=both.other_funding,
        declarations=both.declarations,
        apply_on=date(2022, 11, 1),
    )
    decision = decide(PROGRAMME, case)
    assert (decision.amount_fen, decision.counted) == (3_000_000, (1,))
    assert codes(decision) == ["project_already_funded"]


def test_the_clause_and_the_grade_stand_beside_each_value() -> None:
    first, second = PROGRAMME.versions
    assert [one.rate.grade for one in (first, second)] == ["M", "A"]
    assert [one.rounding_unit_fen.grade for one in (first, second)] == ["A", "M"]
    assert {one.rounding_direction.grade for one in (first, second)} == {"A"}
    assert {yearly_cap(one).grade for one in (first, second)} == {"M"}
    assert first.rate.clause.zh.startswith("鄂科技规〔2022〕3号")
    assert yearly_cap(second).clause.zh.startswith("鄂科技通〔2024〕54号")
