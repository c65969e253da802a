"""What every answer carries: a request id, and what keeps a browser from doing more than it should.

No script and no style stands in a page, so the policy allows none (CSP level 3).
"""

import secrets
from collections.abc import Mapping
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}

# Two years, as the preload lists ask.
STRICT_TRANSPORT: Final = "max-age=63072000; includeSubDomains"

# A page has figures of one enterprise: no proxy keeps it, nor the browser's disk.
NO_STORE: Final = "no-store"

REQUEST_ID: Final = "request_id"
"""Where the state of a request has its id, which stands in the log and on a page of an error."""

_REQUEST_ID_BYTES: Final = 8


class Headers:
    """Adds the headers to every answer, errors included."""

    def __init__(self, app: ASGIApp, *, is_https: bool) -> None:
        self.app = app
        headers = dict(HEADERS)
        if is_https:
            headers["strict-transport-security"] = STRICT_TRANSPORT
        self.raw = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        request_id = secrets.token_hex(_REQUEST_ID_BYTES)
        scope.setdefault("state", {})[REQUEST_ID] = request_id

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message["headers"])
                names = {name for name, _ in given}
                given += [(b"x-request-id", request_id.encode())]
                given += [one for one in self.raw if one[0] not in names]
                if b"cache-control" not in names:
                    given.append((b"cache-control", NO_STORE.encode()))
                message["headers"] = given
            await send(message)

        await self.app(scope, receive, send_with_headers)
