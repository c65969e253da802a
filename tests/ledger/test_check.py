"""The check of the tree finds whatever was changed below the program, and names the place."""

import pytest
import zstandard
from sqlalchemy import Connection, select, text

from ledger import merkle, tables, tlog
from ledger.check import SPAN, check_log
from ledger.events import LogName
from ledger.finding import Finding
from ledger.head import Head
from ledger.read import read_entries, read_heads
from ledger.tables import LOG_NUMBERS
from ledger.tlog import Checkpoint
from tests.ledger.conftest import (
    Ledger,
    dump,
    fact,
    findings,
    rebuild_tree,
    restore,
    set_entry,
    tampering,
    usage,
)

Place = tuple[str | None, int | None, str]
JUNK = b"\x5a" * 32


def check_all(
    connection: Connection, signed: dict[LogName, Checkpoint] | None = None
) -> list[Finding]:
    """Return what the check of the tree finds in all logs."""
    found = []
    for head in read_heads(connection).values():
        found += check_log(connection, head, (signed or {}).get(head.name))
    return found


def places(found: list[Finding]) -> set[Place]:
    """Return log, index and `table.column` of each finding."""
    return {(one.log, one.index, f"{one.table}.{one.column}") for one in found}


def checkpoint(head: Head) -> Checkpoint:
    return Checkpoint(head.origin, head.size, head.root)


def test_an_untouched_log_gives_no_finding(evidence: Ledger) -> None:
    signed = {name: checkpoint(head) for name, head in evidence.heads().items()}
    with evidence.read.connect() as connection:
        assert check_all(connection) == []
        assert check_all(connection, signed) == []


def test_an_empty_log_gives_no_finding(ledger: Ledger) -> None:
    assert ledger.findings() == []


def test_every_entry_is_told_to_the_progress(evidence: Ledger) -> None:
    told: list[int] = []
    head = evidence.heads()["usage"]
    with evidence.read.connect() as connection:
        check_log(connection, head, None, told.append)
    assert sum(told) == head.size


def test_a_check_beside_a_writer_sees_one_ledger(ledger: Ledger) -> None:
    ledger.append(usage("1"), fact("2"))
    with ledger.keep.connect() as connection:
        read_heads(connection)
        ledger.append(usage("3"), fact("4"), rejected=[b"{"])
        assert findings(connection) == []


# --- raw SQL, whatever it touches ---

TAMPERINGS: list[tuple[str, Place]] = [
    ("DELETE FROM chunk WHERE log = 1 AND start = 8", ("usage", 8, "chunk.start")),
    ("DELETE FROM chunk WHERE log = 2", ("book", 0, "chunk.start")),
    ("UPDATE chunk SET body = :junk WHERE log = 2 AND start = 3", ("book", 3, "chunk.body")),
    ("UPDATE chunk SET body = :none WHERE log = 1 AND start = 8", ("usage", 8, "chunk.body")),
    ("UPDATE chunk SET count = count + 1 WHERE log = 2 AND start = 0", ("book", 0, "chunk.body")),
    ("UPDATE chunk SET count = count - 1 WHERE log = 1 AND start = 8", ("usage", 8, "chunk.body")),
    ("UPDATE chunk SET start = start + 1 WHERE log = 2 AND start = 3", ("book", 3, "chunk.start")),
    ("UPDATE chunk SET start = 9000 WHERE log = 1 AND start = 8", ("usage", 8, "chunk.start")),
    ("UPDATE chunk SET start = start - 1 WHERE log = 2 AND start = 3", ("book", 2, "chunk.start")),
    ("UPDATE chunk SET start = -9 WHERE log = 2 AND start = 3", ("book", 3, "chunk.start")),
    ("UPDATE chunk SET log = 1 WHERE log = 2 AND start = 3", ("book", 3, "chunk.start")),
    ("UPDATE chunk SET log = 1 WHERE log = 2 AND start = 3", ("usage", 3, "chunk.start")),
    ("UPDATE chunk SET log = 9 WHERE log = 2 AND start = 3", ("book", 3, "chunk.start")),
    (
        "INSERT INTO chunk SELECT 2, 4, count, body FROM chunk WHERE log = 2 AND start = 3",
        ("book", 4, "log.size"),
    ),
    (
        "INSERT INTO chunk SELECT 2, 1, count, body FROM chunk WHERE log = 2 AND start = 0",
        ("book", 1, "chunk.start"),
    ),
    ("DELETE FROM tile WHERE log = 1 AND level = 0 AND start = 8", ("usage", 8, "tile.hashes")),
    ("DELETE FROM tile WHERE log = 1 AND level = 1 AND start = 1", ("usage", 1, "tile.hashes")),
    ("DELETE FROM tile WHERE log = 2", ("book", 0, "tile.hashes")),
    (
        "UPDATE tile SET hashes = :junk WHERE log = 1 AND level = 1 AND start = 0",
        ("usage", 0, "tile.hashes"),
    ),
    ("UPDATE tile SET hashes = :none WHERE log = 2 AND start = 3", ("book", 3, "tile.hashes")),
    ("UPDATE tile SET hashes = :short WHERE log = 2 AND start = 3", ("book", 3, "tile.hashes")),
    ("UPDATE tile SET start = 9000 WHERE log = 2 AND start = 3", ("book", 3, "tile.hashes")),
    ("UPDATE tile SET start = -1 WHERE log = 2 AND start = 3", ("book", -1, "tile.hashes")),
    ("UPDATE tile SET level = 7 WHERE log = 2 AND start = 3", ("book", 3, "tile.hashes")),
    ("UPDATE tile SET level = -1 WHERE log = 2 AND start = 3", ("book", 3, "tile.hashes")),
    ("UPDATE tile SET log = 9 WHERE log = 2 AND start = 3", ("book", 3, "tile.hashes")),
    ("INSERT INTO tile VALUES (2, 0, 4, :junk)", ("book", 4, "tile.hashes")),
    ("INSERT INTO tile VALUES (2, 0, 1, :junk)", ("book", 1, "tile.hashes")),
    ("INSERT INTO tile VALUES (2, 0, 1, :none)", ("book", 1, "tile.hashes")),
    ("INSERT INTO tile VALUES (2, 1, 0, :junk)", ("book", 0, "tile.hashes")),
    ("UPDATE log SET root = :junk WHERE number = 2", ("book", None, "log.root")),
    ("UPDATE log SET root = :none WHERE number = 1", ("usage", None, "log.root")),
    ("UPDATE log SET frontier = :junk WHERE number = 1", ("usage", None, "log.frontier")),
    ("UPDATE log SET frontier = :none WHERE number = 2", ("book", None, "log.frontier")),
    ("UPDATE log SET size = size - 1 WHERE number = 1", ("usage", 566, "log.size")),
    ("UPDATE log SET size = size + 1 WHERE number = 1", ("usage", 567, "chunk.start")),
    ("UPDATE log SET size = 0 WHERE number = 2", ("book", 0, "log.size")),
]


@pytest.mark.parametrize(("statement", "place"), TAMPERINGS)
def test_raw_sql_is_found_and_its_place_is_named(
    evidence: Ledger, statement: str, place: Place
) -> None:
    values = {"junk": JUNK, "none": b"", "short": JUNK[1:]}
    used = {name: value for name, value in values.items() if f":{name}" in statement}
    with tampering(evidence.own) as connection:
        assert connection.execute(text(statement), used).rowcount > 0
        assert place in places(check_all(connection))


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("UPDATE log SET origin = 'elsewhere' WHERE number = 1", "log.origin"),
        ("UPDATE log SET size = 0, root = :empty, frontier = :none WHERE number = 1", "log.root"),
    ],
)
def test_a_changed_head_is_found_through_the_checkpoint(
    evidence: Ledger, statement: str, place: str
) -> None:
    signed = {name: checkpoint(head) for name, head in evidence.heads().items()}
    values = {"empty": merkle.EMPTY_ROOT, "none": b""}
    used = {name: value for name, value in values.items() if f":{name}" in statement}
    with tampering(evidence.own) as connection:
        connection.execute(text(statement), used)
        assert ("usage", None, place) in places(check_all(connection, signed))


# --- entries ---


@pytest.mark.parametrize("index", [0, 2, 3])
def test_every_flipped_byte_of_an_entry_is_found_and_its_index_named(
    sqlite_evidence: Ledger, index: int
) -> None:
    with tampering(sqlite_evidence.own) as connection:
        head = read_heads(connection)["book"]
        entry = dict(read_entries(connection, "book", 0, head.size))[index]
        for at in range(len(entry)):
            flipped = entry[:at] + bytes([entry[at] ^ 1 << at % 8]) + entry[at + 1 :]
            set_entry(connection, "book", index, flipped)
            assert places(check_log(connection, head, None)) == {("book", index, "chunk.body")}
        set_entry(connection, "book", index, entry)
        assert check_all(connection) == []


@pytest.mark.parametrize("index", [0, 1, 7, 255, 256, 300, 511, 512, 566])
def test_an_entry_changed_anywhere_is_found_and_its_index_named(
    evidence: Ledger, index: int
) -> None:
    with tampering(evidence.own) as connection:
        head = read_heads(connection)["usage"]
        ((_, entry),) = read_entries(connection, "usage", index, index + 1)
        for changed in (entry + b" ", entry[:-1], b"", b"\xff", entry.replace(b"1", b"2", 1)):
            set_entry(connection, "usage", index, changed)
            assert places(check_log(connection, head, None)) == {("usage", index, "chunk.body")}


def test_no_changed_byte_of_a_stored_chunk_changes_an_entry_unseen(sqlite_evidence: Ledger) -> None:
    chunk = tables.chunk
    row = chunk.c.log == LOG_NUMBERS["book"], chunk.c.start == 0
    with tampering(sqlite_evidence.own) as connection:
        head = read_heads(connection)["book"]
        before = list(read_entries(connection, "book", 0, head.size))
        body = connection.scalar(select(chunk.c.body).where(*row))
        assert body is not None
        for at in range(len(body)):
            changed = body[:at] + bytes([body[at] ^ 0x55]) + body[at + 1 :]
            connection.execute(chunk.update().where(*row).values(body=changed))
            if check_log(connection, head, None) == []:
                assert list(read_entries(connection, "book", 0, head.size)) == before


def test_two_entries_that_change_places_are_found(evidence: Ledger) -> None:
    with tampering(evidence.own) as connection:
        head = read_heads(connection)["usage"]
        entries = dict(read_entries(connection, "usage", 100, 102))
        set_entry(connection, "usage", 100, entries[101])
        set_entry(connection, "usage", 101, entries[100])
        found = places(check_log(connection, head, None))
    assert found == {("usage", 100, "chunk.body"), ("usage", 101, "chunk.body")}


def test_an_entry_and_its_leaf_hash_changed_together_are_found(evidence: Ledger) -> None:
    with tampering(evidence.own) as connection:
        head = read_heads(connection)["book"]
        ((_, entry),) = read_entries(connection, "book", 3, 4)
        set_entry(connection, "book", 3, entry + b" ")
        row = tables.tile.c.log == LOG_NUMBERS["book"], tables.tile.c.start == 3
        hashes = merkle.leaf_hash(entry + b" ")
        connection.execute(tables.tile.update().where(*row).values(hashes=hashes))
        assert ("book", None, "log.root") in places(check_log(connection, head, None))


@pytest.mark.parametrize("index", [0, 100, 255, 256, 566])
def test_a_changed_leaf_hash_is_told_from_a_changed_entry(evidence: Ledger, index: int) -> None:
    tile = tables.tile.c
    with tampering(evidence.own) as connection:
        head = read_heads(connection)["usage"]
        rows = connection.execute(
            select(tile.start, tile.hashes)
            .where(tile.log == LOG_NUMBERS["usage"], tile.level == 0, tile.start <= index)
            .order_by(tile.start.desc())
        )
        start, hashes = rows.all()[0]
        at = (index - start) * 32
        changed = hashes[:at] + JUNK + hashes[at + 32 :]
        where = tile.log == LOG_NUMBERS["usage"], tile.level == 0, tile.start == start
        connection.execute(tables.tile.update().where(*where).values(hashes=changed))
        found = check_log(connection, head, None)
    assert ("usage", index, "tile.hashes") in places(found)
    assert {one.table for one in found} == {"tile"}


# --- consistent forgeries ---


@pytest.mark.parametrize("log", ["usage", "book"])
def test_a_log_rewritten_consistently_is_found_through_the_checkpoint(
    evidence: Ledger, log: LogName
) -> None:
    signed = {name: checkpoint(head) for name, head in evidence.heads().items()}
    with tampering(evidence.own) as connection:
        ((_, entry),) = read_entries(connection, log, 0, 1)
        set_entry(connection, log, 0, entry.replace(b"1", b"2", 1))
        rebuild_tree(connection, log)
        assert check_all(connection) == []
        found = check_all(connection, signed)
    assert places(found) == {(log, None, "log.root")}
    assert signed[log].root.hex() in found[0].what.zh
    assert signed[log].root.hex() in found[0].what.en


def test_a_rollback_to_an_older_state_is_found_through_the_checkpoint(ledger: Ledger) -> None:
    ledger.append(usage("1"), fact("1-f"), rejected=[b"{"])
    older = ledger.dump()
    ledger.append(usage("2"), fact("2-f"))
    signed = {name: checkpoint(head) for name, head in ledger.heads().items()}
    with tampering(ledger.own) as connection:
        restore(connection, older)
        assert dump(connection) == older
        assert findings(connection) == []
        found = check_all(connection, signed)
    assert places(found) == {("usage", None, "log.root"), ("book", None, "log.root")}


def test_every_older_checkpoint_fits_a_log_that_only_grew(evidence: Ledger) -> None:
    with evidence.read.connect() as connection:
        head = read_heads(connection)["usage"]
        leaves = [merkle.leaf_hash(e) for _, e in read_entries(connection, "usage", 0, head.size)]
        for size in (0, 1, 2, 255, 256, 257, 566, 567):
            root = merkle.root(merkle.extend(merkle.EMPTY_FRONTIER, leaves[:size])[0])
            assert check_log(connection, head, Checkpoint(head.origin, size, root)) == []
            wrong = Checkpoint(head.origin, size, JUNK)
            assert places(check_log(connection, head, wrong)) == {("usage", None, "log.root")}


# --- more than one span ---


def test_a_log_of_more_than_one_span_is_checked_to_its_end(sqlite_ledger: Ledger) -> None:
    sqlite_ledger.append(*(usage(f"{number:05}") for number in range(SPAN + 300)))
    head = sqlite_ledger.heads()["usage"]
    with tampering(sqlite_ledger.own) as connection:
        assert check_log(connection, head, None) == []
        changed = (SPAN - 1, SPAN, head.size - 2)
        for index in changed:
            ((_, entry),) = read_entries(connection, "usage", index, index + 1)
            set_entry(connection, "usage", index, entry + b" ")
        found = places(check_log(connection, head, None))
    assert found == {("usage", index, "chunk.body") for index in changed}


def test_a_bundle_in_a_chunk_is_the_worlds_bundle(evidence: Ledger) -> None:
    chunk = tables.chunk.c
    with evidence.read.connect() as connection:
        rows = connection.execute(select(chunk.log, chunk.start, chunk.count, chunk.body))
        for _, _, count, body in rows.all():
            assert len(tlog.decode_bundle(zstandard.decompress(body))) == count
