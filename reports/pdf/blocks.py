"""The blocks of a statement that are not tables or charts: title, notices, facts, sums, stamps."""

from collections.abc import Sequence
from math import fsum
from typing import Final

from ledger.text import Text
from reports.pdf.page import (
    ACCENT,
    BLACK,
    BOTTOM,
    GREY,
    HAIR,
    LEFT,
    RIGHT,
    RULE,
    TOP,
    WIDTH,
    Flow,
    Line,
    Pair,
    Style,
    height_of,
    join,
    set_lines,
    set_pair,
)
from reports.pdf.qr import qr
from reports.statement import Amount, Cell, Head, Paragraph, Signatures, Statement
from reports.terms import (
    DATED,
    HEADS,
    IN_CAPITALS,
    NUMBER_CODE,
    SCAN,
    SEAL,
    identify,
    read_cell,
    render_capitals,
    render_digits,
)

TITLE: Final = Pair(Style(21, 29, bold=True), Style(10, 15, ink=GREY))
META: Final = Style(9, 15)
META_SMALL: Final = Style(7.5, 15)
CODE: Final = Pair(Style(6.5, 8.5, ink=GREY), Style(6, 8, ink=GREY))
HEADING: Final = Pair(Style(12, 18, bold=True, ink=ACCENT), Style(8.5, 12, ink=GREY))
BODY: Final = Pair(Style(9.5, 15.5), Style(8, 12, ink=GREY))
STRONG: Final = Pair(Style(10, 16, bold=True), Style(8, 12, ink=GREY))
LABEL: Final = Pair(Style(8, 12.5, ink=GREY), Style(7, 10, ink=GREY))
VALUE: Final = Pair(Style(9.5, 14.5), Style(7.5, 11, ink=GREY))
NOTICE: Final = Pair(Style(9.5, 15, bold=True), Style(8, 12))
DIGITS: Final = Style(17, 24, bold=True)
CAPITALS: Final = Style(10.5, 16, bold=True)
SMALL: Final = Pair(Style(7, 10.5, ink=GREY), Style(6.5, 9.5, ink=GREY))

_GAP: Final = 13.0
_BETWEEN: Final = 14.0
_UNDER_PARAGRAPH: Final = 6.0

# 22 mm: the longest address that a centre may have then has modules of 0.38 mm.
_CODE_EDGE: Final = 62.0
_CODE_GAP: Final = 12.0
# Four modules of the shortest number's code are quiet.
_CODE_QUIET: Final = 12.0
_APART: Final = 24.0
_PAD: Final = 9.0
_STAMP_HEIGHT: Final = 118.0


def title(flow: Flow, statement: Statement) -> None:
    """Return nothing; places the title, number and period under it, and the code beside them.

    They stand in the middle of the page, so that as much room as the code has is left on the left.
    """
    beside = _CODE_EDGE + _CODE_GAP if statement.number else 0.0
    width, top = WIDTH - 2 * beside, flow.y
    lines = set_lines(flow.fonts, statement.title.zh, TITLE.zh, width)
    if statement.title.en:
        lines += set_lines(flow.fonts, statement.title.en, TITLE.en, width)
    under = flow.page.text(lines, LEFT + beside, top, width, "center") + 6
    rows = _rows(flow, identify(statement), width)
    under = flow.page.text(rows, LEFT + beside, under, width, "center")
    flow.y = max(under, _code(flow, statement, top) if statement.number else 0.0)
    flow.skip(7)
    flow.page.rule(flow.y, 1.4, ACCENT)
    flow.skip(12)


def _code(flow: Flow, statement: Statement, top: float) -> float:
    """Return the lower edge of the code at the upper right, and of what it is called.

    It leads to the page that verifies the statement, or says the number where there is no page.
    """
    leads = statement.verify_url is not None
    left = RIGHT - _CODE_EDGE
    flow.page.boxes += qr(statement.verify_url or statement.number, left, top, _CODE_EDGE)
    called = SCAN if leads else NUMBER_CODE
    lines = set_pair(flow.fonts, called, CODE, _CODE_EDGE + _CODE_GAP, beside=False)
    below = top + _CODE_EDGE + _CODE_QUIET
    return flow.page.text(lines, left - _CODE_GAP, below, _CODE_EDGE + _CODE_GAP, "right")


def _rows(flow: Flow, parts: Sequence[tuple[Text, str]], width: float) -> list[Line]:
    """Return labels and values in a row, in as many rows as they take."""
    rows: list[Line] = []
    for label, value in parts:
        first, *others = _labelled(flow, label, value, width)
        if rows and not others and rows[-1].width + _APART + first.width <= width:
            rows[-1] = join([rows[-1], first], _APART)
        else:
            rows += [first, *others]
    return rows


def _labelled(flow: Flow, label: Text, value: str, width: float) -> list[Line]:
    """Return a label and its value: side by side, in small print if need be, else one below."""
    named = set_pair(flow.fonts, label, LABEL, width)
    for style in (META, META_SMALL):
        line = join([*named[:1], *set_lines(flow.fonts, value, style, width)[:1]], apart=5)
        if line.spans[-1].text == value and line.width <= width:
            return [line]
    return named + set_lines(flow.fonts, value, META_SMALL, width)


def notices(flow: Flow, texts: Sequence[Text]) -> None:
    """Return nothing; places each warning in a box of its own that no reader can miss."""
    for text in texts:
        lines = set_pair(flow.fonts, text, NOTICE, WIDTH - 4 * _PAD, beside=False)
        height = height_of(lines) + 2 * 6
        flow.need(height)
        top = flow.y
        flow.page.panel(top, height, BLACK)
        flow.page.frame(LEFT, top, WIDTH, height, BLACK)
        flow.page.text(lines, LEFT + 2 * _PAD, top + 6, WIDTH - 4 * _PAD)
        flow.y = top + height
        flow.skip(8)


def facts(flow: Flow, pairs: Sequence[tuple[Text, Cell]]) -> None:
    """Return nothing; places label over value in two columns, read row by row."""
    between = 18.0
    column = (WIDTH - between) / 2
    for i in range(0, len(pairs), 2):
        cells = [_fact(flow, label, value, column) for label, value in pairs[i : i + 2]]
        height = max(height_of(cell) for cell in cells) + 7
        flow.need(height)
        for n, cell in enumerate(cells):
            flow.page.text(cell, LEFT + n * (column + between), flow.y + 3, column)
        flow.y += height
        flow.page.rule(flow.y, 0.4, HAIR)
    flow.skip(_GAP)


def _fact(flow: Flow, label: Text, value: Cell, width: float) -> list[Line]:
    """Return the lines of a label and of its value."""
    return set_pair(flow.fonts, label, LABEL, width) + set_pair(
        flow.fonts, read_cell(value, symbol="¥"), VALUE, width
    )


def heading(flow: Flow, text: Text) -> None:
    """Return nothing; the heading is placed together with the first thing under it."""
    flow.skip(_GAP)
    flow.head(text.zh, set_pair(flow.fonts, text, HEADING, WIDTH))


def paragraph(flow: Flow, block: Paragraph) -> None:
    """Return nothing; places a paragraph, which may go on over the page."""
    pair = STRONG if block.strong else BODY
    lines = set_pair(flow.fonts, block.text, pair, WIDTH, beside=False)
    height = height_of(lines) + _UNDER_PARAGRAPH
    if flow.tail and height + flow.tail <= BOTTOM - TOP:
        flow.need(height)
    for line in lines:
        flow.need(line.height)
        flow.place([line])
    flow.skip(_UNDER_PARAGRAPH)


def amount(flow: Flow, block: Amount) -> None:
    """Return nothing; places a sum in digits and in capital numerals, under its label."""
    inner = WIDTH - 2 * _PAD - 4
    label = set_pair(flow.fonts, block.label, STRONG, inner / 2)
    digits = set_lines(flow.fonts, render_digits(block.fen, "¥"), DIGITS, inner / 2)
    name = set_pair(flow.fonts, IN_CAPITALS, LABEL, inner)
    start = name[0].width + 10
    capitals = set_lines(flow.fonts, render_capitals(block.fen), CAPITALS, inner - start)
    first = max(height_of(label), height_of(digits))
    height = first + height_of(capitals) + 12
    flow.need(height)
    left, top = LEFT + _PAD + 4, flow.y
    flow.page.panel(top, height, ACCENT)
    flow.page.text(label, left, top + 6 + (first - height_of(label)) / 2, inner / 2)
    flow.page.text(digits, left + inner / 2, top + 5, inner / 2, "right")
    flow.page.text(name, left, top + first + 7.5, inner)
    flow.page.text(capitals, left + start, top + first + 6, inner - start, "right")
    flow.y = top + height
    flow.skip(9)


def signatures(flow: Flow, block: Signatures) -> None:
    """Return nothing; places two boxes side by side, each with room for a round seal of 42 mm."""
    column = (WIDTH - _BETWEEN) / 2
    names, height = _parties(flow, block), height_of_signatures(flow, block)
    flow.need(height)
    top = flow.y
    for n, lines in enumerate(names):
        left = LEFT + n * (column + _BETWEEN)
        flow.page.frame(left, top, column, height, RULE)
        flow.page.text(lines, left + _PAD, top + 7, column - 2 * _PAD)
        stamp = set_pair(flow.fonts, SEAL, LABEL, column)
        dated = set_pair(flow.fonts, DATED, LABEL, column)
        flow.page.text(stamp, left + _PAD, top + height - 32, column)
        flow.page.text(dated, left + _PAD, top + height - 18, column)
    flow.y = top + height
    flow.skip(9)


def height_of_signatures(flow: Flow, block: Signatures) -> float:
    """Return how high the boxes for the stamps are."""
    return max(height_of(lines) for lines in _parties(flow, block)) + _STAMP_HEIGHT


def _parties(flow: Flow, block: Signatures) -> list[list[Line]]:
    """Return who stamps in each box, as what."""
    width = (WIDTH - _BETWEEN) / 2 - 2 * _PAD
    return [
        set_pair(flow.fonts, role, STRONG, width) + set_lines(flow.fonts, name, VALUE.zh, width)
        for role, name in block.parties
    ]


def height_of_heads(flow: Flow, trees: Sequence[Head]) -> float:
    """Return the height that the heads of the logs need below the last block, none for none."""
    return height_of(_heads(flow, trees)) + 6 + 2 * _GAP if trees else 0.0


def _heads(flow: Flow, trees: Sequence[Head]) -> list[Line]:
    """Return the lines of the heads of the logs."""
    lines = set_pair(flow.fonts, HEADS, SMALL, WIDTH)
    return lines + _columns(flow, [(tree.origin, str(tree.size), tree.root) for tree in trees])


def heads(flow: Flow, trees: Sequence[Head]) -> None:
    """Return nothing; places at the foot of the last page the heads of the logs it comes from."""
    if not trees:
        return
    lines = _heads(flow, trees)
    height = height_of(lines) + 6
    flow.need(height + _GAP)
    if height < BOTTOM - TOP:
        flow.y = BOTTOM - height
    flow.page.rule(flow.y, 0.4, RULE)
    flow.y += 4
    flow.place(lines)


def _columns(flow: Flow, rows: Sequence[tuple[str, ...]]) -> list[Line]:
    """Return rows of small print in columns, or part below part where they are too wide."""
    style, apart = SMALL.zh, 12.0
    widths = [
        max(flow.fonts.width(part, style.size) for part in parts)
        for parts in zip(*rows, strict=True)
    ]
    if fsum(widths) + apart * (len(widths) - 1) > WIDTH:
        parts = [part for row in rows for part in row]
        return [line for part in parts for line in set_lines(flow.fonts, part, style, WIDTH)]
    lines = []
    for row in rows:
        cells = [set_lines(flow.fonts, part, style, WIDTH)[0] for part in row]
        padded = [cell._replace(width=w) for cell, w in zip(cells, widths, strict=True)]
        lines.append(join(padded, apart))
    return lines
