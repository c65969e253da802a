"""The run that nothing disturbs: one worker, which gets the records in the order of the moves."""

import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from ingest.topic import Bounds, Polled, Run
from ingest.watchdog import Watchdog
from ingest.worker import Worker
from ledger.database import Engine
from ledger.projection import PROJECTIONS
from ledger.store import Store
from tests.ingest.simulation.reference import Move
from tests.ingest.simulation.world import TOPIC, World

NOW_MS = 1_669_190_400_000


def run_cleanly(engine: Engine, world: World, moves: Sequence[Move], dice: random.Random) -> None:
    """Let one worker read everything; its batches end elsewhere."""
    topic = _Scripted(world, _cut(world, moves, dice))
    watchdog = Watchdog(60, ends_process=False)
    Worker(topic, Store(engine, PROJECTIONS), lambda: NOW_MS, watchdog).run(until_end=True)


def _cut(world: World, moves: Sequence[Move], dice: random.Random) -> Iterator[dict[int, Run]]:
    """Yield what each poll brings: neighbouring moves of a partition joined and cut elsewhere."""
    for partition, joined in groupby(moves, lambda move: move.partition):
        steps = list(joined)
        records = world.between(partition, steps[0].first, steps[-1].next)
        while records:
            count = dice.choice((15, 60, len(records)))
            part, records = records[:count], records[count:]
            yield {partition: Run(part, part[-1].offset + 1)}


@dataclass
class _Scripted:
    """A topic that is read by one member, in an order that is laid down."""

    world: World
    polls: Iterator[dict[int, Run]]
    topic: str = TOPIC
    assigned: bool = False

    def __post_init__(self) -> None:
        self.partitions = frozenset(range(len(self.world.partitions)))
        self._at: dict[int, int] = {}

    def identify(self) -> str:
        """Return the topic's id."""
        return ""

    def poll(self, _timeout_ms: int) -> Polled:
        """Return the next records; at the end only the positions have moved."""
        if not self.assigned:
            self.assigned = True
            return Polled(self.partitions)
        runs = next(self.polls, {})
        self._at.update({partition: run.next for partition, run in runs.items()})
        if not runs:
            self._at = dict(enumerate(self.world.ends))
        return Polled(None, runs)

    def start(self, partition: int, offset: int) -> None:
        """Read a partition from an offset on."""
        self._at[partition] = offset

    def stop(self, partition: int) -> None:
        """Let a partition stand still, which nothing here gives cause for."""
        raise AssertionError(partition)

    def position(self, partition: int) -> int:
        """Return the offset that is read next."""
        return self._at[partition]

    def bounds(self, partitions: Collection[int]) -> dict[int, Bounds]:
        """Return what each partition holds."""
        world = self.world
        return {one: Bounds(world.firsts[one], world.ends[one]) for one in partitions}

    def publish(self, partition: int, offset: int) -> None:
        """Tell nobody."""
