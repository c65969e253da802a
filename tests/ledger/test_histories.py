"""A clean ledger gives no finding: seeded histories of whatever a ledger may meet.

Batches of both kinds of log and of several usage logs, events that come again or contradict,
refused records, streams read again or with a confirmed gap, numbers with holes, tallies, refusals
taken in after all, events of our own, and books that are kept. `SEED=17` in the environment plays
that seed alone.
"""

import os
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

import psycopg
import pytest
from sqlalchemy import Connection

from ledger.balance import Balances
from ledger.codec import Event, encode
from ledger.database import open_engine
from ledger.events import ClaimData, FundData, LogName, RejectionSettled, UsageTallied
from ledger.laws import find_refusal
from ledger.projection import PROJECTIONS
from ledger.read import read_heads
from ledger.rejection import Rejection
from ledger.schema import upgrade
from ledger.store import Batch, Store
from ledger.tlog import Checkpoint
from tests.ledger import books
from tests.ledger.attacks import examine_logs
from tests.ledger.conftest import (
    CODE,
    EXAMPLES,
    HOUR_MS,
    NOW_MS,
    ORIGIN,
    OTHER_CODE,
    SALT,
    Ledger,
    rejection,
    usage,
)

SEEDS: Final = range(500)
POSTGRESQL_SEEDS: Final = range(50)

USAGE_LOGS: Final[tuple[LogName, ...]] = ("usage", "usage-1", "usage-2")

# What moves money must fit what was there before: `History._books` finds it.
BOOK: Final = tuple(
    data for data in EXAMPLES if data.log == "book" and not isinstance(data, FundData | ClaimData)
)

_ONE: Final = os.environ.get("SEED")


def chosen(seeds: range) -> list[int]:
    """Return the seeds to play."""
    return list(seeds) if _ONE is None else [int(_ONE)]


class History:
    """One seed's ledger, written step by step within a transaction that is rolled back."""

    def __init__(self, seed: int, store: Store) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a test's own, seeded
        self._store = store
        self._seen: list[Event] = []
        self._refused: list[tuple[str, int]] = []
        self._now_ms = NOW_MS
        self._balances = Balances()
        self._clerks = [books.Clerk(code, f"{code}-{seed}") for code in (CODE, OTHER_CODE)]
        self.happened: Counter[str] = Counter()

    def step(self) -> None:
        """Let one thing happen."""
        happen = self._random.choices(
            (self._batch, self._again, self._own, self._settle, self._books), (12, 5, 2, 4, 1)
        )[0]
        self._now_ms += self._random.choice((0, 1, HOUR_MS))
        happen()

    def _batch(self) -> None:
        """Record new positions of a stream, now and then beyond a confirmed gap."""
        stream = self._random.choice(("file:a", "kafka:t/0", "kafka:t/1"))
        expected = self._store.position(stream)
        first = expected + self._random.choice((0, 0, 0, 0, 3))
        count = self._random.choice((0, 1, 2, 5, 20, 40))
        self._append(stream, expected, first, first + count + self._random.randrange(2))

    def _again(self) -> None:
        """Read a stream once more from its beginning, as a file is."""
        stream = self._random.choice(("file:a", "file:b"))
        expected = self._store.position(stream)
        self._append(stream, expected, 0, self._random.randint(0, expected + 5))

    def _append(self, stream: str, expected: int, first: int, end: int) -> None:
        """Append a batch of random records at the positions `[first, end)`."""
        events: list[tuple[int, Event]] = []
        refused: list[Rejection] = []
        for position in range(first, end):
            kind = self._random.random()
            if kind < 0.15:
                refused.append(rejection(position, self._random.randbytes(3)))
            elif kind < 0.9:
                events.append((position, self._event()))
        log = self._random.choice(USAGE_LOGS)
        outcome = self._store.append(
            Batch(stream, expected, first, end, events, refused, log), self._now_ms
        )
        self._seen += [event for _, event in events]
        self._refused += [(stream, one.position) for one in refused]
        self.happened["gaps"] += first > expected
        self.happened["read again"] += first < expected
        self.happened["moved alone"] += not events and not refused and end > expected
        self.happened["two logs"] += len({event.kind.log for _, event in events}) > 1
        self.happened["recorded"] += outcome.recorded
        self.happened["duplicates"] += outcome.duplicate
        self.happened["refused"] += len(refused)
        self.happened["conflicts"] += outcome.rejected - len(refused)
        self.happened[f"in {log}"] += outcome.recorded

    def _event(self) -> Event:
        """Return an event: new, seen before, or of a name that was."""
        pick = self._random
        if self._seen and pick.random() < 0.2:
            return pick.choice(self._seen)
        source, subject = f"urn:agent:{pick.randrange(3)}", pick.choice((CODE, OTHER_CODE))
        number = pick.randrange(150)
        if pick.random() < 0.15:
            return encode(source, f"b-{number}", subject, pick.choice(BOOK), SALT)
        if pick.random() < 0.1:
            said = UsageTallied("2022-07-01", pick.choice(("a100", "ssd")), number - 9, str(number))
            return encode(source, f"t-{number}", "", said)
        start_ms = pick.randrange(60) * HOUR_MS
        return usage(
            f"u-{number}",
            source=source,
            subject=subject,
            amount=pick.choice(("1", "0.125", "64")),
            span_ms=(start_ms, start_ms + pick.choice((1, HOUR_MS, 50 * HOUR_MS))),
            sequence=pick.choice(("", str(number))),
        )

    def _own(self) -> None:
        """Record what a command decides."""
        name = f"own-{self._now_ms}-{len(self._seen)}-{self.happened['own']}"
        events = [
            encode("urn:suanquan:statements", f"{name}-{at}", CODE, data, SALT)
            for at, data in enumerate(self._random.sample(BOOK, 3))
        ]
        self.happened["own"] += self._store.append_own(events, self._now_ms).recorded

    def _books(self) -> None:
        """Record what funds and claims went through, as far as the books carry it."""
        carried: list[Event] = []
        for _ in range(self._random.choice((5, 40))):
            event = books.random_event(
                self._random, self._random.choice(self._clerks), self._balances
            )
            if find_refusal(self._balances, event) is None:
                self._balances.apply(event)
                carried.append(event)
        self.happened["carried"] += self._store.append_own(carried, self._now_ms).recorded

    def _settle(self) -> None:
        """Take a refused record in after all."""
        if not self._refused:
            return
        stream, position = self._random.choice(self._refused)
        data = RejectionSettled("usage", 0, stream, position, "recorded")
        settled = encode("urn:suanquan:retry", f"{stream}/{position}", "", data)
        log = self._random.choice(USAGE_LOGS)
        outcome = self._store.append_own([settled], self._now_ms, "retry", log)
        self.happened["settled"] += outcome.recorded
        self.happened["settled again"] += outcome.duplicate


@contextmanager
def migrated(url: str) -> Iterator[Ledger]:
    """Yield a ledger that has several usage logs."""
    own = open_engine(url, "own")
    upgrade(own, ORIGIN, len(USAGE_LOGS))
    own.dispose()
    with closing(Ledger(url)) as made:
        yield made


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    path = tmp_path_factory.mktemp("histories") / "suanquan.db"
    with migrated(f"sqlite:///{path}") as made:
        yield made


@pytest.fixture(scope="module")
def postgresql(postgres_url: str) -> Iterator[Ledger]:
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE DATABASE histories TEMPLATE template0 STRATEGY file_copy")
    with migrated(postgres_url.replace("/postgres?", "/histories?")) as made:
        yield made


@pytest.fixture(scope="module")
def census() -> Counter[str]:
    return Counter()


def checkpoints(connection: Connection) -> dict[LogName, Checkpoint]:
    """Return the logs' heads as they would be signed."""
    return {
        name: Checkpoint(head.origin, head.size, head.root)
        for name, head in read_heads(connection).items()
    }


def play(seed: int, ledger: Ledger, census: Counter[str]) -> None:
    """Play a seed and check that nothing is found in what it leaves."""
    again = f"SEED={seed} .venv/bin/python -m pytest tests/ledger/test_histories.py -q"
    with ledger.write.connect() as connection:
        history = History(seed, Store(ledger.write, PROJECTIONS, connection))
        steps = 2 + seed % 9
        for _ in range(steps // 2):
            history.step()
        signed = checkpoints(connection)
        for _ in range(steps - steps // 2):
            history.step()
        found = examine_logs(connection, signed)
        connection.rollback()
    census.update(history.happened)
    assert found == [], again


@pytest.mark.parametrize("seed", chosen(SEEDS))
def test_a_clean_history_gives_no_finding_on_sqlite(
    seed: int, sqlite: Ledger, census: Counter[str]
) -> None:
    play(seed, sqlite, census)


@pytest.mark.parametrize("seed", chosen(POSTGRESQL_SEEDS))
def test_a_clean_history_gives_no_finding_on_postgresql(
    seed: int, postgresql: Ledger, census: Counter[str]
) -> None:
    play(seed, postgresql, census)


def test_the_histories_hold_everything_that_a_ledger_meets(census: Counter[str]) -> None:
    if _ONE is not None or census["recorded"] == 0:
        pytest.skip("counted over all seeds: run the whole file")
    least = {
        "recorded": 10_000,
        "duplicates": 1_000,
        "conflicts": 300,
        "refused": 2_000,
        "settled": 200,
        "settled again": 20,
        "own": 300,
        "carried": 500,
        "gaps": 200,
        "read again": 200,
        "moved alone": 50,
        "two logs": 500,
        **{f"in {log}": 2_000 for log in USAGE_LOGS},
    }
    assert {name: census[name] for name in least if census[name] < least[name]} == {}
