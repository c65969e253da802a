"""The compact range of any run of leaves, and how two neighbouring ones join.

A run `[start, end)` of a log is remembered by the hashes of the largest complete subtrees within
it, from left to right. Joining is associative, so that runs may be hashed in any place and in any
order; what begins at 0 is the tree's own frontier, from which the root follows.
"""

from collections.abc import Sequence
from typing import NamedTuple

from ledger import merkle


class Node(NamedTuple):
    """A complete subtree: its level, its number among those of that level, its hash."""

    level: int
    number: int
    hash: bytes


Compact = tuple[Node, ...]


def compact(start: int, leaves: Sequence[bytes]) -> Compact:
    """Return the compact range of leaf hashes that begin at an index; one hash a leaf."""
    left: list[Node] = []
    right: list[Node] = []
    row, first, level = list(leaves), start, 0
    while row:
        # A node without its sibling in this run is as large as it gets.
        if first & 1:
            left.append(Node(level, first, row[0]))
            row, first = row[1:], first + 1
        if len(row) & 1:
            right.append(Node(level, first + len(row) - 1, row[-1]))
        row, first, level = merkle.parents(row), first >> 1, level + 1
    return (*left, *reversed(right))


def join(left: Compact, right: Compact) -> Compact:
    """Return the compact range of two runs of which the second begins where the first ends."""
    joined = list(left)
    for node in right:
        last = node
        while joined and last.number & 1 and joined[-1][:2] == (last.level, last.number - 1):
            whole = merkle.node_hash(joined.pop().hash, last.hash)
            last = Node(last.level + 1, last.number >> 1, whole)
        joined.append(last)
    return tuple(joined)


def positions(start: int, end: int) -> list[merkle.Position]:
    """Return the places of the subtrees that make the compact range `[start, end)`."""
    found = []
    while start < end:
        # As large as the start's alignment and the run's end allow.
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        found.append((level, start >> level))
        start += 1 << level
    return found


def root(whole: Compact) -> bytes:
    """Return the root over a compact range that begins at 0."""
    size = sum(1 << node.level for node in whole)
    return merkle.root(merkle.Frontier(size, tuple(node.hash for node in whole)))
