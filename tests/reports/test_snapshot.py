"""Snapshots: what a statement sees, from the projections or from the logs' bytes at any size."""

from collections.abc import Iterator
from contextlib import closing
from itertools import permutations

import pytest
from sqlalchemy import text

from ledger import merkle
from ledger.database import open_engine
from ledger.errors import TamperedLogError
from ledger.head import Head
from ledger.read import read_entries
from reports.reading import read_snapshot, replay_snapshots
from reports.snapshot import Sizes, Snapshot, growing
from tests.small_ledger import CODE, PROVIDER, SmallLedger, book_of, events, usage_of

BOOK = """
    enterprise 420100 华智科技
    contract   C-1 2022-01-01 2022-12-31 0.06 a100=12.50/card_hour
"""
JULY = """
    usage a100 8 2022-07-30T22:00 2022-07-31T02:00
    usage a100 1 2022-07-31T23:00 2022-08-01T01:00 C-1
"""
LATE = "usage a100 2 2022-07-31T03:00 2022-07-31T04:00\n"
HOUR = 3_600 * 1_000_000


@pytest.fixture
def ledger(database_url: str) -> Iterator[SmallLedger]:
    """Yield an empty ledger on each kind of database."""
    with closing(SmallLedger(database_url)) as made:
        yield made


def read(ledger: SmallLedger) -> Snapshot:
    """Return the ledger as it stands."""
    with ledger.reading() as connection:
        return read_snapshot(connection)


# --- the value ---


def test_the_usage_of_a_month_is_that_of_its_days() -> None:
    snapshot = Snapshot(book_of([]), usage_of(events(JULY)), ())
    assert snapshot.usage_in(CODE, "2022-07") == [
        ((CODE, "", "a100", "2022-07-30"), 16 * HOUR),
        ((CODE, "", "a100", "2022-07-31"), 16 * HOUR),
        ((CODE, "C-1", "a100", "2022-07-31"), HOUR),
    ]
    assert snapshot.usage_in(CODE, "2022-08") == [((CODE, "C-1", "a100", "2022-08-01"), HOUR)]
    assert snapshot.usage_in(CODE, "2022-06") == []
    assert snapshot.usage_in(PROVIDER, "2022-07") == []


def test_the_sizes_are_those_of_the_heads() -> None:
    heads = (Head("usage", "u", 3, b""), Head("book", "b", 7, b""))
    assert Snapshot(book_of([]), {}, heads).sizes == {"usage": 3, "book": 7}


def test_growing_sizes_are_distinct_and_each_log_only_grows() -> None:
    grown: list[Sizes] = [
        {"usage": 0, "book": 2},
        {"usage": 5, "book": 2},
        {"usage": 5, "book": 10},
        {"usage": 12, "book": 10},
    ]
    for order in permutations(grown):
        assert list(growing([*order, order[0]])) == grown
    assert list(growing([])) == []


# --- read from a database ---


def test_a_snapshot_has_the_book_and_the_usage_of_the_ledger(ledger: SmallLedger) -> None:
    log = events(BOOK + JULY)
    ledger.append(*log)
    snapshot = read(ledger)
    assert snapshot.book.account(CODE) == book_of(log).account(CODE)
    assert snapshot.usage == usage_of(log)
    assert snapshot.sizes == {"usage": 3, "book": 3}, "two events each, and the batch's own leaf"


def test_replaying_to_the_present_gives_the_snapshot_that_stands(ledger: SmallLedger) -> None:
    other = events(JULY, PROVIDER)
    ledger.append(*events(BOOK + JULY), *other)
    ledger.append(*events(LATE))
    stands = read(ledger)
    with ledger.reading() as connection:
        (replayed,) = replay_snapshots(connection, [stands.sizes])
        assert replayed.book.accounts == stands.book.accounts
        assert replayed.usage == stands.usage
        assert list(replayed.usage) == list(stands.usage) == sorted(stands.usage)
        assert replayed.heads == stands.heads


def states(ledger: SmallLedger) -> list[Snapshot]:
    """Return the snapshots after each of four batches."""
    found = []
    for lines in (BOOK, JULY, LATE, "enterprise 420100 新名称"):
        ledger.append(*events(lines))
        found.append(read(ledger))
    return found


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (1, 3), (3, 1), (2, 0, 2)])
def test_replaying_to_earlier_sizes_gives_what_stood_then(
    ledger: SmallLedger, order: tuple[int, ...]
) -> None:
    stood = states(ledger)
    wanted = [stood[n].sizes for n in order]
    with ledger.reading() as connection:
        for n, replayed in zip(order, replay_snapshots(connection, wanted), strict=True):
            assert replayed.usage == stood[n].usage
            assert replayed.heads == stood[n].heads
            assert replayed.book.account(CODE).name == ("新名称" if n == 3 else "华智科技")


def test_the_heads_of_earlier_sizes_are_the_roots_over_their_entries(ledger: SmallLedger) -> None:
    span = "2022-07-01T00:00 2022-07-02T00:00"
    for numbers in (range(1, 5), range(5, 7), range(7, 300)):
        ledger.append(*events("\n".join(f"usage a100 {n} {span}" for n in numbers)))
    last = read(ledger).sizes
    wanted: list[Sizes] = [{"usage": n, "book": 0} for n in (0, 1, 2, 7, 255, 256, 257)]
    with ledger.reading() as connection:
        leaves = [
            merkle.leaf_hash(raw) for _, raw in read_entries(connection, "usage", 0, last["usage"])
        ]
        for snapshot in replay_snapshots(connection, [*wanted, last]):
            usage, book = snapshot.heads
            frontier, _ = merkle.extend(merkle.decode_frontier(0, b""), leaves[: usage.size])
            assert usage.root == merkle.root(frontier)
            assert book.root == merkle.EMPTY_ROOT


@pytest.mark.parametrize(
    "sizes",
    [{"usage": 3, "book": 4}, {"usage": 4, "book": 3}, {"book": 3}, {"usage": -1, "book": 3}],
)
def test_a_size_that_a_log_does_not_have_is_evidence_of_a_rollback(
    ledger: SmallLedger, sizes: Sizes
) -> None:
    ledger.append(*events(BOOK + JULY))
    with ledger.reading() as connection, pytest.raises(TamperedLogError) as caught:
        list(replay_snapshots(connection, [sizes]))
    assert caught.value.code == "rolled_back"


def test_a_changed_projection_does_not_touch_what_is_replayed(ledger: SmallLedger) -> None:
    ledger.append(*events(BOOK + JULY))
    stood = read(ledger)
    own = open_engine(str(ledger.write.url.render_as_string(hide_password=False)), "own")
    with own.begin() as connection:
        connection.execute(text("UPDATE usage_day SET quantity = quantity + 1"))
    own.dispose()
    assert read(ledger).usage != stood.usage, "the projection was changed"
    with ledger.reading() as connection:
        (replayed,) = replay_snapshots(connection, [stood.sizes])
        assert replayed.usage == stood.usage
