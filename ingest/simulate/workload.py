"""What a simulated enterprise computes: long training jobs, hourly slices, short jobs, storage."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Final

from ingest.simulate.cast import ACCELERATOR, STORAGE, Member
from ledger.period import HOUR_MS, midnight_ms
from ledger.usage import Slice

CARD: Final = 1000
"""One card in thousandths."""

DAY_S: Final = 86_400
SATURDAY: Final = 5

# Shares of the average in percent, for those who have at least a card busy all the time.
LONG_SHARE: Final = 60
HOURLY_SHARE: Final = 25
SHORT_SHARE: Final = 15

# Cards that jobs ask for, in thousandths; more than the last come in multiples of it.
_STEPS_MILLI: Final = (125, 250, 500, 1000, 2000, 4000, 8000)

# One record in so many is held up on its way.
_LATE_ONE_IN: Final = 200


class Workload:
    """One enterprise's usage, day after day from the first."""

    def __init__(self, member: Member, last: date) -> None:
        self._member = member
        self._random = Random(f"{member.seed}/work")  # noqa: S311 - made-up work, no secret
        self._end_ms = midnight_ms(last + timedelta(1))
        self._jobs = 0
        self._long_job = ""
        self._long_milli = 0
        self._long_days_left = 0
        self._pause_days_left = 0

    def slices(self, day: date) -> Iterator[tuple[Slice, int]]:
        """Yield the usage that begins on a day, each with the instant of its arrival."""
        for piece in self._pieces(day):
            delay_ms = self._random.randrange(5_000, 60_000)
            if self._random.randrange(_LATE_ONE_IN) == 0:
                delay_ms = self._random.randrange(6 * HOUR_MS, 72 * HOUR_MS)
            yield piece, piece.end_ms + delay_ms

    def _pieces(self, day: date) -> Iterator[Slice]:
        """Yield the usage that begins on a day; nothing outlasts the last one."""
        midnight = midnight_ms(day)
        factor = self._random.randrange(80, 120)
        if day.weekday() >= SATURDAY:
            factor //= 2
        if self._member.standing.storage_milli:
            yield self._storage(day, midnight)
        short_share = 100
        if self._member.average_milli >= CARD:
            short_share = SHORT_SHARE
            yield from self._long(midnight)
            yield from self._hourly(midnight, self._budget(HOURLY_SHARE * factor))
        yield from self._short(midnight, self._budget(short_share * factor))

    def _budget(self, share: int) -> int:
        """Return a share of the day's average, in ten thousandths, as milli-card-seconds."""
        return self._member.average_milli * DAY_S * share // 10_000

    def _slice(self, job: str, amount_milli: int, start_ms: int, end_ms: int) -> Slice:
        """Return a slice of a job; where there are several contracts the job names its own."""
        contracts = self._member.contracts
        contract = contracts[sum(job.encode()) % len(contracts)] if len(contracts) > 1 else ""
        return Slice(job, ACCELERATOR, contract, amount_milli, start_ms, min(end_ms, self._end_ms))

    def _new_job(self, kind: str) -> str:
        """Return the name of the next job."""
        self._jobs += 1
        return f"{kind}-{self._member.index + 1:03d}-{self._jobs:06d}"

    def _storage(self, day: date, midnight: int) -> Slice:
        """Return the day's storage, which grows through the month."""
        amount = self._member.standing.storage_milli * (100 + day.day) // 100
        contract = self._member.contracts[0] if len(self._member.contracts) > 1 else ""
        job = f"volume-{self._member.index + 1:03d}"
        return Slice(job, STORAGE, contract, amount, midnight, midnight + 24 * HOUR_MS)

    def _long(self, midnight: int) -> Iterator[Slice]:
        """Yield the day's slice of a training job that runs for days."""
        if self._pause_days_left:
            self._pause_days_left -= 1
            return
        if self._long_days_left == 0:
            self._long_job = self._new_job("train")
            self._long_days_left = self._random.randrange(3, 21)
            wanted = self._member.average_milli * LONG_SHARE // 100
            self._long_milli = max(CARD, wanted // CARD * CARD)
        self._long_days_left -= 1
        if self._long_days_left == 0:
            self._pause_days_left = self._random.randrange(3)
        yield self._slice(self._long_job, self._long_milli, midnight, midnight + 24 * HOUR_MS)

    def _hourly(self, midnight: int, budget: int) -> Iterator[Slice]:
        """Yield a job of some hours, reported by the hour, over midnight now and then."""
        hours = self._random.randrange(3, 7)
        start_ms = midnight + self._random.randrange(8, 22) * HOUR_MS
        amount = max(CARD, budget // (hours * 3600) // CARD * CARD)
        job = self._new_job("tune")
        for hour in range(hours):
            piece_ms = start_ms + hour * HOUR_MS
            if piece_ms < self._end_ms:
                yield self._slice(job, amount, piece_ms, piece_ms + HOUR_MS)

    def _short(self, midnight: int, budget: int) -> Iterator[Slice]:
        """Yield some short jobs that use up a budget between them."""
        count = self._random.randrange(2, 5)
        for _ in range(count):
            duration_s = self._random.randrange(600, 5400)
            wanted = budget // count // duration_s
            amount = max([step for step in _STEPS_MILLI if step <= wanted] or [_STEPS_MILLI[0]])
            if wanted > _STEPS_MILLI[-1]:
                amount = wanted // _STEPS_MILLI[-1] * _STEPS_MILLI[-1]
            duration_ms = max(30_000, budget // count * 1000 // amount)
            start_ms = midnight + self._random.randrange(23 * HOUR_MS)
            yield self._slice(self._new_job("run"), amount, start_ms, start_ms + duration_ms)
