"""A topic as a test uses it: records of usage, a broker that takes them, workers that read them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from itertools import count
from pathlib import Path
from typing import IO, Any, Self

from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from kafka.errors import TopicAlreadyExistsError
from kafka.structs import OffsetAndMetadata

from ingest.consumer import POLL_RECORDS, Source
from ingest.incident import Permitted
from ingest.watchdog import Watchdog
from ingest.worker import Worker

ROOT = Path(__file__).parents[2]
DRIVER = Path(__file__).with_name("run_worker.py")
CODE = "91420100MA4K2XY18X"
KEY = CODE.encode()
STRUCTURED = [("content-type", b"application/cloudevents+json")]
NOW_MS = 1_669_190_400_000

Ledger = Any
Message = tuple[bytes | None, list[tuple[str, bytes]], bytes | None]

_NUMBERS = count(1)


class RawName(str):
    """A header's name that is sent as bytes which are no UTF-8, and read with them escaped."""

    __slots__ = ("_raw",)
    _raw: bytes

    def __new__(cls, raw: bytes) -> Self:
        made = super().__new__(cls, raw.decode("utf-8", "backslashreplace"))
        made._raw = raw
        return made

    def encode(self, _encoding: str = "utf-8", _errors: str = "strict") -> bytes:
        """Return what is sent."""
        return self._raw


def usage(event_id: int, amount: str = "1", source: str = "urn:a") -> bytes:
    """Return an event of usage in canonical bytes; its id is six digits or more."""
    event = {
        "data": {
            "amount": amount,
            "end": "2022-07-01T01:00:00Z",
            "job": "j",
            "resource": "r",
            "start": "2022-07-01T00:00:00Z",
        },
        "id": f"{event_id:06}",
        "source": source,
        "specversion": "1.0",
        "subject": CODE,
        "type": "cn.suanquan.usage.recorded.v1",
    }
    return json.dumps(event, separators=(",", ":")).encode()


def structured(value: bytes) -> Message:
    """Return an event as a record in structured mode."""
    return KEY, STRUCTURED, value


def binary(value: bytes) -> Message:
    """Return an event as a record in binary mode."""
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

    def remake(self, topic: str) -> None:
        """Delete a topic and make another one of its name."""
        self.admin.delete_topics([topic])
        end_s = time.monotonic() + 30
        while time.monotonic() < end_s:
            with suppress(TopicAlreadyExistsError):
                self.admin.create_topics([NewTopic(topic, 1, 1)], wait_for_metadata=True)
                return
            time.sleep(0.1)
        raise AssertionError(topic)

    def committed(self, topic: str) -> int:
        """Return what Kafka says of the group that is named like its topic, for one partition."""
        found = self.admin.list_group_offsets({topic: [TopicPartition(topic, 0)]})
        offset: int = found[topic][TopicPartition(topic, 0)].offset
        return offset

    def commit(self, topic: str, offset: int) -> None:
        """Move what Kafka says of that group, as anybody may."""
        moved = {TopicPartition(topic, 0): OffsetAndMetadata(offset, "", -1)}
        self.admin.alter_group_offsets(topic, moved)

    def close(self) -> None:
        """Let go of the broker."""
        self._producer.close()
        self.admin.close()


def read(
    bootstrap: str,
    ledger: Ledger,
    topic: str,
    poll_records: int = POLL_RECORDS,
    **permitted: Any,  # noqa: ANN401 - the fields of Permitted
) -> Worker:
    """Return a worker of this process after it read a topic to its end."""
    with closing(Source(bootstrap, topic, topic, 2_000, poll_records)) as source:
        worker = Worker(
            source,
            ledger.store,
            lambda: NOW_MS,
            Watchdog(60, ends_process=False),
            permitted=Permitted(**permitted),
        )
        worker.run(until_end=True)
        return worker


class Driven:
    """A worker in a process of its own, `run_worker.py`."""

    def __init__(
        self, url: str, bootstrap: str, topic: str, *flags: str, group: str | None = None
    ) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(DRIVER), url, bootstrap, topic, group or topic, *flags],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def output(self) -> IO[str]:
        """Return what it prints."""
        assert self.process.stdout is not None
        return self.process.stdout

    def wait_until(self, word: str) -> None:
        """Return when it says where it is."""
        assert self.output.readline() == f"{word}\n"

    def end(self) -> list[int]:
        """Return seen, recorded, duplicate and fenced, after the process ended well."""
        lines = self.output.read().split("\n")
        assert self.process.wait(60) == 0, lines
        return [int(word) for word in lines[-2].split()]

    def kill(self) -> None:
        """End it by SIGKILL."""
        self.process.kill()
        self.process.wait()
        self.output.close()


def ids(ledger: Ledger, source: str = "urn:a") -> list[str]:
    """Return the ids of a source's events in the order of the log."""
    return [event.id for event in ledger.events("usage") if event.source == source]


def check_batches(ledger: Ledger, topic: str, partition: int, end: int, seen: int) -> None:
    """Check that a partition's batches cover its offsets without gap or overlap."""
    batches = [
        one for one in ledger.batches() if one.stream.startswith(f"kafka:{topic}/{partition}#")
    ]
    edges = [0, *(one.next for one in batches)]
    assert [one.first for one in batches] == edges[:-1]
    assert edges[-1] == end
    assert sum(one.seen for one in batches) == seen
    assert all(one.seen == one.recorded + one.duplicate + one.rejected for one in batches)
