"""Acts on one claim that need more than the claim: its papers, its fund, an objector."""

from typing import Any, Final

from ledger.bookkeeping import read_funds
from ledger.errors import RuleViolationError
from ledger.personal import Objector
from ledger.text import Text
from portal.claims.desk import Desk, act_on, is_repeat, not_allowed, require_may
from portal.claims.ground import Ground
from portal.claims.reading import Read
from portal.claims.shortfall import find_shortfall
from portal.payments.fund_desk import find_closing
from portal.payments.payee import read_accounts
from vouchers.claims.checklist import check
from vouchers.claims.evidence import Evidence, Item
from vouchers.claims.first_review import Marks, review, work_cuts
from vouchers.claims.fold import Claim
from vouchers.claims.requests import ObjectRequest, Request
from vouchers.claims.table import Action

NO_MORE: Final[dict[str, Any]] = {}


def act_once(desk: Desk, read: Read, seen: int | None, action: Action, request: Request) -> Read:
    """Return a claim after an act, which is not done again where somebody who saw it retries.

    Raises `RuleViolationError` (`stale`) where the claim has moved since it was seen.
    """
    if seen is not None and is_repeat(desk, read, seen, action, request):
        return read
    return do_act(desk, read, action, request)


def do_act(desk: Desk, read: Read, action: Action, request: Request) -> Read:
    """Return a claim after an act on it, with whatever else the act needs looked up."""
    if isinstance(request, Marks):
        return _review(desk, read, action, request)
    if isinstance(request, ObjectRequest):
        return _object(desk, read, action, request)
    more = NO_MORE
    if action in ("approve", "clear"):
        require_may(desk, read, action)
        short = find_shortfall(desk, read.claim)
        if short is not None:
            raise not_allowed(short, read.claim.claim)
    if action in ("recover", "reject"):
        more = {"is_closed": _is_closed(desk, read.claim)}
    return act_on(desk, read, action, request, **more)


def _is_closed(desk: Desk, claim: Claim) -> bool:
    """Return whether the year of a claim's fund is closed.

    Raises `RuleViolationError` (`not_allowed`) for a day before it was: what comes back then would
    go where it does not stand yet.
    """
    year = read_funds(desk.act.connection, {claim.fund}).get((claim.fund, claim.year))
    if year is None or not year.closed:
        return False
    closing = find_closing(desk.act.connection, claim.fund, claim.year)
    if closing is not None and desk.day < closing.effective_on:
        closed_on = closing.effective_on
        why = Text(
            f"{claim.fund} {claim.year} 年度已于 {closed_on} 结账，办理日期不得早于该日",
            f"{claim.fund} {claim.year} was closed on {closed_on}: name that day or a later one",
        )
        raise not_allowed(why, claim.claim)
    return True


def look_over(desk: Desk, read: Read) -> Evidence:
    """Return what the check list of a claim rests on now.

    Raises `RuleViolationError` (`draft`) for what was not handed in.
    """
    claim = read.claim
    if claim.state == "draft":
        raise RuleViolationError(
            "draft",
            Text(
                f"申请 {claim.claim} 是草稿，尚未提交",
                f"{claim.claim} is a draft, and not handed in",
            ),
            Text("提交后核查：suanquan claim submit", "hand it in first: suanquan claim submit"),
        )
    return _gather(desk, desk.ground(claim.enterprise), claim)


def _gather(desk: Desk, ground: Ground, claim: Claim) -> Evidence:
    """Return what the check list of a claim rests on now."""
    return ground.evidence(claim, desk.day, find_holder(desk, claim))


def compute_items(desk: Desk, ground: Ground, claim: Claim) -> tuple[Item, ...]:
    """Return the check list of a claim as it is computed now."""
    return check(_gather(desk, ground, claim))


def find_holder(desk: Desk, claim: Claim) -> str | None:
    """Return the name of whom the claim is to be paid to, None where it is not held any more.

    It is compared with the enterprise's name and stands in no answer.
    """
    if claim.account is None:
        return None
    found = read_accounts(desk.act.shell, [(claim.enterprise, claim.account)])
    account = found.get(claim.account)
    return None if account is None else account.holder


def _review(desk: Desk, read: Read, action: Action, marks: Marks) -> Read:
    """Return a claim after its reviewer's cuts, then after the first review where it is that."""
    require_may(desk, read, action)
    claim = read.claim
    ground = desk.ground(claim.enterprise)
    if action == "cut" and (marks.items or not marks.cuts):
        raise not_allowed(
            Text("核减只写 cuts，意见在完成初审时填写", "a cut has cuts alone, and no items"),
            claim.claim,
        )
    is_owed = claim.stage == "payment"
    if is_owed and any(one.amount_fen is None for one in marks.cuts):
        raise not_allowed(
            Text(
                "付款阶段按金额核减，填写 amount_fen，不核减基数",
                "what was cleared is cut by amount_fen: its bases were reviewed",
            ),
            claim.claim,
        )
    if marks.cuts:
        cuts = work_cuts(
            claim, marks.cuts, lambda base_cuts: ground.work_out(claim, dict(base_cuts))
        )
        cut = Marks(cuts=marks.cuts, document=marks.document)
        act_on(desk, read, "cut", cut, cuts=cuts, is_closed=_is_closed(desk, claim))
    if action == "cut":
        short = find_shortfall(desk, claim) if is_owed else None
        if short is not None:
            raise not_allowed(short, claim.claim)
        return read
    items = review(compute_items(desk, ground, claim), marks.items)
    return act_on(
        desk, read, action, Marks(items=marks.items, document=marks.document), items=items
    )


def _object(desk: Desk, read: Read, action: Action, request: ObjectRequest) -> Read:
    """Return a claim after an objection, whose objector is kept under a digest."""
    require_may(desk, read, action)
    who = request.objector
    datum = Objector(name=who.name, phone=who.phone, address=who.address, unit=who.unit)
    digest = desk.act.keep(read.claim.enterprise, datum)
    return act_on(desk, read, action, request, digest=digest)
