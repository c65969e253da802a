"""An enterprise's first page, and the list of enterprises that leads officials there."""

from typing import Any, Final

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from ledger.claim_list import day_text
from ledger.read import read_heads
from portal.enterprises.listed import find_codes, page_after
from portal.enterprises.names import read_names
from portal.enterprises.reading import (
    find_waiting,
    list_statements,
    name_remark,
    read_standing_claims,
)
from portal.web.audience import ENTERPRISE, EVERYBODY_BUT_ADMINISTRATORS, INSIDERS
from portal.web.dossier import opened, page_of
from portal.web.menu import ACTING
from portal.web.page import page
from portal.web.usage_view import month_of
from portal.web.visit import Visitor
from reports.kinds import FORMS
from vouchers.answers import STATUSES
from vouchers.claims.table import STATE_NAMES

ROWS_MAX: Final = 50

# As many as fit on a screen beside the rest; the whole lists are a step away.
CLAIMS_SHOWN: Final = 8
STATEMENTS_SHOWN: Final = 5


@get("/enterprises", who=INSIDERS, sync_to_thread=True)
def enterprises(
    visit: Visitor, find: FromQuery[str] = "", after: FromQuery[str] = ""
) -> Response[Any]:
    """Return the enterprises whose name or code has some words in it."""
    with visit.shell.reading() as connection:
        size = read_heads(connection)["book"].size
        known = visit.shell.gathered.read_on(connection, size)
    found = find_codes(known, find)
    rows, following = page_after(known, found, after, ROWS_MAX)
    return page(
        visit,
        "enterprise_list.html",
        rows=rows,
        count=len(found),
        find=find,
        after=after,
        following=following,
    )


@get(ACTING, who=ENTERPRISE, sync_to_thread=True)
def acting_for(visit: Visitor) -> Response[Any]:
    """Return the enterprises that the visitor acts for, to go on with one of them."""
    with visit.shell.reading() as connection:
        size = read_heads(connection)["book"].size
        names = read_names(visit.shell, connection, visit.enterprises, size)
    rows = [(code, names[code]) for code in visit.enterprises]
    return page(visit, "enterprise_acting.html", rows=rows)


@get("/enterprise/{enterprise:str}", who=EVERYBODY_BUT_ADMINISTRATORS, sync_to_thread=True)
def overview(
    visit: Visitor, enterprise: FromPath[str], month: FromQuery[str | None] = None
) -> Response[Any]:
    """Return what an enterprise sees first: what waits for it, and this month."""
    with opened(visit, enterprise) as (ground, viewer):
        claims = read_standing_claims(ground, viewer)
        waiting = find_waiting(ground, claims, visit.today)
        statements = list_statements(ground, claims, viewer)
    return page_of(
        visit,
        "enterprise_overview.html",
        ground,
        month_shown=month_of(ground, month),
        waiting=waiting,
        claims=claims[:CLAIMS_SHOWN],
        claims_count=len(claims),
        statements=[one.data for one in statements[:STATEMENTS_SHOWN]],
        statements_shown=STATEMENTS_SHOWN,
        forms=FORMS,
        states=STATE_NAMES,
        answers=STATUSES,
        name_remark=name_remark,
        day_text=day_text,
    )


ROUTES: Final = [enterprises, acting_for, overview]
