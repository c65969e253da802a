"""Projections: tables that cache a fold of the log, updated in the transaction that appends.

A run of events, folded, gives partial rows; rows with one key merge column by column. Each
merge is associative and commutative, so batches of any size give the same table, and a replay of
the whole log in one piece is comparable row by row. The balances of the books are under laws that
the database checks on every row; a part of a row may break them where the whole does not. A
projection may also be nothing but keys: then each row comes from one entry, and none ever merges.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal, assert_never

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    Update,
    bindparam,
    case,
    insert,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, IntegrityError

from ledger import tables
from ledger.balance import sum_up
from ledger.bulk import DuplicateKeyError, insert_rows
from ledger.claim_state import stand
from ledger.codec import Event
from ledger.errors import InvalidInputError, TamperedLogError
from ledger.events import RejectionSettled, UsageTallied
from ledger.facts import Facts, gather
from ledger.quantity import parse_quantity
from ledger.read import CHECK_THE_LOG
from ledger.tables import LOG_NUMBERS
from ledger.text import Text
from ledger.topics import topics_of
from ledger.usage import DayKey

Merge = Literal["sum", "min", "max", "or", "last"]
"""`last` takes the value of the row whose first value, an index in the log, is greater."""

Key = tuple[Any, ...]
"""Text and whole numbers, as the key columns of a table are."""

Rows = dict[Key, tuple[int, ...]]


@dataclass(frozen=True)
class Projection:
    """A name that is its table's, how its rows follow from facts, and how its values merge.

    The table's key columns come first, its value columns after them, one merge each.
    """

    table: Table
    merges: tuple[Merge, ...]
    derive: Callable[[Facts], Rows]

    @property
    def name(self) -> str:
        """Return the projection's name."""
        return self.table.name

    @property
    def columns(self) -> list[str]:
        """Return the names of all columns, keys first."""
        return [column.name for column in self.table.columns]

    @property
    def keys(self) -> list[str]:
        """Return the names of the key columns."""
        return self.columns[: len(self.columns) - len(self.merges)]

    def merge(self, old: tuple[int, ...], new: tuple[int, ...]) -> tuple[int, ...]:
        """Return the row that two partial rows with one key make together."""
        is_later = bool(new) and new[0] > old[0]
        return tuple(
            _merge(how, a, b, is_later=is_later)
            for how, a, b in zip(self.merges, old, new, strict=True)
        )

    def fold(self, events: Iterable[Event], first: int = 0) -> Rows:
        """Return the rows of any run of events, of which the first has an index in its log."""
        return self.derive(gather(events, first=first))

    def apply(self, connection: Connection, facts: Facts) -> None:
        """Merge the rows of a batch's facts into the table."""
        rows = self.derive(facts)
        if rows and not self.merges:
            self._insert(connection, rows)
        elif rows:
            named = [
                dict(zip(self.columns, (*key, *values), strict=True))
                for key, values in sorted(rows.items())
            ]
            try:
                if self.name in tables.BOOKS:
                    self._merge_whole(connection, named)
                else:
                    connection.execute(_upsert(self, connection.dialect.name), named)
            except (IntegrityError, DataError) as error:
                tell = _unlawful if self.name in tables.BOOKS else _overflow
                raise tell(self.name, error) from error

    def _insert(self, connection: Connection, rows: Rows) -> None:
        """Insert rows that are nothing but keys; each names an entry that was not there before."""
        try:
            insert_rows(connection, self.table, sorted(rows))
        except DuplicateKeyError as error:
            raise _beyond_head(self.name) from error

    def _merge_whole(self, connection: Connection, rows: Iterable[dict[str, Any]]) -> None:
        """Merge rows into the ones that are there, else insert them; no part is tried by itself.

        Both databases check what an upsert would insert before they look for the row that is
        there. The head of the book is locked by whoever comes here, so nobody comes between.
        """
        statement = _update(self)
        for row in rows:
            given = {f"{name}_given": value for name, value in row.items()}
            if connection.execute(statement, given).rowcount == 0:
                connection.execute(insert(self.table).values(row))

    def merged(self, new: Mapping[str, ColumnElement[int]]) -> dict[str, ColumnElement[int]]:
        """Return, as SQL, each value of the row that is there merged with the new one."""
        values = list(self.table.columns)[len(self.keys) :]
        is_later = new[values[0].name] > values[0]
        return {
            column.name: _merge_sql(how, column, new[column.name], is_later)
            for how, column in zip(self.merges, values, strict=True)
        }


# Building a statement costs more than running it, and each batch runs all of them.
@cache
def _update(projection: Projection) -> Update:
    """Return the statement that merges the row given into the one that is there."""
    given = {
        column.name: bindparam(f"{column.name}_given", type_=column.type)
        for column in projection.table.columns
    }
    there = [key == given[key.name] for key in projection.table.primary_key]
    return update(projection.table).where(*there).values(projection.merged(given))


@cache
def _upsert(projection: Projection, dialect: str) -> Any:  # noqa: ANN401 - two dialects, one protocol
    """Return the statement that inserts a row or merges it into the one that is there."""
    upsert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    statement = upsert(projection.table)
    return statement.on_conflict_do_update(
        index_elements=list(projection.table.primary_key),
        set_=projection.merged({name: statement.excluded[name] for name in projection.columns}),
    )


def _beyond_head(table: str) -> TamperedLogError:
    """Return the error for a row about an entry that is only now being written."""
    return TamperedLogError(
        "beyond_head",
        Text(
            f"{table} 中已有日志头部之后的条目", f"{table} holds rows beyond the head of the book"
        ),
        CHECK_THE_LOG,
    )


def _overflow(table: str, error: Exception) -> InvalidInputError:
    """Return the error for sums that the database cannot hold, for no real centre reaches them."""
    return InvalidInputError(
        "quantity_overflow",
        Text(
            f"{table} 中的合计超出 64 位整数：{error}", f"a sum in {table} passes 64 bits: {error}"
        ),
        Text(
            "本批未写入；请检查用量单位，剔除异常记录后重新运行",
            "nothing of the batch was written; check the amounts' unit and leave such records out",
        ),
    )


def _unlawful(table: str, error: Exception) -> TamperedLogError:
    """Return the error for balances that break a law, though what is stored allowed the event."""
    return TamperedLogError(
        "books_disagree",
        Text(
            f"{table} 中的余额不符合记账规则：{error}", f"balances in {table} break a law: {error}"
        ),
        CHECK_THE_LOG,
    )


def _merge(how: Merge, old: int, new: int, *, is_later: bool) -> int:
    """Return two values merged."""
    match how:
        case "sum":
            return old + new
        case "min":
            return min(old, new)
        case "max":
            return max(old, new)
        case "or":
            return old | new
        case "last":
            return new if is_later else old
        case _:
            assert_never(how)


def _merge_sql(
    how: Merge, old: ColumnElement[int], new: ColumnElement[int], is_later: ColumnElement[bool]
) -> ColumnElement[int]:
    """Return the same merge as SQL."""
    match how:
        case "sum":
            return old + new
        case "min":
            return case((new < old, new), else_=old)
        case "max":
            return case((new > old, new), else_=old)
        case "or":
            return old.bitwise_or(new)
        case "last":
            return case((is_later, new), else_=old)
        case _:
            assert_never(how)


def _usage_day(facts: Facts) -> Rows:
    """Return quantities in micro-unit-seconds by enterprise, contract, resource and policy day."""
    total: dict[DayKey, int] = {}
    for (_, *names, _), (_, micro, _) in facts.held.items():
        key = (names[0], names[1], names[2], names[3])
        total[key] = total.get(key, 0) + micro
    return {key: (micro,) for key, micro in total.items()}


def _usage_block(facts: Facts) -> Rows:
    """Return what stands of each day's usage in which block of the log, of all sources.

    Slices that start on the day, slices of an earlier day that go on in it, micro-unit-seconds.
    """
    total: dict[Key, list[int]] = {}
    number = LOG_NUMBERS[facts.log]
    for (_, *names, block), (starts, micro, continued) in facts.held.items():
        row = total.setdefault((*names, number, block), [0, 0, 0])
        row[0] += starts
        row[1] += continued
        row[2] += micro
    return {key: tuple(values) for key, values in total.items()}


def _source_span(facts: Facts) -> Rows:
    """Return the first start and the last end of each source's usage, in UTC milliseconds."""
    return {(source,): (first, last) for source, (first, last) in facts.spans.items()}


def _source_day(facts: Facts) -> Rows:
    """Return what each source sent of a resource for a policy day, beside what it says it sent.

    Slices that start on the day and micro-unit-seconds held during it; tallies and their sums.
    """
    total: dict[tuple[str, str, str], list[int]] = {}
    for (source, _, _, resource, day, _), (starts, micro, _) in facts.held.items():
        row = total.setdefault((source, resource, day), [0, 0, 0, 0, 0])
        row[0] += starts
        row[1] += micro
    for event in facts.others:
        if event.kind is UsageTallied:
            said = event.data
            assert isinstance(said, UsageTallied)
            row = total.setdefault((event.source, said.resource, said.day), [0, 0, 0, 0, 0])
            row[2] += 1
            row[3] += said.events
            row[4] += parse_quantity(said.quantity)
    return {key: tuple(values) for key, values in total.items()}


def _sequence_block(facts: Facts) -> Rows:
    """Return which numbers of each source are there: a bit each, `SEQUENCE_BITS` in a block."""
    return {block: (bits,) for block, bits in facts.numbers.items()}


def _settlement(facts: Facts) -> Rows:
    """Return the refused records that were taken in after all."""
    return {
        (data.stream, data.position): (1,)
        for data in (event.data for event in facts.others if event.kind is RejectionSettled)
        if isinstance(data, RejectionSettled)
    }


def _fund_balance(facts: Facts) -> Rows:
    """Return what each account of each fund's year moves by, and how often a year is closed."""
    return dict(sum_up(facts.others).funds)


def _claim_balance(facts: Facts) -> Rows:
    """Return what each claim's amounts move by."""
    return dict(sum_up(facts.others).claims)


def _payment_order(facts: Facts) -> Rows:
    """Return which payment orders are given, and how much of each is paid or failed."""
    return dict(sum_up(facts.others).orders)


def _trail(facts: Facts) -> Rows:
    """Return what each entry of the book is about."""
    return {
        (topic, index): ()
        for index, event in zip(facts.indexes, facts.others, strict=True)
        for topic in topics_of(event)
    }


def _claim_state(facts: Facts) -> Rows:
    """Return where each claim stands."""
    return dict(stand(zip(facts.indexes, facts.others, strict=True)))


USAGE_DAY: Final = Projection(tables.usage_day, ("sum",), _usage_day)
USAGE_BLOCK: Final = Projection(tables.usage_block, ("sum",) * 3, _usage_block)
SOURCE_SPAN: Final = Projection(tables.source_span, ("min", "max"), _source_span)
SOURCE_DAY: Final = Projection(tables.source_day, ("sum",) * 5, _source_day)
SEQUENCE_BLOCK: Final = Projection(tables.sequence_block, ("or",), _sequence_block)
SETTLEMENT: Final = Projection(tables.settlement, ("max",), _settlement)
FUND_BALANCE: Final = Projection(tables.fund_balance, ("sum",) * 9, _fund_balance)
CLAIM_BALANCE: Final = Projection(tables.claim_balance, ("sum",) * 7, _claim_balance)
PAYMENT_ORDER: Final = Projection(tables.payment_order, ("sum",) * 4, _payment_order)
TRAIL: Final = Projection(tables.trail, (), _trail)
CLAIM_STATE: Final = Projection(
    tables.claim_state, ("max", "last", "last", "max", "sum", "sum"), _claim_state
)

PROJECTIONS: Final = (
    USAGE_DAY,
    SOURCE_SPAN,
    USAGE_BLOCK,
    SOURCE_DAY,
    SEQUENCE_BLOCK,
    SETTLEMENT,
    FUND_BALANCE,
    CLAIM_BALANCE,
    PAYMENT_ORDER,
    TRAIL,
    CLAIM_STATE,
)
