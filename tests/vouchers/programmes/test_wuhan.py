"""The city's voucher: window, year, floor and cap, each on the day or the fen to either side."""

from collections.abc import Callable

import pytest

from vouchers.case import Case
from vouchers.decide import decide
from vouchers.decision import Decision
from vouchers.programmes.wuhan import PROGRAMME

MakeCase = Callable[..., Case]

HELD = "enterprise.qualifications"
PURCHASE = "purchases[0]"


def codes(decision: Decision) -> list[str]:
    return [reason.code for reason in decision.reasons if reason.code != "outside_window"]


def served_in(year: int, apply_on: str) -> dict[str, object]:
    """Return the changes that move the whole purchase into a year."""
    return {
        HELD: [{"kind": "technology_sme"}],
        f"{PURCHASE}.signed_on": f"{year}-01-01",
        f"{PURCHASE}.completed_on": f"{year}-12-31",
        f"{PURCHASE}.payments[0].paid_on": f"{year}-01-01",
        "apply_on": apply_on,
    }


@pytest.mark.parametrize(
    ("apply_on", "year", "in_window"),
    [
        ("2021-12-31", 2021, False),
        ("2022-03-17", 2021, False),
        ("2022-03-18", 2021, True),
        ("2022-03-31", 2021, True),
        ("2022-04-01", 2022, False),
        ("2022-12-31", 2022, False),
        ("2023-02-28", 2022, False),
        ("2023-03-01", 2022, True),
        ("2023-03-31", 2022, True),
        ("2023-04-01", 2023, False),
        ("2024-02-29", 2023, False),
        ("2024-03-01", 2023, True),
        ("2024-03-31", 2023, True),
        ("2024-04-01", 2024, False),
    ],
)
def test_an_application_serves_the_year_of_its_window(
    make_case: MakeCase, apply_on: str, year: int, *, in_window: bool
) -> None:
    decision = decide(PROGRAMME, make_case(served_in(year, apply_on)))
    assert (decision.status, decision.year) == ("eligible", year)
    assert decision.amount_fen == 5_000_000
    noted = [one.code for one in decision.reasons]
    assert noted == ([] if in_window else ["outside_window"])


def test_the_window_of_2022_is_read_and_the_others_are_assumed(make_case: MakeCase) -> None:
    (missed,) = decide(PROGRAMME, make_case(served_in(2021, "2022-03-17"))).reasons
    assert "2022-03-18" in missed.message.en
    assert "2022-03-31" in missed.message.en
    assert missed.clause.zh.startswith("武科规〔2020〕2号")
    assert [window.grade for window in PROGRAMME.versions[0].windows] == ["M", "A"]


@pytest.mark.parametrize(
    ("signed_on", "completed_on", "refusals"),
    [
        ("2022-01-01", "2022-12-31", []),
        ("2021-12-31", "2022-12-31", ["not_signed_in_year"]),
        ("2022-01-01", "2023-01-01", ["not_completed_in_year"]),
        ("2021-12-31", "2023-01-01", ["not_signed_in_year", "not_completed_in_year"]),
        ("2022-12-31", "2022-12-31", []),
        ("2023-01-01", "2022-12-31", ["not_signed_in_year"]),
        ("2022-01-01", "2021-12-31", ["not_completed_in_year"]),
        ("2023-01-01", "2021-12-31", ["not_signed_in_year", "not_completed_in_year"]),
    ],
)
def test_a_purchase_is_signed_and_completed_in_the_year(
    make_case: MakeCase, signed_on: str, completed_on: str, refusals: list[str]
) -> None:
    days = {f"{PURCHASE}.signed_on": signed_on, f"{PURCHASE}.completed_on": completed_on}
    decision = decide(PROGRAMME, make_case(days))
    assert codes(decision) == refusals
    assert decision.amount_fen == (0 if refusals else 5_000_000)


@pytest.mark.parametrize(
    ("completed_on", "version"),
    [("2019-12-31", None), ("2020-01-01", "2020"), ("2020-12-31", "2020")],
)
def test_the_version_is_that_of_the_day_of_completion(
    make_case: MakeCase, completed_on: str, version: str | None
) -> None:
    year = int(completed_on[:4])
    changes = served_in(year, f"{year + 1}-03-01") | {f"{PURCHASE}.completed_on": completed_on}
    decision = decide(PROGRAMME, make_case(changes))
    assert decision.version == version
    assert decision.amount_fen == (5_000_000 if version else 0)
    assert codes(decision) == ([] if version else ["no_version_in_force"])


def test_a_purchase_of_another_version_is_cut_from_the_claim(make_case: MakeCase) -> None:
    old = make_case({f"{PURCHASE}.completed_on": "2019-12-31"}).purchases
    case = make_case()
    assert old is not None
    assert case.purchases is not None
    both = Case(
        enterprise=case.enterprise,
        purchases=(*old, *case.purchases),
        declarations=case.declarations,
        apply_on=case.apply_on,
    )
    decision = decide(PROGRAMME, both)
    assert (decision.amount_fen, decision.counted) == (5_000_000, (1,))
    assert "no_version_in_force" in codes(decision)


@pytest.mark.parametrize(
    ("held", "status"),
    [
        ({"kind": "high_tech_enterprise"}, "eligible"),
        ({"kind": "advanced_service"}, "eligible"),
        ({"kind": "technology_sme"}, "eligible"),
        ({"kind": "incubated", "recognised_by": "national"}, "eligible"),
        ({"kind": "incubated", "recognised_by": "district"}, "eligible"),
        ({"kind": "incubated"}, "undetermined"),
        ({"kind": "above_scale"}, "ineligible"),
    ],
)
def test_any_one_status_is_enough(
    make_case: MakeCase, held: dict[str, object], status: str
) -> None:
    assert decide(PROGRAMME, make_case({HELD: [held]})).status == status


@pytest.mark.parametrize(
    ("first", "last", "completed_on", "held"),
    [
        ("2022-06-30", "2022-09-30", "2022-06-29", False),
        ("2022-06-30", "2022-09-30", "2022-06-30", True),
        ("2022-06-30", "2022-09-30", "2022-07-01", True),
        ("2022-06-30", "2022-09-30", "2022-09-29", True),
        ("2022-06-30", "2022-09-30", "2022-09-30", True),
        ("2022-06-30", "2022-09-30", "2022-10-01", False),
        ("2022-06-30", "2022-06-30", "2022-06-29", False),
        ("2022-06-30", "2022-06-30", "2022-06-30", True),
        ("2022-06-30", "2022-06-30", "2022-07-01", False),
    ],
)
def test_a_status_is_that_of_the_day_of_completion(
    make_case: MakeCase, first: str, last: str, completed_on: str, *, held: bool
) -> None:
    certificate = {"kind": "technology_sme", "from": first, "to": last}
    case = make_case({HELD: [certificate], f"{PURCHASE}.completed_on": completed_on})
    decision = decide(PROGRAMME, case)
    assert decision.status == ("eligible" if held else "ineligible")
    assert codes(decision) == ([] if held else ["no_qualifying_status"])


@pytest.mark.parametrize(
    ("region", "status"),
    [("420100", "eligible"), ("420111", "eligible"), ("420200", "ineligible")],
)
def test_the_place_is_wuhan(make_case: MakeCase, region: str, status: str) -> None:
    assert decide(PROGRAMME, make_case({"enterprise.registered_region": region})).status == status


@pytest.mark.parametrize(
    ("spent_fen", "amount_fen"),
    [
        (200_000, 100_000),
        (200_001, 100_000),
        (19_999_999, 9_999_999),
        (20_000_000, 10_000_000),
        (20_000_001, 10_000_000),
        (33_333_332, 10_000_000),
        (33_333_333, 10_000_000),
        (33_333_334, 10_000_000),
        (66_666_667, 10_000_000),
        (2**53, 10_000_000),
    ],
)
def test_half_of_what_was_paid_down_to_the_fen_up_to_the_cap(
    make_case: MakeCase, spent_fen: int, amount_fen: int
) -> None:
    decision = decide(PROGRAMME, make_case(spent_fen=spent_fen))
    assert (decision.status, decision.amount_fen) == ("eligible", amount_fen)


@pytest.mark.parametrize(
    ("spent_fen", "amount_fen"),
    [(199_998, 0), (199_999, 0), (200_000, 100_000), (200_002, 100_001)],
)
def test_a_claim_asks_for_at_least_a_thousand_yuan(
    make_case: MakeCase, spent_fen: int, amount_fen: int
) -> None:
    decision = decide(PROGRAMME, make_case(spent_fen=spent_fen))
    assert decision.amount_fen == amount_fen
    assert decision.status == ("eligible" if amount_fen else "ineligible")
    assert codes(decision) == ([] if amount_fen else ["below_claim_floor"])


@pytest.mark.parametrize(
    ("claimed_fen", "amount_fen", "reason"),
    [
        (9_899_999, 100_001, []),
        (9_900_000, 100_000, []),
        (9_900_001, 0, ["below_claim_floor"]),
        (9_999_999, 0, ["below_claim_floor"]),
        (10_000_000, 0, ["cap_used_up"]),
        (10_000_001, 0, ["cap_used_up"]),
    ],
)
def test_the_floor_holds_for_what_the_cap_leaves(
    make_case: MakeCase, claimed_fen: int, amount_fen: int, reason: list[str]
) -> None:
    used = {"programme": "wuhan", "year": 2022, "claimed_fen": claimed_fen, "redeemed_fen": 0}
    decision = decide(PROGRAMME, make_case({"earlier": [used]}))
    assert (decision.amount_fen, codes(decision)) == (amount_fen, reason)


def test_part_payments_count_without_the_rest(make_case: MakeCase) -> None:
    payments = [
        {"paid_on": "2021-12-31", "amount_fen": 1_000_000},
        {"paid_on": "2022-11-01", "amount_fen": 2_000_000},
        {"paid_on": "2022-11-02", "amount_fen": 4_000_000},
    ]
    decision = decide(PROGRAMME, make_case({f"{PURCHASE}.payments": payments}))
    assert decision.amount_fen == 1_500_000


def test_provincial_vouchers_and_money_do_not_concern_the_city(make_case: MakeCase) -> None:
    changes = {
        "earlier": [{"programme": "hubei", "year": 2022, "claimed_fen": 1, "redeemed_fen": 1}],
        "other_funding": [{"scope": "project", "ref": "P-1", "level": "province", "year": 2021}],
    }
    assert decide(PROGRAMME, make_case(changes)).amount_fen == 5_000_000
