"""Files that only their owner may read: secrets made once, and whatever else is written whole.

A secret is refused, with the command that mends it, when anybody else could read it or put another
in its place: a mode wider than 0600, a directory that others may write to, a symbolic link, a
second name elsewhere. The directory itself may be a link to another volume.
"""

import os
import secrets
import stat
from pathlib import Path
from typing import Final

from ledger.errors import InvalidInputError
from ledger.text import Text

_FILE_MODE: Final = 0o600
_DIRECTORY_MODE: Final = 0o700
_WRITABLE_BY_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH


def read_secret(path: Path) -> bytes:
    """Return a secret file's content; `InvalidInputError` (`open_key`) for one that is not closed.

    What is looked at is what is read: the file is opened once, and never through a link.
    """
    _require_closed_directory(path.parent)
    if path.is_symlink():
        raise _open_key(
            Text(f"密钥文件 {path} 是符号链接", f"the key file {path} is a symbolic link"),
            Text(
                f"请把密钥文件本身放在该处（整个 {path.parent} 目录可以是链接）",
                f"put the file itself there; the whole of {path.parent} may be a link",
            ),
        )
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        found = os.fstat(file.fileno())
        mode = stat.S_IMODE(found.st_mode)
        if mode & ~_FILE_MODE:
            raise _open_key(
                Text(
                    f"密钥文件 {path} 的权限为 {mode:04o}",
                    f"the key file {path} has mode {mode:04o}",
                ),
                Text(f"请执行 chmod 600 {path}", f"run chmod 600 {path}"),
            )
        if found.st_nlink > 1:
            _drop_drafts(path, found)
            found = os.fstat(file.fileno())
        if found.st_nlink > 1:
            raise _open_key(
                Text(
                    f"密钥文件 {path} 另有 {found.st_nlink - 1} 个硬链接",
                    f"the key file {path} has {found.st_nlink - 1} more names (hard links)",
                ),
                Text(
                    f"用 find / -samefile {path} 找出并删除；若不认识，请更换密钥",
                    f"find them with find / -samefile {path} and remove them; rotate the key if"
                    " you do not know who made them",
                ),
            )
        return file.read()


def _require_closed_directory(directory: Path) -> None:
    """Raise unless only a directory's owner may put files into it."""
    mode = stat.S_IMODE(directory.stat().st_mode)
    if mode & _WRITABLE_BY_OTHERS:
        raise _open_key(
            Text(
                f"密钥目录 {directory} 的权限为 {mode:04o}，他人可替换其中的密钥",
                f"the key directory {directory} has mode {mode:04o}: others can replace keys in it",
            ),
            Text(f"请执行 chmod 700 {directory}", f"run chmod 700 {directory}"),
        )


def _drop_drafts(path: Path, found: os.stat_result) -> None:
    """Remove the other names that `make_secret` gave a file and, cut short, did not take away."""
    for draft in path.parent.glob(f".{path.name}.*"):
        try:
            if os.path.samestat(draft.lstat(), found):
                draft.unlink()
        except FileNotFoundError:
            continue


def _open_key(message: Text, next_step: Text) -> InvalidInputError:
    return InvalidInputError("open_key", message, next_step)


def make_secret(path: Path, data: bytes) -> None:
    """Write a secret unless another process has just made one there, which then stands."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    write_file(draft, data)
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        # Whoever read the new file meanwhile may have taken the draft away.
        draft.unlink(missing_ok=True)


def write_file(path: Path, data: bytes) -> None:
    """Write a file readable by its owner only, so that a crash leaves the old one or the new."""
    path.parent.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    # A draft that a crash left keeps the mode it has, and a link there would be followed.
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        # A disk that is full names no file.
        draft.unlink()
        error.filename = str(path)
        raise
    draft.replace(path)
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Return when a directory's names are on the disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
