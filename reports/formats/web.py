"""A statement as one HTML page: no script, nothing from elsewhere, for a screen and for A4.

The page is built as a tree and written by the library, so that no text can become markup. The
language asked for comes first, the other one beside it where there is one, as in the PDF.
"""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from ledger.money import parse_decimal
from ledger.text import Language, Text
from reports.formats.style import STYLE
from reports.pdf.chart import render_tick, scale_of
from reports.statement import (
    Amount,
    Cell,
    Chart,
    Column,
    Paragraph,
    Section,
    Signatures,
    Statement,
    Table,
    Words,
)
from reports.terms import (
    DATED,
    HEADS,
    IN_CAPITALS,
    NOTHING,
    SEAL,
    identify,
    read_cell,
    render_capitals,
    render_digits,
)

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"

# What HTML cannot say, not even by number.
_UNSAYABLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)

_LOGS: Final = Text("账本树头", "Tree heads")
_LOG: Final = (Text("日志", "Log"), Text("条目数", "Entries"), Text("树根", "Root"))
_VALUES: Final = Text("图中数据", "Values of the chart")
_DAY: Final = Text("期内", "Day")

_WIDTH: Final = 740
_PLOT: Final = 150
_BAR_SHARE: Final = Fraction(16, 25)
_BAR_MAX: Final = Fraction(40)
_LABEL_EVERY: Final = 5
_MANY: Final = 16


def render_web(statement: Statement, language: Language) -> bytes:
    """Return a statement as an HTML page in a language."""
    page = _Page(language)
    html = Element("html", lang=_tag(language))
    head = SubElement(html, "head")
    SubElement(head, "meta", charset="utf-8")
    SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": _POLICY})
    SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    title = f"{statement.title.render(language) or statement.title.zh} {statement.number}".strip()
    _write(SubElement(head, "title"), title)
    SubElement(head, "style").text = STYLE
    main = SubElement(SubElement(html, "body"), "main")
    page.open(main, statement)
    for section in statement.sections:
        page.section(main, section)
    page.close(main, statement)
    written: str = tostring(html, encoding="unicode", method="html")
    return f"<!DOCTYPE html>\n{written}\n".encode()


class _Page:
    """A page in the making: which language comes first."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language

    def say(self, parent: Element, tag: str, text: Text, **attributes: str) -> Element:
        """Return a new element with a sentence, the other language beside it, each marked."""
        made = SubElement(parent, tag, _named(attributes))
        first, second = (text.zh, text.en) if self.language == "zh" else (text.en, text.zh)
        _write(made, first or second)
        if first and second and first != second:
            made.text = f"{made.text} "
            other: Language = "en" if self.language == "zh" else "zh"
            _write(SubElement(made, "span", lang=_tag(other)), second)
        elif self.language == "en" and not second.isascii():
            made.set("lang", _tag("zh"))
        return made

    def open(self, main: Element, statement: Statement) -> None:
        """Place title, identity, notices and facts."""
        header = SubElement(main, "header")
        self.say(header, "h1", statement.title)
        listed = SubElement(header, "dl", _named({"class_": "identity"}))
        for label, value in identify(statement):
            self.fact(listed, label, Words(value))
        for notice in statement.notices:
            self.say(main, "p", notice, class_="notice", role="note")
        if statement.facts:
            listed = SubElement(main, "dl", _named({"class_": "facts"}))
            for label, cell in statement.facts:
                self.fact(listed, label, cell)

    def fact(self, listed: Element, label: Text, cell: Cell) -> None:
        """Place a label and its value."""
        both = SubElement(listed, "div")
        self.say(both, "dt", label)
        self.say(both, "dd", read_cell(cell, "¥"))

    def section(self, main: Element, section: Section) -> None:
        """Place a section: its heading and its blocks."""
        made = SubElement(main, "section")
        self.say(made, "h2", section.heading)
        for block in section.blocks:
            match block:
                case Table():
                    self.table(made, block, section.heading)
                case Paragraph():
                    self.say(made, "p", block.text, class_="strong" if block.strong else "plain")
                case Amount():
                    self.amount(made, block)
                case Chart():
                    self.chart(made, block)
                case Signatures():
                    self.signatures(made, block)

    def table(self, parent: Element, block: Table, caption: Text) -> None:
        """Place a table under its caption, in a region that scrolls where a screen is narrow."""
        name = caption.render(self.language) or caption.zh
        attributes = {"class_": "scroll", "role": "region", "tabindex": "0"}
        region = SubElement(parent, "div", _named(attributes))
        region.set("aria-label", _clean(name))
        table = SubElement(region, "table")
        self.say(table, "caption", caption)
        row = SubElement(SubElement(table, "thead"), "tr")
        for column in block.columns:
            self.say(row, "th", column.title, scope="col", class_=_class(column))
        body = SubElement(table, "tbody")
        for cells in block.rows:
            self.row(body, block.columns, cells)
        if not block.rows:
            self.say(SubElement(body, "tr"), "td", NOTHING, colspan=str(len(block.columns)))
        if block.total is not None:
            self.row(SubElement(table, "tfoot"), block.columns, block.total)

    def row(self, parent: Element, columns: Sequence[Column], cells: Sequence[Cell]) -> None:
        """Place a row, whose first cell names it."""
        row = SubElement(parent, "tr")
        for at, (column, cell) in enumerate(zip(columns, cells, strict=True)):
            if at:
                self.say(row, "td", read_cell(cell), class_=_class(column))
            else:
                self.say(row, "th", read_cell(cell), scope="row", class_=_class(column))

    def amount(self, parent: Element, block: Amount) -> None:
        """Place a sum in digits and in capital numerals."""
        made = SubElement(parent, "div", _named({"class_": "amount"}))
        self.say(made, "p", block.label, class_="strong")
        self.say(made, "p", Text(render_digits(block.fen, "¥"), ""), class_="digits")
        self.say(made, "p", IN_CAPITALS, class_="label")
        self.say(made, "p", Text(render_capitals(block.fen), ""), class_="capitals")

    def signatures(self, parent: Element, block: Signatures) -> None:
        """Place two boxes with room for a seal."""
        made = SubElement(parent, "div", _named({"class_": "signatures"}))
        for role, name in block.parties:
            box = SubElement(made, "div")
            self.say(box, "p", role, class_="strong")
            self.say(box, "p", Text(name, ""))
            self.say(box, "p", SEAL, class_="seal")
            self.say(box, "p", DATED, class_="label")

    def chart(self, parent: Element, block: Chart) -> None:
        """Place a chart as a drawing, and its values as a table that opens."""
        figure = SubElement(parent, "figure")
        unit = Text(f"{block.title.zh}（{block.unit.zh}）", f"{block.title.en} ({block.unit.en})")
        self.say(figure, "figcaption", unit)
        if not block.values:
            self.say(figure, "p", NOTHING)
            return
        attributes = {"class_": "scroll", "role": "region", "tabindex": "0"}
        region = SubElement(figure, "div", _named(attributes))
        region.set("aria-label", _clean(unit.render(self.language)))
        _draw(region, block, unit.render(self.language))
        details = SubElement(parent, "details")
        self.say(details, "summary", _VALUES)
        columns = (Column(_DAY, 1), Column(block.unit, 1, figures=True))
        rows = zip(block.labels, block.values, strict=True)
        cells = tuple((Words(label), Words(value)) for label, value in rows)
        self.table(details, Table(columns, cells), unit)

    def close(self, main: Element, statement: Statement) -> None:
        """Place the heads of the logs that the statement comes from."""
        if not statement.heads:
            return
        footer = SubElement(main, "footer")
        self.say(footer, "p", HEADS)
        columns = [Column(title, 1) for title in _LOG]
        rows = [
            (Words(one.origin), Words(str(one.size)), Words(one.root)) for one in statement.heads
        ]
        self.table(footer, Table(tuple(columns), tuple(rows)), _LOGS)


def _draw(parent: Element, block: Chart, name: str) -> None:
    """Place bars over an axis of round numbers, in one dark ink that grey print keeps."""
    values = [parse_decimal(value) for value in block.values]
    step, ticks = scale_of(max(values))
    left = max(_wide(render_tick(step * n)) for n in range(ticks + 1)) + 8
    slot, base = Fraction(_WIDTH - left, len(values)), _PLOT + 20
    svg = SubElement(parent, "svg", viewBox=f"0 0 {_WIDTH} {base + 22}", role="img")
    svg.set("aria-label", _clean(name))
    for n in range(ticks + 1):
        y = base - Fraction(_PLOT * n, ticks)
        SubElement(svg, "path", d=f"M{left} {_places(y)}H{_WIDTH}")
        _label(svg, Fraction(left - 6), y + 4, render_tick(step * n), "end")
    width = min(slot * _BAR_SHARE, _BAR_MAX)
    most = max(map(_wide, block.labels)) + 6
    every = max(_LABEL_EVERY if len(values) >= _MANY else 1, -(-most // slot))
    peak = values.index(max(values))
    for n, (label, value) in enumerate(zip(block.labels, values, strict=True)):
        height = _PLOT * value / (step * ticks)
        middle = left + slot * n + slot / 2
        bar = SubElement(svg, "rect", x=_places(middle - width / 2), y=_places(base - height))
        bar.set("width", _places(width))
        bar.set("height", _places(height))
        _write(SubElement(bar, "title"), f"{label}: {block.values[n]}")
        if n % every == 0:
            _label(svg, middle, Fraction(base + 15), label, "middle")
        if n == peak:
            _label(svg, middle, base - height - 5, render_tick(value), "middle")


def _wide(text: str) -> int:
    """Return how wide a text of the drawing is at most; a Chinese character is as two letters."""
    return 7 * len(text.encode("gb18030", "replace"))


def _label(svg: Element, x: Fraction, y: Fraction, text: str, anchor: str) -> None:
    """Place a text in a drawing, moved inwards where it would leave it."""
    if anchor == "middle":
        half = Fraction(_wide(text), 2)
        x = max(half, min(x, _WIDTH - half))
    attributes = {"x": _places(x), "y": _places(y), "text-anchor": anchor}
    _write(SubElement(svg, "text", attributes), text)


def _places(value: Fraction) -> str:
    """Return a length with one decimal, the same on any machine."""
    whole, tenth = divmod(int(value * 10), 10)
    return f"{whole}.{tenth}"


def _class(column: Column) -> str:
    return "figures" if column.figures else "words"


def _tag(language: Language) -> str:
    return "zh-CN" if language == "zh" else "en"


def _named(attributes: dict[str, str]) -> dict[str, str]:
    """Return attributes by the names that HTML has for them."""
    return {name.rstrip("_"): value for name, value in attributes.items()}


def _write(element: Element, text: str) -> None:
    element.text = _clean(text)


def _clean(text: str) -> str:
    """Return a text with what HTML cannot say shown as missing."""
    return _UNSAYABLE.sub("\ufffd", text)
