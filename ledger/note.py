"""Signed notes: a text and who signed it (C2SP signed-note, Ed25519, signature type 0x01).

Functions come in mirrored pairs; a parser renders again what it read and compares, so that one
value has one text. Texts are `str`: whoever reads bytes decodes them as strict UTF-8, without
newline translation. Malformed is `InvalidInputError`; a signature that does not hold is
`TamperedLogError`.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger.errors import InvalidInputError, TamperedLogError
from ledger.text import Text

# The bounds of Go's note package, so that tools agree on what they accept: far above the 16
# signatures that signed-note lets every signer count on, even post-quantum ones of 5 kB.
NOTE_CHARACTERS_MAX: Final = 1_000_000
SIGNATURES_MAX: Final = 100

_ED25519: Final = b"\x01"
_PUBLIC_KEY_BYTES: Final = 32
_KEY_ID_BYTES: Final = 4
_SIGNATURE_PREFIX: Final = "— "

# ASCII controls but newline; and surrogates, which have no UTF-8 form (signed-note, Format).
_NOT_IN_NOTE = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")
_NOT_IN_KEY_NAME = re.compile(rf"{_NOT_IN_NOTE.pattern}|[\s+]")


class Signature(NamedTuple):
    """One signature line of a note, by whatever key and algorithm."""

    name: str
    key_id: bytes
    signature: bytes


class Note(NamedTuple):
    """A signed text; its signatures are not yet verified."""

    text: str
    signatures: tuple[Signature, ...]


class OpenedNote(NamedTuple):
    """A text that known keys signed: those keys, each once, and the signatures of unknown ones."""

    text: str
    signers: tuple["VerifierKey", ...]
    unknown: tuple[Signature, ...]


class VerifierKey(NamedTuple):
    """A named Ed25519 public key."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """Return the four bytes that mark this key's signatures (signed-note, Signatures)."""
        return key_id_of(self.name, _ED25519 + self.public_key)


# --- keys ---


def render_vkey(key: VerifierKey) -> str:
    """Return a verifier key as text: `name+key id in hex+base64(0x01 || public key)`.

    Raises `InvalidInputError` (code `key_name`) for a name that no signature line can hold.
    """
    assert len(key.public_key) == _PUBLIC_KEY_BYTES, len(key.public_key)
    return render_key(key.name, _ED25519 + key.public_key)


def parse_vkey(text: str) -> VerifierKey:
    """Return the Ed25519 verifier key of a text; `InvalidInputError` (code `vkey_form`)."""
    found = parse_key(text)
    if found is not None:
        name, typed = found
        if typed[:1] == _ED25519 and len(typed) == 1 + _PUBLIC_KEY_BYTES:
            return VerifierKey(name, typed[1:])
    raise InvalidInputError(
        "vkey_form",
        Text(f"不是合法的 Ed25519 公钥：{text[:120]!r}", f"not an Ed25519 key: {text[:120]!r}"),
        Text(
            "请完整复制日志运行方公布的公钥，形如 名称+8 位十六进制+Base64",
            "copy the whole key that the log's operator published: name+8 hex digits+base64",
        ),
    )


def key_id_of(name: str, typed: bytes) -> bytes:
    """Return a key's four bytes; `typed` is its signature type's byte and the public key."""
    return sha256(name.encode() + b"\n" + typed).digest()[:_KEY_ID_BYTES]


def render_key(name: str, typed: bytes) -> str:
    """Return a key of any signature type as text; `InvalidInputError` (`key_name`)."""
    _require_key_name(name)
    return f"{name}+{key_id_of(name, typed).hex()}+{encode_base64(typed)}"


def parse_key(text: str) -> tuple[str, bytes] | None:
    """Return a key's name and its typed public key, whatever its signature type; None if none."""
    # The base64 may hold a plus sign of its own.
    name, _, rest = text.partition("+")
    typed = decode_base64(rest.partition("+")[2])
    if _is_key_name(name) and typed and render_key(name, typed) == text:
        return name, typed
    return None


def _is_key_name(name: str) -> bool:
    """Return whether a signature line can hold the name (signed-note, Format)."""
    return bool(name) and _NOT_IN_KEY_NAME.search(name) is None


def _require_key_name(name: str) -> None:
    if not _is_key_name(name):
        raise InvalidInputError(
            "key_name",
            Text(f"不能用作签名密钥的名称：{name[:80]!r}", f"not a key name: {name[:80]!r}"),
            Text(
                "名称不能为空，不能含空格、加号或控制字符，宜写成 example.cn/usage",
                "it must not be empty nor hold spaces, plus signs or controls; "
                "write it like example.cn/usage",
            ),
        )


# --- signed notes ---


def render_note(note: Note) -> str:
    """Return a note as text: the signed text, an empty line, a line for each signature."""
    lines = [
        f"{_SIGNATURE_PREFIX}{name} {encode_base64(key_id + signature)}\n"
        for name, key_id, signature in note.signatures
    ]
    return f"{note.text}\n{''.join(lines)}"


def parse_note(text: str) -> Note:
    """Return a note's text and signatures, none of them verified.

    Raises `InvalidInputError` (code `note_form`), also above the limits of size and signatures.
    """
    if len(text) <= NOTE_CHARACTERS_MAX and _NOT_IN_NOTE.search(text) is None:
        # The text may hold empty lines of its own: the last one separates.
        body, _, tail = text.rpartition("\n\n")
        lines = tail.split("\n")[:-1]
        if 1 <= len(lines) <= SIGNATURES_MAX:
            signatures = [_parse_signature(line) for line in lines]
            note = Note(body + "\n", tuple(one for one in signatures if one is not None))
            if render_note(note) == text:
                return note
    raise InvalidInputError(
        "note_form",
        Text(f"不是合法的签名文本：{text[:200]!r}", f"not a signed note: {text[:200]!r}"),
        Text(
            "请原样提供整个文件：正文、空行、签名行，不可改动换行（C2SP signed-note）",
            "give the whole file as it is: text, empty line, signature lines (C2SP signed-note)",
        ),
    )


def sign_note(text: str, name: str, *private_keys: Ed25519PrivateKey) -> str:
    """Return the note that keys of one name make of a text, which ends in a newline.

    Raises `InvalidInputError` (code `key_name`) for a name that no signature line can hold.
    """
    _require_key_name(name)
    assert text.endswith("\n"), text
    assert _NOT_IN_NOTE.search(text) is None, text
    signatures = []
    for private_key in private_keys:
        key = VerifierKey(name, private_key.public_key().public_bytes_raw())
        signatures.append(Signature(name, key.key_id, private_key.sign(text.encode())))
    note = Note(text, tuple(signatures))
    assert parse_note(render_note(note)) == note, "what is signed must be readable"
    return render_note(note)


def open_note(text: str, keys: Sequence[VerifierKey]) -> OpenedNote:
    """Return a note's text after verifying the signatures of the known keys.

    Raises `InvalidInputError` (code `note_form`) when malformed, and `TamperedLogError`:
    `signature_invalid` when a known key's signature does not hold, `signature_missing` when no
    known key signed. Signatures of unknown keys are kept, unverified, for whoever knows them.
    """
    note = parse_note(text)
    signers: dict[VerifierKey, None] = {}
    unknown = []
    for signature in note.signatures:
        known = [key for key in keys if (key.name, key.key_id) == signature[:2]]
        for key in known:
            _verify(note.text, signature.signature, key)
            signers[key] = None
        if not known:
            unknown.append(signature)
    if not signers:
        present = ", ".join(signature.name for signature in note.signatures[:5])
        wanted = ", ".join(f"{key.name}+{key.key_id.hex()}" for key in keys[:5])
        raise TamperedLogError(
            "signature_missing",
            Text(
                f"没有已知密钥（{wanted}）的签名，只有：{present}",
                f"no signature by a known key ({wanted}), only by {present}",
            ),
            Text(
                "请核对所用公钥是否为该日志公布的公钥；若是，则不要采信该文件",
                "see whether the key is the one that this log published; if so, do not rely on it",
            ),
        )
    return OpenedNote(note.text, tuple(signers), tuple(unknown))


def _parse_signature(line: str) -> Signature | None:
    """Return the signature of a line; a line of another form has none."""
    name, _, blob = line.removeprefix(_SIGNATURE_PREFIX).partition(" ")
    signature = decode_base64(blob)
    if not _is_key_name(name) or signature is None or len(signature) <= _KEY_ID_BYTES:
        return None
    return Signature(name, signature[:_KEY_ID_BYTES], signature[_KEY_ID_BYTES:])


def _verify(text: str, signature: bytes, key: VerifierKey) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key.public_key).verify(signature, text.encode())
    except InvalidSignature:
        raise TamperedLogError(
            "signature_invalid",
            Text(f"密钥 {key.name} 的签名与正文不符", f"the signature of {key.name} does not hold"),
            Text("不要采信；请留存原件并联系日志运行方", "keep it, and ask the log's operator"),
        ) from None


# --- base64 ---


def encode_base64(data: bytes) -> str:
    """Return bytes as standard base64."""
    return b64encode(data).decode()


def decode_base64(text: str) -> bytes | None:
    """Return the bytes of a standard base64 text; whoever calls renders again and compares."""
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return None
