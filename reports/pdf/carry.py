"""What a table that goes on over the page carries forward: 过次页, and 承前页 under the next head.

As in an account book, each page ends with the sums up to it and the next one begins with them. Only
columns of money are carried whose rows come to the total: another sum would mean nothing.
"""

from collections.abc import Sequence
from typing import Final

from ledger.text import Text
from reports.statement import Cell, Table, Words, Yuan
from reports.terms import read_cell

FORWARD: Final = Text("过次页", "Carried forward")
BROUGHT: Final = Text("承前页", "Brought forward")


class Sums:
    """The running sums of a table that has a total; none where no column adds up to it."""

    def __init__(self, block: Table) -> None:
        total = block.total or ()
        self._width = len(block.columns)
        columns = (i for i, cell in enumerate(total) if i and isinstance(cell, Yuan))
        self._columns = tuple(i for i in columns if _adds_up(block.rows, i, total[i]))
        self._fen = dict.fromkeys(self._columns, 0)

    def __bool__(self) -> bool:
        return bool(self._columns)

    def add(self, row: Sequence[Cell]) -> None:
        """Take in the next row."""
        for i in self._columns:
            self._fen[i] += _fen(row[i])

    def row(self, name: Text) -> list[Text]:
        """Return the cells of a row of the sums up to here, under a name in its first cell."""
        cells = [Text("", "")] * self._width
        cells[0] = name
        for i, fen in self._fen.items():
            cells[i] = read_cell(Yuan(fen))
        return cells


def _adds_up(rows: Sequence[Sequence[Cell]], i: int, total: Cell) -> bool:
    """Return whether a column is money, or a dash in place of it, and comes to its total."""
    if not all(isinstance(row[i], Yuan | Words) for row in rows):
        return False
    return isinstance(total, Yuan) and sum(_fen(row[i]) for row in rows) == total.fen


def _fen(cell: Cell) -> int:
    """Return what a cell adds, nothing where it is no money."""
    return cell.fen if isinstance(cell, Yuan) else 0
