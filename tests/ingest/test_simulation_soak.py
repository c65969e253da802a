"""A thousand more seeds of the simulation, and some of them on PostgreSQL."""

from collections.abc import Iterator
from typing import Final

import pytest

from tests.ingest.simulation.database import Database, postgresql_database, sqlite_database
from tests.ingest.simulation.simulation import run_seed

pytestmark = pytest.mark.soak

SEEDS: Final = range(1_000, 2_000)
POSTGRESQL_SEEDS: Final = range(1_000, 1_200)


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
    with postgresql_database(postgres_url, "simulation_soak") as made:
        yield made


@pytest.mark.parametrize("seed", SEEDS)
def test_many_seeds_leave_what_a_clean_run_leaves_on_sqlite(
    seed: int, sqlite: Database, clean: Database
) -> None:
    run_seed(seed, sqlite, clean)


@pytest.mark.parametrize("seed", POSTGRESQL_SEEDS)
def test_many_seeds_leave_what_a_clean_run_leaves_on_postgresql(
    seed: int, postgresql: Database, clean: Database
) -> None:
    run_seed(seed, postgresql, clean)
