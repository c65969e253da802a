"""Read the entries of the book, or accesses, that are about something, by the trail, no others.

The trail is a cache: it says where to look, never what is there. An entry that it names must be
about what was asked for; one that it does not name is what a replay, or a check of people, finds.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Final

from sqlalchemy import Connection, bindparam, func, select

from ledger import tables
from ledger.codec import Event
from ledger.errors import TamperedLogError
from ledger.events import LogName
from ledger.merkle import TILE_WIDTH
from ledger.read import CHECK_THE_LOG, Chunk, decode_chunk, parse_entry
from ledger.tables import LOG_NUMBERS
from ledger.text import Text
from ledger.topics import log_of_topic, topics_of

# Chunks asked for by one query: each is some kilobytes, and SQLite bounds how many names fit.
CHUNKS_AT_ONCE: Final = 500

# What is kept is found by the very bytes, so that it is never another entry's: a page's chunks and
# entries are mostly those of the page before. Some 30 MB at most.
CHUNKS_KEPT: Final = 256
ENTRIES_KEPT: Final = 16_384

_trail, _chunk = tables.trail.c, tables.chunk.c
_IN_LOG: Final = _chunk.log == bindparam("log")

# Built once: every act asks these some ten times, and building them takes longer than the answer.
# No chunk is wider than a tile. Behind the reader's view PostgreSQL finds a maximum by looking at
# all that it is one of: without a lower bound at every chunk of the book, for each entry.
_START: Final = (
    select(func.max(_chunk.start))
    .where(_IN_LOG, _chunk.start <= _trail.leaf_index)
    .where(_chunk.start > _trail.leaf_index - TILE_WIDTH)
    .correlate(tables.trail)
    .scalar_subquery()
)
_PLACES: Final = (
    select(_trail.leaf_index, _START)
    .where(_trail.topic.in_(bindparam("topics", expanding=True)))
    .where(_trail.leaf_index >= bindparam("first"))
    .where(_trail.leaf_index < bindparam("size"))
    .distinct()
    .order_by(_trail.leaf_index)
)
_CHUNKS: Final = (
    select(_chunk.start, _chunk.count, _chunk.body)
    .where(_IN_LOG, _chunk.start.in_(bindparam("starts", expanding=True)))
    .order_by(_chunk.start)
)


def read_trail(
    connection: Connection, topics: Iterable[str], size: int, first: int = 0
) -> Iterator[tuple[int, Event]]:
    """Yield (index, event) of a log's first entries that are about any of some topics, in order.

    `first` is the index of the first one that may be meant. The topics are of one log. Each entry
    comes once. Costs one query for the trail and one for each `CHUNKS_AT_ONCE` chunks.
    Raises `TamperedLogError`: `bad_chunk`, `bad_entry`, `bad_trail`.
    """
    wanted = frozenset(topics)
    log = _log_of(wanted)
    chunks = _find(connection, log, sorted(wanted), range(first, size))
    for at in range(0, len(chunks), CHUNKS_AT_ONCE):
        some = chunks[at : at + CHUNKS_AT_ONCE]
        found = _read_chunks(connection, log, [start for start, _ in some])
        for start, inside in some:
            for index in inside:
                yield index, _about(log, _entry(found, start, index), index, wanted)


def list_topics(connection: Connection, prefix: str, size: int) -> list[str]:
    """Return the topics of the book's first entries that begin in some way, in their order."""
    trail = tables.trail.c
    query = (
        select(trail.topic)
        .where(trail.topic.startswith(prefix, autoescape=True), trail.leaf_index < size)
        .distinct()
    )
    return sorted(connection.scalars(query))


def list_newest(
    connection: Connection, prefix: str, size: int, limit: int | None, before: int | None = None
) -> list[tuple[str, int]]:
    """Return topics that begin in some way, each with its first entry, the newest of these first.

    `before` is the first entry of the topic after which a list goes on.
    """
    trail = tables.trail.c
    first = func.min(trail.leaf_index)
    query = (
        select(trail.topic, first)
        .where(trail.topic.startswith(prefix, autoescape=True), trail.leaf_index < size)
        .group_by(trail.topic)
        .order_by(first.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.having(first < before)
    return [(topic, index) for topic, index in connection.execute(query)]


def read_newest(
    connection: Connection, topic: str, size: int, limit: int, before: int | None = None
) -> list[tuple[int, Event]]:
    """Return the last entries about a topic below an index, or below the size, the newest first."""
    trail = tables.trail.c
    end = size if before is None else min(before, size)
    query = (
        select(trail.leaf_index, _START)
        .where(trail.topic == topic, trail.leaf_index < end)
        .order_by(trail.leaf_index.desc())
        .limit(limit)
    )
    log = log_of_topic(topic)
    places = connection.execute(query, {"log": LOG_NUMBERS[log]}).all()
    found = _read_chunks(connection, log, sorted({start or 0 for _, start in places}))
    about = frozenset({topic})
    return [
        (index, _about(log, _entry(found, start or 0, index), index, about))
        for index, start in places
    ]


def _about(log: LogName, entry: bytes | None, index: int, topics: frozenset[str]) -> Event:
    """Return the event of an entry, which is there and about one of some topics."""
    event, about = (None, ()) if entry is None else _parse(log, index, entry)
    if event is None or topics.isdisjoint(about):
        raise _bad_trail(log, index)
    return event


@lru_cache(ENTRIES_KEPT)
def _parse(log: LogName, index: int, entry: bytes) -> tuple[Event, tuple[str, ...]]:
    """Return the event of an entry, and what it is about."""
    event = parse_entry(log, index, entry)
    return event, topics_of(event)


@lru_cache(CHUNKS_KEPT)
def _decode(chunk: Chunk) -> list[bytes]:
    """Return the entries of a chunk, which nobody may change."""
    return decode_chunk(chunk)


def _log_of(topics: frozenset[str]) -> LogName:
    """Return the one log in which the entries of some topics are."""
    logs = {log_of_topic(topic) for topic in topics} or {"book"}
    assert len(logs) == 1, topics
    return logs.pop()


def _find(
    connection: Connection, log: LogName, topics: Sequence[str], among: range
) -> list[tuple[int, list[int]]]:
    """Return where each chunk begins of which the trail names an entry, and which it names."""
    bounds = {"first": among.start, "size": among.stop}
    asked = {"log": LOG_NUMBERS[log], "topics": topics, **bounds}
    places = groupby(connection.execute(_PLACES, asked), lambda row: row[1])
    return [(first or 0, [index for index, _ in inside]) for first, inside in places]


def _read_chunks(
    connection: Connection, log: LogName, starts: Sequence[int]
) -> dict[int, list[bytes]]:
    """Return the entries of the chunks that begin at some indexes, by where each begins."""
    rows = connection.execute(_CHUNKS, {"log": LOG_NUMBERS[log], "starts": starts})
    return {row.start: _decode(Chunk(log, *row)) for row in rows}


def _entry(chunks: dict[int, list[bytes]], start: int, index: int) -> bytes | None:
    """Return an entry of a chunk that begins at an index, None where it has none there."""
    entries = chunks.get(start, ())
    return entries[index - start] if index - start < len(entries) else None


def _bad_trail(log: LogName, index: int) -> TamperedLogError:
    """Return the error for an entry that is not there, or not about what the trail says."""
    return TamperedLogError(
        "bad_trail",
        Text(
            f"索引 trail 所指的 {log} 第 {index} 条不存在或与主题不符",
            f"the trail names {log}[{index}], which is missing or about something else",
        ),
        CHECK_THE_LOG,
    )
