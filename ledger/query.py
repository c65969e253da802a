"""Read the tables beside the log: daily usage, the time that sources cover, what was refused."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Row, func, select

from ledger import tables
from ledger.text import Text
from ledger.usage import DayKey


def read_usage_days(connection: Connection) -> Iterator[tuple[DayKey, int]]:
    """Yield each day's key and its quantity in micro-unit-seconds, in the order of the keys."""
    table = tables.usage_day
    query = select(table).order_by(*table.primary_key)
    for row in connection.execute(query):
        enterprise, contract, resource, day, quantity = row
        yield (enterprise, contract, resource, day), quantity


def read_source_spans(connection: Connection, prefix: str) -> list[tuple[str, int, int]]:
    """Return (source, first, last) of each source that begins with a prefix, earliest first.

    Instants are UTC milliseconds.
    """
    table = tables.source_span
    query = (
        select(table)
        .where(func.substr(table.c.source, 1, len(prefix)) == prefix)
        .order_by(table.c.first_ms, table.c.source)
    )
    return [(row.source, row.first_ms, row.last_ms) for row in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that was refused; `body` holds its first bytes, `length` and `sha256` are whole."""

    number: int
    stream: str
    position: int
    code: str
    message: Text
    body: bytes
    length: int
    sha256: bytes
    recorded_at_ms: int


def read_refused(connection: Connection, limit: int) -> tuple[list[Refused], int]:
    """Return the first refused records in the order in which they were refused, and their count."""
    table = tables.rejection
    total = connection.scalar(select(func.count()).select_from(table)) or 0
    rows = connection.execute(select(table).order_by(table.c.id).limit(limit))
    return [_refused(row) for row in rows], total


def find_refused(connection: Connection, number: int) -> Refused | None:
    """Return one refused record, None where there is none of that number."""
    table = tables.rejection
    row = connection.execute(select(table).where(table.c.id == number)).one_or_none()
    return None if row is None else _refused(row)


def _refused(row: Row[*tuple[object, ...]]) -> Refused:
    """Return a row as a value."""
    named = row._mapping  # noqa: SLF001 - SQLAlchemy's documented name for it
    return Refused(
        number=named["id"],
        stream=named["stream"],
        position=named["position"],
        code=named["code"],
        message=Text(named["message_zh"], named["message_en"]),
        body=named["body"],
        length=named["length"],
        sha256=named["sha256"],
        recorded_at_ms=named["recorded_at_ms"],
    )
