"""A topic as a load generator fills it: with `ingest.consumer` one of two files that know Kafka.

Apache Kafka's producer: idempotent, acknowledged by every replica in sync, the partition murmur2 of
the key. What is acknowledged is in the topic; of what is not, nobody knows, so it counts as unsent.
"""

import logging
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any, Final

from kafka import KafkaAdminClient, KafkaProducer
from kafka.errors import (
    KafkaError,
    KafkaTimeoutError,
    NoError,
    UnknownTopicOrPartitionError,
    for_code,
)
from kafka.partitioner import DefaultPartitioner

from ingest.refusal import Overheard, refusal
from ingest.security import PLAINTEXT, Security, client_options
from ingest.simulate.sent import Sent
from ledger.errors import InvalidInputError
from ledger.text import Text

BOOTSTRAP_TIMEOUT_MS: Final = 10_000

# A broker that restarts is waited for; one that stays away is an error.
REQUEST_TIMEOUT_MS: Final = 20_000
DELIVERY_TIMEOUT_MS: Final = 60_000
RECONNECT_MS_MAX: Final = 1_000
CLOSE_S: Final = 5

# A batch of some seven hundred records; at a low rate they wait this long for each other.
BATCH_BYTES: Final = 1 << 18
LINGER_MS: Final = 10

# The library buffers without end; so many records are some tens of megabytes.
PENDING_MAX: Final = 20_000

# A load test has some hundred keys; only made-up ones of malformed records are more.
KEYS_MAX: Final = 1 << 16


class Producer:
    """One topic that records are appended to."""

    def __init__(
        self,
        bootstrap: str,
        topic: str,
        partitions: int | None = None,
        *,
        security: Security = PLAINTEXT,
        bootstrap_timeout_ms: int = BOOTSTRAP_TIMEOUT_MS,
    ) -> None:
        """Connect, and create the topic with so many partitions if it is not there.

        Raises `InvalidInputError` where that fails (`ingest.refusal`), `no_topic` where the topic
        is not there and no number of partitions is given, and `kafka` with Kafka's own words.
        """
        # What matters reaches the user as errors and counts; the library's chatter does not.
        logging.getLogger("kafka").addHandler(logging.NullHandler())
        self.topic = topic
        self._bootstrap = bootstrap
        self._pending: deque[Any] = deque()
        client: dict[str, Any] = {
            "bootstrap_servers": bootstrap.split(","),
            "bootstrap_timeout_ms": bootstrap_timeout_ms,
            "client_id": "suanquan",
            "reconnect_backoff_max_ms": RECONNECT_MS_MAX,
            **client_options(security),
        }
        with closing(Overheard()) as overheard:
            try:
                _require_topic(client, topic, bootstrap, partitions)
                self._producer: Any = KafkaProducer(
                    acks="all",
                    enable_idempotence=True,
                    allow_auto_create_topics=False,
                    partitioner=_ByKey(),
                    batch_size=BATCH_BYTES,
                    linger_ms=LINGER_MS,
                    request_timeout_ms=REQUEST_TIMEOUT_MS,
                    delivery_timeout_ms=DELIVERY_TIMEOUT_MS,
                    max_block_ms=REQUEST_TIMEOUT_MS,
                    metrics_enabled=False,
                    **client,
                )
                self.partitions = frozenset(self._producer.partitions_for(topic))
            except KafkaTimeoutError as error:
                raise refusal(bootstrap, security, overheard.error) from error
            except KafkaError as error:
                raise _refusal(bootstrap, error) from error

    def send(self, records: Iterable[Sent]) -> None:
        """Append records to the partitions of their keys; whether they arrive, `arrived` tells."""
        with self._explained():
            for key, headers, value in records:
                future = self._producer.send(
                    self.topic, key=key, headers=list(headers), value=value
                )
                self._pending.append(future)

    def arrived(self, pending_max: int = PENDING_MAX) -> Iterator[int]:
        """Yield the partitions of records that were acknowledged, in the order of sending.

        Waits while more records than `pending_max` are under way. Raises `InvalidInputError`
        (`not_delivered`) at the first one that did not arrive.
        """
        pending = self._pending
        with self._explained():
            if pending_max == 0:
                self._producer.flush()
            while pending and (len(pending) > pending_max or pending[0].is_done):
                # What is there already need not be waited for, which would cost as much as sending.
                first = pending[0]
                partition: int = (first.value if first.succeeded() else first.get()).partition
                pending.popleft()
                yield partition

    def close(self) -> None:
        """Let go of the broker; what is still under way is waited for a moment."""
        with suppress(KafkaError):
            self._producer.close(timeout=CLOSE_S)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn Kafka's refusal of a record into an error of ours."""
        try:
            yield
        except KafkaError as error:
            said = f"{type(error).__name__}: {error}"
            raise InvalidInputError(
                "not_delivered",
                Text(
                    f"Kafka {self._bootstrap} 未收下记录（{said}）；"
                    f"另有 {len(self._pending):,} 条未确认，可能已在主题 {self.topic} 中",
                    f"Kafka at {self._bootstrap} did not take a record ({said});"
                    f" {len(self._pending):,} are unconfirmed and may stand in {self.topic}",
                ),
                Text(
                    "请检查 Kafka 与写入权限；核对数量请换新主题重发",
                    "check Kafka and the right to write; to check counts, send to a new topic",
                ),
            ) from error


class _ByKey(DefaultPartitioner):  # type: ignore[misc]  # the library has no types
    """Kafka's own choice by key; the library would hash each key again for every record."""

    def __init__(self) -> None:
        self._known: dict[bytes, int] = {}

    def partition(self, topic: str, key: bytes, *others: Any) -> int:  # noqa: ANN401 - as above
        """Return the partition of a record."""
        found = self._known.get(key)
        if found is None:
            found = int(super().partition(topic, key, *others))
            if len(self._known) < KEYS_MAX:
                self._known[key] = found
        return found


def _require_topic(
    client: dict[str, Any], topic: str, bootstrap: str, partitions: int | None
) -> None:
    """Create a topic that is not there; raise `InvalidInputError` (`no_topic`) where it may not."""
    with closing(KafkaAdminClient(**client)) as admin:
        error = for_code(admin.describe_topics([topic])[0]["error_code"])
        if error is NoError:
            return
        if error is not UnknownTopicOrPartitionError:
            raise error(topic)
        if partitions is None:
            raise InvalidInputError(
                "no_topic",
                Text(f"Kafka 上没有主题 {topic}", f"there is no topic {topic} on {bootstrap}"),
                Text(
                    "请核对 --topic，或加 --partitions 数目 以新建",
                    "check --topic, or add --partitions NUMBER to create it",
                ),
            )
        # As many replicas as the cluster makes by itself.
        admin.create_topics({topic: {"num_partitions": partitions}}, wait_for_metadata=True)


def _refusal(bootstrap: str, error: KafkaError) -> InvalidInputError:
    """Return what Kafka refused, in its own words."""
    return InvalidInputError(
        "kafka",
        Text(f"Kafka {bootstrap} 拒绝：{error!r}", f"Kafka at {bootstrap} refused: {error!r}"),
        Text("请检查主题名、分区数与权限", "check the topic's name, its partitions and rights"),
    )
