"""What has to be true of a claim before an event of it may be, beside who writes it.

The table says which act leads where, the books how much money may move; here is the rest: the
revision, the check list that an approval rests on, the notice's days, objections that are open.
"""

from collections.abc import Callable
from functools import singledispatch
from typing import Final

from ledger.events import (
    ClaimApproved,
    ClaimChecked,
    ClaimClawbackAssessed,
    ClaimClawbackRecovered,
    ClaimCleared,
    ClaimClosed,
    ClaimCut,
    ClaimData,
    ClaimFailed,
    ClaimLapsed,
    ClaimNoticed,
    ClaimObjected,
    ClaimObjectionSettled,
    ClaimOrdered,
    ClaimPaid,
    ClaimRejected,
    ClaimResubmitted,
    ClaimStep,
    ClaimSubmitted,
    Data,
)
from ledger.text import Text
from vouchers.claims.checklist import REVIEWED
from vouchers.claims.fold import Claim, ClaimEvent, action_of
from vouchers.claims.table import Action


def find_obstacle(claim: Claim, data: ClaimEvent, enterprise: str) -> Text | None:
    """Return why an event of a claim may not follow what is there, None where it may."""
    if claim.events:
        wrong = _differs(claim, data, enterprise)
        if wrong is not None:
            return wrong
    expected = claim.revision + isinstance(data, ClaimResubmitted)
    if data.revision != expected:
        return Text(
            f"事件写的是第 {data.revision} 版，应为第 {expected} 版",
            f"the event is of revision {data.revision}, not {expected}",
        )
    return (
        _too_early(claim, action_of(data), data.effective_on)
        or _obstacle(data, claim)
        or _voucher_differs(claim, data)
    )


def find_bar(claim: Claim, action: Action, day: str) -> Text | None:
    """Return why an act cannot be done by a day, whatever it would say; None where it may be.

    These are the conditions of `find_obstacle` that rest on the claim and the day alone.
    """
    bar = _BARS.get(action)
    return _too_early(claim, action, day) or (bar(claim, day) if bar else None)


def _too_early(claim: Claim, action: Action, day: str) -> Text | None:
    """Return that a day is before the claim's last step, if so.

    An objection that came in time may be entered after a later act under the same notice, and a
    draft is no step: a paper that is older than it may be entered from it.
    """
    last = claim.since if action == "object" else claim.last_on
    if claim.moved_to == "draft" or day >= last:
        return None
    return Text(
        f"生效日 {day} 早于上一步的 {last}",
        f"it counts from {day}, before the last step of {last}",
    )


def _voucher_differs(claim: Claim, data: ClaimEvent) -> Text | None:
    """Return that the claim holds more or less of its voucher than it asks for, if so."""
    if not isinstance(data, ClaimSubmitted | ClaimResubmitted):
        if not claim.owed_fen:
            return None
        return Text(
            f"上一步应退回的额度 {claim.owed_fen} 分尚未退回",
            f"the step before has yet to give {claim.owed_fen} fen of the voucher back",
        )
    draw = claim.draw
    there = draw and (draw.programme, draw.year, draw.invoices, claim.drawn_fen)
    if there == (data.programme, data.year, data.invoices, data.amount_fen):
        return None
    return Text(
        f"申请 {data.amount_fen} 分，使用额度 {claim.drawn_fen} 分，项目、年度、发票与金额须一致",
        f"{data.amount_fen} fen are asked and {claim.drawn_fen} drawn: programme, year, invoices"
        " and amount have to be the voucher's",
    )


def _differs(claim: Claim, data: ClaimEvent, enterprise: str) -> Text | None:
    """Return what an event says of the claim that its earlier events said otherwise."""
    fund = data.fund if isinstance(data, ClaimData) and claim.fund else claim.fund
    for zh, en, there, here in (
        ("企业", "enterprise", claim.enterprise, enterprise),
        ("项目", "programme", claim.programme, data.programme),
        ("资金", "fund", claim.fund, fund),
        ("年度", "year", claim.year, data.year),
    ):
        if there != here:
            return Text(
                f"申请的{zh}为 {there}，不能改为 {here}",
                f"the claim's {en} is {there} and stays so: not {here}",
            )
    return None


@singledispatch
def _obstacle(data: Data, claim: Claim) -> Text | None:  # noqa: ARG001 - the others' form
    """Return nothing for what has no condition of its own."""
    assert isinstance(data, ClaimData | ClaimStep), data
    return None


@_obstacle.register
def _(data: ClaimSubmitted, claim: Claim) -> Text | None:
    if claim.moved_to in ("new", "draft"):
        return None
    return Text(
        f"申请 {data.claim} 已提交过，再次提交须记为补正",
        f"{data.claim} was submitted: handing it in again is a resubmission",
    )


@_obstacle.register
def _(data: ClaimResubmitted, claim: Claim) -> Text | None:
    if claim.moved_to == "returned" and data.before_fen == claim.reserved_fen:
        return None
    return Text(
        f"申请未被退回，或原冻结 {claim.reserved_fen} 分与所写 {data.before_fen} 分不符",
        f"it was not returned, or {claim.reserved_fen} fen were reserved, not {data.before_fen}",
    )


@_obstacle.register
def _(data: ClaimCut, claim: Claim) -> Text | None:
    if data.at == "objection" and not claim.open_objections:
        return Text("没有待处理的异议", "no objection is open")
    if data.at == "check" and claim.state != "submitted":
        return Text("初审核减只能在初审时办理", "a check cuts while the claim is checked")
    if data.revokes != (claim.stage == "payment"):
        return _other_stage(data.at, claim)
    return None


def _other_stage(at: str, claim: Claim) -> Text:
    """Return that a cut or a rejection is of another stage than the claim."""
    return Text(
        f"申请处于 {claim.stage} 阶段，事件写的是 {at}",
        f"the claim is at the stage {claim.stage}, the event says {at}",
    )


@_obstacle.register
def _(data: ClaimChecked, claim: Claim) -> Text | None:  # noqa: ARG001
    names = [one.item for one in data.items]
    if sorted(names) == sorted(REVIEWED):
        return None
    wrong = sorted(set(REVIEWED) ^ set(names)) or sorted(
        name for name in set(names) if names.count(name) > 1
    )
    return Text(
        f"初审意见应逐项写明核查清单的每一项，各一次；缺少、多出或重复：{'、'.join(wrong)}",
        f"a first review has each item of the check list, once; missing, unknown or there twice:"
        f" {', '.join(wrong)}",
    )


@_obstacle.register
def _(data: ClaimRejected, claim: Claim) -> Text | None:
    if data.at != claim.stage:
        return _other_stage(data.at, claim)
    return _not_upheld(claim, data.effective_on)


def _not_upheld(claim: Claim, day: str) -> Text | None:  # noqa: ARG001 - a bar's form
    """Return that no objection to a claim under notice was upheld, if so."""
    if claim.stage != "objection" or any(one.outcome == "upheld" for one in claim.settled.values()):
        return None
    return Text(
        "公示中不予支持，须有成立的异议",
        "a claim under notice is rejected for an objection that was upheld",
    )


@_obstacle.register
def _(data: ClaimApproved, claim: Claim) -> Text | None:
    unmet = _not_met(claim, data.effective_on)
    return unmet or _amount_differs(data.amount_fen, claim.reserved_fen)


def _not_met(claim: Claim, day: str) -> Text | None:  # noqa: ARG001 - a bar's form
    """Return which items the first review did not leave as met, if any."""
    unmet = [one.item for one in claim.items if one.confirmed != "met"]
    if claim.items and not unmet:
        return None
    shown = "、".join(unmet) or "–"
    return Text(f"核查事项未全部符合：{shown}", f"not every item is met: {', '.join(unmet)}")


@_obstacle.register
def _(data: ClaimNoticed, claim: Claim) -> Text | None:
    # Nobody can read a list, or object to it, on days that were over when it was given.
    if data.first_day < data.effective_on:
        return Text(
            f"公示自 {data.first_day} 起，早于发布日 {data.effective_on}",
            f"the notice begins on {data.first_day}, before {data.effective_on}, when it is given",
        )
    return _amount_differs(data.amount_fen, claim.approved_fen or 0)


@_obstacle.register
def _(data: ClaimObjected, claim: Claim) -> Text | None:
    if data.objection in claim.objections:
        return Text(f"异议 {data.objection} 已登记", f"{data.objection} is recorded already")
    return _not_within(claim, data.effective_on)


def _not_within(claim: Claim, day: str) -> Text | None:
    """Return that a day is none of the claim's notice, if so."""
    noticed = claim.noticed
    if noticed and noticed.first_day <= day <= noticed.last_day:
        return None
    return Text(f"{day} 不在公示期内", f"{day} is not within the notice")


def _not_begun(claim: Claim, day: str) -> Text | None:
    """Return that the notice has not begun by a day; an objection may be entered after it."""
    return _not_within(claim, min(day, claim.noticed.last_day) if claim.noticed else day)


@_obstacle.register
def _(data: ClaimObjectionSettled, claim: Claim) -> Text | None:
    if data.objection in claim.open_objections:
        return None
    return Text(f"没有待处理的异议 {data.objection}", f"no objection {data.objection} is open")


@_obstacle.register
def _(data: ClaimCleared, claim: Claim) -> Text | None:
    wrong = _not_over(claim, data.effective_on)
    if wrong is not None:
        return wrong
    noticed = claim.noticed
    assert noticed is not None, claim
    if (data.notice, data.line) != (noticed.notice, noticed.line):
        return Text(
            f"公示于 {noticed.notice} 第 {noticed.line} 行，"
            f"事件写的是 {data.notice} 第 {data.line} 行",
            f"it stood in {noticed.notice}, line {noticed.line}, not {data.notice}, {data.line}",
        )
    return _amount_differs(data.amount_fen, claim.reserved_fen)


def _not_over(claim: Claim, day: str) -> Text | None:
    """Return that the claim's notice is not over on a day, or that somebody objects, if so."""
    noticed = claim.noticed
    if noticed is None:
        return Text("尚未公示", "it stood in no notice")
    if claim.open_objections:
        shown = ", ".join(claim.open_objections)
        return Text(f"异议 {shown} 尚未处理", f"open objections: {shown}")
    if day > noticed.last_day:
        return None
    return Text(
        f"公示至 {noticed.last_day} 止，{day} 尚未期满",
        f"the notice runs through {noticed.last_day}: {day} is too early",
    )


@_obstacle.register
def _(data: ClaimOrdered, claim: Claim) -> Text | None:
    return _amount_differs(data.amount_fen, claim.amount_fen)


@_obstacle.register(ClaimPaid)
@_obstacle.register(ClaimFailed)
def _(data: ClaimPaid | ClaimFailed, claim: Claim) -> Text | None:
    if claim.order is not None and claim.order.order == data.order:
        return None
    return Text(f"在途的付款指令不是 {data.order}", f"{data.order} is not the order under way")


@_obstacle.register
def _(data: ClaimClosed, claim: Claim) -> Text | None:
    return _still_due(claim, data.effective_on)


def _still_due(claim: Claim, day: str) -> Text | None:  # noqa: ARG001 - a bar's form
    """Return what is still claimed back, if anything."""
    if not claim.receivable_fen:
        return None
    return Text(
        f"尚有 {claim.receivable_fen} 分待追回",
        f"{claim.receivable_fen} fen are still claimed back",
    )


@_obstacle.register
def _(data: ClaimClawbackAssessed, claim: Claim) -> Text | None:
    return _all_back(claim, data.effective_on)


def _all_back(claim: Claim, day: str) -> Text | None:  # noqa: ARG001 - a bar's form
    """Return that all that was paid came back, or is claimed back, if so."""
    if claim.paid_fen > claim.receivable_fen + claim.recovered_fen:
        return None
    return Text("已支付的款项均已追缴", "all that was paid is claimed back already")


@_obstacle.register
def _(data: ClaimClawbackRecovered, claim: Claim) -> Text | None:
    return _nothing_due(claim, data.effective_on)


def _nothing_due(claim: Claim, day: str) -> Text | None:  # noqa: ARG001 - a bar's form
    """Return that nothing is claimed back, if so."""
    if claim.receivable_fen:
        return None
    return Text("没有待追回的款项", "nothing is claimed back")


@_obstacle.register
def _(data: ClaimLapsed, claim: Claim) -> Text | None:
    return _year_goes_on(claim, data.effective_on)


def _year_goes_on(claim: Claim, day: str) -> Text | None:
    """Return that the claim's year is not over on a day, if so."""
    if day[:4] > str(claim.year):
        return None
    return Text(f"{claim.year} 年度尚未结束", f"the year {claim.year} is not over on {day}")


_BARS: Final[dict[Action, Callable[[Claim, str], Text | None]]] = {
    "reject": _not_upheld,
    "approve": _not_met,
    "object": _not_begun,
    "clear": _not_over,
    "close": _still_due,
    "assess": _all_back,
    "recover": _nothing_due,
    "lapse": _year_goes_on,
}
"""What may keep an act from being done whatever it says; the others wait for what it says."""


def _amount_differs(amount_fen: int, standing_fen: int) -> Text | None:
    """Return that an amount is not the one that stands there, if so."""
    if amount_fen == standing_fen:
        return None
    return Text(
        f"金额应为 {standing_fen} 分，事件写的是 {amount_fen} 分",
        f"the amount is {standing_fen} fen, the event says {amount_fen}",
    )
