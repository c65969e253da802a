"""Cases on successive days: what `case_of` builds on each, with usage by days or by months."""

from datetime import date
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.period import last_day, months_between
from tests.small_ledger import account_of
from vouchers.case_series import cases_on, is_monthly
from vouchers.ledger_case import case_of
from vouchers.rating import DayUsage

BASE = """
    resource a100 accelerator card 2021-12-01 0.32
    resource disk storage tb 2021-12-01
    enterprise 420100 武汉某智能科技有限公司
    contract C-1 2022-01-01 2022-12-31 0.06 a100=12.50/card_hour disk=12.50/tb_day
    declaration 2022
    qualification technology_sme 2022-04-01
"""
LEDGER = """
    usage a100 10 2022-01-30T00:00 2022-02-02T12:00 C-1
    usage disk 80 2022-02-03T00:00 2022-02-05T00:00
    usage a100 2.125 2022-03-01T07:00 2022-03-09T00:00
    invoice 1 C-1 2022-02-05 4000 226.42 2022-01-01 2022-02-28
    invoice 2 C-1 2022-03-05 5000 283.02 2022-03-01 2022-03-31
    invoice 3 C-2 2022-03-06 700 0 2022-03-01 2022-03-31
    payment 1 2022-02-10 1000
    payment 2 2022-04-10 5000
    payment 1 2022-04-11 3000
"""
DAYS = [last_day(month) for month in months_between("2022-01", "2022-06")]


def by_months(usage: list[DayUsage]) -> list[DayUsage]:
    """Return daily usage summed as if all of a month were on its last day."""
    summed = []
    for key, rows in groupby(sorted(usage), lambda row: (*row[0][:3], row[0][3][:7])):
        end = last_day(key[3]).isoformat()
        summed.append(((*key[:3], end), sum(quantity for _, quantity in rows)))
    return summed


def test_each_case_is_that_of_its_day() -> None:
    book, account, usage = account_of(BASE + LEDGER)
    made = list(cases_on(book, account, usage, DAYS))
    assert made == [case_of(book, account, usage, day) for day in DAYS]
    assert [len(case.purchases or ()) for case in made] == [0, 2, 4, 4, 4, 4]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a100", "disk", "unlisted"]),
            st.integers(1, 88),
            st.integers(1, 9),
            st.sampled_from(["C-1", "C-2", ""]),
        ),
        max_size=8,
    ),
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3)), max_size=4),
)
def test_months_say_what_their_days_say(
    used: list[tuple[str, int, int, str]], invoiced: list[tuple[int, int]]
) -> None:
    lines = [BASE]
    for resource, start, days, contract in used:
        first = date.fromordinal(date(2022, 1, 1).toordinal() + start)
        last = date.fromordinal(first.toordinal() + days)
        lines.append(f"usage {resource} {days}.5 {first}T00:00 {last}T13:00 {contract}")
    for number, (first_month, length) in enumerate(invoiced, start=1):
        last = last_day(f"2022-{first_month + length - 1:02d}")
        period = f"2022-{first_month:02d}-01 {last}"
        lines.append(f"invoice {number} C-1 2022-0{first_month + 1}-05 {number}99.99 9 {period}")
        lines.append(f"payment {number} 2022-05-0{number} 77.77")
    book, account, usage = account_of("\n".join(lines))
    summed = by_months(usage)
    assert is_monthly(book, account, summed)
    made = list(cases_on(book, account, summed, DAYS))
    assert made == [case_of(book, account, usage, day) for day in DAYS]


@pytest.mark.parametrize(
    "line",
    [
        "invoice 9 C-1 2022-03-20 500 0 2022-03-01 2022-03-15",
        "invoice 9 C-1 2022-03-20 500 0 2022-02-15 2022-03-31",
        "contract C-2 2022-01-01 2022-12-31 0.06 a100=9/card_hour@2022-03-16..",
        "contract C-2 2022-01-01 2022-12-31 0.06 a100=9/card_hour@..2022-03-16",
        "contract C-2 2022-01-15 2022-12-31 0.06 a100=9/card_hour",
        "resource a100 accelerator card 2022-03-16 0.4",
    ],
)
def test_what_changes_within_a_month_asks_for_days(line: str) -> None:
    book, account, usage = account_of(BASE + LEDGER + line)
    assert not is_monthly(book, account, by_months(usage))


def test_a_contracts_dates_do_not_matter_where_all_usage_names_one() -> None:
    text = "usage a100 10 2022-01-30T00:00 2022-02-02T12:00 C-1\n"
    late = "contract C-2 2022-01-15 2022-12-31 0.06 a100=9/card_hour"
    book, account, usage = account_of(BASE + text + late)
    assert is_monthly(book, account, by_months(usage))


def test_vouchers_count_that_were_drawn_before_the_first_month() -> None:
    drawn = "drawn hubei 2022 600 2022-01-31\ndrawn wuhan 2022 900 2022-02-01"
    book, account, usage = account_of(BASE + LEDGER + drawn)
    (case,) = cases_on(book, account, usage, [date(2022, 2, 28)])
    assert [(one.programme, one.claimed_fen) for one in case.earlier] == [("hubei", 60_000)]
