"""Red invoices and money that came back after a refund: what of it is to be claimed back.

A claim is worked out again on the grounds that it had, with its invoices as red ones leave them and
its payments less what came back; what was paid beyond that is claimed back, without interest.
Claims are taken in the order in which they drew on vouchers, each beside what the claims before it
are worth now: so of two levels that refunded one invoice each gives back its own part, and the
limits cut nobody twice.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from msgspec import structs

from ledger.events import PaymentReversed, VoucherDrawn
from ledger.money import allocate, render_yuan
from ledger.text import Text
from vouchers.book import Account
from vouchers.case import Case, Purchase
from vouchers.claims.evidence import Reversal, join
from vouchers.claims.fold import Claim
from vouchers.claims.worth import Grounds, Worth, work_out

_PAID: Final = frozenset({"paid", "closed"})


class Paid(NamedTuple):
    """A claim, the grounds that it was worked out on, its own draws and later ones left out."""

    claim: Claim
    grounds: Grounds


class Clawback(NamedTuple):
    """What is to be claimed back of a claim, None while a fact is missing, and why.

    `paid_fen` is what was paid and not claimed back yet, `due_fen` what it would have been without
    what was reversed.
    """

    claim: str
    enterprise: str
    programme: str
    invoices: tuple[str, ...]
    paid_fen: int
    due_fen: int | None
    amount_fen: int | None
    reason: Text
    worth: Worth


class _Now(NamedTuple):
    """What a claim is worth now, and what of that is for each invoice."""

    due_fen: int
    shares: tuple[tuple[str, int], ...]


def left_of(account: Account, reversals: Iterable[Reversal]) -> dict[str, int]:
    """Return what red invoices leave of each invoice that they reverse, in fen, as recorded."""
    left: dict[str, int] = {}
    for one in reversals:
        record = account.invoices.get(one.invoice)
        before_fen = left.get(one.invoice, record.amount_fen if record else 0)
        left[one.invoice] = max(before_fen - one.amount_fen, 0)
    return left


def work_out_now(account: Account, of: Paid, reversals: Iterable[Reversal]) -> Worth:
    """Return what a claim is worth on what was reversed since, and came back, taken off."""
    left, case = left_of(account, reversals), of.grounds.case
    case = give_back(take_back(case, left), _sum(_came_back(account, case)))
    return _work_out_again(of.claim, of.grounds._replace(case=case), left, {})


def find_clawbacks(
    account: Account, claims: Iterable[Paid], reversals: Iterable[Reversal]
) -> tuple[Clawback, ...]:
    """Return what is to be claimed back of an enterprise's claims on what was reversed since.

    That payments came back is read from the account. `claims` are in the order in which they drew,
    paid or not. A claim that is worth what was paid all the same, for a cap bound it, gives none.
    """
    reds = list(reversals)
    left = left_of(account, reds)
    now: dict[str, _Now] = {}
    found = []
    for claim, grounds in claims:
        back = _came_back(account, grounds.case)
        hit = tuple(one for one in claim.invoices if one in left or one in back)
        if not hit:
            continue
        case = give_back(take_back(grounds.case, left), _sum(back))
        worth = _work_out_again(claim, grounds._replace(case=case), left, now)
        due_fen = worth.amount_fen
        paid_fen = claim.paid_fen - claim.receivable_fen - claim.recovered_fen
        if due_fen is not None:
            due_fen = min(due_fen, claim.amount_fen)
            now[claim.claim] = _Now(due_fen, worth.shares)
        if claim.state not in _PAID or (due_fen is not None and due_fen >= paid_fen):
            continue
        why = [_tell_red(one) for one in reds if one.invoice in hit]
        why += [_tell_back(one) for invoice in hit for one in back.get(invoice, ())]
        found.append(
            Clawback(
                claim=claim.claim,
                enterprise=claim.enterprise,
                programme=claim.programme,
                invoices=hit,
                paid_fen=paid_fen,
                due_fen=due_fen,
                amount_fen=None if due_fen is None else paid_fen - due_fen,
                reason=_explain(join(why), paid_fen, due_fen, worth),
                worth=worth,
            )
        )
    return tuple(found)


def _came_back(account: Account, case: Case) -> dict[str, list[PaymentReversed]]:
    """Return what came back of payments after the day of application, by invoice."""
    found: dict[str, list[PaymentReversed]] = {}
    for one in account.payments_back.values():
        if case.apply_on is not None and one.reversed_on > case.apply_on.isoformat():
            found.setdefault(one.invoice, []).append(one)
    return found


def _sum(back: Mapping[str, Iterable[PaymentReversed]]) -> dict[str, int]:
    return {invoice: sum(one.amount_fen for one in several) for invoice, several in back.items()}


def _work_out_again(
    claim: Claim, grounds: Grounds, left: Mapping[str, int], now: Mapping[str, _Now]
) -> Worth:
    """Return what a claim is worth on what is left, beside what earlier claims are worth now."""
    drawn = tuple(_shrink_draw(one, now.get(one.claim or "")) for one in grounds.vouchers.drawn)
    there = {one.invoice for one in grounds.case.purchases or ()}
    whole = [one for one in claim.invoices if one in left and one not in there]
    rest = [one for one in claim.invoices if one not in whole]
    vouchers = grounds.vouchers._replace(drawn=tuple(one for one in drawn if one.amount_fen))
    cuts = {one: fen for one, fen in claim.base_cuts.items() if one not in whole}
    return work_out(grounds._replace(vouchers=vouchers), rest, cuts)


def _shrink_draw(draw: VoucherDrawn, now: _Now | None) -> VoucherDrawn:
    """Return a draw as its claim would draw now, with what of it is for each invoice if known."""
    if now is None or now.due_fen >= draw.amount_fen:
        return draw
    shares = dict(now.shares)
    parts = tuple(shares.get(one, 0) for one in draw.invoices)
    known = sum(parts) == now.due_fen
    return structs.replace(draw, amount_fen=now.due_fen, parts_fen=parts if known else ())


def take_back(case: Case, left: Mapping[str, int]) -> Case:
    """Return the case with no more of each invoice than what is left of it, in fen.

    An invoice of which nothing is left makes no purchase; of a part makes smaller ones, each kind
    by what it is over, its tax in proportion. Payments stay: no more of them counts than is
    invoiced. A case that knows of the red invoice already stays as it is.
    """
    purchases = case.purchases
    if purchases is None:
        return case
    changed: list[Purchase | None] = list(purchases)
    for invoice, left_fen in left.items():
        places = [at for at, one in enumerate(purchases) if one.invoice == invoice]
        weights = [purchases[at].invoiced_fen or 0 for at in places]
        if sum(weights) <= left_fen:
            continue
        for at, part_fen in zip(places, allocate(left_fen, weights), strict=True):
            changed[at] = _shrink(purchases[at], part_fen)
    return structs.replace(case, purchases=tuple(one for one in changed if one is not None))


def _shrink(purchase: Purchase, left_fen: int) -> Purchase | None:
    """Return a purchase over less, None where nothing is left of it."""
    if not left_fen:
        return None
    whole_fen, tax_fen = purchase.invoiced_fen, purchase.tax_fen
    assert whole_fen is not None, purchase
    if tax_fen is not None:
        tax_fen = tax_fen * left_fen // whole_fen
    return structs.replace(purchase, invoiced_fen=left_fen, tax_fen=tax_fen)


def give_back(case: Case, back: Mapping[str, int]) -> Case:
    """Return the case with money that came back taken off each invoice's payments, in fen.

    Each kind bears its part by what was paid on it; the last payments go first.
    """
    purchases = list(case.purchases or ())
    for invoice, fen in back.items():
        places = [at for at, one in enumerate(purchases) if one.invoice == invoice]
        weights = [
            sum(one.amount_fen or 0 for one in purchases[at].payments or ()) for at in places
        ]
        if not sum(weights):
            continue
        parts = allocate(fen, weights)
        for at, part_fen in zip(places, parts, strict=True):
            purchases[at] = _unpay(purchases[at], part_fen)
    return structs.replace(case, purchases=case.purchases and tuple(purchases))


def _unpay(purchase: Purchase, fen: int) -> Purchase:
    """Return a purchase with so much less paid on it, the last payments gone first."""
    kept = []
    for one in reversed(purchase.payments or ()):
        off_fen = min(fen, one.amount_fen or 0)
        fen -= off_fen
        if (one.amount_fen or 0) > off_fen:
            kept.append(structs.replace(one, amount_fen=(one.amount_fen or 0) - off_fen))
    return structs.replace(purchase, payments=tuple(reversed(kept)))


def _tell_red(one: Reversal) -> Text:
    yuan = render_yuan(one.amount_fen)
    return Text(
        f"发票 {one.invoice} 于 {one.issued_on} 被红字发票 {one.red} 冲销 {yuan} 元",
        f"invoice {one.invoice} was reversed by {one.red} of {one.issued_on} over CNY {yuan}",
    )


def _tell_back(one: PaymentReversed) -> Text:
    yuan = render_yuan(one.amount_fen)
    return Text(
        f"发票 {one.invoice} 的付款 {one.payment} 于 {one.reversed_on} 退回 {yuan} 元",
        f"of payment {one.payment} of invoice {one.invoice} CNY {yuan} came back on"
        f" {one.reversed_on}",
    )


def _explain(why: Text, paid_fen: int, due_fen: int | None, worth: Worth) -> Text:
    """Return the words of a clawback: what happened since, what was paid, what is due."""
    paid = render_yuan(paid_fen)
    if due_fen is None:
        asked = join(one.message for one in worth.missing)
        return Text(
            f"{why.zh}；已支付 {paid} 元，应追缴金额待补充：{asked.zh}",
            f"{why.en}; CNY {paid} was paid, what is to come back waits for: {asked.en}",
        )
    due, back = render_yuan(due_fen), render_yuan(paid_fen - due_fen)
    return Text(
        f"{why.zh}；已支付 {paid} 元，重新核定 {due} 元，应追缴 {back} 元，不计利息",
        f"{why.en}; CNY {paid} was paid, {due} is due: {back} is to come back, no interest",
    )
