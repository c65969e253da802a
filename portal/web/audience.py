"""Who may open what: each route names its audience, and one guard holds everybody to it.

An application with a route that names none does not start. A path with an `{enterprise}` in it is
for those who act for that one and for officials; to everybody else it is not there.
"""

from typing import Any, Final

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.exceptions import ImproperlyConfiguredException
from litestar.handlers import BaseRouteHandler

from ledger.errors import RuleViolationError
from ledger.events import Role
from ledger.events.access import PLACE_LENGTH_MAX
from ledger.text import Text
from portal.web.address import path_of
from portal.web.visit import Visit

Audience = frozenset[Role]

ANYBODY: Final = "anybody"
SIGNED_IN: Final = "signed in"

ENTERPRISE: Final[Audience] = frozenset({"enterprise"})
TASK_FORCE: Final[Audience] = frozenset({"task_force"})
AUTHORITY: Final[Audience] = frozenset({"authority"})
FINANCE: Final[Audience] = frozenset({"finance"})
AUDITOR: Final[Audience] = frozenset({"auditor"})
ADMINISTRATOR: Final[Audience] = frozenset({"administrator"})
OFFICIALS: Final[Audience] = TASK_FORCE | AUTHORITY | FINANCE
INSIDERS: Final[Audience] = OFFICIALS | AUDITOR
"""Who sees every enterprise's claims and money, as far as `portal.claims.queue` lets them."""
EVERYBODY_BUT_ADMINISTRATORS: Final[Audience] = INSIDERS | ENTERPRISE
"""Administrators see no page about money, and have no part in any claim."""

ENROLLING: Final = "enrolling"
"""The option of a route that is there before somebody has set up his second factor."""


def require_audience(connection: ASGIConnection[Any, Any, Any, Any], to: BaseRouteHandler) -> None:
    """Raise unless the visitor is of the audience of a route.

    Raises `RuleViolationError`: `not_signed_in`, `second_factor_missing`, `not_yours` for another
    role's page, `unknown_page` for another enterprise's.
    """
    who, visit = to.opt["who"], connection.user
    assert isinstance(visit, Visit)
    if who == ANYBODY:
        return
    if visit.session is None:
        raise _not_signed_in()
    if visit.session.state == "enrolling" and not to.opt.get(ENROLLING):
        raise _second_factor_missing()
    if who != SIGNED_IN and not visit.has(*who):
        raise _not_yours()
    enterprise = connection.path_params.get("enterprise")
    if enterprise is not None and not (visit.has(*INSIDERS) or visit.acts_for(enterprise)):
        raise unknown_page()


def require_address(connection: ASGIConnection[Any, Any, Any, Any], _to: BaseRouteHandler) -> None:
    """Raise `RuleViolationError` (`unknown_page`) for a path that no address of ours can be.

    Who read what is recorded by its path, so that one which cannot be recorded shows nothing.
    """
    path = path_of(connection)
    if len(path) > PLACE_LENGTH_MAX or not path.isprintable():
        raise unknown_page()


def require_audiences(app: Litestar) -> None:
    """Raise for a route that names no audience: it would be open, or closed, by oversight."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if "who" not in handler.opt and handler.handler_name not in _OF_THE_LIBRARY:
                raise ImproperlyConfiguredException(route.path)


_OF_THE_LIBRARY: Final = frozenset({"options_handler"})


def unknown_page() -> RuleViolationError:
    """Return the answer for a page that is not there, or is not for whoever asks."""
    return RuleViolationError(
        "unknown_page",
        Text("没有这个页面", "no such page"),
        Text("请核对网址，或从首页进入", "check the address, or start from the home page"),
    )


def _not_signed_in() -> RuleViolationError:
    """Return the refusal of whoever has not signed in."""
    return RuleViolationError(
        "not_signed_in",
        Text("请先登录", "sign in first"),
        Text("登录后会回到此页", "you will come back to this page"),
    )


def _second_factor_missing() -> RuleViolationError:
    """Return the refusal of whoever has to set up a second factor first."""
    return RuleViolationError(
        "second_factor_missing",
        Text("请先设置动态验证码", "set up one-time codes first"),
        Text("见“账号安全”", "see Account security"),
    )


def _not_yours() -> RuleViolationError:
    """Return the refusal of a page that is another role's."""
    return RuleViolationError(
        "not_yours",
        Text("您的账号不能使用此页", "this page is not for your account"),
        Text("如需权限，请联系管理员", "ask an administrator if you need it"),
    )
