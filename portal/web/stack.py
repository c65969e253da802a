"""One bar in parts that add up to the whole, drawn here as SVG, and every figure in words."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

WIDTH: Final = 720
HEIGHT: Final = 22


class Part(NamedTuple):
    """A part of the whole as it is drawn; `title` is read out and shown under the pointer."""

    kind: str
    x: str
    width: str
    title: str


class Stack(NamedTuple):
    """A bar that a template draws (`parts.stack`): `summary` says in words what it shows."""

    summary: str
    parts: tuple[Part, ...]
    width: int = WIDTH
    height: int = HEIGHT


def draw_stack(amounts: Sequence[tuple[str, int, str]], summary: str) -> Stack:
    """Return a bar of (kind, amount, title) one beside the other; none is drawn where all are 0.

    An amount below zero has no place in a bar and is left to the words.
    """
    whole = sum(max(amount, 0) for _, amount, _ in amounts)
    parts, x = list[Part](), Decimal(0)
    for kind, amount, title in amounts:
        width = Decimal(max(amount, 0)) / (whole or 1) * WIDTH
        if width:
            parts.append(Part(kind, _round(x), _round(width), title))
        x += width
    return Stack(summary, tuple(parts))


def _round(length: Decimal) -> str:
    """Return a length to a hundredth of a unit, which nobody sees."""
    return str(length.quantize(Decimal("0.01")))
