"""The demo's own door: come in as any of its people by a click. No other portal has it."""

from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from portal.demo_door import enter, list_people
from portal.people_desk import TITLES
from portal.web.audience import ANYBODY
from portal.web.cookies import keep
from portal.web.page import onward, page
from portal.web.visit import Visitor
from vouchers.catalogue import name_programme


@get("/demo", who=ANYBODY, enrolling=True, sync_to_thread=True)
def people(visit: Visitor) -> Response[Any]:
    """Return everybody of the demo, each with a button."""
    return page(
        visit,
        "demo.html",
        people=list_people(visit.shell),
        titles=TITLES,
        name_programme=name_programme,
    )


@post("/demo/{person:str}", who=ANYBODY, enrolling=True, status_code=200, sync_to_thread=True)
def come_in(
    request: Request[Any, Any, Any], visit: Visitor, person: FromPath[str]
) -> Response[Any]:
    """Return to where somebody's work begins, as that person."""
    return keep(onward("/"), enter(visit.shell, person, visit.at_ms), request.app.state)


DEMO_ROUTES: Final = [people, come_in]

ROUTES: Final[list[ControllerRouterHandler]] = []
"""Nothing of it is in a portal that is none of the demo's."""
