"""Worked examples from events only: the facts of a year in, the plan of three levels out."""

from datetime import date

import pytest

from tests.small_ledger import account_of
from vouchers.ruling import Ruling, rule_on

YEAR_END = date(2022, 12, 31)

ENTERPRISE = """
    enterprise    420100 华智科技
    qualification high_tech_enterprise 2021-11-15 2024-11-14
    qualification above_scale 2021-01-01
    fact          sales_fen 2021 15000000000
    declaration   2022
"""
IN_THE_ZONE = "domicile east-lake 2021-01-01\n"
ELSEWHERE = "domicile optics-valley-south 2021-01-01\n"

# 100 cards for 20 days at CNY 12.50: 48,000 card-hours, CNY 600,000.
COMPUTE = """
    resource a100 accelerator card 2021-12-01 0.32
    resource disk storage tb 2021-12-01
    contract C-1 2022-03-01 2022-12-31 0.06 a100=12.50/card_hour disk=10/tb_day
    usage a100 100 2022-07-01T00:00 2022-07-21T00:00
"""
# The programmes of one place, whatever other places there are.
PLACE = ("hubei", "wuhan", "east_lake")

INVOICE = "invoice 1 C-1 2022-08-05 600000 33962.26 2022-07-01 2022-07-31\n"
PAYMENT = "payment 1 2022-08-10 600000\n"


def rule(*texts: str, apply_on: date = YEAR_END) -> Ruling:
    """Return the ruling on the enterprise in the ledger of a text."""
    return rule_on(*account_of("\n".join(texts)), apply_on)


def alone(ruling: Ruling) -> dict[str, int | None]:
    """Return what each programme alone would pay."""
    return {one.id: made.amount_fen for one, made in ruling.decisions if one.id in PLACE}


def paid(ruling: Ruling) -> dict[str, int]:
    """Return what each programme pays in the best plan."""
    return {one.id: ruling.paid_fen(one.id) for one, _ in ruling.decisions if one.id in PLACE}


def test_600_000_of_compute_in_the_zone_is_paid_by_city_and_district() -> None:
    ruling = rule(ENTERPRISE, IN_THE_ZONE, COMPUTE, INVOICE, PAYMENT)
    assert alone(ruling) == {"hubei": 18_000_000, "wuhan": 10_000_000, "east_lake": 30_000_000}
    assert paid(ruling) == {"hubei": 0, "wuhan": 10_000_000, "east_lake": 30_000_000}
    assert ruling.total_fen == 40_000_000
    assert ruling.best is not None
    assert ruling.best.programmes == ("wuhan", "east_lake")


def test_600_000_of_compute_outside_the_zone_is_paid_by_the_province() -> None:
    ruling = rule(ENTERPRISE, ELSEWHERE, COMPUTE, INVOICE, PAYMENT)
    assert alone(ruling) == {"hubei": 18_000_000, "wuhan": 10_000_000, "east_lake": 0}
    assert paid(ruling) == {"hubei": 18_000_000, "wuhan": 0, "east_lake": 0}


def test_storage_on_the_same_invoice_is_cut() -> None:
    storage = "usage disk 300 2022-07-01T00:00 2022-07-21T00:00\n"
    invoice = "invoice 1 C-1 2022-08-05 660000 37358.49 2022-07-01 2022-07-31\n"
    payment = "payment 1 2022-08-10 660000\n"
    ruling = rule(ENTERPRISE, IN_THE_ZONE, COMPUTE, storage, invoice, payment)
    assert alone(ruling) == {"hubei": 18_000_000, "wuhan": 10_000_000, "east_lake": 30_000_000}


def test_an_invoice_paid_in_odd_parts_counts_as_paid_in_full() -> None:
    storage = "usage disk 301 2022-07-01T00:00 2022-07-21T00:00\n"
    invoice = "invoice 1 C-1 2022-08-05 660200.01 37358.49 2022-07-01 2022-07-31\n"
    parts = "payment 1 2022-08-10 333333.33\npayment 1 2022-08-11 326866.67\n"
    parts += "payment 1 2022-08-12 0.01\n"
    ruling = rule(ENTERPRISE, ELSEWHERE, COMPUTE, storage, invoice, parts)
    assert alone(ruling)["hubei"] == 18_000_000


def test_half_paid_counts_half_at_the_city_and_nothing_at_the_province() -> None:
    half = "payment 1 2022-08-10 100000\n"
    ruling = rule(ENTERPRISE, IN_THE_ZONE, COMPUTE, INVOICE, half)
    assert alone(ruling) == {"hubei": 0, "wuhan": 5_000_000, "east_lake": 5_000_000}
    assert ruling.total_fen == 10_000_000, "never more than was paid"


@pytest.mark.parametrize(
    ("left_out", "undetermined"),
    [
        ("declaration   2022", {"hubei", "wuhan", "east_lake"}),
        ("fact          sales_fen 2021 15000000000", {"hubei"}),
    ],
)
def test_what_the_book_does_not_say_is_undetermined_and_never_zero(
    left_out: str, undetermined: set[str]
) -> None:
    facts = ENTERPRISE.replace(left_out, "")
    assert facts != ENTERPRISE
    ruling = rule(facts, IN_THE_ZONE, COMPUTE, INVOICE, PAYMENT)
    assert {name for name, fen in alone(ruling).items() if fen is None} == undetermined


def test_an_invoice_without_usage_is_undetermined() -> None:
    without = COMPUTE.replace("usage a100 100 2022-07-01T00:00 2022-07-21T00:00", "")
    ruling = rule(ENTERPRISE, IN_THE_ZONE, without, INVOICE, PAYMENT)
    assert set(alone(ruling).values()) == {None}
    assert ruling.best is None
    assert (ruling.total_fen, ruling.paid_fen("wuhan")) == (0, 0)


def test_without_an_invoice_there_is_nothing_to_pay() -> None:
    ruling = rule(ENTERPRISE, IN_THE_ZONE, COMPUTE)
    assert set(alone(ruling).values()) == {0}
    assert ruling.best is None
    assert ruling.total_fen == 0


def test_an_earlier_city_voucher_rules_out_the_province_and_takes_headroom() -> None:
    earlier = "drawn wuhan 2022 40000 2022-11-30\n"
    ruling = rule(ENTERPRISE, ELSEWHERE, COMPUTE, INVOICE, PAYMENT, earlier)
    assert alone(ruling) == {"hubei": 0, "wuhan": 6_000_000, "east_lake": 0}
