"""Who bears an amount and who receives it: the split between treasuries, the form of payment.

Neither changes what a programme pays: in every form the provider gets its price, the enterprise
bears what is left of it, and the treasuries bear the refund, to the fen.
"""

from fractions import Fraction
from typing import Literal, NamedTuple

from ledger.money import round_down
from ledger.text import Text
from vouchers.case import Authority
from vouchers.decision import Step
from vouchers.names import LEVEL_NAMES, call
from vouchers.programme import Cited
from vouchers.treasury import FundingSplit, PaymentForm

Party = Literal["enterprise", "provider", "treasury"]


class Movement(NamedTuple):
    """Money from one party to another: at the purchase, or when the claim has been approved."""

    payer: Party
    payee: Party
    amount_fen: int
    at: Literal["purchase", "redemption"]


class SplitAmount(NamedTuple):
    """What each treasury bears, in the rule's order, and how it was computed."""

    parts: tuple[tuple[Authority, int], ...]
    steps: tuple[Step, ...]


def split_amount(amount_fen: int, split: Cited[FundingSplit]) -> SplitAmount:
    """Return what each treasury bears of an amount; the parts add up to it exactly.

    Each share is rounded down to the fen; the fen that are left go to the treasury that the rule
    names.
    """
    assert amount_fen >= 0, amount_fen
    rule = split.value
    downs = [round_down(one.share * amount_fen) for one in rule.shares]
    left_fen = amount_fen - sum(downs)
    parts = tuple(
        (one.level, down + (left_fen if one.level == rule.remainder_to else 0))
        for one, down in zip(rule.shares, downs, strict=True)
    )
    steps = [_step(Text("待分担金额", "amount to be borne"), amount_fen, split)]
    for one, (level, part_fen) in zip(rule.shares, parts, strict=True):
        name, share = call(LEVEL_NAMES, level), one.share
        steps += [
            _step(Text(f"{name.zh}分担比例", f"{name.en} share"), share, split),
            _step(Text(f"{name.zh}承担", f"borne by the {name.en} treasury"), part_fen, split),
        ]
    rest = call(LEVEL_NAMES, rule.remainder_to)
    what = Text(f"其中尾差（由{rest.zh}承担）", f"of this left by rounding ({rest.en})")
    return SplitAmount(parts, (*steps, _step(what, left_fen, split)))


def list_movements(
    form: Cited[PaymentForm], price_fen: int, refund_fen: int
) -> tuple[Movement, ...]:
    """Return who pays whom on a purchase at a price, of which a programme bears a refund.

    `refund`: the enterprise pays the price and is refunded. `offset`: it pays less, and the
    treasury pays the provider the rest at once. `provider_redeems`: it pays less, and the provider
    is paid the rest on its own claim. Movements of nothing are left out.
    """
    assert 0 <= refund_fen <= price_fen, (refund_fen, price_fen)
    reduced_fen = price_fen - refund_fen
    match form.value:
        case "refund":
            made = (
                Movement("enterprise", "provider", price_fen, "purchase"),
                Movement("treasury", "enterprise", refund_fen, "redemption"),
            )
        case "offset":
            made = (
                Movement("enterprise", "provider", reduced_fen, "purchase"),
                Movement("treasury", "provider", refund_fen, "purchase"),
            )
        case "provider_redeems":
            made = (
                Movement("enterprise", "provider", reduced_fen, "purchase"),
                Movement("treasury", "provider", refund_fen, "redemption"),
            )
    return tuple(one for one in made if one.amount_fen)


def _step(what: Text, value: Fraction | int, cited: Cited[object]) -> Step:
    if isinstance(value, int):
        return Step(what, value, "fen", cited.clause, cited.grade)
    return Step(what, value, "ratio", cited.clause, cited.grade)
