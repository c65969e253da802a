"""A real Kafka into each kind of database, exactly once, whatever is moved or deleted."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from kafka import KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType

from ingest.consumer import Source
from ingest.record_batch import UNPACKED_BYTES_MAX
from ingest.topic import Bounds
from ingest.watchdog import Watchdog
from ingest.worker import Worker
from ledger.errors import InvalidInputError, RuleViolationError
from tests.ingest.topics import (
    KEY,
    NOW_MS,
    ROOT,
    STRUCTURED,
    Driven,
    Kafka,
    Message,
    binary,
    check_batches,
    ids,
    read,
    structured,
    usage,
)

Ledger = Any


@pytest.fixture(scope="module")
def kafka(broker: str) -> Iterator[Kafka]:
    with closing(Kafka(broker)) as made:
        yield made


@pytest.fixture
def drive(kafka: Kafka) -> Iterator[Callable[..., Driven]]:
    """Yield how a worker is started in a process of its own; none outlives the test."""
    started: list[Driven] = []

    def start(ledger: Ledger, topic: str, *flags: str) -> Driven:
        started.append(Driven(ledger.url, kafka.bootstrap, topic, *flags))
        return started[-1]

    yield start
    for one in started:
        one.kill()


def test_every_record_is_recorded_once_counted_or_kept(kafka: Kafka, either_ledger: Ledger) -> None:
    topic = kafka.topic(2)
    good = [structured(usage(i)) for i in range(20)]
    kafka.send(topic, [*good, binary(usage(7)), structured(usage(3, "2"))])
    bad: list[Message] = [
        (KEY, STRUCTURED, None),
        (KEY, [], usage(90)),
        (b"other", STRUCTURED, usage(91)),
        (KEY, STRUCTURED, b"\xff\x00"),
    ]
    kafka.send(topic, [binary(usage(100)), *bad, structured(usage(101))], 1)
    worker = read(kafka.bootstrap, either_ledger, topic)
    status = worker.status
    assert (status.seen, status.recorded, status.duplicate, status.rejected) == (28, 22, 1, 5)
    assert worker.offsets() == {f"{topic}/0": 22, f"{topic}/1": 6}
    found = ids(either_ledger)
    assert [one for one in found if one < "000100"] == [f"{i:06}" for i in range(20)]
    assert [one for one in found if one >= "000100"] == ["000100", "000101"]
    assert [(at, code) for at, code, _, _ in either_ledger.rejections()] == [
        (21, "conflict"),
        (1, "tombstone"),
        (2, "ambiguous_mode"),
        (3, "key_mismatch"),
        (4, "not_json"),
    ]
    check_batches(either_ledger, topic, 0, 22, 22)
    check_batches(either_ledger, topic, 1, 6, 6)
    size = either_ledger.size()
    assert read(kafka.bootstrap, either_ledger, topic).status.seen == 0
    assert either_ledger.size() == size
    assert either_ledger.findings() == []


@pytest.mark.parametrize("told", [0, 3, 7])
def test_kafkas_own_offsets_are_told_and_never_obeyed(
    kafka: Kafka, ledger: Ledger, told: int
) -> None:
    topic = kafka.topic()
    kafka.send(topic, [structured(usage(i)) for i in range(5)])
    read(kafka.bootstrap, ledger, topic)
    assert kafka.committed(topic) == 5, "where tools that show lag look"
    kafka.commit(topic, told)
    kafka.send(topic, [structured(usage(i)) for i in range(5, 8)])
    worker = read(kafka.bootstrap, ledger, topic)
    assert (worker.status.seen, worker.status.recorded) == (3, 3)
    assert ids(ledger) == [f"{i:06}" for i in range(8)]
    assert kafka.committed(topic) == 8


def test_two_workers_record_what_one_would(
    kafka: Kafka, either_ledger: Ledger, drive: Callable[..., Driven]
) -> None:
    topic = kafka.topic(2)
    for partition in (0, 1):
        values = [usage(10_000 * partition + i) for i in range(1_500)]
        kafka.send(topic, [structured(value) for value in values], partition)
    workers = [drive(either_ledger, topic), drive(either_ledger, topic)]
    totals = [worker.end() for worker in workers]
    assert sum(recorded for _, recorded, _, _ in totals) == 3_000
    assert Counter(ids(either_ledger)) == Counter(
        f"{10_000 * partition + i:06}" for partition in (0, 1) for i in range(1_500)
    )
    for partition in (0, 1):
        check_batches(either_ledger, topic, partition, 1_500, 1_500)
    assert either_ledger.findings() == []


def test_a_worker_that_slept_past_its_session_changes_nothing(
    kafka: Kafka, either_ledger: Ledger, drive: Callable[..., Driven]
) -> None:
    topic = kafka.topic()
    kafka.send(topic, [structured(usage(i)) for i in range(1_000)])
    sleeper = drive(either_ledger, topic, "sleep")
    sleeper.wait_until("reading")
    other = drive(either_ledger, topic)
    seen, recorded, _, fenced = other.end()
    assert (seen, recorded, fenced) == (1_000, 1_000, 0)
    size = either_ledger.size()
    sleeper.process.send_signal(signal.SIGCONT)
    assert sleeper.end() == [0, 0, 0, 1]
    assert either_ledger.size() == size
    check_batches(either_ledger, topic, 0, 1_000, 1_000)


def test_aborted_records_are_not_seen_and_markers_are_passed(
    kafka: Kafka, either_ledger: Ledger
) -> None:
    topic = kafka.topic()
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap, transactional_id=topic)
    producer.init_transactions()
    for number, keeps in enumerate((True, False, True, False)):
        producer.begin_transaction()
        for i in range(2):
            producer.send(topic, key=KEY, value=usage(10 * number + i), headers=STRUCTURED)
        producer.flush()
        if keeps:
            producer.commit_transaction()
        else:
            producer.abort_transaction()
    producer.close()
    worker = read(kafka.bootstrap, either_ledger, topic)
    assert ids(either_ledger) == ["000000", "000001", "000020", "000021"]
    # Four transactions, each with two records and one marker.
    assert worker.offsets() == {f"{topic}/0": 12}
    check_batches(either_ledger, topic, 0, 12, 4)


def edges(ledger: Ledger) -> list[tuple[int, int]]:
    """Return where each batch begins and ends; the first one says where its stream begins."""
    return [(one.first, one.next) for one in ledger.batches()]


def test_deleted_records_stop_their_partition(kafka: Kafka, ledger: Ledger) -> None:
    topic = kafka.topic()
    kafka.send(topic, [structured(usage(i)) for i in range(5)])
    read(kafka.bootstrap, ledger, topic)
    kafka.send(topic, [structured(usage(i)) for i in range(5, 10)])
    kafka.delete(topic, 8)
    with pytest.raises(RuleViolationError) as caught:
        read(kafka.bootstrap, ledger, topic)
    assert caught.value.code == "lost_offsets"
    assert "[5, 8)" in caught.value.message.en
    assert len(ids(ledger)) == 5
    worker = read(kafka.bootstrap, ledger, topic, lost={0: 8})
    assert worker.status.recorded == 2
    assert edges(ledger) == [(0, 0), (0, 5), (8, 10)]


def test_records_deleted_under_a_running_worker_stop_it(kafka: Kafka, ledger: Ledger) -> None:
    topic = kafka.topic()
    kafka.send(topic, [structured(usage(i)) for i in range(5)])
    with closing(Source(kafka.bootstrap, topic, topic, 2_000)) as source:

        def delete_ahead(status: Any) -> None:  # noqa: ANN401 - a Status
            """Let retention overtake the worker after its first batch."""
            if status.recorded == 5 and not deleted:
                source.stop(0)
                kafka.send(topic, [structured(usage(i)) for i in range(5, 10)])
                kafka.delete(topic, 8)
                deleted.append(8)
                source.start(0, 5)

        deleted: list[int] = []
        watchdog = Watchdog(60, ends_process=False)
        worker = Worker(source, ledger.store, lambda: NOW_MS, watchdog, report=delete_ahead)
        with pytest.raises(RuleViolationError) as caught:
            worker.run()
    assert caught.value.code == "lost_offsets"
    assert len(ids(ledger)) == 5


def test_a_topic_first_seen_starts_where_kafka_still_has_it(kafka: Kafka, ledger: Ledger) -> None:
    topic = kafka.topic()
    kafka.send(topic, [structured(usage(i)) for i in range(10)])
    kafka.delete(topic, 4)
    assert read(kafka.bootstrap, ledger, topic).status.recorded == 6
    assert edges(ledger) == [(4, 4), (4, 10)]


def test_a_topic_that_is_not_there_is_named(kafka: Kafka) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Source(kafka.bootstrap, "nowhere", "g")
    assert caught.value.code == "no_topic"
    assert "nowhere" in caught.value.message.en


def test_a_topic_of_which_kafka_keeps_the_newest_alone_is_refused(
    kafka: Kafka, ledger: Ledger
) -> None:
    topic = kafka.topic()
    policy = {"cleanup.policy": "delete,compact"}
    kafka.admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, policy)])
    with pytest.raises(InvalidInputError) as caught:
        read(kafka.bootstrap, ledger, topic)
    assert caught.value.code == "compacted_topic"


def test_a_topic_made_anew_is_not_taken_for_the_old_one(
    kafka: Kafka, either_ledger: Ledger
) -> None:
    topic = kafka.topic()
    kafka.send(topic, [structured(usage(i)) for i in range(10)])
    read(kafka.bootstrap, either_ledger, topic)
    kafka.remake(topic)
    kafka.send(topic, [structured(usage(i)) for i in range(5, 25)])
    with pytest.raises(RuleViolationError) as caught:
        read(kafka.bootstrap, either_ledger, topic)
    assert caught.value.code == "other_topic"
    assert len(ids(either_ledger)) == 10
    worker = read(kafka.bootstrap, either_ledger, topic, lost={0: 0})
    assert (worker.status.recorded, worker.status.duplicate) == (15, 5)
    assert ids(either_ledger) == [f"{i:06}" for i in range(25)]
    assert either_ledger.findings() == []


def test_a_batch_that_unpacks_to_more_than_memory_is_for_stops_its_partition(
    kafka: Kafka, ledger: Ledger
) -> None:
    topic = kafka.topic()
    kafka.send(topic, [structured(usage(i)) for i in range(3)])
    options = {"max_request_size": 1 << 28, "batch_size": 1 << 28}
    for codec in ("zstd", "gzip", "lz4"):
        producer = KafkaProducer(
            bootstrap_servers=kafka.bootstrap, compression_type=codec, **options
        )
        with closing(producer):
            # Packed it is under the megabyte that a broker lets in.
            producer.send(topic, b" " * (UNPACKED_BYTES_MAX + 1), partition=0).get(60)
    with pytest.raises(RuleViolationError) as caught:
        read(kafka.bootstrap, ledger, topic)
    assert caught.value.code == "unreadable"
    assert f"unpacks to more than {UNPACKED_BYTES_MAX} bytes" in caught.value.message.en
    assert ids(ledger) == [f"{i:06}" for i in range(3)]


@pytest.mark.parametrize("codec", ["gzip", "lz4", "zstd"])
def test_packed_records_are_read(kafka: Kafka, ledger: Ledger, codec: str) -> None:
    topic = kafka.topic()
    producer = KafkaProducer(
        bootstrap_servers=kafka.bootstrap, compression_type=codec, linger_ms=100
    )
    with closing(producer):
        for i in range(300):
            key, headers, value = structured(usage(i))
            producer.send(topic, key=key, value=value, headers=headers, partition=0)
        producer.flush()
    assert read(kafka.bootstrap, ledger, topic).status.recorded == 300


def test_new_partitions_are_taken_up_however_short_a_poll_is(kafka: Kafka) -> None:
    topic = kafka.topic()
    with closing(Source(kafka.bootstrap, topic, topic, 2_000)) as source:
        poll_until_assigned(source, 0)
        kafka.admin.create_partitions({topic: 2})
        # Asked about the new one, the client learns that it is there.
        assert source.bounds([1]) == {1: Bounds(0, 0)}
        poll_until_assigned(source, 0, 1)


def poll_until_assigned(source: Source, *partitions: int) -> None:
    """Poll in steps that are shorter than any answer until partitions are assigned."""
    deadline = time.monotonic() + 30
    while source.poll(1).assigned != frozenset(partitions):
        assert time.monotonic() < deadline, f"{partitions} were never assigned"


# --- the command ---


def command(ledger: Ledger, kafka: Kafka, topic: str, *options: str) -> "subprocess.Popen[str]":
    """Start `suanquan ingest kafka`."""
    where = ["--bootstrap", kafka.bootstrap, "--topic", topic, "--group", topic]
    return subprocess.Popen(
        [sys.executable, "-m", "portal", "ingest", "kafka", *where, "--json", *options],
        cwd=ROOT,
        env={**os.environ, "SUANQUAN_DATABASE_URL": ledger.url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_command_counts_and_says_where_every_partition_stands(
    kafka: Kafka, ledger: Ledger
) -> None:
    topic = kafka.topic(2)
    kafka.send(topic, [structured(usage(i)) for i in range(3)])
    answer, lines = command(ledger, kafka, topic, "--until-end").communicate(timeout=60)
    said = json.loads(answer)
    assert [said[name] for name in ("seen", "recorded", "duplicate", "rejected")] == [3, 3, 0, 0]
    assert said["offsets"] == {f"{topic}/0": 3, f"{topic}/1": 0}
    # Three events, the leaf that closes their batch, and one for where each partition begins.
    assert said["logs"][0] == {"name": "usage", "size": 6}
    progress = [json.loads(line) for line in lines.splitlines()]
    assert progress[-1]["event"] == "progress"
    assert progress[-1]["recorded"] == 3
    assert progress[-1]["lag"] == {f"{topic}/0": 0, f"{topic}/1": 0}


def test_the_command_stops_at_a_mostly_bad_batch_until_told_otherwise(
    kafka: Kafka, ledger: Ledger
) -> None:
    topic = kafka.topic()
    bad: list[Message] = [(KEY, STRUCTURED, b"{}")] * 150
    kafka.send(topic, [*bad, structured(usage(1))])
    process = command(ledger, kafka, topic, "--until-end", "--lang", "en")
    answer, lines = process.communicate(timeout=60)
    assert (process.returncode, answer) == (3, "")
    error = json.loads(lines.splitlines()[-1])["error"]
    assert error["code"] == "mostly_bad"
    assert "--accept-bad" in error["next"]
    assert edges(ledger) == [(0, 0)]
    process = command(ledger, kafka, topic, "--until-end", "--accept-bad")
    answer, _ = process.communicate(timeout=60)
    assert (process.returncode, json.loads(answer)["rejected"]) == (0, 150)


def test_the_command_ends_cleanly_on_sigterm(kafka: Kafka, ledger: Ledger) -> None:
    topic = kafka.topic()
    kafka.send(topic, [structured(usage(i)) for i in range(3)])
    process = command(ledger, kafka, topic)
    deadline = time.monotonic() + 30
    while not ids(ledger) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.terminate()
    answer, _ = process.communicate(timeout=30)
    assert (process.returncode, json.loads(answer)["recorded"]) == (0, 3)
