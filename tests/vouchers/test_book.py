"""The book is a fold: each event type lands where it belongs, and the later one wins."""

from collections.abc import Callable
from typing import Any

import pytest

from ledger.codec import encode
from ledger.events import (
    TYPES,
    CalendarAdopted,
    DocumentFiled,
    StatementIssued,
    VoucherDrawn,
    VoucherLapsed,
    VoucherReleased,
)
from ledger.events.rules import hash_calendar
from tests.small_ledger import CODE, SALT, account_of, book_of, events, invoice_number
from vouchers.book import Account, Book

OTHER = "91420100MA49P8T68D"

EVERY_TYPE = """
    resource      a100 accelerator card 2021-12-01 0.32
    enterprise    420100 华智科技
    qualification high_tech_enterprise 2021-01-01
    revoked       high_tech_enterprise 2023-01-01
    domicile      east-lake 2021-01-01
    funding       project city 2021 5000 P-1
    fact          sales_fen 2021 100
    declaration   2022
    contract      C-1 2022-01-01 2022-12-31 0.06 a100=12.50/card_hour
    invoice       1 C-1 2022-08-05 600 33.96 2022-07-01 2022-07-31
    payment       1 2022-08-10 600
    amended       C-9 2022-10-01 2023-06-30 500000 a100=11/card_hour
    corrected     9 C-1 2022-08-05 500 28.30 2022-07-01 2022-07-31
    red           901 9 2022-09-01 100 5.66
    repaid        P-9 9 2022-08-11 500
    back          P-9 9 2022-09-02 100
    granted       wuhan 2022 100000 2022-12-31
    drawn         wuhan 2022 300 2022-12-31
"""

STATEMENT = StatementIssued(
    statement="SQ-C-2022-07-1",
    kind="compute",
    period="2022-07",
    revision=1,
    sizes={"usage": 1, "book": 1},
    rules="",
    renderer="pdf/1",
    total_fen=0,
    values_sha256="",
    pdf_sha256="",
)


def test_every_event_about_an_enterprise_lands_in_its_account() -> None:
    log = [*events(EVERY_TYPE), encode("urn:test", "s-1", CODE, STATEMENT, SALT)]
    account = book_of(log).account(CODE)
    held = [
        account.registered,
        *account.qualifications,
        *account.revocations,
        *account.domiciles,
        *account.funding.values(),
        *account.facts.values(),
        *account.declarations.values(),
        *account.signed.values(),
        *account.invoices_recorded.values(),
        *account.payments_recorded.values(),
        *account.amendments["C-9"].values(),
        *account.invoice_corrections.values(),
        *account.red_invoices.values(),
        *account.payment_corrections.values(),
        *account.payments_back.values(),
        *account.granted.values(),
        *account.drawn,
        *account.statements,
    ]
    assert held == [event.data for event in log[1:]]
    booked = {one for one in TYPES.values() if one.log == "book" and one.about_enterprise}
    booked -= {VoucherReleased, VoucherLapsed, DocumentFiled}
    # Personal data and their erasure are the roster's, claims the books', answers of their own.
    names = ("people", "claims", "claim_steps", "answers")
    elsewhere = {f"ledger.events.{name}" for name in names}
    booked -= {one for one in booked if one.__module__ in elsewhere}
    assert {type(one) for one in held} == booked


def test_what_a_claim_gives_back_is_drawn_no_more() -> None:
    drawn = VoucherDrawn(
        programme="wuhan",
        year=2022,
        amount_fen=300,
        drawn_on="2022-12-01",
        version="0" * 64,
        claim="SQ-1",
    )
    said: dict[str, Any] = {
        "programme": "wuhan",
        "year": 2022,
        "claim": "SQ-1",
        "released_on": "2022-12-02",
    }
    book = Book()
    for number, data in enumerate(
        (drawn, VoucherReleased(**said, amount_fen=100), VoucherReleased(**said, amount_fen=200))
    ):
        book.apply(encode("urn:test", str(number), CODE, data, SALT))
        left = {0: 300, 1: 200, 2: 0}[number]
        assert book.account(CODE).drawn_fen("wuhan", 2022) == left
    lapsed = VoucherLapsed(programme="wuhan", year=2022, amount_fen=300, lapsed_on="2022-12-31")
    book.apply(encode("urn:test", "9", CODE, lapsed, SALT))
    assert book.account(CODE).lapsed["wuhan", 2022] == lapsed


def test_a_resource_belongs_to_no_enterprise() -> None:
    book = book_of(events(EVERY_TYPE))
    assert set(book.accounts) == {CODE}
    assert book.resources["a100"].pflops == "0.32"


def test_what_one_enterprise_does_is_not_in_the_account_of_another() -> None:
    book = book_of(events(EVERY_TYPE), events("fact sales_fen 2021 7", OTHER))
    assert book.account(CODE).facts["sales_fen", 2021].value == 100
    assert book.account(OTHER).facts["sales_fen", 2021].value == 7
    assert book.account(OTHER).contracts == {}


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        ("enterprise 420100 新名称", lambda one: one.name == "新名称"),
        ("fact sales_fen 2021 7", lambda one: one.facts["sales_fen", 2021].value == 7),
        (
            "funding project city 2021 0 P-1",
            lambda one: [paid.amount_fen for paid in one.funding.values()] == [0],
        ),
        ("declaration 2022 related", lambda one: one.declarations[2022].related_party),
        (
            "contract C-1 2022-01-01 2022-12-31 0.06 a100=9/card_hour",
            lambda one: [price.unit_price for price in one.contracts["C-1"].prices] == ["9"],
        ),
        (
            "invoice 1 C-1 2022-08-06 500 28.30 2022-07-01 2022-07-31",
            lambda one: one.invoices[invoice_number("1")].amount_fen == 50_000,
        ),
        (
            "payment 1 2022-08-11 500 P-1-2022-08-10",
            lambda one: one.payments["P-1-2022-08-10"].amount_fen == 50_000,
        ),
        (
            "granted wuhan 2022 500 2022-12-31",
            lambda one: one.granted["wuhan", 2022].quota_fen == 50_000,
        ),
    ],
)
def test_a_later_event_about_the_same_thing_replaces_the_earlier(
    line: str, holds: Callable[[Account], bool]
) -> None:
    log, later = events(EVERY_TYPE), events(line)
    assert not holds(book_of(log).account(CODE))
    assert holds(book_of(log, later).account(CODE))


def test_draws_and_qualifications_add_up() -> None:
    _, account, _ = account_of(
        EVERY_TYPE
        + """
        drawn         wuhan 2022 50 2023-03-20
        drawn         wuhan 2023 7 2023-12-31
        drawn         hubei 2022 9 2022-12-31
        qualification above_scale 2021-01-01
        """
    )
    assert account.drawn_fen("wuhan", 2022) == 35_000
    assert account.drawn_fen("wuhan", 2022, "2023-03-19") == 30_000
    assert account.drawn_fen("wuhan", 2022, "2023-03-20") == 35_000
    assert account.drawn_fen("east_lake", 2022) == 0
    assert [held.kind for held in account.qualifications] == ["high_tech_enterprise", "above_scale"]


def test_usage_and_batches_say_nothing_about_the_book() -> None:
    book = book_of(events("usage a100 8 2022-07-01T00:00 2022-07-02T00:00"))
    assert book.accounts == {}


def test_an_account_that_was_never_opened_is_empty_and_goes_by_its_code() -> None:
    book = Book()
    assert book.account(CODE) == Account(CODE)
    assert book.account(CODE).name == CODE
    assert book.accounts == {}, "asking opens none"


def test_a_listing_holds_from_its_day_until_the_next_one() -> None:
    book = book_of(
        events("""
        resource a100 accelerator card 2022-07-01 0.64
        resource a100 accelerator card 2022-01-01 0.32
        """)
    )
    shown = {
        day: listed.pflops if (listed := book.listing_on("a100", day)) else None
        for day in ("2021-12-31", "2022-01-01", "2022-06-30", "2022-07-01", "2023-01-01")
    }
    assert list(shown.values()) == [None, "0.32", "0.32", "0.64", "0.64"]
    assert book.listing_on("h100", "2022-07-01") is None


def test_a_listing_from_the_same_day_is_a_correction() -> None:
    lines = "resource a100 accelerator card 2022-01-01 0.23\n"
    lines += "resource a100 accelerator card 2022-01-01 0.32"
    listed = book_of(events(lines)).listing_on("a100", "2022-01-01")
    assert listed is not None
    assert listed.pflops == "0.32"


def test_the_last_calendar_of_a_year_counts() -> None:
    def calendar(year: int, off: tuple[str, ...]) -> CalendarAdopted:
        return CalendarAdopted(
            year=year,
            off=off,
            worked=(),
            document="x",
            digest=hash_calendar(year, off, ()),
            adopted_on="2022-12-09",
            at="2022-12-09T00:00:00Z",
        )

    first = calendar(2022, ("2022-01-03",))
    other = calendar(2023, ("2023-01-02",))
    extended = calendar(2022, ("2022-01-03", "2022-01-04"))
    log = [
        encode("urn:test", str(number), "", data, SALT)
        for number, data in enumerate((first, other, extended))
    ]
    book = Book(log)
    assert book.calendars == {2022: extended, 2023: other}
    assert book.without_accounts().calendars == book.calendars
