"""Exactly once, whatever happens: seeds of the simulation, on each kind of database.

Each seed ends with the ledger that a single undisturbed worker leaves: the same entries in the same
order, the same refusals, projections and totals; only where batches end may differ. `SEED=17` in
the environment plays that seed alone.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import pytest

from tests.ingest.simulation.database import Database, postgresql_database, sqlite_database
from tests.ingest.simulation.simulation import Simulation, run_seed

SEEDS: Final = range(200)
POSTGRESQL_SEEDS: Final = range(40)

_ONE: Final = os.environ.get("SEED")

# A worker that is killed here leaves its cursors to the interpreter, as no real one can.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@dataclass
class Census:
    """What happened in the seeds that were played."""

    seeds: int = 0
    happened: Counter[str] = field(default_factory=Counter)
    places: set[str] = field(default_factory=set)
    fallible: set[str] = field(default_factory=set)

    def add(self, played: Simulation) -> None:
        """Add a seed."""
        self.seeds += 1
        self.happened += played.stage.census
        self.places |= played.stage.met.keys()
        self.fallible |= played.stage.fallible

    def untouched(self, places: set[str], *faults: str) -> set[str]:
        """Return the places that none of the faults struck."""
        return {
            place
            for place in places
            if not any(self.happened[f"{fault} at {place}"] for fault in faults)
        }

    def too_rare(self, **least: int) -> dict[str, int]:
        """Return how often happened what should have happened more often."""
        named = {what.replace("_", " "): count for what, count in least.items()}
        return {what: self.happened[what] for what in named if self.happened[what] < named[what]}


def chosen(seeds: range) -> list[int]:
    """Return the seeds to play."""
    return list(seeds) if _ONE is None else [int(_ONE)]


@pytest.fixture(scope="module")
def sqlite_census() -> Census:
    return Census()


@pytest.fixture(scope="module")
def postgresql_census() -> Census:
    return Census()


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with sqlite_database(tmp_path_factory.mktemp("clean")) as made:
        yield made


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with sqlite_database(tmp_path_factory.mktemp("played")) as made:
        yield made


@pytest.fixture(scope="module")
def postgresql(postgres_url: str) -> Iterator[Database]:
    with postgresql_database(postgres_url, "simulation") as made:
        yield made


@pytest.mark.parametrize("seed", chosen(SEEDS))
def test_a_seed_leaves_what_a_clean_run_leaves_on_sqlite(
    seed: int, sqlite: Database, clean: Database, sqlite_census: Census
) -> None:
    sqlite_census.add(run_seed(seed, sqlite, clean))


def test_the_seeds_meet_every_fault_on_sqlite(sqlite_census: Census) -> None:
    if sqlite_census.seeds < len(SEEDS):
        pytest.skip("counted over all seeds: run the whole file")
    assert sqlite_census.untouched(sqlite_census.places, "kill") == set()
    assert sqlite_census.untouched(sqlite_census.fallible, "fail") == set()
    assert (
        sqlite_census.too_rare(
            fenced=20,
            retried=300,
            rebalanced=1_000,
            rebalanced_with_records_in_hand=20,
            session_expired=300,
            records_deleted=100,
            bounds_unknown=100,
            ended_unreadable=3,
            ended_done=200,
            stop=50,
            checked_after_a_kill=20,
            duplicates=1_000,
            conflicts=500,
            rejections=1_000,
            names_in_two_partitions=200,
        )
        == {}
    )


@pytest.mark.parametrize("seed", chosen(POSTGRESQL_SEEDS))
def test_a_seed_leaves_what_a_clean_run_leaves_on_postgresql(
    seed: int, postgresql: Database, clean: Database, postgresql_census: Census
) -> None:
    postgresql_census.add(run_seed(seed, postgresql, clean))


def test_the_seeds_meet_every_fault_on_postgresql(postgresql_census: Census) -> None:
    if postgresql_census.seeds < len(POSTGRESQL_SEEDS):
        pytest.skip("counted over all seeds: run the whole file")
    places = postgresql_census.places
    assert postgresql_census.untouched(places, "kill", "fail", "freeze") == set()
    assert {"COPY chunk", "COPY identity", "COPY stream", "COPY tile"} <= places
    assert (
        postgresql_census.too_rare(
            fenced=5,
            retried=30,
            rebalanced=200,
            committed_beside_an_open_transaction=3,
            session_expired=60,
            names_in_two_partitions=40,
        )
        == {}
    )


def test_a_seed_plays_the_same_way_each_time(sqlite: Database, clean: Database) -> None:
    first, again = (run_seed(7, sqlite, clean) for _ in range(2))
    assert (list(first.stage.trace), first.moves) == (list(again.stage.trace), again.moves)
    assert first.stage.census == again.stage.census
