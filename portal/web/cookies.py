"""The cookies that a browser keeps for us: named so that no other host can set them, and how."""

from typing import Any, Final, TypeVar

from litestar import Response
from litestar.datastructures import Cookie, State

from portal.accounts.sessions import ABSOLUTE_MS, SignedIn
from portal.accounts.sign_on import DEPARTURE_MS

SESSION_COOKIE: Final = "suanquan_session"

DEPARTURE_COOKIE: Final = "suanquan_departure"
"""What a browser keeps while somebody is at the identity provider."""

Answer = TypeVar("Answer", bound=Response[Any])


def cookie_name(name: str, *, is_https: bool) -> str:
    """Return what a cookie is called: over TLS no other host of the domain can set it.

    RFC 6265bis, 4.1.3.2.
    """
    return f"__Host-{name}" if is_https else name


def session_cookie(state: State) -> str:
    """Return what the cookie of a session is called here."""
    return cookie_name(SESSION_COOKIE, is_https=state.is_https)


def departure_cookie(state: State) -> str:
    """Return what the cookie of somebody who left for the identity provider is called here."""
    return cookie_name(DEPARTURE_COOKIE, is_https=state.is_https)


def keep(answer: Answer, signed_in: SignedIn, state: State) -> Answer:
    """Return an answer that gives the browser a session to keep."""
    answer.set_cookie(_cookie(state, session_cookie(state), signed_in.secret, ABSOLUTE_MS // 1000))
    return answer


def forget(answer: Answer, state: State) -> Answer:
    """Return an answer that takes the browser's session away."""
    answer.set_cookie(_cookie(state, session_cookie(state), "", 0))
    return answer


def keep_departure(answer: Answer, secret: str, state: State) -> Answer:
    """Return an answer that gives the browser what it needs to come back with; nothing for ''."""
    seconds = DEPARTURE_MS // 1000 if secret else 0
    answer.set_cookie(_cookie(state, departure_cookie(state), secret, seconds))
    return answer


def _cookie(state: State, name: str, value: str, seconds: int) -> Cookie:
    """Return a cookie for so many seconds."""
    return Cookie(
        name,
        value=value,
        max_age=seconds,
        httponly=True,
        secure=state.is_https,
        # A link in a letter leads to a page of somebody who has signed in, and the identity
        # provider back to us; a form never comes so.
        samesite="lax",
    )
