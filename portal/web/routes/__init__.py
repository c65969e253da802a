"""The routes, one module a part of the portal: each names its audience, and calls the core.

A part is found by being there, so that nobody keeps a list of them: its module has `ROUTES`.
"""

import pkgutil
from importlib import import_module
from typing import Final

from litestar.types import ControllerRouterHandler

ROUTES: Final[list[ControllerRouterHandler]] = [
    route
    for module in pkgutil.iter_modules(__path__)
    for route in import_module(f"{__name__}.{module.name}").ROUTES
]
"""Every route there is."""
