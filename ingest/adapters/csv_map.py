"""CSV with a header (RFC 4180), read through a map.

A physical line is a record: a quotation mark that stays open to the end of its line is refused, so
that one stray mark cannot swallow the rest of a file.
"""

import csv
from collections.abc import Sequence

from ingest.adapters.cell import canonical_amount, make_clock, parse_duration
from ingest.adapters.tenancy import Salt, Tenancy
from ingest.map_shape import Cell, Mapping
from ledger.codec import Event, encode
from ledger.errors import InvalidInputError
from ledger.events import UsageRecorded
from ledger.period import render_instant
from ledger.text import Text

BOM = b"\xef\xbb\xbf"


class CsvAdapter:
    """Reads CSV files through one map; `salt` is for the book events that the map makes."""

    needs_header = True

    def __init__(self, mapping: Mapping, salt: Salt) -> None:
        self._mapping = mapping
        self._salt = salt

    def begin(self, sha256: str, first: bytes) -> "CsvReader":
        """Return the reader of a file.

        Raises `InvalidInputError` (`wrong_columns`) when the header lacks a column of the map.
        """
        header = split_record(first.removeprefix(BOM))
        return CsvReader(self._mapping, Tenancy(self._mapping, self._salt), sha256, header)


def split_record(raw: bytes) -> list[str]:
    """Return the fields of a record; `InvalidInputError` (`bad_csv`) for a stray quotation mark."""
    line = raw.decode()
    if '"' not in line:
        return line.split(",")
    try:
        return next(csv.reader([line], strict=True))
    except csv.Error as error:
        raise InvalidInputError(
            "bad_csv",
            Text(f"CSV 引号有误：{error}", f"the quotation marks are wrong: {error}"),
            Text(
                "引号应成对，字段内的引号写两个，字段不得跨行",
                "close each mark, double those inside a field, keep a field on one line",
            ),
        ) from None


def find_columns(header: Sequence[str], wanted: Sequence[str]) -> dict[str, int]:
    """Return where each wanted column stands in a header.

    Raises `InvalidInputError` (`wrong_columns`) naming what is missing, or stands twice, and what
    is there.
    """
    wrong = sorted({name for name in wanted if header.count(name) != 1})
    if wrong:
        missing, present = ", ".join(wrong), ", ".join(header)[:500]
        raise InvalidInputError(
            "wrong_columns",
            Text(
                f"缺少（或重复）列：{missing}；文件中有：{present}",
                f"missing (or twice): {missing}; the file has: {present}",
            ),
            Text(
                "请核对是否选对文件与映射；未写入任何内容",
                "check that file and map belong together; nothing was written",
            ),
        )
    return {name: header.index(name) for name in wanted}


def check_width(cells: Sequence[str], width: int) -> None:
    """Raise `InvalidInputError` (`wrong_width`) unless a row has a cell for each column."""
    if len(cells) != width:
        raise InvalidInputError(
            "wrong_width",
            Text(f"本行 {len(cells)} 个字段，表头 {width} 个", f"{len(cells)} fields, not {width}"),
            Text("请核对分隔符与引号", "check separators and quotation marks"),
        )


class CsvReader:
    """Reads the rows of one file.

    Constants of the map are appended to each row, so that every value is found by its position.
    """

    has_header = True

    def __init__(
        self, mapping: Mapping, tenancy: Tenancy, sha256: str, header: Sequence[str]
    ) -> None:
        usage = mapping.usage
        given = (
            usage.tenant,
            usage.resource,
            usage.amount,
            usage.start,
            usage.end or usage.duration,
            usage.job,
            usage.contract,
        )
        columns = [cell.column for cell in given if cell is not None and cell.column is not None]
        at = find_columns(header, [*columns, *mapping.id])
        self._width = len(header)
        self._constants: list[str] = []
        places = [self._place(cell, at) for cell in given]
        (self._tenant, self._resource, self._amount, self._start, self._end) = places[:5]
        self._job, self._contract = places[5:]
        self._by_duration = usage.end is None
        self._id = [at[name] for name in mapping.id]
        self._clock = make_clock(mapping.time.form, mapping.time_zone)
        self._tenancy = tenancy
        self.book = tenancy.book
        self.row_source = None if mapping.id else mapping.source
        self._source = mapping.source if mapping.id else f"{mapping.source}#sha256:{sha256}"

    def _place(self, cell: Cell | None, at: dict[str, int]) -> int:
        """Return where a value stands in a lengthened row, -1 for one that is not given."""
        if cell is None:
            return -1
        if cell.column is not None:
            return at[cell.column]
        assert cell.constant is not None, "checked with the map"
        self._constants.append(cell.constant)
        return self._width + len(self._constants) - 1

    def read(self, number: int, raw: bytes) -> Event:
        """Return the usage event of a row.

        Raises `InvalidInputError`: `bad_csv`, `wrong_width`, `missing_id`, `unknown_tenant`, what
        the cells refuse, and what `ledger.codec.encode` refuses.
        """
        cells = split_record(raw)
        check_width(cells, self._width)
        cells += self._constants
        start_ms = self._clock(cells[self._start])
        if self._by_duration:
            end_ms = start_ms + parse_duration(cells[self._end])
        else:
            end_ms = self._clock(cells[self._end])
        event_id = self._event_id(number, cells)
        data = UsageRecorded(
            job=event_id if self._job < 0 else cells[self._job],
            resource=cells[self._resource],
            amount=canonical_amount(cells[self._amount]),
            start=render_instant(start_ms),
            end=render_instant(end_ms),
            contract=None if self._contract < 0 else cells[self._contract] or None,
        )
        return encode(self._source, event_id, self._tenancy.subject(cells[self._tenant]), data)

    def _event_id(self, number: int, cells: Sequence[str]) -> str:
        """Return a row's id: its line number, or its id columns with `/` between them."""
        if not self._id:
            return f"{number:09d}"
        parts = [cells[place] for place in self._id]
        if not all(parts):
            raise InvalidInputError(
                "missing_id",
                Text(f"编号列为空：{parts}", f"an id column is empty: {parts}"),
                Text("请补全编号", "fill in the id"),
            )
        if len(parts) > 1:
            parts = [part.replace("%", "%25").replace("/", "%2F") for part in parts]
        return "/".join(parts)
