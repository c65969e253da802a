"""What of an amount is for which purchase: the amount is followed back through its sheet.

A sum hands on to its parts as they are, any other operation to its first operand, which is the
money. So a contract that was cut by its cap, or a kind of resource at a lower rate, has less.
"""

from collections.abc import Hashable, Mapping, Sequence
from fractions import Fraction
from math import lcm
from typing import TypeVar

from ledger.money import allocate
from vouchers.decision import Step

K = TypeVar("K", bound=Hashable)


def attribute(steps: Sequence[Step]) -> dict[int, Fraction]:
    """Return which share of the last step's value each purchase has, by position.

    The shares sum to one, and are none where the value is nobody's. What an earlier claim has in
    a sum over the year is no purchase's share.
    """
    shares = [Fraction(0)] * (len(steps) - 1) + [Fraction(1)] * bool(steps)
    found: dict[int, Fraction] = {}
    for at in reversed(range(len(steps))):
        step, share = steps[at], shares[at]
        if step.purchase is not None and share:
            found[step.purchase] = found.get(step.purchase, Fraction(0)) + share
        elif step.operation == "sum":
            values = [Fraction(steps[one].value) for one in step.inputs]
            whole = sum(values)
            for one, value in zip(step.inputs, values, strict=True):
                shares[one] += share * value / whole if whole else 0
        elif step.inputs:
            shares[step.inputs[0]] += share
    whole = sum(found.values())
    return {at: share / whole for at, share in sorted(found.items())}


def divide(amount_fen: int, shares: Mapping[K, Fraction]) -> dict[K, int]:
    """Return an amount in whole fen by shares of it, by the largest remainder; all of it."""
    scale = lcm(*(share.denominator for share in shares.values()))
    weights = [int(share * scale) for share in shares.values()]
    return dict(zip(shares, allocate(amount_fen, weights), strict=True))
