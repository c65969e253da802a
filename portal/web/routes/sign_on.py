"""Signing in by an identity provider: leaving for it, coming back, and the code that may follow.

A form that leads to another host would need that host in the policy of the page. So each answers
with a page of ours, which goes on by itself.
"""

from typing import Annotated, Any, Final

from litestar import Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from msgspec import Struct

from ledger.errors import LedgerError
from portal.accounts.provider import Answer
from portal.accounts.provider_settings import RETURN_PATH, label_of
from portal.accounts.sessions import Session
from portal.accounts.sign_on import (
    Arrived,
    Here,
    Leaving,
    awaits_code,
    come_back,
    give_code,
    leave,
    leave_with_invitation,
)
from portal.web.apart import apart
from portal.web.audience import ANYBODY
from portal.web.cookies import departure_cookie, keep, keep_departure, session_cookie
from portal.web.errors import for_page, status_of
from portal.web.page import onward, page
from portal.web.routes.home import own_path
from portal.web.routes.sign_in import SignInForm, address_of, sign_in_form
from portal.web.visit import Visit, Visitor

Asked = Request[Any, Any, Any]

CODE_PATH: Final = "/sign-in/code"


class LeaveForm(Struct):
    """Where somebody wanted to go."""

    back: str = "/"


class CodeForm(Struct):
    """A code of an app, or a recovery code."""

    code: str = ""


Posted = Annotated[LeaveForm, Body(media_type=RequestEncodingType.URL_ENCODED)]
Typed = Annotated[CodeForm, Body(media_type=RequestEncodingType.URL_ENCODED)]


def lead_away(request: Asked, visit: Visit, leaving: Leaving) -> Response[Any]:
    """Return the page that goes on to the provider by itself."""
    label = label_of(visit.shell.settings)
    answer = page(visit, "leaving.html", address=leaving.address, provider=label)
    return keep_departure(answer, leaving.secret, request.app.state)


@post("/sign-in/provider", who=ANYBODY, status_code=200)
@apart("provider")
def go(request: Asked, visit: Visitor, data: Posted) -> Response[Any]:
    """Return the way to the provider; where it is away, the form for a password."""
    back = own_path(data.back)
    try:
        leaving = leave(visit.shell, back, address_of(request), visit.at_ms)
    except LedgerError as error:
        return sign_in_form(visit, SignInForm(back=back), error)
    return lead_away(request, visit, leaving)


@post("/invitation/{secret:str}/provider", who=ANYBODY, status_code=200)
@apart("provider")
def accept_by(request: Asked, visit: Visitor, secret: FromPath[str]) -> Response[Any]:
    """Return the way to the provider, to accept an invitation by an identity."""
    leaving = leave_with_invitation(visit.shell, secret, address_of(request), visit.at_ms)
    return lead_away(request, visit, leaving)


@get(RETURN_PATH, who=ANYBODY, enrolling=True)
@apart("provider")
def come(request: Asked, visit: Visitor) -> Response[Any]:
    """Return to where somebody wanted to go, once the provider has said who he is."""
    # One of its names is the library's own for something else.
    said, state = request.query_params, request.app.state
    answer = Answer(said.get("state", ""), said.get("code", ""), said.get("iss"), said.get("error"))
    secret = request.cookies.get(departure_cookie(state), "")
    try:
        arrived = come_back(state.shell, secret, answer, _here(request, visit))
    except LedgerError as refused:
        return _refused(visit, refused)
    if arrived.code_secret is not None:
        return keep_departure(onward(CODE_PATH), arrived.code_secret, state)
    return _go_on(request, arrived)


def _refused(visit: Visit, error: LedgerError) -> Response[Any]:
    """Return the form for a password with what was wrong, to whoever is not signed in."""
    if visit.session is not None:
        raise error
    return sign_in_form(visit, SignInForm(), error)


def _here(request: Asked, visit: Visit) -> Here:
    """Return what a browser comes with."""
    session = visit.session if isinstance(visit.session, Session) else None
    secret = request.cookies.get(session_cookie(request.app.state))
    return Here(session, secret, address_of(request), visit.at_ms)


def _go_on(request: Asked, arrived: Arrived) -> Response[Any]:
    """Return to where somebody wanted to go."""
    state = request.app.state
    if arrived.signed_in is None:
        return keep_departure(onward(arrived.back, "linked"), "", state)
    return keep_departure(keep(onward(own_path(arrived.back)), arrived.signed_in, state), "", state)


@get(CODE_PATH, who=ANYBODY, sync_to_thread=True)
def code_page(request: Asked, visit: Visitor) -> Response[Any]:
    """Return the form for the code of somebody whom the provider has seen."""
    return _ask_code(request, visit)


@post(CODE_PATH, who=ANYBODY, status_code=200, sync_to_thread=True)
def take_code(request: Asked, visit: Visitor, data: Typed) -> Response[Any]:
    """Return to where somebody wanted to go, once his code is right."""
    secret = request.cookies.get(departure_cookie(request.app.state), "")
    try:
        arrived = give_code(visit.shell, secret, data.code, _here(request, visit))
    except LedgerError as error:
        return _ask_code(request, visit, error)
    return _go_on(request, arrived)


def _ask_code(request: Asked, visit: Visit, error: LedgerError | None = None) -> Response[Any]:
    """Return the form for a code, with what was wrong with the last one."""
    secret = request.cookies.get(departure_cookie(request.app.state), "")
    try:
        person = awaits_code(visit.shell, secret, visit.at_ms)
    except LedgerError as stale:
        return _refused(visit, stale)
    told = for_page(error, visit) if error else None
    status = status_of(error) if error else 200
    return page(visit, "sign_on_code.html", status, person=person, error=told)


ROUTES: Final = [go, accept_by, come, code_page, take_code]
