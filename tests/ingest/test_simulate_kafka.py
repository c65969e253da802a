"""A load test checked to the event: what `simulate --kafka` says it sent is what a ledger shows."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.partitioner import DefaultPartitioner

from ingest.producer import Producer
from ingest.simulate.load import Plan, plan_records
from ingest.simulate.sent import STRUCTURED, Sent
from ledger.errors import InvalidInputError
from tests.servers.kafka import free_ports

ROOT = Path(__file__).parents[2]
WAIT_S = 120

SMALL = ("--enterprises", "13", "--days", "20", "--seed", "7")
TROUBLE = (
    *("--late", "0.03", "--duplicated", "0.05", "--reordered", "0.1"),
    *("--malformed", "0.1", "--dropped", "0.01", "--mode", "mixed", "--tallies"),
)

_NUMBERS = count(1)


class Cluster:
    """A broker as a load test uses it."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self.admin = KafkaAdminClient(bootstrap_servers=bootstrap)

    def name(self) -> str:
        """Return the name of a topic that is not there yet."""
        return f"load-{next(_NUMBERS)}"

    def topic(self, **configs: str) -> str:
        """Return the name of a new topic of one partition."""
        name = self.name()
        wanted = {name: {"num_partitions": 1, "configs": configs}}
        self.admin.create_topics(wanted, wait_for_metadata=True)
        return name

    def records(self, topic: str, partitions: int) -> dict[int, list[Sent]]:
        """Return what stands in a topic, by partition."""
        names = [TopicPartition(topic, one) for one in range(partitions)]
        found: dict[int, list[Sent]] = {one: [] for one in range(partitions)}
        with closing(
            KafkaConsumer(bootstrap_servers=self.bootstrap, auto_offset_reset="earliest")
        ) as consumer:
            consumer.assign(names)
            ends = consumer.end_offsets(names)
            while any(consumer.position(name) < ends[name] for name in names):
                for name, records in consumer.poll(timeout_ms=500).items():
                    found[name.partition] += [
                        Sent(one.key, tuple(one.headers), one.value) for one in records
                    ]
        return found

    def count(self, topic: str) -> int:
        """Return how many records stand in a topic of one partition; zero while it is not there."""
        name = TopicPartition(topic, 0)
        if self.admin.describe_topics([topic])[0]["error_code"]:
            return 0
        with closing(KafkaConsumer(bootstrap_servers=self.bootstrap)) as consumer:
            end: int = consumer.end_offsets([name])[name]
            return end


@pytest.fixture(scope="module")
def cluster(broker: str) -> Iterator[Cluster]:
    made = Cluster(broker)
    yield made
    made.admin.close()


def finish(process: "subprocess.Popen[str]") -> tuple[str, str]:
    """Return output and errors of a process that has ended, or was killed for being too slow."""
    try:
        return process.communicate(timeout=WAIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()


class Command:
    """The command `suanquan` on a ledger of its own."""

    def __init__(self, home: Path, url: str) -> None:
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "SUANQUAN_HOME": str(home),
            "SUANQUAN_DATABASE_URL": url,
        }

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Return the running command, its output and errors piped."""
        return subprocess.Popen(
            [sys.executable, "-m", "portal", *arguments, "--json"],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> dict[str, Any]:
        """Return what the command answers."""
        process = self.start(*arguments)
        answer, errors = finish(process)
        assert process.returncode == 0, errors
        found: dict[str, Any] = json.loads(answer)
        return found

    def error(self, *arguments: str) -> str:
        """Return the code of the command's error; it exits with 2."""
        process = self.start(*arguments)
        _, errors = finish(process)
        code: str = json.loads(errors.splitlines()[-1])["error"]["code"]
        assert process.returncode == 2, errors
        return code


@pytest.fixture
def suanquan(tmp_path: Path) -> Command:
    return Command(tmp_path, "")


def test_a_ledger_shows_what_was_sent_to_the_event(
    cluster: Cluster, database_url: str, tmp_path: Path
) -> None:
    suanquan, topic = Command(tmp_path, database_url), cluster.name()
    target = ("--kafka", cluster.bootstrap, "--topic", topic, "--partitions", "3")
    sent = suanquan.run("simulate", *target, *SMALL, *TROUBLE)
    assert sent["expected"] == {
        "recorded": sent["distinct"],
        "duplicate": sent["duplicate"],
        "rejected": sent["malformed"],
    }
    assert (
        min(sent[name] for name in ("duplicate", "malformed", "dropped", "late", "tallies")) >= 20
    )
    suanquan.run("db", "upgrade")
    read = suanquan.run(
        "ingest", "kafka", "--bootstrap", cluster.bootstrap, "--topic", topic, "--until-end"
    )
    assert {name: read[name] for name in sent["expected"]} == sent["expected"]
    assert read["offsets"] == sent["by_partition"]
    refused = suanquan.run("ingest", "rejected", "list", "--limit", "100000")["rows"]
    assert Counter(row["code"] for row in refused) == sent["codes"]
    totals = suanquan.run("usage")["total"]
    assert {row["resource"]: row["quantity"] for row in totals} == sent["quantities"]
    by_enterprise = suanquan.run("usage", "--by", "enterprise")["rows"]
    assert len({row["enterprise"] for row in by_enterprise}) == sent["enterprises"]
    gaps = suanquan.run("ingest", "gaps")["rows"]
    missing = sum(row["last_missing"] - row["first_missing"] + 1 for row in gaps)
    assert (len(gaps), missing) == (sent["gaps"], sent["missing"])
    days = suanquan.run("ingest", "tallies")["rows"]
    assert sum(row["missing_events"] for row in days) == sent["dropped"]
    again = suanquan.run("simulate", *target, *SMALL, *TROUBLE)
    assert again | UNTIMED == sent | UNTIMED


UNTIMED = {"seconds": None, "per_second": None}


def test_the_records_stand_in_the_topic_as_planned_by_kafkas_own_partition_of_the_key(
    cluster: Cluster, suanquan: Command
) -> None:
    topic = cluster.name()
    target = ("--kafka", cluster.bootstrap, "--topic", topic, "--partitions", "4")
    sent = suanquan.run("simulate", *target, *SMALL, "--records", "500", *TROUBLE)
    plan = Plan(
        enterprises=13,
        days=20,
        seed=7,
        records=500,
        late=Fraction("0.03"),
        duplicated=Fraction("0.05"),
        reordered=Fraction("0.1"),
        malformed=Fraction("0.1"),
        dropped=Fraction("0.01"),
        mode="mixed",
        tallies=True,
    )
    wanted: dict[int, list[Sent]] = {partition: [] for partition in range(4)}
    for one in plan_records(plan):
        if one.record is not None:
            wanted[partition_of(one.record.key)].append(one.record)
    assert cluster.records(topic, 4) == wanted
    assert sent["by_partition"] == {f"{topic}/{one}": len(wanted[one]) for one in range(4)}


class FourPartitions:
    """What Kafka's partitioner asks of a cluster."""

    def topics(self) -> set[str]:
        return {"t"}

    def partitions_for_topic(self, _topic: str) -> set[int]:
        return {0, 1, 2, 3}

    def available_partitions_for_topic(self, _topic: str) -> set[int]:
        return {0, 1, 2, 3}


def partition_of(key: bytes | None) -> int:
    found: int = DefaultPartitioner().partition("t", key, key, b"", b"", FourPartitions())
    return found


def test_a_rate_is_kept(cluster: Cluster, suanquan: Command) -> None:
    target = ("--kafka", cluster.bootstrap, "--topic", cluster.topic())
    sent = suanquan.run("simulate", *target, *SMALL, "--records", "400", "--rate", "200")
    assert sent["sent"] == 400
    assert sent["seconds"] >= 1.9
    assert sent["per_second"] <= 211


def test_ctrl_c_stops_it_and_what_was_sent_is_said(cluster: Cluster, suanquan: Command) -> None:
    topic = cluster.topic()
    target = ("--kafka", cluster.bootstrap, "--topic", topic, "--rate", "100")
    process = suanquan.start("simulate", *target, *TROUBLE)
    deadline = time.monotonic() + WAIT_S
    while cluster.count(topic) < 20 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    answer, errors = finish(process)
    assert process.returncode == 0, errors
    sent = json.loads(answer)
    assert sent["stopped"] is True
    assert sent["sent"] >= 20
    assert sent["by_partition"] == {f"{topic}/0": sent["sent"]}
    assert cluster.count(topic) == sent["sent"] == sum(sent["expected"].values())


def test_what_kafka_does_not_take_is_an_error(cluster: Cluster, suanquan: Command) -> None:
    topic = cluster.topic(**{"max.message.bytes": "2000"})
    target = ("--kafka", cluster.bootstrap, "--topic", topic)
    assert suanquan.error("simulate", *target, *SMALL, "--malformed", "0.5") == "not_delivered"


def test_only_what_was_acknowledged_counts(cluster: Cluster) -> None:
    topic = cluster.topic(**{"max.message.bytes": "2000"})
    small, large = (Sent(b"k", STRUCTURED, b"x" * length) for length in (10, 5000))
    with closing(Producer(cluster.bootstrap, topic)) as producer:
        producer.send([small])
        assert list(producer.arrived(0)) == [0]
        producer.send([large])
        with pytest.raises(InvalidInputError, match="MessageSizeTooLarge") as caught:
            list(producer.arrived(0))
        assert caught.value.code == "not_delivered"
    assert cluster.count(topic) == 1


def test_a_topic_is_made_only_where_partitions_are_named(
    cluster: Cluster, suanquan: Command
) -> None:
    target = ("simulate", "--kafka", cluster.bootstrap, *SMALL, "--records", "1")
    assert suanquan.error(*target, "--topic", "nowhere") == "no_topic"
    assert suanquan.error(*target, "--topic", "not/a/name", "--partitions", "1") == "kafka"
    assert "nowhere" not in cluster.admin.list_topics()
    topic = cluster.name()
    made = suanquan.run(*target, "--topic", topic, "--partitions", "2")
    assert made["by_partition"].keys() == {f"{topic}/0", f"{topic}/1"}
    assert suanquan.run(*target, "--topic", topic, "--partitions", "9")["sent"] == 1


def test_a_broker_that_is_not_there_is_an_error() -> None:
    (port,) = free_ports(1)
    # In a process of its own: the library leaves its sockets open.
    program = (
        "from ingest.producer import Producer\n"
        f"Producer('127.0.0.1:{port}', 'usage', bootstrap_timeout_ms=500)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=False, text=True
    )
    assert f"cannot reach Kafka at 127.0.0.1:{port}" in done.stderr.splitlines()[-1]
