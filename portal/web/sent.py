"""What is sent to us, as it comes: forms in UTF-8 alone, and whoever leaves is no fault of ours.

A part of a multipart form may name its own encoding, and the library decodes it by any that Python
knows. Some take a time that grows with the square of what they decode: a form of 1 MB would keep
every visitor of the worker waiting for a minute. Browsers name none.
"""

from collections.abc import AsyncGenerator
from typing import Any, Final

from litestar import Request
from litestar.datastructures import FormMultiDict
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException, InternalServerException
from multipart import MultipartSegment, ParserError, PushMultipartParser

_UTF_8: Final = frozenset({"utf-8", "utf8"})


class Sent(Request[Any, Any, Any]):
    """A request whose form is refused as soon as a part of it is in another encoding than ours."""

    _parts: PushMultipartParser | None = None

    async def form(self) -> FormMultiDict:
        """Return the fields of a form; raises `ClientException` for one that cannot be read."""
        content_type, options = self.content_type
        try:
            if content_type == RequestEncodingType.MULTI_PART and "boundary" in options:
                self._parts = PushMultipartParser(options["boundary"].encode())
            return await super().form()
        except (ParserError, UnicodeError) as error:
            raise ClientException from error

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """Yield what comes; raises `ClientException` where the visitor leaves before the end."""
        try:
            async for block in super().stream():
                if self._parts is not None and block:
                    _require_ours(self._parts, block)
                yield block
        except InternalServerException as error:
            raise ClientException from error


def _require_ours(parts: PushMultipartParser, block: bytes) -> None:
    """Raise `ParserError` where a part that begins in a block names another encoding than ours."""
    for part in parts.parse(block):
        if isinstance(part, MultipartSegment) and (part.charset or "utf-8").lower() not in _UTF_8:
            raise ParserError
