"""What is due: a pure function of the instant, what the ledger holds, and the jobs there are.

All days and hours are the centre's (`ledger.period.ZONE`). A job has slots, the periods that come
round, and for each slot subjects. Jobs of which the last run makes up for all before it (a day's
notices, an hour's checkpoint) name their newest slot only; statements of a month are due for every
month, the oldest first. Nothing here knows what was run: a run has a name for ever, so that what is
found due again, by a second scheduler or by a clock that went back, is there already.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Final, NamedTuple

from ledger.errors import RuleViolationError
from ledger.period import (
    DAY,
    HOUR_MS,
    ZONE,
    day_of,
    last_day,
    midnight_ms,
    months_between,
    to_datetime,
)
from ledger.text import Text
from vouchers.claims.calendar import WorkingDays

BACKOFF_MS: Final = 60_000
BACKOFF_MAX_MS: Final = 6 * HOUR_MS
"""A run that failed is tried again after a minute, then after twice as long each time."""

WAIT_MS: Final = 10 * 60_000
"""A run that a rule holds up is looked at again after so long, as often as it takes."""

Subjects = Mapping[str, Collection[str]]
"""By month, whom a statement of it concerns."""


class Timetable(NamedTuple):
    """What the centre agreed: months are settled at an hour of a working day of the next one.

    `since` is the first month that the schedule settles, the ledger's first where it is empty.
    """

    working_day: int = 3
    hour: int = 9
    since: str = ""


class Holdings(NamedTuple):
    """What the ledger holds: by month who used and who bought something, and whose budget moved.

    `bought` goes by the days of papers; `billed` has the months whose service somebody was billed.

    `budgeted` names the funds of which an appropriation, a transfer or a closing counts from the
    month; it has every month in which a claim moved something too, if for no fund.
    """

    used: Subjects
    bought: Subjects
    billed: Collection[str]
    budgeted: Subjects
    working_days: WorkingDays

    @property
    def months(self) -> set[str]:
        """Return the months in which anything happened."""
        return {*self.used, *self.bought, *self.budgeted}


class Slot(NamedTuple):
    """A period, the instant at which it is due, and what that rests on where no calendar says."""

    period: str
    at_ms: int
    why: Text | None = None


class Job(NamedTuple):
    """A kind of job: what it is called, when it comes round, and for whom.

    `slots` yields what is due at an instant and the next slot after it, in order; `subjects`
    whom a slot is for, `("",)` where it is for nobody in particular.
    """

    kind: str
    name: Text
    rhythm: Text
    slots: Callable[[int, Holdings, Timetable], Iterator[Slot]]
    subjects: Callable[[Holdings, str], Collection[str]]


class Due(NamedTuple):
    """A run that is due: of which job, for which period, for whom, and since when."""

    kind: str
    period: str
    subject: str
    at_ms: int


def due(now_ms: int, held: Holdings, timetable: Timetable, jobs: Iterable[Job]) -> list[Due]:
    """Return the runs that are due, in the order in which they are to be run."""
    found = [
        (slot.at_ms, number, Due(job.kind, slot.period, subject, slot.at_ms))
        for number, job in enumerate(jobs)
        for slot in job.slots(now_ms, held, timetable)
        if slot.at_ms <= now_ms
        for subject in job.subjects(held, slot.period)
    ]
    return [one for _, _, one in sorted(found)]


def count_due(
    now_ms: int,
    held: Holdings,
    timetable: Timetable,
    jobs: Iterable[Job],
    known: Mapping[tuple[str, str], Collection[str]],
) -> Counter[tuple[str, str]]:
    """Return how many runs are due by job and period, but for the subjects that are known."""
    found: Counter[tuple[str, str]] = Counter()
    for job in jobs:
        for slot in job.slots(now_ms, held, timetable):
            key = job.kind, slot.period
            if slot.at_ms <= now_ms:
                found[key] += len({*job.subjects(held, slot.period)}.difference(known.get(key, ())))
    return +found


def next_slot(now_ms: int, held: Holdings, timetable: Timetable, job: Job) -> Slot | None:
    """Return the first slot of a job that is not due yet, None where nobody knows of one."""
    return next((one for one in job.slots(now_ms, held, timetable) if one.at_ms > now_ms), None)


# --- slots ---


def hourly(now_ms: int, _held: Holdings, _timetable: Timetable) -> Iterator[Slot]:
    """Yield the hour that has begun and the next one."""
    for hour in (now_ms // HOUR_MS, now_ms // HOUR_MS + 1):
        local = to_datetime(hour * HOUR_MS).astimezone(ZONE)
        yield Slot(local.strftime("%Y-%m-%dT%H"), hour * HOUR_MS)


def daily(now_ms: int, _held: Holdings, _timetable: Timetable) -> Iterator[Slot]:
    """Yield the day that has begun and the next one."""
    today = date.fromisoformat(day_of(now_ms))
    for day in (today, today + DAY):
        yield Slot(day.isoformat(), midnight_ms(day))


def monthly(now_ms: int, held: Holdings, timetable: Timetable) -> Iterator[Slot]:
    """Yield every month since the first in which anything happened, as it is to be settled."""
    this_month = day_of(now_ms)[: len("2022-07")]
    first = timetable.since or min([*held.months, this_month])
    for month in months_between(first, this_month):
        yield settled_at(month, held.working_days, timetable)


def settled_at(month: str, working_days: WorkingDays, timetable: Timetable) -> Slot:
    """Return when a month is settled: at an hour of a working day of the next one.

    Where no calendar of that year is adopted the day is not guessed: the month is settled once the
    next one is over, for then the day has come, whichever it was.
    """
    first = last_day(month) + DAY
    try:
        day = working_days.last_day(first, timetable.working_day)
    except RuleViolationError as error:
        after = last_day(first.isoformat()[: len("2022-07")]) + DAY
        return Slot(month, midnight_ms(after), error.message)
    return Slot(month, midnight_ms(day) + timetable.hour * HOUR_MS)


# --- subjects ---


def nobody(_held: Holdings, _period: str) -> Collection[str]:
    """Return that a slot is for nobody in particular."""
    return ("",)


def users(held: Holdings, month: str) -> Collection[str]:
    """Return who used something in a month."""
    return held.used.get(month, ())


def buyers(held: Holdings, month: str) -> Collection[str]:
    """Return who was invoiced or paid in a month."""
    return held.bought.get(month, ())


def funds(held: Holdings, month: str) -> Collection[str]:
    """Return the funds that had a budget by a month's end, whether they moved in it or not.

    None after the last month in which anything happened: a clock that goes ahead reports nothing.
    """
    if month > max(held.months, default=""):
        return ()
    return {one for then, some in held.budgeted.items() if then <= month for one in some}


def once_billed(held: Holdings, month: str) -> Collection[str]:
    """Return that a month whose service was used or billed is for nobody in particular."""
    return ("",) if month in held.used or month in held.billed else ()


# --- after a failure ---


def backoff_ms(attempts: int) -> int:
    """Return how long a run waits that has failed so many times, one at least."""
    return min(BACKOFF_MS << min(attempts - 1, 20), BACKOFF_MAX_MS)
