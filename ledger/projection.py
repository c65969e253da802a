"""Projections: tables that cache a fold of the log, updated in the transaction that appends.

A fold turns any run of events into partial rows; rows with one key merge column by column. Each
merge is associative and commutative, so batches of any size give the same table, and a replay of
the whole log in one piece is comparable row by row.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, assert_never

from sqlalchemy import ColumnElement, Connection, Table, case
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, IntegrityError

from ledger import tables
from ledger.codec import Event
from ledger.errors import InvalidInputError
from ledger.events import RejectionSettled, UsageTallied
from ledger.period import cut_by_day
from ledger.quantity import parse_quantity
from ledger.text import Text
from ledger.usage import DayKey

# As many numbers as fit into a positive 64-bit integer, a bit each, in a round figure.
SEQUENCE_BITS: Final = 60

Merge = Literal["sum", "min", "max", "or"]
Key = tuple[Any, ...]
"""Text and whole numbers, as the key columns of a table are."""

Rows = dict[Key, tuple[int, ...]]


@dataclass(frozen=True)
class Projection:
    """A name that is its table's, the fold that fills it, and how its value columns merge.

    The table's key columns come first, its value columns after them, one merge each.
    """

    table: Table
    merges: tuple[Merge, ...]
    fold: Callable[[Iterable[Event]], Rows]

    @property
    def name(self) -> str:
        """Return the projection's name."""
        return self.table.name

    @property
    def columns(self) -> list[str]:
        """Return the names of all columns, keys first."""
        return [column.name for column in self.table.columns]

    def merge(self, old: tuple[int, ...], new: tuple[int, ...]) -> tuple[int, ...]:
        """Return the row that two partial rows with one key make together."""
        return tuple(_merge(how, a, b) for how, a, b in zip(self.merges, old, new, strict=True))

    def apply(self, connection: Connection, events: Sequence[Event]) -> None:
        """Merge what a batch of events folds to into the table."""
        rows = self.fold(events)
        if rows:
            named = [
                dict(zip(self.columns, (*key, *values), strict=True))
                for key, values in sorted(rows.items())
            ]
            try:
                connection.execute(self._upsert(connection.dialect.name), named)
            except (IntegrityError, DataError) as error:
                raise _overflow(self.name, error) from error

    def _upsert(self, dialect: str) -> Any:  # noqa: ANN401 - two dialects, one protocol
        """Return the statement that inserts a row or merges it into the one that is there."""
        insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
        statement = insert(self.table)
        values = list(self.table.columns)[-len(self.merges) :]
        return statement.on_conflict_do_update(
            index_elements=list(self.table.primary_key),
            set_={
                column.name: _merge_sql(how, column, statement.excluded[column.name])
                for how, column in zip(self.merges, values, strict=True)
            },
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


def _merge(how: Merge, old: int, new: int) -> int:
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
        case _:
            assert_never(how)


def _merge_sql(how: Merge, old: ColumnElement[int], new: ColumnElement[int]) -> ColumnElement[int]:
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
        case _:
            assert_never(how)


def _fold_usage_day(events: Iterable[Event]) -> Rows:
    """Return quantities in micro-unit-seconds by enterprise, contract, resource and policy day."""
    total: dict[DayKey, int] = {}
    for event in events:
        piece = event.usage
        if piece is not None:
            subject, contract, resource = event.subject, piece.contract, piece.resource
            for day, duration_ms in cut_by_day(piece.start_ms, piece.end_ms):
                key = subject, contract, resource, day
                total[key] = total.get(key, 0) + piece.amount_milli * duration_ms
    return {key: (quantity,) for key, quantity in total.items()}


def _fold_source_span(events: Iterable[Event]) -> Rows:
    """Return the first start and the last end of each source's usage, in UTC milliseconds."""
    spans: dict[str, tuple[int, int]] = {}
    for event in events:
        piece = event.usage
        if piece is not None:
            first, last = spans.get(event.source) or (piece.start_ms, piece.end_ms)
            if piece.start_ms < first or piece.end_ms > last or event.source not in spans:
                spans[event.source] = min(first, piece.start_ms), max(last, piece.end_ms)
    return {(source,): span for source, span in spans.items()}


def _fold_source_day(events: Iterable[Event]) -> Rows:
    """Return what each source sent of a resource for a policy day, beside what it says it sent.

    Slices that start on the day and micro-unit-seconds held during it; tallies and their sums.
    """
    total: dict[tuple[str, str, str], list[int]] = {}
    for event in events:
        piece = event.usage
        if piece is not None:
            started = 1
            for day, duration_ms in cut_by_day(piece.start_ms, piece.end_ms):
                row = total.setdefault((event.source, piece.resource, day), [0, 0, 0, 0, 0])
                row[0] += started
                row[1] += piece.amount_milli * duration_ms
                started = 0
        elif event.kind is UsageTallied:
            said = event.data
            assert isinstance(said, UsageTallied)
            row = total.setdefault((event.source, said.resource, said.day), [0, 0, 0, 0, 0])
            row[2] += 1
            row[3] += said.events
            row[4] += parse_quantity(said.quantity)
    return {key: tuple(values) for key, values in total.items()}


def _fold_sequence(events: Iterable[Event]) -> Rows:
    """Return which numbers of each source are there: a bit each, `SEQUENCE_BITS` in a block."""
    bits: dict[tuple[str, int], int] = {}
    for event in events:
        if event.sequence is not None:
            block, number = divmod(event.sequence, SEQUENCE_BITS)
            key = event.source, block
            bits[key] = bits.get(key, 0) | 1 << number
    return {key: (value,) for key, value in bits.items()}


def _fold_settlement(events: Iterable[Event]) -> Rows:
    """Return the refused records that were taken in after all."""
    return {
        (data.stream, data.position): (1,)
        for data in (event.data for event in events if event.kind is RejectionSettled)
        if isinstance(data, RejectionSettled)
    }


USAGE_DAY: Final = Projection(tables.usage_day, ("sum",), _fold_usage_day)
SOURCE_SPAN: Final = Projection(tables.source_span, ("min", "max"), _fold_source_span)
SOURCE_DAY: Final = Projection(tables.source_day, ("sum",) * 5, _fold_source_day)
SEQUENCE_BLOCK: Final = Projection(tables.sequence_block, ("or",), _fold_sequence)
SETTLEMENT: Final = Projection(tables.settlement, ("max",), _fold_settlement)

PROJECTIONS: Final = (USAGE_DAY, SOURCE_SPAN, SOURCE_DAY, SEQUENCE_BLOCK, SETTLEMENT)
