"""The compact range: every cut of every small tree joins to the same, in any order of joining."""

from hashlib import sha256
from itertools import combinations_with_replacement, pairwise

from ledger import merkle
from ledger.compact import Compact, compact, join, positions, root

LEAVES = [sha256(str(number).encode()).digest() for number in range(40)]
ENDS = range(len(LEAVES) + 1)


def between(start: int, end: int) -> Compact:
    return compact(start, LEAVES[start:end])


def test_from_zero_it_is_the_frontier_and_gives_the_root() -> None:
    for size in ENDS:
        frontier, _ = merkle.extend(merkle.EMPTY_FRONTIER, LEAVES[:size])
        assert tuple(node.hash for node in between(0, size)) == frontier.hashes
        assert root(between(0, size)) == merkle.root(frontier)


def test_two_neighbours_join_to_the_whole() -> None:
    for start, middle, end in combinations_with_replacement(ENDS, 3):
        assert join(between(start, middle), between(middle, end)) == between(start, end)


def test_joining_is_associative() -> None:
    for ends in combinations_with_replacement(range(18), 4):
        first, second, third = (between(*pair) for pair in pairwise(ends))
        assert join(join(first, second), third) == join(first, join(second, third))


def test_the_positions_are_those_of_its_nodes() -> None:
    for start, end in combinations_with_replacement(ENDS, 2):
        nodes = [(node.level, node.number) for node in between(start, end)]
        assert positions(start, end) == nodes


def test_a_changed_leaf_changes_the_node_over_it() -> None:
    for index in range(3, 30):
        changed = [*LEAVES[3:30]]
        changed[index - 3] = bytes(32)
        differing = [
            old for old, new in zip(between(3, 30), compact(3, changed), strict=True) if old != new
        ]
        (node,) = differing
        assert node.number << node.level <= index < (node.number + 1) << node.level
