"""Write a log as files that stock transparency-log tools read: a C2SP tlog-tiles tree.

`checkpoint`, `tile/<level>/<index>`, `tile/entries/<index>`, and the public keys beside them:
`vkey` is the one for tools that take one, `vkeys` has each that signs or once signed, a line each.
A tile that is full is written once and never again; a later export adds. The checkpoint comes last,
so that whoever reads meanwhile, or after a crash, finds every hash that it promises.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from ledger import merkle, tlog
from ledger.errors import InvalidInputError, TamperedLogError
from ledger.events import LogName
from ledger.head import Head
from ledger.note import VerifierKey, open_note, render_vkey
from ledger.read import CHECK_THE_LOG, read_entries, read_tile, root_at
from ledger.text import Text


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote: a log at a size, and how many files were new."""

    log: str
    size: int
    files: int


def export_log(  # noqa: PLR0913 - what to write, under which signature, where; one is an option
    connection: Connection,
    head: Head,
    note: str,
    keys: Sequence[VerifierKey],
    directory: Path,
    *,
    with_entries: bool = True,
    progress: Callable[[int], None] = lambda _: None,
) -> Exported:
    """Return what was written of a log as it stood at a signed checkpoint.

    `note` is that checkpoint, `keys` are the log's public keys, first the one for tools that take
    one, which must have signed it. Raises `TamperedLogError` (`forked`) where the directory holds
    an export of another history, and `InvalidInputError` (`other_log`) where it holds another log.
    """
    checkpoint = tlog.parse_checkpoint(open_note(note, keys[:1]).text)
    _require_growth(connection, head, checkpoint, keys, directory)
    files = 0
    for path, width, read in _parts(connection, head, checkpoint.size, with_entries=with_entries):
        if not (directory / path).exists():
            _write(directory / path, read())
            files += 1
        progress(width)
    _write(directory / "vkey", render_vkeys(keys[:1]).encode())
    _write(directory / "vkeys", render_vkeys(keys).encode())
    os.sync()
    _write(directory / "checkpoint", note.encode())
    return Exported(head.name, checkpoint.size, files)


def _write(path: Path, data: bytes) -> None:
    """Write a file that others may read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(data)
    draft.replace(path)


def _require_growth(
    connection: Connection,
    head: Head,
    checkpoint: tlog.Checkpoint,
    keys: Sequence[VerifierKey],
    directory: Path,
) -> None:
    """Raise unless what the directory holds already is an earlier state of this very log."""
    path = directory / "checkpoint"
    if not path.exists():
        return
    old = tlog.parse_checkpoint(open_note(path.read_text("utf-8"), keys).text)
    if old.origin != checkpoint.origin:
        raise InvalidInputError(
            "other_log",
            Text(f"{directory} 存有 {old.origin}", f"{directory} holds {old.origin}"),
            Text("请导出到别的目录", "export to another directory"),
        )
    if old.size > checkpoint.size or root_at(connection, head, old.size) != old.root:
        raise TamperedLogError(
            "forked",
            Text(
                f"{directory} 中大小 {old.size}、根 {old.root.hex()} 的检查点"
                f"与现在大小 {checkpoint.size}、根 {checkpoint.root.hex()} 的检查点不是同一历史",
                f"the checkpoint in {directory} (size {old.size}, root {old.root.hex()}) and the"
                f" present one (size {checkpoint.size}, root {checkpoint.root.hex()}) are not of"
                " one history",
            ),
            Text("两者都请留存；请与备份核对", "keep both, and compare with a backup"),
        )


def parts_of(
    connection: Connection, head: Head, note: str, keys: Sequence[VerifierKey]
) -> Iterator[tuple[str, bytes]]:
    """Yield (path, bytes) of every file of an export, as a log stood at a signed checkpoint."""
    size = tlog.parse_checkpoint(open_note(note, keys).text).size
    for path, _, read in _parts(connection, head, size, with_entries=True):
        yield path, read()
    yield "vkey", render_vkeys(keys[:1]).encode()
    yield "vkeys", render_vkeys(keys).encode()
    yield "checkpoint", note.encode()


def read_hashes(connection: Connection, log: LogName, place: tlog.Tile, size: int) -> bytes | None:
    """Return a tile of hashes as a file has it, None where a log of a size does not have it yet.

    A partial tile is there also once the log has gone on. Raises `TamperedLogError` (`bad_tile`).
    """
    start = place.index * merkle.TILE_WIDTH
    if start + place.width > size >> merkle.TILE_HEIGHT * place.level:
        return None
    hashes = read_tile(connection, log, place.level, place.index, size)
    wanted = place.width * merkle.HASH_BYTES
    if len(hashes) < wanted:
        raise TamperedLogError(
            "bad_tile",
            Text(
                f"日志 {log} 第 {place.level} 层第 {place.index} 块哈希不全",
                f"{log}: hashes are missing of tile {place.index} at level {place.level}",
            ),
            CHECK_THE_LOG,
        )
    return hashes[:wanted]


def read_bundle(connection: Connection, log: LogName, place: tlog.Tile, size: int) -> bytes | None:
    """Return a bundle of entries as a file has it, None where the log does not have it yet."""
    start = place.index * merkle.TILE_WIDTH
    end = start + place.width
    if end > size:
        return None
    return tlog.encode_bundle([one for _, one in read_entries(connection, log, start, end)])


def render_vkeys(keys: Sequence[VerifierKey]) -> str:
    """Return public keys as a file has them, a line each."""
    return "".join(f"{render_vkey(key)}\n" for key in keys)


def _parts(
    connection: Connection, head: Head, size: int, *, with_entries: bool
) -> Iterator[tuple[str, int, Callable[[], bytes]]]:
    """Yield (path, entries that it stands for, how its bytes are read) of each file of a tree."""

    def reads(
        read: Callable[[Connection, LogName, tlog.Tile, int], bytes | None], place: tlog.Tile
    ) -> Callable[[], bytes]:
        return lambda: read(connection, head.name, place, size) or b""

    for level in range(tlog.TILE_LEVEL_MAX + 1):
        hashes = size >> merkle.TILE_HEIGHT * level
        if hashes == 0:
            return
        for index, start in enumerate(range(0, hashes, merkle.TILE_WIDTH)):
            width = min(merkle.TILE_WIDTH, hashes - start)
            place = tlog.Tile(level, index, width)
            if level == 0 and with_entries:
                yield tlog.entries_path(index, width), width, reads(read_bundle, place)
            yield tlog.tile_path(level, index, width), 0, reads(read_hashes, place)
