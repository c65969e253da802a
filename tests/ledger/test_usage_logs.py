"""Several usage logs: one ledger all the same, whoever writes to which."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from ledger import tables
from ledger.codec import Event
from ledger.database import REVISION
from ledger.errors import InvalidInputError, RuleViolationError
from ledger.projection import PROJECTIONS, USAGE_BLOCK
from ledger.read import read_events
from ledger.schema import upgrade
from ledger.store import OWN_SOURCE, Batch, Outcome, Store
from tests.ledger.conftest import NOW_MS, ORIGIN, Ledger, fact, rejection, usage

LATER = (
    *("source_day", "sequence_block", "settlement", "personal_datum", *tables.BOOKS),
    *("trail", "claim_state", "usage_block", *tables.OPERATIONS),
)
"""Tables that the first migration did not make."""


@pytest.fixture
def wide(database_url: str) -> Iterator[Ledger]:
    """Yield an empty ledger with three usage logs, on each kind of database in turn."""
    with closing(Ledger.migrated(database_url)) as made:
        upgrade(made.own, ORIGIN, usage_logs=3)
        yield made


def append(
    store: Store, log: str, stream: str, *events: Event, refused: tuple[bytes, ...] = ()
) -> Outcome:
    at = store.position(stream)
    end = at + len(events)
    bad = [rejection(end + number, raw) for number, raw in enumerate(refused)]
    batch = Batch(stream, at, at, end + len(bad), list(enumerate(events, at)), bad, log)
    return store.append(batch, NOW_MS)


def ids(ledger: Ledger, log: str) -> list[str]:
    with ledger.read.connect() as connection:
        found = read_events(connection, log, 0, ledger.heads()[log].size)
        return [event.id for _, event in found if event.source != OWN_SOURCE]


def test_logs_are_added_and_never_taken_away(database_url: str) -> None:
    with closing(Ledger.migrated(database_url)) as made:
        made.append(usage("1"))
        assert list(made.heads()) == ["usage", "book", "access"]
        upgrade(made.own, "other.example", usage_logs=3)
        assert list(made.heads()) == ["usage", "book", "access", "usage-1", "usage-2"]
        assert made.heads()["usage-2"].origin == f"{ORIGIN}/usage-2"
        upgrade(made.own, ORIGIN)
        assert made.store.usage_logs() == ["usage", "usage-1", "usage-2"]
        assert ids(made, "usage") == ["1"]
        assert made.findings() == []


@pytest.mark.parametrize("count", [0, 65, -1])
def test_a_number_of_logs_that_cannot_be_is_refused(count: int, tmp_path: Path) -> None:
    with closing(Ledger.migrated(f"sqlite:///{tmp_path / 'ledger.db'}")) as made:
        with pytest.raises(InvalidInputError, match="bad_usage_logs"):
            upgrade(made.own, ORIGIN, usage_logs=count)
        assert list(made.heads()) == ["usage", "book", "access"]


def test_each_log_takes_its_own_batches(wide: Ledger) -> None:
    append(wide.store, "usage", "t/0", usage("a"))
    append(wide.store, "usage-1", "t/1", usage("b"), fact("f"), refused=(b"{",))
    assert append(wide.store, "usage-2", "t/2", usage("c")) == Outcome(1, 0, 0, 1, "usage-2", 2)
    assert [ids(wide, log) for log in wide.heads()] == [["a"], ["f"], [], ["b"], ["c"]]
    assert [head.size for head in wide.heads().values()] == [2, 2, 0, 2, 2]
    assert wide.findings() == []


def test_a_name_is_taken_over_all_logs(wide: Ledger) -> None:
    append(wide.store, "usage-1", "t/1", usage("a"), usage("b"))
    outcome = append(wide.store, "usage-2", "t/2", usage("a"), usage("b", amount="1"))
    assert (outcome.recorded, outcome.duplicate, outcome.rejected) == (0, 1, 1)
    (row,) = wide.dump()["rejection"]
    assert "usage-1[1]" in str(row)
    assert wide.findings() == []


def test_projections_are_those_of_one_log(wide: Ledger, tmp_path: Path) -> None:
    events = [usage(f"{at}", source=f"urn:{at % 2}", sequence=str(at)) for at in range(30)]
    for at, event in enumerate(events):
        append(wide.store, wide.store.usage_logs()[at % 3], f"t/{at % 3}", event)
    with closing(Ledger.migrated(f"sqlite:///{tmp_path / 'one.db'}")) as single:
        single.append(*events)
        for projection in PROJECTIONS:
            # Which log has an entry is all that this one says.
            if projection is not USAGE_BLOCK:
                assert wide.dump()[projection.name] == single.dump()[projection.name]
    assert wide.findings() == []


def test_writers_with_logs_of_their_own_never_fence_each_other(wide: Ledger) -> None:
    failures: list[Exception] = []

    def write(number: int) -> None:
        log = ("usage", "usage-1", "usage-2")[number]
        store = Store(wide.write, PROJECTIONS)
        try:
            for at in range(8):
                # The same new sources for all, and a name that all of them claim.
                events = [usage(f"{number}-{at}-{one}", source=f"urn:{at}") for one in range(20)]
                append(store, log, f"t/{number}", usage(f"shared-{at}"), *events)
        except Exception as error:  # noqa: BLE001 - shown by the test, whatever it is
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    found = [one for log in wide.store.usage_logs() for one in ids(wide, log)]
    assert len(found) == len(set(found)) == 3 * 8 * 20 + 8
    assert wide.findings() == []


def test_a_stream_stays_one_whatever_log_it_writes_to(wide: Ledger) -> None:
    append(wide.store, "usage", "t/0", usage("a"))
    late = Batch("t/0", 0, 0, 1, [(0, usage("a"))], usage_log="usage-1")
    with pytest.raises(RuleViolationError, match="stream_moved"):
        wide.store.append(late, NOW_MS)
    assert wide.heads()["usage-1"].size == 0


def test_a_new_projection_is_filled_from_the_log(evidence: Ledger, database_url: str) -> None:
    with closing(Ledger.migrated(database_url)) as made:
        with made.own.begin() as connection:
            for table in LATER:
                tables.metadata.tables[table].drop(connection)
            if not made.is_sqlite:
                connection.exec_driver_sql("DROP FUNCTION refuse_keeping()")
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
        with evidence.read.connect() as connection:
            events = [e for _, e in read_events(connection, "usage", 0, 200)]
        sent = [event for event in events if event.source != OWN_SOURCE]
        Store(made.write, PROJECTIONS[:2]).append(
            Batch("f", 0, 0, len(sent), list(enumerate(sent))), NOW_MS
        )
        assert upgrade(made.own, ORIGIN) == REVISION
        with made.own.connect() as connection:
            assert connection.execute(select(tables.sequence_block)).all() != []
        assert made.findings() == []
