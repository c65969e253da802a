"""A ledger on each kind of database, files to read into it, and what a test asks of both."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from ingest.adapters import Adapter
from ingest.adapters.csv_map import CsvAdapter
from ingest.adapters.ndjson import NdjsonAdapter
from ingest.adapters.sacct import SacctAdapter
from ingest.file_worker import FileOutcome, ingest_file
from ingest.map_shape import Mapping
from ingest.mapping import parse_mapping
from ledger import tables
from ledger.codec import Event
from ledger.database import open_engine
from ledger.events import BatchRecorded, LogName
from ledger.projection import PROJECTIONS
from ledger.provenance import check_provenance
from ledger.query import RefusedFilter, read_refused
from ledger.read import read_events, read_heads
from ledger.replay import replay
from ledger.schema import upgrade
from ledger.store import Store

ROOT = Path(__file__).parents[2]
NOW_MS = 1_669_190_400_000

CSV_MAP = b"""
format = "csv"
source = "urn:test:jobs"
[time]
zone = "Asia/Shanghai"
[usage]
tenant = { column = "who" }
resource = { constant = "gpu" }
amount = { column = "cards" }
start = { column = "start" }
duration = { column = "seconds" }
[tenants]
synthetic = true
name = "{tenant} (made up)"
[[resources]]
code = "gpu"
name = "GPU"
kind = "accelerator"
unit = "card"
listed_on = 2022-01-01
[provider]
credit_code = "91420100MA49P8T68D"
name = "centre"
[contract]
number_prefix = "T-"
signed_on = 2022-01-01
service_from = 2022-01-01
service_to = 2022-12-31
amount_fen = 100
vat_rate = 0.06
prices = [{ resource = "gpu", unit_price = 4.80, per = "card_hour" }]
"""


def salt(source: str, event_id: str) -> str:
    """Return a salt that anybody can derive."""
    return hashlib.sha256(f"{source}\n{event_id}".encode()).hexdigest()[:32]


class Ledger:
    """A migrated database, its writer, and what stands in it."""

    def __init__(self, url: str, store: type[Store] = Store) -> None:
        self.url = url
        own = open_engine(url, "own")
        upgrade(own, "centre.example")
        own.dispose()
        self.engine = open_engine(url, "write")
        self.store = store(self.engine, PROJECTIONS)

    def ingest(self, path: str | Path, adapter: Adapter, **options: Any) -> FileOutcome:  # noqa: ANN401 - the options of ingest_file
        """Read a file into the ledger."""
        return ingest_file(self.store, path, adapter, lambda: NOW_MS, **options)

    def events(self, log: LogName) -> list[Event]:
        """Return a log's events in order, the closing leaves left out."""
        with self.engine.connect() as connection:
            size = read_heads(connection)[log].size
            found = [event for _, event in read_events(connection, log, 0, size)]
        return [event for event in found if not isinstance(event.data, BatchRecorded)]

    def batches(self, stream: str = "") -> list[BatchRecorded]:
        """Return the closing leaves of the usage log, those of one stream where it is named."""
        with self.engine.connect() as connection:
            size = read_heads(connection)["usage"].size
            found = [event.data for _, event in read_events(connection, "usage", 0, size)]
        closing = [data for data in found if isinstance(data, BatchRecorded)]
        return [data for data in closing if stream in ("", data.stream)]

    def size(self) -> int:
        """Return the number of entries of both logs."""
        with self.engine.connect() as connection:
            return sum(head.size for head in read_heads(connection).values())

    def rows(self, name: str) -> list[tuple[object, ...]]:
        """Return a table's rows in order."""
        table = tables.metadata.tables[name]
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(select(table).order_by(*table.c))]

    def rejections(self) -> list[tuple[int, str, bytes, int]]:
        """Return position, code, body and length of each rejection, by stream and position."""
        table = tables.rejection.c
        query = select(table.position, table.code, table.body, table.length).order_by(
            table.stream, table.position
        )
        with self.engine.connect() as connection:
            return [(row[0], row[1], row[2], row[3]) for row in connection.execute(query)]

    def still_open(self) -> list[int]:
        """Return the positions of the refusals that nothing settled."""
        with self.engine.connect() as connection:
            return [
                one.position
                for one in read_refused(connection, RefusedFilter(is_open=True), 100)[0]
            ]

    def messages(self) -> list[tuple[str, str]]:
        """Return the messages of the rejections in both languages, by stream and position."""
        table = tables.rejection.c
        query = select(table.message_zh, table.message_en).order_by(table.stream, table.position)
        with self.engine.connect() as connection:
            return [(row[0], row[1]) for row in connection.execute(query)]

    def findings(self) -> list[Any]:
        """Return what provenance and replay find wrong."""
        with self.engine.connect() as connection:
            heads = read_heads(connection)
            found: list[Any] = check_provenance(connection, list(heads.values()))
            sizes = {name: head.size for name, head in heads.items()}
            for one in replay(connection, PROJECTIONS, sizes):
                found += one.findings
        return found

    def widen(self, usage_logs: int) -> None:
        """Give the ledger so many usage logs."""
        own = open_engine(self.url, "own")
        upgrade(own, "centre.example", usage_logs)
        own.dispose()

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


@pytest.fixture
def make_ledger() -> Callable[..., Ledger]:
    """Return how a ledger is made on an empty database."""
    return Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Yield an empty ledger on SQLite."""
    with closing(Ledger(f"sqlite:///{tmp_path / 'suanquan.db'}")) as made:
        yield made


@pytest.fixture
def either_ledger(database_url: str) -> Iterator[Ledger]:
    """Yield an empty ledger, on each kind of database in turn."""
    with closing(Ledger(database_url)) as made:
        yield made


@pytest.fixture
def csv_map() -> bytes:
    """Return a map of CSV files with the columns who, cards, start, seconds."""
    return CSV_MAP


@pytest.fixture
def adapt() -> Callable[[bytes | Path | None], Adapter]:
    """Return how an adapter is made from a map, or from none for events."""

    def make(source: bytes | Path | None) -> Adapter:
        if source is None:
            return NdjsonAdapter()
        raw = source if isinstance(source, bytes) else source.read_bytes()
        mapping: Mapping = parse_mapping(raw, "map.toml")
        return (CsvAdapter if mapping.format == "csv" else SacctAdapter)(mapping, salt)

    return make


@pytest.fixture
def write_csv(tmp_path: Path) -> Callable[[Sequence[str]], Path]:
    """Return how a CSV file of rows `who,cards,start,seconds` is written."""

    def write(rows: Sequence[str]) -> Path:
        text = "\n".join(["who,cards,start,seconds", *rows]) + "\n"
        path = tmp_path / f"{hashlib.sha256(text.encode()).hexdigest()[:8]}.csv"
        path.write_text(text, "utf-8")
        return path

    return write


@pytest.fixture
def csv_adapter(adapt: Callable[[bytes], Adapter], csv_map: bytes) -> Adapter:
    """Return the adapter of that map."""
    return adapt(csv_map)
