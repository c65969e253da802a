"""Recovery codes: ten that serve once each, for whoever has lost his authenticator app."""

import base64
import secrets
from typing import Final

from portal.accounts.keys import AccountKeys

CODES: Final = 10
# 80 bits, kept under a secret of the home: nobody tries them all (SP 800-63B-4, section 3.1.2.2).
_CODE_BYTES: Final = 10
_GROUP: Final = 4


def new_codes() -> list[str]:
    """Return recovery codes as they are written down: sixteen letters in groups of four."""
    return [_new_code() for _ in range(CODES)]


def _new_code() -> str:
    """Return one recovery code."""
    letters = base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode()
    return "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))


def digest_code(keys: AccountKeys, person: str, code: str) -> bytes:
    """Return what is kept of a person's recovery code, however it was typed."""
    letters = "".join(mark for mark in code.upper() if mark.isalnum())
    return keys.digest("recovery code", person, letters)
