"""A table as people's spreadsheets and banks take it: columns, rows, and the same as CSV.

CSV follows RFC 4180, in UTF-8 with a byte order mark, so that a spreadsheet opens Chinese as it is.
A text that a spreadsheet would run as a formula is written behind an apostrophe. What comes back is
read strictly; banks that still write GB 18030 are understood.
"""

import csv
import hashlib
from collections.abc import Iterable, Sequence
from typing import Final, Literal

from msgspec import Struct

from ledger.errors import InvalidInputError
from ledger.money import FEN_PER_YUAN
from ledger.text import Text

ROWS_MAX: Final = 20_000
COLUMNS_MAX: Final = 64
CELL_LENGTH_MAX: Final = 1_000
FILE_BYTES_MAX: Final = 16 * 2**20

BOM: Final = "\ufeff"

# What makes a spreadsheet take a cell for a formula, in half and full width; tab and line ends
# before one of them are skipped by some.
_FORMULA: Final = frozenset("=+-@\t\r\n＝＋－＠")

Cell = str | int
Kind = Literal["text", "number", "hundredth", "fen"]


class Column(Struct, frozen=True):
    """A column's title and its cells: text, whole numbers, whole hundredths, or integer fen."""

    title: str
    kind: Kind = "text"


class Spreadsheet(Struct, frozen=True):
    """A named table; each row has a cell for each column, of the column's kind."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        """Hold the shape: another one is a mistake of ours, not in somebody's input."""
        for row in self.rows:
            for column, cell in zip(self.columns, row, strict=True):
                assert isinstance(cell, str) == (column.kind == "text"), column.title


def starts_formula(text: str) -> bool:
    """Return whether a spreadsheet may take a text for a formula."""
    return text[:1] in _FORMULA


def guard(text: str) -> str:
    """Return a text as a spreadsheet shows it and never runs it."""
    return f"'{text}" if starts_formula(text) else text


def render_csv(sheet: Spreadsheet) -> bytes:
    """Return a table as CSV; money is yuan with two decimals and without separators."""
    lines = _Lines()
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow(guard(column.title) for column in sheet.columns)
    for row in sheet.rows:
        writer.writerow(
            _render(column, cell) for column, cell in zip(sheet.columns, row, strict=True)
        )
    return (BOM + "".join(lines)).encode()


def parse_csv(raw: bytes) -> list[list[str]]:
    """Return the rows of a CSV file as they stand; an empty line is an empty row.

    Raises `InvalidInputError`: `file_too_long`, `bad_encoding`, `bad_csv`, `table_too_large`.
    """
    if len(raw) > FILE_BYTES_MAX:
        raise InvalidInputError(
            "file_too_long",
            Text(f"文件有 {len(raw)} 字节", f"the file has {len(raw)} bytes"),
            Text(f"至多 {FILE_BYTES_MAX} 字节", f"{FILE_BYTES_MAX} bytes at most"),
        )
    text = _decode(raw).removeprefix(BOM)
    try:
        lines = (f"{line}\n" for line in text.removesuffix("\n").split("\n"))
        return check_table(csv.reader(lines, strict=True))
    except csv.Error as error:
        raise InvalidInputError(
            "bad_csv",
            Text(f"不是合法的 CSV：{error}", f"not CSV: {error}"),
            Text("请由银行系统重新导出", "export it anew from the bank's system"),
        ) from None


def check_table(rows: Iterable[Sequence[str]]) -> list[list[str]]:
    """Return rows within bounds; `InvalidInputError` (`table_too_large`) beyond any of them."""
    kept = list[list[str]]()
    for number, row in enumerate(rows, 1):
        longest = max(map(len, row), default=0)
        if number > ROWS_MAX or len(row) > COLUMNS_MAX or longest > CELL_LENGTH_MAX:
            raise InvalidInputError(
                "table_too_large",
                Text(
                    f"第 {number} 行超出限度：{len(row)} 列，最长 {longest} 字",
                    f"row {number} is beyond bounds: {len(row)} columns, {longest} characters",
                ),
                Text(
                    f"至多 {ROWS_MAX} 行、{COLUMNS_MAX} 列、每格 {CELL_LENGTH_MAX} 字",
                    f"{ROWS_MAX} rows, {COLUMNS_MAX} columns, {CELL_LENGTH_MAX} characters at most",
                ),
            )
        kept.append(list(row))
    return kept


def digest_of(file: bytes) -> str:
    """Return the SHA-256 of a file, in hex."""
    return hashlib.sha256(file).hexdigest()


class _Lines(list[str]):
    """What `csv.writer` writes to: the lines, kept."""

    def write(self, line: str) -> None:
        self.append(line)


def _render(column: Column, cell: Cell) -> str:
    """Return a cell as text that no spreadsheet runs."""
    if isinstance(cell, str):
        return guard(cell)
    return str(cell) if column.kind == "number" else render_plain_yuan(cell)


def render_plain_yuan(amount_fen: int) -> str:
    """Return yuan with two decimals and no separators, as banks take them: `333333.33`."""
    assert amount_fen >= 0, amount_fen
    yuan, fen = divmod(amount_fen, FEN_PER_YUAN)
    return f"{yuan}.{fen:02d}"


def _decode(raw: bytes) -> str:
    """Return the text of a file in UTF-8 or GB 18030."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidInputError(
        "bad_encoding",
        Text("文件既不是 UTF-8 也不是 GB 18030", "the file is neither UTF-8 nor GB 18030"),
        Text("请另存为 UTF-8 编码的 CSV", "save it as CSV in UTF-8"),
    )
