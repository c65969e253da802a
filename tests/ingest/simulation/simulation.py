"""One seed: a world, a storm over its workers, a calm in which they finish, and the judgement."""

import random
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final

from ingest.watchdog import Timer, Watchdog
from ingest.worker import Worker
from ledger.database import OperationalError
from ledger.errors import LedgerError
from ledger.projection import PROJECTIONS
from ledger.store import Store
from tests.ingest.simulation.clean import NOW_MS, run_cleanly
from tests.ingest.simulation.database import Database
from tests.ingest.simulation.kafka import Cluster, Group, Member
from tests.ingest.simulation.ledger import Reader, differences
from tests.ingest.simulation.reference import Move, leave_open, reckon, stream_of
from tests.ingest.simulation.stage import Process, Rates, Stage
from tests.ingest.simulation.world import TOPIC, World, make_world

REPEAT: Final = ".venv/bin/python -m pytest tests/ingest/test_simulation.py -k"

WORKERS_MAX: Final = 3
STALLED_S: Final = 240

# A storm ends when everything is recorded, or after so many turns; the calm must end it then.
STORM_TURNS_MAX: Final = 400
CALM_TURNS_MAX: Final = 1_000


class BrokenPromiseError(AssertionError):
    """The worker did what it must not do."""


def refuse(wrong: Sequence[str], cause: BaseException | None = None) -> None:
    """Raise what is wrong, if anything is."""
    if wrong:
        raise BrokenPromiseError("\n".join(wrong)) from cause


@dataclass
class Running:
    """A worker that runs, or that was killed and whose group has not noticed."""

    process: Process
    member: Member
    worker: Worker | None = None
    stopped: bool = False
    moves: list[Move] = field(default_factory=list)
    opened: int = 0


class Simulation:
    """Plays one seed on one database."""

    def __init__(self, dice: random.Random, world: World, database: Database) -> None:
        self.world = world
        self.moves: list[Move] = []
        self.stage = Stage(dice, database.kind)
        database.renew(world.usage_logs, self.stage)
        self._store = Store(database.writer, PROJECTIONS)
        self._reader = Reader(database.reader)
        self._dice = dice
        self._cluster = Cluster(world, self.stage)
        self._groups = [Group(self._cluster)]
        if dice.random() < 0.3:
            self._groups.append(Group(self._cluster))
        self._wanted = dice.choice((1, 2, 2, WORKERS_MAX, WORKERS_MAX))
        self._checked_share = dice.choice((0, 0, 0.3))
        self._running: list[Running] = []
        self._dead: list[Running] = []
        self._positions: dict[str, int] = {}
        self._count = 0
        self._wrong: list[str] = []

    def play(self) -> None:
        """Let the workers record the whole topic, whatever happens to them."""
        try:
            self._storm()
            self._calm()
            self._check("checked at the end")
        finally:
            for one in self._running:
                one.process.kill("at the end")
                one.process.resume()

    # --- the course of a seed ---

    def _storm(self) -> None:
        """Let everything happen that may."""
        while self.stage.turns < STORM_TURNS_MAX and not self._is_recorded():
            before = self.stage.moves
            self._disturb()
            self._turn()
            if self.stage.moves > before and self._dice.random() < self._checked_share / 2:
                self._check("checked after a move")

    def _calm(self) -> None:
        """Let nothing happen any more: new workers must come to the end, and end."""
        stage = self.stage
        stage.note("calm")
        # Still in any order, and from two groups at once; only nothing breaks any more.
        stage.rates = Rates(switch=stage.rates.switch, hear=stage.rates.hear)
        self._cluster.silent = False
        for partition, end in enumerate(self.world.ends):
            self._cluster.reveal(partition, end)
        for one in self._running:
            if one.worker is None or self._dice.random() < 0.5:
                one.process.kill("for the calm")
            else:
                self._stop(one)
        self._finish("a worker does not stop")
        self._groups = [Group(self._cluster) for _ in self._groups]
        for _ in range(self._dice.randint(1, WORKERS_MAX)):
            self._start(until_end=True)
        last = self._running[-1]
        self._finish("the calm does not end")
        refuse([] if self._is_recorded() else [f"the calm ended at {self._positions}"])
        assert last.worker is not None
        stand = {f"{TOPIC}/{one}": 0 for one in self._cluster.partitions}
        stand |= {name.removeprefix("kafka:"): next_ for name, next_ in self._positions.items()}
        refuse(differences(last.worker.offsets(), stand, "offsets"))

    def _finish(self, otherwise: str) -> None:
        """Give turns until all have ended."""
        deadline = self.stage.turns + CALM_TURNS_MAX
        while self._running:
            self._turn()
            refuse([otherwise] if self.stage.turns > deadline else [])

    def _is_recorded(self) -> bool:
        """Return whether every stream stands at the end of its partition."""
        return all(
            self._positions.get(stream_of(partition), self.world.firsts[partition]) >= end
            for partition, end in enumerate(self.world.ends)
        )

    def _turn(self) -> None:
        """Let one worker run until it gives way."""
        self.stage.turns += 1
        awake = [one for one in self._running if not one.process.frozen]
        if not awake:
            return
        # Who is waited for is rather picked, or most turns would be spent waiting.
        called = [one for one in awake if one.member.notice]
        one = self._dice.choice(called if called and self._dice.random() < 0.5 else awake)
        one.process.resume()
        refuse(self._wrong)
        if one.process.exit:
            self._running.remove(one)
            self._bury(one)

    def _bury(self, one: Running) -> None:
        """Judge how a worker ended."""
        process, member, exit_ = one.process, one.member, one.process.exit
        self.stage.note(f"ended {exit_}", process.name)
        if exit_ == "killed":
            self._dead.append(one)
            if self._dice.random() < self._checked_share:
                self._check("checked after a kill")
            return
        if process.error is not None:
            refuse([f"{process.name}: {process.error!r}"], process.error)
        lawful = {
            "done": True,
            "unreadable": member.corrupted,
            "no_broker": member.unanswered,
            "stalled": self.stage.slept_at_s >= process.born_s,
            "database": member.goals is None,
        }
        refuse([] if lawful.get(exit_) else [f"{process.name} ended: {exit_}"])
        if exit_ == "done" and not one.stopped:
            # It ended by itself: then it reached the ends that it saw at its start.
            early = [
                f"{process.name} ended before {partition} reached {end}"
                for partition, end in (member.goals or {}).items()
                if self._positions.get(stream_of(partition), 0) < end
            ]
            refuse(early)
        self._check_counts(one)

    def _check(self, what: str) -> None:
        """Raise what disagrees in the ledger, with itself or with the topic."""
        self.stage.note(what)
        refuse(self._reader.findings(self.world))

    def _check_counts(self, one: Running) -> None:
        """Raise unless a worker counted what it wrote; it cannot count what it was not told of."""
        assert one.worker is not None
        status, lost = one.worker.status, one.process.failures["answer to COMMIT"]
        self.stage.census["fenced"] += status.fenced
        self.stage.census["retried"] += status.retried
        seen = sum(len(self.world.between(*move)) for move in one.moves)
        # An answer that was lost may have been about where a stream begins, which is no batch.
        most = len(one.moves) - max(0, lost - one.opened)
        right = len(one.moves) - lost <= status.batches <= most
        right &= status.seen == status.recorded + status.duplicate + status.rejected
        right &= status.seen <= seen if lost else status.seen == seen
        wrong = f"{one.process.name}: {status} after {one.moves}, {lost} answers lost"
        refuse([] if right else [wrong])

    # --- what happens around the workers ---

    def _disturb(self) -> None:
        """Let the world go on."""
        self._disturb_brokers()
        self._disturb_workers()
        if self._dice.random() < 0.02:
            self.stage.now_s += self._dice.choice((1, 6))

    def _disturb_brokers(self) -> None:
        """Let records arrive, old ones go, and brokers fall silent."""
        dice, cluster, rates = self._dice, self._cluster, self.stage.rates
        partition = dice.choice(sorted(cluster.partitions))
        if dice.random() < 0.8:
            cluster.reveal(partition, cluster.ends[partition] + dice.randint(1, 40))
        if dice.random() < 0.05:
            cluster.retain(partition)
        if cluster.silent:
            cluster.silent = dice.random() < 0.7
        elif dice.random() < rates.silence:
            self.stage.note("silence")
            cluster.silent = True

    def _disturb_workers(self) -> None:
        """Let workers come and go, and the group lose patience with those that are silent."""
        dice, unrest = self._dice, self.stage.rates.unrest
        if len(self._running) < self._wanted and dice.random() < 0.2:
            self._start(until_end=dice.random() < 0.1)
        if self._dead and dice.random() < 0.5:
            self._expel(self._dead.pop(0))
        frozen = [one for one in self._running if one.process.frozen]
        if frozen and dice.random() < 0.3:
            self._expel(dice.choice(frozen))
        if dice.random() < unrest / 4:
            dice.choice(self._groups).rebalance()
        if self._running and dice.random() < unrest / 16:
            self._stop(dice.choice(self._running))

    def _stop(self, one: Running) -> None:
        """Ask a worker to end, as a signal does."""
        if one.worker is not None:
            self.stage.note("stop", one.process.name)
            one.stopped = True
            one.worker.stop()

    def _start(self, *, until_end: bool) -> None:
        """Start a worker."""
        self._count += 1
        group = self._groups[0 if self._dice.random() < 0.7 else -1]
        process = Process(self.stage, f"w{self._count}", lambda: self._observe(one))
        one = Running(process, Member(self._cluster, group, process))
        process.on_zombie = lambda: self._expel(one)
        process.play(lambda: self._work(one, until_end=until_end))
        self.stage.note("start", f"{process.name}{' until end' * until_end}")
        self._running.append(one)

    def _work(self, one: Running, *, until_end: bool) -> str:
        """Do what a worker's process does, and return how it ended."""
        stage, process = self.stage, one.process
        timer = Timer(lambda: stage.now_s, lambda seconds: self._wait(process, seconds))
        one.worker = Worker(
            one.member,
            self._store,
            lambda: self._read_clock(one),
            Watchdog(STALLED_S, ends_process=False, timer=timer),
            say=lambda text: stage.note("said", f"{process.name} {text.en}"),
        )
        try:
            with closing(one.member):
                one.worker.run(until_end=until_end)
        except LedgerError as error:
            return error.code
        except OperationalError:
            if one.member.goals is not None:
                raise
            return "database"
        return "done"

    def _wait(self, process: Process, seconds: float) -> None:
        """Let time pass, and others run."""
        self.stage.now_s += seconds
        process.at("sleep", yields=True)

    def _read_clock(self, one: Running) -> int:
        """Return the time of recording; the worker has records in hand here."""
        one.process.at("clock")
        return NOW_MS + int(self.stage.now_s * 1000)

    def _expel(self, one: Running) -> None:
        """Let the group give up a member that does not answer."""
        if one.member in one.member.group.members:
            self.stage.note("session expired", one.process.name)
            one.member.group.leave(one.member)

    def _observe(self, one: Running) -> None:
        """Note which stream a commit moved; it must go on from where it stood."""
        positions = self._reader.positions()
        moved = [name for name in positions if positions[name] != self._positions.get(name)]
        if not moved:
            return
        stream = moved[0]
        partition = int(stream.rpartition("/")[2])
        first = self._positions.get(stream, self.world.firsts[partition])
        opens = stream not in self._positions and positions[stream] == first
        if len(moved) > 1 or (positions[stream] <= first and not opens):
            self._wrong.append(f"one commit moved {moved} to {positions}, from {self._positions}")
        self.stage.note("moved", f"{stream} {first} {positions[stream]}")
        if any(other.process.writing for other in self._running if other is not one):
            self.stage.note("committed beside an open transaction")
        self.stage.moves += 1
        self.moves.append(Move(partition, first, positions[stream]))
        if opens:
            one.opened += 1
        else:
            one.moves.append(self.moves[-1])
        self._positions = positions


def run_seed(seed: int, faulty: Database, clean: Database) -> Simulation:
    """Return a seed that was played; raise what was wrong, with its course as a note."""
    dice = random.Random(seed)  # noqa: S311 - a seed is no secret
    world = make_world(dice)
    simulation = Simulation(dice, world, faulty)
    try:
        simulation.play()
        clean.renew(world.usage_logs)
        run_cleanly(clean.writer, world, simulation.moves, dice)
        _compare(simulation, Reader(faulty.reader), Reader(clean.reader))
    except BaseException as error:
        error.add_note("\n".join(simulation.stage.trace))
        error.add_note(f"to repeat it: SEED={seed} {REPEAT} {faulty.kind}")
        raise
    return simulation


def _compare(simulation: Simulation, played: Reader, clean: Reader) -> None:
    """Raise unless the ledger is what a clean run leaves, and what plain dictionaries say."""
    world = simulation.world
    wrong = differences(played.remains(), clean.remains())
    want = reckon(world, simulation.moves)
    census = simulation.stage.census
    for _, duplicate, rejected in want.counts.values():
        census.update({"duplicates": duplicate, "rejections": rejected})
    census["conflicts"] += list(want.refused.values()).count("conflict")
    census["names in two partitions"] += world.count_shared()
    refuse(wrong + differences(vars(leave_open(played.account(), want)), vars(want)))
