"""A table over as many pages as it takes: its head on each, and each row exactly once.

Where its rows come to a total in money, each page carries the sums forward to the next one.
"""

from collections.abc import Sequence
from math import floor, fsum
from typing import Final, NamedTuple

from ledger.text import Text
from reports.fonts import Fonts
from reports.pdf.carry import BROUGHT, FORWARD, Sums
from reports.pdf.lines import pieces
from reports.pdf.page import (
    BLACK,
    BOTTOM,
    GREY,
    HAIR,
    LEFT,
    TOP,
    WIDTH,
    Align,
    Flow,
    Ink,
    Line,
    Pair,
    Style,
    height_of,
    set_pair,
)
from reports.statement import Column, Table
from reports.terms import NOTHING, read_cell

HEAD: Final = Pair(Style(8, 11.5, bold=True), Style(6.5, 9, ink=GREY))
CELL: Final = Pair(Style(8.5, 12.5), Style(7, 9.5, ink=GREY))
TOTAL: Final = Pair(Style(8.5, 12.5, bold=True), Style(7, 9.5, ink=GREY))
CARRIED: Final = Pair(Style(8.5, 12.5, ink=GREY), Style(7, 9.5, ink=GREY))

_PAD_X: Final = 5.0
_PAD_Y: Final = 3.2

# Below three quarters of its size, type is a burden to read; wider figures are broken instead.
_SCALE_MIN: Final = 0.75

# Words yield to figures down to this share of what they need.
_WORDS_MIN: Final = 0.4

# A word in a column of words may claim this share of the page before it is broken.
_WORD_SHARE: Final = 0.2

# Chinese has no spaces: so many characters or fewer are taken for one word, such as 税率.
_TERM_LENGTH: Final = 4

# A row that is split between pages begins where so much room is left: three lines.
_START: Final = 46.0


class _Row(NamedTuple):
    """The lines of each cell, and how high they stand: asked for many times, added up once.

    The first cell is a name of sums where it `is_named`: that stands left, whatever its column.
    """

    cells: list[list[Line]]
    height: float
    is_named: bool = False

    @classmethod
    def of(cls, cells: list[list[Line]], *, is_named: bool = False) -> "_Row":
        """Return the row of some cells."""
        return cls(cells, max(map(height_of, cells)) + 2 * _PAD_Y, is_named)

    def split(self, height: float) -> "tuple[_Row, _Row]":
        """Return the lines that stand in `height`, at least one a cell, and those that remain."""
        first: list[list[Line]] = []
        rest: list[list[Line]] = []
        for lines in self.cells:
            count, used = 0, 2 * _PAD_Y
            while count < len(lines) and (count == 0 or used + lines[count].height <= height):
                used += lines[count].height
                count += 1
            first.append(lines[:count])
            rest.append(lines[count:])
        return _Row.of(first), _Row.of(rest)


class _Grid(NamedTuple):
    """The columns as they are set: widths that add up to the page's, and the scale of the type."""

    columns: Sequence[Column]
    widths: list[float]
    scale: float

    def row(self, fonts: Fonts, texts: Sequence[Text], pair: Pair) -> _Row:
        """Return a row, set."""
        assert len(texts) == len(self.columns), "a row has as many cells as the table has columns"
        scaled = _scaled(pair, self.scale)
        return _Row.of(
            [
                set_pair(fonts, text, scaled, width - 2 * _PAD_X, beside=False)
                for text, width in zip(texts, self.widths, strict=True)
            ]
        )

    def sums(self, fonts: Fonts, texts: Sequence[Text], pair: Pair) -> _Row:
        """Return a row of sums, set: its name may reach over the empty cells that follow it."""
        free = next((i for i, text in enumerate(texts) if i and text.zh), len(texts))
        widths = [fsum(self.widths[:free]), *self.widths[1:]]
        scaled = _scaled(pair, self.scale)
        cells = [
            set_pair(fonts, text, scaled, width - 2 * _PAD_X)
            for text, width in zip(texts, widths, strict=True)
        ]
        return _Row.of(cells, is_named=True)


def table(flow: Flow, block: Table) -> None:
    """Return nothing; places a table, its total never alone on a page."""
    rows = [[read_cell(cell) for cell in row] for row in block.rows]
    total = None if block.total is None else [read_cell(cell) for cell in block.total]
    grid = _grid(flow.fonts, block.columns, rows + ([] if total is None else [total]))
    head = grid.row(flow.fonts, [column.title for column in block.columns], HEAD)
    blank = [NOTHING, *[Text("", "")] * (len(block.columns) - 1)]
    body = [grid.row(flow.fonts, row, CELL) for row in rows or [blank]]
    last = None if total is None else grid.sums(flow.fonts, total, TOTAL)
    sheet = _Sheet(flow, grid, head, Sums(block))
    sheet.open(body[0].height)
    for cells, row in zip(block.rows, body[:-1], strict=False):
        sheet.add(row, HAIR, sheet.carried)
        sheet.sums.add(cells)
    sheet.add(body[-1], BLACK if last else HAIR, flow.tail + (last.height if last else 0.0))
    if last:
        sheet.add(last, HAIR)
    flow.page.rule(flow.y, 0.9, BLACK)
    flow.skip(9)


class _Sheet:
    """A table that is being placed, and the sums of the rows that were."""

    def __init__(self, flow: Flow, grid: _Grid, head: _Row, sums: Sums) -> None:
        self.flow = flow
        self.grid = grid
        self.head_row = head
        self.sums = sums
        self.carried = self._sums(FORWARD).height if sums else 0.0
        self._is_begun = False

    @property
    def _fresh(self) -> float:
        """Return the room under the head of a new page."""
        return BOTTOM - TOP - self.head_row.height - self.carried

    def open(self, height: float) -> None:
        """Return nothing; places the head where the row of `height` that follows can begin."""
        self.flow.need(self.head_row.height + (height if height <= self._fresh else _START))
        self.flow.page.rule(self.flow.y, 0.9, BLACK)
        self._place(self.head_row)
        self.flow.page.rule(self.flow.y, 0.5, BLACK)

    def add(self, row: _Row, ink: Ink, after: float = 0.0) -> None:
        """Return nothing; places a row and a rule, on a page where `after` more fits below it.

        A row that no page could hold is split between lines.
        """
        tall = row.height + after > self._fresh
        if self.flow.room < (_START if tall else row.height + after):
            self._turn(row)
        while row.height > self.flow.room:
            part, row = row.split(self.flow.room)
            self._place(part)
            self._turn(row, inside=True)
        self._place(row)
        self._is_begun = True
        self.flow.page.rule(self.flow.y, 0.5 if ink is BLACK else 0.4, ink)

    def _turn(self, row: _Row, *, inside: bool = False) -> None:
        """Return nothing; goes on with `row` under the head of a new page.

        Sums are carried between rows; `inside` one that is split there is nothing to carry.
        """
        carries = self.sums and self._is_begun and not inside
        if carries and self.carried <= self.flow.room:
            self._place(self._sums(FORWARD))
            self.flow.page.rule(self.flow.y, 0.9, BLACK)
        self.flow.turn()
        self.open(row.height)
        if carries:
            self._place(self._sums(BROUGHT))
            self.flow.page.rule(self.flow.y, 0.4, HAIR)

    def _sums(self, name: Text) -> _Row:
        """Return a row of the sums up to here."""
        return self.grid.sums(self.flow.fonts, self.sums.row(name), CARRIED)

    def _place(self, row: _Row) -> None:
        """Return nothing; places the cells side by side, figures to the right."""
        x, top = LEFT, self.flow.y
        for n, (lines, width, column) in enumerate(
            zip(row.cells, self.grid.widths, self.grid.columns, strict=True)
        ):
            is_right = column.figures and not (row.is_named and n == 0)
            align: Align = "right" if is_right else "left"
            self.flow.page.text(lines, x + _PAD_X, top + _PAD_Y, width - 2 * _PAD_X, align)
            x += width
        self.flow.y = top + row.height


def _grid(fonts: Fonts, columns: Sequence[Column], rows: Sequence[Sequence[Text]]) -> _Grid:
    """Return the columns in proportion to their weights, but none narrower than it needs."""
    needs = [
        max(_need(fonts, column, text) for text in {column.title, *(row[i] for row in rows)})
        for i, column in enumerate(columns)
    ]
    room, scale = WIDTH - 2 * _PAD_X * len(columns), 1.0
    if fsum(needs) > room:
        scale = max(_SCALE_MIN, room / fsum(needs))
        needs = [need * scale for need in needs]
    if fsum(needs) > room:
        needs = _yielding(needs, columns, room)
    widths = [need + 2 * _PAD_X for need in needs]
    if fsum(widths) < WIDTH:
        widths = _shares(widths, [column.weight for column in columns])
    return _Grid(columns, widths, scale)


def _yielding(needs: Sequence[float], columns: Sequence[Column], room: float) -> list[float]:
    """Return widths that add up to `room`: words are broken first, and figures if all must be."""
    figures = fsum(need for need, one in zip(needs, columns, strict=True) if one.figures)
    words = fsum(needs) - figures
    if (room - figures) < words * _WORDS_MIN:
        return [need * room / fsum(needs) for need in needs]
    share = (room - figures) / words
    return [need if one.figures else need * share for need, one in zip(needs, columns, strict=True)]


def _shares(needs: Sequence[float], weights: Sequence[int]) -> list[float]:
    """Return widths that add up to the page's: by weight, where that is not less than the need."""
    short: set[int] = set()
    while True:
        free = [i for i in range(len(needs)) if i not in short]
        room = WIDTH - fsum(needs[i] for i in short)
        whole = sum(weights[i] for i in free)
        found = {i for i in free if room * weights[i] / whole < needs[i]}
        if not found or len(found) == len(free):
            break
        short |= found
    return [needs[i] if i in short else room * weights[i] / whole for i in range(len(needs))]


def _need(fonts: Fonts, column: Column, text: Text) -> float:
    """Return the width below which a cell of a column would be broken inside a word or figure."""
    words = [text.zh] if len(text.zh) <= _TERM_LENGTH else pieces(text.zh)
    parts = [(word, CELL.zh.size) for word in words]
    parts += [(piece, CELL.en.size) for piece in pieces(text.en)]
    widest = max((fonts.width(part, size, bold=True) for part, size in parts), default=0.0)
    return min(widest, WIDTH if column.figures else WIDTH * _WORD_SHARE)


def _scaled(pair: Pair, scale: float) -> Pair:
    """Return the styles in a smaller size."""
    if scale == 1.0:
        return pair
    # Down to a hundredth of a point: what fits at the exact scale fits at this one.
    zh, en = (
        s._replace(size=floor(s.size * scale * 100) / 100, leading=s.leading * scale) for s in pair
    )
    return Pair(zh, en)
