"""A bar chart of exact values, drawn to be read in grey print."""

from fractions import Fraction
from itertools import count
from typing import Final

from ledger.money import parse_decimal
from ledger.text import Text
from reports.pdf.blocks import SMALL
from reports.pdf.page import (
    ACCENT,
    BLACK,
    GREY,
    HAIR,
    LEFT,
    RIGHT,
    RULE,
    Box,
    Flow,
    Pair,
    Style,
    height_of,
    set_lines,
    set_pair,
)
from reports.statement import Chart
from reports.terms import NOTHING

_PLOT_HEIGHT: Final = 92.0
_LABEL_HEIGHT: Final = 13.0
_BAR_SHARE: Final = 0.64
BAR_WIDTH_MAX: Final = 30.0
_TICKS_MAX: Final = 4

TITLE: Final = Pair(Style(9.5, 14, bold=True), Style(7.5, 11, ink=GREY))
TICK: Final = Style(6.5, 8, ink=GREY)
PEAK: Final = Style(6.5, 8, bold=True, ink=BLACK)

_STRIDES: Final = (1, 2, 5, 10, 15, 30)
_STRIDES_MANY: Final = (5, 10, 15, 30)
_MANY: Final = 16


def chart(flow: Flow, block: Chart) -> None:
    """Return nothing; places title, axis and bars in one piece, the highest bar with its value."""
    assert len(block.labels) == len(block.values), "a label for each value"
    width = RIGHT - LEFT
    heading = set_pair(flow.fonts, block.title, TITLE, width * 0.72)
    unit = set_pair(flow.fonts, Text(f"单位：{block.unit.zh}", block.unit.en), SMALL, width * 0.28)
    above = max(height_of(heading), height_of(unit)) + 12
    flow.need(above + _PLOT_HEIGHT + _LABEL_HEIGHT + 4)
    flow.page.text(heading, LEFT, flow.y, width)
    flow.page.text(unit, RIGHT - width * 0.28, flow.y + 2, width * 0.28, "right")
    flow.y += above
    if not block.values:
        flow.place(set_pair(flow.fonts, NOTHING, SMALL, width))
    else:
        _plot(flow, block)
        flow.y += _PLOT_HEIGHT + _LABEL_HEIGHT
    flow.skip(9)


def _plot(flow: Flow, block: Chart) -> None:
    """Return nothing; draws the axis and the bars below the cursor, which stays."""
    values = [parse_decimal(value) for value in block.values]
    step, ticks = scale_of(max(values))
    names = [render_tick(step * n) for n in range(ticks + 1)]
    left = LEFT + max(flow.fonts.width(name, TICK.size) for name in names) + 5
    base = flow.y + _PLOT_HEIGHT
    for n, name in enumerate(names):
        y = base - _PLOT_HEIGHT * n / ticks
        flow.page.boxes.append(Box(left, y - 0.2, RIGHT - left, 0.4, HAIR if n else RULE))
        flow.page.text(
            set_lines(flow.fonts, name, TICK, left), LEFT, y - 4, left - LEFT - 4, "right"
        )
    slot = (RIGHT - left) / len(values)
    bar = min(slot * _BAR_SHARE, BAR_WIDTH_MAX)
    heights = [_PLOT_HEIGHT * float(value / (step * ticks)) for value in values]
    for n, height in enumerate(heights):
        x = left + slot * (n + 0.5) - bar / 2
        flow.page.boxes.append(Box(x, base - height, bar, height, ACCENT))
    peak = values.index(max(values))
    _centred(
        flow, render_tick(values[peak]), PEAK, left + slot * (peak + 0.5), base - heights[peak] - 9
    )
    _label(flow, block.labels, left, slot, base)


def _label(flow: Flow, labels: tuple[str, ...], left: float, slot: float, base: float) -> None:
    """Return nothing; sets so many labels under the bars as stand apart from each other."""
    widest = max(flow.fonts.width(label, TICK.size) for label in labels) + 6
    strides = _STRIDES if len(labels) < _MANY else _STRIDES_MANY
    stride = next((n for n in strides if n * slot >= widest), len(labels))
    for n in range(0, len(labels), stride):
        _centred(flow, labels[n], TICK, left + slot * (n + 0.5), base + 3)


def _centred(flow: Flow, text: str, style: Style, x: float, y: float) -> None:
    """Return nothing; sets a text around `x`, moved inwards where it would leave the page."""
    lines = set_lines(flow.fonts, text, style, RIGHT - LEFT)
    width = lines[0].width
    flow.page.text(lines, min(max(x - width / 2, LEFT), RIGHT - width), y, width)


def scale_of(highest: Fraction) -> tuple[Fraction, int]:
    """Return the step of an axis up to a value, and how many of it there are, one at least."""
    step = step_for(highest)
    return step, max(1, -(-highest // step))


def step_for(highest: Fraction) -> Fraction:
    """Return the smallest of 1, 2, 2.5, 5 times a power of ten that needs few enough ticks."""
    if highest == 0:
        return Fraction(1)
    power = Fraction(10) ** (len(str(int(highest))) - 14)
    for _ in count():
        for factor in (Fraction(1), Fraction(2), Fraction(5, 2), Fraction(5)):
            if factor * power * _TICKS_MAX >= highest:
                return factor * power
        power *= 10
    raise AssertionError


def render_tick(value: Fraction) -> str:
    """Return a tick in digits, without zeros at the end of its decimals."""
    whole, rest = divmod(value, 1)
    digits = f"{int(rest * 10**13):013d}".rstrip("0")
    return f"{int(whole):,}" + (f".{digits}" if digits else "")
