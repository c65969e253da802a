"""The gate before every route: who asks, by which session, in which language.

The session is looked up in a thread, for the database may take its time, and once a request.
"""

from typing import Any, Final

from anyio.to_thread import run_sync
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.utils.scope.state import ScopeState

from ledger.rights import Rights
from ledger.text import Language
from portal.sessions import Session, find_session
from portal.shell import Shell, now_ms
from portal.web.headers import REQUEST_ID
from portal.web.visit import Visit

SESSION_COOKIE: Final = "suanquan_session"
LANGUAGE_COOKIE: Final = "suanquan_language"

Asked = ASGIConnection[Any, Any, Any, Any]

_PUBLIC: Final = Rights()


class Gate(AbstractAuthenticationMiddleware):
    """Finds out who asks; whether he may, `portal.web.audience` says."""

    async def authenticate_request(self, connection: Asked) -> AuthenticationResult:
        """Return the visit as the request's user."""
        state: State = connection.app.state
        secret = connection.cookies.get(SESSION_COOKIE, "")
        if secret and not connection.route_handler.opt.get("static"):
            session = await run_sync(find_session, state.shell, secret, now_ms())
            visit = _visit(connection, session)
        else:
            visit = stranger(connection)
        return AuthenticationResult(visit, visit.session)


def visit_of(request: Request[Any, Any, Any]) -> Visit:
    """Return the visit of a request, with the token that its forms carry.

    What goes wrong before the gate happens to a stranger.
    """
    visit: Visit = request.scope.get("user") or stranger(request)
    return visit.with_csrf(str(ScopeState.from_scope(request.scope).csrf_token or ""))


def stranger(connection: Asked) -> Visit:
    """Return the visit of somebody of whom nothing is known but his language."""
    return _visit(connection, None)


def _visit(connection: Asked, session: Session | None) -> Visit:
    """Return the visit of a session, None for the public."""
    shell: Shell = connection.app.state.shell
    theirs = shell.for_person(session.person if session else "", language_of(connection))
    path = connection.url.path + (f"?{connection.url.query}" if connection.url.query else "")
    request_id = str(connection.scope["state"].get(REQUEST_ID, ""))
    rights = session.rights if session else _PUBLIC
    return Visit(theirs, session, rights, path, now_ms(), request_id)


def language_of(connection: Asked) -> Language:
    """Return the language that the visitor chose, else the browser's where it is English."""
    chosen = connection.cookies.get(LANGUAGE_COOKIE)
    if chosen in ("zh", "en"):
        return "zh" if chosen == "zh" else "en"
    first = connection.headers.get("accept-language", "").strip().lower()
    return "en" if first.startswith("en") else "zh"
