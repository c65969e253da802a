"""What a worker and the source that it reads say to each other.

The seam between `ingest.worker`, which knows the ledger, and `ingest.consumer`, which knows Kafka.
Offsets are those of Apache Kafka: whole, growing, with gaps.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol


class Record(Protocol):
    """A record of a partition."""

    @property
    def offset(self) -> int:
        """Return its place in the partition."""

    @property
    def key(self) -> bytes | None:
        """Return its key."""

    @property
    def value(self) -> bytes | None:
        """Return its value, None for a tombstone."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]:
        """Return its headers in order."""


class Run(NamedTuple):
    """Records of one partition in order; the next one will stand at `next` or later."""

    records: Sequence[Record]
    next: int


class Bounds(NamedTuple):
    """The offsets `[first, end)` that a partition holds and lets be read.

    What lies from `end` to `written` waits for a transaction that is open, or was not looked at.
    """

    first: int
    end: int
    written: int = 0


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll brought.

    `assigned` is the whole new assignment after a rebalance, else None; its partitions stand still.
    `broken` holds the partitions that could not be read on, with Kafka's words; they stand still.
    """

    assigned: frozenset[int] | None = None
    runs: Mapping[int, Run] = field(default_factory=dict)
    broken: Mapping[int, str] = field(default_factory=dict)


class Topic(Protocol):
    """One topic, read as a member of a group."""

    topic: str
    partitions: frozenset[int]

    def identify(self) -> str | None:
        """Return the topic's id as the brokers say it now, None when they do not.

        A topic that is made anew has another id. Empty where the brokers know no ids.
        """

    def poll(self, timeout_ms: int) -> Polled:
        """Return the records that arrived within a time, and whether the assignment changed."""

    def start(self, partition: int, offset: int) -> None:
        """Read an assigned partition from an offset on; one that is not assigned is left alone."""

    def stop(self, partition: int) -> None:
        """Let a partition stand still until `start`; what was read ahead of it is dropped."""

    def position(self, partition: int) -> int:
        """Return the offset that will be read next, beyond transaction markers already passed.

        Zero for a partition that is not assigned.
        """

    def bounds(self, partitions: Collection[int]) -> dict[int, Bounds] | None:
        """Return what each partition holds, or None when no broker answers."""

    def publish(self, partition: int, offset: int) -> None:
        """Tell tools that show lag how far the ledger is; whether it arrives is open."""


KAFKA_PREFIX: Final = "kafka:"
"""How the stream of a partition begins."""


def stream_of(topic: str, partition: int, identity: str) -> str:
    """Return the name of the stream that a partition of a topic is.

    Neither `#` nor `/` can stand in a topic's name. Two topics of one name, of two clusters or one
    made after the other, are two streams.
    """
    return f"{KAFKA_PREFIX}{topic}/{partition}" + (f"#{identity}" if identity else "")
