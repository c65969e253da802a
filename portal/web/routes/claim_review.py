"""The first review of a claim: its check list item by item, the papers and the usage beside it."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Final, NamedTuple

from litestar import Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery

from ledger.errors import LedgerError
from ledger.events import DocumentFiled
from ledger.period import render_instant
from portal.acting import acting, looking
from portal.claims.acts import act_once, look_over
from portal.claims.desk import Desk, find_claim, open_desk
from portal.claims.reading import Read, Viewer
from portal.claims.review_draft import Kept, keep_marks, read_kept, require_latest
from portal.enterprises.filing import name_kind
from portal.web.audience import EVERYBODY_BUT_ADMINISTRATORS
from portal.web.claim_forms import FieldError, Said, fields_of, fill, read_request, seen_in
from portal.web.errors import for_page, status_of
from portal.web.evidence_view import draw_evidence
from portal.web.page import onward, page, told
from portal.web.routes.claims import INVOICES_MAX, begin, words
from portal.web.visit import Visit, Visitor
from vouchers.claims.authorise import actions_of
from vouchers.claims.checklist import check
from vouchers.claims.evidence import Item
from vouchers.claims.first_review import ReviewIncompleteError
from vouchers.claims.fold import Claim
from vouchers.claims.item_view import VERDICTS, hide
from vouchers.claims.matching import list_beside
from vouchers.claims.table import Action

# More often than anybody saves his marks.
SAVES_DIGITS_MAX: Final = 9

# A finding on a claim of 200 invoices names each; the table beside it has them all, in pages.
FOUND_LENGTH_MAX: Final = 1_200


# A source names papers by their numbers, with marks and spaces between them.
_BETWEEN_NUMBERS: Final = re.compile(r"[\s;,()]+")

# Beside one item; the list has all of them.
PAPERS_MAX: Final = 4


class Mistake(NamedTuple):
    """Why a review was not taken, and what was typed in it."""

    said: Said
    error: LedgerError | None = None


_NOTHING: Final = Mistake({})

_FORM: Final = Body(media_type=RequestEncodingType.URL_ENCODED)


@get("/claims/{claim:str}/review", who=EVERYBODY_BUT_ADMINISTRATORS, sync_to_thread=True)
def review(
    visit: Visitor,
    claim: FromPath[str],
    invoices: FromQuery[int] = 0,
    done: FromQuery[str | None] = None,
) -> Response[Any]:
    """Return the check list of a claim as it is computed now; a form for whoever reviews it."""
    with looking(visit.shell) as one:
        desk = open_desk(one)
        found = find_claim(desk, claim)
        return _page(visit, desk, found, max(invoices, 0), _NOTHING, done=told(visit, done))


@post("/claims/{claim:str}/review", who=EVERYBODY_BUT_ADMINISTRATORS, sync_to_thread=True)
def conclude(
    visit: Visitor,
    claim: FromPath[str],
    data: Annotated[dict[str, Any], _FORM],
) -> Response[Any]:
    """Conclude the review, or send the claim back for what was written beside its items."""
    action: Action = "return" if data.get("act") == "return" else "check"
    try:
        with acting(visit.shell, alone=True) as one:
            desk = open_desk(one)
            read = find_claim(desk, claim)
            if (saves := _saves_in(data)) is not None:
                require_latest(desk, read, _marks_in(data, read.claim), saves, seen_in(data))
            request = read_request(action, read.claim, data)
            act_once(desk, read, seen_in(data), action, request)
    except LedgerError as error:
        if error.code == "unknown_claim":
            raise
        with looking(visit.shell) as one:
            desk = open_desk(one)
            return _page(visit, desk, find_claim(desk, claim), 0, Mistake(data, error))
    return onward(f"/claims/{claim}", "acted")


@post("/claims/{claim:str}/review/marks", who=EVERYBODY_BUT_ADMINISTRATORS, sync_to_thread=True)
def mark(
    visit: Visitor,
    request: Request[Any, Any, Any],
    claim: FromPath[str],
    data: Annotated[dict[str, Any], _FORM],
) -> Response[Any]:
    """Save what the reviewer has marked so far; nothing of it is signed."""
    partly = request.headers.get("hx-request") == "true"
    try:
        with acting(visit.shell, alone=True) as one:
            desk = open_desk(one)
            read = find_claim(desk, claim)
            marks, saves = _marks_in(data, read.claim), _saves_in(data) or 0
            kept = keep_marks(desk, read, marks, saves, seen_in(data))
    except LedgerError as error:
        if error.code == "unknown_claim" or (error.code == "not_allowed" and not partly):
            raise
        if partly:
            # Told within the page, which shows nothing of an answer that says it failed.
            return page(visit, "review_saved.html", claim=claim, error=for_page(error, visit))
        with looking(visit.shell) as one:
            desk = open_desk(one)
            return _page(visit, desk, find_claim(desk, claim), 0, Mistake(data, error))
    if partly:
        at = render_instant(kept.saved_at_ms)
        return page(visit, "review_saved.html", claim=claim, error=None, kept=kept, saved_at=at)
    return onward(f"/claims/{claim}/review", "saved")


def _marks_in(data: Said, claim: Claim) -> dict[str, str]:
    """Return what a form of a review says: of items, and of the cut."""
    cuts = {one.name for one in fields_of("cut", claim)}
    return {
        name: value
        for name, value in data.items()
        if isinstance(value, str) and (name.startswith(("verdict.", "items.")) or name in cuts)
    }


def _saves_in(data: Said) -> int | None:
    """Return how often the marks had been saved when the form was shown, None where none says."""
    said = str(data.get("saves", ""))
    return int(said) if said.isdecimal() and len(said) <= SAVES_DIGITS_MAX else None


def _page(
    visit: Visit,
    desk: Desk,
    read: Read,
    first: int,
    mistake: Mistake,
    *,
    done: str | None = None,
) -> Response[Any]:
    """Return the page of a review."""
    claim, viewer = read.claim, Viewer(desk.act.roster, desk.act.name)
    evidence = look_over(desk, read)
    items = check(evidence)
    may = actions_of(*viewer, claim, desk.day, read.papers.helpers(claim))
    beside = list(list_beside(evidence))
    ground = desk.ground(claim.enterprise)
    documents = ground.documents(claim.documents)
    cuts = fields_of("cut", claim) if "check" in may else ()
    error = mistake.error
    kept = read_kept(desk, read) if cuts else Kept({})
    said = mistake.said or kept.marks
    values = {
        "claim": claim,
        "name": ground.account.name or claim.enterprise,
        "firm": ground.account.name,
        "items": [
            _row(visit, one, documents)
            for one in (items if viewer.is_insider() else hide(items))
        ],
        "verdicts": [(one, visit.say(name)) for one, name in VERDICTS.items()],
        "said": said,
        "kept": kept,
        "saved_at": render_instant(kept.saved_at_ms),
        "done": done,
        "may": may,
        "cuts": cuts,
        "filled": fill(cuts, said),
        "seen": claim.events,
        "charts": draw_evidence(visit, beside),
        "beside": beside[first : first + INVOICES_MAX],
        "next": f"?invoices={first + INVOICES_MAX}" if len(beside) > first + INVOICES_MAX else None,
        "first": f"/claims/{claim.claim}/review" if first else None,
        "documents": documents,
        "name_kind": name_kind,
        "error": for_page(error, visit) if error else None,
        "wrong": _wrong(error),
        "left": list(error.items) if isinstance(error, ReviewIncompleteError) else [],
        **words(visit),
    }  # fmt: skip
    visit = visit.about(claim.enterprise)
    return page(visit, "claim_review.html", int(status_of(error)) if error else 200, **values)


def _row(visit: Visit, item: Item, documents: Sequence[DocumentFiled]) -> dict[str, Any]:
    """Return an item of the check list as the page shows it, with the papers that it rests on."""
    found = visit.say(item.found)
    numbers = set(_BETWEEN_NUMBERS.split(item.source.en))
    papers = [one for one in documents if one.ref in numbers]
    return {
        "item": item.item,
        "name": begin(visit.say(item.name)),
        "computed": item.verdict,
        "verdict": visit.say(VERDICTS[item.verdict]),
        "found": found if len(found) <= FOUND_LENGTH_MAX else f"{found[:FOUND_LENGTH_MAX]}…",
        "basis": visit.say(item.basis),
        "source": visit.say(item.source),
        "next": visit.say(item.next_step) if item.next_step else "",
        "papers": papers[:PAPERS_MAX],
        "more": max(0, len(papers) - PAPERS_MAX),
    }


def _wrong(error: LedgerError | None) -> str:
    """Return the field in which something is wrong, nothing where it is none."""
    if isinstance(error, ReviewIncompleteError):
        return f"item-{error.items[0]}"
    return f"field-{error.field}" if isinstance(error, FieldError) else ""


ROUTES: Final = [review, conclude, mark]
