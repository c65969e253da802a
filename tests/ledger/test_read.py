"""Reading back: entries in order, at any range, and nothing beyond the head that was given."""

import pytest
from sqlalchemy import text

from ledger import merkle
from ledger.codec import parse
from ledger.errors import TamperedLogError
from ledger.read import (
    Chunk,
    decode_chunk,
    find_entries,
    read_chunks,
    read_entries,
    read_events,
    read_heads,
    read_some,
    read_tile,
)
from tests.ledger.conftest import ORIGIN, Ledger, tampering

RANGES = [(0, 0), (0, 1), (0, 567), (1, 6), (5, 7), (130, 140), (250, 260), (255, 257), (566, 567)]


def test_heads_come_in_the_order_of_their_logs(evidence: Ledger) -> None:
    heads = evidence.heads()
    assert [(head.name, head.origin, head.size) for head in heads.values()] == [
        ("usage", f"{ORIGIN}/usage", 567),
        ("book", f"{ORIGIN}/book", 4),
        ("access", f"{ORIGIN}/access", 0),
    ]


def test_any_range_of_entries_is_read_in_order(evidence: Ledger) -> None:
    with evidence.read.connect() as connection:
        whole = [entry for _, entry in read_entries(connection, "usage", 0, 567)]
        assert len(whole) == 567
        for start, end in RANGES:
            found = list(read_entries(connection, "usage", start, end))
            assert found == list(enumerate(whole))[start:end]


def test_events_are_the_entries_parsed(evidence: Ledger) -> None:
    with evidence.read.connect() as connection:
        entries = list(read_entries(connection, "book", 0, 4))
        events = list(read_events(connection, "book", 0, 4))
    assert events == [(index, parse(entry)) for index, entry in entries]


@pytest.mark.parametrize(("start", "end"), RANGES)
def test_the_entries_that_hold_a_mark_are_found_and_no_others(
    evidence: Ledger, start: int, end: int
) -> None:
    with evidence.read.connect() as connection:
        every = list(read_entries(connection, "usage", start, end))
        for marks in ((b"7",), (b"specversion", b"\\"), (b"nowhere", b"1"), (b"nowhere",)):
            wanted = [one for one in every if any(mark in one[1] for mark in marks)]
            assert list(find_entries(connection, "usage", start, end, marks)) == wanted


def test_scattered_entries_are_read_by_their_index(evidence: Ledger) -> None:
    with evidence.read.connect() as connection:
        whole = dict(read_entries(connection, "usage", 0, 567))
        for indexes in ([], [0], [566, 0, 300], [255, 256], [7, 7, 7], list(range(0, 567, 13))):
            found = read_some(connection, "usage", indexes)
            assert found == {index: whole[index] for index in indexes}
        assert read_some(connection, "usage", [1, 567, 10_000]) == {1: whole[1]}


def test_what_lies_beyond_the_log_is_missing(evidence: Ledger) -> None:
    with evidence.read.connect() as connection:
        for start, end in ((0, 568), (567, 568), (600, 700)):
            with pytest.raises(TamperedLogError):
                list(find_entries(connection, "usage", start, end, (b"nowhere",)))
            with pytest.raises(TamperedLogError, match="are missing"):
                list(read_entries(connection, "usage", start, end))


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 567])
def test_tiles_are_read_as_they_stood_at_a_size(evidence: Ledger, size: int) -> None:
    with evidence.read.connect() as connection:
        leaves = [
            merkle.leaf_hash(entry) for _, entry in read_entries(connection, "usage", 0, size)
        ]
        frontier, segments = merkle.extend(merkle.EMPTY_FRONTIER, leaves)
        tiles: dict[tuple[int, int], bytes] = {}
        for level, start, hashes in segments:
            key = level, start // 256
            tiles[key] = tiles.get(key, b"") + hashes
        for (level, index), hashes in tiles.items():
            assert read_tile(connection, "usage", level, index, size) == hashes
        reader = merkle.tile_reader(
            lambda level, index: read_tile(connection, "usage", level, index, size)
        )
        assert merkle.read_frontier(size, reader) == frontier


def test_a_proof_from_stored_tiles_holds(evidence: Ledger) -> None:
    head = evidence.heads()["usage"]
    with evidence.read.connect() as connection:
        reader = merkle.tile_reader(
            lambda level, index: read_tile(connection, "usage", level, index, head.size)
        )
        for index, entry in read_entries(connection, "usage", 250, 262):
            proof = merkle.prove_inclusion(index, head.size, reader)
            leaf = merkle.leaf_hash(entry)
            assert merkle.check_inclusion(leaf, index, head.size, head.root, proof)


def test_a_chunk_that_cannot_be_what_was_written_is_refused(evidence: Ledger) -> None:
    with evidence.read.connect() as connection:
        good = next(read_chunks(connection, "book", 0, 4))
    assert len(decode_chunk(good)) == good.count
    for body, count in (
        (b"", good.count),
        (b"no zstd", good.count),
        (good.body[:-1], good.count),
        (good.body + b"x", good.count),
        (good.body, good.count + 1),
        (good.body, good.count - 1),
    ):
        with pytest.raises(TamperedLogError, match="book: the chunk from 0 is broken"):
            decode_chunk(Chunk("book", good.start, count, body))


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM log WHERE name = 'book'",
        "UPDATE log SET name = 'other' WHERE name = 'book'",
        "UPDATE log SET number = 7 WHERE name = 'book'",
        "INSERT INTO log SELECT 9, 'third', 'third', 0, root, frontier FROM log WHERE number = 1",
    ],
)
def test_other_logs_than_a_ledger_has_are_found(evidence: Ledger, statement: str) -> None:
    with tampering(evidence.own) as connection:
        connection.execute(text(statement))
        with pytest.raises(TamperedLogError, match="wrong_logs"):
            read_heads(connection)


def test_a_tile_with_a_gap_is_read_up_to_the_gap(evidence: Ledger) -> None:
    with tampering(evidence.own) as connection:
        whole = read_tile(connection, "usage", 0, 0, 567)
        connection.execute(text("DELETE FROM tile WHERE log = 1 AND level = 0 AND start = 8"))
        assert read_tile(connection, "usage", 0, 0, 567) == whole[: 8 * merkle.HASH_BYTES]
