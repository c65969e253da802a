"""Read the log back: heads, entries, tiles and proofs. Nothing here writes.

Readers never look past the head that they were given, so a reader beside a writer sees one tree.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeVar

import zstandard
from sqlalchemy import Connection, select

from ledger import merkle, partial, tables, tlog
from ledger.codec import Event, parse, parse_with_data
from ledger.errors import InvalidInputError, LedgerError, TamperedLogError
from ledger.events import Data, LogName, kind_of_log
from ledger.head import Head
from ledger.tables import LOG_NUMBERS
from ledger.text import Text

Parsed = TypeVar("Parsed")

# A bundle holds 256 entries of at most 65,535 bytes, each behind a 16-bit length.
BUNDLE_BYTES_MAX: Final = merkle.TILE_WIDTH * (tlog.ENTRY_BYTES_MAX + 2)

# One for usage and the book.
LOGS_MIN: Final = 3

CHECK_THE_LOG: Final = partial.CHECK_THE_LOG


@dataclass(frozen=True, slots=True)
class Chunk:
    """One stored chunk: entries `[start, start + count)` of a log as a compressed bundle."""

    log: LogName
    start: int
    count: int
    body: bytes


def read_heads(connection: Connection) -> dict[LogName, Head]:
    """Return the head of each log, in the order of their numbers.

    Raises `TamperedLogError` (`wrong_logs`) when they are not the logs that a ledger has.
    """
    rows = connection.execute(select(tables.log).order_by(tables.log.c.number)).all()
    found = {row.name: row.number for row in rows}
    # A ledger has the first ones of all the logs that there may be.
    expected = dict(islice(LOG_NUMBERS.items(), max(len(found), LOGS_MIN)))
    if found != expected:
        raise TamperedLogError(
            "wrong_logs",
            Text(f"日志应为 {expected}，实为 {found}", f"the logs are {found}, not {expected}"),
            CHECK_THE_LOG,
        )
    return {row.name: Head(row.name, row.origin, row.size, row.root) for row in rows}


def usage_logs_of(heads: Iterable[LogName]) -> list[LogName]:
    """Return the names of the usage logs among a ledger's, in order."""
    return [name for name in heads if kind_of_log(name) == "usage"]


def decisive(heads: Mapping[LogName, Head]) -> dict[LogName, Head]:
    """Return the logs on which decisions rest: all but that of accesses."""
    return {name: head for name, head in heads.items() if kind_of_log(name) != "access"}


def decode_chunk(chunk: Chunk) -> list[bytes]:
    """Return the entries of a chunk.

    Raises `TamperedLogError` (`bad_chunk`) when the body cannot be what was written.
    """
    bundle = _unpack(chunk)
    try:
        entries = tlog.decode_bundle(bundle)
    except LedgerError as error:
        raise _bad_chunk(chunk.log, chunk.start, str(error)) from error
    _require_count(chunk, len(entries))
    return entries


def _unpack(chunk: Chunk) -> bytes:
    """Return the bundle of a chunk."""
    try:
        return zstandard.ZstdDecompressor().decompress(
            chunk.body, max_output_size=BUNDLE_BYTES_MAX, allow_extra_data=False
        )
    except zstandard.ZstdError as error:
        raise _bad_chunk(chunk.log, chunk.start, str(error)) from error


def _require_count(chunk: Chunk, count: int) -> None:
    """Raise `TamperedLogError` (`bad_chunk`) where a chunk has not as many entries as it says."""
    if count != chunk.count:
        found = f"{count} entries, {chunk.count} expected"
        raise _bad_chunk(chunk.log, chunk.start, found)


def _bad_chunk(log: LogName, start: int, detail: str) -> TamperedLogError:
    """Return the error for a chunk that cannot be read."""
    return TamperedLogError(
        "bad_chunk",
        Text(
            f"日志 {log} 从 {start} 起的数据块已损坏：{detail}",
            f"{log}: the chunk from {start} is broken: {detail}",
        ),
        CHECK_THE_LOG,
    )


def read_chunks(connection: Connection, log: LogName, start: int, end: int) -> Iterator[Chunk]:
    """Yield the chunks that touch `[start, end)`, in order."""
    table = tables.chunk.c
    query = (
        select(table.start, table.count, table.body)
        .where(table.log == LOG_NUMBERS[log], table.start < end)
        .where(table.start > start - merkle.TILE_WIDTH)
        .order_by(table.start)
    )
    # A tile's chunks are fetched at once: a cursor of the database's takes three more questions.
    if end - start > merkle.TILE_WIDTH:
        query = query.execution_options(yield_per=64)
    with connection.execute(query) as rows:
        for row in rows:
            yield Chunk(log, *row)


def read_runs(
    connection: Connection, log: LogName, start: int, end: int
) -> Iterator[tuple[int, list[bytes]]]:
    """Yield `(index, entries from there on)` that together are `[start, end)` of a log, in order.

    Raises `TamperedLogError` when an entry of the range is missing or cannot be read.
    """
    expected = start
    for chunk in read_chunks(connection, log, start, end):
        entries = decode_chunk(chunk)
        first, last = max(chunk.start, start), min(chunk.start + chunk.count, end)
        if first >= last:
            continue
        _require_next(log, expected, first)
        expected = last
        yield first, entries[first - chunk.start : last - chunk.start]
    _require_all(log, expected, end)


def _require_next(log: LogName, expected: int, found: int) -> None:
    """Raise `TamperedLogError` where a chunk does not go on where the one before it ended."""
    if found != expected:
        raise _bad_chunk(log, expected, f"entry {found} stands in its place")


def _require_all(log: LogName, expected: int, end: int) -> None:
    """Raise `TamperedLogError` where the last chunk does not reach the end."""
    if expected < end:
        raise _bad_chunk(log, expected, f"entries [{expected}, {end}) are missing")


def read_entries(
    connection: Connection, log: LogName, start: int, end: int
) -> Iterator[tuple[int, bytes]]:
    """Yield `(index, entry)` for the indexes `[start, end)` of a log, in order.

    Raises `TamperedLogError` when an entry of the range is missing or cannot be read.
    """
    for first, entries in read_runs(connection, log, start, end):
        yield from enumerate(entries, first)


def find_entries(
    connection: Connection, log: LogName, start: int, end: int, marks: tuple[bytes, ...]
) -> Iterator[tuple[int, bytes]]:
    """Yield those of the entries `[start, end)` that hold one of some marks, with their indexes.

    Raises `TamperedLogError` as `read_entries` does, but for what is in chunks without a mark.
    """
    expected = start
    for chunk in read_chunks(connection, log, start, end):
        first, last = max(chunk.start, start), min(chunk.start + chunk.count, end)
        if first >= last:
            continue
        _require_next(log, expected, first)
        expected = last
        for number, entry in _search(chunk, marks):
            if first <= chunk.start + number < last:
                yield chunk.start + number, entry
    _require_all(log, expected, end)


def _search(chunk: Chunk, marks: tuple[bytes, ...]) -> list[tuple[int, bytes]]:
    """Return those of a chunk's entries that hold one of some marks, with their numbers in it."""
    bundle = _unpack(chunk)
    there = [mark for mark in marks if mark in bundle]
    if not there:
        return []
    try:
        count, found = tlog.find_in_bundle(bundle, there)
    except LedgerError as error:
        raise _bad_chunk(chunk.log, chunk.start, str(error)) from error
    _require_count(chunk, count)
    return found


def read_events(
    connection: Connection, log: LogName, start: int, end: int
) -> Iterator[tuple[int, Event]]:
    """Yield `(index, event)` for the indexes `[start, end)` of a log, in order."""
    for index, entry in read_entries(connection, log, start, end):
        yield index, parse_entry(log, index, entry)


def read_data(
    connection: Connection, log: LogName, start: int, end: int
) -> Iterator[tuple[Event, Data]]:
    """Yield `(event, what it says)` for the indexes `[start, end)` of a log, in order."""
    for index, entry in read_entries(connection, log, start, end):
        yield _parse_with(parse_with_data, log, index, entry)


def parse_entry(log: LogName, index: int, entry: bytes) -> Event:
    """Return the event that an entry of a log holds.

    Raises `TamperedLogError` (`bad_entry`): what was recorded was an event.
    """
    return _parse_with(parse, log, index, entry)


def _parse_with(
    parse_bytes: Callable[[bytes], Parsed], log: LogName, index: int, entry: bytes
) -> Parsed:
    """Return what is parsed of an entry, or raise that the log holds what it never could."""
    try:
        return parse_bytes(entry)
    except InvalidInputError as error:
        raise partial.bad_entry(log, index, error) from error


def read_some(connection: Connection, log: LogName, indexes: Iterable[int]) -> dict[int, bytes]:
    """Return the entries at scattered indexes; each chunk is read once."""
    wanted = sorted(set(indexes))
    found: dict[int, bytes] = {}
    position = 0
    while position < len(wanted):
        first = wanted[position]
        tile_end = (first // merkle.TILE_WIDTH + 1) * merkle.TILE_WIDTH
        last = position
        while last < len(wanted) and wanted[last] < tile_end:
            last += 1
        for chunk in read_chunks(connection, log, first, wanted[last - 1] + 1):
            found.update(enumerate(decode_chunk(chunk), chunk.start))
        position = last
    return {index: found[index] for index in wanted if index in found}


def read_tile(connection: Connection, log: LogName, level: int, index: int, size: int) -> bytes:
    """Return a tile's hashes as they stood when the log had `size` entries, up to a gap."""
    tile = tables.tile.c
    start = index * merkle.TILE_WIDTH
    width = min((size >> merkle.TILE_HEIGHT * level) - start, merkle.TILE_WIDTH)
    rows = connection.execute(
        select(tile.start, tile.hashes)
        .where(tile.log == LOG_NUMBERS[log], tile.level == level)
        .where(tile.start >= start, tile.start < start + merkle.TILE_WIDTH)
        .order_by(tile.start)
    )
    hashes = b""
    for first, more in rows:
        if (first - start) * merkle.HASH_BYTES != len(hashes):
            break
        hashes += more
    return hashes[: width * merkle.HASH_BYTES]


def root_at(connection: Connection, head: Head, size: int) -> bytes:
    """Return the root that a log had at an earlier size, computed from the tiles."""
    return merkle.root(merkle.read_frontier(size, tiles_at(connection, head.name, size)))


def tiles_at(connection: Connection, log: LogName, size: int) -> merkle.ReadHashes:
    """Return the reader of hashes for proofs in a log as it stood at a size."""
    return merkle.tile_reader(lambda level, index: read_tile(connection, log, level, index, size))
