"""A topic as one member of a consumer group reads it: with `ingest.producer` all that knows Kafka.

The database owns the offsets. A partition that is assigned stands still until `start` says from
where; Kafka's own committed offsets are written for tools that show lag, and never read. Apache
Kafka's consumer protocol, eager assignment, `read_committed`.
"""

import logging
from base64 import urlsafe_b64encode
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any, Final
from uuid import UUID

from kafka import ConsumerRebalanceListener, KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import (
    AuthorizationError,
    CorruptRecordError,
    KafkaError,
    KafkaTimeoutError,
    LogTruncationError,
    OffsetOutOfRangeError,
    UnsupportedCodecError,
)
from kafka.record import memory_records
from kafka.structs import OffsetAndMetadata

from ingest.reading import size_of
from ingest.record_batch import Batch
from ingest.refusal import Overheard, refusal
from ingest.security import PLAINTEXT, Security, client_options
from ingest.topic import Bounds, Polled, Record, Run
from ledger.errors import InvalidInputError, LedgerError
from ledger.text import Text

# One poll's records of a partition are one transaction's. Large enough that what a transaction
# costs is little beside them, and more than a fetch holds: the next one is on its way meanwhile.
POLL_RECORDS: Final = 50_000
POLL_BYTES: Final = 1 << 24

# The library is asked for so many at a time: of 64 KiB each, the longest entry, some 128 MiB.
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
        client: dict[str, Any] = {
            "bootstrap_servers": bootstrap.split(","),
            "client_id": "suanquan",
            "reconnect_backoff_max_ms": RECONNECT_MS_MAX,
            "bootstrap_timeout_ms": BOOTSTRAP_TIMEOUT_MS,
            **client_options(security),
        }
        with self._explained():
            self._consumer: Any = KafkaConsumer(
                **client,
                group_id=group,
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
                metrics_enabled=False,
            )
        self._listener = _Listener(self._consumer)
        with self._explained():
            self.partitions = frozenset(self._consumer.partitions_for_topic(topic))
        self._require_readable(client)
        self._consumer.subscribe([topic], listener=self._listener)

    def _require_readable(self, client: Mapping[str, Any]) -> None:
        """Raise `InvalidInputError` for a topic that is not there or keeps not all its records."""
        topic = self.topic
        if not self.partitions:
            self.close()
            raise InvalidInputError(
                "no_topic",
                Text(
                    f"Kafka 上没有主题 {topic}", f"there is no topic {topic} on {self._bootstrap}"
                ),
                Text("请核对 --topic，或先建主题", "check --topic, or create the topic first"),
            )
        with self._explained():
            compacted = _is_compacted(client, topic)
        if compacted:
            self.close()
            raise InvalidInputError(
                "compacted_topic",
                Text(
                    f"主题 {topic} 启用了压实（cleanup.policy=compact），Kafka 会删除同键的旧记录",
                    f"{topic} is compacted: Kafka deletes all but the newest record of each key",
                ),
                Text(
                    "请将主题的 cleanup.policy 改为 delete，并让采集端补发已删除的记录",
                    "set its cleanup.policy to delete, and have the agents send again what is gone",
                ),
            )

    def identify(self) -> str | None:
        """Return the topic's id as the brokers say it now (KIP-516), None when they do not.

        As Kafka's own tools print it. Empty where the brokers know no ids, before Kafka 2.8.
        """
        cluster = self._consumer._cluster  # noqa: SLF001 - there is no public way to ask anew
        asked = self._consumer._manager.wait_for  # noqa: SLF001 - as above
        try:
            self._consumer._net.run(asked, cluster.request_update(), LOOK_TIMEOUT_MS)  # noqa: SLF001
        except KafkaError as error:
            if isinstance(error, KafkaTimeoutError) or error.retriable:
                return None
            raise _refusal(self._bootstrap, error) from error
        if self.topic not in cluster.topics():
            return None
        found: UUID | None = cluster.topic_id(self.topic)
        if found is None or not found.int:
            return ""
        return urlsafe_b64encode(found.bytes).decode().rstrip("=")

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
        if found:
            self._overheard.error = None
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
                size += sum(map(size_of, records))
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
        return {one.partition: Bounds(first[one], end[one], self._written(one)) for one in names}

    def _written(self, name: TopicPartition) -> int:
        """Return the end of what is written, open transactions included, as far as it was heard."""
        if name not in self._consumer.assignment():
            return 0
        return self._consumer.highwater(name) or 0

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


def _is_compacted(client: Mapping[str, Any], topic: str) -> bool:
    """Return whether Kafka deletes all but the newest record of each key of a topic.

    Who may not see a topic's configuration is not told.
    """
    resource = ConfigResource(ConfigResourceType.TOPIC, topic, {"cleanup.policy": None})
    with closing(KafkaAdminClient(**client)) as admin:
        try:
            found = admin.describe_configs([resource], config_filter="all")
        except AuthorizationError:
            return False
    return "compact" in str(found["topic"][topic]["cleanup.policy"])


# The class stands in that module and cannot be handed in.
memory_records.DefaultRecordBatch = Batch


def _refusal(bootstrap: str, error: KafkaError) -> InvalidInputError:
    """Return what Kafka refused, in its own words."""
    return InvalidInputError(
        "kafka",
        Text(f"Kafka {bootstrap} 拒绝：{error!r}", f"Kafka at {bootstrap} refused: {error!r}"),
        Text("请检查主题、消费组与权限", "check topic, group and rights"),
    )
