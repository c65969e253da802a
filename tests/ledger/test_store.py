"""The only writer: one transaction a batch, whole or not at all, and never two ways at once."""

import hashlib
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress

import msgspec
import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import select, text

from ledger import merkle, tables
from ledger.codec import Event, encode
from ledger.errors import RuleViolationError, TamperedLogError
from ledger.events import BatchRecorded, LogName
from ledger.facts import Facts
from ledger.projection import PROJECTIONS, Projection, Rows
from ledger.read import read_chunks, read_entries, read_events
from ledger.rejection import REJECTION_BODY_BYTES_MAX, Rejection
from ledger.replay import fold
from ledger.store import OWN_SOURCE, OWN_STREAM, Batch, Outcome, Store
from ledger.tables import LOG_NUMBERS
from ledger.text import Text
from tests.ledger.conftest import (
    CODE,
    HOUR_MS,
    NOW_MS,
    Ledger,
    batch,
    fact,
    rejection,
    tampering,
    usage,
)


def events_of(ledger: Ledger, log: LogName) -> list[Event]:
    """Return every event of a log."""
    with ledger.read.connect() as connection:
        size = ledger.heads()[log].size
        return [event for _, event in read_events(connection, log, 0, size)]


def closing_leaves(ledger: Ledger, log: LogName = "usage") -> list[BatchRecorded]:
    """Return what each closing leaf of a log says."""
    return [e.data for e in events_of(ledger, log) if isinstance(e.data, BatchRecorded)]


# --- the tree ---


def check_tree(ledger: Ledger, log: LogName) -> None:
    """Check head, tiles and chunks against the leaves taken one by one."""
    head = ledger.heads()[log]
    frontier = merkle.EMPTY_FRONTIER
    tiles: dict[int, bytes] = {}
    with ledger.read.connect() as connection:
        for _, entry in read_entries(connection, log, 0, head.size):
            frontier, segments = merkle.extend(frontier, [merkle.leaf_hash(entry)])
            for level, start, hashes in segments:
                tiles[level] = tiles.get(level, b"") + hashes
                assert len(tiles[level]) == 32 * (start + 1)
        chunks = list(read_chunks(connection, log, 0, head.size))
        table = tables.tile.c
        rows = connection.execute(
            select(table.level, table.start, table.hashes)
            .where(table.log == LOG_NUMBERS[log])
            .order_by(table.level, table.start)
        ).all()
    assert (frontier.size, merkle.root(frontier)) == (head.size, head.root)
    stored: dict[int, bytes] = {}
    for level, start, hashes in rows:
        assert start * 32 == len(stored.get(level, b""))
        assert start // 256 == (start + len(hashes) // 32 - 1) // 256, "over a tile's edge"
        stored[level] = stored.get(level, b"") + hashes
    assert stored == tiles
    assert [chunk.start for chunk in chunks] == [0, *(c.start + c.count for c in chunks[:-1])]
    assert all(c.start // 256 == (c.start + c.count - 1) // 256 for c in chunks)


def test_batches_of_any_size_give_the_tree_of_their_leaves_one_by_one(ledger: Ledger) -> None:
    chance = random.Random(3)  # noqa: S311 - a test's own, seeded
    sent: list[Event] = []
    for size in (1, 2, 3, 255, 256, 257, 600, *(chance.randrange(1, 90) for _ in range(6))):
        made = [
            usage(
                f"{len(sent) + at}",
                source=chance.choice(("urn:a", "urn:b")),
                span_ms=(at * HOUR_MS, (at + chance.randrange(1, 50)) * HOUR_MS),
            )
            for at in range(size)
        ]
        books = [fact(f"f{len(sent)}-{at}") for at in range(chance.randrange(3))]
        sent += made
        mixed = made + books
        chance.shuffle(mixed)
        ledger.append(*mixed)
    for log in ("usage", "book"):
        check_tree(ledger, log)
    kept = [e for e in events_of(ledger, "usage") if e.source != OWN_SOURCE]
    assert sorted(e.id for e in kept) == sorted(e.id for e in sent)
    assert ledger.findings() == []


def test_projections_do_not_depend_on_how_batches_are_cut(ledger: Ledger) -> None:
    chance = random.Random(5)  # noqa: S311 - a test's own, seeded
    events = [
        usage(str(at), source=f"urn:{at % 3}", span_ms=(at * HOUR_MS, at * HOUR_MS + 40 * HOUR_MS))
        for at in range(60)
    ]
    chance.shuffle(events)
    at = 0
    while at < len(events):
        size = chance.randrange(1, 9)
        ledger.append(*events[at : at + size])
        at += size
    folded = fold(PROJECTIONS, events)
    stored = ledger.dump()
    for projection in PROJECTIONS:
        rows = [(*key, *values) for key, values in folded[projection.name].items()]
        assert stored[projection.name] == sorted(rows, key=repr)


def test_an_entry_is_the_very_bytes_that_came(ledger: Ledger) -> None:
    raw = b' {"b":[1.0,2e3],' + usage("1").raw[1:] + b"\n"
    ledger.append(msgspec.structs.replace(usage("1"), raw=raw))
    assert events_of(ledger, "usage")[0].raw == raw


# --- counts and closing leaves ---


def test_seen_is_recorded_and_duplicate_and_rejected(ledger: Ledger) -> None:
    ledger.append(usage("1"), fact("1-f"))
    again = [usage("1"), usage("2"), fact("1-f"), fact("2-f"), fact("1", 5), usage("1", amount="1")]
    outcome = ledger.append(*again, rejected=[b"{", b"["])
    assert outcome == Outcome(2, 2, 4, 10, "book", 4)
    last = closing_leaves(ledger)[-1]
    assert (last.seen, last.recorded, last.duplicate, last.rejected) == (5, 1, 1, 3)
    last = closing_leaves(ledger, "book")[-1]
    assert (last.seen, last.recorded, last.duplicate, last.rejected) == (3, 1, 1, 1)
    for log in ledger.heads():
        for leaf in closing_leaves(ledger, log):
            assert leaf.seen == leaf.recorded + leaf.duplicate + leaf.rejected
    assert ledger.findings() == []


def test_a_closing_leaf_says_what_was_seen_of_which_stream_and_when(ledger: Ledger) -> None:
    ledger.append(usage("0"), stream="metering/0")
    ledger.append(usage("1"), usage("2"), stream="metering/0")
    first, second = closing_leaves(ledger)
    assert (first.stream, first.first, first.next) == ("metering/0", 0, 1)
    assert (second.stream, second.first, second.next) == ("metering/0", 1, 3)
    assert second.recorded_at == "2022-07-31T16:00:00Z"
    ids = [e.id for e in events_of(ledger, "usage")]
    assert ids == ["0", "usage/1", "1", "2", "usage/4"]


def test_a_batch_closes_only_the_logs_that_it_touches(ledger: Ledger) -> None:
    ledger.append(fact("1"))
    assert [ledger.heads()[log].size for log in ("usage", "book")] == [0, 2]
    ledger.append(fact("2"), rejected=[b"{"])
    assert [ledger.heads()[log].size for log in ("usage", "book")] == [1, 4]
    ledger.store.append(Batch("file", 3, 3, 9, []), NOW_MS)
    assert [ledger.heads()[log].size for log in ("usage", "book")] == [2, 4]
    assert closing_leaves(ledger)[-1].next == 9
    assert ledger.findings() == []


def test_the_digest_of_the_refused_is_in_the_closing_leaf(ledger: Ledger) -> None:
    ledger.append(usage("1"), rejected=[b"{\xff", b""])
    rows = [
        [
            "file",
            1,
            "not_json",
            "不是合法的 JSON",
            "not valid JSON",
            "7bff",
            2,
            hashlib.sha256(b"{\xff").hexdigest(),
            None,
            None,
            1,
            1,
            NOW_MS,
        ],
        [
            "file",
            2,
            "not_json",
            "不是合法的 JSON",
            "not valid JSON",
            "",
            0,
            hashlib.sha256(b"").hexdigest(),
            None,
            None,
            1,
            1,
            NOW_MS,
        ],
    ]
    lines = b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
    (leaf,) = closing_leaves(ledger)
    assert leaf.rejections_sha256 == hashlib.sha256(lines).hexdigest()


def test_a_long_record_is_refused_with_its_first_bytes_and_its_whole_digest(ledger: Ledger) -> None:
    raw = b"x" * (REJECTION_BODY_BYTES_MAX + 1)
    ledger.append(rejected=[raw])
    (row,) = ledger.dump()["rejection"]
    assert row[6:9] == (raw[:-1], len(raw), hashlib.sha256(raw).digest())
    assert ledger.findings() == []


# --- reading a stream again ---


@pytest.mark.parametrize("first", [0, 1, 3])
def test_a_batch_read_again_changes_nothing_at_all(ledger: Ledger, first: int) -> None:
    events = [usage("0"), fact("1"), usage("0", amount="1"), usage("3"), fact("1", 9)]
    refused = [rejection(5), rejection(6, b"\x00")]
    ledger.store.append(batch(events, rejections=refused), NOW_MS)
    before = ledger.dump()
    again = batch(events[first:], expected=7, first=first, rejections=refused)
    outcome = ledger.store.append(again, NOW_MS + 1)
    assert outcome.recorded == 0
    assert outcome.duplicate + outcome.rejected == 7 - first
    assert outcome.next == 7
    assert ledger.dump() == before


def test_what_is_new_in_a_batch_read_again_is_recorded(ledger: Ledger) -> None:
    ledger.store.append(batch([usage("0")], rejections=[rejection(1)]), NOW_MS)
    again = batch([usage("0"), usage("1")], expected=2, first=0)
    assert ledger.store.append(again, NOW_MS) == Outcome(1, 1, 0, 2, "usage", 4)
    assert ledger.dump()["stream"] == [("file", 2)]
    refused_late = batch([], expected=2, first=0, rejections=[rejection(0), rejection(1)])
    ledger.store.append(refused_late, NOW_MS)
    assert [row[1:3] for row in ledger.dump()["rejection"]] == [("file", 1), ("file", 0)]
    assert ledger.findings() == []


def test_a_batch_that_overlaps_what_was_read_goes_on_from_there(ledger: Ledger) -> None:
    ledger.store.append(batch([usage("0"), usage("1")], rejections=[rejection(2)]), NOW_MS)
    overlap = Batch("file", 3, 1, 4, [(1, usage("1")), (3, usage("3"))], [rejection(2)])
    assert ledger.store.append(overlap, NOW_MS) == Outcome(1, 1, 1, 4, "usage", 5)
    assert ledger.dump()["stream"] == [("file", 4)]
    assert len(ledger.dump()["rejection"]) == 1
    assert ledger.findings() == []


def test_positions_may_jump_where_a_stream_has_gaps(ledger: Ledger) -> None:
    jump = Batch("t/0", 0, 100, 130, [(100, usage("1")), (117, usage("2"))])
    assert ledger.store.append(jump, NOW_MS).next == 130
    assert ledger.store.position("t/0") == 130
    assert ledger.store.position("t/1") == 0


# --- commands ---


def test_commands_stand_on_a_stream_of_their_own(ledger: Ledger) -> None:
    assert ledger.store.append_own([fact("1"), fact("2")], NOW_MS) == Outcome(2, 0, 0, 2, "book", 3)
    assert ledger.store.append_own([fact("2"), fact("3")], NOW_MS) == Outcome(1, 1, 0, 4, "book", 5)
    assert ledger.store.position(OWN_STREAM) == 4
    assert ledger.findings() == []


def test_nobody_else_writes_in_the_ledgers_name(ledger: Ledger) -> None:
    leaf = BatchRecorded(
        stream="x",
        first=0,
        next=9,
        seen=0,
        recorded=0,
        duplicate=0,
        rejected=0,
        rejections_sha256="0" * 64,
        recorded_at="2022-07-01T00:00:00Z",
    )
    before = ledger.dump()
    for forged in (usage("1", source=OWN_SOURCE), encode("urn:agent", "1", "", leaf)):
        with pytest.raises(AssertionError):
            ledger.append(usage("0"), forged)
    assert ledger.dump() == before


# --- all or nothing ---


class CrashError(Exception):
    """A fault of the test's own making."""


def crash(_facts: Facts) -> Rows:
    raise CrashError


BATCH = batch(
    [usage("new"), fact("new-f"), usage("old"), usage("old", amount="1")],
    expected=2,
    rejections=[rejection(6)],
)


def test_a_crash_in_a_projection_leaves_nothing(ledger: Ledger) -> None:
    ledger.append(usage("old"), fact("old-f"))
    before = ledger.dump()
    crashing = Projection(tables.source_span, ("min", "max"), crash)
    for projections in ([crashing], [*PROJECTIONS, crashing]):
        with pytest.raises(CrashError):
            Store(ledger.write, projections).append(BATCH, NOW_MS)
        assert ledger.dump() == before
    assert ledger.store.append(BATCH, NOW_MS) == Outcome(2, 1, 2, 7, "book", 4)
    assert ledger.findings() == []


def test_a_crash_before_any_statement_leaves_nothing(ledger: Ledger) -> None:
    ledger.append(usage("old"), fact("old-f"))
    before = ledger.dump()
    left = 0

    def count_down(*_: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise CrashError

    sqlalchemy_event.listen(ledger.write, "before_cursor_execute", count_down)
    crashes = 0
    while True:
        left = crashes
        try:
            ledger.store.append(BATCH, NOW_MS)
        except CrashError:
            crashes += 1
            assert ledger.dump() == before
        else:
            break
    sqlalchemy_event.remove(ledger.write, "before_cursor_execute", count_down)
    assert crashes > 15
    assert ledger.dump() != before
    assert ledger.findings() == []


# --- two writers ---


def test_a_stale_writer_changes_nothing(ledger: Ledger) -> None:
    ledger.append(usage("0"), usage("1"))
    before = ledger.dump()
    for expected in (0, 1, 3, 100):
        stale = batch([usage("2"), fact("3")], expected=expected, rejections=[rejection(200)])
        with pytest.raises(RuleViolationError, match="stands at 2") as caught:
            ledger.store.append(stale, NOW_MS)
        assert caught.value.code == "stream_moved"
        assert ledger.dump() == before


def test_a_stale_reader_of_old_records_changes_nothing(ledger: Ledger) -> None:
    ledger.append(usage("0"), usage("1"))
    before = ledger.dump()
    with pytest.raises(RuleViolationError, match="stream_moved"):
        ledger.store.append(Batch("file", 9, 0, 2, [(0, usage("x"))]), NOW_MS)
    assert ledger.dump() == before


def test_a_stream_seen_first_by_two_writers_is_moved_by_one(ledger: Ledger) -> None:
    with closing(Ledger(ledger.url)) as other, ThreadPoolExecutor(2) as pool:
        tries = [
            pool.submit(one.store.append, batch([usage(f"{at}-{n}") for n in range(50)]), NOW_MS)
            for at, one in enumerate((ledger, other))
        ]
        errors = [one.exception() for one in tries]
    failed = [error for error in errors if error is not None]
    assert [type(error) for error in failed] == [RuleViolationError]
    assert ledger.dump()["stream"] == [("file", 50)]
    assert ledger.findings() == []


def persist(ledger: Ledger, stream: str, events: Sequence[Event]) -> Outcome:
    """Append at the stream's next position, again whenever another writer was faster."""
    while True:
        with suppress(RuleViolationError):
            return ledger.append(*events, stream=stream)


def write_batches(number: int, ledger: Ledger) -> list[Outcome]:
    """Append batches that share a stream and some events with the other writer."""
    return [
        persist(
            ledger,
            ("shared", f"own-{number}")[turn % 2],
            [usage(f"both-{turn}"), usage(f"{number}-{turn}"), fact(f"{number}-{turn}-f")],
        )
        for turn in range(16)
    ]


def test_two_writers_at_once_leave_one_correct_ledger(ledger: Ledger) -> None:
    with closing(Ledger(ledger.url)) as other, ThreadPoolExecutor(2) as pool:
        first, second = pool.map(write_batches, (0, 1), (ledger, other))
        outcomes = first + second
    assert sum(outcome.recorded for outcome in outcomes) == 16 + 2 * 16 + 2 * 16
    assert sum(outcome.duplicate for outcome in outcomes) == 16
    assert ledger.dump()["stream"] == [("own-0", 24), ("own-1", 24), ("shared", 48)]
    for log in ("usage", "book"):
        check_tree(ledger, log)
    ids = [e.id for log in ledger.heads() for e in events_of(ledger, log) if e.source != OWN_SOURCE]
    assert len(ids) == len(set(ids)) == 80
    assert ledger.findings() == []


# --- a head that lies ---


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        (
            "UPDATE log SET root = (SELECT root FROM log WHERE number = 2) WHERE number = 1",
            "bad_head",
        ),
        ("UPDATE log SET frontier = root WHERE number = 1", "frontier_length"),
        ("UPDATE log SET size = size + 2 WHERE number = 1", "frontier_length"),
    ],
)
def test_a_head_that_disagrees_with_itself_is_not_written_on(
    ledger: Ledger, lie: str, code: str
) -> None:
    ledger.append(*(usage(str(number)) for number in range(4)))
    with tampering(ledger.own) as connection:
        connection.execute(text(lie))
        connection.commit()
    before = ledger.dump()
    with pytest.raises(TamperedLogError) as caught:
        ledger.append(usage("new"))
    assert caught.value.code == code
    assert ledger.dump() == before


def test_a_rolled_back_head_is_not_written_over(ledger: Ledger) -> None:
    ledger.append(usage("0"))
    old = {row[0]: row for row in ledger.dump()["log"]}[1]
    ledger.append(usage("1"), usage("2"))
    with tampering(ledger.own) as connection:
        connection.execute(
            text("UPDATE log SET size = :s, root = :r, frontier = :f WHERE number = 1"),
            {"s": old[3], "r": old[4], "f": old[5]},
        )
        connection.commit()
    before = ledger.dump()
    with pytest.raises(TamperedLogError) as caught:
        ledger.append(usage("new"))
    assert caught.value.code == "beyond_head"
    assert ledger.dump() == before


def test_a_rejection_quotes_both_languages(ledger: Ledger) -> None:
    message = Text("第一行", "line one")
    refused = Rejection.of(0, "not_json", message, b"x")
    ledger.store.append(Batch("f", 0, 0, 1, [], [refused]), NOW_MS)
    (row,) = ledger.dump()["rejection"]
    assert row[3:6] == ("not_json", "第一行", "line one")


def test_an_outcome_counts_what_the_ledger_holds(evidence: Ledger) -> None:
    stored = evidence.dump()
    leaves = [leaf for log in evidence.heads() for leaf in closing_leaves(evidence, log)]
    assert sum(leaf.recorded for leaf in leaves) == len(stored["identity"])
    assert sum(leaf.rejected for leaf in leaves) == len(stored["rejection"])
    assert {e.subject for e in events_of(evidence, "book")} == {CODE, ""}
