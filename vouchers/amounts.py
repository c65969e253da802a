"""What a rule can say about the amount: bases, rates, caps, rounding; words of the programme files.

Each is a small value; `spend` measures the base, `payout` computes with the rest. A rate or a cap
may differ by year, by class of applicant or of place, or by kind of resource, to any depth.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Generic, Literal, TypeAlias, TypeVar

from msgspec import Struct

from vouchers.case import ResourceKind
from vouchers.cited import Cited
from vouchers.requirement import Condition

# A value that is only read: a class of flat amounts serves where a class of rates is asked for.
T_co = TypeVar("T_co", covariant=True)

# Amounts that the rate is applied to. Payments count up to the day of application; `settled` is
# what both parties settled on, `metered` what the platform metered, at the contract's prices.
Base = Literal[
    "invoiced", "paid", "paid_in_year", "contract", "approved_contract", "settled", "metered"
]


class Lowest(Struct, frozen=True, tag="lowest"):
    """The lowest of several bases (孰低), each purchase by itself."""

    bases: tuple[Base, ...]


class Class(Struct, Generic[T_co], frozen=True, tag="class"):
    """What holds for those who meet a condition: a class of applicant, or a place."""

    when: Cited[Condition]
    value: T_co


class ByClass(Struct, Generic[T_co], frozen=True, tag="by_class"):
    """The value of the first class that the enterprise is in, else the other one.

    It is in a class whose condition holds on the legal date of every purchase that counts.
    """

    classes: tuple[Class[T_co], ...]
    otherwise: T_co


class ByYear(Struct, Generic[T_co], frozen=True, tag="by_year"):
    """The value set for the claim's year; a year that is not set is unknown."""

    years: tuple[tuple[int, T_co], ...]


class ByResource(Struct, frozen=True, tag="by_resource"):
    """A rate for each kind of resource; a kind that is not named is not paid for."""

    rates: tuple[tuple[ResourceKind, Fraction], ...]


class Band(Struct, frozen=True, tag="band"):
    """A rate for the part of the base between the band before and a limit; None: no limit."""

    up_to_fen: int | None
    rate: Fraction


class Tiers(Struct, frozen=True, tag="tiers"):
    """Marginal rates: each band's rate applies to its own part of the base."""

    bands: tuple[Band, ...]


class FlatAmount(Struct, frozen=True, tag="flat_amount"):
    """So much, whatever the base, and never more than the base."""

    amount_fen: int


class Own(Struct, frozen=True, tag="own"):
    """A pure function of the programme's own file, from the base in fen to an exact amount in fen.

    It must never give less for more. `revision` is raised whenever it comes to give another amount:
    name and revision are what is hashed.
    """

    name: str
    revision: int
    function: Callable[[int], Fraction]


Rate: TypeAlias = "Fraction | Tiers | FlatAmount | ByResource | Own | ByClass[Rate] | ByYear[Rate]"
Amount: TypeAlias = "int | ByClass[Amount] | ByYear[Amount]"

# Tiers and the like apply to a claim by itself, or to all of the year's: then a claim has what the
# rate makes of the base of the year so far with it, less what it makes of that without it.
RateOver = Literal["year"]

Direction = Literal["down", "half_up", "up"]
# Where the amount is rounded: the base that a rate is applied to, each contract's refund before its
# cap, the claim's refund before the caps, or what is left after them.
RoundingStep = Literal["base", "contract", "before_caps", "refund"]


class Apportion(Struct, frozen=True, tag="apportion"):
    """Of a service that reaches beyond the year only the days within it count.

    `actual` divides by the days of the service, both edges included; `thirty_360` counts each month
    as thirty days.
    """

    day_count: Literal["actual", "thirty_360"]


class Lapse(Struct, frozen=True, tag="lapse"):
    """How long a voucher is good for: to the end of its year, or so many days from its grant."""

    days: int | None = None
