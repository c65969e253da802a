"""A topic as one member of a consumer group reads it: the only file that knows Kafka.

The database owns the offsets. A partition that is assigned stands still until `start` says from
where; Kafka's own committed offsets are written for tools that show lag, and never read. Apache
Kafka's consumer protocol, eager assignment, `read_committed`.
"""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.errors import (
    CorruptRecordError,
    KafkaError,
    KafkaTimeoutError,
    LogTruncationError,
    OffsetOutOfRangeError,
)
from kafka.structs import OffsetAndMetadata

from ingest.refusal import Overheard, refusal
from ingest.security import PLAINTEXT, Security, client_options
from ingest.topic import Bounds, Polled, Record, Run
from ledger.errors import InvalidInputError, LedgerError
from ledger.text import Text

# One poll's records are one transaction's. Large enough that a commit to disk costs little beside
# them, small enough that what a poll holds, 64 KiB the longest entry, fits into memory.
POLL_RECORDS: Final = 10_000

# The broker collects this long for a fetch of this size, so that a trickle makes few transactions.
FETCH_BYTES_MIN: Final = 1 << 20
FETCH_WAIT_MS: Final = 250
FETCH_BYTES_MAX: Final = 1 << 24
PARTITION_BYTES_MAX: Final = 1 << 22

# A member that died keeps its partitions from the others this long.
SESSION_TIMEOUT_MS: Final = 10_000

# A broker that was away is noticed this soon after it is back; the library waits half a minute.
RECONNECT_MS_MAX: Final = 1_000

LOOK_TIMEOUT_MS: Final = 5_000
BOOTSTRAP_TIMEOUT_MS: Final = 10_000


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
                max_poll_records=poll_records,
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
        found: Mapping[TopicPartition, Sequence[Record]] = {}
        with self._explained():
            try:
                found = self._consumer.poll(timeout_ms=timeout_ms)
            except (OffsetOutOfRangeError, LogTruncationError, CorruptRecordError) as error:
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
        named = error.args[0] if error.args and isinstance(error.args[0], Mapping) else None
        names = list(named) if named else sorted(self._consumer.assignment())
        self._consumer.pause(*names)
        return {name.partition: str(error) for name in names}


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # the library has no types
    """Notes a new assignment. Runs on the IO thread, so it asks nobody anything."""

    def __init__(self, consumer: KafkaConsumer) -> None:
        self._consumer = consumer
        self._assigned: frozenset[int] | None = None

    def on_partitions_revoked(self, _revoked: Collection[TopicPartition]) -> None:
        """Note that nothing is ours until the next assignment."""
        self._assigned = frozenset()

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


def _refusal(bootstrap: str, error: KafkaError) -> InvalidInputError:
    """Return what Kafka refused, in its own words."""
    return InvalidInputError(
        "kafka",
        Text(f"Kafka {bootstrap} 拒绝：{error!r}", f"Kafka at {bootstrap} refused: {error!r}"),
        Text("请检查主题、消费组与权限", "check topic, group and rights"),
    )
