"""Each answer that shows what is an enterprise's is noted before it leaves.

What a route behind a role answers counts as an access; one that anybody may open does not, nor do
pages about the visitor himself, nor those of administrators, who see nothing of enterprises.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from anyio import CancelScope, create_task_group, sleep
from anyio.to_thread import run_sync
from litestar import Litestar, Request
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send

from portal.audit.accesses import LOG, Accesses, Look
from portal.fault import tell_fault
from portal.web.address import API
from portal.web.audience import ADMINISTRATOR, ANYBODY, SIGNED_IN
from portal.web.errors import answer_error

# An auditor who waits for a look to show waits no longer.
TAKEN_IN_S: Final = 5

_NOTHING_SHOWN: Final = (ANYBODY, SIGNED_IN, ADMINISTRATOR)


class Recording(ASGIMiddleware):
    """Notes what an answer shows; what cannot be noted is not sent."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Answer a request, by an error where what it would show cannot be noted."""
        failed: OSError | None = None

        async def note_and_send(message: Message) -> None:
            nonlocal failed
            if message["type"] == "http.response.start":
                try:
                    _note(scope, message)
                except OSError as error:
                    failed = error
            if failed is None:
                await send(message)

        await next_app(scope, receive, note_and_send)
        if failed is not None:
            # The library takes the answer for sent, and would not turn an error into another.
            request = Request[Any, Any, Any](scope, receive, send)
            answer = answer_error(request, failed).to_asgi_response(None, request)
            await answer(scope, receive, send)


def _note(scope: Scope, message: HTTPResponseStartEvent) -> None:
    """Note what an answer shows; raises `OSError` where that cannot be kept."""
    assert scope["type"] == ScopeType.HTTP, scope
    visit, who = scope["user"], scope["route_handler"].opt["who"]
    if not visit.person or who in _NOTHING_SHOWN or not _shows(message):
        return
    is_file = _is_file(message)
    # Other methods decide something, which the book records; a file may come of it.
    if scope["method"] == "GET" or is_file:
        place = scope["path"]
        look = Look(
            person=visit.person,
            enterprise=visit.enterprise or visit.shell.shown,
            access="downloaded" if is_file else "read",
            place=place,
            way="program" if place.startswith(API) else "page",
        )
        accesses: Accesses = scope["litestar_app"].state.accesses
        accesses.note(look, visit.at_ms)


def _shows(message: HTTPResponseStartEvent) -> bool:
    """Return whether an answer is what was asked for, or that what a browser keeps still is."""
    return message["status"] // 100 == 2 or message["status"] == 304  # noqa: PLR2004 - HTTP's


def _is_file(message: Message) -> bool:
    """Return whether an answer is a file to be kept."""
    said = MutableScopeHeaders.from_message(message).get("content-disposition", "")
    return str(said).startswith("attachment")


@asynccontextmanager
async def recording(app: Litestar) -> AsyncIterator[None]:
    """Take what was noted into the log now and then, and once more at the end."""
    accesses: Accesses = app.state.accesses
    async with create_task_group() as tasks:
        tasks.start_soon(_take_in_turns, accesses)
        yield
        tasks.cancel_scope.cancel()
    with CancelScope(shield=True):
        await run_sync(_take_in, accesses)


async def _take_in_turns(accesses: Accesses) -> None:
    """Take in what was noted, for as long as the portal runs."""
    while True:
        await sleep(TAKEN_IN_S)
        await run_sync(_take_in, accesses)


def _take_in(accesses: Accesses) -> None:
    """Take in what was noted; what cannot be recorded now stays for the next turn."""
    try:
        accesses.take_in()
    except Exception as error:  # noqa: BLE001 - whatever it is, the portal goes on
        LOG.error("accesses: %s", tell_fault(error))
