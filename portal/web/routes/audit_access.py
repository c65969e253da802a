"""Who read what: every look at what is an enterprise's, and every file that was handed over."""

from typing import Any, Final
from urllib.parse import urlencode

from litestar import Response, get
from litestar.params import FromQuery

from ledger.read import read_heads
from portal.audit.access_list import Wanted, list_accesses
from portal.commands.access_commands import ACCESS_NAMES
from portal.enterprises.names import read_names
from portal.web.audience import AUDITOR
from portal.web.page import page
from portal.web.visit import Visitor

# A screen or two.
ROWS_MAX: Final = 50

_PATH: Final = "/audit/access"


@get(_PATH, who=AUDITOR, sync_to_thread=True)
def access(
    visit: Visitor,
    person: FromQuery[str] = "",
    enterprise: FromQuery[str] = "",
    before: FromQuery[int | None] = None,
) -> Response[Any]:
    """Return accesses, the newest first: of one person, to one enterprise, or all."""
    wanted = Wanted(person.strip(), enterprise.strip().upper())
    with visit.shell.auditing() as connection:
        found, following = list_accesses(connection, wanted, ROWS_MAX, before)
        size = read_heads(connection)["book"].size
        codes = {one.enterprise for one in found} - {""}
        names = read_names(visit.shell, connection, codes, size)
    return page(
        visit,
        "audit_access.html",
        found=found,
        wanted=wanted,
        names=names,
        words=ACCESS_NAMES,
        first=_at(wanted, None) if before is not None else None,
        next=None if following is None else _at(wanted, following),
    )


def _at(wanted: Wanted, before: int | None) -> str:
    """Return the address of a page of the list."""
    asked = {name: value for name, value in wanted._asdict().items() if value}
    if before is not None:
        asked["before"] = str(before)
    return f"{_PATH}?{urlencode(asked)}" if asked else _PATH


ROUTES: Final = [access]
