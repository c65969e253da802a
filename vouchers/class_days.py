"""Classes of applicant that one purchase more may leave: those tested on a day of each purchase.

An enterprise is in a class whose condition holds on the day of every purchase that counts. Where
that day is the application's it is the same for all; where it is each purchase's own, a purchase
of a day on which the condition does not hold takes the whole claim out of the class.
"""

from collections.abc import Iterator
from typing import Final

from vouchers.amounts import ByClass, ByYear
from vouchers.cited import Cited
from vouchers.programme import Version
from vouchers.requirement import (
    AllOf,
    AnyOf,
    Condition,
    DomiciledIn,
    Held,
    LegalDate,
    NoRecord,
    OnDay,
)

_DATED: Final = (Held, DomiciledIn, NoRecord)
_BY_CLASS: Final = (
    "rate",
    "contract_cap_fen",
    "claim_cap_fen",
    "yearly_cap_fen",
    "group_cap_fen",
)


def list_dated_classes(version: Version) -> tuple[Cited[Condition], ...]:
    """Return the conditions of a version's classes that may hold for one purchase and not for all.

    Without any, no purchase that is left out changes the rate or a cap of the others.
    """
    fields = (getattr(version, name) for name in _BY_CLASS)
    found = (when for cited in fields if cited is not None for when in _classes(cited.value))
    day = version.legal_date.value
    return tuple(dict.fromkeys(when for when in found if _may_differ(when.value, day)))


def _classes(value: object) -> Iterator[Cited[Condition]]:
    """Yield the conditions of the classes within a rate or a cap."""
    if isinstance(value, ByClass):
        for one in value.classes:
            yield one.when
            yield from _classes(one.value)
        yield from _classes(value.otherwise)
    elif isinstance(value, ByYear):
        for _, of_year in value.years:
            yield from _classes(of_year)


def _may_differ(condition: Condition, day: LegalDate) -> bool:
    """Return whether a condition may hold on the day of one purchase and not on another's."""
    match condition:
        case AllOf(conditions) | AnyOf(conditions):
            return any(_may_differ(one.value, day) for one in conditions)
        case OnDay(other, inner):
            return _may_differ(inner, other)
    return isinstance(condition, _DATED) and day != "application"
