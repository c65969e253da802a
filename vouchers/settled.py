"""Purchases that are settled: they count, they are paid, and no later day of the year changes that.

Whoever applies month after month brings the same invoices again. What a version finds of one of
them depends on the day of application only by the payments made until then and by two years: that
of the claim and that of the day. So what was found of a purchase that counts, with every payment
known and made, is true on each later day of both years, as long as the other facts are the same.
What the enterprise is on a legal date is true on each of these days too, counting or not.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

from msgspec import Struct

from vouchers.amounts import Lowest
from vouchers.application import Application, Line
from vouchers.case import Case
from vouchers.decision import Finding
from vouchers.prepared import Prepared
from vouchers.programme import Version
from vouchers.spend import OF_CONTRACT, Measured

_OTHER_FACTS: Final = tuple(
    name for name in Case.__struct_fields__ if name not in {"purchases", "apply_on"}
)


class Weighed(Struct, frozen=True, gc=False):
    """What was found of a purchase itself: whether it counts, and its base."""

    line: Line
    finding: Finding
    base: Measured


class Heard(Struct, frozen=True, gc=False):
    """What was found of the enterprise on a day: each condition in order, and all of them."""

    findings: tuple[Finding, ...]
    together: Finding


class Settled:
    """What one programme found of an enterprise and its purchases, on days that do not go back.

    `heard` has what it found of the enterprise by legal date.
    """

    def __init__(self) -> None:
        self.heard: dict[date, Heard] = {}
        self._found: dict[int, Weighed] = {}
        self._last: tuple[Prepared, Application] | None = None
        self._lasts = False

    def begin(self, prepared: Prepared, application: Application) -> None:
        """Take up a day of application; what does not hold any longer is forgotten."""
        self._lasts = _can_settle(prepared, application.case)
        goes_on = self._last is not None and _goes_on(*self._last, prepared, application)
        if not goes_on:
            self.heard = {}
        if not (goes_on and self._lasts):
            self._found = {}
        self._last = prepared, application

    def find(self, line: Line) -> Weighed | None:
        """Return what was found of a purchase, None where it must be looked at."""
        found = self._found.get(line.position)
        return found if found and found.line.purchase is line.purchase else None

    def keep(self, weighed: Weighed, applied_on: date) -> None:
        """Keep what was found of a purchase if it is settled."""
        if self._lasts and weighed.finding.truth and _is_paid(weighed.line, applied_on):
            self._found[weighed.line.position] = weighed


def _goes_on(
    prepared: Prepared, application: Application, now: Prepared, later: Application
) -> bool:
    """Return whether nothing has changed but the day, within the year, and the purchases."""
    if prepared is not now or application.applied_on > later.applied_on:
        return False
    if (application.year, application.applied_on.year) != (later.year, later.applied_on.year):
        return False
    if application.supposed != later.supposed:
        return False
    one, other = application.case, later.case
    return all(_same(getattr(one, name), getattr(other, name)) for name in _OTHER_FACTS)


def _same(one: object, other: object) -> bool:
    return one is other or one == other


def _can_settle(prepared: Prepared, case: Case) -> bool:
    """Return whether each purchase is judged without the others."""
    if not OF_CONTRACT.isdisjoint(_bases(prepared.version)):
        return False
    return not prepared.excludes_paid or not any(one.refunded_by for one in case.purchases or ())


def _bases(version: Version) -> Sequence[str]:
    base = version.base.value
    return base.bases if isinstance(base, Lowest) else (base,)


def _is_paid(line: Line, applied_on: date) -> bool:
    """Return whether every payment on a purchase is known and was made by a day."""
    payments = line.purchase.payments
    return payments is not None and all(
        one.amount_fen is not None and one.paid_on is not None and one.paid_on <= applied_on
        for one in payments
    )
