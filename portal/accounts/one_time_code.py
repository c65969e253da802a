"""One-time codes by the clock (TOTP, RFC 6238) as every authenticator app makes them."""

from typing import Final, NamedTuple

import pyotp
import segno
from pyotp.exceptions import OTPVerificationError

# A clock that is half a minute off still signs in (RFC 6238, section 5.2).
WINDOW_STEPS: Final = 1
# 160 bits, the length of the hash (RFC 4226, section 4, R6).
_SECRET_LETTERS: Final = 32
_DIGITS: Final = 6
# The margin that a reader needs around a code (ISO/IEC 18004).
_MARGIN: Final = 4
# What an app shows above the code.
ISSUER: Final = "Suanquan"


class Drawing(NamedTuple):
    """A QR code as the path of an SVG: it fills a square of so many units, its margin included."""

    size: int
    path: str


def new_secret() -> str:
    """Return a secret in Base32, as it may be typed into an app."""
    return pyotp.random_base32(_SECRET_LETTERS)


def provisioning_uri(secret: str, person: str) -> str:
    """Return the URI by which an app takes a secret over."""
    return pyotp.TOTP(secret).provisioning_uri(name=person, issuer_name=ISSUER)


def draw(uri: str) -> Drawing:
    """Return the QR code of a URI."""
    rows = segno.make(uri, error="m", micro=False).matrix
    parts = [
        f"M{x + _MARGIN} {y + _MARGIN}h1v1h-1z"
        for y, row in enumerate(rows)
        for x, is_dark in enumerate(row)
        if is_dark
    ]
    return Drawing(len(rows) + 2 * _MARGIN, "".join(parts))


def is_code(said: str) -> bool:
    """Return whether somebody means a one-time code, and not a recovery code."""
    digits = "".join(said.split())
    return len(digits) == _DIGITS and digits.isascii() and digits.isdigit()


def code_at(secret: str, now_ms: int) -> str:
    """Return the code that an app shows at an instant."""
    return pyotp.TOTP(secret).at(now_ms // 1000)


def find_step(secret: str, code: str, now_ms: int) -> int | None:
    """Return the step of the clock whose code it is, None where it is none of this moment."""
    digits = "".join(code.split())
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(
            digits, for_time=now_ms // 1000, valid_window=WINDOW_STEPS
        )
    except OTPVerificationError:
        return None
