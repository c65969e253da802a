"""One log's part of one batch: entries as chunks, the closing leaf, tiles, head and refusals.

Under `ledger.store`, which holds the transaction.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import zstandard
from sqlalchemy import Connection, insert, select, update

from ledger import merkle, tables, tlog
from ledger.batch import Batch
from ledger.bulk import DuplicateKeyError, insert_rows
from ledger.codec import encode
from ledger.errors import RuleViolationError, TamperedLogError
from ledger.events import BatchRecorded, LogName, kind_of_log
from ledger.identity import Conflict, Resolved, resolve
from ledger.period import render_instant
from ledger.read import CHECK_THE_LOG
from ledger.rejection import Rejection, rejections_digest
from ledger.tables import LOG_NUMBERS
from ledger.text import Text

OWN_SOURCE: Final = "urn:suanquan:ledger"
"""The CloudEvents source of the leaves that the ledger writes itself."""


class LogWriter:
    """One log's part of one batch: what is refused, what is new, and the rows that it becomes."""

    def __init__(
        self, connection: Connection, log: LogName, batch: Batch, recorded_at_ms: int
    ) -> None:
        self._connection = connection
        self._log = log
        self._batch = batch
        self._recorded_at_ms = recorded_at_ms
        self._head = _lock_head(connection, log)
        kind = kind_of_log(log)
        self._events = [pair for pair in batch.events if pair[1].kind.log == kind]
        self.refused: list[tuple[Rejection, Conflict | None]] = []
        if kind == "usage":
            self.refused = [(rejection, None) for rejection in batch.rejections]

    @property
    def size(self) -> int:
        """Return the log's size before the batch."""
        return self._head.size

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
    ) -> int:
        """Write entries, closing leaf, tiles, head and refusals; return the log's new size."""
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
        return batch_index + 1

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
