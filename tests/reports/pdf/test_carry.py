"""Sums carried over the page: those of the rows up to it, and none that would mean nothing."""

import re
from collections.abc import Sequence

import msgspec
import pytest

from ledger.money import parse_yuan
from ledger.text import Text
from reports.fonts import Fonts
from reports.pdf import lay_out
from reports.pdf.page import BOTTOM, Page
from reports.statement import Cell, Column, Table, Words, Yuan
from tests.reports.test_pdf import document, jobs

Rows = Sequence[Sequence[Cell]]


def fen_of(cell: Cell) -> int:
    return cell.fen if isinstance(cell, Yuan) else 0


def summed(rows: Rows) -> Table:
    """Return a table of jobs with the sum of what they come to."""
    fen = sum(fen_of(row[1]) for row in rows)
    total: tuple[Cell, ...] = (Words("合计", "Total"), Yuan(fen))
    return Table(jobs(0).columns, tuple(map(tuple, rows)), total)


def carried(page: Page, name: str) -> int | None:
    """Return the sum on a page beside a name, None where the page has none."""
    texts = [run.text for run in page.runs]
    return parse_yuan(texts[texts.index(name) + 2].replace(",", "")) if name in texts else None


def test_each_page_carries_forward_what_its_rows_and_those_before_come_to(faces: Fonts) -> None:
    for count in (1, 24, 25, 26, 27, 28, 29, 30, 31, 60, 61, 62, 63, 200):
        table = summed(jobs(count).rows)
        pages = lay_out(document(table), faces)
        before = 0
        for n, page in enumerate(pages):
            shown = [run.text for run in page.runs if run.text.startswith("job-")]
            assert carried(page, "承前页") == (before if n else None), (count, n)
            before += sum(fen_of(table.rows[int(one[4:])][1]) for one in shown)
            is_last = n == len(pages) - 1
            assert carried(page, "过次页") == (None if is_last else before), (count, n)
            assert carried(page, "合计") == (before if is_last else None), (count, n)
            assert all(run.y < BOTTOM for run in page.runs if run.text in {"过次页", "合计"})
        assert len(pages) > 1 or count < 32


def test_a_dash_in_place_of_an_amount_adds_nothing(faces: Fonts) -> None:
    rows = [(Words(f"job-{n:04d}"), Words("—") if n % 7 else Yuan(-n)) for n in range(80)]
    pages = lay_out(document(summed(rows)), faces)
    shown = [int(run.text[4:]) for run in pages[0].runs if run.text.startswith("job-")]
    texts = [run.text for run in pages[0].runs]
    assert texts[texts.index("过次页") + 2] == f"-0.{sum(n for n in shown if n % 7 == 0):02d}"


@pytest.mark.parametrize(
    "table",
    [
        jobs(80),
        jobs(80, total=False),
        msgspec.structs.replace(
            summed(jobs(80).rows), columns=(jobs(0).columns[1], jobs(0).columns[0]), total=None
        ),
    ],
)
def test_what_does_not_come_to_the_total_is_not_carried(faces: Fonts, table: Table) -> None:
    texts = [run.text for page in lay_out(document(table), faces) for run in page.runs]
    assert not {"过次页", "承前页"} & set(texts)


def test_a_row_taller_than_a_page_is_not_carried_in_its_midst(faces: Fonts) -> None:
    rows = [*jobs(3).rows, (Words("长" * 4000), Yuan(5)), *jobs(3).rows]
    pages = lay_out(document(summed(rows)), faces)
    forward = [carried(page, "过次页") for page in pages]
    brought = [carried(page, "承前页") for page in pages]
    assert len(pages) > 2
    assert all(b is None or b == f or f is None for f, b in zip(forward, brought[1:], strict=False))
    assert all(run.y < BOTTOM for page in pages for run in page.runs if run.text[:1] == "长")


def test_a_name_of_sums_stands_in_one_line_over_the_empty_cells_after_it(faces: Fonts) -> None:
    columns = (
        Column(Text("序号", "No."), 1, figures=True),
        Column(Text("企业", "Enterprise"), 9),
        Column(Text("金额", "CNY"), 4, figures=True),
    )
    rows = tuple((Words(str(n)), Words("甲"), Yuan(n)) for n in range(99))
    total: tuple[Cell, ...] = (Words("合计", "Total of all the rows above"), Words(""), Yuan(4851))
    for page in lay_out(document(Table(columns, rows, total)), faces):
        for one in [run for run in page.runs if run.text in {"过次页", "承前页", "合计"}]:
            beside = [run.text for run in page.runs if run.y == one.y]
            assert [bool(re.search("[a-z]", text)) for text in beside] == [False, True, False]
