"""What an enterprise uses: a month by day and by line, which stays up to date while it is seen."""

from typing import Any, Final

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from portal.web.audience import EVERYBODY_BUT_ADMINISTRATORS
from portal.web.dossier import opened, page_of
from portal.web.usage_view import chart_of, month_of
from portal.web.visit import Visitor

_PATH: Final = "/enterprise/{enterprise:str}/usage"


@get(_PATH, who=EVERYBODY_BUT_ADMINISTRATORS, sync_to_thread=True)
def usage(
    visit: Visitor, enterprise: FromPath[str], month: FromQuery[str | None] = None
) -> Response[Any]:
    """Return a month's use and what it costs so far."""
    return _show(visit, enterprise, month, "enterprise_usage.html")


@get(f"{_PATH}/now", who=EVERYBODY_BUT_ADMINISTRATORS, live=True, sync_to_thread=True)
def usage_now(
    visit: Visitor, enterprise: FromPath[str], month: FromQuery[str | None] = None
) -> Response[Any]:
    """Return the part of that page which changes, for a page that is open."""
    return _show(visit, enterprise, month, "enterprise_usage_now.html")


def _show(visit: Visitor, enterprise: str, month: str | None, template: str) -> Response[Any]:
    """Return a template with a month."""
    with opened(visit, enterprise) as (ground, _):
        found = month_of(ground, month)
    chart = found and chart_of(visit, found)
    return page_of(visit, template, ground, month_shown=found, chart=chart)


ROUTES: Final = [usage, usage_now]
