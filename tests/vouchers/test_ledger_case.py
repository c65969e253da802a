"""The case built from the ledger: invoices split by what was metered, nothing guessed."""

import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.events import VoucherDrawn
from tests.small_ledger import PROVIDER, account_of, invoice_number
from vouchers.case import (
    Case,
    ContractRefund,
    Declarations,
    Domicile,
    Earlier,
    Fact,
    OtherFunding,
    Purchase,
    Qualification,
    encode_case,
    parse_case,
)
from vouchers.ledger_case import case_of, sum_drawn

YEAR_END = date(2022, 12, 31)

# One day of 10 cards and 80 TB: 240 card-hours at 12.50 are CNY 3,000, 80 TB·days at 12.50 1,000.
BASE = """
    resource a100 accelerator card 2021-12-01 0.32
    resource disk storage tb 2021-12-01
    contract C-1 2022-01-01 2022-12-31 0.06 a100=12.50/card_hour disk=12.50/tb_day x=12.50/card_hour
"""
CARDS = "usage a100 10 2022-07-01T00:00 2022-07-02T00:00\n"
DISKS = "usage disk 80 2022-07-01T00:00 2022-07-02T00:00\n"
INVOICE = "invoice 1 C-1 2022-08-05 4000 226.42 2022-07-01 2022-07-31\n"


def make(text: str, apply_on: date = YEAR_END) -> Case:
    """Return the case of an enterprise in the ledger of a text."""
    return case_of(*account_of(BASE + text), apply_on)


def purchases(text: str, apply_on: date = YEAR_END) -> tuple[Purchase, ...]:
    """Return the purchases in the ledger of a text."""
    made = make(text, apply_on).purchases
    assert made is not None
    return made


def payments(purchase: Purchase) -> list[tuple[str, int | None]]:
    """Return days and fen of a purchase's payments."""
    return [(str(payment.paid_on), payment.amount_fen) for payment in purchase.payments or ()]


# --- purchases ---


def test_an_invoice_is_split_by_what_was_metered_of_each_kind() -> None:
    cards, disks = purchases(CARDS + DISKS + INVOICE + "payment 1 2022-08-10 4000")
    assert cards == Purchase(
        contract="C-1",
        signed_on=date(2022, 1, 1),
        contract_fen=100_000_000,
        service_from=date(2022, 7, 1),
        service_to=date(2022, 7, 31),
        completed_on=date(2022, 7, 31),
        resource_kind="accelerator",
        invoice=invoice_number("1"),
        invoiced_on=date(2022, 8, 5),
        invoiced_fen=300_000,
        tax_fen=16_982,
        payments=cards.payments,
        metered_fen=300_000,
        provider=PROVIDER,
    )
    assert payments(cards) == [("2022-08-10", 300_000)]
    found = (disks.resource_kind, disks.invoiced_fen, disks.tax_fen, disks.metered_fen)
    assert found == ("storage", 100_000, 5_660, 100_000)
    assert payments(disks) == [("2022-08-10", 100_000)]


def test_an_invoice_that_differs_from_what_was_metered_keeps_its_amount() -> None:
    text = CARDS + DISKS + "invoice 1 C-1 2022-08-05 4000.02 226.42 2022-07-01 2022-07-31"
    cards, disks = purchases(text)
    assert (cards.invoiced_fen, disks.invoiced_fen) == (300_002, 100_000)
    assert (cards.metered_fen, disks.metered_fen) == (300_000, 100_000)


def test_an_invoice_without_usage_is_of_an_unknown_kind() -> None:
    (purchase,) = purchases(INVOICE + "payment 1 2022-08-10 4000")
    assert purchase.resource_kind is None
    assert (purchase.invoiced_fen, purchase.tax_fen, purchase.metered_fen) == (400_000, 22_642, 0)
    assert payments(purchase) == [("2022-08-10", 400_000)]


def test_usage_that_nothing_prices_gives_an_unknown_kind() -> None:
    (purchase,) = purchases("usage h100 1 2022-07-01T00:00 2022-07-02T00:00\n" + INVOICE)
    assert purchase.resource_kind is None


def test_a_resource_that_is_not_listed_is_of_an_unknown_kind() -> None:
    unlisted = "usage x 10 2022-07-01T00:00 2022-07-02T00:00\n"
    unknown, cards = purchases(CARDS + unlisted + INVOICE)
    assert (unknown.resource_kind, unknown.invoiced_fen) == (None, 200_000)
    assert (cards.resource_kind, cards.invoiced_fen) == ("accelerator", 200_000)


@pytest.mark.parametrize(
    ("day", "kinds"),
    [
        ("2022-06-30", [None]),
        ("2022-07-01", ["accelerator"]),
        ("2022-07-31", ["accelerator"]),
        ("2022-08-01", [None]),
    ],
)
def test_only_usage_within_the_invoices_service_period_counts(
    day: str, kinds: list[str | None]
) -> None:
    usage = f"usage a100 10 {day}T00:00 {day}T24:00\n".replace("T24:00", "T23:00")
    assert [one.resource_kind for one in purchases(usage + INVOICE)] == kinds


def test_only_usage_under_the_invoices_contract_counts() -> None:
    other = """
        contract C-2 2022-01-01 2022-12-31 0.06 a100=12.50/card_hour
        usage a100 10 2022-07-01T00:00 2022-07-02T00:00 C-2
        usage disk 80 2022-07-01T00:00 2022-07-02T00:00 C-1
    """
    (purchase,) = purchases(other + INVOICE)
    assert purchase.resource_kind == "storage"


def test_an_invoice_of_a_contract_that_nobody_registered_says_what_it_can() -> None:
    (purchase,) = purchases("invoice 1 C-9 2022-08-05 4000 226.42 2022-07-01 2022-07-31")
    unknown = (purchase.signed_on, purchase.contract_fen, purchase.provider, purchase.project)
    assert unknown == (None, None, None, None)
    assert (purchase.contract, purchase.invoiced_fen) == ("C-9", 400_000)


@pytest.mark.parametrize(("apply_on", "count"), [(date(2022, 8, 4), 0), (date(2022, 8, 5), 1)])
def test_an_invoice_counts_from_the_day_of_its_issue(apply_on: date, count: int) -> None:
    assert len(purchases(CARDS + INVOICE, apply_on)) == count


def test_usage_after_the_day_of_application_is_not_known_on_it() -> None:
    prepaid = "invoice 1 C-1 2022-07-01 4000 226.42 2022-07-01 2022-07-31\n"
    later = "usage disk 80 2022-07-02T00:00 2022-07-03T00:00\n"
    known = purchases(CARDS + later + prepaid, date(2022, 7, 1))
    assert [one.resource_kind for one in known] == ["accelerator"]
    known = purchases(CARDS + later + prepaid, date(2022, 7, 2))
    assert [one.resource_kind for one in known] == ["accelerator", "storage"]


@pytest.mark.parametrize(
    ("apply_on", "completed_on"),
    [(date(2022, 7, 30), None), (date(2022, 7, 31), date(2022, 7, 31))],
)
def test_a_service_is_not_completed_before_its_last_day(
    apply_on: date, completed_on: date | None
) -> None:
    prepaid = "invoice 1 C-1 2022-07-01 4000 226.42 2022-07-01 2022-07-31"
    (purchase,) = purchases(CARDS + prepaid, apply_on)
    assert purchase.completed_on == completed_on


def test_a_case_of_the_ledger_can_be_saved_and_read_again() -> None:
    text = "funding enterprise city 2022 1\ndrawn wuhan 2021 300 2022-03-20\n" + CARDS + INVOICE
    made = make(text + "payment 1 2022-08-10 1000\nfact sales_fen 2021 7\ndeclaration 2022\n")
    assert parse_case(json.dumps(encode_case(made)).encode()) == made
    assert parse_case(json.dumps(encode_case(make(""))).encode()) == make("")
    assert "related_party" not in encode_case(make(""))["declarations"], "unknown is left out"


# --- payments ---


def test_payments_after_the_day_of_application_are_there_for_the_rules_to_leave_out() -> None:
    text = CARDS + INVOICE + "payment 1 2022-08-10 1000\npayment 1 2023-01-10 3000"
    (purchase,) = purchases(text)
    assert payments(purchase) == [("2022-08-10", 100_000), ("2023-01-10", 300_000)]


def test_a_payment_of_another_invoice_is_not_counted() -> None:
    (purchase,) = purchases(CARDS + INVOICE + "payment 2 2022-08-10 1000")
    assert payments(purchase) == []


def test_payments_in_parts_pay_each_kind_in_full() -> None:
    # One third is compute. Two fen split by thirds are 1 + 1, so that twice two would be 2 + 2.
    disks_twice = "usage disk 480 2022-07-01T00:00 2022-07-02T00:00\n"
    text = CARDS + disks_twice + "invoice 1 C-1 2022-08-05 0.04 0 2022-07-01 2022-07-31\n"
    cards, disks = purchases(text + "payment 1 2022-08-10 0.02\npayment 1 2022-08-11 0.02")
    assert (cards.invoiced_fen, disks.invoiced_fen) == (1, 3)
    assert payments(cards) == [("2022-08-10", 1), ("2022-08-11", 0)]
    assert payments(disks) == [("2022-08-10", 1), ("2022-08-11", 2)]


@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 300),
    st.integers(0, 300),
    st.integers(0, 300),
    st.integers(1, 10**6),
    st.lists(st.integers(1, 10**6), min_size=1, max_size=4),
)
def test_split_amounts_add_up_and_no_kind_is_overpaid_before_the_invoice_is(
    cards: int, disks: int, unlisted: int, invoiced_fen: int, paid: list[int]
) -> None:
    day = "2022-07-01T00:00 2022-07-02T00:00\n"
    amounts = {"a100": cards, "disk": disks, "x": unlisted}
    usage = "".join(f"usage {name} {n} {day}" for name, n in amounts.items() if n)
    text = usage + f"invoice 1 C-1 2022-08-05 {yuan(invoiced_fen)} {yuan(invoiced_fen // 18)}"
    text += " 2022-07-01 2022-07-31\n"
    text += "".join(f"payment 1 2022-09-{n:02d} {yuan(fen)}\n" for n, fen in enumerate(paid, 1))
    made = purchases(text)
    assert sum(one.invoiced_fen or 0 for one in made) == invoiced_fen
    assert sum(one.tax_fen or 0 for one in made) == invoiced_fen // 18
    for n, fen in enumerate(paid):
        assert sum(payments(one)[n][1] or 0 for one in made) == fen
    for one in made:
        assert min(fen or 0 for _, fen in payments(one)) >= 0
        part_fen = sum(fen or 0 for _, fen in payments(one))
        if sum(paid) <= invoiced_fen:
            assert part_fen <= (one.invoiced_fen or 0)
        if sum(paid) >= invoiced_fen:
            assert part_fen >= (one.invoiced_fen or 0)


def yuan(fen: int) -> str:
    """Return fen as the yuan of a line of text."""
    return f"{fen // 100}.{fen % 100:02d}"


# --- enterprise ---


def test_what_the_book_says_of_the_enterprise_is_in_the_case() -> None:
    made = make("""
        enterprise    420100 华智科技
        qualification high_tech_enterprise 2021-11-15 2024-11-14
        qualification above_scale 2021-01-01
        domicile      east-lake 2021-01-01
        fact          sales_fen 2021 100
        declaration   2022 related
    """)
    enterprise = made.enterprise
    assert (enterprise.name, enterprise.registered_region) == ("华智科技", "420100")
    assert enterprise.qualifications == (
        Qualification(
            kind="high_tech_enterprise",
            valid_from=date(2021, 11, 15),
            valid_to=date(2024, 11, 14),
        ),
        Qualification(kind="above_scale", valid_from=date(2021, 1, 1)),
    )
    assert enterprise.tax_domicile == (Domicile(zone="east-lake", valid_from=date(2021, 1, 1)),)
    assert enterprise.facts == (Fact(name="sales_fen", year=2021, value=100),)
    assert made.declarations == Declarations(related_party=True, serious_dishonesty=False)
    assert made.apply_on == YEAR_END


@pytest.mark.parametrize("text", ["", "enterprise - 华智科技", "declaration 2021 related"])
def test_what_nobody_recorded_stays_unknown(text: str) -> None:
    made = make(text)
    assert made.enterprise.registered_region is None
    assert made.declarations == Declarations()


def test_a_declaration_counts_for_its_year() -> None:
    text = "declaration 2021 related\ndeclaration 2022"
    assert make(text, date(2021, 12, 31)).declarations.related_party is True
    assert make(text, date(2022, 1, 1)).declarations.related_party is False
    assert make(text, date(2023, 1, 1)).declarations.related_party is None


# --- earlier vouchers ---


def test_vouchers_drawn_before_the_day_are_earlier_ones_by_programme_and_year() -> None:
    text = """
        drawn wuhan 2022 300 2022-11-30
        drawn wuhan 2022 50 2022-12-30
        drawn wuhan 2021 7 2022-03-20
        drawn hubei 2022 9 2022-06-30
    """
    assert make(text).earlier == (
        Earlier(programme="hubei", year=2022, claimed_fen=900, redeemed_fen=900),
        Earlier(programme="wuhan", year=2021, claimed_fen=700, redeemed_fen=700),
        Earlier(programme="wuhan", year=2022, claimed_fen=35_000, redeemed_fen=35_000),
    )


@pytest.mark.parametrize(
    ("drawn_on", "count"), [("2022-12-30", 1), ("2022-12-31", 0), ("2023-01-01", 0)]
)
def test_a_voucher_drawn_on_the_day_or_after_it_is_not_an_earlier_one(
    drawn_on: str, count: int
) -> None:
    assert len(make(f"drawn wuhan 2022 300 {drawn_on}").earlier) == count


def draw(
    *numbers: str, fen: int = 30_000, parts: tuple[int, ...] = (), base: int | None = None
) -> VoucherDrawn:
    """Return a draw that refunds invoices of these numbers."""
    return VoucherDrawn(
        programme="wuhan",
        year=2022,
        amount_fen=fen,
        drawn_on="2022-09-01",
        version="a" * 64,
        invoices=tuple(invoice_number(one) for one in numbers),
        parts_fen=parts,
        base_fen=base,
    )


def test_an_earlier_voucher_says_what_it_was_computed_on_where_each_draw_does() -> None:
    _, account, _ = account_of(BASE + INVOICE)
    for bases, base_fen in (((7,), 7), ((7, 8), 15), ((7, None), None), ((None,), None)):
        (earlier,) = sum_drawn(account, [draw("1", base=one) for one in bases])
        assert earlier.base_fen == base_fen


def test_an_earlier_voucher_names_its_contracts_and_the_amount_where_it_is_one() -> None:
    second = INVOICE.replace("invoice 1 C-1", "invoice 2 C-2")
    third = INVOICE.replace("invoice 1", "invoice 3")
    _, account, _ = account_of(BASE + INVOICE + second + third)
    one, two = (ContractRefund(contract=name, amount_fen=30_000) for name in ("C-1", "C-2"))
    none_on_two = ContractRefund(contract="C-2", amount_fen=0)
    part_of_two = ContractRefund(contract="C-2", amount_fen=20_000)
    open_one, open_two = (ContractRefund(contract=name) for name in ("C-1", "C-2"))
    for drawn, contracts in (
        ([draw("1", "3")], (one,)),
        ([draw("1"), draw("2")], (one, two)),
        ([draw("1", fen=10_000), draw("3", fen=20_000)], (one,)),
        ([draw("1", "2")], (open_one, open_two)),
        ([draw("1"), draw("1", "2")], (open_one, open_two)),
        ([draw("1", "2", parts=(30_000, 0))], (one, none_on_two)),
        ([draw("1", "2", parts=(10_000, 20_000)), draw("3", fen=20_000)], (one, part_of_two)),
        ([draw("1"), draw("1", "2", parts=(0, 30_000))], (one, two)),
        ([draw("1", "2"), draw("1", "2", parts=(0, 30_000))], (open_one, open_two)),
        ([draw("1", "9", parts=(30_000, 0))], None),
        ([draw("1", "9")], None),
        ([draw()], None),
    ):
        (earlier,) = sum_drawn(account, drawn)
        assert earlier.contracts == contracts, drawn


def test_a_granted_voucher_alone_is_no_earlier_one() -> None:
    assert make("granted wuhan 2022 300 2022-01-01").earlier == ()


# --- what is revoked, and other public money ---

HELD = "qualification sme {first} {last} GR-1\n"


def held_until(text: str) -> list[str]:
    """Return the last day of each qualification in the ledger of a text."""
    return [str(one.valid_to) for one in make(text).enterprise.qualifications or ()]


@pytest.mark.parametrize("first", ["-", "2021-11-15"])
@pytest.mark.parametrize("last", ["-", "2024-11-14"])
@pytest.mark.parametrize("number", ["", "GR-1"])
def test_a_revoked_qualification_ends_on_the_day_before(first: str, last: str, number: str) -> None:
    granted, revoked = HELD.format(first=first, last=last), f"revoked sme 2022-06-01 {number}\n"
    assert held_until(granted + revoked) == ["2022-05-31"]
    assert held_until(revoked + granted) == ["2022-05-31"], "in whatever order they came"


@pytest.mark.parametrize("other", ["revoked above_scale 2022-06-01", "revoked sme 2022-06-01 GR-2"])
def test_a_revocation_of_another_one_changes_nothing(other: str) -> None:
    assert held_until(HELD.format(first="2021-11-15", last="2024-11-14") + other) == ["2024-11-14"]


def test_a_revocation_after_the_last_day_changes_nothing() -> None:
    granted = HELD.format(first="2021-11-15", last="2022-05-30")
    assert held_until(granted + "revoked sme 2022-06-01") == ["2022-05-30"]


def test_the_earliest_of_two_revocations_counts() -> None:
    granted = HELD.format(first="2021-11-15", last="-")
    assert held_until(granted + "revoked sme 2022-06-01\nrevoked sme 2022-03-01") == ["2022-02-28"]


def test_what_begins_after_a_revocation_stays_and_a_number_is_void_from_its_first_day() -> None:
    granted = HELD.format(first="2022-06-01", last="-")
    assert held_until(granted + "revoked sme 2022-06-01") == ["None"]
    assert held_until(granted + "revoked sme 2022-06-02") == ["2022-06-01"]
    assert held_until(granted + "revoked sme 2022-06-01 GR-1") == []
    assert make(granted + "revoked sme 2022-06-01 GR-1").enterprise.qualifications == ()


def test_other_funding_is_in_the_case_until_it_is_reported_as_none() -> None:
    text = "funding project province 2021 5000 P-1\nfunding enterprise city 2022 1\n"
    assert make(text).other_funding == (
        OtherFunding(scope="project", ref="P-1", level="province", year=2021),
        OtherFunding(scope="enterprise", level="city", year=2022),
    )
    assert len(make(text + "funding project province 2021 0 P-1").other_funding) == 1
    assert make("").other_funding == ()
