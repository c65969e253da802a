"""Statements as PDF: what they say, how they break, and that the bytes never change."""

import hashlib
import itertools
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pypdf import PdfReader
from pypdf.generic import StreamObject

from ledger.errors import InvalidInputError
from ledger.text import Text
from reports.fonts import Fonts
from reports.pdf import RENDERER, lay_out, render
from reports.pdf.chart import BAR_WIDTH_MAX, step_for
from reports.pdf.page import BOTTOM, LEFT, PAGE_HEIGHT, RIGHT, TOP, Page, Run
from reports.pdf.table import CELL
from reports.statement import (
    Amount,
    Block,
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
    encode,
)

REPOSITORY = Path(__file__).parents[2]

# A changed hash is a new renderer version: statements issued before can no longer be rendered to
# the bytes that their events recorded.
PDF_OF_VERSION = {"pdf/3": "7bd334b0d1c4d528583a28bb812c221e5c6ee8463908abd5e17f67c0c539626e"}

NAME = (
    "武汉东湖新技术开发区光谷人工智能与高性能计算联合创新研究院有限责任公司第三分公司"
    "（湖北自贸区武汉片区）算力调度与运营服务中心"
)

FOOT = ("JS-1", "第 1 / 1 页", "Page 1 / 1")

Compute = Callable[[int], Statement]


def document(*blocks: Block, **changes: object) -> Statement:
    """Return a small statement of one section."""
    small = Statement(
        number="JS-1",
        kind="compute",
        title=Text("结算单", "Statement"),
        subject="91420100MA4K2XY18X",
        subject_name="武汉甲公司",
        period="2022-07",
        revision=1,
        facts=(),
        sections=(Section(Text("一、正文", "Body"), blocks),) if blocks else (),
        notices=(),
        heads=(),
        total_fen=0,
        values_sha256="0" * 64,
        maker="test/1",
    )
    return msgspec.structs.replace(small, **changes)


def jobs(count: int, *, total: bool = True) -> Table:
    """Return a table of numbered jobs."""
    columns = (
        Column(Text("作业", "Job"), 3),
        Column(Text("金额（元）", "Amount"), 1, figures=True),
    )
    rows = tuple((Words(f"job-{n:04d}"), Yuan(n * 104_729)) for n in range(count))
    return Table(columns, rows, (Words("合计", "Total"), Yuan(99)) if total else None)


def read(pdf: bytes) -> PdfReader:
    return PdfReader(BytesIO(pdf))


def text_of(pdf: bytes) -> str:
    """Return the text of all pages without its line breaks and spaces."""
    return squeeze("".join(page.extract_text() for page in read(pdf).pages))


def squeeze(text: str) -> str:
    return re.sub(r"\s", "", text)


def in_order(text: str, *parts: str) -> bool:
    """Return whether the parts stand in a text one after the other."""
    place = 0
    for part in map(squeeze, parts):
        found = text.find(part, place)
        assert found >= 0, part
        place = found + len(part)
    return True


def runs(pages: Iterable[Page]) -> list[Run]:
    return [run for page in pages for run in page.runs]


# Text


def test_a_compute_statement_reads_in_order(compute: Compute, faces: Fonts) -> None:
    assert in_order(
        text_of(render(compute(3), faces)),
        "算力服务结算单",
        "Compute Settlement Statement",
        "JS-2022-07-000186",
        "样章：本单未加盖电子印章，仅供核对。",
        "供方（计算中心）",
        "武汉人工智能计算中心运营有限公司",
        "91420100MA4K2XY18X",
        "一、应付金额",
        "¥635,215.43",
        "人民币陆拾叁万伍仟贰佰壹拾伍元肆角叁分",
        "二、合同明细",
        "WHAICC-2022-0317",
        "12,480.5",
        "12.50",
        "156,006.25",
        "6%",
        "9,360.37",
        "165,366.62",
        "合计",
        "635,215.43",
        "三、每日用量",
        "四、双方确认",
        "附件：每日明细",
        "train-llm-00003",
        "本单由下列账本树头之内的记录算出",
        "suanquan.example/usage",
        "1204511",
        "9f1c" * 16,
    )


def test_a_subsidy_statement_reads_in_order(subsidy: Statement, faces: Fonts) -> None:
    assert in_order(
        text_of(render(subsidy, faces)),
        "补贴结算单",
        "修订",
        "2",
        "BT-2022-000012",
        "三级合计",
        "¥400,000.00",
        "人民币肆拾万元整",
        "武科规〔2020〕2号第八条",
        "636,000.00",
        "按50%计算",
        "318,000.00",
        "每家企业每年不超过10万元",
        "人民币壹拾万元整",
        "假定：未见条文",
        "人民币叁拾万元整",
        "不予补贴的理由",
        "鄂科技规〔2022〕3号第十一条",
        "不可：省券排除已用市券的企业",
    )


def test_every_text_of_a_statement_is_printed(
    compute: Compute, subsidy: Statement, faces: Fonts
) -> None:
    for statement in (compute(60), subsidy):
        text = text_of(render(statement, faces))
        unprinted = {"values_sha256": "", "maker": ""}
        for part in texts_of(msgspec.to_builtins(statement) | unprinted):
            assert squeeze(part) in text


def texts_of(value: object) -> Iterable[str]:
    """Yield each string of a statement that a reader sees."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts_of(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in {"type", "kind", "values", "labels"}:
                yield from texts_of(item)


def test_markup_in_a_name_is_printed_as_it_is(faces: Fonts) -> None:
    name = "<b>&amp;</b> (a\\b) %s {x} 'q' \"q\""
    statement = document(
        Paragraph(Text(name, "")),
        facts=((Text(name, ""), Words(name)),),
        title=Text("结算单", name),
        subject_name=name,
    )
    pdf = render(statement, faces)
    assert text_of(pdf).count(squeeze(name)) == 4
    metadata = read(pdf).metadata
    assert metadata is not None
    assert name in str(metadata.subject)


def test_a_thousand_different_characters_are_read_back(faces: Fonts) -> None:
    chars = [char for char in faces.regular.advances if "\u4e00" <= char <= "\u9fff"][:1000]
    text = "".join(chars) + "𬭎𬭚𫖯"
    assert text in text_of(render(document(Paragraph(Text(text, ""))), faces))


@pytest.mark.parametrize(
    ("fen", "digits", "capitals"),
    [
        (0, "¥0.00", "人民币零元整"),
        (10_000_000, "¥100,000.00", "人民币壹拾万元整"),
        (
            2**53,
            "¥90,071,992,547,409.92",
            "人民币玖拾兆零柒佰壹拾玖亿玖仟贰佰伍拾肆万柒仟肆佰零玖元玖角贰分",
        ),
        (-5_30, "-¥5.30", "人民币负伍元叁角整"),
    ],
)
def test_a_sum_stands_in_digits_and_in_capital_numerals(
    faces: Fonts, fen: int, digits: str, capitals: str
) -> None:
    pdf = render(document(Amount(Text("合计", "Total"), fen)), faces)
    assert in_order(text_of(pdf), "合计", digits, "大写", capitals)


# Glyphs


@pytest.mark.parametrize(
    "changes",
    [
        {"title": Text("算力😀", "")},
        {"title": Text("算力", "Statement 😀")},
        {"facts": ((Text("企业", ""), Words("武汉😀公司")),)},
        {"notices": (Text("样章", "Sample 😀"),)},
        {"sections": (Section(Text("一、😀", ""), (Paragraph(Text("正文", "")),)),)},
        {"sections": (Section(Text("一", ""), (Paragraph(Text("正文" * 99 + "😀", "")),)),)},
        {"number": "JS-😀"},
        {"heads": (Head("example/😀", 1, "ab"),)},
    ],
)
def test_a_character_without_a_glyph_is_refused(faces: Fonts, changes: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError, match=r"U\+1F600") as caught:
        render(document(**changes), faces)
    assert caught.value.code == "missing_glyph"


# Pages and tables


def test_a_long_table_repeats_its_head_and_has_each_row_once(faces: Fonts) -> None:
    pages = read(render(document(jobs(200)), faces)).pages
    texts = [squeeze(page.extract_text()) for page in pages]
    assert len(texts) > 3
    assert all(text.count("作业Job金额（元）Amount") == 1 for text in texts)
    found = [job for text in texts for job in re.findall(r"job-\d{4}", text)]
    assert found == [f"job-{n:04d}" for n in range(200)]
    assert "".join(texts).count("合计") == 1


def test_each_page_says_its_number_and_their_count(faces: Fonts) -> None:
    pages = read(render(document(jobs(200)), faces)).pages
    for n, page in enumerate(pages, start=1):
        text = squeeze(page.extract_text())
        assert text.endswith(f"JS-1第{n}/{len(pages)}页Page{n}/{len(pages)}")
        assert text.count("第") == 1


def test_each_page_but_the_first_has_a_running_head(faces: Fonts) -> None:
    first, *others = read(render(document(jobs(200)), faces)).pages
    running = "结算单武汉甲公司2022-07"
    assert running not in squeeze(first.extract_text())
    assert all(squeeze(page.extract_text()).startswith(running) for page in others)


def test_a_total_never_stands_alone(faces: Fonts) -> None:
    for count in range(1, 75):
        pages = lay_out(document(jobs(count)), faces)
        (with_total,) = [page for page in pages if any(r.text == "合计" for r in page.runs)]
        assert any(run.text.startswith("job-") for run in with_total.runs), count


@pytest.mark.parametrize(
    "block",
    [
        Amount(Text("合计", "Total"), 1),
        Paragraph(Text("正文", "Body")),
        Table((Column(Text("列", ""), 1),), ((Words("行"),),)),
        Table((Column(Text("列", ""), 1),), ((Words("很长的行" * 2000),),)),
        Chart(Text("图", ""), ("1",), ("1",), Text("卡时", "")),
        Signatures(((Text("甲方", ""), "甲"), (Text("乙方", ""), "乙"))),
    ],
)
def test_a_heading_never_stands_alone(faces: Fonts, block: Block) -> None:
    for count in range(60):
        filler = Section(Text("一", ""), (Paragraph(Text("满", "")),) * count)
        titled = Section(Text("二、标题", ""), (block,))
        sections = (filler, titled) if count else (titled,)
        for page in lay_out(document(sections=sections), faces):
            texts = [run.text for run in page.runs]
            if "二、标题" in texts:
                assert len(texts) > texts.index("二、标题") + 3, count
            assert len([run for run in page.runs if run.y > BOTTOM]) == len(FOOT), count


def test_a_row_taller_than_a_page_is_split_and_whole(faces: Fonts) -> None:
    words = "".join(chr(0x4E00 + n) for n in range(6000))
    row = (Words(words), Yuan(123))
    table = Table(jobs(0).columns, (row, (Words("后一行"), Yuan(456))), None)
    pages = lay_out(document(table), faces)
    assert len(pages) > 2
    text = "".join(run.text for run in runs(pages) if run.style == CELL.zh)
    assert text == words[: text.index("1.23")] + "1.23" + words[text.index("1.23") :] + "后一行4.56"


def test_nothing_stands_outside_the_margins(
    compute: Compute, subsidy: Statement, faces: Fonts
) -> None:
    amounts = tuple(Column(Text(f"{n}月金额", "Amount"), 1, figures=True) for n in range(8))
    row: tuple[Words | Yuan, ...] = (
        Words(NAME, "Long Name " * 9),
        *[Yuan(123_456_789_012)] * 8,
    )
    wide = Table((Column(Text("企业名称", "Enterprise"), 4), *amounts), (row,) * 3)
    long = document(
        wide,
        Amount(Text(NAME, NAME), 2**53),
        Chart(Text(NAME, NAME), ("2022-07-01",) * 31, ("123456789.125",) * 31, Text("卡时", "h")),
        Signatures(((Text("供方", "Provider"), NAME), (Text("需方", "Customer"), NAME))),
        subject_name=NAME,
        number="J" * 60,
        supplements="K" * 60,
        notices=(Text(NAME * 2, NAME),),
        facts=((Text(NAME, NAME), Words(NAME)),) * 3,
        heads=(Head("log.example.gov.cn/suanquan/usage", 10**12, "ab" * 32),) * 3,
    )
    for statement in (compute(40), subsidy, long):
        for page in lay_out(statement, faces):
            for run in page.runs:
                width = faces.width(run.text, run.style.size, bold=run.style.bold)
                assert run.x >= LEFT - 0.01, run
                assert run.x + width <= RIGHT + 0.01, run
                assert 20 < run.y < PAGE_HEIGHT - 30, run
            for box in page.boxes:
                assert box.x >= LEFT - 0.01, box
                assert box.x + box.width <= RIGHT + 0.01, box
                assert TOP - 0.5 <= box.y <= box.y + box.height <= PAGE_HEIGHT - 40, box


def test_texts_do_not_overlap(compute: Compute, subsidy: Statement, faces: Fonts) -> None:
    for statement in (compute(40), subsidy):
        for page in lay_out(statement, faces):
            for one, other in itertools.combinations(page.runs, 2):
                assert not overlap(faces, one, other), (one, other)


def overlap(faces: Fonts, one: Run, other: Run) -> bool:
    """Return whether the boxes of two runs meet by more than a hair."""
    first, second = sorted((one, other), key=lambda run: run.x)
    reach = first.x + faces.width(first.text, first.style.size, bold=first.style.bold)
    upper, lower = sorted((one, other), key=lambda run: run.y)
    return reach > second.x + 0.01 and lower.y - 0.7 * lower.style.size < upper.y


def test_figures_stand_in_one_piece_at_the_right_edge_of_their_column(faces: Fonts) -> None:
    figures = [
        run for run in runs(lay_out(document(jobs(30)), faces)) if re.search(r"\.\d\d$", run.text)
    ]
    assert [run.text for run in figures][:3] == ["0.00", "1,047.29", "2,094.58"]
    edges = {
        round(run.x + faces.width(run.text, run.style.size, bold=run.style.bold), 6)
        for run in figures
    }
    assert len(edges) == 1


def test_wide_figures_take_room_from_words_before_they_are_broken(faces: Fonts) -> None:
    columns = (
        Column(Text("说明", ""), 50),
        *[Column(Text("金额", ""), 1, figures=True) for _ in range(5)],
    )
    table = Table(columns, ((Words("说明" * 40), *[Yuan(2**50)] * 5),))
    texts = Counter(run.text for run in runs(lay_out(document(table), faces)))
    assert texts["11,258,999,068,426.24"] == 5
    exact = Number("123456789012345.123456789012")
    table = Table(columns[:3], ((Words("说明" * 40), exact, exact),))
    texts = Counter(run.text for run in runs(lay_out(document(table), faces)))
    assert texts[exact.value] == 2


def test_a_table_without_rows_says_so(faces: Fonts) -> None:
    assert in_order(text_of(render(document(jobs(0)), faces)), "作业", "无记录", "合计")


# Charts


def test_bars_are_as_high_as_their_values(faces: Fonts) -> None:
    block = Chart(Text("图", ""), tuple("abcd"), ("1", "2.5", "0", "4"), Text("卡时", ""))
    (page,) = lay_out(document(block), faces)
    bars = [box for box in page.boxes if box.width == BAR_WIDTH_MAX]
    unit = bars[0].height
    assert [bar.height / unit for bar in bars] == pytest.approx([1, 2.5, 0, 4])
    assert len({round(bar.y + bar.height, 6) for bar in bars}) == 1


def test_an_axis_has_few_round_ticks_and_holds_every_value() -> None:
    for highest in (*range(1, 2000), *(Fraction(n, 1000) for n in range(1, 2000)), 10**15 - 1):
        step = step_for(Fraction(highest))
        assert step * 4 >= highest
        assert step * Fraction(8, 5) < highest
        assert str(step * 10**9).strip("0") in {"1", "2", "25", "5"}


@pytest.mark.parametrize("values", [(), ("0",), ("0", "0"), ("0.000000000001",), ("7",) * 366])
def test_a_chart_of_any_length_is_drawn(faces: Fonts, values: tuple[str, ...]) -> None:
    labels = tuple(f"d{n}" for n in range(len(values)))
    pdf = render(document(Chart(Text("用量图", ""), labels, values, Text("卡时", ""))), faces)
    assert in_order(text_of(pdf), "用量图", "卡时", "d0" if values else "无记录")


# The file

RENDER = """
import hashlib, sys
from pathlib import Path
import msgspec
from reports import fonts
from reports.pdf import render
from reports.statement import Statement
statement = msgspec.json.decode(sys.stdin.buffer.read(), type=Statement)
print(hashlib.sha256(render(statement, fonts.load(Path(sys.argv[1])))).hexdigest())
"""


def hash_elsewhere(statement: Statement, cache: Path, home: Path, **environment: str) -> str:
    """Return the hash of the PDF that a fresh process makes."""
    answer = subprocess.run(
        [sys.executable, "-c", RENDER, str(cache)],
        input=encode(statement),
        capture_output=True,
        check=True,
        cwd=home,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), "HOME": str(home)}
        | environment,
    )
    return answer.stdout.decode().strip()


def test_the_same_statement_gives_the_same_bytes_in_every_environment(
    compute: Compute, faces: Fonts, tmp_path: Path
) -> None:
    statement = compute(60)
    here = hashlib.sha256(render(statement, faces)).hexdigest()
    assert hashlib.sha256(render(statement, faces)).hexdigest() == here
    cache = tmp_path / "another" / "cache"
    shutil.copytree(faces.regular.path.parent, cache)
    (tmp_path / ".reportlab_settings").write_text("pageCompression = 1\n")
    odd = {
        "TZ": "America/St_Johns",
        "LC_ALL": "de_DE.UTF-8",
        "PYTHONHASHSEED": "4711",
        "SOURCE_DATE_EPOCH": "86400",
        "RL_pdfMultiLine": "1",
        "RL_pdfComments": "1",
        "RL_invariant": "0",
        "RL_pageCompression": "1",
        "RL_ttfAsciiReadable": "1",
        "RL_canvas_basefontname": "Courier",
        "RL_canvas_baseColor": "red",
    }
    assert hash_elsewhere(statement, cache, tmp_path, **odd) == here
    assert hash_elsewhere(statement, faces.regular.path.parent, REPOSITORY, TZ="UTC") == here


def test_what_was_rendered_before_does_not_matter(
    compute: Compute, subsidy: Statement, faces: Fonts
) -> None:
    before = render(subsidy, faces)
    render(compute(60), faces)
    assert render(subsidy, faces) == before


def test_another_statement_gives_another_file(subsidy: Statement, faces: Fonts) -> None:
    other = msgspec.structs.replace(subsidy, number="BT-2022-000032")
    one, two = read(render(subsidy, faces)), read(render(other, faces))
    assert one.trailer["/ID"] != two.trailer["/ID"]


def test_fonts_are_embedded_truetype_subsets_and_nothing_else_is_used(
    compute: Compute, faces: Fonts
) -> None:
    pdf = render(compute(60), faces)
    names = set()
    pages: Any = read(pdf).pages
    for page in pages:
        for reference in page["/Resources"]["/Font"].values():
            font = reference.get_object()
            names.add(font["/BaseFont"])
            assert font["/Subtype"] == "/TrueType"
            assert "/FontFile2" in font["/FontDescriptor"]
    assert {name.split("+")[1] for name in names} == {"NotoSansSC-Regular", "NotoSansSC-Bold"}
    assert all(re.fullmatch(r"/[A-Z]{6}\+NotoSansSC-(Regular|Bold)", name) for name in names)


def test_no_stream_is_compressed_so_that_no_zlib_can_change_the_bytes(
    compute: Compute, faces: Fonts
) -> None:
    pdf = render(compute(60), faces)
    reader: Any = read(pdf)
    streams = [
        thing
        for n in range(1, int(reader.trailer["/Size"]))
        if isinstance(thing := reader.get_object(n), StreamObject)
    ]
    assert len(streams) > 5
    assert not any("/Filter" in stream for stream in streams)
    assert len(pdf) < 200_000


def test_the_file_says_what_it_is_and_nothing_about_a_clock(compute: Compute, faces: Fonts) -> None:
    reader: Any = read(render(compute(3), faces))
    assert reader.metadata == {
        "/Title": "算力服务结算单 JS-2022-07-000186",
        "/Author": "Suanquan",
        "/Subject": "武汉光谷云栖智能科技有限公司 91420100MA4K2XY18X 2022-07",
        "/Creator": "Suanquan",
        "/Producer": "Suanquan, ReportLab PDF Library",
    }
    assert reader.root_object["/Lang"] == "zh-CN"
    assert [float(side) for side in reader.pages[0].mediabox] == [0, 0, 595.28, 841.89]


def test_each_section_has_a_bookmark_on_its_page(compute: Compute, faces: Fonts) -> None:
    statement = compute(60)
    reader = read(render(statement, faces))
    entries = [entry for entry in reader.outline if not isinstance(entry, list)]
    assert [entry.title for entry in entries] == [s.heading.zh for s in statement.sections]
    for entry in entries:
        number = reader.get_destination_page_number(entry)
        assert number is not None
        assert str(entry.title) in reader.pages[number].extract_text()


def test_the_bytes_are_those_of_the_renderer_version(compute: Compute, faces: Fonts) -> None:
    made = hashlib.sha256(render(compute(60), faces)).hexdigest()
    assert {RENDERER: made} == PDF_OF_VERSION
