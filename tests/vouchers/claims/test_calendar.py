"""Working days by adopted calendars: held against the notices, dates worked out by hand, and loops.

`NOTICES` is the State Council's word, festival by festival, with the weekends that fall into them.
"""

import random
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from ledger.errors import RuleViolationError
from ledger.events import CalendarAdopted
from ledger.events.rules import hash_calendar
from vouchers.calendar import DOCUMENTS, differing, last_published, parse_calendar, published
from vouchers.claims.calendar import WorkingDays, working_days

# Holidays from the first to the last day, then the days of weekends that are worked.
NOTICES: dict[int, tuple[str, str]] = {
    # 国办发明电〔2019〕16号; 〔2020〕1号 lets Spring Festival last through 2 February, so that the
    # Saturday of 1 February is no longer worked.
    2020: (
        "01-01/01-01 01-24/02-02 04-04/04-06 05-01/05-05 06-25/06-27 10-01/10-08",
        "01-19 04-26 05-09 06-28 09-27 10-10",
    ),
    # 国办发明电〔2020〕27号
    2021: (
        "01-01/01-03 02-11/02-17 04-03/04-05 05-01/05-05 06-12/06-14 09-19/09-21 10-01/10-07",
        "02-07 02-20 04-25 05-08 09-18 09-26 10-09",
    ),
    # 国办发明电〔2021〕11号
    2022: (
        "01-01/01-03 01-31/02-06 04-03/04-05 04-30/05-04 06-03/06-05 09-10/09-12 10-01/10-07",
        "01-29 01-30 04-02 04-24 05-07 10-08 10-09",
    ),
    # 国办发明电〔2022〕16号; its 31 December 2022 is a Saturday.
    2023: (
        "01-01/01-02 01-21/01-27 04-05/04-05 04-29/05-03 06-22/06-24 09-29/10-06",
        "01-28 01-29 04-23 05-06 06-25 10-07 10-08",
    ),
    # 国办发明电〔2023〕7号; New Year's Eve, 9 February, is only recommended.
    2024: (
        "01-01/01-01 02-10/02-17 04-04/04-06 05-01/05-05 06-10/06-10 09-15/09-17 10-01/10-07",
        "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
    ),
    # 国办发明电〔2024〕12号
    2025: (
        "01-01/01-01 01-28/02-04 04-04/04-06 05-01/05-05 05-31/06-02 10-01/10-08",
        "01-26 02-08 04-27 09-28 10-11",
    ),
    # 国办发明电〔2025〕7号
    2026: (
        "01-01/01-03 02-15/02-23 04-04/04-06 05-01/05-05 06-19/06-21 09-25/09-27 10-01/10-07",
        "01-04 02-14 02-28 05-09 09-20 10-10",
    ),
}

# The first day of a notice, the last one of five working days, and of seven.
PERIODS = [
    # Fri 17, Sun 19 worked, Mon 20, Tue 21, Wed 22 | Thu 23, then off through 2 Feb, Mon 3 Feb.
    ("2020-01-17", "2020-01-22", "2020-02-03"),
    # Fri 25, Sun 27 worked, Mon 28, Tue 29, Wed 30 | Fri 9 Oct, Sat 10 Oct worked.
    ("2020-09-25", "2020-09-30", "2020-10-10"),
    # Sun 7 worked, Mon 8, Tue 9, Wed 10, Thu 18 | Fri 19, Sat 20 worked.
    ("2021-02-07", "2021-02-18", "2021-02-20"),
    # Sun 26 worked, Mon 27, Tue 28, Wed 29, Thu 30 | Fri 8 Oct, Sat 9 Oct worked.
    ("2021-09-26", "2021-09-30", "2021-10-09"),
    # Fri 28, Sat 29 worked, Sun 30 worked, Mon 7 Feb, Tue 8 | Wed 9, Thu 10.
    ("2022-01-28", "2022-02-08", "2022-02-10"),
    # Wed 28, Thu 29, Fri 30, Sat 8 Oct worked, Sun 9 worked | Mon 10, Tue 11.
    ("2022-09-28", "2022-10-09", "2022-10-11"),
    # Thu 19, Fri 20, Sat 28 worked, Sun 29 worked, Mon 30 | Tue 31, Wed 1 Feb.
    ("2023-01-19", "2023-01-30", "2023-02-01"),
    # Wed 27, Thu 28, Sat 7 Oct worked, Sun 8 worked, Mon 9 | Tue 10, Wed 11.
    ("2023-09-27", "2023-10-09", "2023-10-11"),
    # Tue 6, Wed 7, Thu 8, Fri 9 (the Eve is worked), Sun 18 worked | Mon 19, Tue 20.
    ("2024-02-06", "2024-02-18", "2024-02-20"),
    # Sat 28 off, so from Sun 29 worked, Mon 30, Tue 8 Oct, Wed 9, Thu 10 | Fri 11, Sat 12 worked.
    ("2024-09-28", "2024-10-10", "2024-10-12"),
    # Sun 26 worked, Mon 27, Wed 5 Feb, Thu 6, Fri 7 | Sat 8 worked, Mon 10.
    ("2025-01-26", "2025-02-07", "2025-02-10"),
    # Wed 1 Oct is off, so from Thu 9, Fri 10, Sat 11 worked, Mon 13, Tue 14 | Wed 15, Thu 16.
    ("2025-10-01", "2025-10-14", "2025-10-16"),
    # Sat 14 worked, Tue 24, Wed 25, Thu 26, Fri 27 | Sat 28 worked, Mon 2 Mar.
    ("2026-02-14", "2026-02-27", "2026-03-02"),
    # Tue 29, Wed 30, Thu 8 Oct, Fri 9, Sat 10 worked | Mon 12, Tue 13.
    ("2026-09-29", "2026-10-10", "2026-10-13"),
    # No festival near: Mon to Fri | Mon, Tue.
    ("2026-07-06", "2026-07-10", "2026-07-14"),
]


def day(text: str) -> date:
    return date.fromisoformat(text)


def days_of(year: int) -> Iterator[date]:
    one = date(year, 1, 1)
    while one.year == year:
        yield one
        one += timedelta(days=1)


def adopted(year: int, off: list[date], worked: list[date]) -> CalendarAdopted:
    listed, made_up = (tuple(map(str, days)) for days in (off, worked))
    return CalendarAdopted(
        year=year,
        off=listed,
        worked=made_up,
        document="x",
        digest=hash_calendar(year, listed, made_up),
        adopted_on=f"{year}-01-01",
        at=f"{year}-01-01T00:00:00Z",
    )


def by_notice(year: int) -> CalendarAdopted:
    spans, worked = NOTICES[year]
    off = [
        one
        for one in days_of(year)
        if one.isoweekday() <= 5
        and any(a <= f"{one:%m-%d}" <= b for a, b in (span.split("/") for span in spans.split()))
    ]
    return adopted(year, off, [day(f"{year}-{one}") for one in worked.split()])


CALENDARS = {year: by_notice(year) for year in NOTICES}
DAYS = WorkingDays(CALENDARS)


@pytest.mark.parametrize("year", NOTICES)
def test_what_is_built_in_is_what_the_notice_says(year: int) -> None:
    built_in = published(year)
    assert built_in is not None
    assert (built_in.off, built_in.worked) == (CALENDARS[year].off, CALENDARS[year].worked)
    assert built_in.digest == CALENDARS[year].digest
    assert not differing(built_in, CALENDARS[year])
    assert str(year - 1) in DOCUMENTS[year]


def test_calendars_differ_by_the_days_that_only_one_of_them_moves() -> None:
    one = adopted(2023, [day("2023-01-02")], [day("2023-01-28")])
    other = adopted(2023, [day("2023-01-03")], [day("2023-01-28")])
    assert differing(one, other) == differing(other, one) == ["2023-01-02", "2023-01-03"]


def test_a_year_that_is_not_built_in_is_not_made_up() -> None:
    assert published(2003) is None
    assert published(last_published() + 1) is None


@pytest.mark.parametrize(("first", "five", "seven"), PERIODS)
def test_a_period_over_a_festival_ends_on_the_day_worked_out_by_hand(
    first: str, five: str, seven: str
) -> None:
    assert DAYS.last_day(day(first), 5) == day(five)
    assert DAYS.last_day(day(first), 7) == day(seven)


def test_every_festival_of_every_year_is_among_them() -> None:
    for year, months in ((year, months) for year in NOTICES for months in ("12", "90")):
        mine = [first for first, _, _ in PERIODS if first.startswith(f"{year}-")]
        assert any(first[6] in months for first in mine), (year, months)


def test_the_first_day_counts_and_make_up_days_do() -> None:
    assert DAYS.last_day(day("2026-07-06"), 1) == day("2026-07-06")
    assert DAYS.last_day(day("2026-07-04"), 1) == day("2026-07-06"), "a Saturday does not"
    assert DAYS.last_day(day("2026-10-10"), 1) == day("2026-10-10"), "a worked one does"
    assert DAYS.is_working_day(day("2026-09-20"))
    assert not DAYS.is_working_day(day("2026-09-27"))
    assert not DAYS.is_working_day(day("2026-10-01"))
    assert DAYS.is_working_day(day("2026-09-30"))


def test_waiting_begins_the_day_after() -> None:
    assert DAYS.waited(day("2026-07-06"), day("2026-07-06")) == 0
    assert DAYS.waited(day("2026-07-03"), day("2026-07-06")) == 1, "Friday to Monday"
    assert DAYS.waited(day("2026-07-06"), day("2026-07-03")) == 0
    assert DAYS.waited(day("2025-12-31"), day("2026-01-04")) == 1, "Sunday 4 January is worked"
    assert DAYS.waited(day("2026-07-06"), day("2025-07-03")) == 0


def test_a_year_without_a_calendar_is_refused_with_the_remedy() -> None:
    asked = (
        (lambda: DAYS.is_working_day(day("2027-01-04")), "2027-01-04"),
        # Tue 29, Wed 30, Thu 31 December, and then?
        (lambda: DAYS.last_day(day("2026-12-29"), 5), "2026-12-29"),
        (lambda: DAYS.waited(day("2026-12-29"), day("2027-01-04")), "2026-12-29"),
        (lambda: DAYS.digests(day("2026-12-29"), day("2027-01-04")), "2026-12-29"),
    )
    for ask, named in asked:
        with pytest.raises(RuleViolationError) as refused:
            ask()
        assert refused.value.code == "no_calendar"
        assert named in refused.value.message.en
        assert "2027" in refused.value.message.zh
        assert refused.value.next_step.zh.endswith("suanquan calendar adopt 2027")


def test_a_period_that_ends_with_the_year_needs_no_other_calendar() -> None:
    assert DAYS.last_day(day("2026-12-29"), 3) == day("2026-12-31")
    over = WorkingDays({2021: CALENDARS[2021], 2022: CALENDARS[2022]})
    # Thu 30, Fri 31, Tue 4 January (Monday makes up for New Year's Saturday), Wed 5, Thu 6.
    assert over.last_day(day("2021-12-30"), 5) == day("2022-01-06")
    used = over.digests(day("2021-12-30"), day("2022-01-06"))
    assert used == (CALENDARS[2021].digest, CALENDARS[2022].digest)


def test_counting_agrees_with_a_loop_over_random_calendars() -> None:
    draw = random.Random(3)  # noqa: S311 - a test's own, seeded
    for _ in range(60):
        calendars = {}
        for year in (2022, 2023):
            days = list(days_of(year))
            moved = sorted(draw.sample(days, 40))
            off = [one for one in moved if one.isoweekday() <= 5]
            calendars[year] = adopted(year, off, [one for one in moved if one.isoweekday() > 5])
        counting = WorkingDays(calendars)
        worked = {one for calendar in calendars.values() for one in working_days(calendar)}
        for one in days_of(2022):
            moved_days = {*calendars[2022].off, *calendars[2022].worked}
            assert (one in worked) == ((one.isoweekday() <= 5) != (str(one) in moved_days))
            assert counting.is_working_day(one) == (one in worked)
        for _ in range(20):
            first = draw.choice(list(days_of(2022)))
            length = draw.randint(1, 60)
            last, left = first - timedelta(days=1), length
            while left:
                last += timedelta(days=1)
                left -= last in worked
            assert counting.last_day(first, length) == last
            assert counting.waited(first, last) == length - (first in worked)


def test_a_file_is_read_in_any_order() -> None:
    written = parse_calendar(
        '{"year": 2023, "off": ["2023-01-23", "2023-01-02"], "document": "x号"}'.encode()
    )
    assert written.days == (2023, ("2023-01-02", "2023-01-23"), ())
    assert written.document == "x号"
