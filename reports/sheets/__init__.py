"""Tables as XLSX workbooks, written and read: this package alone knows the libraries for it.

Written cells have types: a text is a text, so that an account's digits stay as they are and nothing
is run as a formula; money is a number with two decimals. The same tables give the same bytes. What
is read comes from outside: its size is held before anything is unpacked, a formula is refused, and
every cell becomes the text that a CSV would hold. `pages` writes what is laid out for print.
"""

import io
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final, NamedTuple

from ledger.errors import InvalidInputError
from ledger.money import FEN_PER_YUAN
from ledger.text import Text
from vouchers.claims.spreadsheet import FILE_BYTES_MAX, Spreadsheet, check_table, parse_csv

_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0"
_PACKED_AT_MOST: Final = 4
"""A workbook unpacks to so many times what a file may have, at most."""

_PARTS_MAX: Final = 200

# Each costs some 20 microseconds, and a spreadsheet program makes no more than 64,000 formats.
_STYLES: Final = "xl/styles.xml"
_STYLE_TAGS_MAX: Final = 64_000
_WIDTH_MIN: Final = 8
_WIDTH_MAX: Final = 60
_A4: Final = 9

_CHART_ROWS: Final = 18
_CHART_COLUMNS: Final = 12
"""What a chart covers beside its table: rows of 20 pixels, columns of 64, as sheets have them."""


class ColumnChart(NamedTuple):
    """A chart at the right of the first sheet: one of its columns as bars, named by another."""

    title: str
    labels: int
    values: int


def render_xlsx(
    sheets: Sequence[Spreadsheet],
    made_on: date,
    total: str = "",
    chart: ColumnChart | None = None,
) -> bytes:
    """Return tables as a workbook, each on a sheet of its own; `made_on` is the day it bears.

    Where `total` is given, a last row of that name sums the figures of each table by formulas.
    """
    # Half a hundred modules that no other command needs.
    import xlsxwriter  # noqa: PLC0415

    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        book.set_properties({"created": datetime.combine(made_on, time())})
        formats = {
            "title": book.add_format({"bold": True, "bottom": 1}),
            "text": book.add_format({"num_format": "@"}),
            "number": book.add_format({"num_format": "0"}),
            "fen": book.add_format({"num_format": "#,##0.00"}),
            "hundredth": book.add_format({"num_format": "#,##0.00"}),
        }
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            _write(page, sheet, formats)
            rows, columns = 1 + len(sheet.rows), len(sheet.columns)
            if total and sheet.rows:
                _sum_up(book, page, sheet, total)
                rows += 1
            if chart is not None and sheet is sheets[0] and sheet.rows:
                _draw(book, sheet, chart)
                rows, columns = max(rows, 1 + _CHART_ROWS), columns + 1 + _CHART_COLUMNS
            _set_paper(page, rows, columns)
    return file.getvalue()


def _write(page: Any, sheet: Spreadsheet, formats: dict[str, Any]) -> None:  # noqa: ANN401 - untyped
    """Write a table on a sheet, its titles on top and always in sight."""
    page.freeze_panes(1, 0)
    for at, column in enumerate(sheet.columns):
        page.write_string(0, at, column.title, formats["title"])
        shown = [column.title, *(str(row[at]) for row in sheet.rows)]
        # A Chinese character has two bytes there, and is two letters wide.
        width = max(len(text.encode("gb18030")) for text in shown) + 2
        page.set_column(at, at, min(max(width, _WIDTH_MIN), _WIDTH_MAX), formats[column.kind])
    for number, row in enumerate(sheet.rows, 1):
        for at, (column, cell) in enumerate(zip(sheet.columns, row, strict=True)):
            if isinstance(cell, str):
                # Not `write`, which looks at what a text says.
                page.write_string(number, at, cell, formats["text"])
            elif column.kind in {"fen", "hundredth"}:
                page.write_number(number, at, cell / FEN_PER_YUAN, formats[column.kind])
            else:
                page.write_number(number, at, cell, formats["number"])


def _sum_up(book: Any, page: Any, sheet: Spreadsheet, total: str) -> None:  # noqa: ANN401 - untyped
    """Write the sums of a table's figures below it, each as a formula with its value."""
    # As above.
    from xlsxwriter.utility import xl_range  # noqa: PLC0415

    last = len(sheet.rows)
    title = book.add_format({"bold": True, "bottom": 1, "align": "right"})
    for at, column in enumerate(sheet.columns):
        shape = "0" if column.kind == "number" else "#,##0.00"
        line = book.add_format({"bold": True, "top": 1, "num_format": shape})
        if column.kind == "text":
            page.write_string(last + 1, at, "" if at else total, line)
            continue
        value = sum(int(row[at]) for row in sheet.rows)
        shown = value if column.kind == "number" else value / FEN_PER_YUAN
        # Figures are shown with separators, and the sum is the widest of them.
        width = max(len(f"{shown:,.2f}"), len(column.title.encode("gb18030"))) + 3
        page.set_column(at, at, min(max(width, _WIDTH_MIN), _WIDTH_MAX))
        page.write_string(0, at, column.title, title)
        page.write_formula(last + 1, at, f"=SUM({xl_range(1, at, last, at)})", line, shown)


def _set_paper(page: Any, rows: int, columns: int) -> None:  # noqa: ANN401 - untyped
    """Let a sheet's first rows and columns print on A4, as wide as it, under the same titles."""
    page.set_landscape()
    page.set_paper(_A4)
    page.fit_to_pages(1, 0)
    page.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    page.print_area(0, 0, rows - 1, columns - 1)
    page.repeat_rows(0)
    page.set_footer("&L&8&A&R&8第 &P / &N 页 Page &P / &N")


def _draw(book: Any, sheet: Spreadsheet, chart: ColumnChart) -> None:  # noqa: ANN401 - untyped
    """Place a chart on the first sheet, in one dark ink that grey print keeps."""
    made = book.add_chart({"type": "column"})
    rows = 1, len(sheet.rows)
    made.add_series(
        {
            "name": sheet.columns[chart.values].title,
            "categories": [sheet.name, rows[0], chart.labels, rows[1], chart.labels],
            "values": [sheet.name, rows[0], chart.values, rows[1], chart.values],
            "fill": {"color": "#213d63"},
            "gap": 60,
        }
    )
    made.set_title({"name": chart.title, "overlay": False})
    made.set_legend({"none": True})
    made.set_size({"width": 64 * _CHART_COLUMNS, "height": 20 * _CHART_ROWS})
    book.worksheets()[0].insert_chart(1, len(sheet.columns) + 1, made)


def read_table(raw: bytes) -> list[list[str]]:
    """Return the rows of a file from outside, CSV or XLSX, as texts.

    Raises what `parse_csv` does, and `InvalidInputError`: `old_workbook`, `bad_workbook`,
    `several_sheets`, `formula`.
    """
    if raw.startswith(_OLE):
        raise InvalidInputError(
            "old_workbook",
            Text("文件是旧式 .xls 或已加密", "the file is an old .xls, or encrypted"),
            Text("请另存为 .xlsx 或 CSV，不设密码", "save it as .xlsx or CSV, without a password"),
        )
    return read_xlsx(raw) if raw.startswith(_ZIP) else parse_csv(raw)


def read_xlsx(raw: bytes) -> list[list[str]]:
    """Return the rows of a workbook's only sheet as texts; see `read_table` for what it raises."""
    # As above.
    import openpyxl  # noqa: PLC0415

    fault = _find_fault(raw)
    if fault is not None:
        raise _bad_workbook(fault)
    with warnings.catch_warnings():
        # It warns of styles and extensions that it passes over, as we do.
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True)
            pages = book.worksheets
            rows = check_table(_rows(pages[0])) if len(pages) == 1 else None
        except InvalidInputError:
            raise
        except Exception:  # noqa: BLE001 - it raises whatever a broken part makes it stumble over
            raise _bad_workbook(_BROKEN) from None
    if rows is None:
        raise InvalidInputError(
            "several_sheets",
            Text(f"工作簿有 {len(pages)} 个工作表", f"the workbook has {len(pages)} sheets"),
            Text("请只保留回单所在的一个", "leave only the one with the answer"),
        )
    return rows


def _rows(page: Any) -> Iterator[list[str]]:  # noqa: ANN401 - untyped
    """Yield the rows of a sheet as texts."""
    for row in page.iter_rows():
        yield [_text_of(cell) for cell in row]


def _text_of(cell: Any) -> str:  # noqa: ANN401 - untyped
    """Return a cell as the text that a CSV would hold."""
    value = cell.value
    if cell.data_type == "f":
        raise InvalidInputError(
            "formula",
            Text(f"单元格 {cell.coordinate} 是公式", f"the cell {cell.coordinate} is a formula"),
            Text("请粘贴为数值后再上传", "paste its value in its place"),
        )
    match value:
        case None:
            return ""
        case float():
            # The shortest decimal that gives this number: what the bank typed.
            return format(Decimal(repr(value)).normalize(), "f")
        case datetime() | date():
            return value.isoformat()
        case _:
            return str(value)


def _find_fault(raw: bytes) -> Text | None:
    """Return why a package is not read: too large, too many parts, or one that may not be."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as package:
            parts = package.infolist()
            unpacked = sum(part.file_size for part in parts)
            if max(len(raw), unpacked // _PACKED_AT_MOST) > FILE_BYTES_MAX:
                return _TOO_LARGE
            if len(parts) > _PARTS_MAX:
                return _BROKEN
            faults = (_find_fault_of(part.filename, package.read(part)) for part in parts)
            return next(filter(None, faults), None)
    except Exception:  # noqa: BLE001 - as above, of the package
        return _BROKEN


def _find_fault_of(name: str, content: bytes) -> Text | None:
    """Return why a part is not read: what it declares, or more styles than anybody needs."""
    if any(mark in content for mark in _DOCTYPES):
        return _ENTITIES
    is_styles = name == _STYLES
    return _TOO_LARGE if is_styles and content.count(b"<") > _STYLE_TAGS_MAX else None


# What is wrong with a workbook. Nothing of its content is repeated: it may hold accounts.
_BROKEN: Final = Text("文件残缺或已加密", "it is broken or encrypted")
_TOO_LARGE: Final = Text("解压后过大", "it unpacks to too much")
_ENTITIES: Final = Text("含有文档类型声明", "it holds a document type declaration")
_DOCTYPES: Final = tuple("<!DOCTYPE".encode(name) for name in ("utf-8", "utf-16-le", "utf-16-be"))


def _bad_workbook(why: Text) -> InvalidInputError:
    """Return the refusal of a file that is no workbook, or not one that a bank sends."""
    return InvalidInputError(
        "bad_workbook",
        Text(f"不是可用的 XLSX：{why.zh}", f"no usable XLSX: {why.en}"),
        Text("请由银行系统重新导出 XLSX 或 CSV", "export XLSX or CSV anew from the bank's system"),
    )
