"""What a rule says of money that several share: levels under one cap, claims on one pool, payers.

Values only, cited on a version like all others. What they do is in `joint` (caps and ceilings over
programmes), `pool` (a pool that does not last) and `funding_split` (who bears an amount, who gets
it).
"""

from fractions import Fraction
from typing import Literal

from msgspec import Struct

from vouchers.case import Authority

# In which order a pool that does not last serves its claims.
PoolOrder = Literal["application", "signing", "pro_rata"]
# How the refund reaches those who are owed it.
PaymentForm = Literal["refund", "offset", "provider_redeems"]


class LevelCap(Struct, frozen=True):
    """The most that the programmes of one level pay."""

    level: Authority
    cap_fen: int


class JointCap(Struct, frozen=True):
    """The most that the programmes of these levels pay an enterprise for one year, together.

    A sub-cap binds one of the levels alone.
    """

    levels: tuple[Authority, ...]
    cap_fen: int
    sub_caps: tuple[LevelCap, ...] = ()

    def __post_init__(self) -> None:
        """Hold the sub-caps to the levels: it is a mistake in the file, not in some input."""
        capped = [one.level for one in self.sub_caps]
        assert set(capped) <= set(self.levels), capped
        assert len(capped) == len(set(capped)), capped


class Pool(Struct, frozen=True):
    """The money of one year's pool, and whom it serves when it does not last."""

    amount_fen: int
    order: PoolOrder


class LevelShare(Struct, frozen=True):
    """The part of an amount that the treasury of one level bears."""

    level: Authority
    share: Fraction


class FundingSplit(Struct, frozen=True):
    """How treasuries bear an amount: shares that sum to one; who bears what rounding leaves."""

    shares: tuple[LevelShare, ...]
    remainder_to: Authority

    def __post_init__(self) -> None:
        """Hold the shares together: it is a mistake in the file, not in somebody's input."""
        levels = [one.level for one in self.shares]
        assert len(levels) == len(set(levels)), levels
        assert all(one.share > 0 for one in self.shares), self.shares
        assert sum(one.share for one in self.shares) == 1, self.shares
        assert self.remainder_to in levels, self.remainder_to
