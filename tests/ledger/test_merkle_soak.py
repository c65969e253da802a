"""Merkle proofs in every tree of up to 100 leaves, with every bit of every proof flipped."""

from hashlib import sha256

import pytest

from ledger.merkle import (
    EMPTY_FRONTIER,
    check_consistency,
    check_inclusion,
    extend,
    leaf_hash,
    prove_consistency,
    prove_inclusion,
    root,
    tile_reader,
)

pytestmark = pytest.mark.soak

SIZES = range(1, 101)


class World:
    """One tree: its leaves, the roots of all its prefixes, and the tile that holds them."""

    def __init__(self, size: int) -> None:
        self.leaves = [leaf_hash(str(i).encode()) for i in range(size)]
        self.roots = [root(extend(EMPTY_FRONTIER, self.leaves[:n])[0]) for n in range(size + 1)]
        self.read = tile_reader(lambda _level, _index: b"".join(self.leaves))


def flips(value: bytes) -> list[bytes]:
    """Return the value with each of its bits flipped in turn."""
    number = int.from_bytes(value)
    return [(number ^ 1 << bit).to_bytes(len(value)) for bit in range(8 * len(value))]


@pytest.mark.parametrize("size", SIZES)
def test_any_flipped_bit_breaks_an_inclusion_proof(size: int) -> None:
    world = World(size)
    head = world.roots[size]
    for index, leaf in enumerate(world.leaves):
        proof = prove_inclusion(index, size, world.read)
        assert check_inclusion(leaf, index, size, head, proof)
        for bent in flips(leaf):
            assert not check_inclusion(bent, index, size, head, proof)
        for bent in flips(head):
            assert not check_inclusion(leaf, index, size, bent, proof)
        for i, value in enumerate(proof):
            for bent in flips(value):
                changed = [*proof[:i], bent, *proof[i + 1 :]]
                assert not check_inclusion(leaf, index, size, head, changed)


@pytest.mark.parametrize("size", SIZES)
def test_any_flipped_bit_breaks_a_consistency_proof(size: int) -> None:
    world = World(size)
    head = world.roots[size]
    for old in range(1, size + 1):
        proof = prove_consistency(old, size, world.read)
        before = world.roots[old]
        assert check_consistency(old, size, before, head, proof)
        for bent in flips(before):
            assert not check_consistency(old, size, bent, head, proof)
        for bent in flips(head):
            assert not check_consistency(old, size, before, bent, proof)
        for i, value in enumerate(proof):
            for bent in flips(value):
                changed = [*proof[:i], bent, *proof[i + 1 :]]
                assert not check_consistency(old, size, before, head, changed)


def test_a_flip_changes_one_bit() -> None:
    value = sha256(b"").digest()
    assert len({*flips(value)}) == len(value) * 8
    for bent in flips(value):
        assert (int.from_bytes(bent) ^ int.from_bytes(value)).bit_count() == 1
