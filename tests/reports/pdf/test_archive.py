"""What makes a statement fit for an archive: PDF/A-2u, by the parts that ISO 19005-2 asks for.

veraPDF 1.26 finds such files conforming, before and after a seal; it needs a Java and is no part of
the tests. What it found wanting once is held here.
"""

import re
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest
from PIL import Image, ImageCms
from pypdf import PdfReader

from ledger.text import Text
from reports.fonts import Fonts
from reports.pdf import render
from reports.pdf.archive import profile
from reports.pdf.mark import unmark
from reports.statement import Paragraph, Statement
from tests.reports.test_pdf import Compute, document

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
DC = "{http://purl.org/dc/elements/1.1/}"


@pytest.fixture(scope="module")
def pdf(compute: Compute, faces: Fonts) -> bytes:
    return render(compute(60), faces)


def root_of(pdf: bytes) -> Any:  # noqa: ANN401 - untyped
    return PdfReader(BytesIO(pdf), strict=True).trailer["/Root"]


def said(pdf: bytes) -> Element:
    """Return what a file's metadata describe."""
    packet = root_of(pdf)["/Metadata"].get_data()
    tree = fromstring(packet)  # noqa: S314 - our own file
    found = tree.find(f"{RDF}RDF/{RDF}Description")
    assert found is not None
    return found


def test_a_file_says_of_itself_twice_the_same(faces: Fonts) -> None:
    name = "甲 & <乙>公司 ]]> 𬭎"
    statement: Statement = document(Paragraph(Text("正文", "")), subject_name=name)
    pdf = render(statement, faces)
    metadata: Any = PdfReader(BytesIO(pdf)).metadata
    told = said(pdf)
    for tag, key in (("title", "/Title"), ("description", "/Subject"), ("creator", "/Author")):
        assert [
            one.text for one in told.iter(f"{RDF}li") if one in told.findall(f"{DC}{tag}//")
        ] == [metadata[key]]
    assert name in metadata["/Subject"]
    values = {one.tag.split("}")[1]: one.text for one in told}
    assert (values["part"], values["conformance"]) == ("2", "U")
    assert values["Producer"] == metadata["/Producer"]
    assert not re.search(rb"(Create|Modify|Metadata)Date", pdf)


def test_colours_are_those_of_srgb(pdf: bytes) -> None:
    (intent,) = root_of(pdf)["/OutputIntents"]
    inside = intent["/DestOutputProfile"].get_object()
    assert (intent["/S"], inside["/N"], inside.get_data()) == ("/GTS_PDFA1", 3, profile())
    ours = ImageCms.ImageCmsProfile(BytesIO(profile()))
    assert ImageCms.getProfileDescription(ours).strip() == "sRGB IEC61966-2.1"
    page = Image.frombytes("RGB", (256, 1), bytes(v for n in range(256) for v in (n, 255 - n, 77)))
    turned = ImageCms.profileToProfile(page, ours, ImageCms.createProfile("sRGB"))
    assert turned is not None
    pairs = zip(page.tobytes(), turned.tobytes(), strict=True)
    assert max(abs(one - other) for one, other in pairs) <= 1


def test_each_stream_is_as_long_as_it_says_and_ends_with_its_line(pdf: bytes) -> None:
    sealable = unmark(pdf)
    assert sealable is not None
    for file in (pdf, sealable):
        streams = list(re.finditer(rb"/Length (\d+).*?\n>>\nstream\n", file, re.DOTALL))
        assert len(streams) > 9
        for one in streams:
            assert file[one.end() + int(one[1]) :].startswith(b"\nendstream\n")
