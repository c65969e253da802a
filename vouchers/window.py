"""Days of a claim: which versions may apply, which year it serves, whether it is in time, lapse."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from ledger.text import Text
from vouchers.application import Application, moment_of
from vouchers.decision import Decision, Reason, missing_fact
from vouchers.programme import Programme, Version, Window

# Windows of every programme in every year that anybody asks about.
_WINDOWS_MAX: Final = 4_096


class _Windows(NamedTuple):
    """The windows that serve a year: first and last days, the last of all, their names and clause.

    Without a window there is no last day and no clause.
    """

    edges: tuple[tuple[date, date], ...]
    last_on: date | None
    named: Text
    clause: Text | None

    def include(self, day: date) -> bool:
        """Return whether one of them is open on a day."""
        return any(first <= day <= last for first, last in self.edges)


def list_versions(programme: Programme, application: Application) -> list[Version]:
    """Return the versions that may apply, in their order: each in force on a legal date.

    While such a date is not known, or is nobody's, each that was in force by the application may.
    """
    rule = programme.versions[-1].legal_date.value
    if rule == "application":
        return _in_force(programme, application.applied_on)
    days = {moment_of(rule, application, line).on for line in application.lines}
    if len(days) == 1 and (only := next(iter(days))) is not None:
        return _in_force(programme, only)
    begun = application.applied_on if None in days or not days else date.min
    return [
        one
        for one in programme.versions
        if one.valid_from.value <= begun or any(day and one.in_force(day) for day in days)
    ]


def _in_force(programme: Programme, on: date) -> list[Version]:
    """Return the only version that is in force on a day, none where none is."""
    version = programme.version_on(on)
    return [] if version is None else [version]


def refuse_without_day(programme: Programme) -> Decision:
    """Return the decision while the day of application is not known."""
    what, cited = Text("申请日期", "the day of application"), programme.versions[-1].legal_date
    reason = missing_fact("apply_on", what, cited.clause)
    return Decision(
        programme=programme.id, status="undetermined", amount_fen=None, reasons=(reason,)
    )


def refuse_without_version(programme: Programme, applied_on: date) -> Decision:
    """Return the decision where no version is in force."""
    documents = [version.document for version in programme.versions]
    clause = Text("；".join(one.zh for one in documents), "; ".join(one.en for one in documents))
    message = Text(
        f"{applied_on} 提出的申请没有在施行的规则版本",
        f"no version is in force for an application of {applied_on}",
    )
    return Decision(
        programme=programme.id,
        status="ineligible",
        amount_fen=0,
        reasons=(Reason("no_version_in_force", message, clause),),
    )


def claim_year(version: Version, applied_on: date) -> int:
    """Return the year that a claim made on a day belongs to.

    With application windows, the year before until the window that serves it has closed.
    """
    year = applied_on.year
    if version.claim_year.value == "of_application":
        return year
    last_on = _windows_of(version, year - 1).last_on
    return year - 1 if last_on is not None and applied_on <= last_on else year


def note_window(version: Version, application: Application) -> tuple[Reason, ...]:
    """Return the note that an application came outside the window of its year, if it did."""
    applied_on, year = application.applied_on, application.year
    windows = _windows_of(version, year)
    if windows.clause is None or windows.include(applied_on):
        return ()
    (zh, en), on = windows.named, str(applied_on)
    message = Text(
        f"{on} 不在 {year} 年度的申请窗口（{zh}）内", f"{on} is outside the window for {year}: {en}"
    )
    return (Reason("outside_window", message, windows.clause),)


def closing_after(version: Version, today: date) -> Iterator[tuple[int, date]]:
    """Yield the year that it serves and the last day of each window that is open on a day."""
    latest = max((one.value.years_after for one in version.windows), default=0)
    for year in range(today.year - latest, today.year + 1):
        for first, last in _windows_of(version, year).edges:
            if first <= today <= last:
                yield year, last


def lapses_on(version: Version, year: int, granted_on: date) -> date:
    """Return the last day on which a voucher of a year is good; by default its year's last day."""
    days = version.lapse.value.days if version.lapse else None
    return date(year, 12, 31) if days is None else granted_on + timedelta(days=days)


def good_through(version: Version, year: int, granted_on: date) -> date:
    """Return the last day on which a claim can draw on a voucher of a year.

    So many days from its grant, where the rule says so; else the year's last day, or the last of
    the window that serves the year, where claims belong to the year that their window serves.
    """
    last = lapses_on(version, year, granted_on)
    by_days = version.lapse is not None and version.lapse.value.days is not None
    closes = _windows_of(version, year).last_on
    if by_days or version.claim_year.value == "of_application" or closes is None:
        return last
    return max(last, closes)


@lru_cache(maxsize=_WINDOWS_MAX)
def _windows_of(version: Version, year: int) -> _Windows:
    """Return the windows that serve a year: its own ones, else those for any year."""
    own = [one for one in version.windows if one.value.serves == year]
    cited = own or [one for one in version.windows if one.value.serves is None]
    edges = tuple(_edges(one.value, year) for one in cited)
    zh = "、".join(f"{first} 至 {last}" for first, last in edges)
    en = ", ".join(f"{first} to {last}" for first, last in edges)
    last_on = max((last for _, last in edges), default=None)
    return _Windows(edges, last_on, Text(zh, en), cited[0].clause if cited else None)


def _edges(window: Window, year: int) -> tuple[date, date]:
    """Return the first and the last day of the window that serves a year."""
    in_year = year + window.years_after
    first, last = (date.fromisoformat(f"{in_year}-{day}") for day in (window.first, window.last))
    return first, last
