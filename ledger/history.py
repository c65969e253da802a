"""Where logs are read from to be folded again: a database, or a directory that was exported.

Both give the same three things: heads to believe or to prove, entries, and tiles. A directory is
believed as far as its checkpoints' signatures and roots go, and whoever reads it names the file
that is missing or was altered.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection

from ledger import merkle, partial, tlog
from ledger.codec import Event, parse
from ledger.database import open_engine
from ledger.errors import InvalidInputError, LedgerError, TamperedLogError
from ledger.events import LogName
from ledger.head import Head
from ledger.note import open_note, parse_vkey
from ledger.read import LOGS_MIN, read_heads, read_runs, tiles_at
from ledger.tables import LOG_NUMBERS
from ledger.text import Text


class History(Protocol):
    """The logs of one ledger, to be read and never written."""

    def heads(self) -> dict[LogName, Head]:
        """Return the head of each log, in the order of their numbers."""

    def runs(self, log: LogName, start: int, end: int) -> Iterator[tuple[int, list[bytes]]]:
        """Yield `(index, entries from there on)` that together are `[start, end)`, in order."""

    def tiles(self, log: LogName) -> merkle.ReadHashes:
        """Return the reader of a log's hashes."""

    def name_tile(self, log: LogName, index: int) -> str:
        """Return where the entries of a tile stand, as a person would look for them."""


@dataclass(frozen=True, slots=True)
class StoredHistory:
    """The logs of a database, in the state that a connection sees."""

    connection: Connection

    def heads(self) -> dict[LogName, Head]:
        """Return the heads that are stored."""
        return read_heads(self.connection)

    def runs(self, log: LogName, start: int, end: int) -> Iterator[tuple[int, list[bytes]]]:
        """Yield the entries of a range, a chunk at a time."""
        return read_runs(self.connection, log, start, end)

    def tiles(self, log: LogName) -> merkle.ReadHashes:
        """Return the reader of the stored tiles."""
        return tiles_at(self.connection, log, self.heads()[log].size)

    def name_tile(self, log: LogName, index: int) -> str:
        """Return the table and the first entry."""
        return f"chunk {log} {index * merkle.TILE_WIDTH}"


class ExportedHistory:
    """The logs of a directory that `suanquan log export` wrote."""

    def __init__(self, directory: Path, vkeys: Sequence[str] = ()) -> None:
        """Verify each log's checkpoint, by the keys given or else by the key that lies beside it.

        Raises `InvalidInputError` (`no_export`) and what `ledger.note.open_note` raises.
        """
        self._directory = directory
        self._keys = [parse_vkey(one.strip()) for one in vkeys]
        names = [name for name in LOG_NUMBERS if (directory / name / "checkpoint").is_file()]
        # Of a release that kept no log of accesses an export has none.
        kept = [name for name in LOG_NUMBERS if name != "access" or name in names]
        if names != kept[: max(len(names), LOGS_MIN - 1)]:
            raise InvalidInputError(
                "no_export",
                Text(
                    f"{directory} 下应有各日志的导出，只有：{', '.join(names) or '无'}",
                    f"{directory} should hold every log's export, found: "
                    f"{', '.join(names) or 'none'}",
                ),
                Text(
                    "请给出 suanquan log export 写成的目录",
                    "name the directory that suanquan log export wrote",
                ),
            )
        self._heads = {name: self._read_head(name) for name in names}

    def heads(self) -> dict[LogName, Head]:
        """Return the heads that the checkpoints state."""
        return dict(self._heads)

    def _read_head(self, log: LogName) -> Head:
        """Return the head of a checkpoint whose signature holds."""
        folder = self._directory / log
        # After a change of keys `vkeys` lists all; `vkey` is the one that stock tools read.
        beside = folder / "vkeys" if (folder / "vkeys").exists() else folder / "vkey"
        keys = self._keys or [parse_vkey(one) for one in _read(beside).decode().splitlines()]
        note = open_note(_read(folder / "checkpoint").decode(), keys)
        checkpoint = tlog.parse_checkpoint(note.text)
        if not checkpoint.origin.endswith(f"/{log}"):
            raise _altered(
                folder / "checkpoint",
                Text(f"属于 {checkpoint.origin}", f"it belongs to {checkpoint.origin}"),
            )
        return Head(log, checkpoint.origin, checkpoint.size, checkpoint.root)

    def runs(self, log: LogName, start: int, end: int) -> Iterator[tuple[int, list[bytes]]]:
        """Yield the entries of a range, a bundle at a time.

        Raises `TamperedLogError` (`bad_export`) that names a bundle which is missing or malformed.
        """
        for index in range(start // merkle.TILE_WIDTH, -(-end // merkle.TILE_WIDTH)):
            first, width = index * merkle.TILE_WIDTH, self._width(log, 0, index)
            path = self._directory / log / tlog.entries_path(index, width)
            try:
                entries = tlog.decode_bundle(_read(path))
            except InvalidInputError as error:
                raise _altered(path, error.message) from error
            if len(entries) != width:
                said = Text(f"有 {len(entries)} 条，应为 {width} 条", f"{len(entries)} entries")
                raise _altered(path, said)
            low, high = max(start - first, 0), min(end - first, width)
            yield first + low, entries[low:high]

    def _width(self, log: LogName, level: int, index: int) -> int:
        """Return how many hashes a tile holds at the log's size."""
        hashes = self._heads[log].size >> merkle.TILE_HEIGHT * level
        return min(hashes - index * merkle.TILE_WIDTH, merkle.TILE_WIDTH)

    def tiles(self, log: LogName) -> merkle.ReadHashes:
        """Return the reader of the directory's tiles."""

        def tile(level: int, index: int) -> bytes:
            path = tlog.tile_path(level, index, self._width(log, level, index))
            return _read(self._directory / log / path)

        return merkle.tile_reader(tile)

    def name_tile(self, log: LogName, index: int) -> str:
        """Return the path of a bundle."""
        return str(self._directory / log / tlog.entries_path(index, self._width(log, 0, index)))


def _read(path: Path) -> bytes:
    """Return the bytes of a file of an export."""
    try:
        return path.read_bytes()
    except OSError as error:
        said = error.strerror or str(error)
        raise _altered(path, Text(f"无法读取（{said}）", said)) from error


def _altered(path: Path, said: Text) -> TamperedLogError:
    """Return the error for a file of an export that is not what was written."""
    return TamperedLogError(
        "bad_export",
        Text(
            f"导出文件 {path} 缺失或被改动：{said.zh}", f"{path} is missing or altered: {said.en}"
        ),
        Text(
            "请从账本重新导出，或与其他副本核对",
            "export again from the ledger, or compare with another copy",
        ),
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a history is opened, in whatever process: a database's URL or a directory."""

    url: str = ""
    directory: str = ""
    vkeys: tuple[str, ...] = ()

    @contextmanager
    def open(self) -> Iterator[History]:
        """Yield the history of this place."""
        if self.directory:
            yield ExportedHistory(Path(self.directory), self.vkeys)
            return
        engine = open_engine(self.url, "audit")
        try:
            with engine.connect() as connection:
                yield StoredHistory(connection)
        finally:
            engine.dispose()


def history_of(source: Connection | History) -> History:
    """Return the history that a connection sees, or the one that is given."""
    return StoredHistory(source) if isinstance(source, Connection) else source


def events_of(history: History, log: LogName, start: int, end: int) -> Iterator[Event]:
    """Yield the events `[start, end)` of a log; `TamperedLogError` for an entry that is none."""
    for first, entries in history.runs(log, start, end):
        for index, entry in enumerate(entries, first):
            try:
                yield parse(entry)
            except InvalidInputError as error:
                raise partial.bad_entry(log, index, error) from error


def frontier_root(history: History, log: LogName, size: int) -> bytes:
    """Return the root at a size as the tiles give it, whether or not they lead to the head.

    Raises `TamperedLogError` for a tile that is short or missing.
    """
    return merkle.root(merkle.read_frontier(size, history.tiles(log)))


def root_of(history: History, log: LogName, size: int) -> bytes | None:
    """Return the root that a log had at a size, None where the tiles do not lead to its head.

    It is proved to be the root of a tree that the head's extends.
    """
    head = history.heads()[log]
    read = history.tiles(log)
    try:
        root = frontier_root(history, log, size)
        proof = merkle.prove_consistency(size, head.size, read)
    except LedgerError:
        return None
    proved = merkle.check_consistency(size, head.size, root, head.root, proof)
    return root if proved else None
