"""The zone's voucher: all three conditions on the day of application, cash paid in its year."""

from collections.abc import Callable
from itertools import product

import pytest

from tests.vouchers.values import yearly_cap
from vouchers.case import Case
from vouchers.decide import decide
from vouchers.decision import Decision
from vouchers.programmes.east_lake import PROGRAMME

MakeCase = Callable[..., Case]

HELD = "enterprise.qualifications"
ZONE = "enterprise.tax_domicile"
PAYMENTS = "purchases[0].payments"


def codes(decision: Decision) -> list[str]:
    return [reason.code for reason in decision.reasons]


@pytest.mark.parametrize(
    ("apply_on", "version"), [("2019-12-31", None), ("2020-01-01", "2020"), ("2030-01-01", "2020")]
)
def test_the_version_is_that_in_force_on_the_day_of_application(
    make_case: MakeCase, apply_on: str, version: str | None
) -> None:
    changes = {
        "apply_on": apply_on,
        HELD: [{"kind": "high_tech_enterprise"}, {"kind": "above_scale"}],
        ZONE: [{"zone": "east-lake"}],
        PAYMENTS: [{"paid_on": apply_on, "amount_fen": 10_000_000}],
    }
    decision = decide(PROGRAMME, make_case(changes))
    assert decision.version == version
    assert decision.amount_fen == (5_000_000 if version else 0)


def test_all_three_conditions_are_needed(make_case: MakeCase) -> None:
    for high_tech, above_scale, domiciled in product((True, False), repeat=3):
        held = [{"kind": "high_tech_enterprise"}] * high_tech + [
            {"kind": "above_scale"}
        ] * above_scale
        zones = [{"zone": "east-lake"}] * domiciled
        decision = decide(PROGRAMME, make_case({HELD: held, ZONE: zones}))
        unmet = 2 - high_tech - above_scale
        assert codes(decision) == ["qualification_not_held"] * unmet + ["not_domiciled_in_zone"] * (
            not domiciled
        )
        all_met = high_tech and above_scale and domiciled
        assert decision.status == ("eligible" if all_met else "ineligible")


@pytest.mark.parametrize(
    ("first", "last", "status"),
    [
        ("2022-11-01", "2022-11-01", "eligible"),
        ("2022-11-02", None, "ineligible"),
        (None, "2022-10-31", "ineligible"),
        (None, "2022-11-01", "eligible"),
        ("2022-11-01", None, "eligible"),
    ],
)
def test_the_tax_domicile_is_that_of_the_day_of_application(
    make_case: MakeCase, first: str | None, last: str | None, status: str
) -> None:
    domicile = {"zone": "east-lake", "from": first, "to": last}
    assert decide(PROGRAMME, make_case({ZONE: [domicile]})).status == status


@pytest.mark.parametrize(
    ("zone", "status"),
    [("east-lake", "eligible"), ("optics", "ineligible"), (None, "undetermined")],
)
def test_the_zone_is_not_read_off_any_region(
    make_case: MakeCase, zone: str | None, status: str
) -> None:
    changes = {f"{ZONE}[0].zone": zone, "enterprise.registered_region": "310000"}
    assert decide(PROGRAMME, make_case(changes)).status == status


def test_only_a_domicile_that_could_matter_is_asked_for(make_case: MakeCase) -> None:
    decision = decide(PROGRAMME, make_case({ZONE: [{"to": "2022-10-31"}, {}, {"zone": "optics"}]}))
    (reason,) = decision.reasons
    assert "enterprise.tax_domicile[1].zone" in reason.message.en


@pytest.mark.parametrize(
    ("spent_fen", "amount_fen"),
    [
        (1, 0),
        (2, 1),
        (3, 1),
        (60_000_000, 30_000_000),
        (99_999_998, 49_999_999),
        (99_999_999, 49_999_999),
        (100_000_000, 50_000_000),
        (100_000_002, 50_000_000),
    ],
)
def test_half_of_what_was_paid_down_to_the_fen_up_to_the_cap(
    make_case: MakeCase, spent_fen: int, amount_fen: int
) -> None:
    decision = decide(PROGRAMME, make_case(spent_fen=spent_fen))
    assert (decision.status, decision.amount_fen) == ("eligible", amount_fen)


@pytest.mark.parametrize(
    ("paid_on", "amount_fen"),
    [
        ("2021-12-31", 0),
        ("2022-01-01", 5_000_000),
        ("2022-11-01", 5_000_000),
        ("2022-11-02", 0),
    ],
)
def test_what_was_paid_in_the_year_up_to_the_application_counts(
    make_case: MakeCase, paid_on: str, amount_fen: int
) -> None:
    decision = decide(PROGRAMME, make_case({f"{PAYMENTS}[0].paid_on": paid_on}))
    assert decision.amount_fen == amount_fen
    assert codes(decision) == ([] if amount_fen else ["nothing_spent"])


def test_payments_of_another_year_are_left_out_one_by_one(make_case: MakeCase) -> None:
    days = ("2021-12-31", "2022-01-01", "2022-11-01", "2022-11-02")
    payments = [{"paid_on": day, "amount_fen": 10**i} for i, day in enumerate(days, 3)]
    assert decide(PROGRAMME, make_case({PAYMENTS: payments})).amount_fen == 55_000


def test_everything_but_class_and_cap_is_assumed() -> None:
    (version,) = PROGRAMME.versions
    assert (yearly_cap(version).grade, version.rate.grade, version.base.grade) == ("N", "A", "A")
    assert [one.grade for one in version.eligibility] == ["N", "N", "A", "A", "A"]
