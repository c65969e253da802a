"""Files that somebody asked for by name: written whole, or what was there stays."""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

_MODE: Final = 0o666
"""Less the umask: whose file it is decides who may read it, as with any other program."""


def write_out(path: Path, raw: bytes) -> None:
    """Write a file so that a full disk or a crash leaves the old one or none, and no half of it.

    A link is followed, and the file keeps its mode. What is no regular file, such as a pipe, is
    written through, as is a file in a directory in which nobody may make another.
    """
    target = path.resolve()
    try:
        found = target.stat()
    except FileNotFoundError:
        found = None
    if found is not None and not stat.S_ISREG(found.st_mode):
        path.write_bytes(raw)
        return
    # Short, for a name may be as long as a file system takes.
    draft = target.with_name(f".{secrets.token_hex(8)}")
    try:
        _write_draft(draft, raw, None if found is None else stat.S_IMODE(found.st_mode))
    except PermissionError:
        if found is None:
            raise
        path.write_bytes(raw)
        return
    except OSError as error:
        error.filename = str(path)
        raise
    draft.replace(target)


def _write_draft(draft: Path, raw: bytes, mode: int | None) -> None:
    """Write a draft whole, or leave none."""
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise
