"""Which application windows of a version cannot be meant: days, years, overlaps."""

import re
from collections.abc import Iterator
from datetime import date
from itertools import combinations
from typing import Final

from ledger.text import Text
from vouchers.programme import Version, Window
from vouchers.remark import Remark, error

_DAY: Final = re.compile(r"[0-9]{2}-[0-9]{2}", re.ASCII)
_LEAP_YEAR: Final = 2024


def review_windows(version: Version, path: str) -> Iterator[Remark]:
    """Yield the remarks on the windows of a version together, and on its claim's year."""
    windows = [one.value for one in version.windows]
    for (_, one), (i, other) in combinations(enumerate(windows), 2):
        if one.serves == other.serves and _overlap(one, other):
            yield error(
                "windows_overlap",
                f"{path}.windows[{i}]",
                Text(
                    f"申请窗口 {one.first} 至 {one.last} 与 {other.first} 至 {other.last} 重叠",
                    f"the windows {one.first} to {one.last} and {other.first} to {other.last}"
                    " overlap",
                ),
                Text("请核对起止日，重复的只保留一个", "check their days; keep one of two alike"),
            )
    if version.claim_year.value == "of_application" and any(one.years_after for one in windows):
        yield Remark(
            "warning",
            "window_without_year",
            f"{path}.claim_year",
            Text(
                "窗口在所服务年度的次年，年度却是申请当年",
                "a window is in the year after the one it serves, yet the claim's year is that of"
                " the application",
            ),
            Text(
                '通常应为 "of_window"；当年申请的窗口请写 years_after=0',
                'it usually is "of_window"; a window in the year itself has years_after=0',
            ),
        )
    if not version.windows and version.claim_year.value == "of_window":
        yield error(
            "year_without_window",
            f"{path}.claim_year",
            Text("年度由申请窗口决定，却没有窗口", "the year is that of a window; there is none"),
            Text('请写上 windows，或改为 "of_application"', 'add windows, or "of_application"'),
        )


def _overlap(one: Window, other: Window) -> bool:
    """Return whether two windows that serve the same year have a day in common."""
    first, last = (one.years_after, one.first), (one.years_after, one.last)
    return first <= (other.years_after, other.last) and (other.years_after, other.first) <= last


def review_window(value: Window, path: str) -> Iterator[Remark]:
    """Yield the remarks on one window that stands at a path."""
    year = _LEAP_YEAR if value.serves is None else value.serves + value.years_after
    if value.years_after not in {0, 1}:
        yield error(
            "bad_window_year",
            f"{path}.years_after",
            Text(
                f"窗口在所服务年度之后第 {value.years_after} 年",
                f"the window is {value.years_after} years after the one it serves",
            ),
            Text("次年写 1，当年写 0", "1 is the year after, 0 the same year"),
        )
        return
    days = []
    for name, text in (("first", value.first), ("last", value.last)):
        day = _parse_day(year, text)
        days.append(day)
        if day is None:
            yield error(
                "bad_window_day",
                f"{path}.{name}",
                Text(f"{year} 年没有 {text!r} 这一天", f"{year} has no day {text!r}"),
                Text("请写月日，例如 03-18", "write month and day, such as 03-18"),
            )
        elif value.serves is None and text == "02-29":
            yield error(
                "bad_window_day",
                f"{path}.{name}",
                Text("02-29 只有闰年才有", "02-29 exists in leap years only"),
                Text("请写 02-28 或 03-01", "write 02-28 or 03-01"),
            )
    if None not in days and value.first > value.last:
        yield error(
            "window_ends_before_begin",
            path,
            Text(
                f"申请窗口 {value.first} 至 {value.last} 首日晚于末日",
                f"the window {value.first} to {value.last} ends before it begins",
            ),
            Text(
                "首日在前；跨年的窗口分写两个：至 12-31（years_after 较小）和自 01-01",
                "the first day first; write two where it spans New Year, the one to 12-31 and the"
                " one from 01-01, with one more in years_after",
            ),
        )


def _parse_day(year: int, text: str) -> date | None:
    if _DAY.fullmatch(text) is None:
        return None
    try:
        return date.fromisoformat(f"{year}-{text}")
    except ValueError:
        return None
