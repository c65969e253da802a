"""One loop in a process of its own: nothing of the measurement shares its memory or interpreter.

    python -m bench.loop bare BOOTSTRAP TOPIC
    python -m bench.loop worker BOOTSTRAP TOPIC URL [forever]
    python -m bench.loop fill BOOTSTRAP TOPIC IDS FIRST COUNT
    python -m bench.loop large BOOTSTRAP TOPIC COUNT COMPRESSION
    python -m bench.loop steady BOOTSTRAP TOPIC RATE SECONDS

It prints a line of JSON: the seconds on the machine's monotonic clock and the records so far, after
each of its turns; `worker` also its resident memory in KiB.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any, Final

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from bench.world import Usage, writer
from ingest.consumer import PARTITION_BYTES_MAX, POLL_RECORDS, Source
from ingest.process import stopped_by_signals
from ingest.status import Status
from ingest.watchdog import Watchdog
from ingest.worker import Worker
from ledger.codec import ENTRY_BYTES_MAX
from ledger.projection import PROJECTIONS
from ledger.store import Store

HEADERS: Final = [("content-type", b"application/cloudevents+json")]

# Batches of some seven hundred records, as a busy producer makes them.
_BATCH_BYTES: Final = 1 << 18
_LINGER_MS: Final = 20

_PIECE: Final = 10_000
_STEADY_LINGER_MS: Final = 5
_STEPS_A_SECOND: Final = 100

Samples = list[tuple[float, int, int]]


def bare(bootstrap: str, topic: str) -> Samples:
    """Return how a consumer fares that only counts what it polls."""
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=None,
        enable_auto_commit=False,
        max_poll_records=POLL_RECORDS,
        fetch_max_bytes=4 * PARTITION_BYTES_MAX,
        max_partition_fetch_bytes=PARTITION_BYTES_MAX,
        metrics_enabled=False,
    )
    names = [TopicPartition(topic, one) for one in consumer.partitions_for_topic(topic)]
    end = sum(consumer.end_offsets(names).values())
    consumer.assign(names)
    consumer.seek_to_beginning(*names)
    samples, seen = Samples(), 0
    while seen < end:
        seen += sum(map(len, consumer.poll(timeout_ms=1_000).values()))
        samples.append((time.monotonic(), seen, 0))
    consumer.close()
    return samples


def worker(bootstrap: str, topic: str, url: str, *flags: str) -> Samples:
    """Return how a worker fares, from Kafka into a ledger on disk with all that belongs to it."""
    samples = Samples()

    def note(status: Status) -> None:
        """Keep what it has seen, and what memory it takes."""
        samples.append((time.monotonic(), status.seen, _resident_kib()))

    with (
        writer(url) as engine,
        closing(Source(bootstrap, topic, "bench")) as source,
        Watchdog() as watchdog,
    ):
        store = Store(engine, PROJECTIONS)
        running = Worker(source, store, lambda: time.time_ns() // 1_000_000, watchdog, report=note)
        with stopped_by_signals(running.stop):
            running.run(until_end="forever" not in flags)
        assert running.status.seen == running.status.recorded, running.status
    return samples


def _resident_kib() -> int:
    """Return the memory of this process that is in RAM, proc(5)."""
    with open("/proc/self/statm") as file:  # noqa: PTH123 - read at every turn
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") // 1024


def fill(bootstrap: str, topic: str, ids: Any, first: str, count: str) -> Samples:  # noqa: ANN401 - a word
    """Append usage records to a topic."""
    usage, left = Usage(ids, int(first)), int(count)
    with closing(_producer(bootstrap)) as producer:
        while left:
            piece = usage.take(min(left, _PIECE))
            left -= len(piece)
            for key, value in piece:
                producer.send(topic, key=key, value=value, headers=HEADERS)
        producer.flush()
    return []


def large(bootstrap: str, topic: str, count: str, compression: str) -> Samples:
    """Append usage records of the largest size that a ledger takes."""
    with closing(_producer(bootstrap, None if compression == "none" else compression)) as producer:
        for key, value in Usage().take(int(count)):
            pad = ENTRY_BYTES_MAX - len(value) - len(b',"zpad":""')
            padded = value[:-1] + b',"zpad":"' + b"x" * pad + b'"}'
            producer.send(topic, key=key, value=padded, headers=HEADERS)
        producer.flush()
    return []


def steady(bootstrap: str, topic: str, rate: str, seconds: str) -> Samples:
    """Append records at a steady rate; each carries the time at which it was due."""
    step = int(rate) // _STEPS_A_SECOND
    usage, samples = Usage(), Samples()
    with closing(_producer(bootstrap, linger_ms=_STEADY_LINGER_MS)) as producer:
        due = time.time()
        for number in range(int(seconds) * _STEPS_A_SECOND):
            time.sleep(max(0.0, due - time.time()))
            for key, value in usage.take(step):
                # The time at which it was due, so that a late producer is part of the wait.
                producer.send(
                    topic, key=key, value=value, headers=HEADERS, timestamp_ms=int(due * 1000)
                )
            samples.append((time.monotonic(), (number + 1) * step, 0))
            due += 1 / _STEPS_A_SECOND
        producer.flush()
    return samples


def _producer(bootstrap: str, compression: str | None = None, linger_ms: int = _LINGER_MS) -> Any:  # noqa: ANN401 - the library has no types
    """Return a producer."""
    return KafkaProducer(
        bootstrap_servers=bootstrap,
        linger_ms=linger_ms,
        batch_size=_BATCH_BYTES,
        compression_type=compression,
        metrics_enabled=False,
    )


LOOPS: Final[dict[str, Callable[..., Samples]]] = {
    "bare": bare,
    "worker": worker,
    "fill": fill,
    "large": large,
    "steady": steady,
}


def main() -> None:
    """Run the loop that the command line names."""
    name, *arguments = sys.argv[1:]
    sys.stdout.write(json.dumps(LOOPS[name](*arguments)) + "\n")


if __name__ == "__main__":
    main()
