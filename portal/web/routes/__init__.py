"""The routes, one module a part of the portal: each names its audience, and calls the core."""

from typing import Final

from litestar.types import ControllerRouterHandler

from portal.web.routes import (
    account,
    claims,
    home,
    operations,
    sign_in,
    static,
    verify,
)

ROUTES: Final[list[ControllerRouterHandler]] = [
    *account.ROUTES,
    *claims.ROUTES,
    *home.ROUTES,
    *operations.ROUTES,
    *sign_in.ROUTES,
    *static.ROUTES,
    *verify.ROUTES,
]
"""Every route there is."""
