"""The agent of a simulated centre: it numbers the usage that it sends, and tallies it day by day.

The usage is that of `simulate` with the same arguments, in the same order and under the same ids;
the source is the agent's own. CloudEvents' `sequence` counts all its events from 1 on.
"""

from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from ingest.simulate import USAGE_SOURCE
from ingest.simulate.cast import FIRST_DAY, engage
from ingest.simulate.sent import BINARY, STRUCTURED, Sent
from ingest.simulate.workload import Workload
from ledger.events import UsageRecorded, UsageTallied
from ledger.period import DAY, HOUR_MS, cut_by_day, day_of, midnight_ms, to_datetime
from ledger.usage import Slice, render_quantity

# The day's last slices have come in by then; what comes later is tallied by another tally.
TALLY_AFTER_MS: Final = HOUR_MS // 4

_DAY_MS: Final = 24 * HOUR_MS


class Made(NamedTuple):
    """An event of the agent before it is put into a record; what is text here needs no escapes.

    `made_at_ms` is simulated time. A tally has no subject and no slice.
    """

    source: str
    id: str
    sequence: int
    subject: str
    type: str
    data: str
    made_at_ms: int
    piece: Slice | None

    def structured(self, more: str = "") -> Sent:
        """Return the record in structured mode, canonical bytes; `more` members follow subject."""
        subject = f'"subject":"{self.subject}",' if self.subject else ""
        value = (
            f'{{"data":{self.data},"id":"{self.id}","sequence":"{self.sequence}",'
            f'"source":"{self.source}","specversion":"1.0",{subject}{more}"type":"{self.type}"}}'
        )
        return Sent(self.subject.encode(), STRUCTURED, value.encode())

    def binary(self, more: tuple[tuple[str, bytes], ...] = ()) -> Sent:
        """Return the record in binary mode, with more headers where they are given."""
        attributes = [
            ("ce_id", self.id.encode()),
            ("ce_sequence", str(self.sequence).encode()),
            ("ce_source", self.source.encode()),
            ("ce_specversion", b"1.0"),
            ("ce_type", self.type.encode()),
        ]
        if self.subject:
            attributes.append(("ce_subject", self.subject.encode()))
        return Sent(self.subject.encode(), (*attributes, *more, BINARY), self.data.encode())


class Agent:
    """What an agent says: the usage of a simulated centre, and the tallies of what it said."""

    def __init__(self, enterprises: int, days: int, seed: int, *, tallies: bool) -> None:
        self._arguments = enterprises, days, seed
        # Other arguments give other events under the same ids.
        self.source = f"{USAGE_SOURCE}:{seed}:{enterprises}x{days}"
        self._sequence = 0
        self._tallies = tallies
        self._untallied: dict[tuple[str, str], list[int]] = {}

    def events(self) -> Iterator[Made]:
        """Yield the usage in the order of its arrival, each day's tallies soon after midnight."""
        tally_at_ms = midnight_ms(FIRST_DAY + DAY) + TALLY_AFTER_MS
        arrivals = enumerate(_arrivals(*self._arguments), start=1)
        for number, (at_ms, _, subject, piece) in arrivals:
            while at_ms >= tally_at_ms:
                yield from self.tally(tally_at_ms)
                tally_at_ms += _DAY_MS
            if self._tallies:
                self._count(piece)
            self._sequence += 1
            yield Made(
                self.source,
                f"{number:010d}",
                self._sequence,
                subject,
                UsageRecorded.type,
                _data_of(piece),
                at_ms,
                piece,
            )

    def tally(self, at_ms: int) -> Iterator[Made]:
        """Yield the tallies of what was said since the last ones, by day and resource."""
        rows = sorted(self._untallied.items())
        self._untallied.clear()
        for (day, resource), (events, micro) in rows:
            quantity = render_quantity(micro)
            data = (
                f'{{"day":"{day}","events":{events},"quantity":"{quantity}",'
                f'"resource":"{resource}"}}'
            )
            self._sequence += 1
            event_id = f"tally-{self._sequence:010d}"
            yield Made(
                self.source, event_id, self._sequence, "", UsageTallied.type, data, at_ms, None
            )

    def _count(self, piece: Slice) -> None:
        """Count a slice with the day on which it starts, and its quantity with each day's part."""
        started_on = day_of(piece.start_ms)
        for day, duration_ms in cut_by_day(piece.start_ms, piece.end_ms):
            counts = self._untallied.setdefault((day, piece.resource), [0, 0])
            counts[0] += day == started_on
            counts[1] += piece.amount_milli * duration_ms


def _arrivals(enterprises: int, days: int, seed: int) -> Iterator[tuple[int, int, str, Slice]]:
    """Yield the usage of a simulated centre as (arrival, place, subject, slice), in that order."""
    last = FIRST_DAY + timedelta(days - 1)
    members = [engage(seed, index, last) for index in range(enterprises)]
    works = [(member.credit_code, Workload(member, last)) for member in members]
    expected: list[tuple[int, int, str, Slice]] = []
    count = 0
    for number in range(days):
        day = FIRST_DAY + timedelta(number)
        for code, work in works:
            for piece, arrives_ms in work.slices(day):
                count += 1
                expected.append((arrives_ms, count, code, piece))
        expected.sort()
        ends_ms = midnight_ms(day + DAY)
        later = next((at for at, one in enumerate(expected) if one[0] >= ends_ms), len(expected))
        yield from expected[:later]
        del expected[:later]
    yield from expected


def _data_of(piece: Slice) -> str:
    """Return the data of a usage event as canonical JSON."""
    whole, thousandths = divmod(piece.amount_milli, 1000)
    amount = f"{whole}.{thousandths:03d}".rstrip("0") if thousandths else whole
    contract = f'"contract":"{piece.contract}",' if piece.contract else ""
    return (
        f'{{"amount":"{amount}",{contract}"end":"{_instant(piece.end_ms)}","job":"{piece.job}",'
        f'"resource":"{piece.resource}","start":"{_instant(piece.start_ms)}"}}'
    )


def _instant(instant_ms: int) -> str:
    """Return what `render_instant` does, at a fraction of its cost."""
    days, of_day_ms = divmod(instant_ms, _DAY_MS)
    minutes, of_minute_ms = divmod(of_day_ms, 60_000)
    seconds, milliseconds = divmod(of_minute_ms, 1000)
    fraction = f".{milliseconds:03d}" if milliseconds else ""
    return f"{_date(days)}T{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}{fraction}Z"


@lru_cache(maxsize=1024)
def _date(days: int) -> str:
    """Return the UTC date so many days after 1970-01-01."""
    return to_datetime(days * _DAY_MS).date().isoformat()
