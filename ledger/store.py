"""Append to the log: the only writer.

One transaction holds all that a batch does: entries, tiles, heads, the stream's next position,
rejections and projections. Heads and positions move by compare-and-swap, so a writer that was
overtaken changes nothing. Each log that a batch touches gets one closing leaf, `batch.recorded`,
which puts counts, positions, refusals and the time of recording under the root.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec
import zstandard
from sqlalchemy import Connection, Engine, insert, select, update

from ledger import merkle, tables, tlog
from ledger.bulk import DuplicateKeyError, insert_rows
from ledger.codec import Event, encode
from ledger.errors import RuleViolationError, TamperedLogError
from ledger.events import BatchRecorded, LogName
from ledger.identity import Conflict, Resolved, resolve
from ledger.period import render_instant
from ledger.projection import Projection
from ledger.read import CHECK_THE_LOG
from ledger.rejection import Rejection, rejections_digest
from ledger.tables import LOG_NUMBERS
from ledger.text import Text

OWN_SOURCE: Final = "urn:suanquan:ledger"
"""The CloudEvents source of the leaves that the ledger writes itself."""

RESERVED_SOURCES: Final = frozenset(
    {OWN_SOURCE, "urn:suanquan:statements", "urn:suanquan:vouchers"}
)
"""Sources of events that only our own commands write; nobody else may take their names."""

OWN_STREAM: Final = "command"
"""The stream of events that commands write; its positions count them."""


class Batch(msgspec.Struct, frozen=True):
    """Records `[first, next)` of a stream, each an event or a rejection.

    `expected` is the stream's next position as the writer knows it. A batch that ends at or before
    it was read again: it must not move anything, but what is new in it is still recorded.
    """

    stream: str
    expected: int
    first: int
    next: int
    events: Sequence[tuple[int, Event]]
    rejections: Sequence[Rejection] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a batch: seen = recorded + duplicate + rejected."""

    recorded: int
    duplicate: int
    rejected: int
    next: int


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
        with self.transaction() as connection:
            return _position(connection, stream)

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
        nothing was changed then. Raises `TamperedLogError` when the head disagrees with itself.
        """
        with self.transaction() as connection:
            return self._append(connection, batch, recorded_at_ms)

    def append_own(self, events: Sequence[Event], recorded_at_ms: int) -> Outcome:
        """Record events that a command made, on the stream of commands: all of them or none.

        Raises `RuleViolationError` (`name_taken`) when one contradicts what stands under its name.
        """
        with self.transaction() as connection:
            start = _position(connection, OWN_STREAM)
            batch = Batch(
                stream=OWN_STREAM,
                expected=start,
                first=start,
                next=start + len(events),
                events=list(enumerate(events, start)),
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
        recorded = duplicate = rejected = 0
        for log in _logs_of(batch):
            writer = _LogWriter(connection, log, batch, recorded_at_ms)
            resolved = writer.resolve()
            recorded += len(resolved.fresh)
            duplicate += resolved.duplicate
            rejected += len(writer.refused)
            rejections = writer.find_new_rejections()
            if moved or resolved.fresh or rejections:
                writer.write(resolved, rejections, self._compressor)
                for projection in self._projections:
                    projection.apply(connection, resolved.fresh)
        return Outcome(recorded, duplicate, rejected, max(batch.expected, batch.next))


def _logs_of(batch: Batch) -> list[LogName]:
    """Return the logs that a batch writes to; refusals alone go to the usage log."""
    assert OWN_SOURCE not in {event.source for _, event in batch.events}, batch.stream
    kinds = {event.kind for _, event in batch.events}
    assert BatchRecorded not in kinds, batch.stream
    touched = {kind.log for kind in kinds}
    if batch.rejections or not touched:
        touched.add("usage")
    return [log for log in LOG_NUMBERS if log in touched]


def _position(connection: Connection, stream: str) -> int:
    """Return the next position of a stream, zero for one that was never seen."""
    table = tables.stream
    return connection.scalar(select(table.c.next).where(table.c.name == stream)) or 0


def _advance(connection: Connection, batch: Batch) -> bool:
    """Move the stream to the batch's end and return whether it moved.

    The row is locked by the update, so of two writers with one expectation the second one fails.
    """
    table = tables.stream
    if batch.next <= batch.expected:
        current, moved = _position(connection, batch.stream), False
    else:
        moved = True
        current = batch.expected
        if batch.expected == 0 and _position(connection, batch.stream) == 0:
            try:
                insert_rows(connection, table, [(batch.stream, batch.next)])
            except DuplicateKeyError:
                current = _position(connection, batch.stream)
        else:
            changed = connection.execute(
                update(table)
                .where(table.c.name == batch.stream, table.c.next == batch.expected)
                .values(next=batch.next)
            )
            if changed.rowcount != 1:
                current = _position(connection, batch.stream)
    if current != batch.expected:
        raise RuleViolationError(
            "stream_moved",
            Text(
                f"{batch.stream} 已被另一进程推进到 {current}，本批从 {batch.expected} 起",
                f"{batch.stream} stands at {current}, this batch expected {batch.expected}",
            ),
            Text("未写入任何内容；请重新运行", "nothing was written; run it again"),
        )
    return moved


class _LogWriter:
    """One log's part of one batch: what is refused, what is new, and the rows that it becomes."""

    def __init__(
        self, connection: Connection, log: LogName, batch: Batch, recorded_at_ms: int
    ) -> None:
        self._connection = connection
        self._log = log
        self._batch = batch
        self._recorded_at_ms = recorded_at_ms
        self._head = _lock_head(connection, log)
        self._events = [pair for pair in batch.events if pair[1].kind.log == log]
        self.refused: list[tuple[Rejection, Conflict | None]] = []
        if log == "usage":
            self.refused = [(rejection, None) for rejection in batch.rejections]

    def resolve(self) -> Resolved:
        """Claim the identity of each new event; count duplicates; refuse conflicts."""
        resolved = resolve(self._connection, self._log, self._head.size, self._events)
        for conflict in resolved.conflicts:
            rejection = Rejection.of(
                conflict.position, "conflict", conflict.message(), conflict.event.raw
            )
            self.refused.append((rejection, conflict))
        self.refused.sort(key=lambda pair: pair[0].position)
        return resolved

    def find_new_rejections(self) -> list[tuple[Rejection, Conflict | None]]:
        """Return the refusals whose position has none yet; a stream read again repeats them."""
        table = tables.rejection.c
        if not self.refused:
            return []
        known = set(
            self._connection.scalars(
                select(table.position)
                .where(table.stream == self._batch.stream)
                .where(table.position >= self._batch.first, table.position < self._batch.next)
            )
        )
        return [pair for pair in self.refused if pair[0].position not in known]

    def write(
        self,
        resolved: Resolved,
        rejections: Sequence[tuple[Rejection, Conflict | None]],
        compressor: zstandard.ZstdCompressor,
    ) -> None:
        """Write entries, closing leaf, tiles, head and refusals."""
        entries = [event.raw for event in resolved.fresh]
        batch_index = self._head.size + len(entries)
        entries.append(self._closing_leaf(resolved, rejections, batch_index))
        try:
            self._write_chunks(entries, compressor)
            self._write_tree(merkle.leaf_hashes(entries))
        except DuplicateKeyError as error:
            raise TamperedLogError(
                "beyond_head",
                Text(
                    f"日志 {self._log} 在头部 {self._head.size} 之后还有数据",
                    f"{self._log} holds rows beyond its head at {self._head.size}",
                ),
                CHECK_THE_LOG,
            ) from error
        self._write_rejections(rejections, batch_index)

    def _closing_leaf(
        self,
        resolved: Resolved,
        rejections: Sequence[tuple[Rejection, Conflict | None]],
        batch_index: int,
    ) -> bytes:
        """Return the bytes of the leaf that closes the batch in this log."""
        data = BatchRecorded(
            stream=self._batch.stream,
            first=self._batch.first,
            next=self._batch.next,
            seen=len(resolved.fresh) + resolved.duplicate + len(self.refused),
            recorded=len(resolved.fresh),
            duplicate=resolved.duplicate,
            rejected=len(self.refused),
            rejections_sha256=rejections_digest(
                self._rejection_row(*pair, batch_index) for pair in rejections
            ),
            recorded_at=render_instant(self._recorded_at_ms),
        )
        return encode(OWN_SOURCE, f"{self._log}/{batch_index}", "", data).raw

    def _write_chunks(self, entries: Sequence[bytes], compressor: zstandard.ZstdCompressor) -> None:
        """Insert the entries as compressed bundles, cut where the tiles are."""
        rows: list[tuple[object, ...]] = []
        first = 0
        while first < len(entries):
            start = self._head.size + first
            last = first + merkle.TILE_WIDTH - start % merkle.TILE_WIDTH
            part = entries[first:last]
            body = compressor.compress(tlog.encode_bundle(part))
            rows.append((LOG_NUMBERS[self._log], start, len(part), body))
            first = last
        insert_rows(self._connection, tables.chunk, rows)

    def _write_tree(self, leaves: Sequence[bytes]) -> None:
        """Extend the tree and move the head, if it still is where it was read."""
        number = LOG_NUMBERS[self._log]
        old = merkle.decode_frontier(self._head.size, self._head.frontier)
        if merkle.root(old) != self._head.root:
            raise TamperedLogError(
                "bad_head",
                Text(f"日志 {self._log} 的根与前沿不符", f"{self._log}: root and frontier differ"),
                CHECK_THE_LOG,
            )
        new, segments = merkle.extend(old, leaves)
        insert_rows(
            self._connection,
            tables.tile,
            [(number, segment.level, segment.start, segment.hashes) for segment in segments],
        )
        table = tables.log
        moved = self._connection.execute(
            update(table)
            .where(table.c.number == number)
            .where(table.c.size == old.size, table.c.root == self._head.root)
            .values(size=new.size, root=merkle.root(new), frontier=merkle.encode_frontier(new))
        )
        if moved.rowcount != 1:
            raise RuleViolationError(
                "head_moved",
                Text(
                    f"日志 {self._log} 已被另一进程追加", f"{self._log} was appended to meanwhile"
                ),
                Text("未写入任何内容；请重新运行", "nothing was written; run it again"),
            )

    def _write_rejections(
        self, rejections: Sequence[tuple[Rejection, Conflict | None]], batch_index: int
    ) -> None:
        """Insert the refusals that are new."""
        rows = [self._rejection_row(*pair, batch_index) for pair in rejections]
        if rows:
            self._connection.execute(insert(tables.rejection), rows)

    def _rejection_row(
        self, rejection: Rejection, conflict: Conflict | None, batch_index: int
    ) -> dict[str, object]:
        """Return the row of a refusal."""
        return {
            "stream": self._batch.stream,
            "position": rejection.position,
            "code": rejection.code,
            "message_zh": rejection.message.zh,
            "message_en": rejection.message.en,
            "body": rejection.body,
            "length": rejection.length,
            "sha256": rejection.sha256,
            "conflict_log": conflict and LOG_NUMBERS[conflict.log],
            "conflict_index": conflict and conflict.leaf_index,
            "log": LOG_NUMBERS[self._log],
            "batch_index": batch_index,
            "recorded_at_ms": self._recorded_at_ms,
        }


class _Head(NamedTuple):
    """A log's head row as it was locked."""

    size: int
    root: bytes
    frontier: bytes


def _lock_head(connection: Connection, log: LogName) -> _Head:
    """Return a log's head, locked against other writers until the commit."""
    table = tables.log.c
    row = connection.execute(
        select(table.size, table.root, table.frontier)
        .where(table.number == LOG_NUMBERS[log])
        .with_for_update()
    ).one()
    return _Head(*row)
