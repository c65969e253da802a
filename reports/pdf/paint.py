"""Pages into PDF bytes: the only module that knows ReportLab.

ISO 32000-1. The same pages give the same bytes in every process and on every machine: nothing comes
from a clock, the environment or a random source, coordinates are rounded to a hundredth of a point,
and streams are not compressed, because builds of zlib differ in what they write (zlib-ng in current
distributions). What a page shows is written as operators here, for which ReportLab's canvas takes
twice as long; fonts, outline and file are ReportLab's.
"""

import functools
import hashlib
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from reportlab import rl_config
from reportlab.pdfbase import pdfdoc, pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject

from reports.fonts import UNITS_PER_EM, Fonts, outline
from reports.pdf import archive, mark
from reports.pdf.page import PAGE_HEIGHT, PAGE_WIDTH, Box, Ink, Page, Run

AUTHOR: Final = "Suanquan"
LANGUAGE: Final = "zh-CN"

# Words across the page, under its text: their weight, size and height above its middle. Grey enough
# to be seen in print, pale enough to read figures on. Contours may overlap.
_MARK: Final = (("样 章", True, 150, -30), ("SAMPLE, NOT SEALED 未盖章", False, 28, -90))
_NON_ZERO: Final = 1
_MARK_INK: Final = (0.915, 0.915, 0.925)

# ISO 32000-1, 9.7.5 by way of Adobe Technical Note 5014: so many entries to a block of a CMap.
_ENTRIES_MAX: Final = 100


class _Font(TTFont):
    """A TrueType font whose text can be extracted above U+FFFF too.

    ReportLab writes the map back to Unicode in one block and such characters with five digits;
    the standard wants blocks of a hundred and UTF-16. And it copies the table of all glyphs, some
    ten megabytes, for each subset that it takes from it.
    """

    def __init__(self, name: str, path: Path) -> None:
        super().__init__(name, str(path), asciiReadable=False, shapable=False)
        face: Any = self.face
        face.get_table = functools.cache(face.get_table)

    def addObjects(self, doc: pdfdoc.PDFDocument) -> None:  # noqa: N802 - ReportLab's name
        """Return nothing; adds the subsets as ReportLab does, then writes their maps again."""
        subsets = self.state[doc].subsets
        before = set(doc.idToObject)
        super().addObjects(doc)
        maps: list[Any] = [
            thing for key, thing in doc.idToObject.items() if key not in before and "CMap:" in key
        ]
        for stream, subset in zip(maps, subsets, strict=True):
            stream.content = _unicode_map(subset)


def _unicode_map(subset: Sequence[int]) -> str:
    """Return the ToUnicode CMap of a subset, whose characters stand at the codes from 0 up.

    ISO 32000-1, 9.10.3.
    """
    entries = [
        f"<{code:02X}> <{chr(char).encode('utf-16-be').hex().upper()}>"
        for code, char in enumerate(subset)
        if char
    ]
    blocks = []
    for i in range(0, len(entries), _ENTRIES_MAX):
        block = entries[i : i + _ENTRIES_MAX]
        blocks += [f"{len(block)} beginbfchar", *block, "endbfchar"]
    return "\n".join(
        [
            "/CIDInit /ProcSet findresource begin",
            "12 dict begin",
            "begincmap",
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
            "/CMapName /Adobe-Identity-UCS def",
            "/CMapType 2 def",
            "1 begincodespacerange",
            "<00> <FF>",
            "endcodespacerange",
            *blocks,
            "endcmap",
            "CMapName currentdict /CMap defineresource pop",
            "end",
            "end",
        ]
    )


class _Info(pdfdoc.PDFInfo):
    """Document information without dates: when a statement was issued stands in the log."""

    producer = "Suanquan, ReportLab PDF Library"
    creator = AUTHOR
    author = AUTHOR

    def __init__(self, title: str, subject: str) -> None:
        super().__init__()
        self.title = title
        self.subject = subject

    def format(self, document: pdfdoc.PDFDocument) -> bytes:
        """Return the information dictionary."""
        entries = {
            "Title": pdfdoc.PDFString(self.title),
            "Author": pdfdoc.PDFString(self.author),
            "Subject": pdfdoc.PDFString(self.subject),
            "Creator": pdfdoc.PDFString(self.creator),
            "Producer": pdfdoc.PDFString(self.producer),
        }
        return pdfdoc.PDFDictionary(entries).format(document)


def _format_stream(self: Any, document: Any) -> bytes:  # noqa: ANN401 - ReportLab's own
    """Return a stream as ISO 32000-1, 7.3.8.1 has it: its length ends before the last line end.

    ReportLab counts that in, which readers forgive and archives do not.
    """
    content = pdfdoc.pdfdocEnc(
        "".join(self.content) if isinstance(self.content, list) else self.content
    )
    said = pdfdoc.PDFDictionary({**self.dictionary.dict, "Length": len(content)})
    return bytes(said.format(document) + b"\nstream\n" + content + b"\nendstream\n")


pdfdoc.PDFStream.format = _format_stream  # type: ignore[method-assign]


class _Catalog(pdfdoc.PDFCatalog):
    """A catalogue that can say which colours are meant."""

    __NoDefault__ = [*pdfdoc.PDFCatalog.__NoDefault__, "OutputIntents"]  # noqa: RUF012 - ReportLab's own way


class _Canvas(Canvas):
    """A canvas whose document knows neither time nor environment."""

    _doc: Any

    def __init__(self, font: str, info: _Info, identity: bytes) -> None:
        options: dict[str, Any] = {
            "pagesize": (PAGE_WIDTH, PAGE_HEIGHT),
            "pageCompression": 0,
            "invariant": 1,
            "initialFontName": font,
            "lang": LANGUAGE,
            "pdfVersion": (1, 7),
        }
        super().__init__("", **options)
        # ReportLab starts the file's identifier from a date that SOURCE_DATE_EPOCH can set.
        self._doc.signature = hashlib.md5(identity, usedforsecurity=False)
        self._doc.info = info
        self._archive(info)
        self.setViewerPreference("DisplayDocTitle", "true")

    def _archive(self, info: _Info) -> None:
        """Say what the file is and which colours are meant, as an archive asks."""
        catalogue = self._doc.Catalog
        catalogue.__class__ = _Catalog
        said = archive.metadata(
            title=info.title,
            author=info.author,
            subject=info.subject,
            creator=info.creator,
            producer=info.producer,
        )
        kind = {"Type": pdfdoc.PDFName("Metadata"), "Subtype": pdfdoc.PDFName("XML")}
        catalogue.Metadata = pdfdoc.PDFStream(pdfdoc.PDFDictionary(kind), said)
        colours = pdfdoc.PDFStream(pdfdoc.PDFDictionary({"N": 3}), archive.profile())
        intent = {
            "Type": pdfdoc.PDFName("OutputIntent"),
            "S": pdfdoc.PDFName("GTS_PDFA1"),
            "OutputConditionIdentifier": pdfdoc.PDFString(archive.CONDITION),
            "DestOutputProfile": self._doc.Reference(colours),
        }
        catalogue.OutputIntents = pdfdoc.PDFArray([pdfdoc.PDFDictionary(intent)])


def paint(pages: Sequence[Page], fonts: Fonts, *, title: str, subject: str) -> bytes:
    """Return the PDF of some pages; its identifier is made from their text."""
    words = "\n".join(run.text for page in pages for run in page.runs)
    names = (_registered(fonts.regular.path), _registered(fonts.bold.path))
    canvas: Any = _Canvas(names[0], _Info(title, subject), words.encode())
    _define_mark(canvas, fonts)
    for number, page in enumerate(pages):
        canvas.doForm(mark.NAME)
        for place, (name, y) in enumerate(page.marks):
            key = f"{number}-{place}"
            canvas.bookmarkPage(key, fit="XYZ", left=0, top=_up(y) + 12, zoom=0)
            canvas.addOutlineEntry(name, key)
        canvas.addLiteral(_boxes(page.boxes))
        canvas.addLiteral(_runs(canvas._doc, page.runs, names))  # noqa: SLF001 - no other way
        canvas.showPage()
    return bytes(canvas.getpdfdata())


def _define_mark(canvas: Canvas, fonts: Fonts) -> None:
    """Return nothing; the mark of a file without a seal can then be shown under any page.

    It is drawn and not written, so that the text of a page is extracted without it.
    """
    canvas.beginForm(mark.NAME, 0, 0, PAGE_WIDTH, PAGE_HEIGHT)
    canvas.setFillColorRGB(*_MARK_INK)
    for words, bold, size, y in _MARK:
        left = -fonts.width(words, size, bold=bold) / 2
        path = _mark_path(fonts.face(bold=bold).path, words, size, left, y)
        canvas.drawPath(path, stroke=0, fill=1, fillMode=_NON_ZERO)
    canvas.endForm()


@functools.cache
def _mark_path(face: Path, words: str, size: float, left: float, y: float) -> PDFPathObject:
    """Return the contours of words of the mark, the same in every document of a process."""
    path = PDFPathObject()
    draw: dict[str, Callable[..., None]] = {
        "move": path.moveTo,
        "line": path.lineTo,
        "curve": path.curveTo,
        "close": path.close,
    }
    for step, where in outline(face, words):
        points = [
            (left + x * size / UNITS_PER_EM, y + up * size / UNITS_PER_EM)
            for x, up in zip(where[::2], where[1::2], strict=True)
        ]
        draw[step](*(c for point in points for c in _turned(*point)))
    return path


def _turned(x: float, y: float) -> tuple[float, float]:
    """Return a point turned around the middle of the page, by the angle whose sine is 4/5."""
    return (
        round(PAGE_WIDTH / 2 + 0.6 * x - 0.8 * y, 2),
        round(PAGE_HEIGHT / 2 + 0.8 * x + 0.6 * y, 2),
    )


@functools.cache
def _registered(path: Path) -> str:
    """Return the name under which ReportLab has a font file, parsed once a process."""
    # The environment (RL_*) and ~/.reportlab_settings reach these, and these reach the bytes.
    rl_config.invariant = 1
    rl_config.pdfMultiLine = 0
    rl_config.canvas_baseColor = None
    pdfmetrics.registerFont(_Font(path.stem, path))
    return path.stem


def _up(y: float) -> float:
    """Return a height in PDF's coordinates, which grow upwards."""
    return round(PAGE_HEIGHT - y, 2)


def _number(value: float) -> str:
    """Return a length of at most four digits before its point, as a page has it."""
    return f"{round(value, 2):g}"


def _ink(ink: Ink) -> str:
    """Return the operator that fills with an ink."""
    return " ".join(map(_number, ink)) + " rg"


def _boxes(boxes: Sequence[Box]) -> str:
    """Return the operators that fill boxes, those of one ink that follow on another at once.

    Boxes that were filled one by one would show a hair of paper between them on a screen.
    """
    said: list[str] = []
    for ink, run in groupby(boxes, key=lambda box: box.ink):
        said.append(_ink(ink))
        for box in run:
            place = box.x, _up(box.y + box.height), box.width, box.height
            said.append(" ".join(map(_number, place)) + " re")
        said.append("f")
    return "\n".join(said)


def _runs(document: pdfdoc.PDFDocument, runs: Sequence[Run], names: tuple[str, str]) -> str:
    """Return the operators that write the text of a page in its order."""
    fonts: tuple[Any, Any] = (pdfmetrics.getFont(names[0]), pdfmetrics.getFont(names[1]))
    said, ink, face = ["BT"], None, None
    for run in runs:
        style = run.style
        font = fonts[style.bold]
        if style.ink != ink:
            ink = style.ink
            said.append(_ink(ink))
        said.append(f"1 0 0 1 {_number(run.x)} {_number(_up(run.y))} Tm")
        for subset, codes in font.splitString(run.text, document):
            if (style.bold, subset, style.size) != face:
                face = style.bold, subset, style.size
                name = font.getSubsetInternalName(subset, document)
                said.append(f"{name} {_number(style.size)} Tf")
            said.append(f"<{codes.hex()}> Tj")
    said.append("ET")
    return "\n".join(said)
