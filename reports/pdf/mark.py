"""The mark 样章 on each page of a file that is not sealed, and the same file ready for a seal.

All pages show one form XObject (ISO 32000-1, 8.10). To take the mark away is an incremental update
(7.5.6) that puts an empty one in its place: the unsigned bytes stay the beginning of the file. The
same update gives the document an empty form, so that a seal only has to fill in its field.
"""

import re
from typing import Final

NAME: Final = "sample"

_MARK: Final = re.compile(rb"/FormXob\.sample (\d+) 0 R")
_TRAILER: Final = re.compile(
    rb"trailer\n<<\n/ID \n(\[<\w+><\w+>\])\n[^\n]*\n\n"
    rb"(/Info \d+ 0 R\n/Root (\d+) 0 R\n/Size \d+)\n>>\nstartxref\n(\d+)\n%%EOF\n\Z"
)
_NOTHING: Final = b"""<<
/BBox [ 0 0 1 1 ] /FormType 1 /Length 0 /Subtype /Form /Type /XObject
>>
stream

endstream"""


def unmark(pdf: bytes) -> bytes | None:
    """Return an unsigned statement without the mark, None for one that was printed without any.

    It begins with the bytes given, and is the same each time.
    """
    # The pages, which name the mark, stand before everything that a person wrote.
    mark, trailer = _MARK.search(pdf), _TRAILER.search(pdf)
    if mark is None or trailer is None:
        return None
    identity, entries, root, start = trailer.groups()
    catalogue = re.search(rb"\n%b 0 obj\n<<\n(.*?)\n>>\nendobj\n" % root, pdf, re.DOTALL)
    assert catalogue is not None, "every file has a catalogue"
    changed = {
        int(mark[1]): _NOTHING,
        int(root): b"<<\n/AcroForm << /Fields [ ] /SigFlags 3 >> %b\n>>" % catalogue[1],
    }
    return pdf + _update(len(pdf), changed, identity, entries, start)


def _update(
    offset: int, changed: dict[int, bytes], identity: bytes, entries: bytes, start: bytes
) -> bytes:
    """Return what follows a file so that some of its objects are other ones."""
    objects, places = b"", b""
    for number, body in sorted(changed.items()):
        places += b"%d 1\n%010d 00000 n \n" % (number, offset + len(objects))
        objects += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    return b"".join(
        (
            objects,
            b"xref\n",
            places,
            b"trailer\n<<\n/ID %b\n%b\n/Prev %b\n>>\n" % (identity, entries, start),
            b"startxref\n%d\n%%%%EOF\n" % (offset + len(objects)),
        )
    )
