"""A topic as one member of a consumer group reads it: with `ingest.producer` all that knows Kafka.

The database owns the offsets. A partition that is assigned stands still until `start` says from
where; Kafka's own committed offsets are written for tools that show lag, and never read. Apache
Kafka's consumer protocol, eager assignment, `read_committed`.
"""

import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.errors import (
    CorruptRecordError,
    KafkaError,
    KafkaTimeoutError,
    LogTruncationError,
    OffsetOutOfRangeError,
    UnsupportedCodecError,
)
from kafka.record import memory_records
from kafka.record.default_records import DefaultRecordBatch
from kafka.structs import OffsetAndMetadata

from ingest.refusal import Overheard, refusal
from ingest.security import PLAINTEXT, Security, client_options
from ingest.topic import Bounds, Polled, Record, Run
from ledger.errors import InvalidInputError, LedgerError
from ledger.text import Text

# One poll's records of a partition are one transaction's. Large enough that what a transaction
# costs is little beside them, and more than a fetch holds: the next one is on its way meanwhile.
POLL_RECORDS: Final = 50_000
POLL_BYTES: Final = 1 << 24

# The library is asked for so many at a time: what it unpacks of compressed ones, 64 KiB the longest
# entry, stays within memory.
TAKE_RECORDS: Final = 2_000

# The broker collects this long for a fetch of this size, so that a trickle makes few transactions.
FETCH_BYTES_MIN: Final = 1 << 20
FETCH_WAIT_MS: Final = 250
FETCH_BYTES_MAX: Final = 1 << 24
PARTITION_BYTES_MAX: Final = 1 << 23

# A member that died keeps its partitions from the others this long.
SESSION_TIMEOUT_MS: Final = 10_000

# A broker that was away is noticed this soon after it is back; the library waits half a minute.
RECONNECT_MS_MAX: Final = 1_000

LOOK_TIMEOUT_MS: Final = 5_000
BOOTSTRAP_TIMEOUT_MS: Final = 10_000

# What is wrong with one partition, and must not stop the others.
_BROKEN: Final = (
    CorruptRecordError,
    LogTruncationError,
    OffsetOutOfRangeError,
    UnsupportedCodecError,
)


class Source:
    """One topic, read as a member of a consumer group."""

    def __init__(  # noqa: PLR0913 - what to read, how to be let in; two are for tests
        self,
        bootstrap: str,
        topic: str,
        group: str,
        session_timeout_ms: int = SESSION_TIMEOUT_MS,
        poll_records: int = POLL_RECORDS,
        *,
        security: Security = PLAINTEXT,
    ) -> None:
        """Connect; raise `InvalidInputError` where that fails (`ingest.refusal`) or `no_topic`."""
        # What matters reaches the user as errors and counts; the library's chatter does not.
        logging.getLogger("kafka").addHandler(logging.NullHandler())
        self.topic = topic
        self._bootstrap = bootstrap
        self._poll_records = poll_records
        self._security = security
        self._overheard = Overheard()
        with self._explained():
            self._consumer: Any = KafkaConsumer(
                bootstrap_servers=bootstrap.split(","),
                group_id=group,
                client_id="suanquan",
                enable_auto_commit=False,
                isolation_level="read_committed",
                auto_offset_reset="none",
                allow_auto_create_topics=False,
                max_poll_records=min(poll_records, TAKE_RECORDS),
                fetch_min_bytes=FETCH_BYTES_MIN,
                fetch_max_wait_ms=FETCH_WAIT_MS,
                fetch_max_bytes=FETCH_BYTES_MAX,
                max_partition_fetch_bytes=PARTITION_BYTES_MAX,
                session_timeout_ms=session_timeout_ms,
                heartbeat_interval_ms=session_timeout_ms // 4,
                reconnect_backoff_max_ms=RECONNECT_MS_MAX,
                bootstrap_timeout_ms=BOOTSTRAP_TIMEOUT_MS,
                metrics_enabled=False,
                **client_options(security),
            )
        self._listener = _Listener(self._consumer)
        with self._explained():
            self.partitions = frozenset(self._consumer.partitions_for_topic(topic))
        if not self.partitions:
            self.close()
            raise InvalidInputError(
                "no_topic",
                Text(f"Kafka 上没有主题 {topic}", f"there is no topic {topic} on {bootstrap}"),
                Text("请核对 --topic，或先建主题", "check --topic, or create the topic first"),
            )
        self._consumer.subscribe([topic], listener=self._listener)

    def poll(self, timeout_ms: int) -> Polled:
        """Return the records that arrived within a time, and whether the assignment changed."""
        broken: dict[int, str] = {}
        found: dict[TopicPartition, list[Record]] = {}
        with self._explained():
            try:
                self._take(found, timeout_ms)
            except _BROKEN as error:
                broken = self._pause_broken(error)
            except KafkaError as error:
                # A broker that is away comes back; whoever waits for it sees no progress meanwhile.
                if not error.retriable:
                    raise
        self.partitions |= {one.partition for one in self._consumer.assignment()}
        runs = {
            one.partition: Run(records, max(records[-1].offset + 1, self._position(one)))
            for one, records in found.items()
        }
        return Polled(self._listener.take(), runs, broken)

    def _take(self, found: dict[TopicPartition, list[Record]], timeout_ms: int) -> None:
        """Add what arrived to the records found, up to the size of a poll."""
        count = size = 0
        while count < self._poll_records and size < POLL_BYTES:
            taken = 0
            for name, records in self._consumer.poll(timeout_ms=0 if count else timeout_ms).items():
                found.setdefault(name, []).extend(records)
                taken += len(records)
                size += sum([len(record.value or b"") for record in records])
            if taken < TAKE_RECORDS:
                break
            count += taken

    def start(self, partition: int, offset: int) -> None:
        """Read an assigned partition from an offset on; one that is not assigned is left alone."""
        name = TopicPartition(self.topic, partition)
        if name in self._consumer.assignment():
            self._consumer.seek(name, offset)
            self._consumer.resume(name)

    def stop(self, partition: int) -> None:
        """Let a partition stand still until `start`; its records in hand are dropped."""
        name = TopicPartition(self.topic, partition)
        if name in self._consumer.assignment():
            self._consumer.pause(name)

    def position(self, partition: int) -> int:
        """Return the offset of what will be read next: beyond transaction markers already passed.

        Zero for a partition that is not assigned.
        """
        name = TopicPartition(self.topic, partition)
        return self._position(name) if name in self._consumer.assignment() else 0

    def bounds(self, partitions: Collection[int]) -> dict[int, Bounds] | None:
        """Return what each partition holds, or None when no broker answers."""
        names = [TopicPartition(self.topic, one) for one in partitions]
        try:
            first = self._consumer.beginning_offsets(names, timeout_ms=LOOK_TIMEOUT_MS)
            end = self._consumer.end_offsets(names, timeout_ms=LOOK_TIMEOUT_MS)
        except KafkaTimeoutError:
            return None
        except KafkaError as error:
            if error.retriable:
                return None
            raise _refusal(self._bootstrap, error) from error
        if names:
            self._overheard.error = None
        return {one.partition: Bounds(first[one], end[one]) for one in names}

    def publish(self, partition: int, offset: int) -> None:
        """Tell Kafka how far the ledger is, for tools that show lag; whether it arrives is open."""
        name = TopicPartition(self.topic, partition)
        self._consumer.commit_async({name: OffsetAndMetadata(offset, "", -1)})

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close(autocommit=False, timeout_ms=LOOK_TIMEOUT_MS)
        self._overheard.close()

    def trouble(self) -> LedgerError | None:
        """Return why the last connection failed, as far as anybody knows."""
        error = self._overheard.error
        return refusal(self._bootstrap, self._security, error) if error else None

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what Kafka refuses into an error of ours; what passes by itself passes silently."""
        try:
            yield
        except KafkaTimeoutError as error:
            reason = self._overheard.error
            raise refusal(self._bootstrap, self._security, reason) from error
        except KafkaError as error:
            raise _refusal(self._bootstrap, error) from error

    def _position(self, name: TopicPartition) -> int:
        """Return the offset of what will be read next, zero where it is open."""
        try:
            return self._consumer.position(name, timeout_ms=LOOK_TIMEOUT_MS) or 0
        except KafkaError:
            # The next poll meets the same trouble and says what it is.
            return 0

    def _pause_broken(self, error: KafkaError) -> dict[int, str]:
        """Return the partitions that an error is about, or may be about, after pausing them."""
        # The library says whose records it was reading nowhere else.
        part = self._consumer._fetcher._next_partition_records  # noqa: SLF001
        if error.args and isinstance(error.args[0], Mapping):
            names = list(error.args[0])
        elif part:
            names = [part.topic_partition]
            # It has nothing more to give, and would be asked for more for ever.
            part.drain()
        else:
            names = sorted(self._consumer.assignment())
        self._consumer.pause(*names)
        return {name.partition: str(error) for name in names}


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # the library has no types
    """Notes a new assignment. Runs on the IO thread, so it asks nobody anything."""

    def __init__(self, consumer: KafkaConsumer) -> None:
        self._consumer = consumer
        self._assigned: frozenset[int] | None = None

    def on_partitions_revoked(self, _revoked: Collection[TopicPartition]) -> None:
        """Note that nothing is ours until the next assignment, and that it is wanted.

        A leader whose poll ends before the group answers forgets that it is joining (3.0.12).
        """
        self._assigned = frozenset()
        self._consumer._coordinator.request_rejoin()  # noqa: SLF001 - there is no public way

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Hold the partitions still: a position, so that Kafka's is not asked, and a pause."""
        for name in assigned:
            self._consumer.seek(name, 0)
            self._consumer.pause(name)
        self._assigned = frozenset(name.partition for name in assigned)

    def take(self) -> frozenset[int] | None:
        """Return the assignment if it changed since the last call."""
        assigned, self._assigned = self._assigned, None
        return assigned


class _Escaped(bytearray):
    r"""A batch in whose texts each byte that is not UTF-8 is read as `\xhh`."""

    def __getitem__(self, place: Any) -> Any:  # noqa: ANN401 - as of any sequence
        found = super().__getitem__(place)
        return _Escaped(found) if isinstance(found, bytearray) else found

    def decode(self, encoding: str = "utf-8", _errors: str = "strict") -> str:
        """Return the text."""
        return super().decode(encoding, "backslashreplace")


class _Batch(DefaultRecordBatch):  # type: ignore[misc]  # the library has no types
    """A batch of records, those too whose headers have names that are not UTF-8.

    Kafka takes them, and the library gives up the whole partition for one of them.
    """

    __slots__ = ()

    def _read_msg(self) -> Any:  # noqa: ANN401 - the library's record
        """Return the next record."""
        try:
            return super()._read_msg()
        except UnicodeDecodeError:
            plain: Any = self._buffer  # type: ignore[has-type]
            self._buffer = _Escaped(plain)  # type: ignore[misc]
            try:
                return super()._read_msg()
            finally:
                self._buffer = plain  # type: ignore[misc]


# The class stands in that module and cannot be handed in.
memory_records.DefaultRecordBatch = _Batch


def _refusal(bootstrap: str, error: KafkaError) -> InvalidInputError:
    """Return what Kafka refused, in its own words."""
    return InvalidInputError(
        "kafka",
        Text(f"Kafka {bootstrap} 拒绝：{error!r}", f"Kafka at {bootstrap} refused: {error!r}"),
        Text("请检查主题、消费组与权限", "check topic, group and rights"),
    )
