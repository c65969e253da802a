"""Merkle tree: against the text of RFC 6962, in every small tree, and with every bit flipped."""

import itertools
from collections.abc import Iterator, Sequence
from functools import cache
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import TamperedLogError
from ledger.merkle import (
    EMPTY_FRONTIER,
    EMPTY_ROOT,
    SIZE_MAX,
    Frontier,
    Position,
    Segment,
    check_consistency,
    check_inclusion,
    decode_frontier,
    encode_frontier,
    extend,
    leaf_hash,
    node_hash,
    prove_consistency,
    prove_inclusion,
    read_frontier,
    root,
    tile_reader,
)

# --- the reference: RFC 6962 section 2.1, word for word, over entries "0", "1", "2", ... ---


def entry(i: int) -> bytes:
    return str(i).encode()


def k_below(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


@cache
def mth(start: int, end: int) -> bytes:
    n = end - start
    if n == 0:
        return sha256(b"").digest()
    if n == 1:
        return sha256(b"\x00" + entry(start)).digest()
    middle = start + k_below(n)
    return sha256(b"\x01" + mth(start, middle) + mth(middle, end)).digest()


def path(m: int, start: int, end: int) -> list[bytes]:
    n = end - start
    if n == 1:
        return []
    k = k_below(n)
    middle = start + k
    if m < k:
        return [*path(m, start, middle), mth(middle, end)]
    return [*path(m - k, middle, end), mth(start, middle)]


def subproof(m: int, start: int, end: int, *, known: bool) -> list[bytes]:
    n = end - start
    if m == n:
        return [] if known else [mth(start, end)]
    k = k_below(n)
    middle = start + k
    if m <= k:
        return [*subproof(m, start, middle, known=known), mth(middle, end)]
    return [*subproof(m - k, middle, end, known=False), mth(start, middle)]


def inclusion_shape(m: int, n: int) -> str:
    """The way down to a leaf: two trees with the same way hash alike along it."""
    if n == 1:
        return ""
    k = k_below(n)
    return "l" + inclusion_shape(m, k) if m < k else "r" + inclusion_shape(m - k, n - k)


def consistency_shape(m: int, n: int) -> str:
    """The way down to the old tree's edge, from which the RFC's subproof is built."""
    if m == n:
        return ""
    k = k_below(n)
    return "l" + consistency_shape(m, k) if m <= k else "r" + consistency_shape(m - k, n - k)


class ReferenceReader:
    """Hashes of complete subtrees straight from the RFC; anything else does not exist."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __call__(self, positions: Sequence[Position]) -> list[bytes]:
        assert all((index + 1) << level <= self.size for level, index in positions)
        return [mth(index << level, (index + 1) << level) for level, index in positions]


class Tiles:
    """A store in memory: what a database keeps of the segments."""

    def __init__(self) -> None:
        self.frontier = EMPTY_FRONTIER
        self.rows: dict[int, bytes] = {}

    def append(self, leaves: Sequence[bytes]) -> None:
        self.frontier, segments = extend(self.frontier, leaves)
        for level, start, hashes in segments:
            assert hashes
            assert start // 256 == (start + len(hashes) // 32 - 1) // 256
            assert len(self.rows.get(level, b"")) == 32 * start
            self.rows[level] = self.rows.get(level, b"") + hashes

    def tile(self, level: int, index: int) -> bytes:
        return self.rows.get(level, b"")[32 * 256 * index : 32 * 256 * (index + 1)]


def leaves(start: int, end: int) -> list[bytes]:
    return [leaf_hash(entry(i)) for i in range(start, end)]


def tiles_of(*batches: int) -> Tiles:
    tiles = Tiles()
    for count in batches:
        size = tiles.frontier.size
        tiles.append(leaves(size, size + count))
    return tiles


def expected_rows(size: int) -> dict[int, bytes]:
    """Tile rows by the formula of tlog-tiles: MTH(D[i * 256**l : (i + 1) * 256**l])."""
    rows = {}
    for level in range(4):
        width = 256**level
        if size >= width:
            hashes = [mth(i * width, (i + 1) * width) for i in range(size // width)]
            rows[level] = b"".join(hashes)
    return rows


def splits(total: int) -> Iterator[list[int]]:
    """Every way to cut a sequence of `total` into batches of at least one."""
    if total == 0:
        yield []
    for first in range(1, total + 1):
        for rest in splits(total - first):
            yield [first, *rest]


def flip(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def each_bent(values: list[bytes]) -> Iterator[list[bytes]]:
    """The values with one bit flipped, for every bit of every value."""
    for i, value in enumerate(values):
        for bit in range(8 * len(value)):
            yield [*values[:i], flip(value, bit), *values[i + 1 :]]


# --- known vectors ---

# Certificate Transparency's eight leaves and the roots of their eight prefixes.
CT_ENTRIES = (
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)
CT_ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
CT_CONSISTENCY_6_8 = (
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
)


def ct_leaves() -> list[bytes]:
    return [leaf_hash(bytes.fromhex(text)) for text in CT_ENTRIES]


def test_the_empty_root_is_the_hash_of_nothing() -> None:
    text = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert bytes.fromhex(text) == EMPTY_ROOT == root(EMPTY_FRONTIER)


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_are_those_of_certificate_transparency(size: int) -> None:
    frontier, _ = extend(EMPTY_FRONTIER, ct_leaves()[:size])
    assert root(frontier).hex() == CT_ROOTS[size - 1]


def test_a_consistency_proof_is_that_of_certificate_transparency() -> None:
    tiles = Tiles()
    tiles.append(ct_leaves())
    proof = prove_consistency(6, 8, tile_reader(tiles.tile))
    assert tuple(one.hex() for one in proof) == CT_CONSISTENCY_6_8
    roots = [bytes.fromhex(CT_ROOTS[size - 1]) for size in (6, 8)]
    assert check_consistency(6, 8, roots[0], roots[1], proof)


def test_a_leaf_is_never_hashed_as_a_node() -> None:
    left, right = leaves(0, 2)
    assert leaf_hash(left + right) != node_hash(left, right)


# --- frontier and tiles ---


@pytest.mark.parametrize("size", range(101))
def test_a_frontier_holds_the_root_and_the_complete_subtrees(size: int) -> None:
    frontier, _ = extend(EMPTY_FRONTIER, leaves(0, size))
    assert frontier.size == size
    assert root(frontier) == mth(0, size)
    assert frontier == read_frontier(size, ReferenceReader(size))
    assert decode_frontier(size, encode_frontier(frontier)) == frontier


@pytest.mark.parametrize("start", [*range(9), 250, 65_530])
def test_every_split_into_batches_equals_one_by_one(start: int) -> None:
    base = tiles_of(start)
    end = start + 10
    one_batch = tiles_of(end)
    assert one_batch.frontier == read_frontier(end, ReferenceReader(end))
    for batches in splits(end - start):
        tiles = Tiles()
        tiles.frontier, tiles.rows = base.frontier, dict(base.rows)
        for count in batches:
            size = tiles.frontier.size
            tiles.append(leaves(size, size + count))
        assert tiles.frontier == one_batch.frontier
        assert tiles.rows == one_batch.rows


@pytest.mark.parametrize(
    "batches",
    [(255,), (256,), (257,), (255, 1), (200, 200, 200), (1, 511, 1), (65_536,), (60_000, 10_000)],
)
def test_the_segments_make_the_tiles_of_the_specification(batches: tuple[int, ...]) -> None:
    assert tiles_of(*batches).rows == expected_rows(sum(batches))


def test_a_tree_of_70000_has_the_tiles_that_the_specification_counts() -> None:
    rows = tiles_of(33_333, 36_667).rows
    counts = {level: divmod(len(row) // 32, 256) for level, row in rows.items()}
    assert counts == {0: (273, 112), 1: (1, 17), 2: (0, 1)}


def test_a_batch_yields_segments_that_end_at_the_edges_of_tiles() -> None:
    frontier, _ = extend(EMPTY_FRONTIER, leaves(0, 200))
    _, segments = extend(frontier, leaves(200, 600))
    assert [(one.level, one.start, len(one.hashes) // 32) for one in segments] == [
        (0, 200, 56),
        (0, 256, 256),
        (0, 512, 88),
        (1, 0, 2),
    ]
    assert segments[3] == Segment(1, 0, mth(0, 256) + mth(256, 512))


def test_no_leaves_change_nothing() -> None:
    frontier, _ = extend(EMPTY_FRONTIER, leaves(0, 300))
    assert extend(frontier, []) == (frontier, [])


def test_a_frontier_that_does_not_fit_its_size_is_refused() -> None:
    frontier, _ = extend(EMPTY_FRONTIER, leaves(0, 7))
    data = encode_frontier(frontier)
    for size, wrong in [(7, data[:-1]), (7, data + b"\0"), (6, data), (7, b""), (0, data)]:
        with pytest.raises(TamperedLogError, match="frontier_length"):
            decode_frontier(size, wrong)
    for size in (-7, SIZE_MAX + 1):
        with pytest.raises(TamperedLogError, match="frontier_length"):
            decode_frontier(size, bytes(32 * size.bit_count()))
    with pytest.raises(AssertionError):
        Frontier(7, frontier.hashes[1:])


def test_a_leaf_hash_of_another_length_is_a_bug() -> None:
    with pytest.raises(AssertionError):
        extend(EMPTY_FRONTIER, [b"short"])


# --- proofs ---


@pytest.mark.parametrize("size", range(1, 101))
def test_every_proof_in_a_small_tree_is_that_of_the_rfc(size: int) -> None:
    read = ReferenceReader(size)
    tiles = tile_reader(tiles_of(size).tile)
    for index in range(size):
        proof = prove_inclusion(index, size, read)
        assert proof == path(index, 0, size) == prove_inclusion(index, size, tiles)
        assert check_inclusion(leaf_hash(entry(index)), index, size, mth(0, size), proof)
    for old in range(1, size + 1):
        proof = prove_consistency(old, size, read)
        assert proof == subproof(old, 0, size, known=True) == prove_consistency(old, size, tiles)
        assert check_consistency(old, size, mth(0, old), mth(0, size), proof)


@pytest.mark.parametrize("size", range(1, 14))
def test_any_flipped_bit_breaks_an_inclusion_proof(size: int) -> None:
    for index in range(size):
        good = [leaf_hash(entry(index)), mth(0, size), *path(index, 0, size)]
        for leaf, head, *proof in each_bent(good):
            assert not check_inclusion(leaf, index, size, head, proof)


@pytest.mark.parametrize("size", range(1, 14))
def test_any_flipped_bit_breaks_a_consistency_proof(size: int) -> None:
    for old in range(1, size + 1):
        good = [mth(0, old), mth(0, size), *subproof(old, 0, size, known=True)]
        for old_root, new_root, *proof in each_bent(good):
            assert not check_consistency(old, size, old_root, new_root, proof)


@pytest.mark.parametrize("size", range(1, 33))
def test_a_wrong_index_or_size_fails_unless_the_way_to_the_leaf_is_the_same(size: int) -> None:
    for index in range(size):
        leaf, proof = leaf_hash(entry(index)), path(index, 0, size)
        for other in {*range(-2, 67), 1 << 40, SIZE_MAX + 1}:
            accepted = check_inclusion(leaf, other, size, mth(0, size), proof)
            assert accepted == (other == index)
            accepted = check_inclusion(leaf, index, other, mth(0, size), proof)
            shape = index < other <= SIZE_MAX and inclusion_shape(index, other)
            assert accepted == (shape == inclusion_shape(index, size))


@pytest.mark.parametrize("new", range(1, 33))
def test_a_wrong_old_or_new_size_fails_unless_the_way_to_the_edge_is_the_same(new: int) -> None:
    for old in range(1, new + 1):
        proof = subproof(old, 0, new, known=True)
        for other in {*range(-2, 67), 1 << 40, SIZE_MAX + 1}:
            accepted = check_consistency(other, new, mth(0, old), mth(0, new), proof)
            assert accepted == (other == old)
            accepted = check_consistency(old, other, mth(0, old), mth(0, new), proof)
            shape = old <= other <= SIZE_MAX and consistency_shape(old, other)
            assert accepted == (shape == consistency_shape(old, new))


@pytest.mark.parametrize("size", range(1, 20))
def test_a_proof_with_a_hash_more_or_less_or_elsewhere_fails(size: int) -> None:
    for i in range(1, size + 1):
        leaf, audit = leaf_hash(entry(i - 1)), path(i - 1, 0, size)
        for bent in mangled(audit):
            assert not check_inclusion(leaf, i - 1, size, mth(0, size), bent)
        proof = subproof(i, 0, size, known=True)
        for bent in mangled(proof):
            assert not check_consistency(i, size, mth(0, i), mth(0, size), bent)


def mangled(proof: list[bytes]) -> Iterator[list[bytes]]:
    for i in range(len(proof) + 1):
        yield [*proof[:i], bytes(32), *proof[i:]]
    for i in range(len(proof)):
        yield proof[:i] + proof[i + 1 :]
        yield [*proof[:i], proof[i][:-1], *proof[i + 1 :]]
        yield [*proof[:i], proof[i] + b"\0", *proof[i + 1 :]]
    for i in range(1, len(proof)):
        yield [*proof[: i - 1], proof[i], proof[i - 1], *proof[i + 1 :]]


def test_a_byte_cannot_move_between_a_leaf_and_its_sibling() -> None:
    left, right = leaves(0, 2)
    head = mth(0, 2)
    assert check_inclusion(left, 0, 2, head, [right])
    assert node_hash(left + right[:1], right[1:]) == head
    assert not check_inclusion(left + right[:1], 0, 2, head, [right[1:]])


def test_a_byte_cannot_move_between_two_hashes_of_a_consistency_proof() -> None:
    for old, new in itertools.combinations(range(1, 12), 2):
        proof = subproof(old, 0, new, known=True)
        for i, j in itertools.permutations(range(len(proof)), 2):
            bent = list(proof)
            bent[i], bent[j] = bent[i] + bent[j][:1], bent[j][1:]
            assert not check_consistency(old, new, mth(0, old), mth(0, new), bent)
            bent = list(proof)
            bent[i], bent[j] = bent[i][:-1], bent[i][-1:] + bent[j]
            assert not check_consistency(old, new, mth(0, old), mth(0, new), bent)


def test_what_has_not_the_length_of_a_hash_is_neither_leaf_nor_root() -> None:
    for value in (b"", b"short", bytes(33)):
        assert not check_inclusion(value, 0, 1, value, [])
        assert not check_consistency(5, 5, value, value, [])


def test_a_size_that_no_database_holds_is_refused() -> None:
    proof = [bytes([i]) * 32 for i in range(63)]
    first = head = leaf_hash(b"")
    for sibling in proof:
        head = node_hash(head, sibling)
    assert check_inclusion(first, 0, SIZE_MAX, head, proof)
    assert check_consistency(1, SIZE_MAX, first, head, proof)
    assert not check_inclusion(first, 0, SIZE_MAX + 1, head, proof)
    assert not check_consistency(1, SIZE_MAX + 1, first, head, proof)


def test_every_tree_extends_the_empty_one_and_itself_by_an_empty_proof() -> None:
    for size in range(1, 10):
        head = mth(0, size)
        assert prove_consistency(0, size, ReferenceReader(size)) == []
        assert prove_consistency(size, size, ReferenceReader(size)) == []
        assert check_consistency(0, size, EMPTY_ROOT, head, [])
        assert check_consistency(size, size, head, head, [])
        assert not check_consistency(0, size, EMPTY_ROOT, head, [head])
        assert not check_consistency(0, size, head, head, [])
        assert not check_consistency(size, size, mth(0, size + 1), head, [])
    assert check_consistency(0, 0, EMPTY_ROOT, EMPTY_ROOT, [])
    assert not check_consistency(0, 0, EMPTY_ROOT, mth(0, 1), [])
    assert not check_consistency(2, 1, mth(0, 2), mth(0, 1), [])


def test_a_tree_that_changed_an_old_leaf_is_not_an_extension() -> None:
    for old in range(1, 17):
        for changed in range(old):
            tiles = Tiles()
            tiles.append([*leaves(0, changed), leaf_hash(b"other"), *leaves(changed + 1, 20)])
            proof = prove_consistency(old, 20, tile_reader(tiles.tile))
            assert not check_consistency(old, 20, mth(0, old), root(tiles.frontier), proof)


# --- proofs over tiles, in trees with several tile levels ---


@pytest.fixture(scope="module")
def big() -> Tiles:
    return tiles_of(65_000, 1_500, 3_500)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_proof_in_a_big_tree_holds_until_a_bit_is_flipped(
    big: Tiles, data: st.DataObject
) -> None:
    read = tile_reader(big.tile)
    size = data.draw(st.integers(1, big.frontier.size))
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    head = root(read_frontier(size, read))
    assert head == mth(0, size)
    good = [leaf_hash(entry(index)), head, *prove_inclusion(index, size, read)]
    assert check_inclusion(good[0], index, size, head, good[2:])
    bent = data.draw(bent_at_one_bit(good))
    assert not check_inclusion(bent[0], index, size, bent[1], bent[2:])
    good = [mth(0, old), head, *prove_consistency(old, size, read)]
    assert check_consistency(old, size, good[0], head, good[2:])
    bent = data.draw(bent_at_one_bit(good))
    assert not check_consistency(old, size, bent[0], bent[1], bent[2:])


def bent_at_one_bit(values: list[bytes]) -> st.SearchStrategy[list[bytes]]:
    def bend(place: tuple[int, int]) -> list[bytes]:
        i, bit = place
        return [*values[:i], flip(values[i], bit), *values[i + 1 :]]

    return st.tuples(st.integers(0, len(values) - 1), st.integers(0, 255)).map(bend)


def test_a_reader_over_tiles_gives_every_complete_subtree() -> None:
    size = 600
    read = tile_reader(tiles_of(size).tile)
    positions = [(level, i) for level in range(10) for i in range(size >> level)]
    assert read(positions) == ReferenceReader(size)(positions)


def test_a_read_asks_for_each_tile_once() -> None:
    tiles = tiles_of(1_000)
    asked = []

    def tile(level: int, index: int) -> bytes:
        asked.append((level, index))
        return tiles.tile(level, index)

    prove_inclusion(999, 1_000, tile_reader(tile))
    assert sorted(asked) == [(0, 3), (1, 0)]


def test_a_tile_that_lacks_a_hash_is_named() -> None:
    tiles = tiles_of(300)

    def short(level: int, index: int) -> bytes:
        return tiles.tile(level, index)[: None if index == 0 else -1]

    with pytest.raises(
        TamperedLogError, match="tile 1 of level 0 holds 43 hashes; the size asks for 44"
    ):
        prove_inclusion(0, 300, tile_reader(short))
