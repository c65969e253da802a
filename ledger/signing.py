"""Keys and checkpoints: verify first, then sign.

A checkpoint is signed only after every entry since the last one was read back, hashed again and
shown to extend the last signed checkpoint, which lives in a file outside the database. On any
disagreement nothing is signed and nothing is repaired.
"""

import secrets
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from ledger import merkle, tlog
from ledger.cosignature import merge
from ledger.errors import InvalidInputError, TamperedLogError
from ledger.events import LogName
from ledger.head import Head
from ledger.keyring import Keyring
from ledger.note import Note, VerifierKey, open_note, parse_note, render_note, sign_note
from ledger.read import CHECK_THE_LOG, read_entries, read_tile
from ledger.secret import make_secret, read_secret, write_file
from ledger.text import Text

_SPAN: Final = 64 * merkle.TILE_WIDTH


class Signer:
    """The keys and the last signed checkpoints of one home; keys are made at first use."""

    def __init__(self, home: Path) -> None:
        self._home = home

    # --- keys ---

    def keyring(self, head: Head) -> Keyring:
        """Return the key files of a log."""
        return Keyring(self._home, head)

    def verifier_keys(self, head: Head) -> list[VerifierKey]:
        """Return the public keys that sign a log, the older first; their name is its origin.

        There are two while one takes over from the other.
        """
        ring = self.keyring(head)
        if not ring.current():
            self._require_key(head)
        return ring.current()

    def verifier_key(self, head: Head) -> VerifierKey:
        """Return the public key to give to tools that take one: the older of those that sign."""
        return self.verifier_keys(head)[0]

    def known_keys(self, head: Head) -> list[VerifierKey]:
        """Return every public key that signs or once signed a log."""
        return [*self.verifier_keys(head), *self.keyring(head).retired()]

    def _require_key(self, head: Head) -> None:
        """Make a log's first key; raise when it has signed already."""
        ring = self.keyring(head)
        if not ring.path.exists():
            if self._checkpoint_path(head.name).exists() or ring.coming():
                raise ring.missing()
            ring.make_first()

    # --- checkpoints ---

    def last(self, head: Head) -> tlog.Checkpoint | None:
        """Return the last checkpoint that was signed for a log, its signature verified.

        A key that signs now must have signed it: whoever got hold of a retired one makes no last
        checkpoint. Raises `TamperedLogError` when the file was changed.
        """
        path = self._checkpoint_path(head.name)
        try:
            text = self.last_note(head)
            if text is None:
                self._require_no_key(head)
                return None
            opened = open_note(text, self.known_keys(head))
            if not set(opened.signers) & set(self.verifier_keys(head)):
                raise self._retired_signature(path)
            last = tlog.parse_checkpoint(opened.text)
        except (UnicodeDecodeError, InvalidInputError) as error:
            raise TamperedLogError(
                "bad_checkpoint",
                Text(f"检查点文件 {path} 被改动：{error}", f"{path} was changed: {error}"),
                CHECK_THE_LOG,
            ) from error
        self._require_newest(head, last)
        return last

    def _retired_signature(self, path: Path) -> TamperedLogError:
        return TamperedLogError(
            "retired_key",
            Text(
                f"检查点 {path} 只有已停用密钥的签名",
                f"the checkpoint {path} is signed by a retired key alone",
            ),
            Text(
                "它早于密钥轮换或系伪造；请恢复最后签名的检查点文件",
                "it is older than the rotation, or forged; restore the last signed one",
            ),
        )

    def _require_no_key(self, head: Head) -> None:
        """Raise when a log has a key but no checkpoint: the key is made to sign the first one."""
        if self.keyring(head).path.exists():
            path = self._checkpoint_path(head.name)
            raise TamperedLogError(
                "checkpoint_missing",
                Text(
                    f"日志 {head.name} 的密钥已用于签名，检查点文件 {path} 却不见了",
                    f"{head.name}'s key has signed, but its checkpoint {path} is gone",
                ),
                Text("请从备份恢复检查点文件", "restore the checkpoint from a backup"),
            )

    def last_note(self, head: Head) -> str | None:
        """Return the last signed note of a log as it stands in its file, None before the first.

        What witnesses signed under it is added.
        """
        path = self._checkpoint_path(head.name)
        if not path.exists():
            return None
        return self._with_cosignatures(head, path.read_bytes().decode())

    def find_missing(self, logs: Collection[LogName]) -> list[LogName]:
        """Return the logs that were signed and are not among a ledger's, in order."""
        signed = {path.name for path in (self._home / "checkpoints").glob("[!.]*")}
        return sorted(signed.difference(logs))

    def checkpoint(self, connection: Connection, head: Head) -> str:
        """Return the signed note over a log's head, after verifying all since the last one.

        Every key that signs puts a line under it. Raises `TamperedLogError`: `rolled_back`,
        `forked`, `bad_head`, `bad_chunk`, `key_missing`.
        """
        last = self.last(head)
        require_extension(connection, head, last)
        self._require_key(head)
        text = tlog.render_checkpoint(tlog.Checkpoint(head.origin, head.size, head.root))
        note = sign_note(text, head.origin, *self.keyring(head).signers())
        write_file(self._checkpoint_path(head.name), note.encode())
        return self._with_cosignatures(head, note)

    # --- what witnesses signed ---

    def cosigned(
        self, head: Head, keys: Sequence[VerifierKey] = ()
    ) -> list[tuple[tlog.Checkpoint, Note]]:
        """Return every checkpoint that a witness cosigned, by size, each verified by our key.

        `keys` are the log's public keys where the home has none; none is made.

        Raises `TamperedLogError` for a file that was changed.
        """
        directory = self._home / "cosigned" / head.name
        if not directory.is_dir():
            return []
        ring, found = self.keyring(head), []
        keys = keys or [*ring.current(), *ring.retired()]
        for path in directory.iterdir():
            try:
                text = path.read_bytes().decode()
                checkpoint = tlog.parse_checkpoint(open_note(text, keys).text)
            except (UnicodeDecodeError, InvalidInputError) as error:
                raise TamperedLogError(
                    "bad_checkpoint",
                    Text(f"联署文件 {path} 被改动：{error}", f"{path} was changed: {error}"),
                    CHECK_THE_LOG,
                ) from error
            found.append((checkpoint, parse_note(text)))
        return sorted(found, key=lambda one: one[0].size)

    def keep_cosigned(self, head: Head, note: Note) -> Note:
        """Return a note with all that is known of its cosignatures, kept beside the checkpoint.

        It is one that our key signed and that the log extends; whoever calls has shown both.
        Raises `TamperedLogError` (`forked`) where another checkpoint of that size is kept.
        """
        size = tlog.parse_checkpoint(note.text).size
        held = next((one for at, one in self.cosigned(head) if at.size == size), None)
        if held is not None:
            note = merge(held, note.signatures)
        text = render_note(note)
        assert parse_note(text) == note, "what is kept must be readable"
        write_file(self._home / "cosigned" / head.name / str(size), text.encode())
        return note

    def _with_cosignatures(self, head: Head, text: str) -> str:
        """Return a signed note with the lines that witnesses put under the same text."""
        for _, one in self.cosigned(head):
            note = parse_note(text)
            if one.text == note.text:
                text = render_note(merge(note, one.signatures))
        return text

    def _require_newest(self, head: Head, last: tlog.Checkpoint) -> None:
        """Raise when a witness cosigned a later checkpoint, or another one of the same size."""
        for checkpoint, _ in self.cosigned(head)[-1:]:
            same = checkpoint.size == last.size
            if checkpoint.size > last.size or (same and checkpoint.root != last.root):
                raise disagreement(
                    "checkpoint_replaced",
                    Text(
                        "最后的检查点不是见证人联署过的最新检查点",
                        "a witness cosigned another checkpoint than the last one",
                    ),
                    (last, checkpoint),
                )

    def _checkpoint_path(self, log: LogName) -> Path:
        return self._home / "checkpoints" / log

    def salt_key(self) -> bytes:
        """Return this home's secret from which the salts of its own book events are derived."""
        path = self._home / "keys" / "salt.key"
        if not path.exists():
            make_secret(path, b64encode(secrets.token_bytes(32)) + b"\n")
        return b64decode(read_secret(path))


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


def disagreement(
    code: str, what: Text, checkpoints: tuple[tlog.Checkpoint, tlog.Checkpoint]
) -> TamperedLogError:
    """Return the error that shows the present checkpoint and another that contradicts it."""
    now, other = (f"{one.origin} {one.size} {one.root.hex()}" for one in checkpoints)
    return TamperedLogError(
        code,
        Text(
            f"{what.zh}。现在：{now}；另一检查点：{other}", f"{what.en}. now: {now}; other: {other}"
        ),
        CHECK_THE_LOG,
    )


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
