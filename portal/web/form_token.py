"""Forms that are ours: each carries a token that nobody elsewhere knows (a synchroniser token).

The token of somebody who has signed in belongs to his session and ends with it. A stranger's
belongs to a random number that his browser keeps, under a key of this home; what is no such number
is replaced by the next page. `SameSite` and, over TLS, the cookies' names keep other hosts from
planting either.
"""

import hashlib
import hmac
import re
import secrets
from typing import Any, Final

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie, MutableScopeHeaders, UploadFile
from litestar.enums import RequestEncodingType
from litestar.handlers import BaseRouteHandler
from litestar.types import Message, Scope

from ledger.errors import RuleViolationError
from ledger.text import Text
from portal.accounts.sessions import Session
from portal.shell import Shell
from portal.web.address import is_of_interface
from portal.web.cookies import cookie_name

FORM_COOKIE: Final = "suanquan_form"

FIELD: Final = "_csrf_token"
HEADER: Final = "x-csrftoken"

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS: Final = frozenset({RequestEncodingType.URL_ENCODED, RequestEncodingType.MULTI_PART})
_NUMBER_BYTES: Final = 16
_NUMBER: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
_NEW: Final = "form_number"
"""Where the state of a request has the number that its answer gives the browser to keep."""


def form_key(shell: Shell) -> bytes:
    """Return the key by which strangers' forms are known as ours, from the home's own secret."""
    return hmac.new(shell.signer.salt_key(), b"cn.suanquan.forms.v2", hashlib.sha256).digest()


def token_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Return the token that the forms of an answer carry."""
    visit = connection.scope.get("user")
    session = getattr(visit, "session", None)
    if isinstance(session, Session):
        return session.csrf
    state = connection.app.state
    name = cookie_name(FORM_COOKIE, is_https=state.is_https)
    kept = connection.scope["state"].get(_NEW) or connection.cookies.get(name, "")
    if not _NUMBER.fullmatch(kept):
        kept = secrets.token_hex(_NUMBER_BYTES)
        connection.scope["state"][_NEW] = kept
    return hmac.new(state.form_key, kept.encode(), hashlib.sha256).hexdigest()


async def require_form_token(
    connection: ASGIConnection[Any, Any, Any, Any], _to: BaseRouteHandler
) -> None:
    """Raise `RuleViolationError` (`bad_form`) for what is sent and is no form of ours."""
    # The interface takes a token of its own, which no browser sends by itself.
    if connection.scope.get("method") in _SAFE or is_of_interface(connection):
        return
    assert isinstance(connection, Request)
    said: object = connection.headers.get(HEADER)
    if said is None and connection.content_type[0] in _FORMS:
        said = (await connection.form()).get(FIELD)
    if not isinstance(said, str) or not hmac.compare_digest(
        said.encode(errors="replace"), token_of(connection).encode()
    ):
        await _let_go(connection)
        raise bad_form()


async def _let_go(request: Request[Any, Any, Any]) -> None:
    """Close the files that came with a form which nobody will look at."""
    if request.content_type[0] in _FORMS:
        for value in (await request.form()).values():
            if isinstance(value, UploadFile):
                await value.close()


def bad_form() -> RuleViolationError:
    """Return the refusal of a form that is not one of ours, or was shown to somebody else."""
    return RuleViolationError(
        "bad_form",
        Text(
            "表单已失效或来自别处，未作任何改动",
            "the form has expired or came from elsewhere; nothing was changed",
        ),
        Text("请重新打开页面后再提交", "open the page again, then send it"),
    )


async def give_number(message: Message, scope: Scope) -> None:
    """Give a stranger's browser the number that its forms belong to, with the page that has one."""
    number = scope.get("state", {}).get(_NEW)
    if number is None or message["type"] != "http.response.start":
        return
    is_https = scope["litestar_app"].state.is_https
    cookie = Cookie(
        cookie_name(FORM_COOKIE, is_https=is_https),
        value=number,
        httponly=True,
        secure=is_https,
        samesite="strict",
    )
    MutableScopeHeaders.from_message(message).add("set-cookie", cookie.to_header(header=""))
