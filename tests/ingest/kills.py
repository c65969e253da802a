"""Workers under load on servers that are killed, and what their ledgers must hold at the end."""

import gc
import logging
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from ledger.database import OperationalError
from tests.conftest import missing_service
from tests.ingest.sending import Load
from tests.ingest.topics import ROOT, Driven, Kafka, check_batches, ids
from tests.servers import MissingServerError
from tests.servers.kafka import Broker, kafka_broker
from tests.servers.postgresql import Server, postgresql_server

Ledger = Any

PARTITIONS = 2
ROUND_S = 2.0
RECOVERY_S = 90

# A broker that was killed may not register again before its last session has ended.
SHORT_SESSIONS = "broker.session.timeout.ms=2000\nbroker.heartbeat.interval.ms=500\n"


class Command:
    """`suanquan ingest kafka` in a process of its own."""

    def __init__(self, ledger: Ledger, bootstrap: str, topic: str, log: Path) -> None:
        self.log = log
        with log.open("wb") as errors:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "portal", "ingest", "kafka", "--json"),
                    *("--bootstrap", bootstrap, "--topic", topic, "--group", log.stem),
                ],
                cwd=ROOT,
                env={**os.environ, "SUANQUAN_DATABASE_URL": ledger.url},
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )

    def check(self) -> None:
        """Check that it lives."""
        assert self.process.poll() is None, self.log.read_text()

    def end(self) -> None:
        """Stop it as an operator does; it must have lived until now, and ends well."""
        self.check()
        self.process.terminate()
        assert self.process.wait(60) == 0, self.log.read_text()

    def kill(self) -> None:
        """End it by SIGKILL."""
        self.process.kill()
        self.process.wait()


def positions(ledger: Ledger) -> dict[str, int]:
    """Return where each partition stands; a database that is just coming back is asked again."""
    deadline = time.monotonic() + RECOVERY_S
    while True:
        try:
            return {name.partition("#")[0]: at for name, at in ledger.rows("stream")}
        except OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


class Scene:
    """Four workers on one topic, each with a ledger and a group of its own.

    Two live through whatever happens to broker and PostgreSQL; two are killed themselves.
    """

    def __init__(self, broker: Broker, server: Server, ledgers: list[Ledger], logs: Path) -> None:
        self.ledgers = ledgers
        self.bootstrap = broker.bootstrap
        self._broker = broker
        self._server = server
        with closing(Kafka(self.bootstrap)) as kafka:
            self.topic = kafka.topic(PARTITIONS)
        self._survivors = [
            Command(ledger, self.bootstrap, self.topic, logs / f"survivor-{number}.log")
            for number, ledger in enumerate(ledgers[:2])
        ]
        self._victims = [self._drive(ledger) for ledger in ledgers[2:]]

    def _drive(self, ledger: Ledger) -> Driven:
        """Start a worker that is to be killed."""
        group = f"victim-{self.ledgers.index(ledger)}"
        return Driven(ledger.url, self.bootstrap, self.topic, "forever", group=group)

    def kill_all(self, dice: random.Random, down_s: float) -> None:
        """Kill servers and workers, each at its own moment, and start all of them again."""
        stories = [
            *(
                partial(_restart, one, dice.uniform(0, down_s))
                for one in (self._broker, self._server)
            ),
            *(partial(_kill, one) for one in self._victims),
        ]
        with ThreadPoolExecutor(len(stories)) as pool:
            ends = [pool.submit(story, dice.uniform(0, ROUND_S)) for story in stories]
        for end in ends:
            end.result()
        self._victims = [self._drive(ledger) for ledger in self.ledgers[2:]]

    def wait_for_progress(self) -> None:
        """Return when every partition of every ledger has moved on."""
        before = [positions(ledger) for ledger in self.ledgers]

        def moved() -> bool:
            return all(
                len(now) == PARTITIONS and all(now[one] > was.get(one, 0) for one in now)
                for was, now in zip(before, map(positions, self.ledgers), strict=True)
            )

        self._wait_until(moved, "recovery")

    def finish(self, ends: dict[str, int]) -> None:
        """Return when every partition has been read to its end, and every worker has ended well."""
        self._wait_until(
            lambda: all(positions(ledger) == ends for ledger in self.ledgers), "reading to the end"
        )
        for survivor in self._survivors:
            survivor.end()
        for victim in self._victims:
            victim.process.terminate()
            victim.end()

    def _wait_until(self, condition: Callable[[], bool], what: str) -> None:
        """Return when a condition holds; who must live lives until then."""
        deadline = time.monotonic() + RECOVERY_S
        while not condition():
            for survivor in self._survivors:
                survivor.check()
            assert time.monotonic() < deadline, f"{what} took longer than {RECOVERY_S} s"
            time.sleep(0.1)

    def close(self) -> None:
        """Leave nothing running."""
        for survivor in self._survivors:
            survivor.kill()
        for victim in self._victims:
            victim.kill()


def _restart(server: Broker | Server, down_s: float, after_s: float) -> None:
    """Kill a server after a while and start it again."""
    time.sleep(after_s)
    server.kill()
    time.sleep(down_s)
    server.start()


def _kill(worker: Driven, after_s: float) -> None:
    """Kill a worker after a while; it must have lived until then."""
    time.sleep(after_s)
    assert worker.process.poll() is None, "it ended by itself"
    worker.kill()


def check(ledger: Ledger, topic: str, load: Load) -> None:
    """Check that a ledger has each event once, in its source's order, and counts every record."""
    for partition in range(PARTITIONS):
        sent = load.sent(partition)
        assert ids(ledger, f"urn:{partition}") == list(dict.fromkeys(sent))
        check_batches(ledger, topic, partition, len(sent), len(sent))
    assert ledger.findings() == []


def kill_again_and_again(scene: Scene, rounds: int, down_s: float) -> None:
    """Kill everything in each round under load, and check what the ledgers hold at the end.

    `down_s` is how long a server is away at most, its start not counted.
    """
    seed = int(os.environ.get("SUANQUAN_TEST_SEED") or random.SystemRandom().randrange(10**6))
    sys.stdout.write(f"to play it again: SUANQUAN_TEST_SEED={seed}\n")
    # When to kill, and what to send, is no secret.
    dice, pace = random.Random(seed), random.Random(seed)  # noqa: S311
    with Load(scene.bootstrap, scene.topic, PARTITIONS, pace) as load:
        scene.wait_for_progress()
        for _ in range(rounds):
            scene.kill_all(dice, down_s)
            scene.wait_for_progress()
        load.stop()
        ends = {f"kafka:{scene.topic}/{one}": len(load.sent(one)) for one in range(PARTITIONS)}
        scene.finish(ends)
    for ledger in scene.ledgers:
        check(ledger, scene.topic, load)


@contextmanager
def running_scene(make_ledger: Callable[[str], Ledger], home: Path) -> Iterator[Scene]:
    """Yield four workers on servers of their own: PostgreSQL waits for the disk, as in use."""
    with ExitStack() as stack:
        stack.enter_context(_quiet())
        try:
            broker = stack.enter_context(kafka_broker(SHORT_SESSIONS))
            server = stack.enter_context(postgresql_server())
        except MissingServerError as error:
            missing_service("Apache Kafka or PostgreSQL 18", str(error))
        ledgers = [
            stack.enter_context(closing(make_ledger(url))) for url in _databases(server, home)
        ]
        yield stack.enter_context(closing(Scene(broker, server, ledgers, home)))


def _databases(server: Server, home: Path) -> Iterator[str]:
    """Yield the URLs of four empty databases, on SQLite and PostgreSQL in turn."""
    for name in ("live", "die"):
        yield f"sqlite:///{home / name}.db"
        with psycopg.connect(server.url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        yield server.url.replace("/postgres?", f"/{name}?")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the library says of a broker that is away out of reports, and out of later tests.

    It logs a thousand lines, and leaves the sockets of failed connections to the collector.
    """
    logger = logging.getLogger("kafka")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
        gc.collect()
