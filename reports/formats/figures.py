"""The figures of a statement as numbers: exact, or not at all.

A cell holds an exact decimal as it is printed. A spreadsheet holds doubles, which keep 15 digits of
any decimal; what has more stays a text there.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from reports.statement import Cell, Number, Words, Yuan

_NUMBER: Final = re.compile(
    r"-?(?:0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.([0-9]+))?(%?)", re.ASCII
)
_DIGITS_MAX: Final = 15
_MONEY: Final = "#,##0.00"


def decimal_of(cell: Cell) -> Decimal | None:
    """Return what a cell counts, exactly, None for words and for figures that are no one number."""
    match cell:
        case Yuan():
            return Decimal(f"{cell.fen}e-2")
        case Number():
            found = _NUMBER.fullmatch(cell.value)
            if found is None:
                return None
            digits = cell.value.rstrip("%").replace(",", "")
            # Made from its letters: arithmetic would round it to the context's digits.
            return Decimal(f"{digits}e-2" if found[2] else digits)
        case Words():
            return None


def fits_double(value: Decimal) -> bool:
    """Return whether a double gives a decimal back in all its digits."""
    digits = "".join(map(str, value.as_tuple().digits))
    return len(digits.strip("0")) <= _DIGITS_MAX


def picture_of(cell: Cell) -> str:
    """Return how a spreadsheet shows a number as it is printed: decimals, separators, percent."""
    if not isinstance(cell, Number):
        return _MONEY
    found = _NUMBER.fullmatch(cell.value)
    assert found is not None, cell
    whole = "#,##0" if "," in cell.value else "0"
    return whole + (f".{'0' * len(found[1])}" if found[1] else "") + found[2]


def adds_up(cells: Sequence[Cell], total: Cell) -> bool:
    """Return whether the figures among cells are all plain numbers and come to a total's."""
    counted = [decimal_of(cell) for cell in cells if not isinstance(cell, Words)]
    known = [value for value in counted if value is not None and fits_double(value)]
    return bool(known) and len(known) == len(counted) and sum(known) == decimal_of(total)
