"""Append to the log: the only writer.

One transaction holds all that a batch does: entries, tiles, heads, the stream's next position,
rejections and projections. Heads and positions move by compare-and-swap, so a writer that was
overtaken changes nothing. What the books cannot carry is refused before anything is written. Each
log that a batch touches gets one closing leaf, `batch.recorded`, which puts counts, positions,
refusals and the time of recording under the root.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

import zstandard
from sqlalchemy import Connection, Engine, func, select, update

from ledger import tables
from ledger.batch import Batch, Outcome
from ledger.bookkeeping import require_lawful
from ledger.bulk import DuplicateKeyError, insert_rows
from ledger.codec import Event
from ledger.errors import RuleViolationError
from ledger.events import BatchRecorded, LogName
from ledger.facts import Facts, gather
from ledger.log_writer import OWN_SOURCE, LogWriter
from ledger.projection import Projection
from ledger.read import read_heads, usage_logs_of
from ledger.text import Text

__all__ = ["OWN_SOURCE", "OWN_STREAM", "RESERVED_SOURCES", "Batch", "Outcome", "Store"]

RESERVED_SOURCES: Final = frozenset(
    {
        OWN_SOURCE,
        "urn:suanquan:access",
        "urn:suanquan:claims",
        "urn:suanquan:funds",
        "urn:suanquan:keys",
        "urn:suanquan:papers",
        "urn:suanquan:people",
        "urn:suanquan:retry",
        "urn:suanquan:statements",
        "urn:suanquan:vouchers",
    }
)
"""Sources of events that only our own commands write; nobody else may take their names."""

OWN_STREAM: Final = "command"
"""The stream of events that commands write; its positions count them."""


class Store:
    """The writer of one ledger, on a database whose schema is there."""

    def __init__(
        self,
        engine: Engine,
        projections: Sequence[Projection],
        connection: Connection | None = None,
    ) -> None:
        self._engine = engine
        self._projections = projections
        self._connection = connection
        self._compressor = zstandard.ZstdCompressor(level=3)

    def position(self, stream: str) -> int:
        """Return the next position of a stream, zero for one that was never seen."""
        return self.find_position(stream) or 0

    def find_position(self, stream: str) -> int | None:
        """Return the next position of a stream, None for one that was never seen."""
        with self.transaction() as connection:
            return _find_position(connection, stream)

    def streams(self, prefix: str) -> dict[str, int]:
        """Return the next position of each stream whose name begins so, by name."""
        name = tables.stream.c.name
        query = select(tables.stream).where(func.substr(name, 1, len(prefix)) == prefix)
        with self.transaction() as connection:
            return {row.name: row.next for row in connection.execute(query.order_by(name))}

    def refused(self, stream: str, first: int, following: int) -> set[int]:
        """Return which of the positions `[first, following)` of a stream were refused."""
        table = tables.rejection.c
        query = select(table.position).where(table.stream == stream)
        query = query.where(table.position >= first, table.position < following)
        with self.transaction() as connection:
            return set(connection.scalars(query))

    def usage_logs(self) -> list[LogName]:
        """Return the names of the ledger's usage logs, in order."""
        with self.transaction() as connection:
            return usage_logs_of(read_heads(connection))

    @contextmanager
    def together(self) -> Iterator["Store"]:
        """Yield a writer whose appends are one transaction: all of them, or none on an error.

        Within such a writer it is the same transaction, which ends with the outermost one.
        """
        with self.transaction() as connection:
            yield Store(self._engine, self._projections, connection)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Yield the connection of the transaction at hand, or of one of its own."""
        if self._connection is not None:
            yield self._connection
        else:
            with self._engine.begin() as connection:
                yield connection

    def append(self, batch: Batch, recorded_at_ms: int) -> Outcome:
        """Record a batch and return what became of it.

        Raises `RuleViolationError` (`stream_moved`, `head_moved`) when another writer was faster;
        nothing was changed then. Raises it too, with the codes of `ledger.laws.find_refusal`,
        where the books cannot carry an event. Raises `TamperedLogError` when the head disagrees
        with itself.
        """
        with self.transaction() as connection:
            return self._append(connection, batch, recorded_at_ms)

    def append_own(
        self,
        events: Sequence[Event],
        recorded_at_ms: int,
        stream: str = OWN_STREAM,
        usage_log: LogName = "usage",
    ) -> Outcome:
        """Record events that a command made, on a stream of commands: all of them or none.

        Raises `RuleViolationError` (`name_taken`) when one contradicts what stands under its name.
        """
        with self.transaction() as connection:
            start = _find_position(connection, stream) or 0
            batch = Batch(
                stream=stream,
                expected=start,
                first=start,
                next=start + len(events),
                events=list(enumerate(events, start)),
                usage_log=usage_log,
            )
            outcome = self._append(connection, batch, recorded_at_ms)
            if outcome.rejected:
                raise RuleViolationError(
                    "name_taken",
                    Text(
                        f"{outcome.rejected} 个事件与账本中同名的事件不同，另一进程可能已先写入",
                        f"{outcome.rejected} events differ from those of their names in the ledger;"
                        " another run may have been faster",
                    ),
                    Text("未写入任何内容；请重新运行", "nothing was written; run it again"),
                )
            return outcome

    def _append(self, connection: Connection, batch: Batch, recorded_at_ms: int) -> Outcome:
        """Record a batch within a transaction."""
        moved = _advance(connection, batch)
        recorded = duplicate = rejected = size = 0
        log = batch.usage_log
        for log in _logs_of(batch):
            writer = LogWriter(connection, log, batch, recorded_at_ms)
            resolved = writer.resolve()
            recorded += len(resolved.fresh)
            duplicate += resolved.duplicate
            rejected += len(writer.refused)
            rejections = writer.find_new_rejections()
            size = writer.size
            if moved or resolved.fresh or rejections:
                if log == "book":
                    require_lawful(connection, resolved.fresh)
                size = writer.write(resolved, rejections, self._compressor)
                facts = gather(resolved.fresh, Facts(log=log), writer.size)
                for projection in self._projections:
                    projection.apply(connection, facts)
        return Outcome(recorded, duplicate, rejected, max(batch.expected, batch.next), log, size)


def _logs_of(batch: Batch) -> list[LogName]:
    """Return the logs that a batch writes to; refusals alone go to its usage log.

    Usage comes before the book, so that two batches never wait for each other's head.
    """
    assert OWN_SOURCE not in {event.source for _, event in batch.events}, batch.stream
    kinds = {event.kind for _, event in batch.events}
    assert BatchRecorded not in kinds, batch.stream
    touched = {kind.log for kind in kinds}
    if batch.rejections or not touched:
        touched.add("usage")
    return [batch.usage_log if kind == "usage" else kind for kind in sorted(touched, reverse=True)]


def _find_position(connection: Connection, stream: str) -> int | None:
    """Return the next position of a stream, None for one that was never seen."""
    table = tables.stream
    return connection.scalar(select(table.c.next).where(table.c.name == stream))


def _advance(connection: Connection, batch: Batch) -> bool:
    """Move the stream to the batch's end and return whether it moved.

    The row is locked by the update, so of two writers with one expectation the second one fails.
    """
    table = tables.stream
    moves = batch.next > batch.expected
    may_be_new = batch.expected == 0 and (moves or batch.opens)
    if may_be_new and _find_position(connection, batch.stream) is None:
        with suppress(DuplicateKeyError):
            insert_rows(connection, table, [(batch.stream, batch.next)])
            return True
    if moves:
        changed = connection.execute(
            update(table)
            .where(table.c.name == batch.stream, table.c.next == batch.expected)
            .values(next=batch.next)
        )
        if changed.rowcount == 1:
            return True
    current = _find_position(connection, batch.stream) or 0
    if moves or current != batch.expected:
        raise RuleViolationError(
            "stream_moved",
            Text(
                f"{batch.stream} 已被另一进程推进到 {current}，本批从 {batch.expected} 起",
                f"{batch.stream} stands at {current}, this batch expected {batch.expected}",
            ),
            Text("未写入任何内容；请重新运行", "nothing was written; run it again"),
        )
    return False
