"""A statement as CSV: RFC 4180 in UTF-8 with a byte order mark, its parts one after the other.

All records have as many fields as the widest. Money and quantities are plain numbers without
thousands separators. A text that a spreadsheet would take for a formula stands behind an
apostrophe, as OWASP advises; a number never does.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Final

from ledger.text import Text
from reports.formats.figures import decimal_of
from reports.statement import (
    Amount,
    Block,
    Cell,
    Chart,
    Paragraph,
    Signatures,
    Statement,
    Table,
    Words,
    Yuan,
)
from reports.terms import HEADS, IN_CAPITALS, NOTHING, identify, read_cell, render_capitals
from vouchers.claims.spreadsheet import BOM, guard

_NOTICE: Final = Text("提示", "Notice")


def render_records(statement: Statement) -> bytes:
    """Return a statement as CSV."""
    records = list(_records(statement))
    width = max(map(len, records))
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerows([*record, *[""] * (width - len(record))] for record in records)
    return (BOM + file.getvalue()).encode()


def _records(statement: Statement) -> Iterator[list[str]]:
    """Yield the records of a statement in reading order, an empty one between its parts."""
    yield [_say(statement.title)]
    for label, value in identify(statement):
        yield [_say(label), guard(value)]
    for notice in statement.notices:
        yield [_say(_NOTICE), _say(notice)]
    for label, cell in statement.facts:
        yield [_say(label), _field(cell)]
    for section in statement.sections:
        yield []
        yield [_say(section.heading)]
        for block in section.blocks:
            yield from _block(block)
    if statement.heads:
        yield []
        yield [_say(HEADS)]
    for head in statement.heads:
        yield [guard(head.origin), str(head.size), guard(head.root)]


def _block(block: Block) -> Iterator[list[str]]:
    """Yield the records of a block."""
    match block:
        case Table():
            yield [_say(column.title) for column in block.columns]
            yield from (_row(row) for row in block.rows or ((_nothing(),),))
            if block.total is not None:
                yield _row(block.total)
        case Paragraph():
            yield [_say(block.text)]
        case Amount():
            yield [_say(block.label), _field(Yuan(block.fen))]
            yield [_say(IN_CAPITALS), render_capitals(block.fen)]
        case Chart():
            yield [_say(block.title), _say(block.unit)]
            for label, value in zip(block.labels, block.values, strict=True):
                yield [guard(label), value]
        case Signatures():
            for role, name in block.parties:
                yield [_say(role), guard(name)]


def _row(cells: Sequence[Cell]) -> list[str]:
    return [_field(cell) for cell in cells]


def _field(cell: Cell) -> str:
    """Return a cell: a number as it is, a text guarded."""
    said = read_cell(cell)
    return _say(said) if decimal_of(cell) is None else said.zh.replace(",", "")


def _say(text: Text) -> str:
    """Return a sentence, Chinese first and English after it where there is one."""
    return guard(" ".join(part for part in text if part))


def _nothing() -> Words:
    return Words(*NOTHING)
