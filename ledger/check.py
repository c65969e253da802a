"""Check a log's tree: entries, tiles and head against each other and the last signed checkpoint.

One walk reads every entry, hashes it, and holds it beside the stored tile; what disagrees is named
by table, column and index. When an entry and its tile differ, the root tells which one was changed:
the head's root was computed from both.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from ledger import merkle, tables, tlog
from ledger.errors import TamperedLogError
from ledger.finding import FINDINGS_MAX, Finding
from ledger.head import Head
from ledger.read import decode_chunk, read_chunks
from ledger.tables import LOG_NUMBERS
from ledger.text import Text

# Entries hashed at a time: a whole number of tiles, some tens of megabytes of entries at most.
SPAN = 64 * merkle.TILE_WIDTH


@dataclass(slots=True)
class _Walk:
    """What the walk over one log found."""

    head: Head
    findings: list[Finding] = field(default_factory=list)

    def note(self, index: int | None, place: str, zh: str, en: str) -> None:
        """Add a finding unless there are enough; `place` is `table.column`."""
        if len(self.findings) >= FINDINGS_MAX:
            return
        table, column = place.split(".")
        self.findings.append(Finding(self.head.name, index, table, column, Text(zh, en)))


@dataclass(slots=True)
class _Trees:
    """The two trees that the walk grows, and their roots at the last signed checkpoint."""

    by_entries: merkle.Frontier = merkle.EMPTY_FRONTIER
    by_tiles: merkle.Frontier = merkle.EMPTY_FRONTIER
    upper: dict[int, bytearray] = field(default_factory=dict)
    differing: list[int] = field(default_factory=list)
    signed_root: bytes = merkle.EMPTY_ROOT


def check_log(
    connection: Connection,
    head: Head,
    signed: tlog.Checkpoint | None,
    progress: Callable[[int], None] = lambda _: None,
) -> list[Finding]:
    """Return what disagrees in one log's tree.

    `signed` is the last signed checkpoint, if there is one. `progress` is told how many entries
    each step read. Memory stays within one span of entries and a 256th of the hashes.
    """
    check, trees = _Walk(head), _Trees()
    for start, end in _spans(head.size, signed.size if signed else 0):
        entries = _read_span(connection, check, start, end)
        _compare_hashes(connection, check, trees, start, entries)
        if signed and end == signed.size:
            trees.signed_root = merkle.root(trees.by_entries)
        progress(len(entries))
    _blame(check, trees)
    _check_upper(connection, check, trees)
    _check_beyond(connection, check)
    if signed and signed.origin != head.origin:
        check.note(
            None,
            "log.origin",
            f"上次签名的检查点属于 {signed.origin}",
            f"the last signed checkpoint is of {signed.origin}",
        )
    if signed and trees.signed_root != signed.root:
        what = f"{signed.origin} {signed.size} {signed.root.hex()}"
        check.note(
            None,
            "log.root",
            f"与上次签名的检查点不一致：{what}",
            f"does not extend the last signed checkpoint: {what}",
        )
    return check.findings


def _spans(size: int, edge: int) -> Iterator[tuple[int, int]]:
    """Yield half-open spans that cover `[0, size)` and break at an edge within it."""
    start = 0
    while start < size:
        end = min((start // SPAN + 1) * SPAN, size)
        if start < edge < end:
            end = edge
        yield start, end
        start = end


def _read_span(connection: Connection, check: _Walk, start: int, end: int) -> list[bytes | None]:
    """Return the entries `[start, end)`, None for each that is missing or unreadable."""
    entries: list[bytes | None] = [None] * (end - start)
    missing = set(range(start, end))
    for chunk in read_chunks(connection, check.head.name, start, end):
        indexes = range(chunk.start, chunk.start + chunk.count)
        try:
            for index, entry in zip(indexes, decode_chunk(chunk), strict=True):
                if start <= index < end:
                    if index not in missing:
                        check.note(index, "chunk.start", "条目重复存放", "the entry stands twice")
                    entries[index - start] = entry
                    missing.discard(index)
        except TamperedLogError as error:
            check.note(chunk.start, "chunk.body", error.message.zh, error.message.en)
            missing.difference_update(indexes)
    for index in sorted(missing):
        check.note(index, "chunk.start", "条目缺失", "the entry is missing")
    return entries


def _compare_hashes(
    connection: Connection,
    check: _Walk,
    trees: _Trees,
    start: int,
    entries: list[bytes | None],
) -> None:
    """Grow both trees by a span and remember where entry and tile differ."""
    stored = _tile_hashes(connection, check, 0, start, start + len(entries))
    by_entries, by_tiles = [], []
    for index, (entry, tile) in enumerate(zip(entries, stored, strict=True), start):
        computed = tile if entry is None else merkle.leaf_hash(entry)
        if computed is None or tile is None:
            check.note(index, "tile.hashes", "叶哈希缺失", "the leaf hash is missing")
        elif computed != tile:
            trees.differing.append(index)
        by_entries.append(computed or merkle.EMPTY_ROOT)
        by_tiles.append(tile or computed or merkle.EMPTY_ROOT)
    trees.by_entries, _ = merkle.extend(trees.by_entries, by_entries)
    trees.by_tiles, segments = merkle.extend(trees.by_tiles, by_tiles)
    for segment in segments:
        if segment.level:
            trees.upper.setdefault(segment.level, bytearray()).extend(segment.hashes)


def _tile_hashes(
    connection: Connection, check: _Walk, level: int, start: int, end: int
) -> list[bytes | None]:
    """Return the stored hashes `[start, end)` of a tile level, None where there is none."""
    table = tables.tile.c
    hashes: list[bytes | None] = [None] * (end - start)
    rows = connection.execute(
        select(table.start, table.hashes)
        .where(table.log == LOG_NUMBERS[check.head.name], table.level == level)
        .where(table.start > start - merkle.TILE_WIDTH, table.start < end)
        .order_by(table.start)
    )
    for first, data in rows:
        for at in range(0, len(data) - merkle.HASH_BYTES + 1, merkle.HASH_BYTES):
            index = first + at // merkle.HASH_BYTES
            if start <= index < end:
                if hashes[index - start] is not None:
                    _note_tile(check, level, index, "哈希重复存放", "a hash stands twice")
                hashes[index - start] = data[at : at + merkle.HASH_BYTES]
    return hashes


def _note_tile(check: _Walk, level: int, index: int, zh: str, en: str) -> None:
    """Add a finding about the hash at an index of a tile level."""
    check.note(index, "tile.hashes", f"第 {level} 层：{zh}", f"level {level}: {en}")


def _blame(check: _Walk, trees: _Trees) -> None:
    """Say which side was changed where entry and tile differ, and whether the head is right."""
    head = check.head
    tiles_agree = merkle.root(trees.by_tiles) == head.root
    entries_agree = merkle.root(trees.by_entries) == head.root
    for index in trees.differing:
        if tiles_agree:
            check.note(index, "chunk.body", "条目被改动", "the entry was changed")
        elif entries_agree:
            _note_tile(check, 0, index, "哈希被改动", "the hash was changed")
        else:
            check.note(
                index,
                "chunk.body",
                "条目与叶哈希不符，根也不符",
                "entry and leaf hash differ, and the root fits neither",
            )
    if not tiles_agree and not entries_agree:
        check.note(None, "log.root", "根与条目不符", "the root does not follow from the entries")


def _check_upper(connection: Connection, check: _Walk, trees: _Trees) -> None:
    """Compare the tiles above the leaves, and the head's frontier, with the tree."""
    for level, expected in trees.upper.items():
        count = len(expected) // merkle.HASH_BYTES
        stored = _tile_hashes(connection, check, level, 0, count)
        for index, data in enumerate(stored):
            at = index * merkle.HASH_BYTES
            if data != bytes(expected[at : at + merkle.HASH_BYTES]):
                _note_tile(
                    check, level, index, "哈希被改动或缺失", "the hash was changed or is gone"
                )
    table = tables.log.c
    frontier = connection.scalar(
        select(table.frontier).where(table.number == LOG_NUMBERS[check.head.name])
    )
    fitting = (trees.by_entries, trees.by_tiles)
    if frontier not in {merkle.encode_frontier(tree) for tree in fitting}:
        check.note(None, "log.frontier", "前沿与条目不符", "the frontier does not fit the entries")


def _check_beyond(connection: Connection, check: _Walk) -> None:
    """Look for entries and hashes that stand beyond the head's size."""
    number, size = LOG_NUMBERS[check.head.name], check.head.size
    chunk, tile = tables.chunk.c, tables.tile.c
    first, end = connection.execute(
        select(func.min(chunk.start), func.max(chunk.start + chunk.count)).where(
            chunk.log == number
        )
    ).one()
    if (first or 0) < 0:
        check.note(first, "chunk.start", "条目在日志起点之前", "entries before the log begins")
    if (end or 0) > size:
        check.note(size, "log.size", f"头部之外还有条目，至 {end}", f"entries go on to {end}")
    rows = connection.execute(
        select(tile.level, tile.start, func.length(tile.hashes)).where(tile.log == number)
    )
    for level, start, length in rows:
        whole, rest = divmod(length, merkle.HASH_BYTES)
        width = size >> merkle.TILE_HEIGHT * level if level >= 0 else 0
        if rest or not whole or start < 0 or start + whole > width:
            _note_tile(check, level, start, "超出日志大小", "beyond the log's size")
