"""The typeface of every document: Noto Sans SC in two static weights, and the width of its text.

The source is the variable font of the wheel `justmytype-intl-cjk` (SIL Open Font License 1.1). Its
default instance is Thin, and PDF knows no variable fonts, so the weights 400 and 700 are made from
it once (OpenType 1.9, tables `fvar` and `gvar`) and kept as files. The bytes depend on the source
and on fontTools only, never on a clock, because every statement embeds a part of them.
"""

import functools
import gc
import hashlib
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import as_file, files
from io import BytesIO
from itertools import repeat
from pathlib import Path
from typing import Any, Final

from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont

from ledger.errors import InvalidInputError
from ledger.text import Text

UNITS_PER_EM: Final = 1000

_REGULAR: Final = 400
_BOLD: Final = 700

CACHE: Final = Path(sys.prefix) / "share" / "suanquan" / "fonts"
"""Where an installation keeps the weights; `make setup` makes them."""

_SOURCE: Final = files("justmytype_intl_cjk") / "fonts/ofl/notosanssc/NotoSansSC[wght].ttf"

# A PDF places glyphs by their advance alone: features, kerning and vertical setting are not read.
_UNUSED_TABLES: Final = ("BASE", "GDEF", "GPOS", "GSUB", "HVAR", "gasp", "vhea", "vmtx")

# Family, style, full and PostScript name: the table is copied into every subset of every document.
_NAMES_KEPT: Final = frozenset({1, 2, 4, 6})


@dataclass(frozen=True)
class Face:
    """One weight: its file, and the advance of each character in thousandths of the type size."""

    path: Path
    advances: Mapping[str, int]


@dataclass(frozen=True)
class Fonts:
    """The two weights, which have the same characters."""

    regular: Face
    bold: Face

    def face(self, *, bold: bool) -> Face:
        """Return the face of a weight."""
        return self.bold if bold else self.regular

    def width(self, text: str, size: float, *, bold: bool = False) -> float:
        """Return how wide a text stands, in the unit of `size`.

        Raises `InvalidInputError` (code `missing_glyph`) where a character has no glyph. What was
        not measured cannot be placed, so nothing is ever printed as a blank.
        """
        try:
            advance = sum(map(self.face(bold=bold).advances.__getitem__, text))
        except KeyError:
            self.check_glyphs(text)
            raise
        return advance * size / UNITS_PER_EM

    def check_glyphs(self, text: str) -> None:
        """Return nothing when every character can be printed.

        Raises `InvalidInputError` (code `missing_glyph`) that names the first one that cannot.
        """
        for char in text:
            if char not in self.regular.advances:
                name = f"{char!r} (U+{ord(char):04X})"
                raise InvalidInputError(
                    "missing_glyph",
                    Text(
                        f"字体中没有字符 {name}，见文字 {text!r}",
                        f"no glyph for {name} in {text!r}",
                    ),
                    Text(
                        "请把该字符改为可打印的规范汉字、字母、数字或标点",
                        "replace it by a printable character",
                    ),
                )


@functools.cache
def load(cache_dir: Path) -> Fonts:
    """Return the two weights, made in `cache_dir` where they are not there yet.

    Making them takes about 20 seconds each, side by side where there are two cores; loading them a
    third of a second, once a process.
    """
    with as_file(_SOURCE) as source:
        made = {weight: _path(source, weight, cache_dir) for weight in (_REGULAR, _BOLD)}
        missing = [weight for weight, path in made.items() if not path.exists()]
        cache_dir.mkdir(parents=True, exist_ok=True)
        if missing:
            with ProcessPoolExecutor(len(missing)) as pool:
                list(
                    pool.map(
                        instantiate, repeat(source), missing, [made[weight] for weight in missing]
                    )
                )
    return Fonts(_face(made[_REGULAR]), _face(made[_BOLD]))


def _path(source: Path, weight: int, cache_dir: Path) -> Path:
    """Return the path of one weight, named by everything that its bytes depend on."""
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:16]
    return cache_dir / f"NotoSansSC-{weight}-{digest}-fonttools-{version('fonttools')}.ttf"


def instantiate(source: Path, weight: int, path: Path) -> None:
    """Return nothing; `path` then holds one weight of a variable font, whole or not at all."""
    from fontTools.varLib import instancer  # noqa: PLC0415 - slow to import, needed once

    with TTFont(source, recalcTimestamp=False) as font, without_collector():
        for tag in _UNUSED_TABLES:
            if tag in font:
                del font[tag]
        instancer.instantiateVariableFont(
            font, {"wght": weight}, inplace=True, optimize=False, updateFontNames=True
        )
        del font["STAT"]  # the names of the weights were taken from it
        font["name"].names = [n for n in font["name"].names if n.nameID in _NAMES_KEPT]
        with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
            font.save(Path(scratch) / path.name)
            (Path(scratch) / path.name).replace(path)


def subset(face: Face, text: str) -> bytes:
    """Return a font file that has the characters of a text and no others; the same for ever."""
    from fontTools import subset as subsetting  # noqa: PLC0415 - slow to import, rarely needed

    options = subsetting.Options(hinting=False, layout_features=[], notdef_outline=True)
    with TTFont(face.path, recalcTimestamp=False) as font, without_collector():
        cutter = subsetting.Subsetter(options)
        cutter.populate(text=text)
        cutter.subset(font)
        made = BytesIO()
        font.save(made)
    return made.getvalue()


class _Outliner(BasePen):  # type: ignore[misc] # fontTools has no types
    """A pen that notes where it went, every curve as a cubic one."""

    def __init__(self, glyphs: Any) -> None:  # noqa: ANN401 - fontTools has no types
        super().__init__(glyphs)
        self.steps: list[tuple[str, tuple[float, ...]]] = []
        self.x = 0

    def _note(self, step: str, *points: tuple[float, float]) -> None:
        self.steps.append((step, tuple(c for x, y in points for c in (x + self.x, y))))

    def _moveTo(self, pt: tuple[float, float]) -> None:  # noqa: N802 - fontTools' name
        self._note("move", pt)

    def _lineTo(self, pt: tuple[float, float]) -> None:  # noqa: N802 - fontTools' name
        self._note("line", pt)

    def _curveToOne(self, *points: tuple[float, float]) -> None:  # noqa: N802 - fontTools' name
        self._note("curve", *points)

    def _closePath(self) -> None:  # noqa: N802 - fontTools' name
        self._note("close")


def outline(face: Path, text: str) -> tuple[tuple[str, tuple[float, ...]], ...]:
    """Return the contours of a text as steps (move, line, curve, close) with their coordinates.

    They are in thousandths of the type size from where the text begins. What is drawn so is a
    picture: no program extracts it as text.
    """
    with TTFont(face, lazy=True) as font:
        glyphs, names = font.getGlyphSet(), font.getBestCmap()
        pen = _Outliner(glyphs)
        for char in text:
            glyph = glyphs[names[ord(char)]]
            glyph.draw(pen)
            pen.x += glyph.width
    return tuple(pen.steps)


@contextmanager
def without_collector() -> Iterator[None]:
    """Hold cyclic garbage collection: a million live points make it a quarter of the whole time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _face(path: Path) -> Face:
    """Return a static font's advances by character."""
    with TTFont(path, lazy=True) as font:
        assert font["head"].unitsPerEm == UNITS_PER_EM, path
        metrics = font["hmtx"].metrics
        advances = {chr(code): metrics[name][0] for code, name in font.getBestCmap().items()}
    return Face(path, advances)


if __name__ == "__main__":
    load(CACHE)
