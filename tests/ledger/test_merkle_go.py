"""Thousands of random trees: roots and proofs are those of Go's golang.org/x/mod/sumdb/tlog."""

import random
import subprocess

from ledger.merkle import (
    EMPTY_FRONTIER,
    Position,
    extend,
    leaf_hash,
    prove_consistency,
    prove_inclusion,
    read_frontier,
    root,
    tile_reader,
)
from tests.conftest import missing_service
from tests.servers import MissingServerError
from tests.servers.tools import go_tlog

TREES = 3_000
SIZE_MAX = 5_000
TIMEOUT_S = 60


def random_trees() -> list[tuple[int, int, int]]:
    """Return triples of an old size, a new one and an index, many around the edges of tiles."""
    dice = random.Random(20_261_126)  # noqa: S311 - trees to try, and the same ones each time
    trees = []
    for _ in range(TREES):
        edge = dice.randrange(1, SIZE_MAX // 256) * 256 + dice.randrange(-2, 3)
        new = dice.choice([edge, dice.randrange(1, SIZE_MAX)])
        trees.append((dice.randrange(1, new + 1), new, dice.randrange(new)))
    return trees


def ask_go(trees: list[tuple[int, int, int]]) -> list[str]:
    """Return the lines of Go's answers: three for each tree."""
    try:
        program = go_tlog()
    except MissingServerError as error:
        missing_service("the program tlogcheck", f"install Go 1.22 or newer ({error})")
    lines = "".join(f"{old} {new} {index}\n" for old, new, index in trees)
    done = subprocess.run(
        [program], input=lines, check=True, capture_output=True, text=True, timeout=TIMEOUT_S
    )
    return done.stdout.splitlines()


def test_roots_and_proofs_are_those_of_go() -> None:
    hashes = [leaf_hash(str(number).encode()) for number in range(SIZE_MAX)]
    stored: dict[Position, bytes] = {}
    _, segments = extend(EMPTY_FRONTIER, hashes)
    for level, start, data in segments:
        stored[level, start // 256] = data
    read = tile_reader(lambda level, index: stored[level, index])
    ours = []
    trees = random_trees()
    for old, new, index in trees:
        head = root(read_frontier(new, read))
        proofs = prove_inclusion(index, new, read), prove_consistency(old, new, read)
        ours += [" ".join(one.hex() for one in part) for part in ([head], *proofs)]
    assert ours == ask_go(trees)
