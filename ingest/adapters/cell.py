"""Cells of a table → exact values: wall clocks, durations, amounts.

Everything is read from the decimal text; nothing passes through a binary fraction.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from ledger.errors import InvalidInputError
from ledger.period import DAY, EPOCH, MILLISECOND
from ledger.text import Text
from ledger.usage import INSTANT_MS_MAX, INSTANT_MS_MIN, SLICE_MS_MAX, parse_amount

_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)?", re.ASCII)
_WALL = re.compile(r"(\d{4}-\d\d-\d\d)[T ]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)", re.ASCII)
_DECIMAL = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,12}))?", re.ASCII)

Clock = Callable[[str], int]
"""The text of a point in time → its UTC milliseconds."""


def make_clock(form: str | None, zone: ZoneInfo | None) -> Clock:
    """Return the reader of points in time: ISO 8601 unless a form of `strptime` is given.

    The reader raises `InvalidInputError`: `bad_time`, `naive_time` (no zone in the text nor in the
    map), `ambiguous_time` (a wall clock that was put back or forward), `absurd_instant`.
    """

    def read(text: str) -> int:
        """Return the UTC milliseconds of a point in time."""
        if form is None and zone is not None and (wall := _WALL.fullmatch(text)) is not None:
            midnight = _steady_midnight_ms(wall[1], zone)
            if midnight is not None:
                second = (int(wall[2]) * 60 + int(wall[3])) * 60 + int(wall[4])
                return midnight + second * 1000
        moment = _parse_iso(text) if form is None else _parse_form(text, form)
        if moment.tzinfo is None:
            moment = _in_zone(text, moment, zone)
        since = moment - EPOCH
        instant_ms = since // MILLISECOND
        if since.microseconds % 1000 or not INSTANT_MS_MIN <= instant_ms <= INSTANT_MS_MAX:
            raise _bad_time(
                "absurd_instant", text, "超出 2000 至 2099 年或细于毫秒", "is out of range"
            )
        return instant_ms

    return read


@lru_cache(maxsize=4096)
def _steady_midnight_ms(day: str, zone: ZoneInfo) -> int | None:
    """Return where a day begins in a zone, None unless no clock is put back or forward near it."""
    try:
        midnight = datetime.fromisoformat(day).replace(tzinfo=zone)
        offsets = {(midnight + timedelta(number)).utcoffset() for number in (-1, 0, 1, 2)}
    except (ValueError, OverflowError):
        return None
    instant_ms = (midnight - EPOCH) // MILLISECOND
    in_range = INSTANT_MS_MIN <= instant_ms < INSTANT_MS_MAX - DAY // MILLISECOND
    return instant_ms if in_range and len(offsets) == 1 else None


def _parse_iso(text: str) -> datetime:
    """Return the date-time of an ISO 8601 text, naive or aware."""
    if _ISO.fullmatch(text) is not None:
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    raise _bad_time(
        "bad_time", text, "应形如 2022-07-01 08:00:00", "is not like 2022-07-01 08:00:00"
    )


def _parse_form(text: str, form: str) -> datetime:
    """Return the date-time of a text in a form of `strptime`, naive or aware."""
    try:
        return datetime.strptime(text, form)  # noqa: DTZ007 - the map says the zone of a naive one
    except ValueError:
        raise _bad_time("bad_time", text, f"应符合 {form}", f"is not of the form {form}") from None


def _in_zone(text: str, moment: datetime, zone: ZoneInfo | None) -> datetime:
    """Return a wall clock's instant in a zone where it says exactly one."""
    if zone is None:
        raise InvalidInputError(
            "naive_time",
            Text(f"时刻 {text[:40]!r} 没有时区", f"the time {text[:40]!r} has no zone"),
            Text("请在映射文件写明 time.zone", "say time.zone in the map"),
        )
    aware = moment.replace(tzinfo=zone)
    if aware.utcoffset() != aware.replace(fold=1).utcoffset():
        raise _bad_time(
            "ambiguous_time",
            text,
            f"在 {zone.key} 因拨钟而不唯一",
            f"is not one instant in {zone.key}",
        )
    return aware


def _bad_time(code: str, text: str, zh: str, en: str) -> InvalidInputError:
    """Return the refusal of a point in time."""
    return InvalidInputError(
        code,
        Text(f"时刻 {text[:40]!r} {zh}", f"the time {text[:40]!r} {en}"),
        Text("请核对该列、时间格式与时区", "check the column, the time's form and the zone"),
    )


def parse_duration(text: str) -> int:
    """Return the milliseconds of a duration in seconds such as `66.0`.

    Raises `InvalidInputError`: `bad_duration` (sign, exponent, empty, zero, finer than a
    millisecond), `absurd_duration` (longer than a slice may be).
    """
    match = _DECIMAL.fullmatch(text)
    decimals = (match[2] or "").rstrip("0") if match else ""
    if match is None or len(decimals) > len("ms."):
        duration_ms = 0
    else:
        duration_ms = int(match[1]) * 1000 + int(decimals.ljust(3, "0"))
    if duration_ms == 0:
        raise InvalidInputError(
            "bad_duration",
            Text(f"时长不合法：{text[:40]!r}", f"not a usable duration: {text[:40]!r}"),
            Text(
                "应为正的秒数，最细到毫秒", "send a positive number of seconds, to the millisecond"
            ),
        )
    if duration_ms > SLICE_MS_MAX:
        days = SLICE_MS_MAX // 86_400_000
        raise InvalidInputError(
            "absurd_duration",
            Text(f"时长 {text[:40]} 秒超过 {days} 天", f"{text[:40]} seconds are over {days} days"),
            Text("请核对单位（秒）；长作业请分段", "check the unit, seconds; send slices"),
        )
    return duration_ms


@lru_cache(maxsize=4096)
def canonical_amount(text: str) -> str:
    """Return an amount in its shortest form: `8.0` is `8`; refused as by `parse_amount`."""
    if text.isdecimal():
        parse_amount(text)
        return text
    whole, thousandths = divmod(parse_amount(text), 1000)
    return f"{whole}.{thousandths:03d}".rstrip("0").rstrip(".")


FOREIGN_FORM: Final = re.compile(r"%[^YmdHMSfz%]")
"""A directive whose meaning depends on the machine's language, or that tells no time."""
