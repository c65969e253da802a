"""Bars over days, months or categories, drawn here as SVG: no script, and every figure in words.

Values are exact decimal strings; only the height of a bar is rounded.
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final, NamedTuple

WIDTH: Final = 720
HEIGHT: Final = 200
_LEFT: Final = 20
_TOP: Final = 24
_BOTTOM: Final = 24
_GAP: Final = Decimal("0.25")

# Two months are two bars, not two walls.
_WIDEST: Final = Decimal(56)

# What belongs together is seen together.
_BETWEEN: Final = Decimal(3)

# More labels than these run into each other at the chart's width.
LABELS_MAX: Final = 12


class Value(NamedTuple):
    """One bar: its label, its exact value, the same as it is shown, and of which kind it is.

    One without a label belongs to the one before it, and stands with it over one label.
    """

    label: str
    exact: str
    shown: str
    other: bool = False


class Bar(NamedTuple):
    """A bar as it is drawn: `title` is read out and shown under the pointer."""

    x: str
    y: str
    width: str
    height: str
    title: str
    other: bool


class Tick(NamedTuple):
    """A label under the bars."""

    x: str
    text: str


class Bars(NamedTuple):
    """A chart that a template draws (`parts.bars`): `summary` says in words what it shows."""

    summary: str
    top: str
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    width: int = WIDTH
    height: int = HEIGHT
    base: int = HEIGHT - _BOTTOM


def draw(values: Sequence[Value], summary: str, top: str) -> Bars:
    """Return a chart of at least one value; `top` is the greatest value as it is shown.

    Bars over one label stand close to each other in the middle of their room.
    """
    assert values, "a page shows an empty state in place of an empty chart"
    assert values[0].label, "the first bar has nothing to belong to"
    most = max(Decimal(one.exact) for one in values) or Decimal(1)
    step = Decimal(WIDTH - 2 * _LEFT) / len(values)
    room = Decimal(HEIGHT - _TOP - _BOTTOM)
    firsts = [number for number, one in enumerate(values) if one.label]
    named = set(firsts[:: -(-len(firsts) // LABELS_MAX) or 1])
    wide = min(step * (1 - _GAP), _WIDEST)
    between = min(step * _GAP, _BETWEEN)
    bars, ticks = list[Bar](), list[Tick]()
    for first, following in pairwise((*firsts, len(values))):
        group = values[first:following]
        middle = _LEFT + step * (first + following) / 2
        x = middle - (wide * len(group) + between * (len(group) - 1)) / 2
        for number, one in enumerate(group):
            height = Decimal(one.exact) / most * room
            bars.append(
                Bar(
                    _round(x + number * (wide + between)),
                    _round(HEIGHT - _BOTTOM - height),
                    _round(wide),
                    _round(height),
                    f"{group[0].label}: {one.shown}",
                    one.other,
                )
            )
        if first in named:
            ticks.append(Tick(_round(middle), group[0].label))
    return Bars(summary, top, tuple(bars), tuple(ticks))


def _round(length: Decimal) -> str:
    """Return a length to a hundredth of a unit, which nobody sees."""
    return str(length.quantize(Decimal("0.01")))
