"""What is due when: edges of months, days and hours, years without calendar, clocks that jump."""

from collections import Counter, defaultdict

import pytest

from ledger.events import CalendarAdopted
from ledger.period import parse_instant
from ledger.text import Text
from reports.due import (
    BACKOFF_MAX_MS,
    Due,
    Holdings,
    Job,
    Slot,
    Timetable,
    backoff_ms,
    buyers,
    count_due,
    daily,
    due,
    funds,
    hourly,
    monthly,
    next_slot,
    nobody,
    once_billed,
    settled_at,
    users,
)
from vouchers.calendar import published
from vouchers.claims.calendar import WorkingDays

NAME = Text("办", "do")
SETTLE = Job("settlement", NAME, NAME, monthly, users)
REFUND = Job("subsidy", NAME, NAME, monthly, buyers)
NOTICES = Job("notice_end", NAME, NAME, daily, nobody)
SIGN = Job("checkpoint", NAME, NAME, hourly, nobody)
FUNDS = ("hubei", "wuhan")
JOBS = (SETTLE, REFUND, NOTICES, SIGN)


def at(text: str) -> int:
    return parse_instant(f"{text}:00+08:00")


def calendars(*years: int) -> WorkingDays:
    adopted = {}
    for year in years:
        days = published(year)
        assert days is not None
        adopted[year] = CalendarAdopted(
            year=year,
            off=days.off,
            worked=days.worked,
            document="x",
            digest=days.digest,
            adopted_on="2022-01-01",
            at="2022-01-01T00:00:00Z",
        )
    return WorkingDays(adopted)


HELD = Holdings(
    used={"2022-07": {"b", "a"}, "2022-09": {"a"}},
    bought={"2022-08": {"a"}},
    billed={"2022-06", "2022-07"},
    budgeted={"2022-06": {"hubei"}, "2022-08": {"hubei", "wuhan"}, "2022-10": set()},
    working_days=calendars(2022),
)


def test_a_month_is_settled_at_an_hour_of_a_working_day_of_the_next_one() -> None:
    """In October 2022 the first seven days are free, and the 8th, a Saturday, is worked."""
    cases = {1: "2022-10-08T09:00", 2: "2022-10-09T09:00", 3: "2022-10-10T09:00"}
    for working_day, expected in cases.items():
        slot = settled_at("2022-09", HELD.working_days, Timetable(working_day))
        assert slot == Slot("2022-09", at(expected))
    assert settled_at("2022-07", HELD.working_days, Timetable(1, 0)).at_ms == at("2022-08-01T00:00")


def test_without_a_calendar_a_month_is_settled_when_the_next_one_is_over() -> None:
    slot = settled_at("2022-12", HELD.working_days, Timetable())
    assert slot.at_ms == at("2023-02-01T00:00")
    assert slot.why is not None
    assert "2023" in slot.why.en
    assert "calendar" in slot.why.en


@pytest.mark.parametrize("month", ["2022-06", "2022-11", "2022-12"])
def test_the_day_is_never_later_than_where_no_calendar_says_it(month: str) -> None:
    """So that adopting a calendar brings nothing back that was done."""
    known = calendars(2022, 2023)
    for working_day in range(1, 16):
        timetable = Timetable(working_day, 23)
        assert (
            settled_at(month, known, timetable).at_ms
            < settled_at(month, calendars(), timetable).at_ms
        )


def test_months_that_were_missed_are_due_in_order_each_for_whom_it_concerns() -> None:
    found = due(at("2022-10-10T09:00"), HELD, Timetable(), [SETTLE, REFUND])
    assert [one[:3] for one in found] == [
        ("settlement", "2022-07", "a"),
        ("settlement", "2022-07", "b"),
        ("subsidy", "2022-08", "a"),
        ("settlement", "2022-09", "a"),
    ]
    before = due(at("2022-10-10T09:00") - 1, HELD, Timetable(), [SETTLE, REFUND])
    assert before == found[:3]


def test_earlier_months_than_the_centre_asks_for_are_left_alone() -> None:
    found = due(at("2022-10-10T09:00"), HELD, Timetable(since="2022-08"), [SETTLE, REFUND])
    assert [one.period for one in found] == ["2022-08", "2022-09"]


def test_a_fund_is_reported_each_month_since_it_has_a_budget_quiet_ones_too() -> None:
    report = Job("fund", NAME, NAME, monthly, funds)
    found = [one[1:3] for one in due(at("2099-01-01T00:00"), HELD, Timetable(), [report])]
    both = [(month, fund) for month in ("2022-08", "2022-09", "2022-10") for fund in FUNDS]
    assert found == [("2022-06", "hubei"), ("2022-07", "hubei"), *both]
    assert found[-1] == ("2022-10", "wuhan"), "a claim moved in October, and nothing after"


def test_a_month_that_was_used_or_billed_is_reconciled_once_for_all() -> None:
    check = Job("reconciliation", NAME, NAME, monthly, once_billed)
    found = [one[1:3] for one in due(at("2099-01-01T00:00"), HELD, Timetable(), [check])]
    assert found == [("2022-06", ""), ("2022-07", ""), ("2022-09", "")]


def test_of_days_and_hours_the_newest_alone_is_due() -> None:
    found = due(at("2022-10-10T09:30"), HELD, Timetable(), [NOTICES, SIGN])
    assert found == [
        Due("notice_end", "2022-10-10", "", at("2022-10-10T00:00")),
        Due("checkpoint", "2022-10-10T09", "", at("2022-10-10T09:00")),
    ]
    a_moment_before = due(at("2022-10-10T00:00") - 1, HELD, Timetable(), [NOTICES, SIGN])
    assert [one.period for one in a_moment_before] == ["2022-10-09", "2022-10-09T23"]


def test_a_clock_that_goes_back_finds_nothing_that_it_had_not_found() -> None:
    instants = [at(f"2022-10-10T{hour:02}:00") for hour in range(24)]
    forth = {one for now in instants for one in due(now, HELD, Timetable(), JOBS)}
    back = {one for now in reversed(instants) for one in due(now, HELD, Timetable(), JOBS)}
    assert back == forth
    assert len({one[:3] for one in forth}) == len(forth), "one instant for a name"


def test_a_clock_that_goes_far_ahead_invents_no_statement() -> None:
    found = due(at("2099-01-01T00:00"), HELD, Timetable(), [SETTLE, REFUND])
    assert {one.period for one in found} == {"2022-07", "2022-08", "2022-09"}


def test_what_is_due_is_counted_but_for_what_is_known() -> None:
    for instant in ("2022-10-10T09:00", "2022-11-11T09:00", "2099-01-01T00:00"):
        found = due(at(instant), HELD, Timetable(), JOBS)
        assert len(found) > 3
        for known in ([], found[::2], found, [*found[:2], found[0]._replace(subject="gone")]):
            of = defaultdict[tuple[str, str], list[str]](list)
            for one in known:
                of[one.kind, one.period].append(one.subject)
            left = Counter((one.kind, one.period) for one in found if one not in known)
            assert count_due(at(instant), HELD, Timetable(), JOBS, of) == left


def test_what_comes_next_is_told_of_each_job() -> None:
    now = at("2022-10-10T08:59")
    found = [next_slot(now, HELD, Timetable(), one) for one in JOBS]
    assert [one and (one.period, one.at_ms) for one in found] == [
        ("2022-09", at("2022-10-10T09:00")),
        ("2022-09", at("2022-10-10T09:00")),
        ("2022-10-11", at("2022-10-11T00:00")),
        ("2022-10-10T09", at("2022-10-10T09:00")),
    ]


def test_an_empty_ledger_settles_nothing_and_knows_the_month_that_comes() -> None:
    empty = Holdings({}, {}, (), {}, calendars(2022))
    now = at("2022-10-10T09:00")
    assert due(now, empty, Timetable(), [SETTLE, REFUND]) == []
    assert next_slot(now, empty, Timetable(), SETTLE) == Slot("2022-10", at("2022-11-03T09:00"))


def test_who_fails_waits_twice_as_long_each_time_up_to_a_limit() -> None:
    waits = [backoff_ms(attempts) for attempts in range(1, 60)]
    assert waits[:4] == [60_000, 120_000, 240_000, 480_000]
    assert waits == sorted(waits)
    assert waits[-1] == BACKOFF_MAX_MS
