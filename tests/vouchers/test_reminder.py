"""Reminders by adopted calendars, on the days before, on and after each edge."""

from datetime import date, timedelta

import pytest

from ledger.events import VoucherDrawn, VoucherGranted, VoucherLapsed
from ledger.period import DAY
from tests.small_ledger import CODE, book_of, events, invoice_number
from tests.vouchers.claims.test_notice import calendar
from vouchers.book import Account, Book
from vouchers.catalogue import select_programmes
from vouchers.claims.calendar import WorkingDays
from vouchers.reminder import Deadline, Reminder, deadlines_of, remind
from vouchers.window import closing_after

PROGRAMMES = select_programmes(["hubei", "wuhan", "east_lake"])

DAYS = WorkingDays({year: calendar(year) for year in (2022, 2023)})

# Wuhan takes the claims of 2022 through Friday, 31 March 2023.
CLOSES = date(2023, 3, 31)

PURCHASE = """
    enterprise 420100 华智科技
    contract   C-1 2022-03-01 2022-12-31 0.06 a100=12.50/card_hour
    invoice    1 C-1 2022-08-05 300000 16981.13 2022-07-01 2022-07-31
    invoice    2 C-1 2023-01-05 300000 16981.13 2022-12-01 2022-12-31
"""


def account_with(*said: VoucherGranted | VoucherDrawn | VoucherLapsed) -> Account:
    book: Book = book_of(events(PURCHASE))
    for one in said:
        book.take(one, CODE)
    return book.account(CODE)


def found_on(today: date, *said: VoucherGranted | VoucherDrawn | VoucherLapsed) -> list[Reminder]:
    return remind(deadlines_of(account_with(*said), PROGRAMMES, today), today, DAYS)


WINDOW = Deadline("window", "wuhan", 2022, CLOSES, invoices=(invoice_number("1"),))


@pytest.mark.parametrize(
    ("today", "left"),
    [
        # After Friday, the 17th, come two whole weeks of five working days.
        (date(2023, 3, 17), 10),
        (date(2023, 3, 19), 10),
        (date(2023, 3, 29), 2),
        (date(2023, 3, 30), 1),
        (date(2023, 3, 31), 0),
    ],
)
def test_a_window_is_told_of_ten_working_days_before_it_closes(today: date, left: int) -> None:
    assert found_on(today) == [Reminder(WINDOW, left)]


@pytest.mark.parametrize("today", [date(2023, 3, 16), date(2023, 4, 1), date(2022, 12, 1)])
def test_a_window_is_not_told_of_before_nor_after(today: date) -> None:
    assert found_on(today) == []


def test_the_second_reminder_comes_two_working_days_before() -> None:
    told = [found_on(date(2023, 3, day))[0].is_last for day in (28, 29)]
    assert told == [False, True]


def test_a_window_is_nobodys_business_once_all_invoices_are_claimed() -> None:
    drawn = VoucherDrawn("wuhan", 2022, 100, "2023-02-01", "0" * 64, (invoice_number("1"),))
    assert found_on(date(2023, 3, 24), drawn) == []
    other = VoucherDrawn("hubei", 2022, 100, "2023-02-01", "0" * 64, (invoice_number("1"),))
    assert found_on(date(2023, 3, 24), other) == [Reminder(WINDOW, 5)]


def granted(programme: str = "hubei", year: int = 2022) -> VoucherGranted:
    return VoucherGranted(programme, year, 500, f"{year}-03-01")


def test_the_rest_of_a_voucher_is_told_before_its_last_day() -> None:
    drawn = VoucherDrawn("hubei", 2022, 300, "2022-08-01", "0" * 64)
    rest = Deadline("voucher", "hubei", 2022, date(2022, 12, 31), 200)
    assert found_on(date(2022, 12, 16), granted(), drawn) == [Reminder(rest, 10)]
    assert found_on(date(2022, 12, 29), granted(), drawn) == [Reminder(rest, 1)]
    assert found_on(date(2022, 12, 15), granted(), drawn) == []
    assert found_on(date(2023, 1, 1), granted(), drawn) == []


def test_a_voucher_of_which_nothing_is_left_is_not_told() -> None:
    today = date(2022, 12, 20)
    assert len(found_on(today, granted())) == 1
    assert found_on(today, granted(), VoucherDrawn("hubei", 2022, 500, "2022-08-01", "0")) == []
    assert found_on(today, granted(), VoucherLapsed("hubei", 2022, 500, "2022-12-20")) == []


def test_nothing_is_counted_by_a_calendar_that_nobody_adopted() -> None:
    deadlines = [Deadline("voucher", "hubei", 2024, date(2024, 12, 31), 100)]
    months = {ahead: date(2024, 12, 31) - ahead * DAY for ahead in (0, 31, 32)}
    told = {ahead: remind(deadlines, today, DAYS) for ahead, today in months.items()}
    assert told == {0: [Reminder(deadlines[0], None)], 31: [Reminder(deadlines[0], None)], 32: []}
    assert not told[0][0].is_last


def test_ten_working_days_never_take_longer_than_is_waited_without_a_calendar() -> None:
    every = WorkingDays({year: calendar(year) for year in range(2020, 2027)})
    day, longest = date(2020, 1, 1), timedelta(0)
    while day.year < 2026:
        longest = max(longest, every.last_day(day + DAY, 10) - day)
        day += DAY
    assert longest == timedelta(days=22)


def test_no_deadline_is_over_and_no_window_has_yet_to_open() -> None:
    account = account_with(granted())
    over, today = date(2023, 1, 1), date(2022, 12, 31)
    assert [one.what for one in deadlines_of(account, PROGRAMMES, today)] == ["voucher"]
    assert list(deadlines_of(account, PROGRAMMES, over)) == []
    wuhan = next(one.versions[-1] for one in PROGRAMMES if one.id == "wuhan")
    found = {day: list(closing_after(wuhan, date(2022, 3, day))) for day in (17, 18, 31)}
    open_window = [(2021, date(2022, 3, 31))]
    assert found == {17: [], 18: open_window, 31: open_window}
    assert list(closing_after(wuhan, date(2022, 4, 1))) == []


def test_the_nearest_comes_first() -> None:
    today = date(2022, 12, 20)
    both = found_on(today, granted("hubei"), granted("east_lake"))
    assert [one.deadline.programme for one in both] == ["east_lake", "hubei"]
