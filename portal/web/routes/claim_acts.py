"""Acts on one claim, each on a page with a form: what it asks for, then done or calmly refused."""

from typing import Annotated, Any, Final

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from ledger.errors import LedgerError
from portal.acting import acting, looking
from portal.claims.acts import act_once
from portal.claims.desk import Desk, find_claim, open_desk, require_may
from portal.claims.reading import Read
from portal.web.audience import EVERYBODY_BUT_ADMINISTRATORS, unknown_page
from portal.web.claim_forms import FieldError, Said, fields_of, fill, read_request, seen_in
from portal.web.errors import for_page, status_of
from portal.web.page import onward, page
from portal.web.routes.claims import words
from portal.web.visit import Visit, Visitor
from vouchers.claims.checklist import ITEMS, REVIEWED
from vouchers.claims.requests import REQUESTS
from vouchers.claims.table import Action

_ON_ITS_OWN_PAGE: Final = frozenset({"check"})
"""Acts whose form is a page of another kind: the review."""


@get("/claims/{claim:str}/{action:str}", who=EVERYBODY_BUT_ADMINISTRATORS, sync_to_thread=True)
def form(visit: Visitor, claim: FromPath[str], action: FromPath[str]) -> Response[Any]:
    """Return the form of an act, for whoever may do it now."""
    wanted = _action(action)
    with looking(visit.shell) as one:
        desk = open_desk(one)
        read = find_claim(desk, claim)
        require_may(desk, read, wanted)
        return _form(visit, desk, read, wanted, {})


@post("/claims/{claim:str}/{action:str}", who=EVERYBODY_BUT_ADMINISTRATORS, sync_to_thread=True)
def act(
    visit: Visitor,
    claim: FromPath[str],
    action: FromPath[str],
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[Any]:
    """Do an act, once, and return to the claim; where it is refused, show the form again."""
    wanted = _action(action)
    try:
        with acting(visit.shell, alone=True) as one:
            desk = open_desk(one)
            read = find_claim(desk, claim)
            request = read_request(wanted, read.claim, data)
            act_once(desk, read, seen_in(data), wanted, request)
    except LedgerError as error:
        if error.code == "unknown_claim":
            raise
        with looking(visit.shell) as one:
            desk = open_desk(one)
            return _form(visit, desk, find_claim(desk, claim), wanted, data, error)
    return onward(f"/claims/{claim}", "acted")


def _action(name: str) -> Action:
    """Return an act that has a form of this kind.

    Raises `RuleViolationError` (`unknown_page`).
    """
    if name not in REQUESTS or name in _ON_ITS_OWN_PAGE:
        raise unknown_page()
    return name


def _form(  # noqa: PLR0917 - whose form of which act on what, filled how
    visit: Visit,
    desk: Desk,
    read: Read,
    action: Action,
    said: Said,
    error: LedgerError | None = None,
) -> Response[Any]:
    """Return the page of a form, with what was typed and why it was refused."""
    fields, firm = fields_of(action, read.claim), desk.ground(read.claim.enterprise).account.name
    values = {
        "claim": read.claim,
        "name": firm or read.claim.enterprise,
        "firm": firm,
        "action": action,
        "fields": fields,
        "filled": fill(fields, said),
        "seen": read.claim.events,
        "items": {item: ITEMS[item] for item in REVIEWED},
        "error": for_page(error, visit, {one.name: one.label for one in fields}) if error else None,
        "wrong": error.field if isinstance(error, FieldError) else "",
        **words(visit),
    }
    about = visit.about(read.claim.enterprise)
    return page(about, "claim_act.html", int(status_of(error)) if error else 200, **values)


ROUTES: Final = [form, act]
