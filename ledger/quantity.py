"""Quantities: exact decimals of unit-seconds ⇄ whole micro-unit-seconds."""

import re
from typing import Final

from ledger.errors import InvalidInputError
from ledger.text import Text

MICRO: Final = 1_000_000

_QUANTITY = re.compile(r"(-?)(0|[1-9][0-9]{0,17})(?:\.([0-9]{1,6}))?", re.ASCII)


def parse_quantity(text: str) -> int:
    """Return a decimal of unit-seconds, such as `3521082502` or `-0.5`, in millionths.

    Raises `InvalidInputError` (`bad_quantity`).
    """
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise InvalidInputError(
            "bad_quantity",
            Text(f"数量不合法：{text[:40]!r}", f"not a quantity: {text[:40]!r}"),
            Text("应为十进制数，最多六位小数", "send a decimal, six decimals at most"),
        )
    micro = int(match[2]) * MICRO + int((match[3] or "").ljust(6, "0"))
    return -micro if match[1] else micro
