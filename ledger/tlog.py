"""What a log shows to the world: tile paths, entry bundles and checkpoints.

C2SP tlog-tiles and tlog-checkpoint, so that stock transparency-log tools read and verify a log
without our code. Functions come in mirrored pairs; a parser renders again what it read and
compares, so that one value has one text. Malformed is `InvalidInputError`. What signs a
checkpoint is `ledger.note`.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from ledger.errors import InvalidInputError
from ledger.merkle import HASH_BYTES, SIZE_MAX, TILE_WIDTH
from ledger.note import decode_base64, encode_base64
from ledger.text import Text

# An entry's length is a uint16 in a bundle (tlog-tiles, Log entries).
ENTRY_BYTES_MAX: Final = 65_535
_LENGTH_BYTES: Final = 2

# The highest level that a tile path may name (tlog-tiles, Merkle Tree).
TILE_LEVEL_MAX: Final = 63

_CHECKPOINT_LINES_MIN: Final = 3

# Seven groups hold 21 digits, above any index; the x marks a group that another one follows.
_PLACE: Final = r"(?P<place>(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[0-9]{1,3}))?)"
_TILE_PATH = re.compile(rf"tile/(?P<level>[0-9]|[1-9][0-9])/{_PLACE}", re.ASCII)
_ENTRIES_PATH = re.compile(rf"tile/entries/{_PLACE}", re.ASCII)
_TREE_SIZE = re.compile(r"[0-9]{1,19}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Tile:
    """The place of a tile: `width` hashes of it, 256 when it is full."""

    level: int
    index: int
    width: int


class Checkpoint(NamedTuple):
    """A tree head: the log's origin, the tree's size and its root hash."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()


# --- tile paths ---


def tile_path(level: int, index: int, width: int) -> str:
    """Return the path of a tile, `tile/0/x001/x234/067.p/12`, without suffix when it is full."""
    assert 0 <= level <= TILE_LEVEL_MAX, level
    return f"tile/{level}/{_render_place(index, width)}"


def parse_tile_path(path: str) -> Tile:
    """Return the tile that a path names; `InvalidInputError` (code `tile_path`) otherwise."""
    return _parse_path(_TILE_PATH, path)


def entries_path(index: int, width: int) -> str:
    """Return the path of an entry bundle, `tile/entries/x001/x234/067.p/12`."""
    return f"tile/entries/{_render_place(index, width)}"


def parse_entries_path(path: str) -> Tile:
    """Return the level 0 tile whose entries a path names; `InvalidInputError` (`tile_path`)."""
    return _parse_path(_ENTRIES_PATH, path)


def _is_place(index: int, width: int) -> bool:
    return 0 <= index <= SIZE_MAX // TILE_WIDTH and 1 <= width <= TILE_WIDTH


def _render_place(index: int, width: int) -> str:
    assert _is_place(index, width), (index, width)
    text = f"{index % 1000:03}"
    while index := index // 1000:
        text = f"x{index % 1000:03}/{text}"
    return text if width == TILE_WIDTH else f"{text}.p/{width}"


def _parse_path(pattern: re.Pattern[str], path: str) -> Tile:
    match = pattern.fullmatch(path)
    if match is not None:
        level = int(match.groupdict().get("level", 0))
        index = int(match["index"].replace("x", "").replace("/", ""))
        width = int(match["width"] or TILE_WIDTH)
        known = level <= TILE_LEVEL_MAX and _is_place(index, width)
        # Leading zeros, or the width of a full tile, would spell the same place another way.
        if known and _render_place(index, width) == match["place"]:
            return Tile(level, index, width)
    raise InvalidInputError(
        "tile_path",
        Text(f"不是合法的日志分块路径：{path[:80]!r}", f"not a path of a tile: {path[:80]!r}"),
        Text(
            "请按 C2SP tlog-tiles 写成 tile/0/x001/234 或 tile/entries/x001/234.p/12",
            "write it like tile/0/x001/234 or tile/entries/x001/234.p/12 (C2SP tlog-tiles)",
        ),
    )


# --- entry bundles ---


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Return the bundle of one tile's entries: each after its length as a big-endian uint16.

    Whoever appends to a log refuses entries above `ENTRY_BYTES_MAX`; here it is too late.
    """
    assert len(entries) <= TILE_WIDTH, len(entries)
    assert max(map(len, entries), default=0) <= ENTRY_BYTES_MAX, "an entry above the limit"
    return b"".join([len(entry).to_bytes(_LENGTH_BYTES) + entry for entry in entries])


def decode_bundle(data: bytes) -> list[bytes]:
    """Return the entries of a bundle; `InvalidInputError` (code `bundle_form`) when malformed."""
    entries: list[bytes] = []
    start, size = 0, len(data)
    while start + 1 < size and len(entries) < TILE_WIDTH:
        body = start + _LENGTH_BYTES
        end = body + (data[start] << 8) + data[start + 1]
        if end > size:
            break
        entries.append(data[body:end])
        start = end
    _require_end(start, size)
    return entries


def find_in_bundle(data: bytes, marks: Sequence[bytes]) -> tuple[int, list[tuple[int, bytes]]]:
    """Return how many entries a bundle has, and those that hold one of some marks, by number.

    Takes a fraction of the time of decoding where few hold one. Raises as `decode_bundle`.
    """
    hits = sorted(at for mark in marks for at in _find_all(data, mark))
    found: list[tuple[int, bytes]] = []
    start, size, number, hit = 0, len(data), 0, 0
    while start + 1 < size and number < TILE_WIDTH:
        body = start + _LENGTH_BYTES
        end = body + (data[start] << 8) + data[start + 1]
        if end > size:
            break
        if hit < len(hits) and hits[hit] < end:
            entry = data[body:end]
            # A hit may begin in the length before the entry, or end in the one behind it.
            if any(mark in entry for mark in marks):
                found.append((number, entry))
            hit = bisect_left(hits, end, hit)
        start, number = end, number + 1
    _require_end(start, size)
    return number, found


def _find_all(data: bytes, mark: bytes) -> Iterator[int]:
    """Yield each place at which a mark begins."""
    at = data.find(mark)
    while at >= 0:
        yield at
        at = data.find(mark, at + 1)


def _require_end(start: int, size: int) -> None:
    """Raise `InvalidInputError` (`bundle_form`) where a bundle's entries do not end with it."""
    if start != size:
        raise InvalidInputError(
            "bundle_form",
            Text(
                f"条目包在第 {start} 字节处不完整或超过 {TILE_WIDTH} 条（共 {size} 字节）",
                f"a bundle of {size} bytes breaks off, or passes {TILE_WIDTH} entries, "
                f"at byte {start}",
            ),
            Text("请重新下载条目包", "fetch the bundle again"),
        )


# --- checkpoints ---


def render_checkpoint(checkpoint: Checkpoint) -> str:
    """Return the text of a checkpoint, which a note then signs."""
    assert 0 <= checkpoint.size <= SIZE_MAX, checkpoint.size
    assert len(checkpoint.root) == HASH_BYTES, len(checkpoint.root)
    root = encode_base64(checkpoint.root)
    lines = [checkpoint.origin, str(checkpoint.size), root, *checkpoint.extensions]
    assert all(lines), lines
    assert not any("\n" in line for line in lines), lines
    return "".join(f"{line}\n" for line in lines)


def parse_checkpoint(text: str) -> Checkpoint:
    """Return the checkpoint of a note's text; `InvalidInputError` (code `checkpoint_form`)."""
    lines = text.split("\n")[:-1]
    if len(lines) >= _CHECKPOINT_LINES_MIN and all(lines):
        origin, size_text, root_text, *extensions = lines
        root = decode_base64(root_text)
        size = int(size_text) if _TREE_SIZE.fullmatch(size_text) else -1
        if 0 <= size <= SIZE_MAX and root is not None and len(root) == HASH_BYTES:
            checkpoint = Checkpoint(origin, size, root, tuple(extensions))
            if render_checkpoint(checkpoint) == text:
                return checkpoint
    raise InvalidInputError(
        "checkpoint_form",
        Text(f"不是合法的检查点：{text[:200]!r}", f"not a checkpoint: {text[:200]!r}"),
        Text(
            "检查点依次为来源、大小、Base64 根哈希，各占一行，行末换行（C2SP tlog-checkpoint）",
            "it has the origin, the size and the base64 root, each a line (C2SP tlog-checkpoint)",
        ),
    )
