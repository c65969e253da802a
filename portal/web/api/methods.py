"""Which methods an address takes, told to whoever asks by OPTIONS (RFC 9110, section 9.3.7).

The library's own answer knows the methods of the handler alone that was registered first.
"""

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send


class Methods(ASGIMiddleware):
    """Answers OPTIONS for every address of the interface."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Answer a request."""
        if scope["type"] != ScopeType.HTTP or scope["method"] != "OPTIONS":
            await next_app(scope, receive, send)
            return
        known = scope["litestar_app"].route_handler_method_map[scope["path_template"]]
        headers = [(b"allow", ", ".join(sorted(known)).encode())]
        await send({"type": "http.response.start", "status": 204, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
