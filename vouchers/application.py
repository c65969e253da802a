"""What is decided on: the facts, the day of application, and the days that the rules look at."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from msgspec import Struct

from ledger.text import Text
from vouchers.case import Case, Earlier, Purchase
from vouchers.cited import Cited
from vouchers.decision import name_purchase
from vouchers.payments import paid_in_full_on
from vouchers.requirement import Condition, LegalDate, PurchaseRule
from vouchers.truth import Truth, same

Requirement = Cited[Condition] | Cited[PurchaseRule]

_OF_APPLICATION: Final = "apply_on"

NOTHING_SUPPOSED: Final[frozenset[Requirement]] = frozenset()


class Line(Struct, frozen=True, gc=False):
    """A purchase at its position in the case, counted from zero."""

    position: int
    purchase: Purchase

    def path(self, key: str) -> str:
        """Return the path of one of its facts."""
        return f"purchases[{self.position}].{key}"

    def name(self) -> Text:
        """Return what people call it."""
        return name_purchase(self.position, self.purchase.contract)


class Application(Struct, frozen=True, gc=False):
    """The facts, the day of application, the year of the claim, and what is supposed to hold.

    `supposed` has the requirements that are taken as met whatever the facts say: by them a refusal
    is told what it is worth. `lines` are the purchases that it is made on: the case's other ones
    stay facts, such as of the contract that they share.
    """

    case: Case
    applied_on: date
    year: int
    lines: list[Line]
    supposed: frozenset[Requirement] = NOTHING_SUPPOSED

    def serving(self, year: int) -> "Application":
        """Return the application as the claim of a year."""
        if year == self.year:
            return self
        return Application(self.case, self.applied_on, year, self.lines, self.supposed)


class Moment(Struct, frozen=True, gc=False):
    """A day to test statuses on, None while unknown, and the fact that gives it.

    `line` is the purchase that it is for, None where it is for the whole application.
    """

    on: date | None
    key: str
    line: Line | None = None

    @property
    def path(self) -> str:
        """Return the path of the fact."""
        if self.line is None or self.key == _OF_APPLICATION:
            return self.key
        return self.line.path(self.key)


def apply_for(
    case: Case,
    applied_on: date,
    supposed: frozenset[Requirement] = NOTHING_SUPPOSED,
    among: frozenset[int] | None = None,
) -> Application:
    """Return the application made on a day, for the purchases at some positions or for all.

    Its year is that of the day, until a version says otherwise.
    """
    lines = [Line(i, one) for i, one in enumerate(case.purchases or ())]
    if among is not None:
        lines = [one for one in lines if one.position in among]
    return Application(case, applied_on, applied_on.year, lines, supposed)


def moment_of(day: LegalDate, application: Application, line: Line | None) -> Moment:
    """Return the day of an application, or of one of its purchases, by its name in the rule."""
    if day == "application":
        return Moment(application.applied_on, _OF_APPLICATION, line)
    if line is None:
        return Moment(None, "purchases")
    purchase = line.purchase
    if day == "contract_signed":
        return Moment(purchase.signed_on, "signed_on", line)
    if day == "service_completed":
        return Moment(purchase.completed_on, "completed_on", line)
    payments = purchase.payments
    known = purchase.invoiced_fen is not None and payments is not None
    known = known and all(None not in (one.paid_on, one.amount_fen) for one in payments or ())
    full_on = paid_in_full_on(purchase, application.applied_on) if known else None
    return Moment(full_on, "payments", line)


def same_year_vouchers(application: Application) -> Iterator[tuple[int, Earlier, Truth]]:
    """Yield `(position, entry, whether it is of the claim's year)`, known others left out."""
    for i, entry in enumerate(application.case.earlier):
        of_year = same(entry.year, application.year)
        if of_year is not False:
            yield i, entry, of_year


def years_before(day: date, years: int) -> date:
    """Return the same day so many years before, the last of February for the 29th."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
