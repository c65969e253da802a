"""The code on the first page: what it says, read back from a printed page by another program."""

import subprocess
from io import BytesIO

import msgspec
import pytest
import zxingcpp
from PIL import Image

from ledger.public_url import PUBLIC_URL_LENGTH_MAX, verify_url
from reports.fonts import Fonts
from reports.pdf import lay_out, render
from reports.pdf.page import BLACK
from reports.pdf.qr import qr
from reports.statement import Statement
from tests.conftest import missing_service
from tests.reports.test_pdf import Compute, document, text_of
from tests.servers import MissingServerError, find_program

BASE = "https://suanquan.example.gov.cn"
NUMBER = "SQ-C-2022-07-91420100MA4K2XY18X-1"
LONGEST = f"SQ-A-2022-07-{'9A' * 32}-999999999"

# A page on a telephone's camera: printed at 300 dots, seen at half of that.
DPI = "150"


@pytest.fixture(scope="module")
def pdftoppm() -> str:
    """Return the path of a program that draws pages, not one of ours."""
    try:
        return find_program("pdftoppm", "poppler-utils")
    except MissingServerError:
        missing_service("pdftoppm", "as root: apt-get install poppler-utils")


def issued(number: str, base: str | None = BASE) -> Statement:
    """Return a small statement as it is issued by a centre whose portal is there."""
    return document(number=number, verify_url=base and verify_url(base, number))


def scanned(pdftoppm: str, pdf: bytes) -> list[zxingcpp.Barcode]:
    """Return the codes that another program reads on the first page as it is drawn."""
    asked = [pdftoppm, "-r", DPI, "-gray", "-l", "1", "-"]
    drawn = subprocess.run(asked, input=pdf, check=True, capture_output=True).stdout
    return list(zxingcpp.read_barcodes(Image.open(BytesIO(drawn))))


@pytest.mark.parametrize(
    ("number", "base"),
    [(NUMBER, BASE), (LONGEST, "https://" + "a" * (PUBLIC_URL_LENGTH_MAX - 8)), (NUMBER, None)],
)
def test_the_code_of_a_drawn_page_reads_back(
    pdftoppm: str, faces: Fonts, number: str, base: str | None
) -> None:
    pdf = render(issued(number, base), faces)
    (found,) = scanned(pdftoppm, pdf)
    said = verify_url(base, number) if base else number
    assert (found.format, found.text) == (zxingcpp.BarcodeFormat.QRCode, said)
    assert found.ec_level in {"M", "Q", "H"}
    assert said in text_of(pdf), "whoever has no camera can type it"
    assert ("扫码核验" in text_of(pdf)) == (base is not None)


def test_a_draft_has_no_code(pdftoppm: str, faces: Fonts) -> None:
    assert not scanned(pdftoppm, render(document(number=""), faces))


def test_the_code_stands_apart_from_everything_else(compute: Compute, faces: Fonts) -> None:
    for number, base in ((NUMBER, BASE), (LONGEST, BASE), ("SQ-N-2022-11-1-1", None)):
        statement = msgspec.structs.replace(
            compute(3), number=number, verify_url=base and verify_url(base, number)
        )
        (page, *_) = lay_out(statement, faces)
        code = [box for box in page.boxes if box.ink == BLACK and box.height < 4 and box.y < 120]
        quiet = 4 * min(box.width for box in code)
        left, right = min(box.x for box in code), max(box.x + box.width for box in code)
        lower = max(box.y + box.height for box in code)
        for run in page.runs:
            width = faces.width(run.text, run.style.size, bold=run.style.bold)
            assert run.x + width < left - quiet or run.y - 0.8 * run.style.size > lower + quiet, run
        assert right - left == pytest.approx(62, abs=0.6), "22 mm"


def test_what_a_code_is_made_of_fits_without_a_gap() -> None:
    boxes = list(qr("x" * 100, 10.0, 20.0, 62.0))
    module = min(box.height for box in boxes)
    assert {round(box.height / module, 6) for box in boxes} == {1.0}
    assert all((box.width / module) % 1 == pytest.approx(0, abs=1e-9) for box in boxes)
    edges = sorted({round(box.y * 100, 6) for box in boxes})
    assert all(edge % 1 == pytest.approx(0, abs=1e-6) for edge in edges)
