"""Records that Kafka takes and its Python client does not read: nothing else stands still."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import UnsupportedCodecError

from ingest.consumer import Source
from ingest.quarantine import split_record
from ledger.errors import RuleViolationError
from tests.ingest.topics import (
    KEY,
    STRUCTURED,
    Kafka,
    RawName,
    check_batches,
    ids,
    read,
    structured,
    usage,
)

Ledger = Any

POLL_MS = 200


@pytest.fixture(scope="module")
def kafka(broker: str) -> Iterator[Kafka]:
    with closing(Kafka(broker)) as made:
        yield made


def test_a_header_whose_name_is_no_utf8_stops_nothing(kafka: Kafka, either_ledger: Ledger) -> None:
    topic = kafka.topic()
    gbk = RawName("机架".encode("gbk"))
    kafka.send(
        topic,
        [
            structured(usage(1)),
            (KEY, [(gbk, b"7"), *STRUCTURED], usage(2)),
            (KEY, [("rack", b"7"), (gbk, b"\xbb\xfa"), ("rack", b"8")], usage(3)),
            structured(usage(4)),
        ],
    )
    read(kafka.bootstrap, either_ledger, topic)
    # A header of somebody else's is not ours to judge, whatever it is called.
    assert ids(either_ledger) == ["000001", "000002", "000004"]
    ((position, code, body, _),) = either_ledger.rejections()
    assert (position, code) == (2, "ambiguous_mode")
    assert split_record(body) == (
        KEY.decode(),
        {"rack": ["7", "8"], r"\xbb\xfa\xbc\xdc": [{"base64": "u/o="}]},
        usage(3),
    )
    check_batches(either_ledger, topic, 0, 4, 4)


def test_a_partition_that_cannot_be_read_on_stands_still_alone(
    kafka: Kafka, either_ledger: Ledger
) -> None:
    topic = kafka.topic(2)
    kafka.send(topic, [structured(usage(i)) for i in range(5)])
    # Many polls long, so that most of it comes after the other one broke.
    kafka.send(topic, [structured(usage(i, source="urn:b")) for i in range(300)], 1)
    bad = send_unreadable(kafka, topic)
    with pytest.raises(RuleViolationError) as caught:
        read(kafka.bootstrap, either_ledger, topic, poll_records=20)
    assert caught.value.code == "unreadable"
    assert f"{topic}/0 cannot be read from {bad} on: " in caught.value.message.en
    assert "snappy" in caught.value.message.en
    assert ids(either_ledger) == [f"{i:06}" for i in range(bad)]
    check_batches(either_ledger, topic, 0, bad, bad)
    assert ids(either_ledger, "urn:b") == [f"{i:06}" for i in range(300)]
    check_batches(either_ledger, topic, 1, 300, 300)


def send_unreadable(kafka: Kafka, topic: str) -> int:
    """Return the offset of a record that the broker compressed in a way which nobody here reads.

    Those before it, up to the moment when the broker begins to, are readable.
    """
    configs = {"compression.type": "snappy"}
    kafka.admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs)])
    consumer = KafkaConsumer(bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest")
    with closing(consumer):
        consumer.assign([TopicPartition(topic, 0)])
        held = len(read_some(consumer, 5))
        while True:
            kafka.send(topic, [structured(usage(held))])
            try:
                held += len(read_some(consumer, 1))
            except UnsupportedCodecError:
                kafka.send(topic, [structured(usage(held + 1))])
                return held


def read_some(consumer: Any, count: int) -> list[Any]:  # noqa: ANN401 - the library has no types
    """Return the next records of the one partition that is read."""
    found: list[Any] = []
    while len(found) < count:
        for records in consumer.poll(timeout_ms=POLL_MS).values():
            found += records
    return found


def test_a_broken_partition_can_be_started_again(kafka: Kafka) -> None:
    topic = kafka.topic()
    kafka.send(topic, [structured(usage(i)) for i in range(5)])
    bad = send_unreadable(kafka, topic)
    with closing(Source(kafka.bootstrap, topic, topic, 2_000)) as source:
        while source.poll(POLL_MS).assigned != frozenset({0}):
            pass
        for _ in range(2):
            source.start(0, bad)
            while not (broken := source.poll(POLL_MS).broken):
                pass
            assert list(broken) == [0]
