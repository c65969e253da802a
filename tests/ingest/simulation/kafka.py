"""A topic in memory, its consumer group, and a member as `ingest.consumer` shows one to the worker.

Eager rebalances (Apache Kafka's consumer protocol): whoever hears of one gives everything up, joins
again, and gets an assignment once all have joined. A member hears late: until then it reads on,
beside the new owner, and what it has in hand at that moment is still delivered. Nothing is read of
a partition that was assigned until `start`.
"""

from collections.abc import Collection
from typing import Final

from ingest.topic import Bounds, Polled, Run
from tests.ingest.simulation.stage import Process, Stage
from tests.ingest.simulation.world import TOPIC, Sent, World

POLL_RECORDS: Final = (1, 5, 10, 20, 40, 500)


class Cluster:
    """What the brokers hold: each partition's records up to an end that grows."""

    def __init__(self, world: World, stage: Stage) -> None:
        self.world = world
        self.stage = stage
        self.partitions = frozenset(range(len(world.partitions)))
        self.firsts = list(world.firsts)
        self.ends = list(world.firsts)
        self.committed = [0] * len(self.ends)
        self.silent = False

    def reveal(self, partition: int, end: int) -> None:
        """Let a partition grow up to an offset."""
        self.ends[partition] = min(max(end, self.ends[partition]), self.world.ends[partition])

    def retain(self, partition: int) -> None:
        """Delete some of a partition's oldest records, never what no worker has recorded."""
        dice = self.stage.dice
        first = self.firsts[partition]
        if self.committed[partition] > first:
            self.firsts[partition] = dice.randint(first, self.committed[partition])
            self.stage.note("records deleted", f"{partition} < {self.firsts[partition]}")

    def read(self, partition: int, offset: int, limit: int) -> list[Sent]:
        """Return the next records of a partition that can be seen."""
        return self.world.between(partition, offset, self.ends[partition])[:limit]


class Group:
    """A consumer group: its members, and the rebalance that is under way."""

    def __init__(self, cluster: Cluster) -> None:
        self.members: list[Member] = []
        self._cluster = cluster
        self._joined: set[Member] = set()

    def join(self, member: "Member") -> None:
        """Take a member in."""
        self.members.append(member)
        self.rebalance()

    def leave(self, member: "Member") -> None:
        """Let a member go that said good-bye, or that was silent for too long."""
        if member in self.members:
            self.members.remove(member)
            member.notice = "expelled"
            self.rebalance()

    def rebalance(self) -> None:
        """Tell everybody to give up and join again."""
        self._joined.clear()
        for member in self.members:
            member.notice = "revoke"

    def rejoin(self, member: "Member") -> None:
        """Note that a member joined again; with the last one all get their partitions."""
        self._joined.add(member)
        if len(self._joined) < len(self.members):
            return
        self._cluster.stage.note("rebalanced", " ".join(one.process.name for one in self.members))
        order = self._cluster.stage.dice.sample(self.members, len(self.members))
        for number, one in enumerate(order):
            one.share = frozenset(
                partition
                for partition in self._cluster.partitions
                if partition % len(order) == number
            )
            one.notice = "assign"


class Member:
    """One member: an `ingest.topic.Topic`."""

    topic = TOPIC

    def __init__(self, cluster: Cluster, group: Group, process: Process) -> None:
        self.cluster = cluster
        self.group = group
        self.process = process
        self.partitions = cluster.partitions
        self.notice = ""
        self.share: frozenset[int] = frozenset()
        self.goals: dict[int, int] | None = None
        self.corrupted = False
        self.unanswered = False
        self._stage = process.stage
        self._assigned: frozenset[int] = frozenset()
        self._changed: frozenset[int] | None = None
        self._at: dict[int, int] = {}
        self._running: set[int] = set()
        group.join(self)

    def identify(self) -> str | None:
        """Return the topic's id, which never changes here; None when the brokers are silent."""
        self._touch("identify")
        self.unanswered |= self.cluster.silent
        return None if self.cluster.silent else ""

    def poll(self, timeout_ms: int) -> Polled:
        """Return what has arrived; whoever else wants to run does so first."""
        self.process.at("poll", yields=True)
        self._hear(0.8)
        runs: dict[int, Run] = {}
        broken: dict[int, str] = {}
        if not self.cluster.silent:
            broken = self._find_broken()
            runs = self._fetch()
        in_hand = self._running & runs.keys()
        self.process.at("fetched")
        self._hear(self._stage.rates.hear)
        if in_hand - self._running:
            self._stage.note("rebalanced with records in hand", self.process.name)
        changed, self._changed = self._changed, None
        if not runs:
            self._stage.now_s += timeout_ms / 1000
        return Polled(changed, runs, broken)

    def start(self, partition: int, offset: int) -> None:
        """Read an assigned partition from an offset on."""
        self._touch("start")
        if partition in self._assigned:
            self._at[partition] = offset
            self._running.add(partition)

    def stop(self, partition: int) -> None:
        """Let a partition stand still."""
        self._touch("stop")
        self._running.discard(partition)

    def position(self, partition: int) -> int:
        """Return the offset that is read next, zero where nothing is assigned."""
        self._touch("position")
        return self._at.get(partition, 0)

    def bounds(self, partitions: Collection[int]) -> dict[int, Bounds] | None:
        """Return what each partition holds, or nothing when the brokers are silent."""
        self._touch("bounds")
        if self.cluster.silent or self._stage.happens(self._stage.rates.silence):
            self._stage.note("bounds unknown", self.process.name)
            self.unanswered = True
            return None
        cluster = self.cluster
        found = {one: Bounds(cluster.firsts[one], cluster.ends[one]) for one in partitions}
        if self.goals is None:
            self.goals = {one: held.end for one, held in found.items() if held.first < held.end}
        return found

    def publish(self, partition: int, offset: int) -> None:
        """Tell the brokers how far the ledger is, which may not arrive."""
        self._touch("publish")
        committed = self.cluster.committed
        if not self.cluster.silent and partition in self._assigned:
            committed[partition] = max(committed[partition], offset)

    def close(self) -> None:
        """Leave the group."""
        self.group.leave(self)

    def _touch(self, what: str) -> None:
        """Come to a place of the seam; the library's own thread may hear of a rebalance here."""
        self.process.at(what)
        self._hear(self._stage.rates.hear / 2)

    def _hear(self, share: float) -> None:
        """Take in what the coordinator said, if it has arrived."""
        while self.notice and not self.cluster.silent and self._stage.happens(share):
            notice, self.notice = self.notice, ""
            self._stage.note(f"heard {notice}", self.process.name)
            self._running.clear()
            if notice == "assign":
                self._assigned = self._changed = self.share
                self._at = dict.fromkeys(sorted(self.share), 0)
                continue
            self._assigned = self._changed = frozenset()
            self._at = {}
            if notice == "expelled":
                self.group.join(self)
            else:
                self.group.rejoin(self)

    def _find_broken(self) -> dict[int, str]:
        """Return the partitions that cannot be read on, which then stand still."""
        broken: dict[int, str] = {}
        for one in sorted(self._running):
            if self._at[one] < self.cluster.firsts[one]:
                broken[one] = "offset out of range"
            elif self._stage.happens(self._stage.rates.corrupt):
                broken[one] = "bad checksum"
                self.corrupted = True
        for one, words in broken.items():
            self._stage.note(f"broken: {words}", f"{self.process.name} {one}")
            self._running.discard(one)
        return broken

    def _fetch(self) -> dict[int, Run]:
        """Return some records of some partitions."""
        dice = self._stage.dice
        left = dice.choice(POLL_RECORDS)
        runs: dict[int, Run] = {}
        for one in dice.sample(sorted(self._running), len(self._running)):
            records = self.cluster.read(one, self._at[one], dice.randint(0, left))
            left -= len(records)
            if records:
                self._at[one] = records[-1].offset + 1
            self._pass_markers(one)
            if records:
                runs[one] = Run(records, self._at[one])
        return runs

    def _pass_markers(self, partition: int) -> None:
        """Move over what holds no record, if the fetch brought it."""
        following = self.cluster.read(partition, self._at[partition], 1)
        end = following[0].offset if following else self.cluster.ends[partition]
        if end > self._at[partition] and self._stage.happens(0.5):
            self._at[partition] = end
