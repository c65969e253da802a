"""A claim that is worth less now than it stands at: an invoice was reversed, money came back.

What was handed in is worked out again, with its cuts, on the papers as they are. It is asked before
every act that brings the money nearer: approval, notice, clearing, the order.
"""

from typing import Final

from ledger.claim_state import State
from ledger.money import render_yuan
from ledger.text import Text
from portal.claims.desk import Desk
from vouchers.answers import find_disputes, tell_dispute
from vouchers.claims.clawback import Paid, work_out_now
from vouchers.claims.evidence import join
from vouchers.claims.fold import Claim

_RETURN: Final = Text("请退回企业补正", "return it to the enterprise")
_CUT: Final = Text(
    "请登记异议，成立后核减或不予支持", "record an objection, then cut or reject the claim"
)
_REVOKE: Final = Text(
    "登记有误的先更正；属实的由主管部门凭文核减（cut）或撤销（reject），再下达付款",
    "correct what is wrong on record, or have the authority cut or reject it by a document",
)
_NEXT: Final[dict[State, Text]] = {
    "checked": _RETURN,
    "approved": _RETURN,
    "noticed": _CUT,
    "objected": _CUT,
}


def find_shortfall(desk: Desk, claim: Claim) -> Text | None:
    """Return that a claim is worth less than it stands at, and what to do, None where it is not.

    While a line that it is for is disputed, nobody knows.
    """
    ground = desk.ground(claim.enterprise)
    for invoice in claim.invoices:
        record = ground.account.invoices.get(invoice)
        for statement, line in find_disputes(ground.account, record) if record else ():
            return tell_dispute(invoice, statement, line)
    grounds = ground.grounds(claim.programme, claim.applied_on, claim.claim)
    worth = work_out_now(ground.account, Paid(claim, grounds), ground.reversals())
    if worth.amount_fen is not None and worth.amount_fen >= claim.amount_fen:
        return None
    why, step = join(one.message for one in worth.reasons), _NEXT.get(claim.state, _REVOKE)
    stands = render_yuan(claim.amount_fen)
    now = "–" if worth.amount_fen is None else render_yuan(worth.amount_fen)
    return Text(
        f"按现有发票、付款与用量核定 {now} 元，少于申请的 {stands} 元"
        + (f"（{why.zh}）" if why.zh else "")
        + f"；{step.zh}",
        f"on the invoices, payments and usage as they are it is worth CNY {now}, not {stands}"
        + (f" ({why.en})" if why.en else "")
        + f": {step.en}",
    )
