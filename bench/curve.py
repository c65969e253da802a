"""How a worker's rate changes while the ledger grows.

Records are stored up to each size straight from memory; then a worker takes some more from Kafka,
against the bare loop over the same topic. Ids of three kinds: the identity index is a tree sorted
by id, so ids that grow touch its last leaves only, and ids of chance touch all of it.
"""

from collections.abc import Iterator
from itertools import count
from typing import Final

from bench.measure import REPEATS, Measurement, of_rates
from bench.streams import BARE, DATABASES, Broker
from bench.world import Databases, Ids, Usage, writer
from ledger.codec import parse_usage
from ledger.projection import PROJECTIONS
from ledger.store import Batch, Store

SIZES: Final = (0, 1_000_000, 5_000_000)
KINDS: Final[tuple[Ids, ...]] = ("growing", "uuid7", "uuid4")
RECORDS: Final = 120_000

_BATCH_RECORDS: Final = 20_000
_RECORDED_AT_MS: Final = 1_700_000_000_000


def curve(broker: Broker, databases: Databases) -> Iterator[Measurement]:
    """Yield the rate at each size, for each kind of id and each database."""
    for ids in KINDS:
        for kind in DATABASES:
            with databases.ledger(kind) as url:
                stored = 0
                for size in SIZES:
                    stored = store_usage(url, ids, stored, size)
                    name = f"{ids} ids at {size:,} stored, {kind}"
                    pairs = []
                    for _ in range(REPEATS):
                        with broker.topic() as topic:
                            broker.fill(topic, RECORDS, ids, stored)
                            stored += RECORDS
                            other = broker.bare(topic)
                            pairs.append((broker.work(topic, url), other))
                    yield of_rates(name, RECORDS, pairs, BARE)


def store_usage(url: str, ids: Ids, stored: int, size: int) -> int:
    """Return how many records are stored after so many more that there are at least `size`."""
    usage = Usage(ids, stored)
    with writer(url) as engine:
        store = Store(engine, PROJECTIONS)
        stream = f"bench:{stored}"
        for first in count(0, _BATCH_RECORDS):
            if stored >= size:
                break
            events = parse_usage([value for _, value in usage.take(_BATCH_RECORDS)])
            assert events is not None, stored
            end = first + len(events)
            batch = Batch(stream, first, first, end, list(enumerate(events, first)))
            assert store.append(batch, _RECORDED_AT_MS).recorded == len(events), stored
            stored += len(events)
    return stored
