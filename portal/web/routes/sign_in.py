"""Signing in and out, and the one-time link by which somebody sets his password."""

from typing import Annotated, Any, Final

from litestar import Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery
from litestar.response import Redirect
from msgspec import Struct

from ledger.errors import LedgerError, RuleViolationError
from portal.accounts.invitations import accept_invitation, look_at_invitation
from portal.accounts.passwords import ALONE_LENGTH_MIN, BESIDE_LENGTH_MIN
from portal.accounts.provider_settings import label_of
from portal.accounts.sessions import sign_out
from portal.accounts.sign_in import sign_in
from portal.web.apart import apart
from portal.web.audience import ANYBODY, SIGNED_IN
from portal.web.cookies import forget, keep, session_cookie
from portal.web.errors import for_page, status_of
from portal.web.page import onward, page, told
from portal.web.routes.home import own_path
from portal.web.visit import Visit, Visitor

Asked = Request[Any, Any, Any]

_WRONG_FIELDS: Final = {
    "code_required": "code",
    "wrong_code": "code",
    "throttled": "name",
    "wrong_credentials": "name",
}
"""The field that is wrong by an error's code: the account, as nobody is told more, or the code."""


class SignInForm(Struct):
    """What somebody types to sign in, and where he wanted to go."""

    name: str = ""
    password: str = ""
    code: str = ""
    back: str = "/"


class PasswordForm(Struct):
    """A password, twice: nobody sees what he types."""

    password: str = ""
    again: str = ""


Posted = Annotated[SignInForm, Body(media_type=RequestEncodingType.URL_ENCODED)]
Chosen = Annotated[PasswordForm, Body(media_type=RequestEncodingType.URL_ENCODED)]


def address_of(request: Asked) -> str:
    """Return where a request comes from."""
    return request.client.host if request.client else ""


@get("/sign-in", who=ANYBODY, sync_to_thread=True)
def sign_in_page(
    visit: Visitor, back: FromQuery[str] = "/", done: FromQuery[str | None] = None
) -> Response[Any]:
    """Return the form; whoever has signed in goes on."""
    if visit.session is not None:
        return onward(own_path(back))
    return sign_in_form(visit, SignInForm(back=own_path(back)), done=told(visit, done))


def sign_in_form(
    visit: Visit, form: SignInForm, error: LedgerError | None = None, done: str | None = None
) -> Response[Any]:
    """Return the form, with what was wrong; a password is typed anew."""
    status = status_of(error) if error else 200
    return page(
        visit,
        "sign_in.html",
        status,
        form=form,
        error=for_page(error, visit) if error else None,
        wrong=_WRONG_FIELDS.get(error.code, "") if error else "",
        provider=label_of(visit.shell.settings),
        done=done,
    )


@post("/sign-in", who=ANYBODY, status_code=200)
@apart("hashing")
def begin(request: Asked, visit: Visitor, data: Posted) -> Response[Any]:
    """Return to where somebody wanted to go once he has shown who he is."""
    previous = request.cookies.get(session_cookie(request.app.state))
    try:
        found = sign_in(
            request.app.state.shell,
            data.name.strip(),
            data.password,
            data.code,
            address_of(request),
            visit.at_ms,
            previous,
        )
    except RuleViolationError as error:
        return sign_in_form(visit, data, error)
    return keep(onward(own_path(data.back)), found, request.app.state)


@post("/sign-out", who=SIGNED_IN, enrolling=True, status_code=200, sync_to_thread=True)
def end(request: Asked, visit: Visitor) -> Redirect:
    """Return to the home page without a session."""
    sign_out(visit.shell, request.cookies.get(session_cookie(request.app.state), ""))
    answer = forget(onward("/", "signed_out"), request.app.state)
    # What the browser still shows of the pages is nobody's any more.
    answer.headers["clear-site-data"] = '"cache", "storage"'
    return answer


@get("/invitation/{secret:str}", who=ANYBODY, sync_to_thread=True)
def invitation(visit: Visitor, secret: FromPath[str]) -> Response[Any]:
    """Return the form by which whoever was invited sets his password."""
    return _choose(visit, secret)


@post("/invitation/{secret:str}", who=ANYBODY, status_code=200)
@apart("hashing")
def accept(request: Asked, visit: Visitor, secret: FromPath[str], data: Chosen) -> Response[Any]:
    """Return to the form for signing in once a password is set."""
    if data.password != data.again:
        return _choose(visit, secret, differs=True)
    try:
        accept_invitation(request.app.state.shell, secret, data.password, visit.at_ms)
    except LedgerError as error:
        if error.code == "unknown_invitation":
            raise
        return _choose(visit, secret, error)
    return onward("/sign-in", "password_set")


def _choose(
    visit: Visit, secret: str, error: LedgerError | None = None, *, differs: bool = False
) -> Response[Any]:
    """Return the form for a password, with what was wrong with the last one."""
    invited = look_at_invitation(visit.shell, secret, visit.at_ms)
    least = ALONE_LENGTH_MIN if invited.is_alone else BESIDE_LENGTH_MIN
    return page(
        visit,
        "invitation.html",
        400 if error or differs else 200,
        person=invited.person,
        secret=secret,
        least=least,
        error=for_page(error, visit) if error else None,
        differs=differs,
        provider=label_of(visit.shell.settings),
    )


ROUTES: Final = [sign_in_page, begin, end, invitation, accept]
