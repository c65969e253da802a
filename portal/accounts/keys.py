"""The secret of a home under which what people sign in with is kept in the database.

`keys/accounts.key` stays out of the database and its copies: whoever has those alone can neither
make one-time codes nor try recovery codes, addresses or names one by one.
"""

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.errors import InvalidInputError
from ledger.secret import make_secret, read_secret
from ledger.text import Text

KEY_BYTES: Final = 32
# As NIST SP 800-38D recommends for GCM.
_NONCE_BYTES: Final = 12


def encode(said: str) -> bytes:
    """Return a text's bytes, whatever a browser made of it."""
    return said.encode("utf-8", "surrogatepass")


class AccountKeys:
    """The key file of a home, made at first use."""

    def __init__(self, home: Path) -> None:
        self._path = home / "keys" / "accounts.key"

    def _derive(self, purpose: str) -> bytes:
        """Return the key for one purpose alone."""
        if not self._path.exists():
            make_secret(self._path, b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
        return hmac.digest(b64decode(read_secret(self._path)), purpose.encode(), hashlib.sha256)

    def digest(self, purpose: str, *parts: str) -> bytes:
        """Return the keyed digest of some texts, which only this home can make."""
        # No text of ours holds a zero byte, so that no two lists of parts are one.
        said = "\0".join(part.replace("\0", "") for part in parts)
        return hmac.digest(self._derive(purpose), encode(said), hashlib.sha256)

    def seal(self, person: str, secret: str) -> bytes:
        """Return a person's secret so that this home alone can read it."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        key = AESGCM(self._derive("second factor"))
        return nonce + key.encrypt(nonce, secret.encode(), person.encode())

    def open(self, person: str, sealed: bytes) -> str:
        """Return a person's secret; raises `InvalidInputError` (`other_key`) under another key."""
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        key = AESGCM(self._derive("second factor"))
        try:
            return key.decrypt(nonce, rest, person.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise InvalidInputError(
                "other_key",
                Text(
                    f"{self._path} 不是封存 {person} 第二验证因素时的密钥",
                    f"{self._path} is not the key under which {person}'s second factor was sealed",
                ),
                Text(
                    "请恢复该密钥文件；若已丢失，请用 suanquan user invite --second-factor 重置",
                    "restore that key file; if it is lost, renew with user invite --second-factor",
                ),
            ) from error
