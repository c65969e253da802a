"""What agents sent: the records of a topic, and what each of them means.

Events repeat in their own partition and in others, in either mode of CloudEvents' Kafka binding;
some contradict what stands under their name, some cannot be read, and offsets have gaps where
transactions ended. The truth about a record is written down as it is made, never read from it.
"""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

TOPIC: Final = "usage"

RECORDS_MIN: Final = 100
RECORDS_MAX: Final = 160
PARTITIONS_MAX: Final = 4
USAGE_LOGS_MAX: Final = 3

USAGE: Final = "cn.suanquan.usage.recorded.v1"
TALLY: Final = "cn.suanquan.usage.tallied.v1"

STRUCTURED: Final[Sequence[tuple[str, bytes | None]]] = [
    ("content-type", b"application/cloudevents+json")
]

ENTERPRISES: Final = (
    "91420100MA4K2XY18X",
    "91420100MA49P8T68D",
    "91420100000000001Y",
    "914201000000000022",
)

# Beijing is at the edge of a month and of a day.
MIDNIGHT: Final = datetime(2022, 6, 30, 16, tzinfo=UTC)

Headers = Sequence[tuple[str, bytes | None]]


class Sent(NamedTuple):
    """A record as Kafka holds it."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers


@dataclass(frozen=True)
class Meaning:
    """What an event says, and the bytes of its leaf where they are the sender's own."""

    source: str
    id: str
    type: str
    subject: str
    data: Mapping[str, Any]
    verbatim: bytes | None = None

    @property
    def name(self) -> tuple[str, str]:
        """Return what it is called, for ever."""
        return self.source, self.id

    def says(self) -> tuple[str, str, str]:
        """Return what must be equal in a duplicate."""
        return self.type, self.subject, json.dumps(self.data, sort_keys=True)


Truth = Meaning | str
"""What a record means, or the code of its refusal."""


@dataclass(frozen=True)
class World:
    """The whole topic: each partition's records in order, `[firsts, ends)`, and their truth."""

    usage_logs: int
    partitions: Sequence[Sequence[Sent]]
    firsts: Sequence[int]
    ends: Sequence[int]
    truths: Mapping[tuple[int, int], Truth]

    def between(self, partition: int, first: int, end: int) -> list[Sent]:
        """Return a partition's records `[first, end)`."""
        return [one for one in self.partitions[partition] if first <= one.offset < end]

    def count_shared(self) -> int:
        """Return how many events' names were sent to more than one partition."""
        places: dict[tuple[str, str], set[int]] = {}
        for (partition, _), truth in self.truths.items():
            if isinstance(truth, Meaning):
                places.setdefault(truth.name, set()).add(partition)
        return sum(len(one) > 1 for one in places.values())


def make_world(dice: random.Random) -> World:
    """Return a world of some hundred records."""
    return _Maker(dice).make()


class _Maker:
    """Sends one record after the other."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._count = dice.randint(1, PARTITIONS_MAX)
        self._sources = [f"urn:agent:{n}" for n in range(dice.randint(1, 4))]
        self._enterprises = dice.sample(ENTERPRISES, dice.randint(1, len(ENTERPRISES)))
        self._partitions: list[list[Sent]] = [[] for _ in range(self._count)]
        self._firsts = [dice.choice((0, 0, dice.randrange(1, 60))) for _ in range(self._count)]
        self._ends = list(self._firsts)
        self._truths: dict[tuple[int, int], Truth] = {}
        self._sent: list[tuple[int, Meaning]] = []
        self._numbers = dict.fromkeys(self._sources, 0)
        self._gap_share = dice.choice((0.0, 0.05, 0.4))
        self._again_share = dice.choice((0.0, 0.1, 0.3))
        self._bad_share = dice.choice((0.0, 0.05, 0.25))
        self._binary_share = dice.choice((0.0, 0.25))
        self._odd_share = dice.choice((0.0, 0.5))

    def make(self) -> World:
        """Return the world."""
        for _ in range(self._dice.randint(RECORDS_MIN, RECORDS_MAX)):
            draw = self._dice.random()
            if draw < self._bad_share:
                self._send_bad()
            elif draw < self._bad_share + self._again_share and self._sent:
                self._send_again()
            else:
                self._send_new()
        return World(
            self._dice.randint(1, USAGE_LOGS_MAX),
            self._partitions,
            self._firsts,
            self._ends,
            self._truths,
        )

    def _send_new(self) -> None:
        """Send an event that was not there before; ids may come out of order."""
        source = self._dice.choice(self._sources)
        self._numbers[source] += self._dice.choice((1, 1, 1, 2, 5))
        number = self._numbers[source] ^ self._dice.choice((0, 0, 0, 64, 4096))
        meaning = self._meaning(source, f"{number:08}")
        home = ENTERPRISES.index(meaning.subject) if meaning.subject else number
        self._send(home % self._count, meaning)

    def _meaning(self, source: str, event_id: str) -> Meaning:
        """Return something that an agent may say."""
        if self._dice.random() < 0.03:
            day = (MIDNIGHT + timedelta(days=self._dice.randrange(4))).date().isoformat()
            data = {"day": day, "resource": "gpu", "events": self._dice.randrange(9)}
            return Meaning(source, event_id, TALLY, "", {**data, "quantity": "3600.5"})
        start = MIDNIGHT + timedelta(milliseconds=self._dice.randrange(-86_400_000, 86_400_000))
        lasting = timedelta(milliseconds=self._dice.choice((1, 600_000, 3_600_000, 200_000_001)))
        data = {
            "job": f"j{self._dice.randrange(20)}",
            "resource": self._dice.choice(("gpu", "disk")),
            "amount": self._dice.choice(("1", "8", "0.125", "12.5")),
            "start": _render(start),
            "end": _render(start + lasting),
        }
        if self._dice.random() < 0.3:
            data["contract"] = "C-1"
        return Meaning(source, event_id, USAGE, self._dice.choice(self._enterprises), data)

    def _send_again(self) -> None:
        """Send something again, or another meaning under its name, to its partition or another."""
        partition, meaning = self._dice.choice(self._sent)
        if self._dice.random() < 0.3:
            partition = self._dice.randrange(self._count)
        if self._dice.random() < 0.25:
            meaning = self._meaning(*meaning.name)
        self._send(partition, meaning)

    def _send(self, partition: int, meaning: Meaning) -> None:
        """Put an event into a partition, in one of the modes that a record may have."""
        key = meaning.subject.encode() or None
        key = self._dice.choice((key, key, None))
        if self._dice.random() < self._binary_share:
            headers, value = self._binary(meaning)
            truth = Meaning(*meaning.name, meaning.type, meaning.subject, meaning.data)
        else:
            headers, value = STRUCTURED, self._structured(meaning)
            truth = Meaning(*meaning.name, meaning.type, meaning.subject, meaning.data, value)
        self._sent.append((partition, meaning))
        self._put(partition, key, value, headers, truth)

    def _structured(self, meaning: Meaning) -> bytes:
        """Return an event as JSON: canonical, or as some other agent writes it."""
        members: dict[str, Any] = {
            "data": meaning.data,
            "id": meaning.id,
            "source": meaning.source,
            "specversion": "1.0",
            "type": meaning.type,
        }
        if meaning.subject:
            members["subject"] = meaning.subject
        if meaning.id.isdecimal() and self._dice.random() < 0.5:
            members["sequence"] = str(int(meaning.id))
        if self._dice.random() >= self._odd_share:
            return json.dumps(members, sort_keys=True, separators=(",", ":")).encode()
        members["time"] = "2022-07-01T00:00:00Z"
        return json.dumps(members, indent=self._dice.choice((None, 1))).encode()

    def _binary(self, meaning: Meaning) -> tuple[Headers, bytes]:
        """Return headers and value of a record in binary mode."""
        attributes = {
            "specversion": "1.0",
            "id": meaning.id,
            "source": meaning.source,
            "type": meaning.type,
            **({"subject": meaning.subject} if meaning.subject else {}),
        }
        headers = [(f"ce_{name}", text.encode()) for name, text in attributes.items()]
        self._dice.shuffle(headers)
        return headers, json.dumps(meaning.data).encode()

    def _send_bad(self) -> None:
        """Put a record into a partition that cannot be recorded."""
        code = self._dice.choice(_BAD)
        source = self._dice.choice(self._sources)
        meaning = self._meaning(source, f"bad-{self._dice.randrange(99)}")
        good = self._structured(meaning)
        key, value, headers = _spoil(code, meaning, good)
        self._put(self._dice.randrange(self._count), key, value, headers, code)

    def _put(
        self,
        partition: int,
        key: bytes | None,
        value: bytes | None,
        headers: Headers,
        truth: Truth,
    ) -> None:
        """Put a record into a partition, and sometimes the end of a transaction behind it."""
        offset = self._ends[partition]
        if self._dice.random() < self._gap_share / 2:
            offset += self._dice.randint(1, 3)
        self._partitions[partition].append(Sent(offset, key, value, headers))
        self._truths[partition, offset] = truth
        self._ends[partition] = offset + 1
        if self._dice.random() < self._gap_share:
            self._ends[partition] += self._dice.randint(1, 2)


_BAD: Final = (
    "tombstone",
    "not_json",
    "key_mismatch",
    "ambiguous_mode",
    "missing_headers",
    "reserved_source",
    "unknown_type",
    "credit_code_check",
    "bad_data",
)


def _spoil(code: str, meaning: Meaning, good: bytes) -> tuple[bytes | None, bytes | None, Headers]:
    """Return key, value and headers of a record that is refused with a code."""
    said = json.loads(good)
    match code:
        case "tombstone":
            return None, None, STRUCTURED
        case "not_json":
            return None, good[:-1], STRUCTURED
        case "key_mismatch":
            return b"somebody", good, STRUCTURED
        case "ambiguous_mode":
            return None, good, []
        case "missing_headers":
            return None, b"\xff\x00", []
        case "reserved_source":
            said["source"] = "urn:suanquan:ledger"
        case "unknown_type":
            said["type"] = "cn.suanquan.usage.guessed.v1"
        case "credit_code_check":
            said |= {"subject": "91420100MA4K2XY180", "type": USAGE, "data": _PLAIN}
        case "bad_data":
            said["data"] = {**meaning.data, "colour": "red"}
    return None, json.dumps(said).encode(), STRUCTURED


_PLAIN: Final = {
    "job": "j",
    "resource": "gpu",
    "amount": "1",
    "start": "2022-07-01T00:00:00Z",
    "end": "2022-07-01T01:00:00Z",
}


def _render(instant: datetime) -> str:
    """Return an instant as agents write it."""
    text = instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return text.replace(".000Z", "Z")
