"""A ledger on each kind of database, the events that fill it, and a way to tamper with it."""

import random
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import zstandard
from sqlalchemy import Connection, Engine, select, text

from ledger import merkle, tables, tlog
from ledger.bookkeeping import check_books
from ledger.check import check_log
from ledger.codec import Event, encode, parse
from ledger.database import open_engine
from ledger.erasable import check_people
from ledger.events import (
    AccessRecorded,
    AdoptedVersion,
    BatchRecorded,
    CalendarAdopted,
    ContractRegistered,
    Data,
    DeclarationFiled,
    DisputedLine,
    DisputeSettled,
    DocumentFiled,
    EnterpriseRegistered,
    FactReported,
    FundingReported,
    InvoiceRecorded,
    LogKeyIntroduced,
    LogKeyRetired,
    LogName,
    PaymentRecorded,
    PriceLine,
    ProgrammeAdopted,
    QualificationGranted,
    QualificationRevoked,
    RejectionSettled,
    ReportIssued,
    ResourceListed,
    StatementConfirmed,
    StatementDisputed,
    StatementIssued,
    StatementSealed,
    TaxDomicileRecorded,
    UsageRecorded,
    UsageTallied,
    VoucherDrawn,
    VoucherGranted,
)
from ledger.finding import Finding
from ledger.head import Head
from ledger.note import VerifierKey, render_vkey
from ledger.period import render_instant
from ledger.projection import PROJECTIONS
from ledger.provenance import check_provenance
from ledger.read import read_entries, read_heads
from ledger.rejection import Rejection
from ledger.replay import replay
from ledger.schema import upgrade
from ledger.store import Batch, Outcome, Store
from ledger.tables import LOG_NUMBERS
from ledger.text import Text
from ledger.tlog import Checkpoint
from tests.ledger import books, papers, steps
from tests.ledger.people import PEOPLE, SIGNING_IN

CODE = "91350100M000100Y43"
OTHER_CODE = "91440300708461136T"
SALT = "0123456789abcdef" * 2
ORIGIN = "centre.example"
AGENT = "urn:agent:1"

# 2022-07-01T00:00 in Shanghai.
JULY_MS = 1_656_604_800_000
HOUR_MS = 3_600_000
NOW_MS = JULY_MS + 31 * 24 * HOUR_MS

# Two keys of one log.
VKEYS = [render_vkey(VerifierKey(f"{ORIGIN}/usage", bytes([number]) * 32)) for number in (1, 2)]

# One event of each released type with every field given.
ISSUED: dict[str, Any] = {
    "period": "2022-07",
    "revision": 2,
    "sizes": {"usage": 567, "book": 4},
    "rules": "3" * 64,
    "renderer": "1",
    "total_fen": 12_345,
    "values_sha256": "4" * 64,
    "pdf_sha256": "5" * 64,
    "claims_sha256": "6" * 64,
    "issued_at": "2022-08-01T02:00:00Z",
    "public_url": "https://suanquan.example.gov.cn/portal",
}
ANSWER = {
    "statement": "JS-2022-07-000001",
    "acted_at": "2022-08-02T02:00:00Z",
    "actor": "q-1",
    "document": "2022-9",
}

EXAMPLES: tuple[Data, ...] = (
    UsageRecorded(
        job="作业-1",
        resource="a100",
        amount="0.125",
        start="2022-07-01T00:00:00+08:00",
        end="2022-07-01T01:00:00.5+08:00",
        contract="C-1",
        quantity="450.0625",
    ),
    BatchRecorded(
        stream="metering/0",
        first=0,
        next=3,
        seen=3,
        recorded=1,
        duplicate=1,
        rejected=1,
        rejections_sha256="0" * 64,
        recorded_at="2022-07-01T00:00:00Z",
    ),
    EnterpriseRegistered(
        name="云栖智能", registered_region="420100", synthetic=True, **papers.FILED
    ),
    QualificationGranted(
        kind="high_tech_enterprise",
        number="GR202142000001",
        valid_from="2021-11-15",
        valid_to="2024-11-14",
        carrier="光谷孵化器",
        recognised_by="province",
        evidence_sha256="1" * 64,
        recorded_by="gh-1",
    ),
    TaxDomicileRecorded(
        zone="east-lake", valid_from="2021-01-01", valid_to="2022-12-31", **papers.FILED
    ),
    FactReported(name="sales_fen", year=2021, value=15_000_000_000, **papers.FILED),
    DeclarationFiled(year=2022, related_party=False, serious_dishonesty=False, **papers.FILED),
    ResourceListed(
        resource="a100",
        name="A100 80G",
        kind="accelerator",
        unit="card",
        listed_on="2022-01-01",
        pflops="0.312",
    ),
    ContractRegistered(
        contract="C-1",
        provider=OTHER_CODE,
        signed_on="2022-03-01",
        service_from="2022-03-01",
        service_to="2022-12-31",
        amount_fen=63_600_000,
        vat_rate="0.06",
        prices=(
            PriceLine(resource="a100", unit_price="7.5", per="card_hour", valid_from="2022-03-01"),
            PriceLine(resource="ssd", unit_price="2", per="tb_day", valid_to="2022-06-30"),
        ),
        project="P-1",
        synthetic=True,
        **papers.PARTIES,
        **papers.FILED,
    ),
    InvoiceRecorded(**papers.INVOICE),
    PaymentRecorded(**papers.PAYMENT),
    VoucherGranted(
        programme="hubei", year=2022, quota_fen=100, granted_on="2022-11-01", actor="li.si"
    ),
    VoucherDrawn(
        programme="hubei",
        year=2022,
        amount_fen=99,
        drawn_on="2022-11-02",
        version="2" * 64,
        invoices=("22420000000000000001",),
        claim="SQ-2022-1",
        parts_fen=(99,),
        base_fen=330,
    ),
    StatementIssued(
        **ISSUED,
        statement="JS-2022-07-000001",
        kind="compute",
        supplements="JS-2022-07-000000",
        about="SQ-1",
    ),
    UsageTallied(day="2022-07-01", resource="a100", events=3, quantity="86400.5"),
    RejectionSettled(
        batch_log="usage-1", batch_index=7, stream="kafka:t/0", position=12, outcome="recorded"
    ),
    LogKeyIntroduced(vkey=VKEYS[1], beside=VKEYS[0]),
    LogKeyRetired(vkey=VKEYS[0], successor=VKEYS[1]),
    *PEOPLE,
    QualificationRevoked(
        kind="high_tech_enterprise",
        revoked_on="2022-09-01",
        number="GR202142000001",
        evidence_sha256="9" * 64,
        recorded_by="gh-1",
    ),
    FundingReported(
        scope="project",
        level="city",
        year=2021,
        amount_fen=5_000_000,
        ref="P-1",
        **papers.FILED,
    ),
    ProgrammeAdopted(
        programme="hubei",
        level="province",
        name="湖北省科技创新券",
        name_en="Hubei voucher",
        versions=(
            AdoptedVersion(
                id="2022",
                document="鄂科技规〔2022〕3号",
                hash="44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
                values="{}",
            ),
        ),
        adopted_on="2022-05-07",
        at="2022-08-01T00:00:00Z",
        decided_by="湖北省科学技术厅",
        evidence_sha256="a" * 64,
        recorded_by="a",
    ),
    *books.EXAMPLES,
    *steps.EXAMPLES,
    CalendarAdopted(
        year=2023,
        off=("2023-01-02", "2023-01-23"),
        worked=("2023-01-28",),
        document="国办发明电〔2022〕16号",
        digest="defa930bdb5892a6e337a7a5fe4cf4d2eb9809d35b7f9ea3c06d844c15766ef0",
        adopted_on="2022-12-09",
        at="2022-12-09T00:00:00Z",
        evidence_sha256="d" * 64,
        recorded_by="a",
    ),
    *papers.EXAMPLES,
    DocumentFiled(
        at="2022-08-01T00:00:00Z",
        sha256="d" * 64,
        media_type="application/pdf",
        size_bytes=123_456,
        kind="contract",
        recorded_by="gh-1",
        ref="C-1",
    ),
    StatementConfirmed(**ANSWER, pdf_sha256="5" * 64),
    StatementDisputed(
        **ANSWER,
        lines=(DisputedLine(contract="C-1", resource="a100", reason="停机"),),
    ),
    DisputeSettled(**ANSWER, contract="C-1", resource="a100", outcome="upheld", reason="停机属实"),
    ReportIssued(
        **ISSUED,
        statement="SQ-F-2022-07-hubei-2",
        kind="fund",
        supplements="SQ-F-2022-07-hubei-1",
        about="hubei",
    ),
    StatementSealed(
        statement="JS-2022-07-000001",
        profile="PAdES-B-B",
        sha256="6" * 64,
        certificate_sha256="7" * 64,
        signer="CN=云栖智算中心,C=CN",
        sealed_at="2022-08-01T00:00:00Z",
    ),
    *SIGNING_IN,
    AccessRecorded(
        at="2022-08-01T09:30:00Z",
        person="gh-0412",
        access="downloaded",
        place="/enterprise/91420100MA4K2XY18X/statements/JS-2022-07-000001/file/pdf",
        way="program",
    ),
)


Dump = dict[str, list[tuple[object, ...]]]


def usage(  # noqa: PLR0913 - all but one are options
    event_id: str,
    *,
    source: str = AGENT,
    subject: str = CODE,
    amount: str = "8",
    span_ms: tuple[int, int] = (0, HOUR_MS),
    sequence: str = "",
) -> Event:
    """Return a usage event over a half-open span since the beginning of July."""
    data = UsageRecorded(
        job="j-1",
        resource="a100",
        amount=amount,
        start=render_instant(JULY_MS + span_ms[0]),
        end=render_instant(JULY_MS + span_ms[1]),
    )
    event = encode(source, event_id, subject, data)
    numbered = f',"sequence":"{sequence}","source":'.encode()
    return parse(event.raw.replace(b',"source":', numbered)) if sequence else event


def tally(
    event_id: str, events: int, quantity: str, *, source: str = AGENT, day: str = "2022-07-01"
) -> Event:
    """Return what an agent says that it sent for a day."""
    data = UsageTallied(day=day, resource="a100", events=events, quantity=quantity)
    return encode(source, event_id, "", data)


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
    """A migrated database with an engine of each access, its writer, and what a test asks of it.

    `read` is the auditor's, who sees everything; `reader` may see less.
    """

    @classmethod
    def migrated(cls, url: str) -> "Ledger":
        """Return the ledger of an empty database."""
        owner = open_engine(url, "own")
        upgrade(owner, ORIGIN)
        owner.dispose()
        return cls(url)

    def __init__(self, url: str) -> None:
        self.url = url
        self.own = open_engine(url, "own")
        self.write = open_engine(url, "write")
        self.read = open_engine(url, "audit")
        self.reader = open_engine(url, "read")
        self.keep = open_engine(url, "keep")
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
        with self.keep.connect() as connection:
            return findings(connection)

    def close(self) -> None:
        for engine in (self.own, self.write, self.read, self.reader, self.keep):
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
    """Return what the checks of tree, provenance, people, books and projections find."""
    heads = read_heads(connection)
    found = []
    for head in heads.values():
        found += check_log(connection, head, (signed or {}).get(head.name))
    found += check_provenance(connection, list(heads.values()))
    found += check_people(connection, heads["book"])
    found += check_books(connection, heads["book"])
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


def set_entry(connection: Connection, log: LogName, index: int, entry: bytes) -> None:
    """Put another entry in the place of the one at an index, in its chunk only."""
    number = LOG_NUMBERS[log]
    chunk = tables.chunk.c
    inside = (chunk.log == number, chunk.start <= index, chunk.start + chunk.count > index)
    start, body = connection.execute(select(chunk.start, chunk.body).where(*inside)).one()
    entries = tlog.decode_bundle(zstandard.decompress(body))
    entries[index - start] = entry
    changed = zstandard.compress(tlog.encode_bundle(entries))
    connection.execute(tables.chunk.update().where(*inside).values(body=changed))


def rebuild_tree(connection: Connection, log: LogName) -> None:
    """Make tiles and head fit whatever entries a log holds now."""
    number, size = LOG_NUMBERS[log], read_heads(connection)[log].size
    leaves = [merkle.leaf_hash(entry) for _, entry in read_entries(connection, log, 0, size)]
    frontier, segments = merkle.extend(merkle.EMPTY_FRONTIER, leaves)
    connection.execute(tables.tile.delete().where(tables.tile.c.log == number))
    for level, start, hashes in segments:
        row = {"log": number, "level": level, "start": start, "hashes": hashes}
        connection.execute(tables.tile.insert().values(row))
    head = {"root": merkle.root(frontier), "frontier": merkle.encode_frontier(frontier)}
    connection.execute(tables.log.update().where(tables.log.c.number == number).values(head))


def restore(connection: Connection, rows: Dump) -> None:
    """Make every table what it was when it was dumped."""
    for table in reversed(tables.metadata.sorted_tables):
        connection.execute(table.delete())
    for table in tables.metadata.sorted_tables:
        names = [column.name for column in table.columns]
        for row in rows[table.name]:
            connection.execute(table.insert().values(dict(zip(names, row, strict=True))))


@pytest.fixture(scope="package")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "suanquan.db"
    Ledger.migrated(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="package")
def postgres_home(postgres_url: str) -> Iterator[Ledger]:
    """Yield a ledger on PostgreSQL that one test after the other uses."""
    with closing(Ledger.migrated(_create_database(postgres_url, "ledger"))) as made:
        yield made


def _create_database(server_url: str, name: str) -> str:
    """Return the URL of a new database, which goes when the server does."""
    with psycopg.connect(server_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 STRATEGY file_copy")
    return server_url.replace("/postgres?", f"/{name}?")


@pytest.fixture
def sqlite_ledger(sqlite_template: Path, tmp_path: Path) -> Iterator[Ledger]:
    """Yield an empty ledger on SQLite."""
    path = tmp_path / "ledger.db"
    shutil.copyfile(sqlite_template, path)
    with closing(Ledger(f"sqlite:///{path}")) as made:
        yield made


@pytest.fixture
def postgres_ledger(postgres_home: Ledger) -> Iterator[Ledger]:
    """Yield an empty ledger on PostgreSQL; it is emptied again, which is faster than a new one."""
    yield postgres_home
    with tampering(postgres_home.own) as connection:
        for table in reversed(tables.metadata.sorted_tables):
            if table is not tables.log:
                connection.execute(table.delete())
        empty = {"size": 0, "root": merkle.EMPTY_ROOT, "frontier": b""}
        connection.execute(tables.log.update().values(empty))
        for name in tables.metadata.tables:
            connection.execute(text(f"ALTER TABLE {name} ENABLE TRIGGER ALL"))
        connection.commit()


@pytest.fixture(params=["sqlite", "postgres"])
def ledger(request: pytest.FixtureRequest) -> Ledger:
    """Return an empty ledger, on each kind of database in turn."""
    made: Ledger = request.getfixturevalue(f"{request.param}_ledger")
    return made


@pytest.fixture(scope="package")
def sqlite_evidence(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """Yield a filled ledger on SQLite that a test may only change within `tampering`."""
    path = tmp_path_factory.mktemp("evidence") / "suanquan.db"
    with closing(Ledger.migrated(f"sqlite:///{path}")) as made:
        fill(made)
        yield made


@pytest.fixture(scope="package")
def postgres_evidence(postgres_url: str) -> Iterator[Ledger]:
    """Yield the same on PostgreSQL; its database goes when the server does."""
    with closing(Ledger.migrated(_create_database(postgres_url, "evidence"))) as made:
        fill(made)
        yield made


@pytest.fixture(scope="package", params=["sqlite", "postgres"])
def evidence(request: pytest.FixtureRequest) -> Ledger:
    """Return a filled ledger that a test may only change within `tampering`."""
    made: Ledger = request.getfixturevalue(f"{request.param}_evidence")
    return made


TALLIED_BATCH = 40


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
                    sequence=("", str(number))[number % 3 > 0],
                )
            )
            number += 1
        if size == TALLIED_BATCH:
            settled = RejectionSettled(
                batch_log="usage", batch_index=1, stream="file", position=2, outcome="recorded"
            )
            retried = encode("urn:suanquan:retry", "r-1", "", settled)
            events[-3:] = tally("t-1", 3, "86400"), tally("t-2", -1, "-0.5"), retried
        ledger.append(*events, stream=f"stream-{size % 3}")
    ledger.append(fact("f-1"), fact("f-2", 7), rejected=[b"{", b"\xff\x00"])
    ledger.append(fact("f-1"), fact("f-2", 8), usage("f-1"), usage("u-late"), rejected=[b"[]"])
