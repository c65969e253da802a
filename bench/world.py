"""What the measurements work on: usage records of a seeded shape, and ledgers that hold them."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal
from uuid import UUID

import psycopg
from sqlalchemy import Engine, make_url

from ledger import schema
from ledger.database import open_engine
from ledger.identifiers import synthetic_credit_code
from ledger.period import render_instant

# 2022-01-01 in Beijing.
_START_MS = 1_640_966_400_000
_HOUR_MS = 3_600_000
_JOBS_A_SECOND = 5
_ENTERPRISES = 50
_RACKS = 16

_TEMPLATE = (
    '{{"data":{{"amount":"{amount}","contract":"C-2022-{tenant:04}","end":"{end}",'
    '"job":"job-{job:08x}","resource":"ascend-910b","start":"{start}"}},"id":"{event_id}",'
    '"sequence":"{sequence}","source":"urn:agent:rack-{rack:02}","specversion":"1.0",'
    '"subject":"{subject}","type":"cn.suanquan.usage.recorded.v1"}}'
)

ORIGIN: Final = "bench.example"

Ids = Literal["growing", "uuid7", "uuid4"]
"""Numbers that a source counts up; UUIDs that begin with the time; UUIDs of chance alone."""

# Any odd number of 128 bits without a pattern would do; this one is from PCG.
_ODD: Final = 0x2360ED051FC65DA44385DF649FCCF645
_MASK: Final = (1 << 128) - 1

_numbers = count()
_render = lru_cache(maxsize=4096)(render_instant)


class Usage:
    """Canonical usage records that sixteen racks number one after the other.

    Each is a slice of about an hour that one of fifty enterprises held, in the order of their ends.
    311 bytes with growing ids, 335 with UUIDs. What differs from record to record looks drawn by
    chance, so that zstd leaves some 23 bytes of each, and 35 or 45 with UUIDs.
    """

    def __init__(self, ids: Ids = "growing", first: int = 0) -> None:
        """Begin with the record of that number; the same number is always the same record."""
        self._ids = ids
        self._next = first
        self._codes = [synthetic_credit_code(f"bench-{number}") for number in range(_ENTERPRISES)]

    def take(self, size: int) -> list[tuple[bytes, bytes]]:
        """Return the next (key, value) pairs."""
        first, self._next = self._next, self._next + size
        return [self._record(number) for number in range(first, self._next)]

    def _record(self, number: int) -> tuple[bytes, bytes]:
        """Return the record of a number."""
        chance = _scramble(number)
        job = chance >> 96
        tenant = job % _ENTERPRISES
        rack, sequence = number % _RACKS, number // _RACKS
        end_ms = _START_MS + number // _JOBS_A_SECOND * 1000
        value = _TEMPLATE.format(
            amount=1 << job % 4,
            tenant=tenant,
            end=_render(end_ms),
            job=job,
            start=_render(end_ms - _HOUR_MS + job % 97 * 1000),
            event_id=self._event_id(sequence, end_ms, chance),
            sequence=sequence,
            rack=rack,
            subject=self._codes[tenant],
        )
        return self._codes[tenant].encode(), value.encode()

    def _event_id(self, sequence: int, end_ms: int, chance: int) -> str:
        """Return an id of the kind that is asked for."""
        match self._ids:
            case "growing":
                return f"{sequence:012}"
            case "uuid7":
                # RFC 9562, section 5.7: 48 bits of milliseconds, then chance.
                return str(UUID(int=end_ms << 80 | 7 << 76 | 2 << 62 | chance >> 66))
            case "uuid4":
                return str(UUID(int=chance, version=4))


def _scramble(number: int) -> int:
    """Return 128 bits that look drawn by chance and are a number's own."""
    mixed = (number + 1) * _ODD & _MASK
    return (mixed ^ mixed >> 64) * _ODD & _MASK


@contextmanager
def workspace() -> Iterator[Path]:
    """Yield a directory that is gone afterwards."""
    with TemporaryDirectory(prefix="bench-") as name:
        yield Path(name)


def write_lines(path: Path, size: int) -> Path:
    """Return the path of a file of usage records, one a line."""
    path.write_bytes(b"".join(value + b"\n" for _, value in Usage().take(size)))
    return path


class Databases:
    """Makes databases, SQLite's in a directory and PostgreSQL's on a server, and drops them."""

    def __init__(self, home: Path, server: str) -> None:
        self._home = home
        self._server = make_url(server).set(drivername="postgresql")

    @contextmanager
    def empty(self, kind: str) -> Iterator[str]:
        """Yield the URL of an empty database, `SQLite` or `PostgreSQL`, dropped afterwards."""
        name = f"bench_{next(_numbers)}"
        if kind == "SQLite":
            yield f"sqlite:///{self._home / name}.db"
            for path in self._home.glob(f"{name}.db*"):
                path.unlink()
        else:
            self._tell(f"CREATE DATABASE {name}")
            yield self._server.set(database=name).render_as_string(hide_password=False)
            self._tell(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def ledger(self, kind: str, usage_logs: int = 1) -> Iterator[str]:
        """Yield the URL of a new ledger, dropped afterwards."""
        with self.empty(kind) as url:
            owner = open_engine(url, "own")
            schema.upgrade(owner, ORIGIN, usage_logs)
            owner.dispose()
            yield url

    def _tell(self, statement: str) -> None:
        """Execute a statement on the server."""
        text = self._server.render_as_string(hide_password=False)
        with psycopg.connect(text, autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def writer(url: str) -> Iterator[Engine]:
    """Yield the writer's engine of a ledger."""
    engine = open_engine(url, "write")
    try:
        yield engine
    finally:
        engine.dispose()
