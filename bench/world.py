"""What the measurements work on: usage records of a seeded shape, and ledgers that hold them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine

from ingest.adapters.ndjson import NdjsonAdapter
from ingest.file_worker import ingest_file
from ledger import schema
from ledger.codec import Event, encode
from ledger.database import open_engine
from ledger.events import UsageRecorded
from ledger.identifiers import synthetic_credit_code
from ledger.period import render_instant
from ledger.projection import PROJECTIONS
from ledger.store import Store

# 2022-01-01 in Beijing.
_START_MS = 1_640_966_400_000
_HOUR_MS = 3_600_000
_ENTERPRISES = 50

RECORDED_AT_MS = 1_700_000_000_000


def usage_events(count: int) -> list[Event]:
    """Return hourly slices of fifty enterprises in the order of their time."""
    codes = [synthetic_credit_code(f"bench-{number}") for number in range(_ENTERPRISES)]
    return [_usage_event(number, codes[number % _ENTERPRISES]) for number in range(count)]


def _usage_event(number: int, subject: str) -> Event:
    """Return one slice of an hour."""
    start_ms = _START_MS + number // 400 * _HOUR_MS
    data = UsageRecorded(
        job=f"job-{number // 24:08d}",
        contract="C-2022-0001",
        resource="ascend-910b",
        amount=str(1 << number % 4),
        start=render_instant(start_ms),
        end=render_instant(start_ms + _HOUR_MS),
    )
    return encode("urn:agent:rack-1", f"{number:012d}", subject, data)


@contextmanager
def workspace() -> Iterator[Path]:
    """Yield a directory that is gone afterwards."""
    with TemporaryDirectory(prefix="bench-") as name:
        yield Path(name)


def write_lines(path: Path, events: list[Event]) -> Path:
    """Return the path of a file that holds the events, one a line."""
    path.write_bytes(b"".join(event.raw + b"\n" for event in events))
    return path


@contextmanager
def new_ledger(url: str) -> Iterator[Engine]:
    """Yield the writer's engine of a ledger that is new."""
    owner = open_engine(url, "own")
    schema.upgrade(owner, "bench.example")
    owner.dispose()
    engine = open_engine(url, "write")
    try:
        yield engine
    finally:
        engine.dispose()


def fill(engine: Engine, path: Path) -> None:
    """Record a file of events."""
    ingest_file(Store(engine, PROJECTIONS), path, NdjsonAdapter(), lambda: RECORDED_AT_MS)
