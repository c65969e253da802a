"""Items of the check list on money: the amount, the year's headroom, the pool, notice, payee."""

from typing import Final

from msgspec import structs

from ledger.money import render_yuan
from ledger.text import Text
from vouchers.cited import Cited
from vouchers.claims.evidence import Evidence, Item, Kind, conclude, join, no, open_, same_name
from vouchers.decision import Finding, distinct
from vouchers.pool import share_pool
from vouchers.programme import Version

_FUND: Final = Text("支出不超过资金余额", "no more is spent than the fund has")
_NOTICE: Final = Text("公示期满且无未处理异议", "the notice is over and no objection to it is open")
_PAYEE: Final = Text("收款账户户名与申请企业一致", "the account's holder is the claimant")


def check_amount(evidence: Evidence, version: Version, kind: Kind) -> Item:
    """Return whether the claim asks for no more than it is worth."""
    worth, asked_fen = evidence.worth, evidence.claim.amount_fen
    clause, findings = version.rate.clause, list[Finding]()
    asked = render_yuan(asked_fen)
    if worth.amount_fen is None:
        findings = [open_(*one.message, one.clause) for one in worth.missing] or [
            open_("金额尚不能认定", "the amount is undetermined", clause)
        ]
    elif not worth.amount_fen:
        findings = [no(one.code, *one.message, one.clause) for one in distinct(worth.reasons)] or [
            no("nothing", "不予补贴", "nothing is refunded", clause)
        ]
    elif asked_fen > worth.amount_fen:
        most, over = render_yuan(worth.amount_fen), render_yuan(asked_fen - worth.amount_fen)
        why = join(one.message for one in worth.limits)
        zh = f"申请 {asked} 元，核定 {most} 元，应核减 {over} 元"
        en = f"CNY {asked} asked, {most} allowed: cut {over}"
        gap = ("；", "; ") if worth.limits else ("", "")
        findings = [
            no("asks_more", f"{zh}{gap[0]}{why.zh}", f"{en}{gap[1]}{why.en}", version.rate.clause)
        ]
    most = render_yuan(worth.amount_fen or 0)
    found = Text(f"申请 {asked} 元，核定 {most} 元", f"CNY {asked} asked, {most} allowed")
    return conclude(kind, findings, found, clause)


def check_headroom(evidence: Evidence, version: Version, kind: Kind) -> Item:
    """Return whether the year's cap and the voucher's quota have room for what is asked."""
    claim, decision, own = evidence.claim, evidence.worth.decision, evidence.programme.id
    year = evidence.application.year if decision.year is None else decision.year
    used_fen = evidence.vouchers.drawn_fen(own, year)
    cap, quota_fen = version.yearly_cap_fen, evidence.vouchers.left_fen(own, year)
    clause = cap.clause if cap else version.document
    findings, shown = [], []
    if quota_fen is not None:
        limit = Text("创新券余额", "left of the voucher")
        findings += _has_room(claim.amount_fen, quota_fen, limit, clause)
        shown.append(
            Text(f"余额 {render_yuan(quota_fen)} 元", f"CNY {render_yuan(quota_fen)} left")
        )
    if cap is None:
        shown.append(Text("本版本不设年度上限", "the version has no yearly cap"))
    elif decision.quota_fen is None:
        zh, en = "年度上限尚不能认定", "the yearly cap is not known yet"
        findings.append(open_(zh, en, clause))
    else:
        left_fen = max(decision.quota_fen - used_fen, 0)
        limit = Text("年度上限余额", "left of the yearly cap")
        findings += _has_room(claim.amount_fen, left_fen, limit, clause)
        most, used = render_yuan(decision.quota_fen), render_yuan(used_fen)
        shown.append(
            Text(f"年度上限 {most} 元，已用 {used} 元", f"yearly cap CNY {most}, {used} used")
        )
    asked = render_yuan(claim.amount_fen)
    shown.append(Text(f"本次 {asked} 元", f"CNY {asked} now"))
    return conclude(kind, findings, join(shown), clause)


def _has_room(asked_fen: int, left_fen: int, limit: Text, clause: Text) -> list[Finding]:
    """Return the refusal of an amount that passes what is left, none where it does not."""
    if asked_fen <= left_fen:
        return []
    asked, left = render_yuan(asked_fen), render_yuan(left_fen)
    zh = f"本次申请 {asked} 元，超出{limit.zh} {left} 元"
    return [no("no_room", zh, f"CNY {asked} asked, {left} {limit.en}", clause)]


def check_pool(evidence: Evidence, version: Version, kind: Kind) -> Item:
    """Return whether the fund has the amount, and the pool when the claim's turn comes."""
    claim, available_fen = evidence.claim, evidence.available_fen
    cited = version.pool
    clause = cited.clause if cited else _FUND
    findings, shown = [], []
    if available_fen is None:
        zh, en = "资金余额尚未查询", "nobody has looked at the fund"
        findings.append(open_(zh, en, _FUND))
    else:
        limit = Text("资金余额", "available in the fund")
        findings += _has_room(claim.amount_fen, available_fen, limit, _FUND)
        left = render_yuan(available_fen)
        shown.append(Text(f"资金可用 {left} 元", f"CNY {left} available in the fund"))
    if cited is not None:
        findings += _in_turn(evidence, version)
        shown.append(Text("轮到时资金足额", "the pool lasts until its turn"))
    # What a fund has left tells what others claimed.
    return structs.replace(conclude(kind, findings, join(shown), clause), inside=True)


def _in_turn(evidence: Evidence, version: Version) -> list[Finding]:
    """Return why the pool does not reach this claim in full, none where it does."""
    cited, claim = version.pool, evidence.claim
    assert cited is not None, version.id
    queue = evidence.queue
    mine = [one for one in queue or () if one.id == claim.claim]
    if queue is None or not mine:
        zh, en = "尚未查询兑付顺序", "nobody has looked at the order of claims"
        return [open_(zh, en, cited.clause)]
    order = Cited(cited.value.order, cited.clause, cited.grade)
    unit = version.rounding_unit_fen
    if any(one.amount_fen % unit.value for one in queue):
        unit = Cited(1, unit.clause, unit.grade)  # a reviewer's cut is of any fen
    shares = share_pool(cited.value.amount_fen, queue, order, unit)
    share = next(one for one in shares if one.id == claim.claim)
    return [
        open_(*one.message, one.clause)
        if share.amount_fen is None
        else no(one.code, *one.message, one.clause)
        for one in share.reasons
    ]


def check_notice(evidence: Evidence, kind: Kind) -> Item:
    """Return whether the notice is over and no objection is open."""
    claim, on, noticed = evidence.claim, evidence.on.isoformat(), evidence.claim.noticed
    if noticed is None:
        zh, en = "尚未公示", "there was no public notice"
        return conclude(kind, [no("not_noticed", zh, en, _NOTICE)], Text("", ""), _NOTICE)
    findings = []
    days = f"{noticed.first_day}–{noticed.last_day}"
    if on <= noticed.last_day:
        zh = f"公示（{days}）尚未期满，今日为 {on}"
        findings.append(no("notice_open", zh, f"on {on} the notice ({days}) is not over", _NOTICE))
    for one in claim.open_objections:
        zh, en = f"异议 {one} 尚未处理", f"objection {one} is open"
        findings.append(no("objected", zh, en, _NOTICE))
    if noticed.amount_fen != claim.amount_fen and not claim.settled:
        shown, now = render_yuan(noticed.amount_fen), render_yuan(claim.amount_fen)
        zh = f"公示金额 {shown} 元，现为 {now} 元"
        findings.append(no("other_amount", zh, f"CNY {shown} noticed, now {now}", _NOTICE))
    where, many = (noticed.notice, noticed.line), len(claim.objections)
    found = Text(
        f"{where[0]} 第 {where[1]} 行，公示 {days}，异议 {many} 件均已处理",
        f"{where[0]}, line {where[1]}, {days}; {many} objections, all settled",
    )
    return conclude(kind, findings, found, _NOTICE)


def check_payee(evidence: Evidence, kind: Kind) -> Item:
    """Return whether the holder of the account is the claimant; the name itself is not shown.

    It is personal data, and stands in no list that is kept.
    """
    registered, holder = evidence.account.registered, evidence.holder
    findings = []
    if evidence.claim.account is None:
        zh, en = "申请未写明收款账户", "the claim names no account"
        findings.append(open_(zh, en, _PAYEE))
    if registered is None or holder is None:
        zh, en = "户名或企业名称不明", "the holder's or the enterprise's name is not known"
        findings.append(open_(zh, en, _PAYEE))
    elif not same_name(holder, registered.name):
        zh = f"收款账户户名不是“{registered.name}”"
        findings.append(no("other_holder", zh, f"the holder is not {registered.name}", _PAYEE))
    name = registered.name if registered else "?"
    found = Text(f"户名为“{name}”", f"the holder is {name}")
    return conclude(kind, findings, found, _PAYEE)
