"""Read the tables beside the log: daily usage, what sources sent, what was refused."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, Subquery, func, select

from ledger import tables
from ledger.events import LogName
from ledger.gap import Block
from ledger.period import last_day
from ledger.quantity import MICRO
from ledger.tables import LOG_NAMES, LOG_NUMBERS
from ledger.tally import SourceDay
from ledger.text import Text
from ledger.usage import DayKey


def read_usage_days(
    connection: Connection, enterprise: str | None = None
) -> Iterator[tuple[DayKey, int]]:
    """Yield each day's key and its quantity in micro-unit-seconds, in the order of the keys.

    Of one enterprise, where one is named.
    """
    table = tables.usage_day
    query = select(table).order_by(*table.primary_key)
    if enterprise is None:
        query = query.execution_options(yield_per=1000)
    else:
        # Few enough to be fetched at once: a cursor of the database's takes three more questions.
        query = query.where(table.c.enterprise == enterprise)
    for row in connection.execute(query):
        enterprise_of, contract, resource, day, quantity = row
        yield (enterprise_of, contract, resource, day), quantity


def read_usage_months(connection: Connection) -> Iterator[tuple[DayKey, int]]:
    """Yield the same summed by month, as if all of it were on the month's last day.

    By enterprise; the order within one is the database's.
    """
    table = tables.usage_day.c
    month = func.substr(table.day, 1, len("2022-07"))
    keys = table.enterprise, table.contract, table.resource, month
    # A month's sum need not fit into 64 bits, on which SQLite insists; those of the parts do.
    parts = func.sum(table.quantity // MICRO), func.sum(table.quantity % MICRO)
    query = select(*keys, *parts).group_by(*keys).order_by(table.enterprise)
    for row in connection.execute(query.execution_options(yield_per=1000)):
        enterprise, contract, resource, month_of, whole, rest = row
        yield (enterprise, contract, resource, _last_day(month_of)), int(whole) * MICRO + int(rest)


def read_users(connection: Connection) -> Iterator[tuple[str, str]]:
    """Yield (month, enterprise) of each month in which an enterprise used something."""
    table = tables.usage_day.c
    month = func.substr(table.day, 1, len("2022-07"))
    for row in connection.execute(select(month, table.enterprise).distinct()):
        yield row[0], row[1]


class Spread(NamedTuple):
    """A sum over enterprises: of how many, and what the largest part of it is."""

    enterprises: int
    total: int
    largest: int


def spread_usage(connection: Connection, resources: Collection[str]) -> dict[str, Spread]:
    """Return by month what was used of some resources, in whole unit-seconds of each."""
    table = tables.usage_day.c
    month = func.substr(table.day, 1, len("2022-07")).label("month")
    # A sum need not fit into 64 bits, on which SQLite insists; those of the parts do.
    used = (func.sum(table.quantity // MICRO) + func.sum(table.quantity % MICRO) // MICRO).label(
        "amount"
    )
    of_each = (
        select(month, table.enterprise, used)
        .where(table.resource.in_(sorted(resources)))
        .group_by(month, table.enterprise)
        .subquery()
    )
    rows = connection.execute(_spread(of_each, of_each.c.month))
    return {row[0]: Spread(*map(int, row[1:])) for row in rows}


def spread_refunds(connection: Connection) -> dict[tuple[int, str], Spread]:
    """Return by year and programme what was paid to enterprises and not given back, in fen."""
    claim, balance = tables.claim_state.c, tables.claim_balance.c
    paid = func.sum(balance.paid - balance.recovered).label("amount")
    of_each = (
        select(claim.year, claim.programme, claim.enterprise, paid)
        .where(claim.claim == balance.claim, balance.paid > 0)
        .group_by(claim.year, claim.programme, claim.enterprise)
        .subquery()
    )
    rows = connection.execute(_spread(of_each, of_each.c.year, of_each.c.programme))
    return {(row[0], row[1]): Spread(*map(int, row[2:])) for row in rows}


def _spread(of_each: Subquery, *keys: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """Return the query that adds the amounts of enterprises up by some keys, in their order."""
    amount = of_each.c.amount
    return (
        select(*keys, func.count(), func.sum(amount), func.max(amount))
        .group_by(*keys)
        .order_by(*keys)
    )


@lru_cache(maxsize=4096)
def _last_day(month: str) -> str:
    return last_day(month).isoformat()


def find_entry(connection: Connection, source: str, event_id: str) -> tuple[LogName, int] | None:
    """Return where the event of a name stands, as (log, index); None when it is not recorded."""
    table, named = tables.identity.c, tables.source.c
    row = connection.execute(
        select(table.log, table.leaf_index)
        .join(tables.source, named.number == table.source)
        .where(named.name == source, table.event_id == event_id)
    ).first()
    return None if row is None else (LOG_NAMES[row[0]], row[1])


def find_entries(connection: Connection, source: str, prefix: str) -> list[int]:
    """Return the indexes of a source's events in the book whose ids begin in some way, in order."""
    table, named = tables.identity.c, tables.source.c
    query = (
        select(table.leaf_index)
        .join(tables.source, named.number == table.source)
        .where(named.name == source, table.log == LOG_NUMBERS["book"])
        .where(table.event_id.startswith(prefix, autoescape=True))
        .order_by(table.leaf_index)
    )
    return list(connection.scalars(query))


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
    """A record that was refused; `body` holds its first bytes, `length` and `sha256` are whole.

    `log` and `batch_index` name the closing leaf that covers it. `settled`: it was taken in later.
    """

    number: int
    stream: str
    position: int
    code: str
    message: Text
    body: bytes
    length: int
    sha256: bytes
    log: LogName
    batch_index: int
    recorded_at_ms: int
    settled: bool


@dataclass(frozen=True, slots=True)
class RefusedFilter:
    """Which refused records are asked for: those after a number, of a code, still open."""

    after: int = 0
    code: str | None = None
    is_open: bool = False


def read_refused(
    connection: Connection, wanted: RefusedFilter, limit: int
) -> tuple[list[Refused], int]:
    """Return the first refused records in the order in which they were refused, and their count."""
    query = _refused_query()
    query = query.where(tables.rejection.c.id > wanted.after)
    if wanted.code is not None:
        query = query.where(tables.rejection.c.code == wanted.code)
    if wanted.is_open:
        query = query.where(tables.settlement.c.settled.is_(None))
    total = connection.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = connection.execute(query.order_by(tables.rejection.c.id).limit(limit))
    return [_refused(row) for row in rows], total


def find_refused(connection: Connection, number: int) -> Refused | None:
    """Return one refused record, None where there is none of that number."""
    query = _refused_query().where(tables.rejection.c.id == number)
    row = connection.execute(query).one_or_none()
    return None if row is None else _refused(row)


def read_open(connection: Connection, stream: str, first: int, following: int) -> list[Refused]:
    """Return what of `[first, following)` of a stream was refused and not taken in since."""
    table = tables.rejection.c
    query = _refused_query().where(table.stream == stream, table.position >= first)
    query = query.where(table.position < following, tables.settlement.c.settled.is_(None))
    return [_refused(row) for row in connection.execute(query.order_by(table.position))]


def _refused_query() -> Select[*tuple[Any, ...]]:
    """Return the query for refused records, each with what became of it."""
    rejection, settlement = tables.rejection, tables.settlement
    same = (settlement.c.stream == rejection.c.stream) & (
        settlement.c.position == rejection.c.position
    )
    return select(rejection, settlement.c.settled).outerjoin_from(rejection, settlement, same)


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
        log=LOG_NAMES[named["log"]],
        batch_index=named["batch_index"],
        recorded_at_ms=named["recorded_at_ms"],
        settled=bool(named["settled"]),
    )


def read_sequence_blocks(connection: Connection) -> Iterator[Block]:
    """Yield each source's blocks of numbers that arrived, by source and number."""
    table = tables.sequence_block
    query = select(table).order_by(*table.primary_key)
    for row in connection.execute(query.execution_options(yield_per=1000)):
        yield row.source, row.block, row.bits


def read_source_days(connection: Connection) -> Iterator[SourceDay]:
    """Yield what each source sent for a day beside what it says, by source, resource and day."""
    table = tables.source_day
    query = select(table).order_by(*table.primary_key)
    for row in connection.execute(query.execution_options(yield_per=1000)):
        yield SourceDay(*row)
