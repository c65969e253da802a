"""The routes, one module a part of the portal: each names its audience, and calls the core."""

from typing import Final

from litestar.types import ControllerRouterHandler

from portal.web.routes import (
    account,
    claims,
    desk_payments,
    funds,
    home,
    operations,
    sign_in,
    static,
)

ROUTES: Final[list[ControllerRouterHandler]] = [
    *account.ROUTES,
    *claims.ROUTES,
    *desk_payments.ROUTES,
    *funds.ROUTES,
    *home.ROUTES,
    *operations.ROUTES,
    *sign_in.ROUTES,
    *static.ROUTES,
]
"""Every route there is."""
