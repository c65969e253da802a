"""What stands beside the leaves says the same as the leaves, or is found and named."""

import msgspec
import pytest
from sqlalchemy import Connection, text

from ledger.codec import encode, parse
from ledger.events import BatchRecorded
from ledger.provenance import check_provenance
from ledger.read import read_entries, read_heads
from ledger.store import OWN_SOURCE
from tests.ledger.conftest import Ledger, fact, rebuild_tree, restore, set_entry, tampering, usage

Place = tuple[str | None, int | None, str]


def places(connection: Connection) -> set[Place]:
    """Return log, index and `table.column` of each finding."""
    found = check_provenance(connection, list(read_heads(connection).values()))
    return {(one.log, one.index, f"{one.table}.{one.column}") for one in found}


def test_an_untouched_ledger_gives_no_finding(evidence: Ledger) -> None:
    with evidence.read.connect() as connection:
        assert places(connection) == set()


def test_every_entry_is_told_to_the_progress(evidence: Ledger) -> None:
    told: list[int] = []
    with evidence.read.connect() as connection:
        heads = list(read_heads(connection).values())
        check_provenance(connection, heads, told.append)
    assert sum(told) == sum(head.size for head in heads)


# u-00000 stands at usage[0], f-1 at book[0]; the book's closing leaves at 2 and 3.
TAMPERINGS: list[tuple[str, Place]] = [
    ("DELETE FROM identity WHERE event_id = 'u-00000'", ("usage", 0, "identity.leaf_index")),
    ("DELETE FROM identity WHERE log = 2", ("book", 1, "identity.leaf_index")),
    ("DELETE FROM identity", ("usage", 2, "identity.leaf_index")),
    (
        "UPDATE identity SET event_id = 'x' WHERE event_id = 'u-00000'",
        ("usage", 0, "identity.event_id"),
    ),
    (
        "UPDATE identity SET source = 3 - source WHERE event_id = 'u-00000'",
        ("usage", 0, "identity.source"),
    ),
    (
        "UPDATE identity SET source = 99 WHERE event_id = 'u-00000'",
        ("usage", 0, "identity.source"),
    ),
    (
        "UPDATE identity SET leaf_index = 9999 WHERE event_id = 'u-00000'",
        ("usage", 9999, "identity.leaf_index"),
    ),
    (
        "UPDATE identity SET leaf_index = -1 WHERE event_id = 'u-00000'",
        ("usage", -1, "identity.leaf_index"),
    ),
    (
        "UPDATE identity SET leaf_index = 2 WHERE event_id = 'u-00000'",
        ("usage", 0, "identity.leaf_index"),
    ),
    ("UPDATE identity SET log = 2 WHERE event_id = 'u-00000'", ("book", 0, "identity.leaf_index")),
    ("UPDATE identity SET log = 9 WHERE event_id = 'u-00000'", (None, None, "identity.log")),
    ("INSERT INTO identity VALUES (1, 'claimed', 9, 0)", (None, None, "identity.log")),
    ("INSERT INTO identity VALUES (1, 'claimed', 1, 0)", ("usage", 0, "identity.event_id")),
    ("INSERT INTO identity VALUES (1, 'zzz', 1, 0)", ("usage", 0, "identity.leaf_index")),
    ("INSERT INTO identity VALUES (1, 'claimed', 1, 1)", ("usage", 1, "identity.leaf_index")),
    ("INSERT INTO identity VALUES (1, 'claimed', 2, 99)", ("book", 99, "identity.leaf_index")),
    ("UPDATE source SET name = 'urn:x' WHERE number = 1", ("usage", 2, "identity.source")),
    ("UPDATE source SET number = 77 WHERE number = 1", ("usage", 2, "identity.source")),
    ("DELETE FROM source WHERE number = 1", ("usage", 2, "identity.source")),
    ("INSERT INTO source VALUES (77, 'urn:x')", (None, None, "source.name")),
    ("UPDATE stream SET next = next + 1 WHERE name = 'file'", (None, None, "stream.next")),
    ("UPDATE stream SET next = next - 1 WHERE name = 'file'", (None, None, "stream.next")),
    ("UPDATE stream SET name = 'x' WHERE name = 'file'", (None, None, "stream.next")),
    ("DELETE FROM stream WHERE name = 'file'", (None, None, "stream.next")),
    ("INSERT INTO stream VALUES ('x', 1)", (None, None, "stream.next")),
    ("INSERT INTO stream VALUES ('x', 0)", (None, None, "stream.next")),
]


@pytest.mark.parametrize(("statement", "place"), TAMPERINGS)
def test_raw_sql_is_found_and_its_place_is_named(
    evidence: Ledger, statement: str, place: Place
) -> None:
    with tampering(evidence.own) as connection:
        assert places(connection) == set()
        assert connection.execute(text(statement)).rowcount > 0
        assert place in places(connection)


# --- refusals ---

# The last batch of `fill` refused a record that is no JSON and two conflicts, one in each log.
REFUSED = "code = 'not_json' AND length = 2 AND log = 1 AND batch_index = :last"
CONFLICT = "code = 'conflict' AND log = 2"


@pytest.mark.parametrize(
    "change",
    [
        "stream = 'x'",
        "position = position + 100",
        "code = 'other'",
        "message_zh = 'x'",
        "message_en = 'x'",
        "body = sha256",
        "length = length + 1",
        "sha256 = body",
        "conflict_log = 1",
        "conflict_index = 0",
        "recorded_at_ms = recorded_at_ms - 1",
    ],
)
def test_a_changed_column_of_a_refusal_is_found(evidence: Ledger, change: str) -> None:
    last = evidence.heads()["usage"].size - 1
    with tampering(evidence.own) as connection:
        changed = connection.execute(
            text(f"UPDATE rejection SET {change} WHERE {REFUSED}"), {"last": last}
        )
        assert changed.rowcount == 1
        assert places(connection) == {("usage", last, "rejection.sha256")}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ("conflict_log = 1", ("book", 3, "rejection.sha256")),
        ("conflict_index = conflict_index + 1", ("book", 3, "rejection.sha256")),
        ("conflict_log = NULL, conflict_index = NULL", ("book", 3, "rejection.sha256")),
        ("log = 1", ("book", 3, "rejection.position")),
        ("log = 1", ("usage", 3, "rejection.sha256")),
        ("log = 9", (None, None, "rejection.log")),
        ("log = 9", ("book", 3, "rejection.position")),
        ("batch_index = 2", ("book", 2, "rejection.sha256")),
        ("batch_index = 99", ("book", 99, "rejection.sha256")),
    ],
)
def test_a_refusal_that_moves_is_found(evidence: Ledger, change: str, place: Place) -> None:
    with tampering(evidence.own) as connection:
        changed = connection.execute(text(f"UPDATE rejection SET {change} WHERE {CONFLICT}"))
        assert changed.rowcount == 1
        assert place in places(connection)


def test_a_refusal_removed_or_added_is_found(evidence: Ledger) -> None:
    with tampering(evidence.own) as connection:
        connection.execute(text("DELETE FROM rejection WHERE code = 'conflict'"))
        assert ("book", 3, "rejection.position") in places(connection)
    with tampering(evidence.own) as connection:
        connection.execute(
            text(
                "INSERT INTO rejection SELECT 0, 'x', 1, code, message_zh, message_en, body,"
                " length, sha256, NULL, NULL, 2, 2, 0 FROM rejection WHERE code = 'conflict'"
                " AND log = 2"
            )
        )
        assert places(connection) == {("book", 2, "rejection.sha256")}


# --- leaves that the tree itself would accept ---


def test_entries_that_are_no_events_are_found_and_do_not_stop_the_check(
    sqlite_evidence: Ledger,
) -> None:
    with tampering(sqlite_evidence.own) as connection:
        for entry in (b"", b"{", b"\xff", b'{"source":"\xff","id":"1"}', b"[" * 30_000):
            set_entry(connection, "book", 1, entry)
            assert ("book", 1, "chunk.body") in places(connection)


def test_every_flipped_byte_of_a_name_or_a_closing_leaf_is_found(sqlite_evidence: Ledger) -> None:
    with tampering(sqlite_evidence.own) as connection:
        entries = dict(read_entries(connection, "book", 0, 4))
        named = entries[0].index(b'"id":"f-1"') + 6
        assert parse(entries[0]).id == "f-1"
        for index, spots in ((0, range(named, named + 3)), (2, range(0, len(entries[2]), 3))):
            for at in spots:
                entry = entries[index]
                flipped = entry[:at] + bytes([entry[at] ^ 1]) + entry[at + 1 :]
                set_entry(connection, "book", index, flipped)
                found = places(connection)
                # A time or a first position that still reads is left to the tree.
                assert found or isinstance(parse(flipped).data, BatchRecorded)
            set_entry(connection, "book", index, entries[index])
        assert places(connection) == set()


@pytest.mark.parametrize(
    "changes",
    [
        {"recorded": 1},
        {"seen": 3},
        {"rejected": 1},
        {"duplicate": 1},
        {"recorded": 1, "duplicate": 1},
        {"recorded": 3, "seen": 3},
    ],
)
def test_a_closing_leaf_that_counts_wrong_is_found(
    evidence: Ledger, changes: dict[str, int]
) -> None:
    with tampering(evidence.own) as connection:
        leaf = parse(dict(read_entries(connection, "book", 2, 3))[2])
        assert isinstance(leaf.data, BatchRecorded)
        assert (leaf.data.seen, leaf.data.recorded) == (2, 2)
        data = msgspec.structs.replace(leaf.data, **changes)
        set_entry(connection, "book", 2, encode(OWN_SOURCE, leaf.id, "", data).raw)
        rebuild_tree(connection, "book")
        assert places(connection) == {("book", 2, "chunk.body")}


def test_a_batch_without_its_closing_leaf_is_found(evidence: Ledger) -> None:
    with tampering(evidence.own) as connection:
        set_entry(connection, "book", 3, fact("forged").raw)
        assert ("book", 3, "chunk.body") in places(connection)
        assert ("book", 3, "identity.leaf_index") in places(connection)


def test_an_entry_in_the_ledgers_name_that_closes_no_batch_is_found(evidence: Ledger) -> None:
    with tampering(evidence.own) as connection:
        set_entry(connection, "book", 3, fact("book/3", source=OWN_SOURCE).raw)
        assert ("book", 3, "chunk.body") in places(connection)


def test_what_the_tree_names_is_left_to_it(evidence: Ledger) -> None:
    with tampering(evidence.own) as connection:
        connection.execute(text("UPDATE chunk SET body = frontier FROM log WHERE log.number = 1"))
        found = places(connection)
    assert found
    assert {place for _, _, place in found} <= {
        "identity.leaf_index",
        "stream.next",
        "rejection.sha256",
        "chunk.body",
    }


def test_a_removed_last_batch_is_found_beside_the_head(ledger: Ledger) -> None:
    ledger.append(usage("1"))
    older = ledger.dump()
    ledger.append(usage("2"), rejected=[b"{"])
    newer = ledger.dump()
    for kept in ("identity", "rejection", "stream"):
        with tampering(ledger.own) as connection:
            restore(connection, older | {kept: newer[kept]})
            assert {place.split(".")[0] for _, _, place in places(connection)} == {kept}
