"""Somebody's own account: his roles, his password, his one-time codes."""

from typing import Annotated, Any, Final

from litestar import Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromQuery
from msgspec import Struct

from ledger.errors import LedgerError
from portal.accounts.enrolment import (
    begin_enrolment,
    confirm_enrolment,
    recovery_codes_left,
    renew_recovery_codes,
)
from portal.accounts.passwords import ALONE_LENGTH_MIN, BESIDE_LENGTH_MIN
from portal.accounts.people import TITLES
from portal.accounts.provider_settings import label_of
from portal.accounts.sessions import Session, sign_out_everywhere
from portal.accounts.sign_in import change_password
from portal.accounts.sign_on import find_own, leave_to_link, unlink
from portal.acting import acting
from portal.web.apart import apart
from portal.web.audience import SIGNED_IN
from portal.web.cookies import forget, keep
from portal.web.errors import for_page, status_of
from portal.web.page import onward, page, told
from portal.web.routes.sign_in import address_of
from portal.web.routes.sign_on import lead_away
from portal.web.visit import Visit, Visitor
from vouchers.catalogue import name_programme

Asked = Request[Any, Any, Any]


class CodeForm(Struct):
    """A code of an app."""

    code: str = ""


class ChangeForm(Struct):
    """The password that somebody has, and another one, twice."""

    password: str = ""
    wanted: str = ""
    again: str = ""


class PasswordForm(Struct):
    """The password that somebody has, to link an identity."""

    password: str = ""


LinkForm = Annotated[PasswordForm, Body(media_type=RequestEncodingType.URL_ENCODED)]
Typed = Annotated[CodeForm, Body(media_type=RequestEncodingType.URL_ENCODED)]
Changed = Annotated[ChangeForm, Body(media_type=RequestEncodingType.URL_ENCODED)]


@get("/account", who=SIGNED_IN, sync_to_thread=True)
def account(visit: Visitor, done: FromQuery[str | None] = None) -> Response[Any]:
    """Return what somebody may do, and how he signs in."""
    return _show(visit, done=told(visit, done))


def _show(visit: Visit, status: int = 200, **values: Any) -> Response[Any]:  # noqa: ANN401 - what the page names
    """Return the page of an account."""
    session = _session(visit)
    roles = sorted(session.rights.grants.get(visit.person, ()), key=str)
    least = ALONE_LENGTH_MIN if _is_alone(visit) else BESIDE_LENGTH_MIN
    linked, has_password = find_own(visit.shell, session)
    shown = {"error": None, "link_error": None, "differs": False, "codes": None, **values}
    shown |= {"linked": linked, "has_password": has_password}
    shown |= {"provider": label_of(visit.shell.settings)}
    left = recovery_codes_left(visit.shell, session)
    names = {"titles": TITLES, "name_programme": name_programme}
    return page(
        visit, "account.html", status, roles=roles, least=least, left=left, **names, **shown
    )


@post("/account/sign-on", who=SIGNED_IN, status_code=200)
@apart("provider")
def link(request: Asked, visit: Visitor, data: LinkForm) -> Response[Any]:
    """Return the way to the identity provider, to link an identity to this account."""
    try:
        leaving = leave_to_link(
            visit.shell, _session(visit), data.password, address_of(request), visit.at_ms
        )
    except LedgerError as error:
        return _show(visit, status_of(error), link_error=for_page(error, visit))
    return lead_away(request, visit, leaving)


@post("/account/sign-on/remove", who=SIGNED_IN, status_code=200, sync_to_thread=True)
def remove(request: Asked, visit: Visitor) -> Response[Any]:
    """Return to the form for signing in, once no identity is linked to this account."""
    try:
        with acting(visit.shell, alone=True) as act:
            unlink(act, visit.person)
    except LedgerError as error:
        return _show(visit, status_of(error), link_error=for_page(error, visit))
    return forget(onward("/sign-in", "unlinked"), request.app.state)


def _session(visit: Visit) -> Session:
    """Return the session of somebody who has signed in."""
    assert isinstance(visit.session, Session)
    return visit.session


def _is_alone(visit: Visit) -> bool:
    """Return whether a password is all that somebody signs in by."""
    return not _session(visit).has_second_factor


@post("/account/password", who=SIGNED_IN, status_code=200)
@apart("hashing")
def change(request: Asked, visit: Visitor, data: Changed) -> Response[Any]:
    """Return to the account once the password is another one; other sessions are ended."""
    if data.wanted != data.again:
        return _show(visit, 400, differs=True)
    try:
        found = change_password(
            visit.shell,
            _session(visit),
            data.password,
            data.wanted,
            address_of(request),
            visit.at_ms,
        )
    except LedgerError as error:
        return _show(visit, status_of(error), error=for_page(error, visit))
    return keep(onward("/account", "saved"), found, request.app.state)


@post("/account/sessions", who=SIGNED_IN, status_code=200, sync_to_thread=True)
def leave_everywhere(request: Asked, visit: Visitor) -> Response[Any]:
    """Return to the home page with every session of this account ended."""
    sign_out_everywhere(visit.shell, visit.person)
    return forget(onward("/", "signed_out"), request.app.state)


@post("/account/recovery-codes", who=SIGNED_IN, status_code=200, sync_to_thread=True)
def renew_codes(visit: Visitor) -> Response[Any]:
    """Return the account with new recovery codes, shown this once."""
    return _show(visit, codes=renew_recovery_codes(visit.shell, _session(visit)))


@get("/account/second-factor", who=SIGNED_IN, enrolling=True, sync_to_thread=True)
def second_factor(visit: Visitor) -> Response[Any]:
    """Return the code that an authenticator app reads; whoever has it set up goes on."""
    if not _is_alone(visit):
        return onward("/account")
    return _enrol(visit)


def _enrol(visit: Visit, error: LedgerError | None = None) -> Response[Any]:
    """Return the page that sets one-time codes up."""
    enrolment = begin_enrolment(visit.shell, _session(visit))
    told_error = for_page(error, visit) if error else None
    status = status_of(error) if error else 200
    return page(visit, "second_factor.html", status, enrolment=enrolment, error=told_error)


@post("/account/second-factor", who=SIGNED_IN, enrolling=True, status_code=200, sync_to_thread=True)
def confirm(request: Asked, visit: Visitor, data: Typed) -> Response[Any]:
    """Return the recovery codes, shown this once, once a code has shown that the app works."""
    try:
        enrolled = confirm_enrolment(visit.shell, _session(visit), data.code, visit.at_ms)
    except LedgerError as error:
        if error.code == "has_second_factor":
            return onward("/account")
        return _enrol(visit, error)
    answer = page(visit, "recovery_codes.html", codes=enrolled.recovery_codes)
    return keep(answer, enrolled.signed_in, request.app.state)


ROUTES: Final = [
    account,
    link,
    remove,
    change,
    leave_everywhere,
    renew_codes,
    second_factor,
    confirm,
]
