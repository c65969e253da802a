"""Pages laid out for print, as an XLSX workbook: cells at their places, sums, charts, paper.

Only texts of ours become formulas: a sum is named by its rows, and every other text is a text, also
where somebody edits its cell.
"""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from ledger.errors import InvalidInputError
from ledger.text import Text

_A4: Final = 9

# That of the parts of the package too, which cannot say an earlier one.
_NO_DAY: Final = datetime(1980, 1, 1)  # noqa: DTZ001 - a workbook has no zone

_MANY: Final = 16
_LABEL_EVERY: Final = 5
"""Of many labels under a chart, so many-th are shown."""

_INK: Final = "#213d63"
_GREY: Final = "#62666d"
_HAIR: Final = "#bcc1c9"
_WASH: Final = "#eef0f3"

_STYLES: Final[dict[str, dict[str, object]]] = {
    "title": {"bold": True, "font_size": 16, "align": "center"},
    "subtitle": {"font_size": 10, "font_color": _GREY, "align": "center", "text_wrap": True},
    "notice": {"bold": True, "border": 1, "bg_color": _WASH, "text_wrap": True},
    "heading": {
        "bold": True,
        "font_size": 12,
        "font_color": _INK,
        "bottom": 1,
        "text_wrap": True,
    },
    "link": {"italic": True},
    "label": {"font_color": _GREY, "text_wrap": True},
    "fact": {"align": "left", "text_wrap": True},
    "plain": {"text_wrap": True},
    "strong": {"bold": True, "text_wrap": True},
    "small": {"font_size": 8, "font_color": _GREY, "text_wrap": True},
    "head": {"bold": True, "text_wrap": True, "bg_color": _WASH, "border": 1, "align": "center"},
    "cell": {"text_wrap": True, "border": 1, "border_color": _HAIR, "indent": 1},
    "figure": {"border": 1, "border_color": _HAIR, "align": "right", "text_wrap": True},
    "total": {"bold": True, "text_wrap": True, "border": 1, "top": 2},
    "sum": {"bold": True, "border": 1, "top": 2, "align": "right", "text_wrap": True},
    "amount": {"bold": True, "font_size": 14, "align": "right"},
    "capitals": {"bold": True, "align": "right", "text_wrap": True},
    "stamp": {"border": 1, "valign": "top", "text_wrap": True},
}
"""What a placed cell looks like, by the name of its style."""


class Figure(NamedTuple):
    """A number in a cell, exact in 15 digits; `adds` are the first and last row that it sums.

    A sum is a formula over those rows of its own column, and holds its value all the same, so that
    a reader that computes nothing shows it.
    """

    value: Decimal
    picture: str
    adds: tuple[int, int] | None = None


class Placed(NamedTuple):
    """A text or number at a place, counted from zero, in a style, over one or more columns."""

    row: int
    column: int
    value: str | Figure
    style: str
    across: int = 1


class Bars(NamedTuple):
    """A chart of bars at a place: labels in one column, values under their title in the next."""

    row: int
    column: int
    title_row: int
    values: int
    name: str


@dataclass(slots=True)
class Page:
    """A sheet laid out for A4; `repeated` is the row that stands on top of each printed page."""

    name: str
    cells: list[Placed] = field(default_factory=list)
    widths: list[int] = field(default_factory=list)
    heights: dict[int, float] = field(default_factory=dict)
    charts: list[Bars] = field(default_factory=list)
    repeated: int | None = None
    landscape: bool = False
    rows: int = 0


def render_pages(pages: Sequence[Page], title: str, footer: str) -> bytes:
    """Return pages as a workbook, the same bytes on any machine; `footer` stands on each at left.

    Raises `InvalidInputError` (`cell_too_long`) for a text that no cell can hold.
    """
    # Half a hundred modules that no other command needs.
    import xlsxwriter  # noqa: PLC0415

    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        book.set_properties({"title": _printable(title), "created": _NO_DAY})
        formats = _Formats(book)
        for page in pages:
            sheet = book.add_worksheet(page.name)
            _place(book, sheet, page, formats)
            _set_paper(sheet, page, footer)
    return _unpacked(file.getvalue())


class _Formats:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Any) -> None:  # noqa: ANN401 - untyped
        self.book = book
        self.made: dict[tuple[str, str], Any] = {}

    def of(self, style: str, picture: str) -> Any:  # noqa: ANN401 - untyped
        """Return the format of a style in which numbers are shown by a picture."""
        if (style, picture) not in self.made:
            looks = {"valign": "vcenter", "num_format": picture, **_STYLES[style]}
            self.made[style, picture] = self.book.add_format(looks)
        return self.made[style, picture]


def _place(book: Any, sheet: Any, page: Page, formats: _Formats) -> None:  # noqa: ANN401 - untyped
    """Write the cells and charts of a page."""
    for row, height in page.heights.items():
        sheet.set_row(row, height)
    for row, column, value, style, across in page.cells:
        # As text also where somebody edits the cell: it never becomes a formula.
        look = formats.of(style, value.picture if isinstance(value, Figure) else "@")
        if across > 1:
            sheet.merge_range(row, column, row, column + across - 1, "", look)
        if not value:
            sheet.write_blank(row, column, None, look)
        elif isinstance(value, str):
            if sheet.write_string(row, column, value, look):
                raise _cell_too_long(value)
        elif value.adds is None:
            sheet.write_number(row, column, float(value.value), look)
        else:
            first, last = (_name_cell(at, column) for at in value.adds)
            sheet.write_formula(row, column, f"=SUM({first}:{last})", look, float(value.value))
    for bars in page.charts:
        sheet.insert_chart(bars.row, bars.column, _chart(book, page, bars), _alt(bars.name))


def _name_cell(row: int, column: int) -> str:
    """Return a cell's name, such as `B3`."""
    from xlsxwriter.utility import xl_rowcol_to_cell  # noqa: PLC0415 - as above

    return str(xl_rowcol_to_cell(row, column))


def _alt(name: str) -> dict[str, object]:
    """Return what says in words what a chart shows."""
    return {"description": _printable(name), "object_position": 1}


def _chart(book: Any, page: Page, bars: Bars) -> Any:  # noqa: ANN401 - untyped
    """Return a chart of bars in one dark ink, which grey print keeps."""
    first, last = bars.title_row + 1, bars.title_row + bars.values
    chart = book.add_chart({"type": "column"})
    chart.add_series(
        {
            "name": [page.name, bars.title_row, 1],
            "categories": [page.name, first, 0, last, 0],
            "values": [page.name, first, 1, last, 1],
            "fill": {"color": _INK},
            "gap": 50,
        }
    )
    chart.set_title({"none": True})
    chart.set_legend({"none": True})
    chart.set_x_axis({"interval_unit": _LABEL_EVERY if bars.values >= _MANY else 1})
    chart.set_y_axis({"major_gridlines": {"visible": True, "line": {"color": _HAIR}}})
    chart.set_size({"width": 600, "height": 320})
    return chart


def _set_paper(sheet: Any, page: Page, footer: str) -> None:  # noqa: ANN401 - untyped
    """Let a page print on A4 as wide as the paper, numbered, with its repeated row on top."""
    for column, width in enumerate(page.widths):
        sheet.set_column(column, column, width)
    sheet.set_paper(_A4)
    if page.landscape:
        sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    sheet.print_area(0, 0, page.rows - 1, len(page.widths) - 1)
    if page.repeated is not None:
        sheet.repeat_rows(page.repeated)
    # An ampersand begins a code there.
    number = _printable(footer).replace("&", "&&")
    sheet.set_footer(f"&L&8{number}&R&8第 &P / &N 页 Page &P / &N")
    sheet.hide_gridlines(2)


def _printable(text: str) -> str:
    """Return a text for an attribute, in which the library lets control characters stand."""
    return "".join(char if char.isprintable() else " " for char in text)


def _unpacked(raw: bytes) -> bytes:
    """Return a workbook with its parts as they are: builds of zlib differ in what they write."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(file, "w") as new:
        for part in old.namelist():
            entry = zipfile.ZipInfo(part)
            entry.create_system = 3
            entry.external_attr = 0o600 << 16
            new.writestr(entry, old.read(part))
    return file.getvalue()


def _cell_too_long(text: str) -> InvalidInputError:
    """Return the refusal of a text that is longer than a cell of a workbook can be."""
    return InvalidInputError(
        "cell_too_long",
        Text(
            f"“{text[:20]}……”有 {len(text)} 字，XLSX 的单元格放不下",
            f"“{text[:20]}…” has {len(text)} characters, more than a cell of XLSX can hold",
        ),
        Text("请改用 PDF、HTML、CSV 或 JSON", "take PDF, HTML, CSV or JSON"),
    )
