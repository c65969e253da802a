"""One statement in five formats: every amount and name in each, sums that add up, nothing run."""

import csv
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

import msgspec
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from ledger.errors import InvalidInputError
from ledger.money import render_capital, render_yuan
from ledger.text import Language, Text
from reports.fonts import Fonts
from reports.formats import FORMATS, Format, render
from reports.formats.figures import adds_up, decimal_of, fits_double, picture_of
from reports.statement import (
    Amount,
    Chart,
    Column,
    Head,
    Number,
    Paragraph,
    Section,
    Signatures,
    Statement,
    Table,
    Words,
    Yuan,
    digest,
    encode,
)

REPOSITORY: Final = Path(__file__).parents[2]
RARE: Final = "𬭎𬭚㐂犇"
LONG: Final = (
    "武汉东湖新技术开发区光谷人工智能与高性能计算联合创新研究院有限责任公司第三分公司"
    "（湖北自贸区武汉片区）算力调度与运营服务中心"
)
HIGHEST: Final = 99_999_999_999_99
OTHERS: Final[tuple[Format, ...]] = ("xlsx", "csv", "json", "html")
NO_FONTS: Final = Fonts.__new__(Fonts)
"""No format but the PDF asks for any."""

FORMULA: Final = re.compile(r"=SUM\(([A-Z]+)([0-9]+):([A-Z]+)([0-9]+)\)")


def world(*fens: int, text: str = "甲", name: str = "武汉甲公司") -> Statement:
    """Return a statement with each kind of block; a line for each amount, and texts as given."""
    said = Text(text, text)
    columns = (
        Column(said, 3),
        Column(Text("用量", "Quantity"), 2, figures=True),
        Column(Text("税率", "VAT"), 1, figures=True),
        Column(Text("金额", "CNY"), 2, figures=True),
    )
    rows = tuple(
        (Words(text, text), Number(f"{n:,}.125"), Number("6%"), Yuan(fen))
        for n, fen in enumerate(fens, 1_000)
    )
    total = sum(fens)
    quantity = sum(n for n, _ in enumerate(fens, 1_000)) + Decimal(len(fens)) / 8
    sums = (Words("合计", "Total"), Number(f"{quantity:,.3f}"), Words(""), Yuan(total))
    blocks = (
        Table(columns, rows, sums),
        Amount(Text("应付", "Due"), total),
        Paragraph(said, strong=True),
    )
    chart = Chart(said, (text, "2"), ("1.5", "12345678.25"), Text("卡时", "card-hours"))
    parties = Signatures(((said, name), (Text("乙方", "Second"), text)))
    return Statement(
        number="SQ-C-2022-07-91420100MA4K2XY18X-2",
        kind="compute",
        title=Text("结算单", "Statement"),
        subject="91420100MA4K2XY18X",
        subject_name=name,
        period="2022-07",
        revision=2,
        facts=((said, Words(text)), (Text("用户", "Customer"), Words(name))),
        sections=(
            Section(said, blocks),
            Section(Text("每日用量", "Daily"), (chart,)),
            Section(Text("双方确认", "Confirmation"), (parties,)),
            Section(Text("附件", "Annex"), (Table(columns, rows, sums),)),
        ),
        notices=(said,),
        heads=(Head("suanquan.example/book", 3907, "07ab" * 16),),
        total_fen=total,
        values_sha256="0" * 64,
        maker="test/1",
        supplements="SQ-C-2022-07-91420100MA4K2XY18X-1",
    )


WORLDS: Final[dict[str, Callable[[Any], Statement]]] = {
    "one line": lambda _: world(123_45),
    "400 lines": lambda _: world(*(n * 104_729 for n in range(400))),
    "nothing": lambda _: world(),
    "a zero amount": lambda _: world(0),
    "the highest amount": lambda _: world(HIGHEST),
    "an amount below zero": lambda _: world(-5_30, 5_31),
    "a refund refused": lambda fixture: fixture("subsidy"),
    "a long name": lambda _: world(1, text=LONG, name=LONG),
    "rare characters": lambda _: world(1, text=RARE, name=f"武汉{RARE}公司"),
}


def squeeze(text: str) -> str:
    return re.sub(r"\s", "", text)


def texts_of(value: object) -> Iterator[str]:
    """Yield each string that a reader sees, figures apart."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts_of(item)
    elif isinstance(value, dict) and value.get("type") not in {"number", "yuan"}:
        hidden = {"type", "kind", "values_sha256", "maker", "values", "labels", "subject_name"}
        for key in value.keys() - hidden:
            yield from texts_of(value[key])


def figures_of(value: object) -> Iterator[str]:
    """Yield each figure as it is printed, amounts also in capital numerals."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from figures_of(item)
    elif isinstance(value, dict):
        if value.get("type") == "number":
            yield value["value"]
        elif "fen" in value:
            yield render_yuan(value["fen"]).lstrip("-")
            if value["type"] == "amount":
                yield render_capital(abs(value["fen"])).removeprefix("人民币")
        else:
            yield from figures_of(list(value.values()))


# --- readers ---


class Reader(HTMLParser):
    """What an HTML page says, and of which elements with which attributes it is made."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.open: list[str] = []
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.texts.append(data)


def book_of(raw: bytes, *, values: bool = False) -> Any:  # noqa: ANN401 - untyped
    return openpyxl.load_workbook(io.BytesIO(raw), data_only=values)


def cells_of(raw: bytes, *, values: bool = False) -> list[Any]:
    """Return the cells of a workbook that hold something."""
    book = book_of(raw, values=values)
    return [
        cell
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.value not in {None, ""}
    ]


def shown(cell: Any) -> str:  # noqa: ANN401 - untyped
    """Return a cell as Excel shows it, for the pictures that we use."""
    if not isinstance(cell.value, int | float):
        return str(cell.value)
    found = re.fullmatch(r"(#,##)?0(?:\.(0+))?(%?)", cell.number_format)
    assert found, cell.number_format
    value = Decimal(repr(cell.value)) * (100 if found[3] else 1)
    return f"{value:{',' if found[1] else ''}.{len(found[2] or '')}f}{found[3]}"


def said_by(form: Format, made: bytes) -> str:
    """Return what a rendering says, without spaces."""
    match form:
        case "pdf":
            return squeeze(
                "".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages)
            )
        case "xlsx":
            return squeeze("\n".join(map(shown, cells_of(made, values=True))))
        case "csv":
            return squeeze("\n".join("\n".join(record) for record in records_of(made)))
        case "html":
            return squeeze("\n".join(Reader(made).texts))
        case "json":
            return squeeze(made.decode())


def records_of(made: bytes) -> list[list[str]]:
    assert made.startswith(b"\xef\xbb\xbf")
    text = made.decode("utf-8-sig")
    unquoted = re.sub(r'"[^"]*"', "", text)
    assert unquoted.count("\r\n") == unquoted.count("\n"), "RFC 4180 ends its lines so"
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


# --- what is there ---


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("named", WORLDS)
def test_every_amount_and_name_is_in_every_format(
    named: str, form: Format, faces: Fonts, request: pytest.FixtureRequest
) -> None:
    statement = WORLDS[named](request.getfixturevalue)
    said = said_by(form, render(statement, form, faces))
    plain = msgspec.to_builtins(statement)
    for text in texts_of(plain):
        assert squeeze(text) in said
    if form != "json":
        for figure in figures_of(plain):
            assert (figure.replace(",", "") if form == "csv" else figure) in said


@pytest.mark.parametrize("form", OTHERS)
def test_a_supplement_names_the_first_one(form: Format) -> None:
    said = said_by(form, render(world(1), form, NO_FONTS))
    assert "SQ-C-2022-07-91420100MA4K2XY18X-1" in said
    assert "SQ-C-2022-07-91420100MA4K2XY18X-2" in said


# --- workbooks ---


def test_sums_are_formulas_that_add_up_to_the_values_they_hold(
    compute: Callable[[int], Statement],
) -> None:
    for statement, sums in ((world(*range(400)), 4), (compute(110), 5), (world(HIGHEST, 1), 4)):
        raw = render(statement, "xlsx", NO_FONTS)
        values, found = book_of(raw, values=True), 0
        for cell in cells_of(raw):
            if cell.data_type != "f":
                continue
            column, first, other, last = FORMULA.fullmatch(cell.value).groups()  # type: ignore[union-attr]
            assert column == other == cell.column_letter
            assert int(last) == cell.row - 1
            page = values[cell.parent.title]
            parts = [page[f"{column}{row}"].value for row in range(int(first), int(last) + 1)]
            held = page[cell.coordinate].value
            assert sum(Decimal(repr(part)) for part in parts) == Decimal(repr(held))
            found += 1
        assert found == sums


def test_a_total_that_its_rows_do_not_add_up_to_is_no_formula() -> None:
    columns = (Column(Text("项", ""), 1), Column(Text("金额", ""), 1, figures=True))
    table = Table(columns, ((Words("甲"), Yuan(1)),), (Words("合计"), Yuan(2)))
    statement = msgspec.structs.replace(world(), sections=(Section(Text("一", ""), (table,)),))
    cells = cells_of(render(statement, "xlsx", NO_FONTS))
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert [cell.value for cell in cells if cell.data_type == "n"] == [0.01, 0.02]


def test_a_cell_has_the_type_of_what_it_holds() -> None:
    page = book_of(render(world(123_45), "xlsx", NO_FONTS))["结算单"]
    row = next(row for row in page.iter_rows() if row[0].value == "甲\n甲" and row[3].value)
    while row[0].value != "合计\nTotal":
        above, row = row, next(page.iter_rows(min_row=row[0].row + 1))
    assert [(cell.data_type, cell.value, cell.number_format) for cell in above[:4]] == [
        ("s", "甲\n甲", "@"),
        ("n", 1000.125, "#,##0.000"),
        ("n", 0.06, "0%"),
        ("n", 123.45, "#,##0.00"),
    ]


@pytest.mark.parametrize(
    ("text", "value", "picture"),
    [
        ("12,480.5", "12480.5", "#,##0.0"),
        ("0", "0", "0"),
        ("-3", "-3", "0"),
        ("6%", "0.06", "0%"),
        ("12.50%", "0.1250", "0.00%"),
        ("999999999999999", "999999999999999", "0"),
    ],
)
def test_a_figure_is_a_number_that_shows_as_it_is_printed(
    text: str, value: str, picture: str
) -> None:
    assert decimal_of(Number(text)) == Decimal(value)
    assert fits_double(Decimal(value))
    assert picture_of(Number(text)) == picture


@pytest.mark.parametrize("text", ["", "1/ 2", "1,00", "01", "1e5", "=1", "٣", "1.", "—", "1,0000"])
def test_what_is_no_one_number_stays_a_text(text: str) -> None:
    assert decimal_of(Number(text)) is None


def test_a_number_that_no_double_holds_stays_a_text() -> None:
    exact = "123456789012345.12"
    statement = msgspec.structs.replace(world(), facts=((Text("量", ""), Number(exact)),))
    assert exact in {cell.value for cell in cells_of(render(statement, "xlsx", NO_FONTS))}
    assert not fits_double(Decimal("1.000000000000000000000000000000000000001"))
    long = Number("1." + "0" * 40 + "1")
    assert not adds_up([long], long)


@given(st.integers(-(10**15) + 1, 10**15 - 1))
def test_fifteen_digits_survive_a_workbook(fen: int) -> None:
    assert Decimal(repr(float(f"{fen / 100:.16G}"))) == Decimal(fen).scaleb(-2)


def test_sheets_print_on_a4_numbered_with_their_heads(compute: Callable[[int], Statement]) -> None:
    book = book_of(render(compute(110), "xlsx", NO_FONTS))
    assert book.sheetnames == ["算力服务结算单", "三、每日用量", "附件：每日明细"]
    for page in book:
        assert page.page_setup.paperSize == 9
        assert page.page_setup.fitToWidth in {None, 1}
        assert page.page_setup.fitToHeight == 0
        assert page.print_area
        assert "&P / &N" in page.oddFooter.right.text
        assert "JS-2022-07-000186" in page.oddFooter.left.text
    annex = book["附件：每日明细"]
    (head,) = {cell.row for cell in annex["A"] if cell.value == "序号\nNo."}
    assert annex.print_title_rows == f"${head}:${head}"
    assert book["算力服务结算单"].print_title_rows == "$1:$1"
    (drawn,) = book["三、每日用量"]._charts  # noqa: SLF001 - it has no other way to them
    assert drawn.series[0].val.numRef.f == "'三、每日用量'!$B$5:$B$35"
    labels = [book["三、每日用量"][place].value for place in ("A4", "A5", "A35", "A36")]
    assert labels == [None, "7-1", "7-31", None]


def test_sheets_of_one_heading_have_names_apart() -> None:
    chart = Chart(Text("图", ""), ("1",), ("1",), Text("卡时", ""))
    headings = ["附[件]:*?/\\'", "附件", "x" * 40, "X" * 40, "''", ""]
    sections = tuple(Section(Text(one, ""), (chart,)) for one in headings)
    statement = msgspec.structs.replace(world(), sections=sections)
    names = book_of(render(statement, "xlsx", NO_FONTS)).sheetnames
    assert names[1:] == ["附件", "附件 (2)", "x" * 15, "X" * 13 + " (2)", "表", "表 (2)"]


def test_a_text_that_no_cell_holds_is_refused() -> None:
    with pytest.raises(InvalidInputError) as caught:
        render(world(text="长" * 40_000), "xlsx", NO_FONTS)
    assert caught.value.code == "cell_too_long"


# --- texts from outside ---

HOSTILE: Final = (
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "=HYPERLINK(1)", "{=1}", "'x"),
    *("<script>", "]]>", "</style><b>", '" onload="x', "&lt;", "http://x.example"),
    *("_x0041_", "a\rb", "\x1f", "\x80", "\ufffe", "&P", "[1]"),
)
TEXTS: Final = st.text(max_size=40) | st.sampled_from(HOSTILE)


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_no_text_becomes_a_formula_in_a_workbook(text: str) -> None:
    cells = cells_of(render(world(1, text=text), "xlsx", NO_FONTS))
    assert sum(cell.data_type == "f" for cell in cells) == 4, "the sums"
    assert all(FORMULA.fullmatch(cell.value) for cell in cells if cell.data_type == "f")
    assert not [cell for cell in cells if cell.hyperlink]
    if text.strip() and text.isprintable() and "_x" not in text:
        assert text in {cell.value for cell in cells}


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_no_text_becomes_a_formula_in_csv(text: str) -> None:
    records = records_of(render(world(-1, text=text), "csv", NO_FONTS))
    assert len({len(record) for record in records}) == 1
    for record in records:
        for field in record:
            assert field[:1] not in set("=+@\t\r\n＝＋－＠") or field == ""
            assert field[:1] != "-" or re.fullmatch(r"-[0-9]+\.[0-9]{2}", field)
    assert {text, f"'{text}"} & {field for record in records for field in record}


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.sampled_from(["zh", "en"]))
def test_no_text_becomes_markup(text: str, language: Language) -> None:
    page = Reader(render(world(1, text=text), "html", NO_FONTS, language))
    harmless = world(1, text="x" if text.isascii() else "甲")
    plain = Reader(render(harmless, "html", NO_FONTS, language))
    # A chart leaves out labels that have no room.
    drawn = ("text", ("x", "y", "text-anchor"))
    if text:
        assert [one for one in page.elements if one != drawn] == [
            one for one in plain.elements if one != drawn
        ]
    assert not page.open
    if text.isprintable():
        assert text in page.texts or f"{text} " in page.texts or not text


def test_a_number_stays_a_number_in_csv() -> None:
    records = records_of(render(world(-5_30, 1_000_00), "csv", NO_FONTS))
    assert ["甲 甲", "1000.125", "6%", "-5.30"] in records
    assert ["甲 甲", "1001.125", "6%", "1000.00"] in records


# --- pages ---


@pytest.mark.parametrize(("language", "tag"), [("zh", "zh-CN"), ("en", "en")])
def test_a_page_is_whole_in_itself_and_in_its_language(language: Language, tag: str) -> None:
    made = render(world(1), "html", NO_FONTS, language).decode()
    assert made.startswith(f'<!DOCTYPE html>\n<html lang="{tag}">')
    for barred in ("<script", "<link", "<img", " src=", "href=", "url(", "@import", " on"):
        assert barred not in re.sub(">[^<]*<", "><", made.partition("</style>")[2])
        assert barred == " on" or barred not in made
    title = {"zh": '结算单 <span lang="en">Statement', "en": 'Statement <span lang="zh-CN">结'}
    assert f"<h1>{title[language]}" in made


def test_tables_of_a_page_name_their_columns_and_rows() -> None:
    page = render(world(1, 2), "html", NO_FONTS).decode()
    assert page.count("<table>") == page.count("<caption>") == 4
    assert page.count('scope="col"') == 4 + 4 + 2 + 3
    assert page.count('scope="row"') == 2 * 3 + 2 + 1
    assert '<svg viewBox="' in page
    assert 'role="img"' in page


def test_a_chart_is_as_high_as_its_values() -> None:
    made = render(world(), "html", NO_FONTS).decode()
    heights = [float(one) for one in re.findall(r'<rect [^>]*height="([0-9.]+)"', made)]
    # 12,345,678.25 of an axis that ends at 15 million, over 150 units.
    assert heights == [0.0, 123.4]


# --- JSON ---


def test_json_holds_the_canonical_bytes_under_their_hash() -> None:
    statement = world(1, text="<'\"&\u2028")
    made = render(statement, "json", NO_FONTS)
    assert made.endswith(b'"statement":' + encode(statement) + b"}")
    read = json.loads(made)
    assert read["number"] == statement.number
    again = json.dumps(read["statement"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(again.encode()).hexdigest() == read["sha256"] == digest(statement)
    assert msgspec.convert(read["statement"], Statement) == statement


# --- the same bytes ---

ELSEWHERE: Final = """
import hashlib, sys
import msgspec
from reports.fonts import Fonts
from reports.formats import render
from reports.statement import Statement
statement = msgspec.json.decode(sys.stdin.buffer.read(), type=Statement)
for form in sys.argv[1:]:
    made = render(statement, form, Fonts.__new__(Fonts))
    print(hashlib.sha256(made).hexdigest())
"""


def test_the_same_statement_gives_the_same_bytes_in_every_environment(
    compute: Callable[[int], Statement], tmp_path: Path
) -> None:
    statement = compute(60)
    here = [hashlib.sha256(render(statement, one, NO_FONTS)).hexdigest() for one in OTHERS]
    time.sleep(1)
    for environment in (
        {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "1"},
        {"TZ": "America/New_York", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2"},
    ):
        answer = subprocess.run(
            [sys.executable, "-c", ELSEWHERE, *OTHERS],
            input=encode(statement),
            capture_output=True,
            check=True,
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY)} | environment,
        )
        assert answer.stdout.decode().split() == here


def test_a_workbook_is_not_compressed_by_whichever_zlib_there_is() -> None:
    raw = render(world(1), "xlsx", NO_FONTS)
    assert b"<worksheet" in raw
    assert b"<sst" in raw
