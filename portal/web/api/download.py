"""Files as they are handed out: bytes that a browser saves and does not show."""

from litestar import Response

from portal.web.api.body import FILE


def download(content: bytes, name: str) -> Response[bytes]:
    """Return a file under a name that needs no quoting in a header."""
    disposition = f'attachment; filename="{name}"'
    return Response(content, media_type=FILE, headers={"content-disposition": disposition})
