"""How a sentence breaks into lines: Chinese between characters, Latin words between spaces.

No line begins with a closing mark and none ends with an opening one (行首行尾禁则 of the W3C's
Requirements for Chinese Text Layout). A word wider than the line is broken, never cut off.
"""

import re
from collections.abc import Callable
from typing import Final

_OPENING: Final = "（［｛〔【〖《〈「『“‘([{¥￥"
_CLOSING: Final = "）］｝〕】〗》〉」』”’，。、；：！？…—·％‰℃)]},.;:!?%"
_LATIN: Final = "!-~\u00a1-\u024f\u0370-\u052f"

_PIECES: Final = re.compile(
    f" +|[{re.escape(_OPENING)}]*(?:[{_LATIN}]+|[^ ])[{re.escape(_CLOSING)}]*", re.DOTALL
)

# Widths are sums of floats: what was measured to fit must fit when it is measured again.
TOLERANCE: Final = 0.01


def pieces(text: str) -> list[str]:
    """Return the parts of a text that stay on one line, spaces apart; joined they are the text."""
    return _PIECES.findall(text)


def wrap(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """Return the lines of a text that stand in `width`, as `measure` measures them.

    The lines are the text itself but for the spaces at the breaks. There is always one line.
    """
    room = width + TOLERANCE
    if measure(text) <= room:
        return [text]
    lines, line, used = [], "", 0.0
    for piece in _fitting(text, room, measure):
        advance = measure(piece)
        if line and used + advance > room and not piece.isspace():
            lines.append(line.rstrip(" "))
            line, used = "", 0.0
        if line or not lines or not piece.isspace():
            line, used = line + piece, used + advance
    return [*lines, line.rstrip(" ")]


def _fitting(text: str, room: float, measure: Callable[[str], float]) -> list[str]:
    """Return the pieces of a text, those wider than a line taken apart into characters."""
    fitting: list[str] = []
    for piece in pieces(text):
        fitting += [piece] if measure(piece) <= room else list(piece)
    return fitting
