"""Workbooks: typed cells that run nothing, the same bytes again, and strict reading of others'."""

import io
import zipfile
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest

from ledger.errors import InvalidInputError
from ledger.personal import BankAccount
from reports.sheets import ColumnChart, read_table, render_xlsx
from vouchers.claims.bank_answer import Standing, read_answer
from vouchers.claims.payment import Order, make_batch, sheet_of, totals_of
from vouchers.claims.spreadsheet import Column, Spreadsheet, parse_csv, render_csv

DAY = date(2022, 12, 8)
NUMBER = "4205012345678901234567"
SHEET = Spreadsheet(
    "表",
    (Column("名称"), Column("账号"), Column("笔数", "number"), Column("金额", "fen")),
    (
        ("华智科技", "0042050123456789", 3, 12_345_678),
        ("=1+1", "http://x.example", 0, 1),
        ("1e5", "'x", 7, 9_007_199_254_740_991),
    ),
)


def workbook(*rows: list[Any], sheets: int = 1) -> bytes:
    """Return what a bank's system might send."""
    book, file = openpyxl.Workbook(), io.BytesIO()
    pages = [book.worksheets[0], *(book.create_sheet() for _ in range(sheets - 1))]
    for row in rows:
        pages[0].append(row)
    book.save(file)
    return file.getvalue()


def with_part(raw: bytes, name: str, content: bytes) -> bytes:
    """Return a workbook in which a part holds something else."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(raw)) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.namelist():
            if part != name:
                new.writestr(part, old.read(part))
        new.writestr(name, content)
    return file.getvalue()


def test_a_cell_is_a_text_or_a_number_and_never_a_formula() -> None:
    page = openpyxl.load_workbook(io.BytesIO(render_xlsx([SHEET], DAY)))["表"]
    cells = [[(cell.data_type, cell.value) for cell in row] for row in page.iter_rows()]
    assert cells == [
        [("s", "名称"), ("s", "账号"), ("s", "笔数"), ("s", "金额")],
        [("s", "华智科技"), ("s", "0042050123456789"), ("n", 3), ("n", 123_456.78)],
        [("s", "=1+1"), ("s", "http://x.example"), ("n", 0), ("n", 0.01)],
        [("s", "1e5"), ("s", "'x"), ("n", 7), ("n", 90_071_992_547_409.91)],
    ]
    assert page["B2"].number_format == "@"
    assert page["D2"].number_format == "#,##0.00"
    assert page["B3"].hyperlink is None
    assert page.freeze_panes == "A2"


def test_a_sheet_prints_as_wide_as_its_paper_under_its_titles() -> None:
    empty, chart = Spreadsheet("空", SHEET.columns, ()), ColumnChart("图", 0, 2)
    for total, drawn, areas in (
        ("", None, ("$A$1:$D$4", "$A$1:$D$1")),
        ("合计", None, ("$A$1:$D$5", "$A$1:$D$1")),
        ("合计", chart, ("$A$1:$Q$19", "$A$1:$D$1")),
    ):
        raw = render_xlsx([SHEET, empty], DAY, total, drawn)
        for page, area in zip(openpyxl.load_workbook(io.BytesIO(raw)), areas, strict=True):
            assert page.print_area == f"'{page.title}'!{area}"
            assert page.print_title_rows == "$1:$1"
            assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)
            assert page.sheet_properties.pageSetUpPr.fitToPage
            assert (page.page_setup.fitToWidth, page.page_setup.fitToHeight) in {(1, 0), (None, 0)}


def test_the_same_tables_give_the_same_bytes() -> None:
    assert render_xlsx([SHEET], DAY) == render_xlsx([SHEET], DAY)
    assert render_xlsx([SHEET], DAY) != render_xlsx([SHEET], date(2022, 12, 9))


def test_a_batch_goes_out_and_its_answer_comes_back_in_either_form() -> None:
    account = BankAccount(holder="华智科技", bank="中国银行", number=NUMBER)
    orders = [
        Order(
            order=f"20221208{number:012}",
            claim=f"SQ-{number}",
            enterprise="91420100MA4K2XY18X",
            name="华智科技",
            amount_fen=100_001 * number,
            purpose=f"科技创新券 SQ-{number}",
            ordered_sha256="a" * 64,
            account_sha256="a" * 64,
            account=account,
        )
        for number in range(1, 30)
    ]
    batch = make_batch("PC-" + "1" * 60, orders, DAY)
    sent = render_xlsx([sheet_of(batch)], DAY)
    assert len(openpyxl.load_workbook(io.BytesIO(sent)).worksheets) == 1
    both = openpyxl.load_workbook(io.BytesIO(render_xlsx([sheet_of(batch), totals_of(batch)], DAY)))
    assert [cell.value for cell in both.worksheets[1][2]] == [
        batch.batch,
        "2022-12-08",
        29,
        batch.total_fen / 100,
    ]
    known = {one.order: Standing(one.claim, one.amount_fen) for one in orders}
    rows = read_table(sent)
    assert [row for row in parse_csv(render_csv(sheet_of(batch))) if row][1][3] == rows[1][3]
    answered = [[*rows[0], "状态", "流水号"], *([*row, "成功", f"Y{row[0]}"] for row in rows[1:])]
    text = "\n".join(",".join(row) for row in answered).encode("gb18030")
    for raw in (workbook(*answered), text):
        answer = read_answer(read_table(raw), known)
        assert [(one.order, one.amount_fen) for one in answer.paid] == [
            (one.order, one.amount_fen) for one in orders
        ]
        assert not answer.missing


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (100, "100"),
        (100.0, "100"),
        (0.1, "0.1"),
        (123_456.78, "123456.78"),
        (1e15, "1000000000000000"),
        (1e-7, "0.0000001"),
        ("00123", "00123"),
        (None, ""),
        (True, "True"),
        (datetime(2022, 12, 8, 9, 30), "2022-12-08T09:30:00"),  # noqa: DTZ001 - a cell has no zone
    ],
)
def test_a_cell_becomes_the_text_that_a_csv_would_hold(value: object, text: str) -> None:
    assert read_table(workbook(["x", value])) == [["x", text]]


def test_a_workbook_that_is_not_one_table_of_values_is_refused() -> None:
    sound = workbook(["x"])
    for raw, code in (
        (workbook(["=1+1"]), "formula"),
        (workbook(["x"], sheets=2), "several_sheets"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "old_workbook"),
        (sound[:-30], "bad_workbook"),
        (sound[:200] + bytes(50) + sound[250:], "bad_workbook"),
        (b"PK\x03\x04", "bad_workbook"),
        (with_part(sound, "xl/worksheets/sheet1.xml", b"<x"), "bad_workbook"),
        (workbook(["x"] * 65), "table_too_large"),
        (workbook(["x" * 1_001]), "table_too_large"),
    ):
        with pytest.raises(InvalidInputError) as refused:
            read_table(raw)
        assert refused.value.code == code


def test_a_workbook_that_unpacks_to_too_much_is_not_unpacked() -> None:
    bomb = with_part(workbook(["x"]), "xl/worksheets/sheet1.xml", b" " * (65 * 2**20))
    assert len(bomb) < 100_000
    with pytest.raises(InvalidInputError) as refused:
        read_table(bomb)
    assert "unpacks to too much" in refused.value.message.en


def test_a_workbook_of_more_styles_than_anybody_needs_is_not_read() -> None:
    small = with_part(workbook(["x"]), "xl/styles.xml", b"<xf/>" * 64_001)
    assert len(small) < 100_000
    with pytest.raises(InvalidInputError) as refused:
        read_table(small)
    assert "unpacks to too much" in refused.value.message.en


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_with_entities_is_not_read(encoding: str) -> None:
    declared = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'.encode(encoding)
    with pytest.raises(InvalidInputError) as refused:
        read_table(with_part(workbook(["x"]), "xl/sharedStrings.xml", declared))
    assert "declaration" in refused.value.message.en


def test_a_sheet_that_skips_to_its_last_row_does_not_fill_memory() -> None:
    far = (
        b'<?xml version="1.0"?><worksheet xmlns='
        b'"http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1048576"><c r="A1048576"><v>1</v></c></row></sheetData></worksheet>'
    )
    with pytest.raises(InvalidInputError) as refused:
        read_table(with_part(workbook(["x"]), "xl/worksheets/sheet1.xml", far))
    assert refused.value.code == "table_too_large"
