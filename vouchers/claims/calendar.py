"""Working days, counted by the calendars that the book has adopted.

A day of a year without an adopted calendar is neither worked nor free: whoever asks for one, or for
a period that runs into such a year, is refused and told what to adopt. Nothing is guessed from the
days of the week, for a notice of a few days may stand or fall with one make-up Saturday.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from datetime import date

from ledger.errors import RuleViolationError
from ledger.events import CalendarAdopted
from ledger.events.rules import SATURDAY
from ledger.period import DAY
from ledger.text import Text


class WorkingDays:
    """The working days of the years whose calendar is adopted: `Book.calendars`."""

    def __init__(self, adopted: Mapping[int, CalendarAdopted]) -> None:
        self._adopted = adopted
        self._years: dict[int, list[date]] = {}

    def is_working_day(self, day: date) -> bool:
        """Return whether a day is worked; raises `RuleViolationError` (`no_calendar`)."""
        days = self._year(day.year, day)
        at = bisect_left(days, day)
        return at < len(days) and days[at] == day

    def last_day(self, first_day: date, working_days: int) -> date:
        """Return the last day of a period of so many working days, one at least.

        The first day counts where it is worked; where it is not, the count begins with the next
        day that is. Raises `RuleViolationError` (`no_calendar`).
        """
        assert working_days > 0, working_days
        year, left = first_day.year, working_days
        while True:
            days = self._year(year, first_day)
            at = bisect_left(days, first_day)
            if left <= len(days) - at:
                return days[at + left - 1]
            left -= len(days) - at
            year += 1

    def waited(self, since: date, until: date) -> int:
        """Return how many working days have come since a day: after it, up to and on another.

        What came in today has waited none, what came in on Friday one on Monday. Zero where the
        other day is earlier. Raises `RuleViolationError` (`no_calendar`).
        """
        return sum(
            max(0, bisect_right(days, until) - bisect_right(days, since))
            for days in (self._year(year, since) for year in range(since.year, until.year + 1))
        )

    def digests(self, first_day: date, last_day: date) -> tuple[str, ...]:
        """Return the digests of the calendars by which a period's days are counted, by year."""
        years = range(first_day.year, last_day.year + 1)
        for year in years:
            self._year(year, first_day)
        return tuple(self._adopted[year].digest for year in years)

    def _year(self, year: int, since: date) -> list[date]:
        """Return a year's working days in order, for a count that began on a day."""
        if year not in self._years:
            if year not in self._adopted:
                raise _no_calendar(year, since)
            self._years[year] = working_days(self._adopted[year])
        return self._years[year]


def working_days(adopted: CalendarAdopted) -> list[date]:
    """Return the working days of an adopted calendar in order."""
    first, off, worked = date(adopted.year, 1, 1), set(adopted.off), set(adopted.worked)
    days = (first + number * DAY for number in range(366))
    return [
        day
        for day in days
        if day.year == adopted.year
        and (day.isoformat() not in off if day.weekday() < SATURDAY else day.isoformat() in worked)
    ]


def _no_calendar(year: int, since: date) -> RuleViolationError:
    """Return the refusal of a day, or of a count that began earlier, in a year without calendar."""
    runs = since.year != year
    return RuleViolationError(
        "no_calendar",
        Text(
            f"自 {since} 起的期限进入 {year} 年，该年工作日历尚未采纳"
            if runs
            else f"{since} 所在的 {year} 年工作日历尚未采纳",
            f"the period from {since} runs into {year}, of which no calendar is adopted"
            if runs
            else f"{since}: no calendar of {year} is adopted",
        ),
        Text(
            f"请先运行 suanquan calendar adopt {year}",
            f"adopt it first: suanquan calendar adopt {year}",
        ),
    )
