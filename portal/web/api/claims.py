"""Claims: list, look, hand in, act, and what waits for whom."""

import io
from typing import Annotated, Final

from litestar import Response, Router, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, QueryParameter

from ledger.claim_state import State
from ledger.events import Scope
from portal.claims.filed import draft_filed, submit_filed
from portal.commands import claim_batch_commands, claim_commands
from portal.options import ask
from portal.web.api.answer import answer
from portal.web.api.answers import claims as answers
from portal.web.api.body import json_of
from portal.web.api.paging import LIMIT, After, Limit, page_of
from portal.web.api.params import (
    Named,
    On,
    OneEnterprise,
    OneProgramme,
    OneYear,
    Programmes,
    Seen,
    SeenSome,
)
from portal.web.audience import (
    AUDITOR,
    AUTHORITY,
    ENTERPRISE,
    EVERYBODY_BUT_ADMINISTRATORS,
    OFFICIALS,
    TASK_FORCE,
)
from portal.web.visit import Visitor
from vouchers.claims.claim_file import FiledClaim
from vouchers.claims.requests import REQUESTS
from vouchers.claims.table import ACTION_NAMES, Action

APPLICANTS: Final = ENTERPRISE | TASK_FORCE

States = Annotated[
    list[State] | None,
    QueryParameter(name="state", description="Only in these states; may be given again."),
]


@get("", who=EVERYBODY_BUT_ADMINISTRATORS, sync_to_thread=True)
def list_claims(
    visit: Visitor,
    *,
    limit: Limit = LIMIT,
    after: After = None,
    states: States = None,
    programmes: Programmes = None,
    enterprise: OneEnterprise = None,
    year: OneYear = None,
) -> Response[answers.ClaimPage]:
    """List the claims that you may see, those first that have stood as they do for longest."""
    data = ask(
        claim_commands.list_,
        visit.shell,
        states=tuple(states or ()),
        programmes=tuple(programmes or ()),
        enterprise=enterprise,
        year=year,
        limit=limit,
        after=after,
    )
    return answer({**data, "next": data["after"]})


@get("/waiting", who=EVERYBODY_BUT_ADMINISTRATORS, sync_to_thread=True)
def list_waiting_claims(visit: Visitor, limit: Limit = LIMIT) -> Response[answers.Queue]:
    """List what waits for you, oldest first, with the working days that it has waited."""
    return answer(ask(claim_commands.next_, visit.shell, limit=limit))


@get("/clawbacks", who=TASK_FORCE | AUTHORITY | AUDITOR, sync_to_thread=True)
def list_clawbacks(
    visit: Visitor, limit: Limit = LIMIT, after: After = None, programme: OneProgramme = None
) -> Response[answers.ClawbackPage]:
    """List paid claims whose invoices were reversed since, with what is to come back."""
    data = ask(claim_batch_commands.clawbacks, visit.shell, programme=programme)
    return answer(page_of(data, lambda row: str(row["id"]), limit, after))


@get("/{claim_id:str}", who=EVERYBODY_BUT_ADMINISTRATORS, sync_to_thread=True)
def show_claim(visit: Visitor, claim_id: Named) -> Response[answers.Claim]:
    """Show a claim with its history and what you may do now."""
    return answer(ask(claim_commands.show, visit.shell, claim_id=claim_id))


@get("/{claim_id:str}/check-list", who=EVERYBODY_BUT_ADMINISTRATORS, sync_to_thread=True)
def compute_check_list(visit: Visitor, claim_id: Named) -> Response[answers.CheckList]:
    """Compute the check list of a claim: each item with its verdict, basis and source."""
    return answer(ask(claim_commands.check, visit.shell, claim_id=claim_id))


@post("", who=APPLICANTS, scope="claim", dto=json_of(FiledClaim), sync_to_thread=True)
def hand_claim_in(
    visit: Visitor, data: JSONBody[bytes], on: On = None, seen: SeenSome = None
) -> Response[answers.Claim]:
    """Hand in a claim on invoices that are on record, with documents that were filed before.

    The amount is what the programme's rules give on that day; all of it is recorded, or nothing.
    """
    return answer(submit_filed(visit.shell, data, on, seen))


@post("/drafts", who=APPLICANTS, scope="claim", dto=json_of(FiledClaim), sync_to_thread=True)
def save_draft(
    visit: Visitor, data: JSONBody[bytes], on: On = None, seen: SeenSome = None
) -> Response[answers.Claim]:
    """Save what there is of a claim so far; nothing is handed in, checked or reserved."""
    return answer(draft_filed(visit.shell, data, on, seen))


def _scope_of(action: Action) -> Scope:
    """Return which scope an act takes: the enterprise's own, those that move money, a review."""
    if action == "withdraw":
        return "claim"
    return "money" if action in {"pay", "fail", "recover"} else "review"


def _act_route(action: Action) -> HTTPRouteHandler:
    """Return the route of one act on a claim, whose body is what the act is asked with."""
    kind = REQUESTS[action]

    def act(
        visit: Visitor,
        *,
        claim_id: Named,
        data: JSONBody[bytes],
        seen: Seen,
        on: On = None,
    ) -> Response[answers.Claim]:
        asked = io.BytesIO(data)
        done = ask(
            claim_commands.act,
            visit.shell,
            claim_id=claim_id,
            action=action,
            file=asked,
            seen=seen,
            on=on,
        )
        return answer(done)

    act.__name__ = f"{action}_claim"
    who = OFFICIALS | ENTERPRISE if action == "withdraw" else OFFICIALS
    return post(
        f"/{{claim_id:str}}/{action}",
        who=who,
        scope=_scope_of(action),
        dto=json_of(kind),
        status_code=200,
        description=f"Act on a claim: {ACTION_NAMES[action].en}.",
        sync_to_thread=True,
    )(act)


ROUTER: Final = Router(
    "/claims",
    route_handlers=[
        list_claims,
        list_waiting_claims,
        list_clawbacks,
        show_claim,
        compute_check_list,
        hand_claim_in,
        save_draft,
        *map(_act_route, sorted(REQUESTS)),
    ],
    tags=["claims"],
)
