"""The cookies that a browser keeps for us: named so that no other host can set them, and how."""

from typing import Any, Final, TypeVar

from litestar import Response
from litestar.datastructures import Cookie, State

from portal.sessions import ABSOLUTE_MS, SignedIn

SESSION_COOKIE: Final = "suanquan_session"

Answer = TypeVar("Answer", bound=Response[Any])


def cookie_name(name: str, *, is_https: bool) -> str:
    """Return what a cookie is called: over TLS no other host of the domain can set it.

    RFC 6265bis, 4.1.3.2.
    """
    return f"__Host-{name}" if is_https else name


def session_cookie(state: State) -> str:
    """Return what the cookie of a session is called here."""
    return cookie_name(SESSION_COOKIE, is_https=state.is_https)


def keep(answer: Answer, signed_in: SignedIn, state: State) -> Answer:
    """Return an answer that gives the browser a session to keep."""
    answer.set_cookie(_session(state, signed_in.secret, ABSOLUTE_MS // 1000))
    return answer


def forget(answer: Answer, state: State) -> Answer:
    """Return an answer that takes the browser's session away."""
    answer.set_cookie(_session(state, "", 0))
    return answer


def _session(state: State, value: str, seconds: int) -> Cookie:
    """Return the cookie of a session for so many seconds."""
    return Cookie(
        session_cookie(state),
        value=value,
        max_age=seconds,
        httponly=True,
        secure=state.is_https,
        # A link in a letter leads to a page of somebody who has signed in; a form never comes so.
        samesite="lax",
    )
