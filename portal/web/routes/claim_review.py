"""The first review of a claim: its check list item by item, the papers and the usage beside it."""

from typing import Annotated, Any, Final, NamedTuple

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery

from ledger.errors import LedgerError
from portal.acting import acting, looking
from portal.claim_reading import Read, Viewer
from portal.desk import Desk, find_claim, open_desk
from portal.desk_acts import act_once, look_over
from portal.filing import name_kind
from portal.web.audience import EVERYBODY_BUT_ADMINISTRATORS
from portal.web.claim_forms import FieldError, Said, fields_of, fill, read_request, seen_in
from portal.web.errors import for_page, status_of
from portal.web.evidence_view import draw_evidence
from portal.web.page import onward, page
from portal.web.routes.claims import INVOICES_MAX, begin, words
from portal.web.visit import Visit, Visitor
from vouchers.claims.authorise import actions_of
from vouchers.claims.checklist import check
from vouchers.claims.evidence import Item
from vouchers.claims.first_review import ReviewIncompleteError
from vouchers.claims.item_view import VERDICTS, hide
from vouchers.claims.matching import list_beside
from vouchers.claims.table import Action

# A finding on a claim of 200 invoices names each; the table beside it has them all, in pages.
FOUND_LENGTH_MAX: Final = 1_200


class Mistake(NamedTuple):
    """Why a review was not taken, and what was typed in it."""

    said: Said
    error: LedgerError | None = None


_NOTHING: Final = Mistake({})


@get("/claims/{claim:str}/review", who=EVERYBODY_BUT_ADMINISTRATORS, sync_to_thread=True)
def review(visit: Visitor, claim: FromPath[str], invoices: FromQuery[int] = 0) -> Response[Any]:
    """Return the check list of a claim as it is computed now; a form for whoever reviews it."""
    with looking(visit.shell) as one:
        desk = open_desk(one)
        return _page(visit, desk, find_claim(desk, claim), max(invoices, 0), _NOTHING)


@post("/claims/{claim:str}/review", who=EVERYBODY_BUT_ADMINISTRATORS, sync_to_thread=True)
def conclude(
    visit: Visitor,
    claim: FromPath[str],
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[Any]:
    """Conclude the review, or send the claim back for what was written beside its items."""
    action: Action = "return" if data.get("act") == "return" else "check"
    try:
        with acting(visit.shell, alone=True) as one:
            desk = open_desk(one)
            read = find_claim(desk, claim)
            request = read_request(action, read.claim, data)
            act_once(desk, read, seen_in(data), action, request)
    except LedgerError as error:
        if error.code == "unknown_claim":
            raise
        with looking(visit.shell) as one:
            desk = open_desk(one)
            return _page(visit, desk, find_claim(desk, claim), 0, Mistake(data, error))
    return onward(f"/claims/{claim}", "acted")


def _page(visit: Visit, desk: Desk, read: Read, first: int, mistake: Mistake) -> Response[Any]:
    """Return the page of a review."""
    claim, viewer = read.claim, Viewer(desk.act.roster, desk.act.name)
    evidence = look_over(desk, read)
    items = check(evidence)
    may = actions_of(*viewer, claim, desk.day, read.papers.helpers(claim))
    beside = list(list_beside(evidence))
    ground = desk.ground(claim.enterprise)
    cuts = fields_of("cut", claim) if "check" in may else ()
    error = mistake.error
    values = {
        "claim": claim,
        "name": ground.account.name or claim.enterprise,
        "items": [
            _row(visit, one) for one in (items if viewer.is_insider() else hide(items))
        ],
        "verdicts": [(one, visit.say(name)) for one, name in VERDICTS.items()],
        "said": mistake.said,
        "may": may,
        "cuts": cuts,
        "filled": fill(cuts, mistake.said),
        "seen": claim.events,
        "charts": draw_evidence(visit, beside),
        "beside": beside[first : first + INVOICES_MAX],
        "next": f"?invoices={first + INVOICES_MAX}" if len(beside) > first + INVOICES_MAX else None,
        "first": f"/claims/{claim.claim}/review" if first else None,
        "documents": ground.documents(claim.documents),
        "name_kind": name_kind,
        "error": for_page(error, visit) if error else None,
        "wrong": _wrong(error),
        "left": list(error.items) if isinstance(error, ReviewIncompleteError) else [],
        **words(visit),
    }  # fmt: skip
    return page(visit, "claim_review.html", int(status_of(error)) if error else 200, **values)


def _row(visit: Visit, item: Item) -> dict[str, Any]:
    """Return an item of the check list as the page shows it."""
    found = visit.say(item.found)
    return {
        "item": item.item,
        "name": begin(visit.say(item.name)),
        "computed": item.verdict,
        "verdict": visit.say(VERDICTS[item.verdict]),
        "found": found if len(found) <= FOUND_LENGTH_MAX else f"{found[:FOUND_LENGTH_MAX]}…",
        "basis": visit.say(item.basis),
        "source": visit.say(item.source),
        "next": visit.say(item.next_step) if item.next_step else "",
    }


def _wrong(error: LedgerError | None) -> str:
    """Return the field in which something is wrong, nothing where it is none."""
    if isinstance(error, ReviewIncompleteError):
        return f"item-{error.items[0]}"
    return f"field-{error.field}" if isinstance(error, FieldError) else ""


ROUTES: Final = [review, conclude]
