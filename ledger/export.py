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
from ledger.head import Head
from ledger.note import VerifierKey, open_note, render_vkey
from ledger.read import read_entries, read_tile, root_at
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
    lines = [f"{render_vkey(key)}\n" for key in keys]
    _write(directory / "vkey", lines[0].encode())
    _write(directory / "vkeys", "".join(lines).encode())
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


def _parts(
    connection: Connection, head: Head, size: int, *, with_entries: bool
) -> Iterator[tuple[str, int, Callable[[], bytes]]]:
    """Yield (path, entries that it stands for, how its bytes are read) of each file of a tree."""

    def tile(level: int, index: int) -> Callable[[], bytes]:
        return lambda: read_tile(connection, head.name, level, index, size)

    def bundle(index: int, width: int) -> Callable[[], bytes]:
        start = index * merkle.TILE_WIDTH
        return lambda: tlog.encode_bundle(
            [entry for _, entry in read_entries(connection, head.name, start, start + width)]
        )

    for level in range(tlog.TILE_LEVEL_MAX + 1):
        hashes = size >> merkle.TILE_HEIGHT * level
        if hashes == 0:
            return
        for index, start in enumerate(range(0, hashes, merkle.TILE_WIDTH)):
            width = min(merkle.TILE_WIDTH, hashes - start)
            if level == 0 and with_entries:
                yield tlog.entries_path(index, width), width, bundle(index, width)
            yield tlog.tile_path(level, index, width), 0, tile(level, index)
