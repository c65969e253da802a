"""What a programme pays on a part of the purchases that it counts, and how much more is possible.

Purchases are bits of a mask: bit 3 is the fourth purchase. A rule of the plain shape (one rate on a
sum, one cap, one unit, one floor) is computed here from its decision on all purchases; any other
one is asked by `decide`, each set once. A field or condition that is not named below makes a rule
another one, so that what rules come to say later is never left out.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from fractions import Fraction
from functools import cache, lru_cache
from typing import Final, NamedTuple

import msgspec

from ledger.money import round_down
from vouchers.case import Case
from vouchers.decide import decide
from vouchers.decision import Decision
from vouchers.prepared import VERSIONS_MAX
from vouchers.programme import (
    AllOf,
    AnyOf,
    Cited,
    Condition,
    DomiciledIn,
    FactBelow,
    Held,
    NoEarlierVoucher,
    NotDeclared,
    NotFunded,
    PaidInFullInYear,
    Programme,
    RegisteredIn,
    ResourceIs,
    SignedAndCompletedInYear,
    Version,
)

# What a version of the plain shape may have: the amount is a function of the sum of the bases.
_PLAIN_FIELDS: Final = """
    id document valid_from valid_to legal_date claim_year windows eligibility purchases base tax
    rate yearly_cap_fen rounding_unit_fen rounding_direction claim_floor_fen joint_cap
    combined_ceiling pool funding_split payment_form notice_days
"""
_PLAIN_CONDITIONS: Final = (
    Held,
    FactBelow,
    RegisteredIn,
    DomiciledIn,
    NotDeclared,
    NoEarlierVoucher,
    AllOf,
    AnyOf,
)
_PLAIN_RULES: Final = (ResourceIs, PaidInFullInYear, SignedAndCompletedInYear, NotFunded)


class Payer(NamedTuple):
    """An eligible programme: what it counts, and what it pays on a part of that.

    `pay` never pays less on more, but for a class that one purchase more leaves. Of a rule of the
    plain shape the rate is known, `gain` returns rate times base of a part in fen times the rate's
    denominator, and `pay` is never more than that and the same for equal gains. Both answer a part
    that was asked before from memory.
    """

    counted: int
    whole_fen: int
    pay: Callable[[int], int]
    rate: Fraction | None = None
    gain: Callable[[int], int] | None = None


def mask_of(positions: Iterable[int]) -> int:
    """Return the mask of purchases."""
    mask = 0
    for at in positions:
        mask |= 1 << at
    return mask


def positions_in(mask: int) -> Iterator[int]:
    """Yield the positions in a mask, the first one first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def list_bases(decision: Decision) -> dict[int, int]:
    """Return what the rate applies to of each purchase that is counted: what the base sums up."""
    base = next((step for step in decision.steps if step.operation == "sum"), None)
    if base is None or not decision.counted:
        return {}
    parts = (decision.steps[number].value for number in base.inputs)
    return {at: int(fen) for at, fen in zip(decision.counted, parts, strict=True)}


def make_payer(
    programme: Programme, case: Case, decision: Decision, as_of: date | None = None
) -> Payer:
    """Return the payer of an eligible decision."""
    version, whole_fen = programme.version_of(decision.version), decision.amount_fen
    assert version is not None, decision
    assert whole_fen is not None, decision
    counted, bases = mask_of(decision.counted), list_bases(decision)
    rate = version.rate.value
    if isinstance(rate, Fraction) and is_plain(version):
        gain = _gain_by_rate(rate, bases)
        pay = _pay_by_rate(version, rate.denominator, gain, whole_fen)
        if pay(counted) == whole_fen:
            return Payer(counted, whole_fen, pay, rate, gain)
    return Payer(counted, whole_fen, _pay_by_decision(programme, case, as_of))


@lru_cache(maxsize=VERSIONS_MAX)
def is_plain(version: Version) -> bool:
    """Return whether the amount is a function of the sum of the bases, known in this module."""
    plain = _PLAIN_FIELDS.split()
    for field in msgspec.structs.fields(version):
        value = getattr(version, field.name)
        if field.name not in plain and value != field.default:
            return False
    cap = version.yearly_cap_fen
    if version.rounding_direction.value != "down" or (cap and not isinstance(cap.value, int)):
        return False
    known = all(isinstance(one.value, _PLAIN_RULES) for one in version.purchases)
    return known and all(map(_is_plain_condition, version.eligibility))


def _is_plain_condition(cited: Cited[Condition]) -> bool:
    if isinstance(cited.value, AllOf | AnyOf):
        return all(map(_is_plain_condition, cited.value.conditions))
    return isinstance(cited.value, _PLAIN_CONDITIONS)


def _gain_by_rate(rate: Fraction, bases: dict[int, int]) -> Callable[[int], int]:
    @cache
    def gain(part: int) -> int:
        return rate.numerator * sum(bases[at] for at in positions_in(part))

    return gain


def _pay_by_rate(
    version: Version, scale: int, gain: Callable[[int], int], whole_fen: int
) -> Callable[[int], int]:
    """Return the plain rule's function.

    What is paid on all purchases stands for the headroom: either that is their gain rounded, which
    no part of them passes, or it is the headroom rounded.
    """
    unit_fen = version.rounding_unit_fen.value
    floor_fen = version.claim_floor_fen.value if version.claim_floor_fen is not None else 0

    @cache
    def pay(part: int) -> int:
        amount_fen = min(round_down(gain(part) // scale, unit_fen), whole_fen)
        return amount_fen if amount_fen >= floor_fen else 0

    return pay


def _pay_by_decision(programme: Programme, case: Case, as_of: date | None) -> Callable[[int], int]:
    @cache
    def pay(part: int) -> int:
        among = frozenset(positions_in(part))
        return decide(programme, case, as_of, among=among).amount_fen or 0

    return pay
