"""A real Kafka into each kind of database, exactly once, whatever is killed, moved or deleted."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import IO, Any

import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from ingest.consumer import Source
from ingest.watchdog import Watchdog
from ingest.worker import Confirmed, Worker
from ledger.errors import InvalidInputError, RuleViolationError

ROOT = Path(__file__).parents[2]
DRIVER = Path(__file__).with_name("run_worker.py")
CODE = "91420100MA4K2XY18X"
KEY = CODE.encode()
STRUCTURED = [("content-type", b"application/cloudevents+json")]
NOW_MS = 1_669_190_400_000

Ledger = Any
Message = tuple[bytes | None, list[tuple[str, bytes]], bytes | None]

_NUMBERS = count(1)


def usage(event_id: int, amount: str = "1") -> bytes:
    event = {
        "data": {
            "amount": amount,
            "end": "2022-07-01T01:00:00Z",
            "job": "j",
            "resource": "r",
            "start": "2022-07-01T00:00:00Z",
        },
        "id": f"{event_id:06}",
        "source": "urn:a",
        "specversion": "1.0",
        "subject": CODE,
        "type": "cn.suanquan.usage.recorded.v1",
    }
    return json.dumps(event, separators=(",", ":")).encode()


def structured(value: bytes) -> Message:
    return KEY, STRUCTURED, value


def binary(value: bytes) -> Message:
    event = json.loads(value)
    data = json.dumps(event.pop("data")).encode()
    return KEY, [(f"ce_{name}", said.encode()) for name, said in event.items()], data


class Kafka:
    """A broker as a test uses it: topics of its own, and what is sent to them."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self.admin = KafkaAdminClient(bootstrap_servers=bootstrap)
        self._producer = KafkaProducer(bootstrap_servers=bootstrap, linger_ms=5)

    def topic(self, partitions: int = 1) -> str:
        """Return the name of a new topic."""
        name = f"usage-{next(_NUMBERS)}"
        self.admin.create_topics([NewTopic(name, partitions, 1)], wait_for_metadata=True)
        return name

    def send(self, topic: str, messages: Sequence[Message], partition: int = 0) -> None:
        """Append messages to a partition."""
        for key, headers, value in messages:
            self._producer.send(topic, key=key, value=value, headers=headers, partition=partition)
        self._producer.flush()

    def delete(self, topic: str, before: int) -> None:
        """Delete the records of the first partition before an offset, as retention does."""
        self.admin.delete_records({TopicPartition(topic, 0): before})

    def close(self) -> None:
        """Let go of the broker."""
        self._producer.close()
        self.admin.close()


@pytest.fixture(scope="module")
def kafka(broker: str) -> Iterator[Kafka]:
    with closing(Kafka(broker)) as made:
        yield made


def read(kafka: Kafka, ledger: Ledger, topic: str, **confirmed: Any) -> Worker:  # noqa: ANN401 - the fields of Confirmed
    """Return a worker of this process after it read a topic to its end."""
    with closing(Source(kafka.bootstrap, topic, topic, 2_000)) as source:
        worker = Worker(
            source,
            ledger.store,
            lambda: NOW_MS,
            Watchdog(60, ends_process=False),
            confirmed=Confirmed(**confirmed),
        )
        worker.run(until_end=True)
        return worker


class Driven:
    """A worker in a process of its own."""

    def __init__(self, url: str, kafka: Kafka, topic: str, *flags: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(DRIVER), url, kafka.bootstrap, topic, topic, *flags],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def output(self) -> IO[str]:
        assert self.process.stdout is not None
        return self.process.stdout

    def wait_until_reading(self) -> None:
        assert self.output.readline() == "reading\n"

    def end(self) -> list[int]:
        """Return seen, recorded, duplicate and fenced, after the process ended well."""
        lines = self.output.read().split("\n")
        assert self.process.wait(60) == 0, lines
        return [int(word) for word in lines[-2].split()]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.output.close()


@pytest.fixture
def drive(kafka: Kafka) -> Iterator[Callable[..., Driven]]:
    """Yield how a worker is started in a process of its own; none outlives the test."""
    started: list[Driven] = []

    def start(ledger: Ledger, topic: str, *flags: str) -> Driven:
        started.append(Driven(ledger.url, kafka, topic, *flags))
        return started[-1]

    yield start
    for one in started:
        one.kill()


def ids(ledger: Ledger) -> list[str]:
    return [event.id for event in ledger.events("usage")]


def check_batches(ledger: Ledger, topic: str, partition: int, end: int, seen: int) -> None:
    """Check that a partition's batches cover its offsets without gap or overlap."""
    batches = ledger.batches(f"kafka:{topic}/{partition}")
    edges = [0, *(one.next for one in batches)]
    assert [one.first for one in batches] == edges[:-1]
    assert edges[-1] == end
    assert sum(one.seen for one in batches) == seen
    assert all(one.seen == one.recorded + one.duplicate + one.rejected for one in batches)


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
    worker = read(kafka, either_ledger, topic)
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
    assert read(kafka, either_ledger, topic).status.seen == 0
    assert either_ledger.size() == size
    assert either_ledger.findings() == []


def test_a_worker_killed_three_times_loses_and_doubles_nothing(
    kafka: Kafka, either_ledger: Ledger, drive: Callable[..., Driven]
) -> None:
    topic = kafka.topic(2)
    for partition in (0, 1):
        own = [structured(usage(10_000 * partition + i)) for i in range(4_000)]
        # What an agent sends again after it lost an answer: other offsets, the same events.
        kafka.send(topic, [*own, *own[-500:]], partition)
    dice = random.Random(7)  # noqa: S311 - when to kill is no secret
    for _ in range(3):
        worker = drive(either_ledger, topic)
        worker.wait_until_reading()
        time.sleep(dice.uniform(0, 0.25))
        worker.kill()
    drive(either_ledger, topic).end()
    found = ids(either_ledger)
    for partition in (0, 1):
        own_ids = [one for one in found if (one >= "010000") == bool(partition)]
        assert own_ids == [f"{10_000 * partition + i:06}" for i in range(4_000)]
        check_batches(either_ledger, topic, partition, 4_500, 4_500)
    assert sum(one.duplicate for one in either_ledger.batches()) == 1_000
    assert either_ledger.findings() == []


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
    sleeper.wait_until_reading()
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
    worker = read(kafka, either_ledger, topic)
    assert ids(either_ledger) == ["000000", "000001", "000020", "000021"]
    # Four transactions, each with two records and one marker.
    assert worker.offsets() == {f"{topic}/0": 12}
    check_batches(either_ledger, topic, 0, 12, 4)


def test_deleted_records_stop_their_partition(kafka: Kafka, ledger: Ledger) -> None:
    topic = kafka.topic()
    kafka.send(topic, [structured(usage(i)) for i in range(5)])
    read(kafka, ledger, topic)
    kafka.send(topic, [structured(usage(i)) for i in range(5, 10)])
    kafka.delete(topic, 8)
    with pytest.raises(RuleViolationError) as caught:
        read(kafka, ledger, topic)
    assert caught.value.code == "lost_offsets"
    assert "[5, 8)" in caught.value.message.en
    assert len(ids(ledger)) == 5
    worker = read(kafka, ledger, topic, lost={0: 8})
    assert worker.status.recorded == 2
    assert [(one.first, one.next) for one in ledger.batches()] == [(0, 5), (8, 10)]


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
    assert read(kafka, ledger, topic).status.recorded == 6
    assert [(one.first, one.next) for one in ledger.batches()] == [(4, 10)]


def test_a_topic_that_is_not_there_is_named(kafka: Kafka) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Source(kafka.bootstrap, "nowhere", "g")
    assert caught.value.code == "no_topic"
    assert "nowhere" in caught.value.message.en


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
    assert said["logs"][0] == {"name": "usage", "size": 4}
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
    assert ledger.size() == 0
    process = command(ledger, kafka, topic, "--until-end", "--accept-bad")
    answer, _ = process.communicate(timeout=60)
    assert (process.returncode, json.loads(answer)["rejected"]) == (0, 150)


def test_the_command_ends_cleanly_on_sigterm(kafka: Kafka, ledger: Ledger) -> None:
    topic = kafka.topic()
    kafka.send(topic, [structured(usage(i)) for i in range(3)])
    process = command(ledger, kafka, topic)
    deadline = time.monotonic() + 30
    while ledger.size() == 0 and time.monotonic() < deadline:
        time.sleep(0.1)
    process.terminate()
    answer, _ = process.communicate(timeout=30)
    assert (process.returncode, json.loads(answer)["recorded"]) == (0, 3)
