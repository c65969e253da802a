"""Which methods an address takes (RFC 9110, section 9.3): HEAD wherever GET, OPTIONS everywhere.

The library's own answer to OPTIONS knows the methods of the handler alone that was registered
first, and it gives HEAD to no handler that does not ask for it.
"""

from typing import Final

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, HTTPResponseBodyEvent, Message, Receive, Scope, Send

_END: Final[HTTPResponseBodyEvent] = {
    "type": "http.response.body",
    "body": b"",
    "more_body": False,
}


class Methods(ASGIMiddleware):
    """Answers OPTIONS for every address."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Answer a request."""
        if scope["type"] != ScopeType.HTTP or scope["method"] != "OPTIONS":
            await next_app(scope, receive, send)
            return
        known = {
            method
            for route in scope["litestar_app"].routes
            if isinstance(route, HTTPRoute) and route.path_format == scope["path_template"]
            for method in route.methods
        }
        headers = [(b"allow", ", ".join(sorted(known)).encode())]
        await send({"type": "http.response.start", "status": 204, "headers": headers})
        await send(_END)


class Heads:
    """Answers HEAD as GET, but for the body; everything within sees a GET and judges it as one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        is_head, is_ended = scope["method"] == "HEAD", False

        async def send_head(message: Message) -> None:
            nonlocal is_ended
            if message["type"] == "http.response.start":
                message["headers"] = [_with_head(*one) for one in message["headers"]]
            elif is_head:
                message, was_ended, is_ended = _END, is_ended, True
                if was_ended:
                    return
            await send(message)

        if is_head:
            scope["method"] = "GET"
        try:
            await self.app(scope, receive, send_head)
        finally:
            if is_head:
                # Whoever counts requests outside counts this one as what it was.
                scope["method"] = "HEAD"


def _with_head(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """Return a header of an answer; `Allow` says HEAD beside GET."""
    methods = set(value.split(b", "))
    is_told = name == b"allow" and b"GET" in methods
    return name, b", ".join(sorted(methods | {b"HEAD"})) if is_told else value
