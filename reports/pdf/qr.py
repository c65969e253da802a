"""A QR code (ISO/IEC 18004) as filled boxes."""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

import segno

from reports.pdf.page import BLACK, Box

# M restores a seventh of a code that was stamped, creased or copied badly.
_LEVEL: Final = "m"


def qr(text: str, x: float, y: float, edge: float) -> Iterator[Box]:
    """Yield a code within a square of `edge`, a box for each run of dark modules in a row.

    The quiet zone of four modules around it is left to the page. The higher level is taken where
    it takes no larger code. Edges are hundredths of a point, so that no two boxes leave a gap.
    """
    rows = [bytes(row) for row in segno.make(text, error=_LEVEL, micro=False).matrix]
    module = edge * 100 // len(rows) / 100
    left = round(x + (edge - module * len(rows)) / 2, 2)
    top = round(y + (edge - module * len(rows)) / 2, 2)
    for n, row in enumerate(rows):
        at = 0
        for is_dark, run in groupby(row):
            length = len(list(run))
            if is_dark:
                place = left + at * module, top + n * module
                yield Box(*place, length * module, module, BLACK)
            at += length
