"""Keys and checkpoints: verify first, then sign.

A checkpoint is signed only after every entry since the last one was read back, hashed again and
shown to extend the last signed checkpoint, which lives in a file outside the database. On any
disagreement nothing is signed and nothing is repaired.
"""

import os
import secrets
import stat
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection

from ledger import merkle, tlog
from ledger.errors import InvalidInputError, TamperedLogError
from ledger.events import LogName
from ledger.head import Head
from ledger.read import CHECK_THE_LOG, read_entries, read_tile
from ledger.text import Text

_KEY_MODE: Final = 0o600
_SPAN: Final = 64 * merkle.TILE_WIDTH


class Signer:
    """The keys and the last signed checkpoints of one home; keys are made at first use."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def verifier_key(self, head: Head) -> tlog.VerifierKey:
        """Return the public key of a log, whose name is the log's origin.

        A home without private keys, such as a backup, has the public ones beside where they were.
        """
        public = self._home / "keys" / f"{head.name}.vkey"
        if public.exists() and not self._key_path(head).exists():
            return tlog.parse_vkey(public.read_text("utf-8").strip())
        return tlog.VerifierKey(head.origin, self._key(head).public_key().public_bytes_raw())

    def last(self, head: Head) -> tlog.Checkpoint | None:
        """Return the last checkpoint that was signed for a log, its signature verified.

        Raises `TamperedLogError` when the file was changed.
        """
        path = self._checkpoint_path(head.name)
        try:
            text = self.last_note(head)
            if text is None:
                self._require_no_key(head)
                return None
            return tlog.parse_checkpoint(tlog.open_note(text, [self.verifier_key(head)]).text)
        except (UnicodeDecodeError, InvalidInputError) as error:
            raise TamperedLogError(
                "bad_checkpoint",
                Text(f"检查点文件 {path} 被改动：{error}", f"{path} was changed: {error}"),
                CHECK_THE_LOG,
            ) from error

    def _require_no_key(self, head: Head) -> None:
        """Raise when a log has a key but no checkpoint: the key is made to sign the first one."""
        if self._key_path(head).exists():
            path = self._checkpoint_path(head.name)
            raise TamperedLogError(
                "checkpoint_missing",
                Text(
                    f"日志 {head.name} 的密钥已用于签名，检查点文件 {path} 却不见了",
                    f"{head.name}'s key has signed, but its checkpoint {path} is gone",
                ),
                Text("请从备份恢复检查点文件", "restore the checkpoint from a backup"),
            )

    def _key_path(self, head: Head) -> Path:
        return self._home / "keys" / f"{head.name}.key"

    def last_note(self, head: Head) -> str | None:
        """Return the last signed note of a log as it stands in its file, None before the first."""
        path = self._checkpoint_path(head.name)
        return path.read_bytes().decode() if path.exists() else None

    def find_missing(self, logs: Collection[LogName]) -> list[LogName]:
        """Return the logs that were signed and are not among a ledger's, in order."""
        signed = {path.name for path in (self._home / "checkpoints").glob("[!.]*")}
        return sorted(signed.difference(logs))

    def checkpoint(self, connection: Connection, head: Head) -> str:
        """Return the signed note over a log's head, after verifying all since the last one.

        Raises `TamperedLogError`: `rolled_back`, `forked`, `bad_head`, `bad_chunk`.
        """
        last = self.last(head)
        require_extension(connection, head, last)
        key = self._key(head)
        text = tlog.render_checkpoint(tlog.Checkpoint(head.origin, head.size, head.root))
        note = tlog.sign_note(text, head.origin, key)
        write_file(self._checkpoint_path(head.name), note.encode())
        return note

    def salt_key(self) -> bytes:
        """Return this home's secret from which the salts of its own book events are derived."""
        path = self._home / "keys" / "salt.key"
        if not path.exists():
            _make_secret(path, b64encode(secrets.token_bytes(32)) + b"\n")
        return b64decode(_read_secret(path))

    def _checkpoint_path(self, log: LogName) -> Path:
        return self._home / "checkpoints" / log

    def _key(self, head: Head) -> Ed25519PrivateKey:
        """Return a log's signing key."""
        path = self._key_path(head)
        if not path.exists() and self._checkpoint_path(head.name).exists():
            raise TamperedLogError(
                "key_missing",
                Text(
                    f"已有签名的检查点，密钥文件 {path} 却不见了",
                    f"a checkpoint was signed, but the key file {path} is gone",
                ),
                Text("请从备份恢复密钥文件", "restore the key file from a backup"),
            )
        if not path.exists():
            seed = Ed25519PrivateKey.generate().private_bytes_raw()
            _make_secret(path, b64encode(seed) + b"\n")
        return Ed25519PrivateKey.from_private_bytes(b64decode(_read_secret(path)))


def require_extension(connection: Connection, head: Head, last: tlog.Checkpoint | None) -> None:
    """Raise `TamperedLogError` unless a log's entries lead from its last checkpoint to its head.

    The entries since the checkpoint are read and hashed; what lies before it is taken from the
    tiles, whose root must be the checkpoint's.
    """
    start = last.size if last else 0
    if last and (last.origin != head.origin or last.size > head.size):
        raise _disagreement("rolled_back", head, last)
    frontier = merkle.EMPTY_FRONTIER
    if last and start:
        size = last.size
        reader = merkle.tile_reader(
            lambda level, index: read_tile(connection, head.name, level, index, size)
        )
        frontier = merkle.read_frontier(start, reader)
        if merkle.root(frontier) != last.root:
            raise _disagreement("forked", head, last)
    for hashes in _leaf_hashes(connection, head, start):
        frontier, _ = merkle.extend(frontier, hashes)
    if merkle.root(frontier) != head.root:
        raise _disagreement("bad_head", head, last)


def _leaf_hashes(connection: Connection, head: Head, start: int) -> Iterator[list[bytes]]:
    """Yield the leaf hashes from `start` to the head, as computed from the entries, in spans."""
    for first in range(start, head.size, _SPAN):
        end = min(first + _SPAN, head.size)
        entries = read_entries(connection, head.name, first, end)
        yield merkle.leaf_hashes(entry for _, entry in entries)


def _disagreement(code: str, head: Head, last: tlog.Checkpoint | None) -> TamperedLogError:
    """Return the error that shows both tree heads."""
    now = f"{head.origin} {head.size} {head.root.hex()}"
    then = f"{last.origin} {last.size} {last.root.hex()}" if last else "—"
    return TamperedLogError(
        code,
        Text(
            f"日志与上次签名的检查点不一致。现在：{now}；上次：{then}",
            f"the log does not extend its last signed checkpoint. now: {now}; last: {then}",
        ),
        CHECK_THE_LOG,
    )


def _read_secret(path: Path) -> bytes:
    """Return a secret file's content; one that others may read is refused."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & ~_KEY_MODE:
        raise InvalidInputError(
            "open_key",
            Text(
                f"密钥文件 {path} 的权限为 {mode:04o}", f"the key file {path} has mode {mode:04o}"
            ),
            Text(f"请执行 chmod 600 {path}", f"run chmod 600 {path}"),
        )
    return path.read_bytes()


def _make_secret(path: Path, data: bytes) -> None:
    """Write a secret unless another process has just made one there, which then stands."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    write_file(draft, data)
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def write_file(path: Path, data: bytes) -> None:
    """Write a file readable by its owner only, so that a crash leaves the old one or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _KEY_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
