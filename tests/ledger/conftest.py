"""A ledger on each kind of database, the events that fill it, and a way to tamper with it."""

import random
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

import psycopg
import pytest
from sqlalchemy import Connection, Engine, select, text

from ledger import tables
from ledger.check import check_log
from ledger.codec import Event, encode
from ledger.database import open_engine
from ledger.events import FactReported, LogName, UsageRecorded
from ledger.finding import Finding
from ledger.head import Head
from ledger.period import render_instant
from ledger.projection import PROJECTIONS
from ledger.provenance import check_provenance
from ledger.read import read_heads
from ledger.replay import replay
from ledger.schema import upgrade
from ledger.store import Batch, Outcome, Rejection, Store
from ledger.text import Text
from ledger.tlog import Checkpoint

CODE = "91350100M000100Y43"
OTHER_CODE = "91440300708461136T"
SALT = "0123456789abcdef" * 2
ORIGIN = "centre.example"
AGENT = "urn:agent:1"

# 2022-07-01T00:00 in Shanghai.
JULY_MS = 1_656_604_800_000
HOUR_MS = 3_600_000
NOW_MS = JULY_MS + 31 * 24 * HOUR_MS

Dump = dict[str, list[tuple[object, ...]]]


def usage(
    event_id: str,
    *,
    source: str = AGENT,
    subject: str = CODE,
    amount: str = "8",
    span_ms: tuple[int, int] = (0, HOUR_MS),
) -> Event:
    """Return a usage event over a half-open span since the beginning of July."""
    data = UsageRecorded(
        job="j-1",
        resource="a100",
        amount=amount,
        start=render_instant(JULY_MS + span_ms[0]),
        end=render_instant(JULY_MS + span_ms[1]),
    )
    return encode(source, event_id, subject, data)


def fact(event_id: str, value: int = 1, *, source: str = AGENT) -> Event:
    """Return a book event."""
    return encode(
        source, event_id, CODE, FactReported(name="sales_fen", year=2021, value=value), SALT
    )


def rejection(position: int, raw: bytes = b"{") -> Rejection:
    """Return the refusal of a record that is no JSON."""
    return Rejection.of(position, "not_json", Text("不是合法的 JSON", "not valid JSON"), raw)


def batch(
    events: Sequence[Event],
    *,
    stream: str = "file",
    expected: int = 0,
    first: int | None = None,
    rejections: Sequence[Rejection] = (),
) -> Batch:
    """Return a batch of events at consecutive positions, then its rejections."""
    start = expected if first is None else first
    pairs = list(enumerate(events, start))
    end = max([start + len(events), *(one.position + 1 for one in rejections)])
    return Batch(stream, expected, start, end, pairs, rejections)


class Ledger:
    """A migrated database with an engine of each access, its writer, and what a test asks of it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.own = open_engine(url, "own")
        upgrade(self.own, ORIGIN)
        self.write = open_engine(url, "write")
        self.read = open_engine(url, "read")
        self.store = Store(self.write, PROJECTIONS)

    @property
    def is_sqlite(self) -> bool:
        return self.own.dialect.name == "sqlite"

    def append(
        self, *events: Event, stream: str = "file", rejected: Sequence[bytes] = ()
    ) -> Outcome:
        """Append events, then refused records, at the stream's next positions."""
        expected = self.store.position(stream)
        after = expected + len(events)
        refused = [rejection(after + at, raw) for at, raw in enumerate(rejected)]
        return self.store.append(
            batch(events, stream=stream, expected=expected, rejections=refused), NOW_MS
        )

    def heads(self) -> dict[LogName, Head]:
        with self.own.connect() as connection:
            return read_heads(connection)

    def dump(self) -> Dump:
        """Return every row of every table."""
        with self.own.connect() as connection:
            return dump(connection)

    def findings(self) -> list[Finding]:
        """Return what any of the checks finds."""
        with self.read.connect() as connection:
            return findings(connection)

    def close(self) -> None:
        for engine in (self.own, self.write, self.read):
            engine.dispose()


def dump(connection: Connection) -> Dump:
    """Return every row of every table."""
    return {
        table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
        for table in tables.metadata.sorted_tables
    }


def findings(
    connection: Connection, signed: dict[LogName, Checkpoint] | None = None
) -> list[Finding]:
    """Return what the checks of tree, provenance and projections find."""
    heads = read_heads(connection)
    found = []
    for head in heads.values():
        found += check_log(connection, head, (signed or {}).get(head.name))
    found += check_provenance(connection, list(heads.values()))
    if not found:
        sizes = {name: head.size for name, head in heads.items()}
        for comparison in replay(connection, PROJECTIONS, sizes):
            found += comparison.findings
    return found


@contextmanager
def tampering(engine: Engine) -> Iterator[Connection]:
    """Yield the owner's connection with every wall torn down; what is not committed is undone."""
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("PRAGMA defer_foreign_keys = ON"))
            names = connection.scalars(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            )
            for name in names.all():
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            for table in tables.metadata.tables:
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        yield connection
        connection.rollback()


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    """Yield an empty ledger."""
    with closing(Ledger(database_url)) as made:
        yield made


@pytest.fixture(scope="package", params=["sqlite", "postgresql"])
def evidence(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ledger]:
    """Yield a filled ledger that a test may only change within `tampering`."""
    if request.param == "postgresql":
        yield request.getfixturevalue("postgres_evidence")
        return
    path = tmp_path_factory.mktemp("evidence") / "suanquan.db"
    with closing(Ledger(f"sqlite:///{path}")) as made:
        fill(made)
        yield made


@pytest.fixture(scope="package")
def postgres_evidence(postgres_url: str) -> Iterator[Ledger]:
    """Yield the same on PostgreSQL; its database goes when the server does."""
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE DATABASE evidence TEMPLATE template0 STRATEGY file_copy")
    with closing(Ledger(postgres_url.replace("/postgres?", "/evidence?"))) as made:
        fill(made)
        yield made


def fill(ledger: Ledger) -> None:
    """Append batches of many sizes: new, repeated, refused and conflicting records, book events.

    The usage log passes two edges of tiles; the book has a handful of entries.
    """
    random_source = random.Random(7)  # noqa: S311 - a test's own, seeded
    number = 0
    for size in (1, 5, 130, 119, 2, 260, 40):
        events = []
        for _ in range(size):
            start_ms = number * HOUR_MS // 4
            duration_ms = random_source.choice((1, HOUR_MS, 30 * HOUR_MS))
            events.append(
                usage(
                    f"u-{number:05}",
                    source=random_source.choice((AGENT, "urn:agent:2")),
                    subject=random_source.choice((CODE, OTHER_CODE)),
                    amount=random_source.choice(("1", "0.125", "64")),
                    span_ms=(start_ms, start_ms + duration_ms),
                )
            )
            number += 1
        ledger.append(*events, stream=f"stream-{size % 3}")
    ledger.append(fact("f-1"), fact("f-2", 7), rejected=[b"{", b"\xff\x00"])
    ledger.append(fact("f-1"), fact("f-2", 8), usage("f-1"), usage("u-late"), rejected=[b"[]"])
