"""Records that were refused: kept with their reason, and covered by a digest under the root."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from ledger import tables
from ledger.text import Text

# Keeps a rejection's row small whatever was sent; the digest and the length cover the whole.
REJECTION_BODY_BYTES_MAX: Final = 65_536


_REJECTION_COLUMNS: Final = [c.name for c in tables.rejection.columns if c.name != "id"]


class Rejection(msgspec.Struct, frozen=True):
    """A record that was refused: where it stood, why, and its bytes (the first of them, if long).

    `length` and `sha256` are of the whole record.
    """

    position: int
    code: str
    message: Text
    body: bytes
    length: int
    sha256: bytes

    @classmethod
    def of(cls, position: int, code: str, message: Text, raw: bytes) -> "Rejection":
        """Return the rejection of a record whose bytes are all at hand."""
        body = raw[:REJECTION_BODY_BYTES_MAX]
        return cls(position, code, message, body, len(raw), hashlib.sha256(raw).digest())


def rejections_digest(rows: Iterable[Mapping[Any, Any]]) -> str:
    """Return the SHA-256 over refusals in the order of their positions, in hexadecimal.

    Each row is a line of JSON: an array of its columns but the number that the database gives,
    bytes in hexadecimal, no spaces.
    """
    digest = hashlib.sha256()
    for row in rows:
        values = [row[name] for name in _REJECTION_COLUMNS]
        line = [value.hex() if isinstance(value, bytes) else value for value in values]
        digest.update(msgspec.json.encode(line) + b"\n")
    return digest.hexdigest()
