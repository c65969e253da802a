"""The laws of the books: which event they cannot carry after what the earlier ones left.

The same laws stand as CHECKs in `tables`; here each refusal says what is wrong and what to do.
"""

from ledger.balance import Balances, Claim, ClaimKey, Fund
from ledger.codec import Event
from ledger.errors import RuleViolationError
from ledger.events import (
    ClaimClawbackAssessed,
    ClaimClawbackRecovered,
    ClaimCut,
    ClaimData,
    ClaimFailed,
    ClaimOrdered,
    ClaimPaid,
    ClaimRejected,
    ClaimResubmitted,
    ClaimSubmitted,
    FundAppropriated,
    FundData,
    FundTransferred,
)
from ledger.money import FEN_MAX, render_yuan
from ledger.text import Text


def find_refusal(balances: Balances, event: Event) -> RuleViolationError | None:
    """Return why the books cannot carry an event after what is there, None where they can.

    `balances` holds at least the funds, claims and orders that the event names. Codes:
    `unknown_fund`, `fund_closed`, `fund_exhausted`, `fund_too_large`, `fund_encumbered`,
    `claim_known`, `unknown_claim`, `claim_differs`, `amount_differs`, `too_much`, `order_known`,
    `unknown_order`, `order_settled`, `wrong_account`.
    """
    data = event.data
    try:
        if isinstance(data, FundData):
            _require_fund_event(balances, data)
        elif isinstance(data, ClaimData):
            _require_claim_event(balances, data, event.subject)
    except RuleViolationError as refusal:
        return refusal
    return None


def _require_fund_event(balances: Balances, data: FundData) -> None:
    """Raise unless a fund can be given, give away or lose an amount."""
    if isinstance(data, FundAppropriated):
        fund = balances.funds.get((data.fund, data.year), Fund())
        _require_open(fund, data.fund, data.year)
        _require_room(fund, data.fund, data.year, data.amount_fen)
        return
    fund = _known_fund(balances, data.fund, data.year)
    _require_open(fund, data.fund, data.year)
    if isinstance(data, FundTransferred):
        target = _known_fund(balances, data.to_fund, data.to_year)
        _require_open(target, data.to_fund, data.to_year)
        _require_room(target, data.to_fund, data.to_year, data.amount_fen)
        _require_available(fund, data.fund, data.year, data.amount_fen)
        return
    if fund.encumbered:
        raise _refuse(
            "fund_encumbered",
            f"{data.fund} {data.year} 还冻结着 {render_yuan(fund.encumbered)} 元",
            f"CNY {render_yuan(fund.encumbered)} of {data.fund} {data.year} are still encumbered",
            "请先办结或终止在途的申请",
            "clear, reject or lapse the claims that are under way first",
        )
    _require_equal(data.amount_fen, fund.available, "available", f"{data.fund} {data.year}")


def _require_claim_event(balances: Balances, data: ClaimData, enterprise: str) -> None:
    """Raise unless a claim can go the step that an event says it went."""
    key = data.claim, data.fund, data.year, enterprise
    known = balances.first_keys.get(data.claim)
    if isinstance(data, ClaimSubmitted):
        if known is not None:
            raise _refuse(
                "claim_known",
                f"申请 {data.claim} 已提交过",
                f"the claim {data.claim} was submitted before",
                "请使用新的申请编号",
                "give the new claim another id",
            )
        _require_reservable(balances, data)
        return
    claim = balances.claims.get(key)
    if claim is None:
        raise _unknown_claim(data, enterprise, known)
    match data:
        case ClaimOrdered() | ClaimPaid() | ClaimFailed():
            _require_order(balances, data, claim)
        case ClaimResubmitted():
            _require_equal(data.before_fen, claim.reserved, "reserved", data.claim)
            _require_reservable(balances, data)
        case ClaimCut() | ClaimRejected() if data.revokes:
            _require_revocable(balances, data, claim)
        case ClaimCut():
            # A cut that leaves nothing is a rejection, which gives its reason to the enterprise.
            _require_at_most(data.amount_fen, max(claim.reserved - 1, 0), "reserved", data.claim)
        case ClaimClawbackAssessed():
            left_fen = claim.paid - claim.receivable - claim.recovered
            _require_at_most(data.amount_fen, left_fen, "paid", data.claim)
        case ClaimClawbackRecovered():
            _require_at_most(data.amount_fen, claim.receivable, "receivable", data.claim)
            _require_account(_known_fund(balances, data.fund, data.year), data)
        case _:
            _require_equal(data.amount_fen, claim.reserved, "reserved", data.claim)


def _require_revocable(balances: Balances, data: ClaimCut | ClaimRejected, claim: Claim) -> None:
    """Raise unless what was cleared can be taken back: no order is under way for it."""
    # What an order is under way for may have left the treasury.
    left_fen = claim.payable - claim.ordered
    if isinstance(data, ClaimCut):
        _require_at_most(data.amount_fen, max(left_fen - 1, 0), "payable", data.claim)
    else:
        _require_equal(data.amount_fen, left_fen, "payable", data.claim)
    _require_account(_known_fund(balances, data.fund, data.year), data)


def _require_reservable(balances: Balances, data: ClaimSubmitted | ClaimResubmitted) -> None:
    """Raise unless the fund's year is open and has what the claim reserves."""
    fund = _known_fund(balances, data.fund, data.year)
    _require_open(fund, data.fund, data.year)
    _require_available(fund, data.fund, data.year, data.moved_fen)


def _require_order(
    balances: Balances, data: ClaimOrdered | ClaimPaid | ClaimFailed, claim: Claim
) -> None:
    """Raise unless an order is new and covered, or under way and settled whole."""
    if isinstance(data, ClaimOrdered):
        if data.order in balances.order_ids:
            raise _refuse(
                "order_known",
                f"付款指令 {data.order} 已下达过",
                f"the order {data.order} was given before",
                "每笔付款使用新的指令编号",
                "give each payment an order of its own",
            )
        _require_at_most(data.amount_fen, claim.payable - claim.ordered, "payable", data.claim)
        return
    order = balances.orders.get((data.order, data.claim))
    if order is None:
        raise _refuse(
            "unknown_order",
            f"申请 {data.claim} 没有付款指令 {data.order}",
            f"the claim {data.claim} has no order {data.order}",
            "请核对银行回单上的指令编号",
            "check the order's number in the bank's answer",
        )
    if order.paid or order.failed:
        raise _refuse(
            "order_settled",
            f"付款指令 {data.order} 已有结果：付出 {order.paid} 分，失败 {order.failed} 分",
            f"the order {data.order} is settled: {order.paid} fen paid, {order.failed} failed",
            "请核对银行回单；再次付款须另下指令",
            "check the bank's answer; paying again takes an order of its own",
        )
    _require_equal(data.amount_fen, order.ordered, "ordered", data.order)


def _known_fund(balances: Balances, code: str, year: int) -> Fund:
    """Return a fund's year, or raise where no budget was ever given to it."""
    fund = balances.funds.get((code, year))
    if fund is None:
        raise _refuse(
            "unknown_fund",
            f"没有 {year} 年的资金 {code}",
            f"there is no fund {code} of {year}",
            "请先用 suanquan fund appropriate 下达预算，或核对代码与年度",
            "appropriate it first with suanquan fund appropriate, or check code and year",
        )
    return fund


def _require_open(fund: Fund, code: str, year: int) -> None:
    """Raise where a fund's year is closed."""
    if fund.closed:
        raise _refuse(
            "fund_closed",
            f"{code} {year} 年度已结账",
            f"the year {year} of {code} is closed",
            "请使用下一年度的资金",
            "use the next year's fund",
        )


def _require_available(fund: Fund, code: str, year: int, amount_fen: int) -> None:
    """Raise where an amount is more than what is available."""
    if amount_fen > fund.available:
        left, asked = render_yuan(fund.available), render_yuan(amount_fen)
        raise _refuse(
            "fund_exhausted",
            f"{code} {year} 可用 {left} 元，不足 {asked} 元",
            f"{code} {year} has CNY {left} available, {asked} are asked",
            "请等待追加预算或调剂，或减少金额",
            "wait for more budget or a transfer, or ask for less",
        )


def _require_room(fund: Fund, code: str, year: int, amount_fen: int) -> None:
    """Raise where a fund would pass what any account can hold."""
    if amount_fen - fund.appropriated > FEN_MAX:
        raise _refuse(
            "fund_too_large",
            f"{code} {year} 的预算将超过 {FEN_MAX} 分",
            f"the budget of {code} {year} would pass {FEN_MAX} fen",
            "请核对金额的单位",
            "check the amount's unit",
        )


def _require_account(fund: Fund, data: ClaimClawbackRecovered | ClaimCut | ClaimRejected) -> None:
    """Raise unless what comes back, or is not paid after all, goes where the fund's year says."""
    wanted = "appropriated" if fund.closed else "available"
    if data.to != wanted:
        raise _refuse(
            "wrong_account",
            f"{data.fund} {data.year} 收回的款项应记入 {wanted}，事件写的是 {data.to}",
            f"what {data.fund} {data.year} recovers goes to {wanted}, the event says {data.to}",
            "年度结账前收回记入可用，结账后冲减预算；请重新读取后再记",
            "it is available until the year is closed, and the budget's after; read again",
        )


def _require_equal(amount_fen: int, standing_fen: int, what: str, whose: str) -> None:
    """Raise unless an amount is the whole of what stands there."""
    if amount_fen != standing_fen:
        raise _refuse(
            "amount_differs",
            f"{whose} 的 {what} 为 {standing_fen} 分，事件写的是 {amount_fen} 分",
            f"{what} of {whose} is {standing_fen} fen, the event says {amount_fen}",
            "请重新读取后再记",
            "read it again and repeat",
        )


def _require_at_most(amount_fen: int, limit_fen: int, what: str, whose: str) -> None:
    """Raise where an amount is above what the books allow."""
    if amount_fen > limit_fen:
        raise _refuse(
            "too_much",
            f"{whose} 按 {what} 至多可记 {limit_fen} 分，事件写的是 {amount_fen} 分",
            f"{whose}: {what} allows {limit_fen} fen at most, the event says {amount_fen}",
            "请核对金额",
            "check the amount",
        )


def _unknown_claim(data: ClaimData, enterprise: str, known: ClaimKey | None) -> RuleViolationError:
    """Return the refusal of an event whose claim was never submitted, or as another one."""
    if known is None:
        return _refuse(
            "unknown_claim",
            f"没有申请 {data.claim}",
            f"there is no claim {data.claim}",
            "请核对申请编号",
            "check the claim's id",
        )
    return _refuse(
        "claim_differs",
        f"申请 {data.claim} 属于 {known[1:]}，事件写的是 {(data.fund, data.year, enterprise)}",
        f"the claim {data.claim} is of {known[1:]}, not of {(data.fund, data.year, enterprise)}",
        "请核对资金、年度与企业",
        "check fund, year and enterprise",
    )


def _refuse(code: str, zh: str, en: str, next_zh: str, next_en: str) -> RuleViolationError:
    """Return the refusal of an event."""
    return RuleViolationError(code, Text(zh, en), Text(next_zh, next_en))
