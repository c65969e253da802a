"""Merkle tree of a log: hashes, compact range, tiles, inclusion and consistency proofs.

RFC 6962 section 2.1 (RFC 9162 section 2.1) over SHA-256, and the tiles of C2SP tlog-tiles. MTH is
the RFC's Merkle tree hash of a range of leaves; ranges are half-open.

A *position* `(level, index)` names a complete subtree: the leaves from `index * 2**level` to
`(index + 1) * 2**level`. A complete subtree never changes while the log grows, so its hash can be
stored; every other range of leaves that a proof asks for folds up from a few of them.

Storage is one function, `ReadHashes`, from positions to hashes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NamedTuple

from ledger.errors import TamperedLogError
from ledger.text import Text

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()

# A tile is 8 levels of the tree: 256 hashes wide (tlog-tiles, Merkle Tree).
TILE_HEIGHT: Final = 8
TILE_WIDTH: Final = 1 << TILE_HEIGHT

# What a signed 64-bit integer holds: SQL's BIGINT, and Go's tools, which hold sizes in an int64.
SIZE_MAX: Final = 2**63 - 1


# A complete subtree: its height in bits, and its index among those of that height.
Position = tuple[int, int]

ReadHashes = Callable[[Sequence[Position]], Sequence[bytes]]


class Segment(NamedTuple):
    """New hashes of one tile: `start` is the first one's position at that tile level."""

    level: int
    start: int
    hashes: bytes


@dataclass(frozen=True, slots=True)
class Frontier:
    """A compact range: all that must be remembered of `[0, size)` to go on and to know the root.

    `hashes` are the complete subtrees that `size` is made of, one for each bit set in it, the
    largest first.
    """

    size: int
    hashes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        assert 0 <= self.size <= SIZE_MAX, self.size
        assert len(self.hashes) == self.size.bit_count(), (self.size, len(self.hashes))


EMPTY_FRONTIER: Final = Frontier(0, ())


# --- hashes (RFC 9162, 2.1.1) ---


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf; its prefix keeps an entry from passing for a node."""
    return sha256(b"\x00" + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """Return the hash of each of many leaves."""
    # leaf_hash written out, as in parents: a call an entry would double the cost.
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node over its two children's hashes."""
    return sha256(b"\x01" + left + right).digest()


def parents(row: Sequence[bytes]) -> list[bytes]:
    """Return the nodes over each pair of a row; a last one without a partner has none."""
    # node_hash written out: this line is the hot path, and a call a node costs a sixth of it.
    return [
        sha256(b"\x01" + left + right).digest()
        for left, right in zip(row[::2], row[1::2], strict=False)
    ]


def _fold(hashes: Sequence[bytes]) -> bytes:
    """Return the MTH over complete subtrees that shrink from left to right."""
    result = hashes[-1]
    for left in reversed(hashes[:-1]):
        result = node_hash(left, result)
    return result


# --- the compact range ---


def root(frontier: Frontier) -> bytes:
    """Return the root hash of the tree that a frontier stands for; cost log2(size) hashes."""
    return _fold(frontier.hashes) if frontier.size else EMPTY_ROOT


def extend(frontier: Frontier, leaves: Sequence[bytes]) -> tuple[Frontier, list[Segment]]:
    """Return the frontier after appending leaf hashes, and every new hash that tiles keep.

    Segments come by tile level: at level 0 the leaf hashes themselves, at level L the hash of each
    tile of level L - 1 that this batch completed. No segment crosses a tile's edge. The cost is
    one hash a leaf; nothing stored is read.

    Why the frontier is enough: take the nodes of one height that the batch completes. They are
    consecutive and begin at index `size >> level`. If that index is even, they pair among
    themselves. If it is odd, the first one's left sibling was complete before the batch while
    their parent was not, and exactly such a node is the frontier's hash of that level. So one old
    hash a level, put in front, makes the row begin at an even index; its pairs are the new nodes
    one level up, and a last node without a partner is the new frontier's hash of this level. A
    tile begun by earlier batches is no special case: the heights that are a multiple of 8 are the
    tile levels, and what the rows hold there, without the old hash in front, is what is new.
    """
    size = frontier.size
    old = list(frontier.hashes)
    edge: list[bytes] = []
    segments: list[Segment] = []
    row = list(leaves)
    level = 0
    while row:
        if level % TILE_HEIGHT == 0:
            segments += _cut_at_tiles(level // TILE_HEIGHT, size >> level, row)
        if size >> level & 1:
            row.insert(0, old.pop())
        if len(row) & 1:
            edge.append(row[-1])
        row = parents(row)
        level += 1
    return Frontier(size + len(leaves), (*old, *reversed(edge))), segments


def _cut_at_tiles(level: int, start: int, hashes: Sequence[bytes]) -> Iterator[Segment]:
    """Yield consecutive hashes of a tile level as segments that each stay within one tile."""
    data = b"".join(hashes)
    end = start + len(hashes)
    assert len(data) == HASH_BYTES * len(hashes), "a hash has 32 bytes"
    first = start
    while start < end:
        stop = min((start // TILE_WIDTH + 1) * TILE_WIDTH, end)
        piece = data[(start - first) * HASH_BYTES : (stop - first) * HASH_BYTES]
        yield Segment(level, start, piece)
        start = stop


def encode_frontier(frontier: Frontier) -> bytes:
    """Return the hashes one after the other, the largest subtree's first; the size goes apart."""
    return b"".join(frontier.hashes)


def decode_frontier(size: int, data: bytes) -> Frontier:
    """Return the frontier of a tree of that size.

    Raises `TamperedLogError` (code `frontier_length`) when size and data cannot belong together.
    """
    expected = HASH_BYTES * size.bit_count()
    if not 0 <= size <= SIZE_MAX or len(data) != expected:
        raise TamperedLogError(
            "frontier_length",
            Text(
                f"日志大小为 {size}，前沿哈希应为 {expected} 字节，实为 {len(data)} 字节",
                f"the head's size {size} needs a frontier of {expected} bytes, not {len(data)}",
            ),
            Text(
                "请停止写入，用 suanquan log check --full 核对日志",
                "stop writing, and check the log with suanquan log check --full",
            ),
        )
    starts = range(0, len(data), HASH_BYTES)
    return Frontier(size, tuple(data[start : start + HASH_BYTES] for start in starts))


def read_frontier(size: int, read: ReadHashes) -> Frontier:
    """Return the frontier of the first `size` leaves out of stored hashes."""
    return Frontier(size, tuple(read(list(_subtrees(0, size)))))


# --- proofs ---


def _split(width: int) -> int:
    """Return the largest power of two smaller than a width above 1 (the RFC's k)."""
    return 1 << (width - 1).bit_length() - 1


def _subtrees(start: int, end: int) -> Iterator[Position]:
    """Yield the complete subtrees of a range, largest first: one a bit of its length.

    The range begins at a multiple of a power of two that is not below its length, as each range
    does that the RFC's splits produce.
    """
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def _inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """Return the ranges whose MTHs make the audit path, leaf upwards (RFC 9162, 2.1.3.1)."""
    ranges = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def _consistency_ranges(old: int, new: int) -> list[tuple[int, int]]:
    """Return the ranges whose MTHs prove `[0, new)` an extension of `[0, old)`, `old` above 0.

    They lie from the old tree's right edge upwards (RFC 9162, 2.1.4.1). The subtree that ends at
    that edge opens the list unless it is the whole old tree, whose hash the checker has.
    """
    ranges = []
    start, end = 0, new
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    if start > 0:
        ranges.append((start, end))
    return ranges[::-1]


def _prove(ranges: Sequence[tuple[int, int]], read: ReadHashes) -> list[bytes]:
    """Return the MTH of each range out of complete subtrees, fetched in one read."""
    parts = [list(_subtrees(start, end)) for start, end in ranges]
    positions = [position for part in parts for position in part]
    hashes = read(positions)
    assert len(hashes) == len(positions), (len(hashes), len(positions))
    rest = iter(hashes)
    return [_fold([next(rest) for _ in part]) for part in parts]


def prove_inclusion(index: int, size: int, read: ReadHashes) -> list[bytes]:
    """Return the proof that the leaf at `index` is in the tree of `size`, which is above `index`.

    The sibling of the leaf comes first. Only complete subtrees within `size` are read.
    """
    assert 0 <= index < size, (index, size)
    return _prove(_inclusion_ranges(index, size), read)


def check_inclusion(
    leaf: bytes, index: int, size: int, root: bytes, proof: Sequence[bytes]
) -> bool:
    """Return whether the proof ties a leaf hash, at that index, to the root; never raises.

    `size` and `root` must come from one signed checkpoint. The root alone does not fix the size:
    where a larger tree has the same way down to the leaf, the same hashes fit both.
    """
    if not 0 <= index < size <= SIZE_MAX or not _are_hashes(leaf, *proof):
        return False
    ranges = _inclusion_ranges(index, size)
    if len(proof) != len(ranges):
        return False
    result = leaf
    for (start, _), sibling in zip(ranges, proof, strict=True):
        result = node_hash(sibling, result) if start < index else node_hash(result, sibling)
    return result == root


def prove_consistency(old: int, new: int, read: ReadHashes) -> list[bytes]:
    """Return the proof that the tree of size `new` extends the one of size `old`, at most `new`.

    It is empty when the sizes are equal, and for the empty tree, with which every tree begins
    (the RFC leaves both out). Only complete subtrees within `new` are read.
    """
    assert 0 <= old <= new, (old, new)
    return _prove(_consistency_ranges(old, new), read) if old else []


def check_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Return whether the proof shows that the new tree only appended to the old; never raises.

    Each size and root must come from one signed checkpoint, as for `check_inclusion`.
    """
    if not 0 <= old <= new <= SIZE_MAX or not _are_hashes(old_root, new_root, *proof):
        return False
    if old == 0:
        return not proof and old_root == EMPTY_ROOT and (new > 0 or new_root == EMPTY_ROOT)
    ranges = _consistency_ranges(old, new)
    if len(proof) != len(ranges):
        return False
    # The walk starts at the subtree that ends at the old edge: the old tree itself, or the first.
    whole = not ranges or ranges[0][0] >= old
    steps = list(zip(ranges, proof, strict=True))
    old_result = new_result = old_root if whole else proof[0]
    for (start, _), sibling in steps if whole else steps[1:]:
        if start < old:
            old_result = node_hash(sibling, old_result)
            new_result = node_hash(sibling, new_result)
        else:
            new_result = node_hash(new_result, sibling)
    return old_result == old_root and new_result == new_root


def _are_hashes(*values: bytes) -> bool:
    """Return whether each has a hash's length.

    A node hashes its children end to end, so a byte moved from one to the other would not show.
    """
    return all(len(value) == HASH_BYTES for value in values)


# --- tiles ---


def tile_reader(tile: Callable[[int, int], bytes]) -> ReadHashes:
    """Return the reader for proofs over stored tiles.

    `tile(level, index)` gives a tile's hashes, as many as exist, one after the other; each tile is
    asked for once a read. The reader raises `TamperedLogError` (code `tile_short`) when a hash
    that the log's size promises is not there.
    """

    def read(positions: Sequence[Position]) -> list[bytes]:
        tiles: dict[tuple[int, int], bytes] = {}
        hashes = []
        for subtree_level, subtree_index in positions:
            level, height = divmod(subtree_level, TILE_HEIGHT)
            index, offset = divmod(subtree_index << height, TILE_WIDTH)
            if (level, index) not in tiles:
                tiles[level, index] = tile(level, index)
            stored = tiles[level, index]
            hashes.append(_subtree_hash(stored, offset, height, (level, index)))
        return hashes

    return read


def _subtree_hash(stored: bytes, offset: int, height: int, name: tuple[int, int]) -> bytes:
    """Return the hash over `2**height` hashes of a tile, from the one at `offset`."""
    end = offset + (1 << height)
    if len(stored) < end * HASH_BYTES:
        level, index = name
        count = len(stored) // HASH_BYTES
        raise TamperedLogError(
            "tile_short",
            Text(
                f"第 {level} 层第 {index} 块哈希只有 {count} 个，日志大小要求至少 {end} 个",
                f"tile {index} of level {level} holds {count} hashes; the size asks for {end}",
            ),
            Text(
                "请停止写入，用 suanquan log check --full 核对日志",
                "stop writing, and check the log with suanquan log check --full",
            ),
        )
    row = [stored[i * HASH_BYTES : (i + 1) * HASH_BYTES] for i in range(offset, end)]
    for _ in range(height):
        row = parents(row)
    return row[0]
