"""What the pages of one enterprise share: its file, read once, and the way from page to page."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from litestar import Response

from portal.acting import look
from portal.claims.ground import Ground
from portal.claims.reading import Viewer
from portal.enterprises.reading import is_known, name_programmes, read_enterprise
from portal.web.audience import unknown_page
from portal.web.menu import OF_ENTERPRISE, Link
from portal.web.page import page
from portal.web.visit import Visit


@contextmanager
def opened(visit: Visit, code: str) -> Iterator[tuple[Ground, Viewer]]:
    """Yield an enterprise's file and who looks at it.

    Raises `RuleViolationError` (`unknown_page`) for one of which the ledger has nothing, but to
    whoever acts for it.
    """
    with visit.shell.reading() as connection:
        roster, person = look(visit.shell, connection, alone=True)
        ground = read_enterprise(connection, code)
        if not is_known(ground) and not visit.acts_for(code):
            raise unknown_page()
        yield ground, Viewer(roster, person)


def page_of(
    visit: Visit,
    template: str,
    ground: Ground,
    status: int = 200,
    **values: Any,  # noqa: ANN401 - what the template names
) -> Response[str]:
    """Return a page of an enterprise."""
    code = ground.enterprise
    shown = {
        "code": code,
        "firm": ground.account.name,
        "home": f"/enterprise/{code}",
        "is_own": visit.acts_for(code),
        "tabs": tabs_of(visit, code),
        "programmes": name_programmes(ground),
        **values,
    }
    return page(visit, template, status, **shown)


def tabs_of(visit: Visit, code: str) -> list[Link]:
    """Return the way to the enterprise's other pages, where the menu does not have them."""
    if visit.acting_for == code:
        return []
    here = visit.path.partition("?")[0]
    paths = ((f"/enterprise/{code}{path}", name) for path, name in OF_ENTERPRISE)
    return [Link(path, visit.say(name), path == here) for path, name in paths]
