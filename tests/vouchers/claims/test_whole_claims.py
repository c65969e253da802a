"""A realistic year of one enterprise, claimed at each level: the amounts worked out by hand.

Three invoices: card-hours and storage on one; two payments; one of which half is still to be paid.
"""

from datetime import date

import pytest

from tests.small_ledger import CODE, invoice_number
from tests.vouchers.claims.test_worth import draw
from tests.vouchers.claims.world import TEXT, evidence_of, items_of, unmet
from vouchers.claims.drawn import Vouchers
from vouchers.claims.evidence import Elsewhere

HEAD = "\n".join(
    line
    for line in TEXT.splitlines()
    if not line.strip().startswith(("contract", "usage", "invoice", "payment"))
)
# July: 8,000 card-hours at 12.50 are 100,000, 800 TB·days 10,000. September: 100,000 again, paid
# in two parts. October: 8,000 card-hours at 10.00 under another contract, half of it paid.
YEAR = f"""
    {HEAD}
    contract C-1 2022-03-01 2022-12-31 0.06 a100=12.50/card_hour disk=12.50/tb_day
    contract C-2 2022-09-20 2022-12-31 0.06 a100=10/card_hour
    usage a100 100 2022-07-01T00:00 2022-07-04T08:00 C-1
    usage disk 80 2022-07-05T00:00 2022-07-15T00:00 C-1
    usage a100 100 2022-09-01T00:00 2022-09-04T08:00 C-1
    usage a100 100 2022-10-01T00:00 2022-10-04T08:00 C-2
    invoice 11 C-1 2022-08-01 110000 6226.42 2022-07-01 2022-07-31
    invoice 12 C-1 2022-09-30 100000 5660.38 2022-09-01 2022-09-30
    invoice 13 C-2 2022-10-20 80000 4528.30 2022-10-01 2022-10-20
    payment 11 2022-08-10 110000
    payment 12 2022-10-08 60000
    payment 12 2022-10-09 40000
    payment 13 2022-10-25 40000
"""
INVOICES = tuple(invoice_number(one) for one in ("11", "12", "13"))
CITY = draw("wuhan", 10_000_000, *INVOICES, claim="CL-2")


def test_the_province_pays_on_what_is_accelerator_and_paid_in_full() -> None:
    made = evidence_of("hubei", YEAR, INVOICES)
    # 30 % of 100,000 and 100,000; the third invoice is not paid in full.
    assert made.worth.amount_fen == 6_000_000
    assert dict(made.worth.shares) == dict.fromkeys(INVOICES[:2], 3_000_000)
    assert unmet(made) == {}
    shown = items_of(made)["lines"].found.zh
    assert "（存储）10,000.00 元核减" in shown
    assert "80,000.00 元核减" in shown
    assert "已付 40,000.00 元，未达发票金额 80,000.00 元" in shown


def test_the_city_pays_half_of_what_was_paid_up_to_its_cap() -> None:
    made = evidence_of("wuhan", YEAR, INVOICES)
    # Half of 100,000, 100,000 and 40,000 is 120,000; the cap is 100,000.
    assert made.worth.amount_fen == 10_000_000
    assert sum(fen for _, fen in made.worth.shares) == 10_000_000
    assert unmet(made) == {}


def test_the_district_pays_beside_the_city_no_more_than_is_left_of_what_was_paid() -> None:
    beside = tuple(Elsewhere(one, CODE, "CL-2", "wuhan") for one in INVOICES)
    drawn = Vouchers({}, (CITY,))
    made = evidence_of("east_lake", YEAR, INVOICES, vouchers=drawn, elsewhere=beside)
    # Half of 240,000; 250,000 was paid in all, of which the city has refunded 100,000.
    assert made.worth.amount_fen == 12_000_000
    assert unmet(made) == {}
    third = evidence_of("east_lake", YEAR, INVOICES[2:], vouchers=drawn)
    # On the third alone the city's 100,000 may be all that was paid.
    assert (third.worth.amount_fen, third.worth.limits[0].code) == (0, "joint_limit")


def test_a_claim_with_many_flaws_names_each_of_them() -> None:
    flawed = (
        YEAR.replace("enterprise 420100", "enterprise 310000")
        .replace("payment 13 2022-10-25", "payment 13 2022-09-19")
        .replace("declaration 2022\n", "declaration 2022 related\n")
    )
    made = evidence_of(
        "hubei",
        flawed,
        INVOICES,
        asked_fen=6_000_000,
        elsewhere=(Elsewhere(INVOICES[0], CODE, "CL-0", "hubei"),),
        holder="武汉别家公司",
        available_fen=0,
    )
    wrong = "status days invoice_unused paid related_party amount pool payee"
    assert unmet(made) == dict.fromkeys(wrong.split(), "not_met")


@pytest.mark.parametrize("programme", ["hubei", "wuhan", "east_lake"])
def test_nothing_is_claimed_before_the_first_invoice(programme: str) -> None:
    made = evidence_of(programme, YEAR, INVOICES, applied_on=date(2022, 7, 31))
    assert made.worth.status == "undetermined"
    assert set(unmet(made).values()) <= {"cannot_tell", "not_met"}
