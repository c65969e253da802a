"""A drawing in the making: a page of one width, filled from the top down."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from ledger.text import Language, Text
from reports.drawing import Anchor, Box, Label
from reports.fonts import Fonts
from reports.pdf.chart import render_tick, scale_of
from reports.pdf.lines import wrap

WIDTH: Final = 1200
MARGIN: Final = 56
INK: Final = "#1a1d21"
GREY: Final = "#62666d"
HAIR: Final = "#d9dce1"


class Sketch:
    """The shapes placed so far; `y` is where the next ones go."""

    def __init__(self, fonts: Fonts, language: Language) -> None:
        self.fonts = fonts
        self.language: Language = language
        self.shapes: list[Box | Label] = []
        self.y = float(MARGIN)

    def say(self, text: Text) -> str:
        """Return a sentence in the drawing's language."""
        return text.render(self.language)

    def box(self, x: float, y: float, width: float, height: float, ink: str) -> None:
        """Place a rectangle, none where there is nothing to see."""
        if width > 0 and height > 0:
            self.shapes.append(Box(x, y, width, height, ink))

    def label(  # noqa: PLR0913, PLR0917 - what a line of text is
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        ink: str = INK,
        anchor: Anchor = "start",
        *,
        bold: bool = False,
    ) -> None:
        """Place a line of text."""
        self.shapes.append(Label(x, y, text, size, ink, bold, anchor))

    def heading(self, text: Text, legend: Sequence[tuple[Text, str]] = ()) -> None:
        """Place a heading, a legend at its right, and go below it."""
        self.label(MARGIN, self.y + 14, self.say(text), 18, bold=True)
        right = float(WIDTH - MARGIN)
        for name, ink in legend:
            word = self.say(name)
            self.label(right, self.y + 13, word, 14, GREY, "end")
            right -= self.fonts.width(word, 14) + 22
            self.box(right, self.y + 1, 14, 14, ink)
            right -= 22
        self.y += 36

    def axis(self, highest: Fraction, height: float) -> tuple[float, Fraction]:
        """Return where the plot over an axis begins, and what the axis goes up to; `y` stays."""
        step, ticks = scale_of(highest)
        names = [render_tick(step * n) for n in range(ticks + 1)]
        left = MARGIN + max(self.fonts.width(name, 13) for name in names) + 12
        for n, name in enumerate(names):
            y = self.y + height - height * n / ticks
            self.box(left, y - 0.5, WIDTH - MARGIN - left, 1, HAIR if n else GREY)
            self.label(left - 10, y + 4.5, name, 13, GREY, "end")
        return left, step * ticks

    def paragraph(self, text: str, size: float, ink: str, *, bold: bool = False) -> None:
        """Place a text in as many lines as it takes, and go below it."""

        def measure(piece: str) -> float:
            return self.fonts.width(piece, size, bold=bold)

        for line in wrap(text, WIDTH - 2 * MARGIN, measure):
            self.y += size * 1.45
            self.label(MARGIN, self.y - size * 0.3, line, size, ink, bold=bold)

    def fit(self, text: str, width: float, size: float, *, bold: bool = False) -> float:
        """Return a size of type at which a text stands in a width."""
        return min(size, size * width / max(self.fonts.width(text, size, bold=bold), 1.0))
