"""What a backup is on disk: a home to read from, and `backup.json`, which names every file in it.

The manifest is written last, so that a directory without one is no backup. Its digests find what
rotted; what somebody changed with care is found by the log's own tree.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from ledger.errors import InvalidInputError, TamperedLogError
from ledger.secret import write_file
from ledger.text import Text

MANIFEST: Final = "backup.json"
DATABASE: Final = "suanquan.db"
FORMAT: Final = 1

# Where a backup stands until it is whole, on the file system where it will stay.
_DRAFT: Final = ".unfinished"

# What SQLite leaves beside a file that somebody has opened for writing.
_TRACES: Final = ("suanquan.db-wal", "suanquan.db-journal")


class Stand(msgspec.Struct, frozen=True):
    """Where a log stood; the root in hexadecimal."""

    name: str
    origin: str
    size: int
    root: str


class StoredFile(msgspec.Struct, frozen=True):
    """One file of a backup, by its path in the directory."""

    path: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What a backup says of itself."""

    format: int
    made_at: str
    revision: str
    with_keys: bool
    logs: list[Stand]
    files: list[StoredFile]


@contextmanager
def drafting(directory: Path) -> Iterator[Path]:
    """Yield where to write a backup; whatever was not finished is gone afterwards.

    Raises `InvalidInputError` (`not_empty`) for a directory that holds anything else.
    """
    draft = directory / _DRAFT
    if directory.exists() and any(one.name != _DRAFT for one in directory.iterdir()):
        raise InvalidInputError(
            "not_empty",
            Text(f"目录 {directory} 不为空", f"{directory} is not empty"),
            Text("请为每次备份指定新目录", "name a new directory for each backup"),
        )
    made = not directory.exists()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        if made and not any(directory.iterdir()):
            directory.rmdir()


def finish(draft: Path, manifest: Manifest) -> None:
    """Move a draft's files to their place, and write the manifest when they are on the disk."""
    directory = draft.parent
    for one in sorted(draft.iterdir()):
        one.rename(directory / one.name)
    os.sync()
    data = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    write_file(directory / MANIFEST, data + b"\n")


def list_files(directory: Path) -> list[StoredFile]:
    """Return every file under a directory with its size and digest, by path."""
    paths = sorted(path for path in directory.rglob("*") if path.is_file())
    return [_describe(directory, path.relative_to(directory).as_posix()) for path in paths]


def _describe(directory: Path, name: str) -> StoredFile:
    """Return a file's size and digest."""
    path = directory / name
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return StoredFile(name, path.stat().st_size, digest)


def read_manifest(directory: Path) -> Manifest:
    """Return what a backup says of itself; `InvalidInputError` (`no_backup`) if it is none."""
    try:
        manifest = msgspec.json.decode((directory / MANIFEST).read_bytes(), type=Manifest)
    except (FileNotFoundError, NotADirectoryError):
        raise _no_backup(directory, f"{MANIFEST} ?") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _no_backup(directory, f"{MANIFEST}: {error}") from error
    if manifest.format != FORMAT:
        raise _no_backup(directory, f"format {manifest.format}")
    for one in manifest.files:
        if one.path.startswith("/") or ".." in Path(one.path).parts:
            raise _no_backup(directory, one.path)
    return manifest


def _no_backup(directory: Path, detail: str) -> InvalidInputError:
    """Return the error for a directory that is no backup, or none that this program reads."""
    return InvalidInputError(
        "no_backup",
        Text(f"{directory} 不是完整的备份：{detail}", f"{directory} is no whole backup: {detail}"),
        Text(
            "请指定 suanquan backup 写成的目录",
            "name a directory that suanquan backup has finished",
        ),
    )


def require_unchanged(directory: Path, manifest: Manifest) -> None:
    """Raise `TamperedLogError` (`backup_changed`) where a file is not as it was written."""
    changed = [name for name in _TRACES if (directory / name).exists()]
    for stored in manifest.files:
        path = directory / stored.path
        if not path.is_file() or _describe(directory, stored.path) != stored:
            changed.append(stored.path)
    if changed:
        names = ", ".join(changed[:20])
        raise TamperedLogError(
            "backup_changed",
            Text(
                f"备份 {directory} 中 {len(changed)} 个文件与备份时不同：{names}",
                f"{len(changed)} files of {directory} are not as they were written: {names}",
            ),
            Text("未恢复任何内容；请改用另一份备份", "nothing was restored; use another backup"),
        )


def require_room(home: Path, directory: Path, names: Iterable[str]) -> None:
    """Raise `InvalidInputError` (`not_empty`) where a home holds another file of the same name."""
    for name in names:
        path = home / name
        if path.exists() and path.read_bytes() != (directory / name).read_bytes():
            raise InvalidInputError(
                "not_empty",
                Text(f"{path} 已存在且内容不同", f"{path} is there already, and differs"),
                Text(
                    "请恢复到新的 SUANQUAN_HOME，或先将该文件移走留存",
                    "restore into a new SUANQUAN_HOME, or move that file away and keep it",
                ),
            )


def copy_files(names: Iterable[str], source: Path, target: Path) -> int:
    """Return how many files were copied from one home to another, readable by the owner only."""
    count = 0
    for name in names:
        if (source / name).exists():
            write_file(target / name, (source / name).read_bytes())
            count += 1
    return count
