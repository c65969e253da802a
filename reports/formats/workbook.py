"""A statement as an XLSX workbook that an accountant goes on with.

The first sheet is the paper itself, in its order. What is long, stands after the signatures or
holds a chart has a sheet of its own, where its columns have their own widths and its headings are
repeated on each printed page. Sums are formulas where they add up what stands above them; one that
does not (it counts what its table leaves out) is a number.
"""

from collections.abc import Iterator, Sequence
from itertools import count, zip_longest
from typing import Final

from ledger.text import Text
from reports.formats.figures import adds_up, decimal_of, fits_double, picture_of
from reports.sheets.pages import Bars, Figure, Page, Placed, render_pages
from reports.statement import (
    Amount,
    Block,
    Cell,
    Chart,
    Number,
    Paragraph,
    Section,
    Signatures,
    Statement,
    Table,
    Words,
    Yuan,
)
from reports.terms import (
    DATED,
    HEADS,
    IN_CAPITALS,
    NOTHING,
    SEAL,
    identify,
    read_cell,
    render_capitals,
    render_digits,
)

_ROWS_MAX: Final = 40
"""A table with more rows has a sheet of its own: it would go over the page."""

_COLUMNS_MIN: Final = 4
_WIDTH_MIN: Final = 10
_WORDS_MAX: Final = 34
_LABEL: Final = 34
_PORTRAIT_MAX: Final = 140
_LINE: Final = 15.5
_HEIGHT_MAX: Final = 409.0
_STAMP_LINES: Final = 6
_ONE_LINE: Final = ("heading", "link")
_CHART_ROWS: Final = 18
_CHART_WIDTHS: Final = (12, 16, *[9] * 9)

_NAME_MAX: Final = 31
_NAME_BARRED: Final = frozenset("[]:*?/\\'\"")


def render_workbook(statement: Statement) -> bytes:
    """Return a statement as XLSX; `InvalidInputError` (`cell_too_long`) for a text without end."""
    pages = lay_out(statement)
    title = f"{statement.title.zh} {statement.number}".rstrip()
    return render_pages(pages, title, statement.number)


def lay_out(statement: Statement) -> list[Page]:
    """Return the sheets of a statement: the paper, then each part with a sheet of its own."""
    apart = set(_apart(statement.sections))
    headings = [one.heading for i, one in enumerate(statement.sections) if i in apart]
    names = _names([statement.title, *headings])
    within = [one for i, one in enumerate(statement.sections) if i not in apart]
    sheet = _Sheet(next(names), [block for one in within for block in one.blocks], _LABEL)
    sheet.open(statement)
    pages = [sheet.page]
    for i, section in enumerate(statement.sections):
        sheet.line(section.heading, "heading")
        if i in apart:
            own = _Sheet(next(names), section.blocks, _WIDTH_MIN)
            own.line(section.heading, "heading")
            own.line(Text(statement.number, ""), "small")
            pages.append(own.fill(section))
            name = own.page.name
            sheet.line(Text(f"见工作表“{name}”", f"See the sheet “{name}”"), "link")
        else:
            sheet.fill(section)
    sheet.close(statement)
    return pages


def _apart(sections: Sequence[Section]) -> Iterator[int]:
    """Yield the places of the sections that have a sheet of their own."""
    is_signed = False
    for i, section in enumerate(sections):
        blocks = section.blocks
        is_long = any(isinstance(one, Table) and len(one.rows) > _ROWS_MAX for one in blocks)
        if is_signed or is_long or any(isinstance(one, Chart) and one.values for one in blocks):
            yield i
        is_signed = is_signed or any(isinstance(one, Signatures) for one in blocks)


class _Sheet:
    """A sheet that is being filled from the top down."""

    def __init__(self, name: str, blocks: Sequence[Block], label_width: int) -> None:
        self.page = Page(name, widths=_widths(blocks, label_width))
        self.page.landscape = sum(self.page.widths) > _PORTRAIT_MAX

    @property
    def columns(self) -> int:
        """Return how many columns the sheet has."""
        return len(self.page.widths)

    def put(self, column: int, value: str | Figure, style: str, across: int = 1) -> None:
        """Place a value on the row that is being filled."""
        self.page.cells.append(Placed(self.page.rows, column, value, style, across))

    def turn(self, *texts: tuple[str, int, int], least: float = 0.0) -> None:
        """Go on to the next row, this one as high as its texts over columns need.

        A spreadsheet does not find the height of merged cells, and some not that of any others.
        """
        widths = self.page.widths
        lines = [_lines(text, sum(widths[at : at + across])) for text, at, across in texts]
        self.page.heights[self.page.rows] = min(
            max(least, _LINE * max(lines, default=1) + 3), _HEIGHT_MAX
        )
        self.page.rows += 1

    def line(self, text: Text, style: str, least: float = 0.0) -> None:
        """Place a sentence over the whole width, its English below."""
        if said := _say(text, " " if style in _ONE_LINE else "\n"):
            self.put(0, said, style, self.columns)
            self.turn((said, 0, self.columns), least=least)

    def pair(self, label: Text, value: str | Figure, style: str) -> None:
        """Place a label, and a value over the rest of the width."""
        said = _say(label, " ")
        self.put(0, said, "label")
        self.put(1, value, style, self.columns - 1)
        shown = value if isinstance(value, str) else str(value.value)
        self.turn((said, 0, 1), (shown, 1, self.columns - 1))

    def open(self, statement: Statement) -> None:
        """Place title, identity, notices and facts; the title is repeated on each page."""
        self.page.repeated = 0
        self.line(Text(statement.title.zh, ""), "title", least=28)
        self.line(Text(statement.title.en, ""), "subtitle")
        for label, value in identify(statement):
            self.pair(label, value, "fact")
        for notice in statement.notices:
            self.line(notice, "notice")
        for label, cell in statement.facts:
            self.pair(label, _value(cell), "fact")

    def close(self, statement: Statement) -> None:
        """Place the heads of the logs that the statement comes from."""
        if statement.heads:
            self.page.rows += 1
            self.line(HEADS, "small")
        for head in statement.heads:
            self.line(Text(f"{head.origin}  {head.size}  {head.root}", ""), "small")

    def fill(self, section: Section) -> Page:
        """Return the page after the blocks of a section are placed, each with a row below it."""
        for block in section.blocks:
            match block:
                case Table():
                    self._table(block)
                case Paragraph():
                    self.line(block.text, "strong" if block.strong else "plain")
                case Amount():
                    self._amount(block)
                case Chart():
                    self._chart(block)
                case Signatures():
                    self._signatures(block)
            self.page.rows += 1
        return self.page

    def _table(self, block: Table) -> None:
        """Place a table; on a sheet of its own, its headings are repeated."""
        if self.page.repeated is None:
            self.page.repeated = self.page.rows
        self._row([_say(column.title) for column in block.columns], ["head"] * len(block.columns))
        first = self.page.rows
        nothing = (Words(*NOTHING), *[Words("")] * (len(block.columns) - 1))
        for row in block.rows or (nothing,):
            self._row([_value(cell) for cell in row], _styles(block, row))
        if block.total is None:
            return
        sums = [_value(cell) for cell in block.total]
        for at, (value, cell) in enumerate(zip(sums, block.total, strict=True)):
            if isinstance(value, Figure) and adds_up([row[at] for row in block.rows], cell):
                sums[at] = value._replace(adds=(first, self.page.rows - 1))
        words = ["total" if isinstance(cell, Words) else "sum" for cell in block.total]
        self._row(sums, words)

    def _row(self, values: Sequence[str | Figure], styles: Sequence[str]) -> None:
        """Place the cells of a row."""
        for at, (value, style) in enumerate(zip(values, styles, strict=True)):
            self.put(at, value, style)
        self.turn(*((value, at, 1) for at, value in enumerate(values) if isinstance(value, str)))

    def _amount(self, block: Amount) -> None:
        """Place a sum in digits, and in capital numerals below it."""
        last = self.columns - 1
        said = _say(block.label)
        self.put(0, said, "strong", last)
        self.put(last, _value(Yuan(block.fen)), "amount")
        self.turn((said, 0, last), least=22)
        self.pair(IN_CAPITALS, render_capitals(block.fen), "capitals")

    def _chart(self, block: Chart) -> None:
        """Place the values of a chart, and the chart beside them."""
        self.line(block.title, "strong")
        if not block.values:
            self.line(NOTHING, "plain")
            return
        top = self.page.rows
        self._row(["", _say(block.unit)], ["head", "head"])
        for label, value in zip(block.labels, block.values, strict=True):
            self._row([label, _value(Number(value))], ["cell", "figure"])
        self.page.charts.append(Bars(top, 2, top, len(block.values), _say(block.title)))
        self.page.rows = max(self.page.rows, top + _CHART_ROWS)

    def _signatures(self, block: Signatures) -> None:
        """Place two boxes side by side with room for a round seal."""
        half = self.columns // 2
        places = ((0, half), (half, self.columns - half))
        names = [f"{_say(role)}\n{name}" for role, name in block.parties]
        rows = [
            _lines(name, sum(self.page.widths[at : at + across]))
            for name, (at, across) in zip(names, places, strict=True)
        ]
        boxes = []
        for name, taken, (at, across) in zip(names, rows, places, strict=True):
            room = "\n" * (_STAMP_LINES + max(rows) - taken)
            boxes.append((f"{name}{room}{_say(SEAL)}\n{DATED.zh}", at, across))
            self.put(at, boxes[-1][0], "stamp", across)
        self.turn(*boxes)


def _widths(blocks: Sequence[Block], label_width: int) -> list[int]:
    """Return the widths of a sheet's columns in characters: what its tables need, in their order.

    Figures are never cut; words are broken beyond a width.
    """
    widths = [label_width, *[_WIDTH_MIN] * (_COLUMNS_MIN - 1)]
    for block in blocks:
        if isinstance(block, Chart) and block.values:
            widths = [max(pair) for pair in zip_longest(widths, _CHART_WIDTHS, fillvalue=0)]
        if isinstance(block, Table):
            widths = _pad(widths, len(block.columns))
            for at, column in enumerate(block.columns):
                cells = [row[at] for row in (*block.rows, *filter(None, (block.total,)))]
                needs = [min(_width(_say(column.title)), _WORDS_MAX // 2), *map(_need, cells)]
                widths[at] = max(widths[at], *needs)
    amounts = [one.fen for one in blocks if isinstance(one, Amount)]
    # Their type is larger.
    needs = [len(render_digits(fen, "")) * 3 // 2 + 2 for fen in amounts]
    return [*widths[:-1], max(widths[-1], *needs, 0)]


def _pad(widths: list[int], length: int) -> list[int]:
    return widths + [_WIDTH_MIN] * (length - len(widths))


def _need(cell: Cell) -> int:
    """Return the width below which a figure is cut, or words are broken too often."""
    width = _width(_say(read_cell(cell))) + 2
    return min(width, _WORDS_MAX) if isinstance(cell, Words) else width


def _lines(text: str, width: int) -> int:
    """Return how many lines a text takes in a width, an eighth more than by count."""
    return sum(max(1, -(-_width(line) * 9 // (8 * width))) for line in text.split("\n"))


def _width(text: str) -> int:
    """Return how wide the widest line of a text is in letters; a Chinese character is two."""
    # Which in GB 18030 has two bytes, or four where it is rare.
    return max(len(line.encode("gb18030", "replace")) for line in text.split("\n"))


def _value(cell: Cell) -> str | Figure:
    """Return a cell as a number where a double holds it, else as the text that is printed."""
    value = decimal_of(cell)
    if value is None or not fits_double(value):
        return _say(read_cell(cell))
    return Figure(value, picture_of(cell))


def _styles(block: Table, cells: Sequence[Cell]) -> list[str]:
    """Return the style of each cell of a row: that of words, or of figures."""
    return [
        "figure" if column.figures or not isinstance(cell, Words) else "cell"
        for column, cell in zip(block.columns, cells, strict=True)
    ]


def _say(text: Text, between: str = "\n") -> str:
    """Return a sentence with its English below, or beside it."""
    return between.join(part for part in text if part)


def _names(headings: Sequence[Text]) -> Iterator[str]:
    """Yield a sheet's name for each heading: short, without what Excel bars, each another one."""
    taken = set[str]()
    for heading in headings:
        plain = "".join(c for c in heading.zh if c.isprintable() and c not in _NAME_BARRED)
        for turn in count(1):
            suffix = f" ({turn})" if turn > 1 else ""
            # Excel counts in UTF-16, in which a rare character is two.
            name = (plain.strip()[: (_NAME_MAX - len(suffix)) // 2].strip() or "表") + suffix
            if name.casefold() not in taken:
                break
        taken.add(name.casefold())
        yield name
