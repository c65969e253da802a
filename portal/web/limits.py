"""How long a request may take to arrive, and how large it may be: nobody holds a worker up.

Headers that trickle in are a reverse proxy's business, which reads them whole before it asks us.
"""

import asyncio
from typing import Any, Final

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.enums import RequestEncodingType, ScopeType
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp, Receive, ReceiveMessage, Scope, Send

BODY_WITHIN_S: Final = 60.0
"""The largest body that we take, over a line of 5 Mbit/s."""

UPLOAD_BYTES_MAX: Final = 32 * 1024 * 1024
"""A scan of some pages; `ledger.documents` has the limit of a paper itself."""

STATEMENT_BYTES_MAX: Final = 8 * 1024 * 1024
"""Of a statement that anybody asks about: a year's has a quarter of one MB. It is held in memory,
and a stranger may send sixty at once."""

FORM_BYTES_MAX: Final = 1024 * 1024
"""Of a form that brings no file: the longest has forty reasons of 500 characters, nine bytes each
as a browser writes them."""

FIELDS_MAX: Final = 1_000
"""Of a form: a review has thirty, a year's choice of invoices some hundreds."""


async def require_few_fields(
    connection: ASGIConnection[Any, Any, Any, Any], _to: BaseRouteHandler
) -> None:
    """Raise `RequestEntityTooLarge` for a form of more fields than any page of ours has.

    To take one apart blocks every other visitor of the worker. The library counts those of
    multipart forms alone.
    """
    if not isinstance(connection, Request):
        return
    if connection.content_type[0] == RequestEncodingType.URL_ENCODED:
        body = await connection.body()
        if body.count(b"&") >= FIELDS_MAX:
            raise RequestEntityTooLarge


class Limits:
    """Gives up a request whose body does not arrive in time."""

    def __init__(self, app: ASGIApp, within_s: float = BODY_WITHIN_S) -> None:
        self.app = app
        self.within_s = within_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        clock = asyncio.get_running_loop().time
        until, arrived = clock() + self.within_s, False

        async def receive_in_time() -> ReceiveMessage:
            nonlocal arrived
            if arrived:
                # What comes after the body is that the visitor left, at any time.
                return await receive()
            async with asyncio.timeout_at(until):
                message = await receive()
            arrived = not message.get("more_body", False)
            return message

        await self.app(scope, receive_in_time, send)
