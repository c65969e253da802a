"""What the measurements work on: usage records of a seeded shape, and ledgers that hold them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
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
_MINUTE_MS = 60_000
_ENTERPRISES = 50
_RACKS = 16
_JOBS_A_MINUTE = 12

RECORDED_AT_MS = 1_700_000_000_000


def usage_events(count: int, first: int = 0) -> list[Event]:
    """Return slices of about an hour that fifty enterprises held, as sixteen racks number them.

    Ids grow in time, a source's one after the other. About 311 bytes each, which compress to some
    thirty: what differs between two records is drawn from a seed.
    """
    codes = [synthetic_credit_code(f"bench-{number}") for number in range(_ENTERPRISES)]
    draw = Random(first)  # noqa: S311 - a benchmark wants the same records again
    return [_usage_event(number, codes, draw) for number in range(first, first + count)]


def _usage_event(number: int, codes: Sequence[str], draw: Random) -> Event:
    """Return one slice: who, which job and when exactly are drawn."""
    job = draw.getrandbits(32)
    tenant = job % _ENTERPRISES
    end_ms = _START_MS + number // _JOBS_A_MINUTE * _MINUTE_MS + job % 60 * 1000
    data = UsageRecorded(
        job=f"job-{job:08x}",
        contract=f"C-2022-{tenant:04}",
        resource="ascend-910b",
        amount=str(1 << job % 4),
        start=render_instant(end_ms - 3_600_000 + job % 97 * 1000),
        end=render_instant(end_ms),
    )
    rack, sequence = number % _RACKS, number // _RACKS
    return encode(f"urn:agent:rack-{rack:02}", f"{sequence:012}", codes[tenant], data)


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
