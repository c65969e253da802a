"""From Kafka into a ledger, against a bare loop that only counts what it polls.

Every loop is a process of its own (`bench.loop`), the broker another one. A rate counts from the
first records to the last ones: joining a group takes as long for ten records as for ten million.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Final

from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from sqlalchemy import select

from bench.measure import REPEATS, Measurement, Reading, of_rates
from bench.world import Databases, Ids
from ledger import tables
from ledger.database import open_engine

DATABASES: Final = ("SQLite", "PostgreSQL")
RECORDS: Final = 400_000

BARE: Final = "bare kafka-python consume loop"

_topics = count()

_LOOK_S: Final = 0.1

Samples = list[tuple[float, int, int]]


class Loop:
    """A loop that runs."""

    def __init__(self, *words: object, module: str = "bench.loop") -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *map(str, words)], stdout=subprocess.PIPE
        )

    def end(self) -> Samples:
        """Return its samples when it has come to its end."""
        out, _ = self._process.communicate()
        if self._process.returncode != 0:
            raise subprocess.CalledProcessError(self._process.returncode, self._process.args)
        return [(at_s, seen, kib) for at_s, seen, kib in json.loads(out)]

    def stop(self) -> Samples:
        """Ask it to stop, and return its samples."""
        self._process.terminate()
        return self.end()


class Broker:
    """A broker that measurements fill with topics."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap

    @contextmanager
    def topic(self, partitions: int = 1) -> Iterator[str]:
        """Yield the name of a new topic, which is deleted afterwards."""
        name = f"bench-{next(_topics)}"
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        admin.create_topics([NewTopic(name, partitions, 1)], wait_for_metadata=True)
        try:
            yield name
        finally:
            admin.delete_topics([name])
            admin.close()

    def fill(self, topic: str, size: int, ids: Ids = "growing", first: int = 0) -> None:
        """Append usage records."""
        Loop("fill", self.bootstrap, topic, ids, first, size).end()

    def bare(self, topic: str) -> float:
        """Return the records a second of the bare loop."""
        return rate_of([Loop("bare", self.bootstrap, topic).end()])

    def work(self, topic: str, url: str, workers: int = 1) -> float:
        """Return the records a second of workers that read a topic to its end, all together."""
        loops = [Loop("worker", self.bootstrap, topic, url) for _ in range(workers)]
        return rate_of([loop.end() for loop in loops])


def rate_of(runs: Sequence[Samples]) -> float:
    """Return the records a second of runs together, while all of them had any."""
    moving = [[one for one in run if one[1]] for run in runs]
    start_s = max(run[0][0] for run in moving)
    end_s = min(_last_s(run) for run in moving)
    total = sum(_seen_at(run, end_s) - _seen_at(run, start_s) for run in moving)
    return total / (end_s - start_s)


def _last_s(run: Samples) -> float:
    """Return when a run saw its last records."""
    return next(at_s for at_s, seen, _ in run if seen == run[-1][1])


def _seen_at(run: Samples, at_s: float) -> float:
    """Return how many records a run had seen at a time, between two samples in proportion."""
    before = max((one for one in run if one[0] <= at_s), default=run[0])
    after = min((one for one in run if one[0] >= at_s), default=run[-1])
    if after[0] == before[0]:
        return after[1]
    return before[1] + (after[1] - before[1]) * (at_s - before[0]) / (after[0] - before[0])


def one_worker(broker: Broker, databases: Databases) -> Iterator[Measurement]:
    """Yield one worker into each database, against the bare loop over the same topic."""
    with broker.topic() as topic:
        broker.fill(topic, RECORDS)
        pairs: dict[str, list[tuple[float, float]]] = {kind: [] for kind in DATABASES}
        for _ in range(REPEATS):
            for kind in DATABASES:
                other = broker.bare(topic)
                with databases.ledger(kind) as url:
                    pairs[kind].append((broker.work(topic, url), other))
    for kind in DATABASES:
        yield of_rates(f"one worker, {kind}", RECORDS, pairs[kind], BARE)


def two_workers(broker: Broker, databases: Databases) -> Iterator[Measurement]:
    """Yield two workers with a log each into PostgreSQL, against one bare loop over their topic."""
    with broker.topic(2) as topic:
        broker.fill(topic, RECORDS)
        pairs = []
        for _ in range(REPEATS):
            other = broker.bare(topic)
            with databases.ledger("PostgreSQL", usage_logs=2) as url:
                pairs.append((broker.work(topic, url, workers=2), other))
    yield of_rates("two workers, two logs, PostgreSQL", RECORDS, pairs, BARE)


def catch_up(broker: Broker, databases: Databases) -> Iterator[Measurement]:
    """Yield a worker that comes back to what it left, against the one that was stopped midway."""
    with broker.topic() as topic:
        broker.fill(topic, RECORDS)
        for kind in DATABASES:
            pairs = []
            for _ in range(REPEATS):
                with databases.ledger(kind) as url:
                    stopped = Loop("worker", broker.bootstrap, topic, url)
                    _wait_for(url, f"kafka:{topic}/0", RECORDS // 2)
                    before = rate_of([stopped.stop()])
                    pairs.append((broker.work(topic, url), before))
            yield of_rates(f"after a stop, {kind}", RECORDS, pairs, "before the stop")


def _wait_for(url: str, prefix: str, position: int) -> None:
    """Return when the stream whose name begins so stands at a position."""
    engine = open_engine(url, "read")
    query = select(tables.stream.c.next).where(tables.stream.c.name.startswith(prefix))
    while True:
        with engine.connect() as connection:
            if (connection.scalar(query) or 0) >= position:
                break
        time.sleep(_LOOK_S)
    engine.dispose()


def largest(broker: Broker, databases: Databases) -> Iterator[Reading]:
    """Yield the memory that records of the largest size take, as they are and compressed."""
    size = 10_000
    for compression in ("none", "lz4"):
        with broker.topic() as topic, databases.ledger("SQLite") as url:
            Loop("large", broker.bootstrap, topic, size, compression).end()
            run = Loop("worker", broker.bootstrap, topic, url).end()
        assert run[-1][1] == size, run[-1]
        peak_kib = max(kib for _, _, kib in run)
        said = f"{rate_of([run]):,.0f} a second, at most {peak_kib / 1024:,.0f} MiB resident"
        yield Reading(f"records of 64 KiB, compression {compression}", size, said)


def flat_memory(broker: Broker, databases: Databases, size: int) -> Iterator[Reading]:
    """Yield a worker's resident memory over many records: the mean of each quarter."""
    with broker.topic() as topic:
        broker.fill(topic, size)
        for kind in DATABASES:
            with databases.ledger(kind) as url:
                run = Loop("worker", broker.bootstrap, topic, url).end()
            quarters = [
                statistics.mean(
                    kib for _, seen, kib in run if quarter * size < 4 * seen <= (quarter + 1) * size
                )
                for quarter in range(4)
            ]
            means = " ".join(f"{kib / 1024:,.1f}" for kib in quarters)
            yield Reading(f"memory, {kind}", size, f"MiB resident by quarters: {means}")
