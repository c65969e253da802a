"""The mark 样章 on each page of a file that is not sealed, and the same file without it.

All pages show one form XObject (ISO 32000-1, 8.10). To take the mark away is an incremental update
(7.5.6) that puts an empty one in its place: the unsigned bytes stay the beginning of the file.
"""

import re
from typing import Final

NAME: Final = "sample"

_MARK: Final = re.compile(rb"/FormXob\.sample (\d+) 0 R")
_TRAILER: Final = re.compile(
    rb"trailer\n<<\n/ID \n(\[<\w+><\w+>\])\n[^\n]*\n\n"
    rb"(/Info \d+ 0 R\n/Root \d+ 0 R\n/Size \d+)\n>>\nstartxref\n(\d+)\n%%EOF\n\Z"
)


def unmark(pdf: bytes) -> bytes | None:
    """Return an unsigned statement without the mark, None for one that was printed without any.

    It begins with the bytes given, and is the same each time.
    """
    # The pages, which name the mark, stand before everything that a person wrote.
    mark, trailer = _MARK.search(pdf), _TRAILER.search(pdf)
    if mark is None or trailer is None:
        return None
    number, (identity, entries, start) = int(mark[1]), trailer.groups()
    update = (
        b"%d 0 obj\n<<\n/BBox [ 0 0 1 1 ] /FormType 1 /Length 0 /Subtype /Form /Type /XObject\n>>\n"
        b"stream\n\nendstream\nendobj\n" % number
    )
    return b"".join(
        (
            pdf,
            update,
            b"xref\n%d 1\n%010d 00000 n \n" % (number, len(pdf)),
            b"trailer\n<<\n/ID %b\n%b\n/Prev %b\n>>\n" % (identity, entries, start),
            b"startxref\n%d\n%%%%EOF\n" % (len(pdf) + len(update)),
        )
    )
