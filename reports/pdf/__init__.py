"""A statement as a PDF: A4, Chinese first with English beside it, the same bytes for ever.

`lines` breaks sentences, `page` has the measures and the cursor, `blocks`, `table` (with `carry`),
`chart` and `qr` set what a statement is made of, `mark` takes the mark of a file without a seal
away, `archive` has what PDF/A asks for, and `paint` is the only module that knows ReportLab.
"""

from itertools import zip_longest
from typing import Final, assert_never

from ledger.text import Text
from reports.fonts import Fonts, without_collector
from reports.pdf import blocks
from reports.pdf.chart import chart
from reports.pdf.page import (
    GREY,
    LEFT,
    PAGE_HEIGHT,
    RULE,
    WIDTH,
    Flow,
    Line,
    Page,
    Style,
    set_lines,
    set_pair,
)
from reports.pdf.paint import paint
from reports.pdf.table import table
from reports.statement import (
    Amount,
    Block,
    Chart,
    Paragraph,
    Signatures,
    Statement,
    Table,
)

# Goes into each issued statement's event. Any change of the bytes is a new version.
RENDERER: Final = "pdf/3"

_FURNITURE: Final = Style(7, 10, ink=GREY)
_FURNITURE_SMALL: Final = Style(6, 9, ink=GREY)
_FOOTER_Y: Final = PAGE_HEIGHT - 46.0


def render(statement: Statement, fonts: Fonts) -> bytes:
    """Return the PDF of a statement; equal statements give equal bytes.

    Raises `InvalidInputError` (code `missing_glyph`) where a character cannot be printed.
    """
    # Thousands of lines and runs are alive meanwhile, and none of them is garbage.
    with without_collector():
        return paint(
            lay_out(statement, fonts),
            fonts,
            title=f"{statement.title.zh} {statement.number}".rstrip(),
            subject=f"{statement.subject_name} {statement.subject} {statement.period}",
        )


def lay_out(statement: Statement, fonts: Fonts) -> list[Page]:
    """Return the pages of a statement, complete with running heads and page numbers."""
    flow = Flow(fonts, _running(statement, fonts))
    blocks.title(flow, statement)
    blocks.notices(flow, statement.notices)
    blocks.facts(flow, statement.facts)
    end = blocks.height_of_heads(flow, statement.heads)
    for section in statement.sections:
        blocks.heading(flow, section.heading)
        for block, following in zip_longest(section.blocks, section.blocks[1:]):
            flow.tail = _tail(flow, following, 0.0 if section != statement.sections[-1] else end)
            _place(flow, block)
    flow.tail = 0.0
    blocks.heads(flow, statement.heads)
    _foot(flow, statement)
    return flow.pages


def _tail(flow: Flow, following: Block | None, end: float) -> float:
    """Return the height of what must stand on the page of a block, by what follows it.

    Stamps never stand alone on a sheet, which could be put under another paper, nor do the heads.
    """
    match following:
        case Signatures():
            return blocks.height_of_signatures(flow, following) + end
        case None:
            return end
        case _:
            return 0.0


def _running(statement: Statement, fonts: Fonts) -> list[Line]:
    """Return what stands on top of each page but the first, in one line if any type allows it."""
    words = f"{statement.title.zh}　{statement.subject_name}　{statement.period}"
    lines = set_lines(fonts, words, _FURNITURE, WIDTH)
    return lines if len(lines) == 1 else set_lines(fonts, words, _FURNITURE_SMALL, WIDTH)


def _place(flow: Flow, block: Block) -> None:
    """Return nothing; places a block of any kind."""
    match block:
        case Table():
            table(flow, block)
        case Paragraph():
            blocks.paragraph(flow, block)
        case Amount():
            blocks.amount(flow, block)
        case Chart():
            chart(flow, block)
        case Signatures():
            blocks.signatures(flow, block)
        case _:
            assert_never(block)


def _foot(flow: Flow, statement: Statement) -> None:
    """Return nothing; gives each page the statement's number and its own."""
    number = set_lines(flow.fonts, statement.number, _FURNITURE, WIDTH / 2)
    count = len(flow.pages)
    for n, page in enumerate(flow.pages, start=1):
        folio = Text(f"第 {n} / {count} 页", f"Page {n} / {count}")
        page.rule(_FOOTER_Y, 0.4, RULE)
        page.text(number, LEFT, _FOOTER_Y + 4, WIDTH)
        page.text(
            set_pair(flow.fonts, folio, blocks.SMALL, WIDTH), LEFT, _FOOTER_Y + 4, WIDTH, "right"
        )
