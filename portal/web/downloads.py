"""Files that a visitor takes with him: never shown in the page's own place, never guessed at."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from litestar import Response

MEDIA: Final[Mapping[str, str]] = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pdf": "application/pdf",
    ".svg": "image/svg+xml",
    ".beancount": "text/plain",
    ".journal": "text/plain",
}
"""What each ending is, in the words of the media types' registry."""


def attachment(raw: bytes, name: str) -> Response[bytes]:
    """Return a file to be saved under a name, whose ending says what it is (RFC 6266)."""
    ending = name[name.rindex(".") :]
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    return Response(raw, media_type=MEDIA[ending], headers=headers)
