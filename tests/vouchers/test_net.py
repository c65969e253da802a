"""Papers net of what was taken back: red invoices, payments back, corrections, amendments."""

from datetime import date
from itertools import permutations
from random import Random

import pytest

from tests.small_ledger import CODE, account_of, book_of, events, invoice_number, usage_of
from vouchers.book import Account, Book
from vouchers.case import Case, Purchase
from vouchers.case_series import cases_on
from vouchers.ledger_case import case_of
from vouchers.net import change_days, contract_on, invoices_on, payments_on
from vouchers.rating import DayUsage, rate

BASE = """
    resource a100 accelerator card 2021-12-01 0.32
    contract C-1 2022-01-01 2022-12-31 0.06 a100=12.50/card_hour
    usage a100 10 2022-07-01T00:00 2022-07-02T00:00
    invoice 1 C-1 2022-08-05 4000 226.42 2022-07-01 2022-07-31
    payment 1 2022-08-10 4000
"""
PART = "red 901 1 2022-09-01 1000 56.60\n"
REST = "red 902 1 2022-10-01 3000 169.82\n"
BACK = "back P-1-2022-08-10 1 2022-09-02 1000\n"


def account(text: str) -> Account:
    return account_of(text)[1]


def purchases(text: str, day: str) -> list[Purchase]:
    """Return the purchases of the case of a day."""
    made = case_of(*account_of(text), date.fromisoformat(day)).purchases
    assert made is not None
    return list(made)


def paid(purchase: Purchase) -> list[int | None]:
    return [one.amount_fen for one in purchase.payments or ()]


# --- red invoices and payments back ---


@pytest.mark.parametrize(
    ("day", "left"),
    [
        ("2022-08-31", [(400_000, 22_642)]),
        ("2022-09-01", [(300_000, 16_982)]),
        ("2022-09-30", [(300_000, 16_982)]),
        ("2022-10-01", []),
    ],
)
def test_a_red_invoice_counts_from_its_day(day: str, left: list[tuple[int, int]]) -> None:
    made = purchases(BASE + PART + REST, day)
    assert [(one.invoiced_fen, one.tax_fen) for one in made] == left


def test_a_red_invoice_that_the_log_does_not_know_yet_counts_for_no_day() -> None:
    log = events(BASE + PART)
    known = [len(list(invoices_on(book_of(log[:size]).account(CODE)))) for size in (4, 5, 6)]
    assert known == [1, 1, 1]
    before, after = (next(invoices_on(book_of(log[:size]).account(CODE))) for size in (5, 6))
    assert (before.amount_fen, after.amount_fen) == (400_000, 300_000)


def test_a_red_invoice_takes_back_no_more_than_there_is() -> None:
    assert purchases(BASE + PART + "red 903 1 2022-09-05 99999 1\n", "2022-12-31") == []
    (left,) = invoices_on(account(BASE + "red 903 1 2022-09-05 3999.99 0\n"))
    assert (left.amount_fen, left.tax_fen) == (1, 1), "tax is never above the total"


def test_the_same_red_invoice_twice_takes_back_once() -> None:
    again = "red 901 1 2022-09-01 1000 56.61\n"
    (left,) = invoices_on(account(BASE + PART + again))
    assert (left.amount_fen, left.tax_fen) == (300_000, 16_981)


def test_an_invoice_of_nothing_that_nobody_took_back_is_still_a_purchase() -> None:
    nothing = "invoice 2 C-1 2022-08-06 0 0 2022-07-01 2022-07-31\n"
    assert len(purchases(BASE + nothing, "2022-12-31")) == 2


@pytest.mark.parametrize(("day", "fen"), [("2022-09-01", 400_000), ("2022-09-02", 300_000)])
def test_money_back_counts_from_its_day(day: str, fen: int) -> None:
    (purchase,) = purchases(BASE + BACK, day)
    assert paid(purchase) == [fen]


def test_a_payment_that_came_back_in_full_is_none() -> None:
    text = BASE + BACK + "back P-1-2022-08-10 1 2022-09-03 3000\n"
    assert payments_on(account(text)) == {}
    assert paid(purchases(text, "2022-12-31")[0]) == []


def test_a_red_invoice_after_a_settled_voucher_shows_in_the_case() -> None:
    settled = BASE + "drawn hubei 2022 1200 2022-08-20\n"
    before, after = purchases(settled, "2022-12-31"), purchases(settled + PART, "2022-12-31")
    assert [one.invoiced_fen for one in before + after] == [400_000, 300_000]
    case = case_of(*account_of(settled + PART + REST), date(2022, 12, 31))
    assert case.purchases == ()
    assert [one.claimed_fen for one in case.earlier] == [120_000], "what was paid stays paid"


# --- corrections ---

CORRECTED = "corrected 1 C-1 2022-08-06 5000 283.02 2022-07-01 2022-07-31\n"
REPAID = "repaid P-1-2022-08-10 1 2022-08-11 5000\n"


def test_a_correction_replaces_what_was_recorded_before_it_or_after() -> None:
    base, change = events(BASE), events(CORRECTED + REPAID)
    for log in (base + change, change + base):
        one = book_of(log).account(CODE)
        assert [left.amount_fen for left in invoices_on(one)] == [500_000]
        assert [left.paid_on for left in payments_on(one)[invoice_number("1")]] == ["2022-08-11"]
        assert one.invoices_recorded[invoice_number("1")].amount_fen == 400_000


def test_a_later_correction_replaces_the_earlier() -> None:
    (left,) = invoices_on(account(BASE + CORRECTED + CORRECTED.replace("5000", "4500")))
    assert left.amount_fen == 450_000


def test_an_invoice_corrected_to_nothing_is_none() -> None:
    nothing = "corrected 1 C-1 2022-08-06 0 0 2022-07-01 2022-07-31\n"
    assert purchases(BASE + nothing, "2022-12-31") == []
    gone = "repaid P-1-2022-08-10 1 2022-08-11 0\n"
    assert payments_on(account(BASE + gone)) == {}


def test_a_red_invoice_is_taken_off_the_right_amount() -> None:
    (left,) = invoices_on(account(BASE + PART + CORRECTED))
    assert left.amount_fen == 400_000


# --- amendments ---

CHEAPER = "amended C-1 2022-07-16 2023-06-30 500000 a100=10/card_hour\n"


def charged(text: str) -> list[tuple[str, int]]:
    """Return month and fen of each line of the charge."""
    return [(line.month, line.amount_fen) for line in rate(*account_of(text)).lines]


def test_a_price_is_the_old_one_before_an_amendment_and_the_new_one_from_its_day() -> None:
    text = BASE + "usage a100 10 2022-07-15T00:00 2022-07-17T00:00\n"
    assert charged(text) == [("2022-07", 300_000 * 3)]
    assert charged(text + CHEAPER) == [("2022-07", 300_000 * 2 + 240_000)]


def test_prices_of_other_resources_stay() -> None:
    two = BASE.replace("a100=12.50/card_hour", "a100=12.50/card_hour disk=3/tb_day")
    terms = account(two + CHEAPER).contracts["C-1"].prices
    assert [(one.resource, one.unit_price, one.valid_from, one.valid_to) for one in terms] == [
        ("a100", "12.50", None, "2022-07-15"),
        ("disk", "3", None, None),
        ("a100", "10", "2022-07-16", None),
    ]


def test_a_line_that_begins_after_an_amendment_of_its_price_is_gone() -> None:
    later = BASE.replace("card_hour", "card_hour@..2022-07-31 a100=9/card_hour@2022-08-01..")
    terms = account(later + CHEAPER).contracts["C-1"].prices
    assert [(one.unit_price, one.valid_from, one.valid_to) for one in terms] == [
        ("12.50", None, "2022-07-15"),
        ("10", "2022-07-16", None),
    ]


def test_an_amount_counts_from_the_day_of_the_amendment() -> None:
    one = account(BASE + CHEAPER)
    days = ("2022-07-15", "2022-07-16")
    terms = [contract for day in days if (contract := contract_on(one, "C-1", day))]
    assert [(each.amount_fen, each.service_to) for each in terms] == [
        (100_000_000, "2022-12-31"),
        (50_000_000, "2023-06-30"),
    ]
    assert contract_on(one, "C-9", "2022-07-16") is None
    early = BASE.replace("2022-08-05", "2022-07-02") + CHEAPER
    made = [purchases(early, day)[0].contract_fen for day in days]
    assert made == [100_000_000, 50_000_000]


def test_an_amendment_that_no_contract_can_have_is_left_out() -> None:
    one = account(BASE + "amended C-1 2022-07-16 2021-12-31 - a100=10/card_hour\n")
    assert one.contracts == one.signed


def test_an_amendment_waits_for_its_contract() -> None:
    one = account(CHEAPER)
    assert one.contracts == {}
    assert one.amendments["C-1"]


# --- all together ---

WORLD = """
    resource a100 accelerator card 2021-12-01 0.32
    contract C-1 2022-01-01 2022-12-31 0.06 a100=12.50/card_hour
    usage a100 10 2022-07-10T00:00 2022-07-20T00:00 C-1
    amended C-1 2022-07-16 2023-06-30 500000 a100=10/card_hour
    amended C-1 2022-09-01 - 400000
    invoice 1 C-1 2022-08-05 4000 226.42 2022-07-01 2022-07-31
    corrected 1 C-1 2022-08-06 5000 283.02 2022-07-01 2022-07-31
    red 901 1 2022-09-01 1000 56.60
    red 902 1 2022-10-05 800 45.28
    invoice 2 C-1 2022-09-05 700 0 2022-08-01 2022-08-31
    red 903 2 2022-11-02 700 0
    payment 1 2022-08-10 4000
    repaid P-1-2022-08-10 1 2022-08-11 5000
    back P-1-2022-08-10 1 2022-09-02 1000
    payment 2 2022-09-20 700
"""
DAYS = [date(2022, month, 28) for month in range(7, 13)]


def cases(book: Book, usage: dict[str, list[DayUsage]]) -> list[Case]:
    found = book.account(CODE)
    return [case_of(book, found, usage[CODE], day) for day in DAYS]


def in_order(case: Case) -> Case:
    """Return a case with its purchases by invoice, whatever the order in which they came."""
    bought = sorted(case.purchases or (), key=lambda one: str(one.invoice))
    return Case(
        **{name: getattr(case, name) for name in case.__struct_fields__}
        | {"purchases": tuple(bought)}
    )


def test_the_order_in_which_papers_come_changes_nothing() -> None:
    log = events(WORLD)
    usage = usage_of(log)
    expected = [in_order(one) for one in cases(book_of(log), usage)]
    assert [len(one.purchases or ()) for one in expected] == [0, 1, 2, 2, 1, 1]
    random = Random(7)  # noqa: S311
    for _ in range(200):
        random.shuffle(log)
        assert [in_order(one) for one in cases(book_of(log), usage)] == expected


def test_any_order_of_an_invoice_its_correction_and_its_red_one_is_the_same() -> None:
    log = events(BASE)[-2:] + events(CORRECTED + PART + BACK)
    left = {
        tuple(
            (one.amount_fen, one.tax_fen) for one in invoices_on(book_of(list(some)).account(CODE))
        )
        for some in permutations(log)
    }
    assert left == {((400_000, 22_642),)}


def test_cases_on_successive_days_follow_the_papers() -> None:
    book, found, usage = account_of(WORLD)
    days = [date.fromordinal(DAYS[0].toordinal() + n) for n in range(150)]
    assert change_days(found) == [
        *("2022-07-16", "2022-09-01", "2022-09-02", "2022-10-05", "2022-11-02"),
    ]
    assert list(cases_on(book, found, usage, days)) == [
        case_of(book, found, usage, day) for day in days
    ]
