"""What is measured, and against what.

- file ingest, against a bare load of the same records as plain rows: each line decoded and its
  values inserted by the driver's `executemany` (SQLite) or binary COPY (PostgreSQL), without
  tree, identity or checks;
- Merkle append, against as many bare SHA-256 hashes of the same lengths;
- `decide` by three programmes, against reading the case from its JSON;
- a statement's PDF, against the canonical bytes and hash of the same statement;
- replay of all projections, against reading and unpacking the entries alone.
"""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import msgspec
import psycopg
from sqlalchemy import make_url

from bench.measure import REPEATS, Measurement, compare
from bench.world import fill, new_ledger, usage_events, workspace, write_lines
from ledger import merkle
from ledger.database import open_engine
from ledger.projection import PROJECTIONS
from ledger.read import read_entries, read_heads
from ledger.replay import replay
from ledger.text import Text
from reports.fonts import CACHE, load
from reports.pdf import render
from reports.statement import (
    Amount,
    Column,
    Number,
    Section,
    Statement,
    Table,
    Words,
    Yuan,
    digest,
)
from vouchers.case import parse_case
from vouchers.catalogue import find_programmes
from vouchers.decide import decide

BATCH_RECORDS = 20_000


class _Line(msgspec.Struct):
    """A usage record as a program would read it that wants plain rows."""

    id: str
    source: str
    subject: str
    data: dict[str, str]


_decode_line = msgspec.json.Decoder(_Line).decode

_COLUMNS = "source, id, subject, job, contract, resource, amount, start_at, end_at"


def ingest_sqlite(size: int) -> Measurement:
    """Return file ingest into SQLite against executemany of plain rows."""
    with workspace() as home:
        path = write_lines(home / "usage.ndjson", usage_events(size))
        numbers = count()

        def plain() -> None:
            connection = sqlite3.connect(home / f"plain-{next(numbers)}.db")
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute(f"CREATE TABLE record ({_COLUMNS})")
            for rows in _batches(path):
                with connection:
                    connection.executemany(
                        "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
                    )
            connection.close()

        with ExitStack() as stack:
            urls = [f"sqlite:///{home / f'ledger-{number}.db'}" for number in range(REPEATS)]
            engines = [stack.enter_context(new_ledger(url)) for url in urls]
            return compare(
                "file ingest, SQLite",
                size,
                lambda: fill(engines.pop(), path),
                "executemany of plain rows",
                plain,
            )


def ingest_postgresql(size: int, url: str) -> Measurement:
    """Return file ingest into PostgreSQL against binary COPY of plain rows.

    Each run has a database of its own on the server of `url`.
    """
    server = make_url(url).set(drivername="postgresql")
    with workspace() as home:
        path = write_lines(home / "usage.ndjson", usage_events(size))
        numbers = count()

        def create() -> str:
            name = f"bench_{size}_{next(numbers)}"
            text = server.render_as_string(hide_password=False)
            with psycopg.connect(text, autocommit=True) as connection:
                connection.execute(f"DROP DATABASE IF EXISTS {name}")
                connection.execute(f"CREATE DATABASE {name}")
            return server.set(database=name).render_as_string(hide_password=False)

        def plain() -> None:
            columns = ", ".join(f"{name} text" for name in _COLUMNS.split(", "))
            with psycopg.connect(empty.pop()) as connection:
                connection.execute(f"CREATE TABLE record ({columns})")
                for rows in _batches(path):
                    with (
                        connection.cursor() as cursor,
                        cursor.copy("COPY record FROM STDIN (FORMAT BINARY)") as copy,
                    ):
                        copy.set_types(["text"] * len(rows[0]))
                        for row in rows:
                            copy.write_row(row)
                    connection.commit()

        with ExitStack() as stack:
            engines = [stack.enter_context(new_ledger(create())) for _ in range(REPEATS)]
            empty = [create() for _ in range(REPEATS)]
            return compare(
                "file ingest, PostgreSQL",
                size,
                lambda: fill(engines.pop(), path),
                "binary COPY of plain rows",
                plain,
            )


def _batches(path: Path) -> Iterator[list[tuple[str, ...]]]:
    """Yield the records of a file as plain rows, a batch at a time."""
    rows: list[tuple[str, ...]] = []
    with path.open("rb") as file:
        for raw in file:
            line = _decode_line(raw)
            data = line.data
            rows.append(
                (
                    line.source,
                    line.id,
                    line.subject,
                    data["job"],
                    data["contract"],
                    data["resource"],
                    data["amount"],
                    data["start"],
                    data["end"],
                )
            )
            if len(rows) == BATCH_RECORDS:
                yield rows
                rows = []
    if rows:
        yield rows


def merkle_append(size: int) -> Measurement:
    """Return growing a tree by batches against the bare hashes that it cannot do without."""
    leaves = [hashlib.sha256(str(number).encode()).digest() for number in range(size)]
    node = bytes(2 * merkle.HASH_BYTES + 1)

    def ours() -> None:
        frontier = merkle.EMPTY_FRONTIER
        for start in range(0, size, BATCH_RECORDS):
            frontier, _ = merkle.extend(frontier, leaves[start : start + BATCH_RECORDS])

    def bare() -> None:
        for _ in range(size):
            hashlib.sha256(node).digest()

    return compare("Merkle append", size, ours, "bare SHA-256", bare)


_CASE = msgspec.json.encode(
    {
        "enterprise": {
            "credit_code": "91420100MA4K2XY18X",
            "registered_region": "420100",
            "tax_domicile": [{"zone": "east-lake"}],
            "qualifications": [{"kind": "high_tech_enterprise"}, {"kind": "above_scale"}],
            "facts": [{"name": "sales_fen", "year": 2021, "value": 15_000_000_000}],
        },
        "purchases": [
            {
                "contract": f"C-{number}",
                "signed_on": "2022-01-05",
                "completed_on": "2022-06-30",
                "resource_kind": "accelerator",
                "invoiced_fen": 6_360_000,
                "payments": [{"paid_on": "2022-07-10", "amount_fen": 6_360_000}],
            }
            for number in range(10)
        ],
        "declarations": {"related_party": False, "serious_dishonesty": False},
        "apply_on": "2022-11-01",
    }
)


def decisions(size: int) -> Measurement:
    """Return deciding by every programme against parsing the case; ten purchases a case."""
    case, programmes = parse_case(_CASE), find_programmes()

    def ours() -> None:
        for number in range(size):
            decide(programmes[number % len(programmes)], case)

    def parse() -> None:
        for _ in range(size):
            parse_case(_CASE)

    return compare("decide", size, ours, "parsing the case", parse)


def statements(size: int) -> Measurement:
    """Return printing statements of 62 annex rows against encoding and hashing them."""
    row = (Words("2022-07-01"), Words("昇腾 910B"), Number("2592000"), Yuan(1_234_567))
    columns = tuple(Column(Text("列", "column"), 25) for _ in row)
    table = Table(columns, (row,) * 62)
    section = Section(Text("每日用量", "Daily usage"), (Amount(Text("合计", "Total"), 1), table))
    made = [
        Statement(
            number=f"SQ-C-2022-07-{number}",
            kind="compute",
            title=Text("算力服务结算单", "Compute settlement statement"),
            subject="91420100MA4K2XY18X",
            subject_name="示例科技有限公司",
            period="2022-07",
            revision=1,
            facts=(),
            sections=(section,),
            notices=(),
            heads=(),
            total_fen=1,
            values_sha256="0" * 64,
            maker="test/1",
        )
        for number in range(size)
    ]
    fonts = load(CACHE)

    def ours() -> None:
        for one in made:
            render(one, fonts)

    def encode() -> None:
        for one in made:
            digest(one)

    return compare("statements", size, ours, "encoding and hashing them", encode)


def replays(size: int) -> Measurement:
    """Return replaying every projection against reading and unpacking the entries."""
    with workspace() as home:
        path = write_lines(home / "usage.ndjson", usage_events(size))
        url = f"sqlite:///{home / 'ledger.db'}"
        with new_ledger(url) as engine:
            fill(engine, path)
        reader = open_engine(url, "read")
        with reader.connect() as connection:
            sizes = {name: head.size for name, head in read_heads(connection).items()}

            def ours() -> None:
                replay(connection, PROJECTIONS, sizes)

            def read() -> None:
                for _ in read_entries(connection, "usage", 0, sizes["usage"]):
                    pass

            measured = compare("replay", size, ours, "reading the entries", read)
        reader.dispose()
    return measured
