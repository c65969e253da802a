"""What a token is limited to: each route names its scope, and one guard holds tokens to it."""

from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from ledger.errors import RuleViolationError
from ledger.events import Scope
from ledger.text import Text
from portal.web.api.bearer import Bearer

SCOPE: Final = "scope"
"""The option of a route that says which scope it takes; one that is fetched may say none."""

READ: Final[Scope] = "read"


def scope_of(route: BaseRouteHandler) -> Scope:
    """Return which scope a route takes."""
    found: Scope = route.opt.get(SCOPE, READ)
    return found


def require_scope(connection: ASGIConnection[Any, Any, Any, Any], to: BaseRouteHandler) -> None:
    """Raise `RuleViolationError` (`limited_token`) where a token does not reach as far as a route.

    Of whoever has none, `portal.web.audience` has decided before.
    """
    session = connection.user.session
    if not isinstance(session, Bearer):
        return
    scope = scope_of(to)
    if scope not in session.scopes:
        shown = ", ".join(session.scopes)
        raise RuleViolationError(
            "limited_token",
            Text(f"此令牌的权限限于 {shown}", f"this token is limited to {shown}"),
            Text(f"须有权限 {scope}", f"it takes one with the scope {scope}"),
        )
