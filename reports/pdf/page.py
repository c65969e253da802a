"""The page: its measures, its type styles, and a cursor that sets lines and turns pages.

Lengths are in points (1/72 inch); `y` grows downwards from the top edge, as one reads. Nothing here
knows a PDF library: a page is a list of filled boxes and of text runs in reading order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import fsum
from typing import Final, Literal, NamedTuple

from ledger.text import Text
from reports.fonts import Fonts
from reports.pdf.lines import TOLERANCE, wrap

# ISO 216 A4, 210 by 297 mm.
PAGE_WIDTH: Final = 595.28
PAGE_HEIGHT: Final = 841.89
LEFT: Final = 54.0
RIGHT: Final = PAGE_WIDTH - LEFT
WIDTH: Final = RIGHT - LEFT
TOP: Final = 58.0
BOTTOM: Final = PAGE_HEIGHT - 62.0

Ink = tuple[float, float, float]
BLACK: Final[Ink] = (0.1, 0.1, 0.12)
GREY: Final[Ink] = (0.42, 0.42, 0.45)
ACCENT: Final[Ink] = (0.13, 0.24, 0.39)
RULE: Final[Ink] = (0.55, 0.57, 0.6)
HAIR: Final[Ink] = (0.84, 0.85, 0.87)
WASH: Final[Ink] = (0.955, 0.96, 0.968)

# The middle of a Chinese character stands this far above the base line, in parts of its size.
_MIDDLE: Final = 0.38

_BESIDE: Final = 5.0
_HEADING_GAP: Final = 4.0
_RUNNING_BOTTOM: Final = 45.0

Align = Literal["left", "center", "right"]


class Style(NamedTuple):
    """A type size with the height of its line, in points."""

    size: float
    leading: float
    bold: bool = False
    ink: Ink = BLACK


class Pair(NamedTuple):
    """The styles of a sentence: Chinese, and the English with it."""

    zh: Style
    en: Style


class Span(NamedTuple):
    """A piece of a line, `x` from where the line begins."""

    x: float
    text: str
    style: Style


class Line(NamedTuple):
    """A line that is set but not placed."""

    spans: tuple[Span, ...]
    width: float
    height: float


class Run(NamedTuple):
    """A piece of text that is placed: `y` is its base line."""

    x: float
    y: float
    text: str
    style: Style


class Box(NamedTuple):
    """A filled rectangle; `x` and `y` are its upper left corner. A rule is a thin one."""

    x: float
    y: float
    width: float
    height: float
    ink: Ink


@dataclass
class Page:
    """One page: boxes, over them the text in reading order, and the headings to be bookmarked."""

    boxes: list[Box] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    marks: list[tuple[str, float]] = field(default_factory=list)

    def text(
        self, lines: Sequence[Line], x: float, y: float, width: float, align: Align = "left"
    ) -> float:
        """Return the lower edge of lines set from `y` down, between `x` and `x + width`."""
        share = {"left": 0.0, "center": 0.5, "right": 1.0}[align]
        for line in lines:
            start = x + (width - line.width) * share
            base = y + line.height / 2 + _MIDDLE * line.spans[0].style.size
            self.runs += [Run(start + s.x, base, s.text, s.style) for s in line.spans if s.text]
            y += line.height
        return y

    def rule(self, y: float, weight: float, ink: Ink) -> None:
        """Return nothing; draws a rule across the page."""
        self.boxes.append(Box(LEFT, y - weight / 2, WIDTH, weight, ink))

    def panel(self, y: float, height: float, ink: Ink) -> None:
        """Return nothing; draws a tinted panel across the page, with a bar on its left."""
        self.boxes.append(Box(LEFT, y, WIDTH, height, WASH))
        self.boxes.append(Box(LEFT, y, 4, height, ink))

    def frame(self, x: float, y: float, width: float, height: float, ink: Ink) -> None:
        """Return nothing; draws the outline of a rectangle."""
        line = 0.6
        self.boxes += [
            Box(x, y, width, line, ink),
            Box(x, y + height - line, width, line, ink),
            Box(x, y, line, height, ink),
            Box(x + width - line, y, line, height, ink),
        ]


def set_lines(fonts: Fonts, text: str, style: Style, width: float) -> list[Line]:
    """Return the lines of a text in one style."""

    def measure(part: str) -> float:
        return fonts.width(part, style.size, bold=style.bold)

    whole = measure(text)
    if whole <= width + TOLERANCE:
        return [Line((Span(0.0, text, style),), whole, style.leading)]
    return [
        Line((Span(0.0, line, style),), measure(line), style.leading)
        for line in wrap(text, width, measure)
    ]


def set_pair(
    fonts: Fonts, text: Text, pair: Pair, width: float, *, beside: bool = True
) -> list[Line]:
    """Return the lines of a sentence, the English beside the Chinese where it fits, else below."""
    lines = set_lines(fonts, text.zh, pair.zh, width)
    if text.en in {"", text.zh}:
        return lines
    english = fonts.width(text.en, pair.en.size, bold=pair.en.bold)
    last = lines[-1]
    if beside and last.width + _BESIDE + english <= width:
        span = Span(last.width + _BESIDE, text.en, pair.en)
        lines[-1] = Line((*last.spans, span), span.x + english, last.height)
        return lines
    return lines + set_lines(fonts, text.en, pair.en, width)


def join(lines: Sequence[Line], apart: float) -> Line:
    """Return one line of several, side by side."""
    spans: list[Span] = []
    x = 0.0
    for line in lines:
        spans += [span._replace(x=span.x + x) for span in line.spans]
        x += line.width + apart
    return Line(tuple(spans), x - apart, max(line.height for line in lines))


def height_of(lines: Sequence[Line]) -> float:
    """Return how high lines stand together."""
    return fsum(line.height for line in lines)


class Flow:
    """A cursor over the pages of one document.

    `tail` is the height of what must follow the block that is being placed on the same page.
    """

    def __init__(self, fonts: Fonts, running: Sequence[Line]) -> None:
        self.fonts = fonts
        self.pages = [Page()]
        self.y = TOP
        self.tail = 0.0
        self._running = running
        self._waiting: tuple[str, list[Line]] | None = None

    @property
    def page(self) -> Page:
        """Return the page that is being filled."""
        return self.pages[-1]

    @property
    def room(self) -> float:
        """Return the height that is left on the page."""
        return BOTTOM - self.y

    def turn(self) -> None:
        """Return nothing; the cursor then stands under the running head of a new page."""
        self.pages.append(Page())
        self.page.text(self._running, LEFT, _RUNNING_BOTTOM - height_of(self._running), WIDTH)
        self.y = TOP

    def skip(self, height: float) -> None:
        """Return nothing; leaves white space, but none at the top of a page."""
        if self.y > TOP:
            self.y = min(self.y + height, BOTTOM)

    def head(self, mark: str, lines: list[Line]) -> None:
        """Return nothing; keeps a heading back until the first thing under it is placed."""
        assert self._waiting is None, "a heading has nothing under it"
        self._waiting = (mark, lines)

    def need(self, height: float) -> None:
        """Return nothing; `height` then is left here, on a new page if this one is too full.

        So is the tail's. A waiting heading is placed first, on the same page as what follows it.
        """
        above = height_of(self._waiting[1]) + _HEADING_GAP if self._waiting else 0.0
        if above + height + self.tail > self.room and self.y > TOP:
            self.turn()
        if self._waiting:
            mark, lines = self._waiting
            self._waiting = None
            self.page.marks.append((mark, self.y))
            self.place(lines)
            self.y += _HEADING_GAP

    def place(self, lines: Sequence[Line], align: Align = "left") -> None:
        """Return nothing; sets lines at the cursor over the whole width."""
        self.y = self.page.text(lines, LEFT, self.y, WIDTH, align)
