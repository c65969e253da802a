"""Settle a ruling on vouchers: grant each programme's quota for the year, draw what is refunded.

A quota is the programme's yearly cap. What is drawn never passes what was granted. A voucher is
drawn once for its year: a draw does not say which invoices it refunds, so that a second one could
refund the same invoice again.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from fractions import Fraction

from ledger.codec import Event, encode
from ledger.errors import RuleViolationError
from ledger.events import Data, VoucherDrawn, VoucherGranted
from ledger.money import render_yuan
from ledger.text import Text
from vouchers.attribution import attribute, divide
from vouchers.book import Account
from vouchers.case import Purchase
from vouchers.decide import decide
from vouchers.decision import Decision
from vouchers.payer import list_bases
from vouchers.programme import Programme
from vouchers.ruling import Ruling

SOURCE = "urn:suanquan:vouchers"

Salt = Callable[[str, str], str]
"""Gives the salt of an event of ours from its source and id, as 32 hexadecimal digits."""


def settle(account: Account, ruling: Ruling, apply_on: date, salt: Salt) -> Iterator[Event]:
    """Yield the events that grant and draw an enterprise's vouchers as its best plan says.

    An enterprise that drew on that day already gives none. Raises `RuleViolationError`:
    `already_drawn` where a voucher was drawn on another day for the same year, `over_quota` where
    a draw would pass what is left of a quota.
    """
    day = apply_on.isoformat()
    if any(draw.drawn_on == day for draw in account.drawn):
        return
    for programme, decision in ruling.decisions:
        amount_fen = ruling.paid_fen(programme.id)
        if amount_fen:
            assert decision.year is not None, decision
            _require_undrawn(account, programme, decision.year)
            name = f"{account.credit_code}/{programme.id}/{decision.year}"
            granted = account.granted.get((programme.id, decision.year))
            if granted is None:
                granted = _grant(decision, amount_fen, day)
                yield _event(f"{name}/granted", account, granted, salt)
            _require_quota(account, granted, amount_fen)
            drawn = _draw(ruling, programme, decision, amount_fen, day)
            yield _event(f"{name}/drawn/{day}", account, drawn, salt)


def _draw(
    ruling: Ruling, programme: Programme, decision: Decision, amount_fen: int, day: str
) -> VoucherDrawn:
    """Return the draw of what a programme pays in the best plan, and how much on each invoice."""
    counted = ruling.counted(programme.id)
    if counted != decision.counted:
        # It shares contracts or projects: the plan gives it some of what it counts alone.
        decision = decide(programme, ruling.case, among=frozenset(counted))
    assert decision.year is not None, decision
    assert decision.version_hash is not None, decision
    parts = _divide_by_invoice(ruling.case.purchases or (), decision, amount_fen)
    return VoucherDrawn(
        programme=programme.id,
        year=decision.year,
        amount_fen=amount_fen,
        drawn_on=day,
        version=decision.version_hash,
        invoices=tuple(sorted(parts)),
        parts_fen=tuple(parts[one] for one in sorted(parts)),
        base_fen=sum(list_bases(decision).values()),
    )


def _divide_by_invoice(
    purchases: Sequence[Purchase], decision: Decision, amount_fen: int
) -> dict[str, int]:
    """Return what of an amount is for each invoice: first by contract, which rules may cap."""
    shares: dict[str, dict[str, Fraction]] = {}
    for at, share in attribute(decision.steps).items():
        bought = purchases[at]
        of_contract = shares.setdefault(bought.contract or "", {})
        invoice = bought.invoice or ""
        of_contract[invoice] = of_contract.get(invoice, Fraction(0)) + share
    contracts = divide(
        amount_fen, {one: sum(of.values(), Fraction(0)) for one, of in shares.items()}
    )
    return {
        invoice: part_fen
        for contract, of_contract in shares.items()
        for invoice, part_fen in divide(contracts[contract], of_contract).items()
    }


def _grant(decision: Decision, amount_fen: int, day: str) -> VoucherGranted:
    """Return the grant of the yearly cap, or of what is asked where the rule has no such cap."""
    assert decision.year is not None, decision
    return VoucherGranted(
        programme=decision.programme,
        year=decision.year,
        quota_fen=amount_fen if decision.quota_fen is None else decision.quota_fen,
        granted_on=day,
    )


def _require_undrawn(account: Account, programme: Programme, year: int) -> None:
    """Raise where a programme's voucher of a year was drawn before."""
    before = [draw for draw in account.drawn if (draw.programme, draw.year) == (programme.id, year)]
    if before:
        day, drawn = before[-1].drawn_on, render_yuan(account.drawn_fen(programme.id, year))
        raise RuleViolationError(
            "already_drawn",
            Text(
                f"{account.name} {year} 年{programme.name.zh}已于 {day} 使用 {drawn} 元，"
                "再次使用可能重复补贴同一张发票",
                f"{account.name} drew CNY {drawn} of {programme.name.en} {year} on {day};"
                " drawing again could refund an invoice twice",
            ),
            Text(
                "请逐张核对已补贴的发票，由人工处理余额",
                "compare with the invoices refunded then, and settle the rest by hand",
            ),
        )


def _require_quota(account: Account, granted: VoucherGranted, amount_fen: int) -> None:
    """Raise unless an amount fits into what is left of a quota."""
    left_fen = granted.quota_fen - account.drawn_fen(granted.programme, granted.year)
    if amount_fen > left_fen:
        raise RuleViolationError(
            "over_quota",
            Text(
                f"{account.name} {granted.year} 年 {granted.programme} 额度剩余 {left_fen} 分，"
                f"不足以使用 {amount_fen} 分",
                f"{account.name}: {left_fen} fen left of {granted.programme} {granted.year},"
                f" {amount_fen} asked",
            ),
            Text("请核对当年已使用的额度", "check what was drawn in that year"),
        )


def _event(event_id: str, account: Account, data: Data, salt: Salt) -> Event:
    """Return an event of the voucher office."""
    return encode(SOURCE, event_id, account.credit_code, data, salt(SOURCE, event_id))
