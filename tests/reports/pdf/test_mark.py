"""The mark of a file without a seal: on each page, outside the text, and taken away to the byte."""

import subprocess
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pypdf import PdfReader

from reports.fonts import Fonts
from reports.pdf import render
from reports.pdf.mark import unmark
from reports.statement import Statement
from tests.conftest import missing_service
from tests.reports.test_pdf import Compute, document, jobs
from tests.servers import MissingServerError, find_program


@pytest.fixture(scope="module")
def pdftoppm() -> str:
    """Return the path of a program that draws pages, not one of ours."""
    try:
        return find_program("pdftoppm", "poppler-utils")
    except MissingServerError:
        missing_service("pdftoppm", "as root: apt-get install poppler-utils")


def drawn(pdftoppm: str, pdf: bytes, page: int) -> Image.Image:
    """Return a page as a grey picture, one pixel a point."""
    asked = [pdftoppm, "-r", "72", "-gray", "-f", str(page), "-l", str(page), "-"]
    return Image.open(
        BytesIO(subprocess.run(asked, input=pdf, check=True, capture_output=True).stdout)
    )


def unmarked(pdf: bytes) -> bytes:
    made = unmark(pdf)
    assert made is not None
    return made


def test_each_page_bears_the_mark_and_no_page_does_without_it(pdftoppm: str, faces: Fonts) -> None:
    pdf = render(document(jobs(70)), faces)
    pages = len(PdfReader(BytesIO(pdf)).pages)
    assert pages > 1
    for page in range(1, pages + 1):
        marked, plain = (drawn(pdftoppm, one, page) for one in (pdf, unmarked(pdf)))
        differing = [
            (before, after)
            for before, after in zip(marked.tobytes(), plain.tobytes(), strict=True)
            if before != after
        ]
        assert len(differing) > 0.03 * marked.width * marked.height
        assert all(before < after for before, after in differing), "nothing but the mark goes"


def test_what_the_mark_covers_stays_legible(pdftoppm: str, faces: Fonts) -> None:
    shades = Counter(drawn(pdftoppm, render(document(), faces), 1).tobytes())
    mark, paper = sorted(shade for shade, count in shades.items() if count > 5000)
    assert paper == 255
    assert 225 < mark < 240


def test_the_mark_is_no_text(compute: Compute, faces: Fonts) -> None:
    pdf = render(compute(60), faces)
    for before, after in zip(
        PdfReader(BytesIO(pdf)).pages, PdfReader(BytesIO(unmarked(pdf))).pages, strict=True
    ):
        assert before.extract_text() == after.extract_text()
        assert "SAMPLE" not in before.extract_text()


def test_taking_it_away_adds_bytes_and_changes_none(subsidy: Statement, faces: Fonts) -> None:
    pdf = render(subsidy, faces)
    made = unmarked(pdf)
    assert made.startswith(pdf)
    assert len(pdf) < len(made) < len(pdf) + 800
    assert unmarked(pdf) == made
    read = PdfReader(BytesIO(made), strict=True)
    assert read.metadata == PdfReader(BytesIO(pdf)).metadata


def test_a_file_that_bears_none_is_told_apart(faces: Fonts) -> None:
    pdf = render(document(), faces)
    assert unmark(pdf.replace(b"/FormXob.sample", b"/FormXob.simple")) is None
    assert unmark(pdf + b" ") is None
    assert unmark(b"") is None


def test_words_that_look_like_the_mark_are_no_mark(faces: Fonts, tmp_path: Path) -> None:
    name = "/FormXob.sample 1 0 R trailer startxref"
    pdf = render(document(subject_name=name), faces)
    path = tmp_path / "x.pdf"
    path.write_bytes(unmarked(pdf))
    drawing: Any = PdfReader(path, strict=True).pages[0]["/Resources"]
    (form,) = drawing["/XObject"].values()
    assert form.get_object().get_data().strip() == b""
