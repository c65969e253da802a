"""File ingest, against a bare load of the same records as plain rows.

The bare load decodes each line and gives its values to the driver's `executemany` (SQLite) or
binary COPY (PostgreSQL), without tree, identity or checks.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec
import psycopg

from bench.measure import REPEATS, Measurement, compare
from bench.world import Databases, workspace, write_lines, writer
from ingest.adapters.ndjson import NdjsonAdapter
from ingest.file_worker import ingest_file
from ledger.projection import PROJECTIONS
from ledger.store import Store

SIZES: Final = (10_000, 40_000, 160_000)
BATCH_RECORDS: Final = 20_000
RECORDED_AT_MS: Final = 1_700_000_000_000

_COLUMNS: Final = "source, id, subject, job, contract, resource, amount, start_at, end_at"


class _Line(msgspec.Struct):
    """A usage record as a program would read it that wants plain rows."""

    id: str
    source: str
    subject: str
    data: dict[str, str]


_decode_line = msgspec.json.Decoder(_Line).decode


def file_ingest(databases: Databases) -> Iterator[Measurement]:
    """Yield file ingest into each database against plain rows, at three sizes."""
    for size in SIZES:
        with workspace() as home, ExitStack() as stack:
            path = write_lines(home / "usage.ndjson", size)
            for kind, against, load in (
                ("SQLite", "executemany of plain rows", _load_sqlite),
                ("PostgreSQL", "binary COPY of plain rows", _load_postgresql),
            ):
                # Made beforehand: what is timed is the loading alone.
                ledgers = [stack.enter_context(databases.ledger(kind)) for _ in range(REPEATS)]
                empty = [stack.enter_context(databases.empty(kind)) for _ in range(REPEATS)]
                yield compare(
                    f"file ingest, {kind}",
                    size,
                    partial(_record, ledgers, path),
                    against,
                    partial(load, empty, path),
                )


def _record(urls: list[str], path: Path) -> None:
    """Record a file in the next of some ledgers."""
    with writer(urls.pop()) as engine:
        ingest_file(Store(engine, PROJECTIONS), path, NdjsonAdapter(), lambda: RECORDED_AT_MS)


def _load_sqlite(urls: list[str], path: Path) -> None:
    """Load a file as plain rows into the next of some databases."""
    connection = sqlite3.connect(urls.pop().removeprefix("sqlite:///"))
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"CREATE TABLE record ({_COLUMNS})")
    for rows in _batches(path):
        with connection:
            connection.executemany("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    connection.close()


def _load_postgresql(urls: list[str], path: Path) -> None:
    """Load a file as plain rows into the next of some databases."""
    columns = ", ".join(f"{name} text" for name in _COLUMNS.split(", "))
    with psycopg.connect(urls.pop()) as connection:
        connection.execute(f"CREATE TABLE record ({columns})".encode())
        for rows in _batches(path):
            with (
                connection.cursor() as cursor,
                cursor.copy("COPY record FROM STDIN (FORMAT BINARY)") as copy,
            ):
                copy.set_types(["text"] * len(rows[0]))
                for row in rows:
                    copy.write_row(row)
            connection.commit()


def _batches(path: Path) -> Iterator[list[tuple[str, ...]]]:
    """Yield the records of a file as plain rows, a batch at a time."""
    with path.open("rb") as file:
        while part := list(islice(file, BATCH_RECORDS)):
            yield [_row(_decode_line(raw)) for raw in part]


def _row(line: _Line) -> tuple[str, ...]:
    """Return a record as a plain row."""
    data = line.data
    return (
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
