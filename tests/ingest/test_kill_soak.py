"""Killed again and again, at any moment: who reads a file; workers, broker and PostgreSQL."""

import os
import random
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ingest.adapters import Adapter
from tests.ingest.kills import kill_again_and_again, running_scene
from tests.ingest.test_file_worker import lasting

pytestmark = pytest.mark.soak

Ledger = Any
Read = Callable[..., object]

ROWS = 600
KILLS = 12

ROUNDS = 20
DOWN_S = 20.0


@pytest.fixture(params=range(5))
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Return dice with which a run can be played again."""
    return random.Random(request.param)  # noqa: S311 - when to kill is no secret


@pytest.fixture
def read(
    chance: random.Random, csv_adapter: Adapter, write_csv: Callable[[Sequence[str]], Path]
) -> Read:
    """Return how the file is read into a ledger: `read(ledger, batch)`."""
    path = write_csv(rows(chance))

    def run(ledger: Ledger, batch: int) -> object:
        return ledger.ingest(path, csv_adapter, batch_records=batch)

    return run


def rows(chance: random.Random) -> list[str]:
    """Return rows of tenants that appear by and by, bad, blank and equal ones among them."""
    made: list[str] = []
    for number in range(ROWS):
        cards, day = chance.randrange(5), 1 + chance.randrange(28)
        made.append(f"t{number // 40},{cards},2022-07-{day:02d} 08:00:00,600")
        if chance.randrange(9) == 0:
            made += ["", made[-1]]
    return made


def kill(delay_s: float, make: Callable[[], Ledger], run: Callable[[Ledger], object]) -> bool:
    """Read in a process of its own and kill it after a while; return whether it was still at it."""
    opened, tell = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            ledger = make()
            os.write(tell, b".")
            run(ledger)
            status = 0
        finally:
            os._exit(status)
    os.close(tell)
    assert os.read(opened, 1), "the ledger was opened"
    os.close(opened)
    time.sleep(delay_s)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL), "neither finished nor killed"
    return status == signal.SIGKILL


def test_killed_again_and_again_leaves_what_an_undisturbed_run_leaves(
    chance: random.Random,
    read: Read,
    database_url: str,
    tmp_path: Path,
    make_ledger: Callable[[str], Ledger],
) -> None:
    with closing(make_ledger(f"sqlite:///{tmp_path / 'whole.db'}")) as whole:
        started = time.monotonic()
        read(whole, 3)
        whole_s = time.monotonic() - started
        expected = lasting(whole)
    assert expected["findings"] == []
    entries: Any = expected["usage"]

    deaths, reached = 0, {0}
    for number in range(KILLS):
        # Later each time: a run starts over, and dies further on than the ones before it.
        batch, delay_s = chance.randint(1, 9), whole_s * (number + chance.random()) / KILLS
        deaths += kill(
            delay_s,
            lambda: make_ledger(database_url),
            partial(read, batch=batch),
        )
        with closing(make_ledger(database_url)) as ledger:
            standing = [event.raw for event in ledger.events("usage")]
        assert standing == entries[: len(standing)], "what stands is how the whole begins"
        reached.add(len(standing))
    with closing(make_ledger(database_url)) as ledger:
        read(ledger, 3)
        assert lasting(ledger) == expected
    assert deaths >= KILLS // 3, "runs were cut short"
    assert len(reached) > KILLS // 3, "and at different places"


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_twenty_kills_of_everything_under_load_lose_and_double_nothing(
    make_ledger: Callable[[str], Ledger], tmp_path: Path
) -> None:
    with running_scene(make_ledger, tmp_path) as scene:
        kill_again_and_again(scene, ROUNDS, DOWN_S)
