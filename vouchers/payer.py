"""What a programme pays on a part of the purchases that it counts, and how much more is possible.

Purchases are bits of a mask: bit 3 is the fourth purchase. A rule of the plain shape (one rate on a
sum, one cap, one unit, one floor) is computed here from its decision on all purchases; any other
one is asked by `decide`, each set once. A field or condition that is not named below makes a rule
another one, so that what rules come to say later is never left out.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from fractions import Fraction
from functools import cache, lru_cache
from types import MappingProxyType
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
    that was asked before from memory. `bases` is what the rate applies to, by purchase.
    """

    counted: int
    whole_fen: int
    pay: Callable[[int], int]
    rate: Fraction | None = None
    gain: Callable[[int], int] | None = None
    bases: Mapping[int, int] = MappingProxyType({})


def mask_of(positions: Iterable[int]) -> int:
    """Return the mask of purchases."""
    mask = 0
    for at in positions:
        mask |= 1 << at
    return mask


def positions_in(mask: int) -> list[int]:
    """Return the positions in a mask, the first one first."""
    if not mask & (mask + 1):
        return list(range(mask.bit_length()))  # the first so many, as most often
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found


def list_bases(decision: Decision) -> dict[int, int]:
    """Return what the rate applies to of each purchase that is counted: what the base sums up."""
    if not decision.counted:
        return {}
    steps = decision.steps
    base = next((step for step in steps if step.operation == "sum"), None)
    if base is None:
        return {}
    numbers = zip(decision.counted, base.inputs, strict=True)
    return {at: int(steps[number].value) for at, number in numbers}


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
        plain = _Plain(version, rate, bases, whole_fen)
        if plain.round_off(rate.numerator * sum(bases.values())) == whole_fen:
            return Payer(counted, whole_fen, plain.pay, rate, plain.gain, bases)
    pay = _pay_by_decision(programme, case, as_of)
    return Payer(counted, whole_fen, pay, bases=bases)


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


class _Plain:
    """What the plain rule makes of parts, each found once.

    What is paid on all purchases stands for the headroom: either that is their gain rounded, which
    no part of them passes, or it is the headroom rounded.
    """

    def __init__(
        self, version: Version, rate: Fraction, bases: Mapping[int, int], whole_fen: int
    ) -> None:
        self._rate = rate
        self._bases = bases
        self._whole_fen = whole_fen
        self._unit_fen = version.rounding_unit_fen.value
        self._floor_fen = version.claim_floor_fen.value if version.claim_floor_fen else 0
        self._gains: dict[int, int] = {}
        self._amounts: dict[int, int] = {}

    def gain(self, part: int) -> int:
        """Return rate times base of a part, times the rate's denominator."""
        if part not in self._gains:
            base_fen = sum([self._bases[at] for at in positions_in(part)])
            self._gains[part] = self._rate.numerator * base_fen
        return self._gains[part]

    def pay(self, part: int) -> int:
        """Return what is paid on a part."""
        if part not in self._amounts:
            self._amounts[part] = self.round_off(self.gain(part))
        return self._amounts[part]

    def round_off(self, gain: int) -> int:
        """Return what is paid for a gain."""
        rounded_fen = round_down(gain // self._rate.denominator, self._unit_fen)
        amount_fen = min(rounded_fen, self._whole_fen)
        return amount_fen if amount_fen >= self._floor_fen else 0


def _pay_by_decision(programme: Programme, case: Case, as_of: date | None) -> Callable[[int], int]:
    @cache
    def pay(part: int) -> int:
        among = frozenset(positions_in(part))
        return decide(programme, case, as_of, among=among).amount_fen or 0

    return pay
