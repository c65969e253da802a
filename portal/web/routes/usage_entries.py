"""The usage entries that a line of a statement sums: for auditors, and for the enterprise itself.

An auditor goes on from each to its place in the log. An enterprise sees its own jobs.
"""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from ledger.database import Connection
from ledger.read import read_heads
from portal.enterprises.names import read_names
from portal.statements.usage import (
    Page,
    count_line,
    list_line,
    parse_place,
    read_lines,
    render_place,
)
from portal.web.audience import AUDITOR, ENTERPRISE, unknown_page
from portal.web.dossier import opened, page_of
from portal.web.page import page
from portal.web.visit import Visitor
from reports.issue import Issued
from reports.register import find_issued

# A small screen. Of a centre's entries one in hundreds is a line's, and all between are read.
ROWS_MAX: Final = 10


@get("/audit/statements/{number:str}/usage", who=AUDITOR, sync_to_thread=True)
def for_auditors(
    visit: Visitor,
    number: FromPath[str],
    contract: FromQuery[str] = "",
    resource: FromQuery[str] = "",
    after: FromQuery[str] = "",
) -> Response[Any]:
    """Return the entries of a line, each with the way to its place in the log."""
    with visit.shell.auditing() as connection:
        size = read_heads(connection)["book"].size
        found = find_issued(connection, number, size)
        if found is None:
            raise unknown_page()
        code = found.issued.subject
        visit.shell.shows(code)
        shown = _read(connection, found.issued, (contract, resource), after)
        name = read_names(visit.shell, connection, {code} - {""}, size).get(code, "")
    return page(
        visit,
        "audit_usage.html",
        name=name,
        **shown,
        **_ways(visit.path, contract, resource, shown),
    )


@get(
    "/enterprise/{enterprise:str}/statements/{number:str}/usage",
    who=ENTERPRISE,
    sync_to_thread=True,
)
def for_enterprises(  # noqa: PLR0917 - a line's name, and a place in it
    visit: Visitor,
    enterprise: FromPath[str],
    number: FromPath[str],
    contract: FromQuery[str] = "",
    resource: FromQuery[str] = "",
    after: FromQuery[str] = "",
) -> Response[Any]:
    """Return the jobs that a line of an enterprise's own statement sums; its lines, for no name."""
    if not visit.acts_for(enterprise):
        raise unknown_page()
    with opened(visit, enterprise) as (ground, _):
        issued = _find([Issued(enterprise, one) for one in ground.account.statements], number)
    with visit.shell.auditing() as connection:
        if not resource:
            lines = read_lines(connection, issued)
            return page_of(visit, "enterprise_lines.html", ground, data=issued.data, lines=lines)
        shown = _read(connection, issued, (contract, resource), after)
    ways = _ways(visit.path, contract, resource, shown)
    return page_of(visit, "enterprise_entries.html", ground, **shown, **ways)


def _find(statements: Sequence[Issued], number: str) -> Issued:
    """Return a statement among some; raises `RuleViolationError` (`unknown_page`)."""
    found = next((one for one in statements if one.data.statement == number), None)
    if found is None:
        raise unknown_page()
    return found


def _read(
    connection: Connection, issued: Issued, name: tuple[str, str], after: str
) -> dict[str, Any]:
    """Return a line with a page of its entries; raises `RuleViolationError` (`unknown_page`)."""
    lines = read_lines(connection, issued)
    line, place = lines.find(*name), parse_place(issued, after)
    if line is None or (after and place is None):
        raise unknown_page()
    return {
        "data": issued.data,
        "line": line,
        "resource": lines.names[line.resource],
        "count": count_line(connection, lines, line),
        "shown": list_line(connection, lines, line, ROWS_MAX, place),
        "goes_on": place is not None,
    }


def _ways(path: str, contract: str, resource: str, shown: dict[str, Any]) -> dict[str, Any]:
    """Return the addresses of a line's first page and of its next one, where there are such."""
    own = f"{path.partition('?')[0]}?{urlencode({'contract': contract, 'resource': resource})}"
    listed: Page = shown["shown"]
    following = listed.following
    return {
        "first": own if shown["goes_on"] else None,
        "next": following and f"{own}&after={render_place(following)}",
    }


ROUTES: Final = [for_auditors, for_enterprises]
