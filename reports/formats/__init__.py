"""A statement in five formats, each a pure function of its value: equal values give equal bytes.

The PDF is what is issued and signed; the others hold the same figures for whoever goes on with
them: XLSX for an accountant, CSV and JSON for a program, HTML for a screen.
"""

from collections.abc import Callable
from typing import Final, Literal, get_args

import msgspec

from ledger.text import Language
from reports import pdf
from reports.fonts import Fonts
from reports.formats.records import render_records
from reports.formats.web import render_web
from reports.formats.workbook import render_workbook
from reports.statement import Statement, digest, encode

Format = Literal["pdf", "xlsx", "csv", "json", "html"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)


def render(statement: Statement, form: Format, fonts: Fonts, language: Language = "zh") -> bytes:
    """Return a statement in a format; `language` is what comes first in HTML, and nowhere else.

    Raises `InvalidInputError`: `missing_glyph` for a character that a PDF cannot print,
    `cell_too_long` for a text that XLSX cannot hold.
    """
    if form == "pdf":
        return pdf.render(statement, fonts)
    if form == "html":
        return render_web(statement, language)
    return _RENDERERS[form](statement)


def render_json(statement: Statement) -> bytes:
    """Return a statement's canonical bytes as they are, under their SHA-256 and its number."""
    wrapped = {
        "number": statement.number,
        "sha256": digest(statement),
        "statement": msgspec.Raw(encode(statement)),
    }
    return msgspec.json.encode(wrapped)


_RENDERERS: Final[dict[str, Callable[[Statement], bytes]]] = {
    "xlsx": render_workbook,
    "csv": render_records,
    "json": render_json,
}
