"""The picture of an impact: everything stands on the page, and both files show the same."""

from io import BytesIO
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from ledger.errors import InvalidInputError
from ledger.period import months_between
from ledger.text import Language, Text
from reports.drawing import PNG_SCALE, Box, Drawing, Label, render_png, render_svg
from reports.fonts import Fonts
from reports.impact_chart import AFTER, BEFORE, draw_impact
from reports.sketch import MARGIN, WIDTH
from tests.vouchers.test_what_if import GENEROUS, THREE, changed, simulate
from vouchers.catalogue import find_programmes

TITLE = Text("省级提高到六成", "Sixty percent for the province")
NOTE = Text("口径：" + "每家企业每年只申领一次，" * 12, "How: " + "once a year, " * 30)
SVG = "{http://www.w3.org/2000/svg}"


def draw(faces: Fonts, language: Language = "zh", first: str = "2022-01") -> Drawing:
    """Return the drawing of the three enterprises' impact."""
    months = tuple(months_between(first, "2022-12"))
    impact = simulate(THREE, changed(GENEROUS), months)
    return draw_impact(impact, TITLE, [NOTE], faces, language)


def parse(svg: bytes) -> ET.Element:
    """Return the root of a picture."""
    return ET.fromstring(svg)  # noqa: S314 - what we have written ourselves


def edges(label: Label, faces: Fonts) -> tuple[float, float]:
    """Return where a line of text begins and ends."""
    width = faces.width(label.text, label.size, bold=label.bold)
    left = label.x - {"start": 0, "middle": width / 2, "end": width}[label.anchor]
    return left, left + width


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("first", ["2013-01", "2022-01", "2022-12"])
def test_everything_stands_within_the_margins(faces: Fonts, language: Language, first: str) -> None:
    made = draw(faces, language, first)
    for shape in made.shapes:
        left, right = (
            (shape.x, shape.x + shape.width) if isinstance(shape, Box) else edges(shape, faces)
        )
        assert left >= MARGIN / 2, shape
        assert right <= WIDTH - MARGIN / 2, shape
        assert 0 < shape.y < made.height, shape


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_words_lie_on_others(faces: Fonts, language: Language) -> None:
    labels = [one for one in draw(faces, language).shapes if isinstance(one, Label)]
    for i, one in enumerate(labels):
        for other in labels[i + 1 :]:
            if abs(one.y - other.y) < max(one.size, other.size) * 0.8:
                (a, b), (c, d) = edges(one, faces), edges(other, faces)
                assert b < c or d < a, (one, other)


def test_bars_are_as_long_as_what_they_stand_for(faces: Fonts) -> None:
    lying = [
        one
        for one in draw(faces).shapes
        if isinstance(one, Box) and one.ink in {BEFORE, AFTER} and one.height == 19
    ]
    # Hubei 0 and 240,000; Wuhan 200,000 and 100,000; East Lake 200,000 twice.
    whole = lying[1].width
    shares = [round(one.width / whole * 240) for one in lying[1:]]
    assert shares == [240, 200, 100, 200, 200]


def test_the_svg_says_what_the_drawing_says(faces: Fonts) -> None:
    made = draw(faces)
    raw = render_svg(made, faces)
    tree = parse(raw)
    assert [one.text for one in tree.iter(f"{SVG}text")] == [
        one.text for one in made.shapes if isinstance(one, Label)
    ]
    assert tree.find(f"{SVG}title") is not None
    assert "font/ttf;base64," in "".join(one.text or "" for one in tree.iter(f"{SVG}style"))
    assert len(raw) < 200_000
    assert render_svg(draw(faces), faces) == raw


def test_the_png_shows_the_bars_in_their_colours(faces: Fonts) -> None:
    made = draw(faces)
    raw = render_png(made, faces)
    assert render_png(draw(faces), faces) == raw
    with Image.open(BytesIO(raw)) as image:
        assert image.size == (made.width * PNG_SCALE, made.height * PNG_SCALE)
        bars = [one for one in made.shapes if isinstance(one, Box) and one.ink == AFTER]
        for bar in bars:
            at = (bar.x + bar.width / 2) * PNG_SCALE, (bar.y + bar.height / 4) * PNG_SCALE
            red, green, blue = (int(AFTER[i : i + 2], 16) for i in (1, 3, 5))
            assert image.getpixel((int(at[0]), int(at[1]))) == (red, green, blue), bar


def test_nothing_to_refund_is_drawn_as_nothing(faces: Fonts) -> None:
    impact = simulate([], find_programmes(), ("2022-12",))
    made = draw_impact(impact, TITLE, [], faces, "zh")
    assert render_png(made, faces)
    assert render_svg(made, faces)


def test_a_title_that_cannot_be_shown_is_refused(faces: Fonts) -> None:
    impact = simulate([], find_programmes(), ("2022-12",))
    with pytest.raises(InvalidInputError, match="missing_glyph"):
        draw_impact(impact, Text("\U0001f600", "x"), [], faces, "zh")


def test_markup_in_words_is_only_words(faces: Fonts) -> None:
    made = Drawing(100, 50, '<b>&"', [Label(1, 20, "<i>&", 12, "#000000")])
    tree = parse(render_svg(made, faces))
    assert [one.text for one in tree.iter(f"{SVG}text")] == ["<i>&"]
