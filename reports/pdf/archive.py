"""What an archive asks of a file beside its pages: PDF/A-2u, ISO 19005-2.

Metadata in XMP (ISO 16684-1) that says the same as the file's own, and the colours that its numbers
mean: an ICC profile (ICC.1:2010) of sRGB (IEC 61966-2-1), made here, so that no library's version
is in the bytes.
"""

import struct
from collections.abc import Sequence
from functools import cache
from typing import Final
from xml.sax.saxutils import escape

CONDITION: Final = "sRGB IEC61966-2.1"

# The primaries as seen in the profile's own white, D50, and how sRGB's white is turned into it.
_PRIMARIES: Final = {
    b"rXYZ": (0.43607, 0.22249, 0.01392),
    b"gXYZ": (0.38515, 0.71687, 0.09708),
    b"bXYZ": (0.14307, 0.06061, 0.71410),
}
_D50: Final = (0.9642, 1.0, 0.8249)
_ADAPTED: Final = (
    *(1.04788, 0.02292, -0.05022),
    *(0.02959, 0.99048, -0.01707),
    *(-0.00923, 0.01508, 0.75168),
)
# A curve in two pieces: gamma, and four numbers that join them.
_CURVE: Final = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_DAY: Final = (1999, 10, 18, 0, 0, 0)


def metadata(*, title: str, author: str, subject: str, creator: str, producer: str) -> bytes:
    """Return what a file says of itself as an XMP packet, without a date as the file itself."""
    return "\n".join(
        [
            '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>',
            '<x:xmpmeta xmlns:x="adobe:ns:meta/">',
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
            '<rdf:Description rdf:about=""',
            ' xmlns:dc="http://purl.org/dc/elements/1.1/"',
            ' xmlns:pdf="http://ns.adobe.com/pdf/1.3/"',
            ' xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"',
            ' xmlns:xmp="http://ns.adobe.com/xap/1.0/">',
            "<pdfaid:part>2</pdfaid:part>",
            "<pdfaid:conformance>U</pdfaid:conformance>",
            f"<dc:title>{_alternative(title)}</dc:title>",
            f"<dc:creator><rdf:Seq><rdf:li>{escape(author)}</rdf:li></rdf:Seq></dc:creator>",
            f"<dc:description>{_alternative(subject)}</dc:description>",
            f"<xmp:CreatorTool>{escape(creator)}</xmp:CreatorTool>",
            f"<pdf:Producer>{escape(producer)}</pdf:Producer>",
            "</rdf:Description>",
            "</rdf:RDF>",
            "</x:xmpmeta>",
            '<?xpacket end="r"?>',
        ]
    ).encode()


def _alternative(text: str) -> str:
    """Return a text as the only one of its translations."""
    return f'<rdf:Alt><rdf:li xml:lang="x-default">{escape(text)}</rdf:li></rdf:Alt>'


@cache
def profile() -> bytes:
    """Return the ICC profile of sRGB."""
    curve = b"para" + bytes(4) + struct.pack(">H2x", 3) + _fixed(_CURVE)
    tags = {
        b"desc": _localised(CONDITION),
        b"cprt": _localised("No copyright, use freely"),
        b"wtpt": _xyz(_D50),
        b"chad": b"sf32" + bytes(4) + _fixed(_ADAPTED),
        **{tag: _xyz(value) for tag, value in _PRIMARIES.items()},
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    start = 128 + 4 + 12 * len(tags)
    table, data = struct.pack(">I", len(tags)), b""
    for tag, value in tags.items():
        table += tag + struct.pack(">II", start + len(data), len(value))
        data += value + bytes(-len(value) % 4)
    return _header(start + len(data)) + table + data


def _header(size: int) -> bytes:
    """Return the first 128 bytes: a display's profile of version 4.2, perceptual."""
    made = struct.pack(">I4xI", size, 0x04200000) + b"mntrRGB XYZ "
    made += struct.pack(">6H", *_DAY) + b"acsp" + bytes(28) + _fixed(_D50)
    return made + bytes(128 - len(made))


def _xyz(value: Sequence[float]) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(value)


def _fixed(values: Sequence[float]) -> bytes:
    """Return numbers with sixteen bits behind their point."""
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))


def _localised(text: str) -> bytes:
    """Return a text in English, of the United States as all readers expect."""
    said = text.encode("utf-16-be")
    return b"mluc" + bytes(4) + struct.pack(">II4sII", 1, 12, b"enUS", len(said), 28) + said
