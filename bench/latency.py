"""From a record's production to its being readable in the ledger, under a steady rate.

A producer stamps each record with the time at which it was due. Another connection asks the ledger
every few milliseconds where the topic's streams stand: that is committed, and any reader sees it.
Both clocks are this machine's; what the asking adds is at most its period.
"""

import time
from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

from kafka import KafkaConsumer, TopicPartition
from sqlalchemy import select

from bench.measure import Reading
from bench.streams import DATABASES, Broker, Loop
from bench.world import Databases
from ledger import tables
from ledger.database import open_engine

RATE: Final = 5_000
SECONDS: Final = 20
PARTITIONS: Final = 2

# Before it joined its group a worker reads nothing, and that is not what is asked here.
_SETTLE_S: Final = 3

_PERIOD_S: Final = 0.005
_DEADLINE_S: Final = 60

Sightings = dict[int, list[tuple[int, float]]]
"""By partition: up to which offset the ledger reached, and when that was first seen."""


def latency(broker: Broker, databases: Databases) -> Iterator[Reading]:
    """Yield the spread of the seconds from production to the ledger."""
    for kind in DATABASES:
        with broker.topic(PARTITIONS) as topic, databases.ledger(kind) as url:
            worker = Loop("worker", broker.bootstrap, topic, url, "forever")
            time.sleep(_SETTLE_S)
            producer = Loop("steady", broker.bootstrap, topic, RATE, SECONDS)
            seen = _watch(url, topic, RATE * SECONDS)
            producer.end()
            worker.stop()
            waits = sorted(_waits(broker.bootstrap, topic, seen))
        at = {share: waits[int(share * (len(waits) - 1))] for share in (0.5, 0.99, 1.0)}
        said = f"median {at[0.5]:.3f} s, p99 {at[0.99]:.3f} s, longest {at[1.0]:.3f} s"
        yield Reading(f"produced to visible at {RATE:,}/s, {kind}", len(waits), said)


def _watch(url: str, topic: str, size: int) -> Sightings:
    """Return when each offset was first seen in the ledger, once all records are there."""
    prefix, engine = f"kafka:{topic}/", open_engine(url, "audit")
    query = select(tables.stream).where(tables.stream.c.name.startswith(prefix))
    seen: Sightings = {}
    deadline_s = time.monotonic() + _DEADLINE_S
    reached = 0
    while reached < size and time.monotonic() < deadline_s:
        with engine.connect() as connection:
            rows = connection.execute(query).all()
        now_s = time.time()
        for name, offset in rows:
            known = seen.setdefault(int(name.removeprefix(prefix).partition("#")[0]), [])
            if not known or known[-1][0] < offset:
                known.append((offset, now_s))
        reached = sum(known[-1][0] for known in seen.values())
        time.sleep(_PERIOD_S)
    engine.dispose()
    return seen


def _waits(bootstrap: str, topic: str, seen: Sightings) -> Iterator[float]:
    """Yield each record's seconds from when it was due to when it was seen."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id=None, max_poll_records=10_000)
    names = [TopicPartition(topic, one) for one in seen]
    left = sum(consumer.end_offsets(names).values())
    consumer.assign(names)
    consumer.seek_to_beginning(*names)
    while left:
        for name, records in consumer.poll(timeout_ms=1_000).items():
            known = seen[name.partition]
            ends = [offset for offset, _ in known]
            left -= len(records)
            for record in records:
                # The first sighting whose end lies beyond the record.
                yield known[bisect_right(ends, record.offset)][1] - record.timestamp / 1000
    consumer.close()
