"""Proofs in one file: written, read back, checked; and none of them holds once it was changed."""

import random
from base64 import b64encode
from contextlib import suppress
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ledger import merkle, tlog
from ledger.errors import InvalidInputError, LedgerError, TamperedLogError
from ledger.note import VerifierKey, sign_note
from ledger.proof import (
    Growth,
    Proof,
    check_growth,
    check_proof,
    parse_growth,
    parse_proof,
    render_growth,
    render_proof,
)

ORIGIN = "centre.example/usage"
SECRET = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = VerifierKey(ORIGIN, SECRET.public_key().public_bytes_raw())
OTHER = VerifierKey(ORIGIN, bytes(32))
ENTRIES = [f"entry {number}".encode() * (number % 3) for number in range(70)]


def note_of(size: int, entries: list[bytes] = ENTRIES, origin: str = ORIGIN) -> str:
    frontier, _ = merkle.extend(merkle.EMPTY_FRONTIER, merkle.leaf_hashes(entries[:size]))
    text = tlog.render_checkpoint(tlog.Checkpoint(origin, size, merkle.root(frontier)))
    return sign_note(text, ORIGIN, SECRET)


@cache
def reader(size: int) -> merkle.ReadHashes:
    _, segments = merkle.extend(merkle.EMPTY_FRONTIER, merkle.leaf_hashes(ENTRIES[:size]))
    tiles = {(one.level, one.start // 256): one.hashes for one in segments}
    return merkle.tile_reader(lambda level, index: tiles[level, index])


def proof_of(index: int, size: int) -> Proof:
    hashes = merkle.prove_inclusion(index, size, reader(size))
    return Proof(ENTRIES[index], index, tuple(hashes), note_of(size))


def growth_of(old: int, new: int) -> Growth:
    hashes = merkle.prove_consistency(old, new, reader(new))
    return Growth(old, tuple(hashes), note_of(new))


def test_every_entry_of_every_small_log_is_proved() -> None:
    for size in range(1, 34):
        for index in range(size):
            proof = parse_proof(render_proof(proof_of(index, size)))
            shown = check_proof(proof, [KEY])
            assert (shown.entry, shown.index) == (ENTRIES[index], index)
            assert shown.checkpoint.size == size


def test_every_small_log_is_shown_to_extend_every_smaller_one() -> None:
    for new in range(24):
        for old in range(new + 1):
            growth = parse_growth(render_growth(growth_of(old, new)))
            grown = check_growth(growth, note_of(old), [KEY])
            assert (grown.old.size, grown.new.size) == (old, new)


def test_the_file_is_the_one_that_c2sp_describes() -> None:
    proof = proof_of(2, 3)
    expected = [
        "c2sp.org/tlog-proof@v1",
        "extra " + b64encode(ENTRIES[2]).decode(),
        "index 2",
        b64encode(proof.hashes[0]).decode(),
        "",
        ORIGIN,
        "3",
    ]
    assert render_proof(proof).split("\n")[:7] == expected


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_changed_byte_leaves_a_proof_of_the_same_entry(place: int, flip: int) -> None:
    proof = proof_of(41, 70)
    raw = bytearray(render_proof(proof).encode())
    raw[place % len(raw)] ^= flip
    try:
        shown = check_proof(parse_proof(raw.decode()), [KEY])
    except (LedgerError, UnicodeDecodeError):
        return
    raise AssertionError(shown)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_changed_byte_leaves_a_proof_of_growth(place: int, flip: int) -> None:
    raw = bytearray(render_growth(growth_of(33, 70)).encode())
    raw[place % len(raw)] ^= flip
    with pytest.raises((LedgerError, UnicodeDecodeError)):
        check_growth(parse_growth(raw.decode()), note_of(33), [KEY])


def test_another_entry_index_or_key_is_not_shown() -> None:
    proof = proof_of(5, 9)
    wrong = [
        (Proof(ENTRIES[6], 5, proof.hashes, proof.note), KEY, "not_included"),
        (Proof(proof.entry, 6, proof.hashes, proof.note), KEY, "not_included"),
        (Proof(proof.entry, 9, proof.hashes, proof.note), KEY, "not_included"),
        (Proof(proof.entry, 5, proof.hashes[:-1], proof.note), KEY, "not_included"),
        (Proof(proof.entry, 5, proof.hashes, note_of(10)), KEY, "not_included"),
        (proof, OTHER, "signature_missing"),
    ]
    for changed, key, code in wrong:
        with pytest.raises(TamperedLogError) as caught:
            check_proof(changed, [key])
        assert caught.value.code == code


def test_a_rewritten_log_does_not_extend_what_was_signed() -> None:
    forged = [*ENTRIES[:10], b"forged", *ENTRIES[11:]]
    with pytest.raises(TamperedLogError) as caught:
        check_growth(growth_of(20, 30), note_of(20, forged), [KEY])
    assert caught.value.code == "forked"
    assert "size 30 does not extend" in caught.value.message.en


def test_two_logs_are_not_one() -> None:
    with pytest.raises(TamperedLogError, match="forked"):
        check_growth(growth_of(20, 30), note_of(20, origin="centre.example/book"), [KEY])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "index 1\n\nx",
        "c2sp.org/tlog-proof@v1\nindex 1\n\nx\n1\nAA==\n",
        "c2sp.org/tlog-proof@v2\nextra AA==\nindex 1\n\nx",
        "c2sp.org/tlog-proof@v1\nextra AA=\nindex 1\n\nx",
        "c2sp.org/tlog-proof@v1\nextra AA==\nindex 01\n\nx",
        "c2sp.org/tlog-proof@v1\nextra AA==\nindex 1\nA===\n\nx",
        "c2sp.org/tlog-proof@v1\nextra AB==\nindex 1\n\nx",
        "c2sp.org/tlog-proof@v1\r\nextra AA==\r\nindex 1\r\n\r\nx",
        "c2sp.org/tlog-proof@v1\nextra AA==\nindex 1",
    ],
)
def test_what_is_no_proof_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="proof_form"):
        parse_proof(text)


@pytest.mark.parametrize("text", ["", "old\n\nx", "old 1", "old -1\n\nx", "old 1\nA\n\nx"])
def test_what_is_no_proof_of_growth_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="proof_form"):
        parse_growth(text)


@given(st.text(max_size=200))
def test_any_text_is_refused_or_renders_again(text: str) -> None:
    with suppress(InvalidInputError):
        assert render_proof(parse_proof(text)) == text
    with suppress(InvalidInputError):
        assert render_growth(parse_growth(text)) == text


def test_random_logs_prove_random_entries() -> None:
    chance = random.Random(1)  # noqa: S311 - a test's own, seeded
    for _ in range(50):
        size = chance.randrange(1, 71)
        index = chance.randrange(size)
        assert check_proof(proof_of(index, size), [KEY]).entry == ENTRIES[index]
