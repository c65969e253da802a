"""Published vectors of other implementations, typed again: what must hold, and what must not.

- transparency-dev/merkle, `testonly/constants.go` (the eight leaves and all their nodes) and
  `proof/verify_test.go` (proofs; the ways in which each is spoilt, as in its `testdata`).
- draft-ietf-plants-merkle-tree-certs, appendix "Subtree Test Vectors": one rolling hash over every
  subtree, and one over every inclusion proof in each, up to 130 leaves.
- C2SP tlog-tiles, "Partial Tiles": the tiles of a tree of 70,000 leaves.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256

import pytest

from ledger.merkle import (
    EMPTY_FRONTIER,
    EMPTY_ROOT,
    ReadHashes,
    check_consistency,
    check_inclusion,
    extend,
    leaf_hash,
    prove_consistency,
    prove_inclusion,
    root,
    tile_reader,
)

ENTRIES = (
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)

# By level and place: NodeHashes in testonly/constants.go.
NODES = (
    (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
        "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658",
        "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
        "46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1",
    ),
    (
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    ),
    (
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    ("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",),
)
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)

# Index from 0, size, and the proof as (level, place) in NODES: inclusionProofs in verify_test.go.
INCLUSION = (
    (0, 1, ()),
    (0, 8, ((0, 1), (1, 1), (2, 1))),
    (5, 8, ((0, 4), (1, 3), (2, 0))),
    (2, 3, ((1, 0),)),
    (1, 5, ((0, 0), (1, 1), (0, 4))),
)
# Both sizes and the proof: consistencyProofs in verify_test.go.
CONSISTENCY = (
    (1, 1, ()),
    (1, 8, ((0, 1), (1, 1), (2, 1))),
    (6, 8, ((1, 2), (1, 3), (2, 0))),
    (2, 5, ((1, 1), (0, 4))),
    (6, 7, ((1, 2), (0, 6), (2, 0))),
)
SOME_HASH = "abacaba000000000000000000000000000000000000000000060061e00123456"

# The appendix's rolling hashes; entry i is the byte i.
SUBTREES_MAX = 130
SUBTREE_HASHES = "94a95384a8c69acea9b50d035a58285b3a777cb7a724005faa5e1f1e1190007f"
SUBTREE_INCLUSION = "ac2a8f989e44d99e399db448050ff5f19757df53cfb716aa81015d3955d8163f"

Shape = tuple[tuple[int, int], ...]


def node(place: tuple[int, int]) -> bytes:
    return bytes.fromhex(NODES[place[0]][place[1]])


def root_of(size: int) -> bytes:
    return bytes.fromhex(ROOTS[size])


def leaves() -> list[bytes]:
    return [leaf_hash(bytes.fromhex(text)) for text in ENTRIES]


def read_published(places: Sequence[tuple[int, int]]) -> list[bytes]:
    return [node(place) for place in places]


def spoilt_proofs(proof: list[bytes], wrong: list[bytes], bit: int) -> Iterator[list[bytes]]:
    """Yield a proof with garbage behind and before, cut, grown, and with a bit of each flipped."""
    for one in (b"", *wrong):
        yield [*proof, one]
        yield [one, *proof]
    if proof:
        yield proof[:-1]
        yield [proof[0], *proof]
        yield [proof[0], bytes.fromhex(SOME_HASH), *proof[1:]]
    for place, one in enumerate(proof):
        yield [*proof[:place], bytes([one[0] ^ bit]) + one[1:], *proof[place + 1 :]]


def test_the_leaves_nodes_and_roots_are_those_published() -> None:
    assert [one.hex() for one in leaves()] == list(NODES[0])
    for size in range(len(ENTRIES) + 1):
        frontier, _ = extend(EMPTY_FRONTIER, leaves()[:size])
        assert root(frontier).hex() == ROOTS[size]
        # CompactTrees in testonly/constants.go: one node for each bit of the size.
        starts = [size >> level + 1 << level + 1 for level in range(4)]
        compact = [
            node((level, starts[level] >> level)) for level in (3, 2, 1, 0) if size >> level & 1
        ]
        assert list(frontier.hashes) == compact


@pytest.mark.parametrize(("index", "size", "shape"), INCLUSION)
def test_an_inclusion_proof_is_the_published_one(index: int, size: int, shape: Shape) -> None:
    proof = read_published(shape)
    assert prove_inclusion(index, size, read_published) == proof
    assert check_inclusion(leaves()[index], index, size, root_of(size), proof)


@pytest.mark.parametrize(("index", "size", "shape"), INCLUSION)
def test_a_spoilt_inclusion_proof_is_refused(index: int, size: int, shape: Shape) -> None:
    leaf, head, proof = leaves()[index], root_of(size), read_published(shape)
    for other in (index - 1, index + 1, index ^ 2):
        assert not check_inclusion(leaf, other, size, head, proof)
    for other in (size * 2, size // 2):
        assert not check_inclusion(leaf, index, other, head, proof)
    assert not check_inclusion(b"WrongLeaf", index, size, head, proof)
    for wrong in (EMPTY_ROOT, bytes.fromhex(SOME_HASH), b""):
        assert not check_inclusion(leaf, index, size, wrong, proof)
        assert not check_inclusion(wrong, index, size, head, proof)
    for bent in spoilt_proofs(proof, [head], 8):
        assert not check_inclusion(leaf, index, size, head, bent)


def test_nothing_is_in_a_tree_without_leaves_or_behind_its_end() -> None:
    some = bytes.fromhex(SOME_HASH)
    for index, size in ((0, 0), (0, 1), (1, 0), (2, 1)):
        for leaf, head in ((some, b""), (b"", EMPTY_ROOT), (some, EMPTY_ROOT)):
            assert not check_inclusion(leaf, index, size, head, [])


@pytest.mark.parametrize(("old", "new", "shape"), CONSISTENCY)
def test_a_consistency_proof_is_the_published_one(old: int, new: int, shape: Shape) -> None:
    proof = read_published(shape)
    assert prove_consistency(old, new, read_published) == proof
    assert check_consistency(old, new, root_of(old), root_of(new), proof)


@pytest.mark.parametrize(("old", "new", "shape"), [one for one in CONSISTENCY if one[2]])
def test_a_spoilt_consistency_proof_is_refused(old: int, new: int, shape: Shape) -> None:
    first, second, proof = root_of(old), root_of(new), read_published(shape)
    for other in (old - 1, old + 1, old ^ 2):
        assert not check_consistency(other, new, first, second, proof)
    for other in (new * 2, new // 2):
        assert not check_consistency(old, other, first, second, proof)
    assert not check_consistency(old, new, b"WrongRoot", second, proof)
    assert not check_consistency(old, new, first, b"WrongRoot", proof)
    assert not check_consistency(old, new, second, first, proof)
    assert not check_consistency(old, new, first, second, [])
    for bent in spoilt_proofs(proof, [first, second], 16):
        assert not check_consistency(old, new, first, second, bent)


def test_sizes_and_roots_that_do_not_belong_together_are_refused() -> None:
    one, other = root_of(1), root_of(2)
    refused: tuple[tuple[int, int, bytes, bytes, list[bytes]], ...] = (
        (0, 0, one, other, []),
        (1, 1, one, other, []),
        (1, 0, one, other, []),
        (2, 1, one, other, []),
        (1, 2, one, other, []),
        (0, 0, EMPTY_ROOT, other, []),
        (1, 1, EMPTY_ROOT, other, []),
        (0, 0, EMPTY_ROOT, EMPTY_ROOT, [EMPTY_ROOT]),
        (0, 1, EMPTY_ROOT, EMPTY_ROOT, [EMPTY_ROOT]),
        (1, 1, EMPTY_ROOT, EMPTY_ROOT, [EMPTY_ROOT]),
    )
    for case in refused:
        assert not check_consistency(*case)
    assert check_consistency(1, 1, one, one, [])
    assert check_consistency(0, 1, EMPTY_ROOT, one, [])
    # Those vectors call any root of an empty tree consistent; there is but one, and we say so.
    assert not check_consistency(0, 1, one, other, [])
    assert not check_consistency(0, 0, one, one, [])


def subtrees() -> Iterator[tuple[int, int]]:
    """Yield every range that begins at a multiple of the least power of two that holds it."""
    for end in range(1, SUBTREES_MAX + 1):
        for start in range(end):
            if start % (1 << (end - start - 1).bit_length()) == 0:
                yield start, end


def reader_of(hashes: list[bytes]) -> ReadHashes:
    """Return the reader over one tile."""
    return tile_reader(lambda _level, _index: b"".join(hashes))


def test_every_subtree_has_the_hash_of_the_drafts_appendix() -> None:
    rolling = sha256()
    entries = [leaf_hash(bytes([i])) for i in range(SUBTREES_MAX)]
    for start, end in subtrees():
        frontier, _ = extend(EMPTY_FRONTIER, entries[start:end])
        rolling.update(f"[{start}, {end}) {root(frontier).hex()}\n".encode())
    assert rolling.hexdigest() == SUBTREE_HASHES


def test_every_inclusion_proof_is_that_of_the_drafts_appendix() -> None:
    rolling = sha256()
    entries = [leaf_hash(bytes([i])) for i in range(SUBTREES_MAX)]
    for start, end in subtrees():
        read = reader_of(entries[start:end])
        for index in range(start, end):
            proof = prove_inclusion(index - start, end - start, read)
            line = " ".join([f"{index} [{start}, {end})", *(one.hex() for one in proof)])
            rolling.update(f"{line}\n".encode())
    assert rolling.hexdigest() == SUBTREE_INCLUSION


def test_a_tree_of_70_000_leaves_has_the_tiles_of_the_specification() -> None:
    size = 70_000
    _, segments = extend(EMPTY_FRONTIER, [EMPTY_ROOT] * size)
    widths: dict[int, list[int]] = {}
    for level, _, hashes in segments:
        widths.setdefault(level, []).append(len(hashes) // 32)
    assert widths == {0: [256] * 273 + [112], 1: [256, 17], 2: [1]}
