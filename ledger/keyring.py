"""The keys of each log: made at first use, two of them while one takes over from the other.

`keys/<log>.key` signs. While a new key takes over, `keys/<log>.next.key` signs beside it, so that
whoever holds either public key can check; before the book log names the new key it is
`keys/<log>.draft.key` and signs nothing. One rename ends the overlap: the new key takes the old
one's name, and the old private key is gone. Public keys are never thrown away: `keys/<log>.vkey`
has those that sign, `keys/retired/<log>.vkey` those that did, so that old checkpoints stay
checkable. A home without private keys, such as a backup, has these lists alone.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.errors import InvalidInputError, RuleViolationError, TamperedLogError
from ledger.head import Head
from ledger.note import VerifierKey, parse_vkey, render_vkey
from ledger.secret import make_secret, read_secret, sync_directory, write_file
from ledger.text import Text


class Keyring:
    """The key files of one log under a home."""

    def __init__(self, home: Path, head: Head) -> None:
        self._directory = home / "keys"
        self._origin = head.origin
        self._log = head.name
        self.path = self._directory / f"{head.name}.key"
        self._next = self._directory / f"{head.name}.next.key"
        self._draft = self._directory / f"{head.name}.draft.key"
        self._public = self._directory / f"{head.name}.vkey"
        self._retired = self._directory / "retired" / f"{head.name}.vkey"

    # --- public keys ---

    def current(self) -> list[VerifierKey]:
        """Return the public keys that sign, the older first; none in a home without keys."""
        if self.path.exists():
            return [self._verifier(path) for path in (self.path, self._next) if path.exists()]
        return _read_keys(self._public)

    def retired(self) -> list[VerifierKey]:
        """Return the public keys that signed once, in the order of their retirement."""
        held = self.current()
        return [key for key in _read_keys(self._retired) if key not in held]

    # --- private keys ---

    def make_first(self) -> None:
        """Make the log's first key unless another process just has."""
        make_secret(self.path, _new_seed())

    def signers(self) -> list[Ed25519PrivateKey]:
        """Return the keys that sign, the older first.

        Raises `TamperedLogError` (`key_missing`) when the older one is gone.
        """
        if not self.path.exists():
            raise self.missing()
        return [_read_key(path) for path in (self.path, self._next) if path.exists()]

    def missing(self) -> TamperedLogError:
        """Return the error for a log that has signed and whose key is gone."""
        if self._next.exists():
            step = Text(
                f"请从备份恢复密钥文件；若已丢失，请运行 suanquan log rotate-key {self._log}"
                " --retire，由新密钥接替",
                "restore the key file from a backup; if it is lost for good, run suanquan log"
                f" rotate-key {self._log} --retire and the new key takes over",
            )
        else:
            step = Text(
                "请从备份恢复密钥文件。若已永久丢失：把检查点与 keys 移走留作证据，重新签名即生成新"
                "密钥，公布新公钥与原因；持有旧检查点者请用 suanquan log prove-growth 核对",
                "restore the key file from a backup. If it is lost for good: move checkpoints and"
                " keys away as evidence, sign again, which makes a new key, and publish it with the"
                " reason; whoever kept checkpoints compares roots by them",
            )
        return TamperedLogError(
            "key_missing",
            Text(
                f"已有签名的检查点，密钥文件 {self.path} 却不见了",
                f"a checkpoint was signed, but the key file {self.path} is gone",
            ),
            step,
        )

    # --- one key takes over from another ---

    def coming(self) -> VerifierKey | None:
        """Return the public key that is to take over, None when none is on its way."""
        for path in (self._next, self._draft):
            if path.exists():
                return self._verifier(path)
        return None

    def draft_next(self) -> VerifierKey:
        """Return the key that is to take over, made unless there is one; it signs nothing yet."""
        if not self._next.exists():
            make_secret(self._draft, _new_seed())
        coming = self.coming()
        assert coming is not None
        return coming

    def begin_overlap(self) -> None:
        """Let the drafted key sign beside the older one; the book must name it already."""
        keys = [*self.current(), self.draft_next()]
        _write_keys(self._public, dict.fromkeys(keys))
        if self._draft.exists():
            self._draft.replace(self._next)
            sync_directory(self._directory)

    def outgoing(self) -> VerifierKey:
        """Return the key that is to retire, even where its private part is lost.

        Raises `RuleViolationError` (`no_rotation`) when no other key signs beside it.
        """
        if not self._next.exists():
            raise RuleViolationError(
                "no_rotation",
                Text(
                    f"日志 {self._log} 没有正在接替的新密钥",
                    f"no new key signs beside the one of {self._log}",
                ),
                Text(
                    f"请先运行 suanquan log rotate-key {self._log}",
                    f"run suanquan log rotate-key {self._log} first",
                ),
            )
        coming = self._verifier(self._next)
        # The last of the retired ones: retiring it was cut short, and its private part is lost.
        held = [*self.current(), *reversed(_read_keys(self._retired))]
        return next(key for key in held if key != coming)

    def retire(self) -> None:
        """End the overlap: the new key alone signs, the old private key is destroyed."""
        old, new = self.outgoing(), self._verifier(self._next)
        _write_keys(self._retired, dict.fromkeys([*_read_keys(self._retired), old]))
        _write_keys(self._public, [new])
        self._next.replace(self.path)
        sync_directory(self._directory)

    def _verifier(self, path: Path) -> VerifierKey:
        return VerifierKey(self._origin, _read_key(path).public_key().public_bytes_raw())


def write_public(home: Path, log: str, keys: Iterable[VerifierKey]) -> None:
    """Write the public keys that sign a log into a home without its private ones."""
    _write_keys(home / "keys" / f"{log}.vkey", keys)


def add_retired(home: Path, log: str, keys: Iterable[VerifierKey]) -> None:
    """Add public keys that signed a log once to those that a home has."""
    path = home / "keys" / "retired" / f"{log}.vkey"
    held = _read_keys(path)
    if added := [key for key in keys if key not in held]:
        _write_keys(path, [*held, *added])


def _new_seed() -> bytes:
    return b64encode(Ed25519PrivateKey.generate().private_bytes_raw()) + b"\n"


def _read_key(path: Path) -> Ed25519PrivateKey:
    """Return the private key of a file; `InvalidInputError` (`open_key`, `key_form`)."""
    try:
        return Ed25519PrivateKey.from_private_bytes(b64decode(read_secret(path), validate=False))
    except ValueError as error:
        raise InvalidInputError(
            "key_form",
            Text(f"{path} 不是密钥文件：{error}", f"{path} is no key file: {error}"),
            Text("请从备份恢复密钥文件", "restore the key file from a backup"),
        ) from error


def _read_keys(path: Path) -> list[VerifierKey]:
    """Return the public keys of a list, one a line."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [parse_vkey(line) for line in lines]


def _write_keys(path: Path, keys: Iterable[VerifierKey]) -> None:
    write_file(path, "".join(f"{render_vkey(key)}\n" for key in keys).encode())
