"""A picture of boxes and words, as SVG or PNG: one list of shapes makes both.

The SVG keeps its words as text and carries the characters of the house's typeface that it needs; a
program that reads no fonts in SVG takes one of its own. The PNG is drawn by Pillow with FreeType.
Equal drawings give equal bytes.
"""

import base64
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final, Literal
from xml.sax.saxutils import escape, quoteattr

from PIL import Image, ImageDraw, ImageFont

from reports.fonts import Fonts, subset

PNG_SCALE: Final = 2
"""Pixels of the PNG to one unit, for screens and for print."""

FAMILY: Final = "Suanquan Sans"
_FALLBACK: Final = "'Noto Sans SC','Source Han Sans SC','PingFang SC','Microsoft YaHei',sans-serif"

Anchor = Literal["start", "middle", "end"]
_PILLOW_ANCHORS: Final[dict[Anchor, str]] = {"start": "ls", "middle": "ms", "end": "rs"}


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle; `ink` is `#rrggbb`."""

    x: float
    y: float
    width: float
    height: float
    ink: str


@dataclass(frozen=True, slots=True)
class Label:
    """A line of text on its baseline."""

    x: float
    y: float
    text: str
    size: float
    ink: str
    bold: bool = False
    anchor: Anchor = "start"


@dataclass(slots=True)
class Drawing:
    """A page of shapes, later ones above earlier ones; `title` is for readers of the screen."""

    width: int
    height: int
    title: str
    shapes: list[Box | Label] = field(default_factory=list)


def render_svg(drawing: Drawing, fonts: Fonts) -> bytes:
    """Return the drawing as SVG 1.1.

    Raises `InvalidInputError` (code `missing_glyph`) where a character cannot be shown.
    """
    width, height = drawing.width, drawing.height
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    name = f'role="img" aria-label={quoteattr(drawing.title)}'
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {name}>',
        f"<title>{escape(drawing.title)}</title>",
        f"<style>{_style(drawing, fonts)}</style>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *(_svg_shape(shape) for shape in drawing.shapes),
        "</svg>\n",
    ]
    return "\n".join(parts).encode()


def render_png(drawing: Drawing, fonts: Fonts) -> bytes:
    """Return the drawing as PNG, at `PNG_SCALE`.

    Raises `InvalidInputError` (code `missing_glyph`) where a character cannot be shown.
    """
    size = drawing.width * PNG_SCALE, drawing.height * PNG_SCALE
    image = Image.new("RGB", size, "#ffffff")
    pen = ImageDraw.Draw(image)
    for shape in drawing.shapes:
        if isinstance(shape, Box):
            edges = (shape.x, shape.y, shape.x + shape.width, shape.y + shape.height)
            left, top, right, bottom = (round(edge * PNG_SCALE) for edge in edges)
            # Pillow's rectangle includes its last row and column; a hair is a pixel at least.
            corner = max(right - 1, left), max(bottom - 1, top)
            pen.rectangle(((left, top), corner), fill=shape.ink)
        else:
            fonts.check_glyphs(shape.text)
            face = fonts.face(bold=shape.bold)
            font = ImageFont.truetype(
                str(face.path), shape.size * PNG_SCALE, layout_engine=ImageFont.Layout.BASIC
            )
            at = shape.x * PNG_SCALE, shape.y * PNG_SCALE
            pen.text(at, shape.text, shape.ink, font, anchor=_PILLOW_ANCHORS[shape.anchor])
    made = BytesIO()
    image.save(made, "PNG", optimize=True)
    return made.getvalue()


def _style(drawing: Drawing, fonts: Fonts) -> str:
    """Return the style sheet with the characters that the drawing needs, by weight."""
    rules = [f"text{{font-family:'{FAMILY}',{_FALLBACK}}}"]
    for bold, weight in ((False, 400), (True, 700)):
        labels = [one for one in drawing.shapes if isinstance(one, Label) and one.bold == bold]
        text = "".join(sorted({char for one in labels for char in one.text}))
        if text:
            fonts.check_glyphs(text)
            data = base64.b64encode(subset(fonts.face(bold=bold), text)).decode()
            rules.append(
                f"@font-face{{font-family:'{FAMILY}';font-weight:{weight};"
                f"src:url(data:font/ttf;base64,{data}) format('truetype')}}"
            )
    return "\n".join(rules)


def _svg_shape(shape: Box | Label) -> str:
    if isinstance(shape, Box):
        return (
            f'<rect x="{shape.x:.2f}" y="{shape.y:.2f}" width="{shape.width:.2f}" '
            f'height="{shape.height:.2f}" fill="{shape.ink}"/>'
        )
    weight = 700 if shape.bold else 400
    return (
        f'<text x="{shape.x:.2f}" y="{shape.y:.2f}" font-size="{shape.size:g}" '
        f'font-weight="{weight}" text-anchor="{shape.anchor}" fill="{shape.ink}">'
        f"{escape(shape.text)}</text>"
    )
