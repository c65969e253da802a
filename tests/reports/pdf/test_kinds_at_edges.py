"""Every kind of statement at its edges: complete, within its margins, nothing over another thing.

Here the layout is looked at, which is what is painted: a page is boxes and runs, and what was not
measured cannot be placed. Programs that are not ours read a few whole files; under `soak` all.
"""

import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec
import pytest

from ledger.errors import InvalidInputError
from reports.fonts import Fonts
from reports.formats import render as render_in
from reports.pdf import lay_out, render
from reports.pdf.page import LEFT, PAGE_HEIGHT, RIGHT, Page, Run
from reports.statement import Kind, Statement, encode
from tests.conftest import missing_service
from tests.reports.kind_worlds import CASES, KINDS, LONG, RARE, Case, statement_of
from tests.reports.test_formats import figures_of, squeeze, texts_of
from tests.reports.test_pdf import in_order
from tests.servers import MissingServerError, find_program

QUICK: Final = [(kind, name) for name in CASES for kind in KINDS if name != "400 lines"]
QUICK_LONG: Final[list[tuple[Kind, str]]] = [("notice", "400 lines"), ("review", "400 lines")]
READ: Final[list[tuple[Kind, str]]] = [
    ("compute", "the highest amount"),
    ("subsidy", "refused"),
    ("application", "a long name"),
    ("review", "corrected"),
    ("notice", "one line"),
    ("fund", "a zero amount"),
    ("payment", "rare characters"),
]
EVERY: Final = [(kind, name) for name in CASES for kind in KINDS]

_FIGURE: Final = re.compile(r"-?¥?[0-9][0-9,]*\.[0-9]{2}")


@pytest.fixture(scope="module")
def poppler() -> tuple[str, str]:
    """Return the paths of programs that read text and fonts, not ours."""
    try:
        return find_program("pdftotext", "poppler-utils"), find_program("pdffonts", "poppler-utils")
    except MissingServerError:
        missing_service("pdftotext", "as root: apt-get install poppler-utils")


def said_by(statement: Statement) -> set[str]:
    """Return everything that a reader must find: words, names, figures, sums in capitals."""
    told = msgspec.to_builtins(msgspec.structs.replace(statement, claims_sha256=None))
    return {squeeze(text) for text in (*texts_of(told), *figures_of(told))} - {""}


def joined(pages: Sequence[Page]) -> str:
    """Return the text of pages as it is painted, without white space."""
    return squeeze("".join(run.text for page in pages for run in page.runs))


def headings(statement: Statement) -> Iterator[str]:
    """Yield the title and number of a statement, each heading, and a log's head, in that order."""
    yield from (statement.title.zh, statement.number)
    for section in statement.sections:
        yield section.heading.zh
    yield from (statement.heads[0].origin, statement.heads[-1].root)


def reach(faces: Fonts, run: Run) -> float:
    return run.x + faces.width(run.text, run.style.size, bold=run.style.bold)


def colliding(faces: Fonts, page: Page) -> Iterator[tuple[Run, Run]]:
    """Yield runs whose ink could meet, by the height of capitals and Chinese characters."""
    runs = sorted(page.runs, key=lambda run: run.y)
    for n, one in enumerate(runs):
        for other in runs[n + 1 :]:
            if other.y - 0.85 * other.style.size >= one.y + 0.15 * one.style.size:
                if other.y - one.y > 30:
                    break
                continue
            left, right = sorted((one, other), key=lambda run: run.x)
            if reach(faces, left) > right.x + 0.01:
                yield one, other


def hold(statement: Statement, pages: Sequence[Page], faces: Fonts) -> None:
    """Hold the layout of a statement to everything that a reader may ask of it."""
    text = joined(pages)
    assert {one for one in said_by(statement) if one not in text} == set()
    for page in pages:
        assert not list(colliding(faces, page))
        for run in page.runs:
            assert run.x >= LEFT - 0.01, run
            assert reach(faces, run) <= RIGHT + 0.01, run
            assert 20 < run.y < PAGE_HEIGHT - 30, run
    figures = [run.text for page in pages for run in page.runs if _FIGURE.fullmatch(run.text)]
    assert figures, "amounts stand in one piece"


@pytest.mark.parametrize(("kind", "name"), [*QUICK, *QUICK_LONG])
def test_each_kind_is_complete_and_within_its_margins(faces: Fonts, kind: Kind, name: str) -> None:
    statement = statement_of(kind, CASES[name])
    hold(statement, lay_out(statement, faces), faces)


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_400_lines_is_complete(faces: Fonts, kind: Kind) -> None:
    statement = statement_of(kind, CASES["400 lines"])
    hold(statement, lay_out(statement, faces), faces)


@pytest.mark.parametrize("kind", KINDS)
def test_a_figure_of_the_highest_amount_is_never_broken(faces: Fonts, kind: Kind) -> None:
    statement = statement_of(kind, CASES["the highest amount"])
    pages = lay_out(statement, faces)
    whole = {run.text.lstrip("¥") for page in pages for run in page.runs}
    told = msgspec.to_builtins(statement)
    amounts = {one for one in figures_of(told) if _FIGURE.fullmatch(one) and len(one) > 12}
    assert amounts <= whole


@pytest.mark.parametrize("kind", KINDS)
def test_a_character_without_a_glyph_is_refused_by_name(faces: Fonts, kind: Kind) -> None:
    statement = statement_of(kind, Case(name="武汉\U000f0000公司"))
    if "\U000f0000" in encode(statement).decode():
        with pytest.raises(InvalidInputError, match=r"U\+F0000"):
            lay_out(statement, faces)
    else:
        assert kind == "fund", "a fund names no enterprise"


@pytest.mark.parametrize("kind", KINDS)
def test_stamps_and_heads_never_have_a_sheet_of_their_own(faces: Fonts, kind: Kind) -> None:
    for length in range(10, 120, 3):
        last = lay_out(statement_of(kind, Case(name="武" * length)), faces)[-1]
        inside = [run for run in last.runs if 50 < run.y < PAGE_HEIGHT - 50]
        assert not inside[0].text.startswith("本单由下列账本树头"), length
        stamps = [n for n, run in enumerate(inside) if run.text == "（盖章）"]
        assert not stamps or stamps[0] > 4, length


def check_file(faces: Fonts, statement: Statement, poppler: tuple[str, str], path: Path) -> None:
    """Hold a file to what programs that are not ours read in it, and in which order."""
    path.write_bytes(render(statement, faces))
    pdftotext, pdffonts = poppler
    # As it is painted, which is the order that a screen reader takes of a file without tags.
    read = subprocess.run([pdftotext, "-raw", path, "-"], check=True, capture_output=True).stdout
    pages = squeeze(read.decode())
    assert pages == joined(lay_out(statement, faces))
    assert {one for one in said_by(statement) if one not in pages} == set()
    assert in_order(pages, *headings(statement))
    listed = subprocess.run([pdffonts, path], check=True, capture_output=True, text=True).stdout
    _, _, *fonts = listed.splitlines()
    assert fonts
    for font in fonts:
        assert re.match(r"[A-Z]{6}\+NotoSansSC-(Regular|Bold) +TrueType .* yes yes yes ", font)


@pytest.mark.parametrize(("kind", "name"), READ)
def test_other_programs_read_every_amount_and_name_in_order(
    faces: Fonts, poppler: tuple[str, str], tmp_path: Path, kind: Kind, name: str
) -> None:
    statement = statement_of(kind, CASES[name])
    check_file(faces, statement, poppler, tmp_path / "one.pdf")


@pytest.mark.soak
@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_other_programs_read_each_kind_at_each_edge(
    faces: Fonts, poppler: tuple[str, str], tmp_path: Path, kind: Kind, name: str
) -> None:
    statement = statement_of(kind, CASES[name])
    check_file(faces, statement, poppler, tmp_path / "one.pdf")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["a long name", "rare characters"])
def test_a_page_on_a_screen_says_the_same_in_both_languages(
    faces: Fonts, kind: Kind, name: str
) -> None:
    statement = statement_of(kind, CASES[name])
    for language in ("zh", "en"):
        page = render_in(statement, "html", faces, language).decode()
        assert "省科技厅 1 号楼，书面实名 <span" not in page, "what is one in both is said once"
        assert all(one in page for one in (statement.number, statement.verify_url or ""))
        assert kind == "fund" or any(one in page for one in (LONG, RARE))
