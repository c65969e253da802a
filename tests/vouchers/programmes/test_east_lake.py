"""The zone's voucher: all three conditions on the day of application, cash paid in its year."""

from itertools import product
from typing import Final

import pytest

from tests.vouchers.values import yearly_cap
from vouchers.decide import decide
from vouchers.decision import Decision
from vouchers.programmes.east_lake import PROGRAMME
from vouchers.testing import CaseBuilder, case, codes

# Everything holds: each test changes one thing.
CLASS: Final = case().qualified("high_tech_enterprise").qualified("above_scale")
CLAIM: Final = CLASS.domiciled("east-lake")


def decided(claim: CaseBuilder) -> Decision:
    return decide(PROGRAMME, claim.build())


@pytest.mark.parametrize(
    ("applied_on", "version"),
    [("2019-12-31", None), ("2020-01-01", "2020"), ("2030-01-01", "2020")],
)
def test_the_version_is_that_in_force_on_the_day_of_application(
    applied_on: str, version: str | None
) -> None:
    decision = decided(CLAIM.applied(applied_on).paid("100000.00", on=applied_on))
    assert decision.version == version
    assert decision.amount_fen == (5_000_000 if version else 0)


def test_all_three_conditions_are_needed() -> None:
    for high_tech, above_scale, domiciled in product((True, False), repeat=3):
        claim = case()
        if high_tech:
            claim = claim.qualified("high_tech_enterprise")
        if above_scale:
            claim = claim.qualified("above_scale")
        if domiciled:
            claim = claim.domiciled("east-lake")
        decision = decided(claim)
        unmet = 2 - high_tech - above_scale
        assert codes(decision) == ["qualification_not_held"] * unmet + ["not_domiciled_in_zone"] * (
            not domiciled
        )
        all_met = high_tech and above_scale and domiciled
        assert decision.status == ("eligible" if all_met else "ineligible")


@pytest.mark.parametrize(
    ("since", "until", "status"),
    [
        ("2022-11-01", "2022-11-01", "eligible"),
        ("2022-11-02", None, "ineligible"),
        (None, "2022-10-31", "ineligible"),
        (None, "2022-11-01", "eligible"),
        ("2022-11-01", None, "eligible"),
    ],
)
def test_the_tax_domicile_is_that_of_the_day_of_application(
    since: str | None, until: str | None, status: str
) -> None:
    claim = CLASS.domiciled("east-lake", since=since, until=until).applied("2022-11-01")
    assert decided(claim).status == status


def test_the_zone_is_not_read_off_any_region() -> None:
    elsewhere = CLASS.registered("310000")
    assert decided(elsewhere.domiciled("east-lake")).status == "eligible"
    assert decided(elsewhere.domiciled("optics")).status == "ineligible"
    unnamed = elsewhere.domiciled("east-lake").unknown("enterprise.tax_domicile[0].zone")
    assert decided(unnamed).status == "undetermined"


def test_only_a_domicile_that_could_matter_is_asked_for() -> None:
    domiciles = [{"to": "2022-10-31"}, {}, {"zone": "optics"}]
    (reason,) = decided(CLASS.with_fact("enterprise.tax_domicile", domiciles)).reasons
    assert "enterprise.tax_domicile[1].zone" in reason.message.en


@pytest.mark.parametrize(
    ("paid", "amount_fen"),
    [
        ("0.01", 0),
        ("0.02", 1),
        ("0.03", 1),
        ("600000.00", 30_000_000),
        ("999999.98", 49_999_999),
        ("999999.99", 49_999_999),
        ("1000000.00", 50_000_000),
        ("1000000.02", 50_000_000),
    ],
)
def test_half_of_what_was_paid_down_to_the_fen_up_to_the_cap(paid: str, amount_fen: int) -> None:
    decision = decided(CLAIM.paid(paid))
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
    paid_on: str, amount_fen: int
) -> None:
    decision = decided(CLAIM.paid("100000.00", on=paid_on).applied("2022-11-01"))
    assert decision.amount_fen == amount_fen
    assert codes(decision) == ([] if amount_fen else ["nothing_spent"])


def test_payments_of_another_year_are_left_out_one_by_one() -> None:
    claim = CLAIM.paid("10.00", on="2021-12-31").paid("100.00", on="2022-01-01")
    claim = claim.paid("1000.00", on="2022-11-01").paid("10000.00", on="2022-11-02")
    assert decided(claim.applied("2022-11-01")).amount_fen == 55_000


def test_everything_but_class_and_cap_is_assumed() -> None:
    (version,) = PROGRAMME.versions
    assert (yearly_cap(version).grade, version.rate.grade, version.base.grade) == ("N", "A", "A")
    assert [one.grade for one in version.eligibility] == ["N", "N", "A", "A", "A"]
