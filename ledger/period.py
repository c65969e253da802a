"""Time as half-open periods: instants in UTC milliseconds, days and months in the centre's zone.

An instant is an integer of milliseconds since 1970-01-01T00:00:00Z, the finest that an event may
carry. A policy day runs from midnight to midnight in the centre's zone; a month is a key `2022-07`.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from ledger.errors import InvalidInputError
from ledger.text import Text

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)
DAY: Final = timedelta(days=1)
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS

# Every public centre in China keeps Beijing time; policy days and months are cut in it.
ZONE: Final = ZoneInfo("Asia/Shanghai")

_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?(?:Z|[+-]\d\d:[0-5]\d)", re.ASCII
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


def parse_instant(text: str) -> int:
    """Return the UTC milliseconds of an RFC 3339 date-time with `Z` or an offset.

    Raises `InvalidInputError` (code `bad_instant`): naive, finer than a millisecond, out of range.
    """
    if _INSTANT.fullmatch(text) is not None:
        try:
            # In UTC, where the years end too: what is read can be rendered.
            return to_ms(datetime.fromisoformat(text).astimezone(UTC))
        except (ValueError, OverflowError):
            pass
    raise InvalidInputError(
        "bad_instant",
        Text(
            f"不是合法的时刻：{text[:60]!r}",
            f"not an RFC 3339 instant with a zone, in whole milliseconds: {text[:60]!r}",
        ),
        Text(
            "请写成 2022-07-01T08:00:00+08:00 或 2022-07-01T00:00:00Z，最细到毫秒",
            "write 2022-07-01T08:00:00+08:00 or 2022-07-01T00:00:00Z, to the millisecond at most",
        ),
    )


def to_ms(instant: datetime) -> int:
    """Return the UTC milliseconds of an aware datetime in whole milliseconds."""
    return (instant - EPOCH) // MILLISECOND


def to_datetime(instant_ms: int) -> datetime:
    """Return the aware UTC datetime of an instant."""
    return EPOCH + instant_ms * MILLISECOND


def render_instant(instant_ms: int) -> str:
    """Return an instant as RFC 3339 in UTC, with milliseconds only where there are any."""
    precision = "milliseconds" if instant_ms % 1000 else "seconds"
    text = to_datetime(instant_ms).isoformat(timespec=precision)
    return text.replace("+00:00", "Z")


def render_local(instant_ms: int) -> str:
    """Return an instant in the zone of the centre, to the second."""
    return to_datetime(instant_ms).astimezone(ZONE).isoformat(timespec="seconds")


def parse_date(text: str) -> date:
    """Return the date of `2022-07-01`; `InvalidInputError` (code `bad_date`) otherwise."""
    if _DATE.fullmatch(text) is not None:
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise InvalidInputError(
        "bad_date",
        Text(f"不是合法的日期：{text[:40]!r}", f"not a date: {text[:40]!r}"),
        Text("请写成 2022-07-01", "write it like 2022-07-01"),
    )


def parse_month(text: str) -> str:
    """Return the month key as given; `InvalidInputError` (code `bad_month`) otherwise."""
    if _MONTH.fullmatch(text) is None or text < "0001":
        raise InvalidInputError(
            "bad_month",
            Text(f"不是合法的月份：{text[:40]!r}", f"not a month: {text[:40]!r}"),
            Text("请写成 2022-07", "write it like 2022-07"),
        )
    return text


def days_of_month(month: str) -> Iterator[date]:
    """Yield the days of a month in order."""
    first = date.fromisoformat(month + "-01")
    _, length = monthrange(first.year, first.month)
    for number in range(1, length + 1):
        yield first.replace(day=number)


def months_between(first: str, last: str) -> Iterator[str]:
    """Yield the months from the first to the last, both included; none if the last is earlier."""
    begin, end = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in (first, last))
    for number in range(begin, end + 1):
        yield f"{number // 12:04d}-{number % 12 + 1:02d}"


def last_day(month: str) -> date:
    """Return the last day of a month."""
    year, number = int(month[:4]), int(month[5:])
    return date(year, number, monthrange(year, number)[1])


@lru_cache(maxsize=8192)
def midnight_ms(day: date) -> int:
    """Return the instant at which a policy day begins."""
    return to_ms(datetime(day.year, day.month, day.day, tzinfo=ZONE))


@lru_cache(maxsize=65536)
def day_of_hour(hour: int) -> tuple[str, int]:
    """Return the policy day that holds a whole UTC hour, and the instant at which it ends.

    The zone's offset has been whole hours since 1901, so an hour never lies in two days.
    """
    day = to_datetime(hour * HOUR_MS).astimezone(ZONE).date()
    return day.isoformat(), midnight_ms(day + DAY)


def day_of(instant_ms: int) -> str:
    """Return the policy day that holds an instant, as `2022-07-01`."""
    return day_of_hour(instant_ms // HOUR_MS)[0]


def cut_by_day(start_ms: int, end_ms: int) -> list[tuple[str, int]]:
    """Return `(day, milliseconds)` of a half-open period, cut exactly at the zone's midnights."""
    day, midnight = day_of_hour(start_ms // HOUR_MS)
    if start_ms < end_ms <= midnight:
        return [(day, end_ms - start_ms)]
    pieces = []
    while start_ms < end_ms:
        day, midnight = day_of_hour(start_ms // HOUR_MS)
        edge_ms = min(midnight, end_ms)
        pieces.append((day, edge_ms - start_ms))
        start_ms = edge_ms
    return pieces
