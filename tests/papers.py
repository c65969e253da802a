"""Small real papers of each kind that may be filed, made by the programs that make them."""

import zipfile
from io import BytesIO
from typing import Final

from PIL import Image
from reportlab.pdfgen.canvas import Canvas

OFD_XML: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016" DocType="OFD" Version="1.1"/>'
)
INVOICE_XML: Final = (
    '<?xml version="1.0" encoding="UTF-8"?><EInvoice><Header><EIid>22420000000000000001</EIid>'
    "</Header></EInvoice>"
)


def make_pdf(text: str = "contract", pages: int = 1) -> bytes:
    """Return a PDF that says something on each page."""
    file = BytesIO()
    canvas = Canvas(file, invariant=1)
    for number in range(pages):
        canvas.drawString(72, 720, f"{text} {number}")
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def make_image(kind: str, size: tuple[int, int] = (120, 80), seed: int = 1) -> bytes:
    """Return a PNG or a JPEG."""
    file = BytesIO()
    Image.new("RGB", size, (seed % 256, 40, 200)).save(file, kind)
    return file.getvalue()


def make_ofd(*more: tuple[str, bytes], root: str = OFD_XML) -> bytes:
    """Return an OFD with some entries more."""
    return make_zip(("OFD.xml", root.encode()), ("Doc_0/Document.xml", b"<Document/>"), *more)


def make_zip(*entries: tuple[str, bytes]) -> bytes:
    """Return a ZIP archive of some entries."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return file.getvalue()


def make_xml(text: str = INVOICE_XML) -> bytes:
    """Return an e-invoice as XML."""
    return text.encode()
