"""Tables as CSV: exact there and back, safe in a spreadsheet, and bounded when read."""

import random

import pytest

from ledger.errors import InvalidInputError
from vouchers.claims.spreadsheet import (
    CELL_LENGTH_MAX,
    COLUMNS_MAX,
    FILE_BYTES_MAX,
    ROWS_MAX,
    Column,
    Spreadsheet,
    guard,
    parse_csv,
    render_csv,
    render_plain_yuan,
)

COLUMNS = (Column("名称"), Column("数", "number"), Column("金额", "fen"))


def table(*rows: tuple[str | int, ...]) -> Spreadsheet:
    return Spreadsheet("表", COLUMNS, rows)


def test_what_is_written_is_read_back() -> None:
    draw = random.Random(5)  # noqa: S311 - a test's own, seeded
    letters = "武汉,\"'\r\n ;a\u2028\x0b0"
    rows = [
        (
            "x" + "".join(draw.choices(letters, k=draw.randint(0, 9))),
            draw.randint(0, 9_999),
            draw.randint(0, 10**12),
        )
        for _ in range(400)
    ]
    raw = render_csv(table(*rows))
    assert raw.startswith("\ufeff名称,数,金额\r\n".encode())
    _, *back = parse_csv(raw)
    assert [tuple(row) for row in back if row] == [
        (name, str(number), render_plain_yuan(fen)) for name, number, fen in rows
    ]


@pytest.mark.parametrize("first", [*"=+-@\t\r\n＝＋－＠"])
def test_no_cell_starts_a_formula(first: str) -> None:
    assert guard(f"{first}1") == f"'{first}1"
    raw = render_csv(table((f"{first}1", 1, 1)))
    assert parse_csv(raw)[1][0] == f"'{first}1"


def test_a_plain_text_stays_as_it_is() -> None:
    assert guard("华智=科技") == "华智=科技"
    assert guard("") == ""


@pytest.mark.parametrize(("fen", "shown"), [(0, "0.00"), (1, "0.01"), (33_333_333, "333333.33")])
def test_money_has_two_decimals_and_no_separators(fen: int, shown: str) -> None:
    assert render_plain_yuan(fen) == shown


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_files_of_banks_are_read_in_their_encodings(encoding: str, end: str) -> None:
    raw = f"指令编号,金额{end}FK-1,1.00{end}".encode(encoding)
    rows = [row for row in parse_csv(raw) if row]
    assert rows == [["指令编号", "金额"], ["FK-1", "1.00"]]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"\xff\xff\xff", "bad_encoding"),
        (b'a,"b"c\n', "bad_csv"),
        (b'"a', "bad_csv"),
        (b"a\rb\n", "bad_csv"),
        (b"a" * (CELL_LENGTH_MAX + 1), "table_too_large"),
        (b"," * COLUMNS_MAX, "table_too_large"),
        (b"a\n" * (ROWS_MAX + 1), "table_too_large"),
        (b" " * (FILE_BYTES_MAX + 1), "file_too_long"),
    ],
)
def test_what_is_no_table_or_too_large_is_refused(raw: bytes, code: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        parse_csv(raw)
    assert refused.value.code == code


def test_a_table_at_its_bounds_is_read() -> None:
    assert len(parse_csv(b"a\n" * ROWS_MAX)) == ROWS_MAX
    assert parse_csv(b"a" * CELL_LENGTH_MAX) == [["a" * CELL_LENGTH_MAX]]
    assert parse_csv(b"," * (COLUMNS_MAX - 1)) == [[""] * COLUMNS_MAX]
