"""The routes, one module a part of the portal: each names its audience, and calls the core."""

from typing import Final

from litestar.types import ControllerRouterHandler

from portal.web.routes import home, operations, static

ROUTES: Final[list[ControllerRouterHandler]] = [
    *home.ROUTES,
    *operations.ROUTES,
    *static.ROUTES,
]
"""Every route there is."""
