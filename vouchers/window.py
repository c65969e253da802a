"""Days of a claim: the year that it serves, whether it came in time, when a voucher lapses."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from ledger.text import Text
from vouchers.application import Application
from vouchers.cited import Cited
from vouchers.decision import Reason
from vouchers.programme import Version, Window

# Windows of every programme in every year that anybody asks about.
_EDGES_MAX: Final = 4_096


def claim_year(version: Version, applied_on: date) -> int:
    """Return the year that a claim made on a day belongs to.

    With application windows, the year before until the window that serves it has closed.
    """
    year = applied_on.year
    if version.claim_year.value == "of_application":
        return year
    window = _window_of(version, year - 1)
    if window is None or applied_on > _edges(window.value, year - 1)[1]:
        return year
    return year - 1


def note_window(version: Version, application: Application) -> Iterator[Reason]:
    """Yield the note that an application came outside the window of its year."""
    if not version.windows:
        return
    applied_on, year = application.applied_on, application.year
    window = _window_of(version, year)
    if window is None:
        return
    first, last = _edges(window.value, year)
    if not first <= applied_on <= last:
        message = Text(
            f"{applied_on} 不在 {year} 年度的申请窗口（{first} 至 {last}）内",
            f"{applied_on} is outside the window for {year}: {first} to {last}",
        )
        yield Reason("outside_window", message, window.clause)


def lapses_on(version: Version, year: int, granted_on: date) -> date:
    """Return the last day on which a voucher of a year is good; by default its year's last day."""
    days = version.lapse.value.days if version.lapse else None
    return date(year, 12, 31) if days is None else granted_on + timedelta(days=days)


def _window_of(version: Version, year: int) -> Cited[Window] | None:
    """Return the window that serves a year: its own one, else the one for any year."""
    for serves in (year, None):
        for window in version.windows:
            if window.value.serves == serves:
                return window
    return None


@lru_cache(maxsize=_EDGES_MAX)
def _edges(window: Window, year: int) -> tuple[date, date]:
    """Return the first and the last day of the window that serves a year."""
    first, last = (date.fromisoformat(f"{year + 1}-{day}") for day in (window.first, window.last))
    return first, last
