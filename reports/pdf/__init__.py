"""A statement as a PDF: A4, Chinese first with English beside it, the same bytes for ever.

`lines` breaks sentences, `page` has the measures and the cursor, `blocks`, `table` (with `carry`),
`chart` and `qr` set what a statement is made of, `mark` takes the mark of a file without a seal
away, and `paint` is the only module that knows ReportLab.
"""

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
    running = f"{statement.title.zh}　{statement.subject_name}　{statement.period}"
    flow = Flow(fonts, set_lines(fonts, running, _FURNITURE, WIDTH))
    blocks.title(flow, statement)
    blocks.notices(flow, statement.notices)
    blocks.facts(flow, statement.facts)
    for section in statement.sections:
        blocks.heading(flow, section.heading)
        for block in section.blocks:
            _place(flow, block)
    blocks.heads(flow, statement.heads)
    _foot(flow, statement)
    return flow.pages


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
