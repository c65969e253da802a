"""The working days of a year: from the library that follows the State Council's notices, or a file.

The one file that knows `chinesecalendar`. What it says counts for nothing until the book has
adopted it: `vouchers.claims.calendar` reads the book alone.
"""

from datetime import date
from typing import Final, NamedTuple

import chinese_calendar
from msgspec import Struct

from ledger.events import CalendarAdopted
from ledger.events.rules import SATURDAY, hash_calendar
from ledger.period import DAY
from vouchers.strict_json import decode

DOCUMENTS: Final = {
    2020: "国办发明电〔2019〕16号、〔2020〕1号",
    2021: "国办发明电〔2020〕27号",
    2022: "国办发明电〔2021〕11号",
    2023: "国办发明电〔2022〕16号",
    2024: "国办发明电〔2023〕7号",
    2025: "国办发明电〔2024〕12号",
    2026: "国办发明电〔2025〕7号",
}
"""The notices by which each year's days were set; those of 2020 were extended in January."""


class Days(NamedTuple):
    """A year's holidays from Monday to Friday, and the days of its weekends that are worked."""

    year: int
    off: tuple[str, ...]
    worked: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Return what the days hash to."""
        return hash_calendar(*self)


class CalendarFile(Struct, frozen=True):
    """A calendar as somebody wrote it down from the notice."""

    year: int
    off: tuple[date, ...]
    worked: tuple[date, ...] = ()
    document: str | None = None

    @property
    def days(self) -> Days:
        """Return the days in their order."""
        off, worked = (
            tuple(day.isoformat() for day in sorted(days)) for days in (self.off, self.worked)
        )
        return Days(self.year, off, worked)


def parse_calendar(raw: bytes) -> CalendarFile:
    """Return the calendar of a JSON file; raises what `strict_json.decode` does."""
    return decode(raw, CalendarFile)


def last_published() -> int:
    """Return the last year whose notice the library knows."""
    last: date = max(chinese_calendar.holidays)
    return last.year


def published(year: int) -> Days | None:
    """Return a year's days by the State Council's notice, None where the library has none."""
    if not any(day.year == year for day in chinese_calendar.holidays):
        return None
    first = date(year, 1, 1)
    days = [first + number * DAY for number in range((date(year + 1, 1, 1) - first).days)]
    # The library's word on each day, kept only where it is not what the week says.
    moved = [day for day in days if chinese_calendar.is_workday(day) != (day.weekday() < SATURDAY)]
    return Days(
        year,
        tuple(day.isoformat() for day in moved if day.weekday() < SATURDAY),
        tuple(day.isoformat() for day in moved if day.weekday() >= SATURDAY),
    )


def differing(one: Days | CalendarAdopted, other: Days | CalendarAdopted) -> list[str]:
    """Return the days that are worked by one of two calendars of a year only, in order."""
    return sorted({*one.off, *one.worked} ^ {*other.off, *other.worked})
