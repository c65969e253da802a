"""The gate before every route: who asks, by which session or token, in which language.

Either is looked up in a thread, for the database may take its time, and once a request. Under
`/api/` a token counts and no cookie, so that no page of elsewhere can make a browser ask there.
"""

from functools import partial
from typing import Any, Final

from anyio.to_thread import run_sync
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from ledger.errors import RuleViolationError
from ledger.rights import Rights
from ledger.text import Language
from portal.accounts.sessions import find_session
from portal.shell import Shell, now_ms
from portal.web.address import is_of_interface, path_of, query_of
from portal.web.api.bearer import find_bearer, token_in
from portal.web.api.pace import Pace
from portal.web.cookies import session_cookie
from portal.web.form_token import token_of
from portal.web.headers import REQUEST_ID
from portal.web.visit import SignedIn, Visit

LANGUAGE_COOKIE: Final = "suanquan_language"

Asked = ASGIConnection[Any, Any, Any, Any]

_PUBLIC: Final = Rights()


class Gate(AbstractAuthenticationMiddleware):
    """Finds out who asks; whether he may, `portal.web.audience` says."""

    async def authenticate_request(self, connection: Asked) -> AuthenticationResult:
        """Return the visit as the request's user."""
        state: State = connection.app.state
        if is_of_interface(connection):
            visit = await _find_holder(connection)
            return AuthenticationResult(visit, visit.session)
        opt = connection.route_handler.opt
        secret = connection.cookies.get(session_cookie(state), "")
        if secret and not opt.get("static"):
            find = partial(find_session, is_seen=not opt.get("live"))
            session = await run_sync(find, state.shell, secret, state.shell.by_clock(now_ms()))
            visit = _visit(connection, session)
        else:
            visit = stranger(connection)
        return AuthenticationResult(visit, visit.session)


def visit_of(request: Request[Any, Any, Any]) -> Visit:
    """Return the visit of a request, with the token that its forms carry.

    What goes wrong before the gate happens to a stranger.
    """
    visit: Visit = request.scope.get("user") or stranger(request)
    return visit.with_token(partial(token_of, request))


def stranger(connection: Asked) -> Visit:
    """Return the visit of somebody of whom nothing is known but his language."""
    return _visit(connection, None)


async def _find_holder(connection: Asked) -> Visit:
    """Return the visit of a token's holder, once he has not asked too often.

    Whoever shows none, or one that is not valid, is counted by where he asks from.
    """
    state: State = connection.app.state
    pace: Pace = state.pace
    token = token_in(connection.headers.get("authorization", ""))
    address = connection.client.host if connection.client else ""
    if not token:
        pace.take_of_address(address)
        return stranger(connection)
    try:
        bearer = await run_sync(find_bearer, state.shell, token, state.shell.by_clock(now_ms()))
    except RuleViolationError:
        pace.take_of_address(address)
        raise
    pace.take_of_token(bearer.person)
    return _visit(connection, bearer)


def _visit(connection: Asked, session: SignedIn | None) -> Visit:
    """Return the visit of a session or of a token's holder, None for the public."""
    shell: Shell = connection.app.state.shell
    person, roster = (session.person, session.rights) if session else ("", None)
    theirs = shell.for_person(person, language_of(connection), roster)
    query = query_of(connection)
    path = path_of(connection) + (f"?{query}" if query else "")
    request_id = str(connection.scope["state"].get(REQUEST_ID, ""))
    rights = session.rights if session else _PUBLIC
    about = str(connection.path_params.get("enterprise", ""))
    return Visit(theirs, session, rights, path, shell.by_clock(now_ms()), request_id, about)


def language_of(connection: Asked) -> Language:
    """Return the language that the visitor chose, else the browser's where it is English."""
    chosen = connection.cookies.get(LANGUAGE_COOKIE)
    if chosen in ("zh", "en"):
        return "zh" if chosen == "zh" else "en"
    first = connection.headers.get("accept-language", "").strip().lower()
    return "en" if first.startswith("en") else "zh"
