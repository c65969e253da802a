"""How long a request may take to arrive: whoever sends a byte a minute holds no worker up.

How large it may be, the application says (`portal.web.app`); headers that trickle in are a reverse
proxy's business, which reads them whole before it asks us.
"""

import asyncio
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, ReceiveMessage, Scope, Send

BODY_WITHIN_S: Final = 60.0
"""The largest body that we take, over a line of 5 Mbit/s."""


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
