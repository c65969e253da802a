"""Pages of each kind as a person reviewed them, and the bytes that each version of them has.

Pictures, because only a picture can be reviewed; compared as they look from afar, for programs that
draw pages differ in how they smooth a letter. What moved or is gone shows, down to a point. To the
byte a file is held by its hash: one that changes is a new version of the layout (`RENDERER`) or of
the words (a kind's `MAKER`). `REWRITE_GOLDEN=1` writes both anew; look at each picture then.
"""

import hashlib
import os
import subprocess
from pathlib import Path
from typing import Final

import pytest
from PIL import Image, ImageChops, ImageFilter, ImageStat

from reports.fonts import Fonts
from reports.issue import renderer_of
from reports.pdf import render
from reports.statement import Kind
from tests.conftest import missing_service
from tests.golden import check_golden
from tests.reports.kind_worlds import CASES, statement_of
from tests.servers import MissingServerError, find_program

GOLDEN: Final = Path(__file__).parents[1] / "golden"
HASHES: Final = GOLDEN / "pdf_of_version.json"

REVIEWED: Final[list[tuple[Kind, str]]] = [
    ("compute", "the highest amount"),
    ("subsidy", "refused"),
    ("application", "a long name"),
    ("review", "corrected"),
    ("notice", "400 lines"),
    ("fund", "a zero amount"),
    ("payment", "rare characters"),
]
DPI: Final = 60
SHADE: Final = 17
"""Pictures are kept in sixteen shades of grey, black and white among them."""
FROM_AFAR: Final = 4
"""So many dots of a picture are one of what is compared."""

# Measured: 23 for letters that are smoothed more; 49 for a row that moved by a dot, 1.2 points.
DIFFERENCE_MAX: Final = 32


@pytest.fixture(scope="module")
def pdftoppm() -> str:
    """Return the path of a program that draws pages, not one of ours."""
    try:
        return find_program("pdftoppm", "poppler-utils")
    except MissingServerError:
        missing_service("pdftoppm", "as root: apt-get install poppler-utils")


def drawn(pdftoppm: str, pdf: bytes, folder: Path) -> list[Image.Image]:
    """Return the first two pages of a file and its last one."""
    path = folder / "pages.pdf"
    path.write_bytes(pdf)
    subprocess.run([pdftoppm, "-r", str(DPI), "-gray", path, folder / "page"], check=True)
    pages = sorted(folder.glob("page-*.pgm"))
    return list(map(opened, [*pages[:2], *pages[2:][-1:]]))


def opened(path: Path) -> Image.Image:
    """Return a picture, its file closed."""
    with Image.open(path) as picture:
        return picture.convert("L")


def difference(one: Image.Image, other: Image.Image) -> int:
    """Return by how many shades of 256 two pictures differ at most, seen from afar."""
    size = one.width // FROM_AFAR, one.height // FROM_AFAR
    afar = [page.resize(size, Image.Resampling.BOX) for page in (one, other)]
    return int(ImageStat.Stat(ImageChops.difference(*afar)).extrema[0][1])


@pytest.mark.parametrize(("kind", "name"), REVIEWED)
def test_pages_look_as_they_were_reviewed(
    pdftoppm: str, faces: Fonts, tmp_path: Path, kind: Kind, name: str
) -> None:
    pdf = render(statement_of(kind, CASES[name]), faces)
    pages = drawn(pdftoppm, pdf, tmp_path)
    stem = f"{kind}-{name.replace(' ', '-')}"
    if os.environ.get("REWRITE_GOLDEN") == "1":
        for old in GOLDEN.glob(f"{stem}-*.png"):
            old.unlink()
        for n, page in enumerate(pages, start=1):
            kept = page.point([(v + SHADE // 2) // SHADE * SHADE for v in range(256)])
            kept.save(GOLDEN / f"{stem}-{n}.png", optimize=True)
        pytest.skip(f"{stem} was drawn anew: look at it")
    reviewed = list(map(opened, sorted(GOLDEN.glob(f"{stem}-*.png"))))
    assert [one.size for one in reviewed] == [one.size for one in pages]
    for n, (before, now) in enumerate(zip(reviewed, pages, strict=True), start=1):
        assert difference(before, now) <= DIFFERENCE_MAX, f"page {n} of {stem} looks otherwise"


def test_what_moved_or_is_gone_is_seen_and_smoothing_is_not() -> None:
    page = opened(GOLDEN / "payment-rare-characters-1.png")
    moved = page.copy()
    moved.paste(page.crop((40, 240, 460, 262)), (40, 241))
    assert difference(page, moved) > DIFFERENCE_MAX
    gone = page.copy()
    gone.paste(255, (40, 240, 460, 262))
    assert difference(page, gone) > DIFFERENCE_MAX
    smoothed = page.filter(ImageFilter.SMOOTH)
    assert difference(page, smoothed) < DIFFERENCE_MAX


def test_each_version_of_words_and_layout_has_its_bytes(faces: Fonts) -> None:
    made = {}
    for kind, name in REVIEWED:
        statement = statement_of(kind, CASES[name])
        pdf = render(statement, faces)
        made[f"{renderer_of(statement)}: {name}"] = hashlib.sha256(pdf).hexdigest()
    check_golden(HASHES, made)
