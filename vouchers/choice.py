"""Which of a rule's values applies: by class of applicant, by place, by year.

While facts are missing there may be several; each is then computed with, and the ends bound the
answer.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from msgspec import Struct

from ledger.money import FEN_MAX
from ledger.text import Text
from vouchers.amounts import ByClass, ByYear
from vouchers.application import Application, Moment
from vouchers.cited import Cited
from vouchers.condition import evaluate
from vouchers.decision import Finding, Reason, require_all
from vouchers.requirement import Condition


class Choice(Struct, frozen=True, gc=False):
    """The values that may apply, one when it is known, and the facts that would settle it.

    `because` are the conditions by which the only value was chosen.
    """

    values: tuple[Any, ...]
    missing: tuple[Reason, ...] = ()
    because: tuple[Cited[Condition], ...] = ()


# The legal dates of the purchases, and whether each certainly counts.
Moments = Sequence[tuple[Moment, bool]]


def choose(cited: Cited[object], application: Application, moments: Moments) -> Choice:
    """Return which value applies to an application, by the legal dates of its purchases."""
    value = cited.value
    if not isinstance(value, ByClass | ByYear):
        return Choice((value,))
    return _choose(value, cited.clause, application, moments)


def _choose(value: object, clause: Text, application: Application, moments: Moments) -> Choice:
    if isinstance(value, ByYear):
        return _by_year(value, clause, application, moments)
    if isinstance(value, ByClass):
        return _by_class(value, clause, application, moments)
    return Choice((value,))


def _by_year(
    value: ByYear[object], clause: Text, application: Application, moments: Moments
) -> Choice:
    for year, of_year in value.years:
        if year == application.year:
            return _choose(of_year, clause, application, moments)
    known = "、".join(str(year) for year, _ in value.years)
    message = Text(
        f"规则未载明 {application.year} 年度的标准（已有：{known}），请补录当年公布的数值",
        f"the rule has no value for {application.year} (it has {known}): add what was published",
    )
    return Choice(_ends(value), (Reason("missing_fact", message, clause),))


def _ends(value: object) -> tuple[object, object]:
    """Return the least and the most that a value which nobody has published can be."""
    while isinstance(value, ByYear | ByClass):
        value = value.years[0][1] if isinstance(value, ByYear) else value.otherwise
    return (0, FEN_MAX) if isinstance(value, int) else (Fraction(0), Fraction(1))


def _by_class(
    value: ByClass[object], clause: Text, application: Application, moments: Moments
) -> Choice:
    """Return the first class that the enterprise is in; one that is open leaves the next in too."""
    values: list[object] = []
    missing: list[Reason] = []
    for one in value.classes:
        found = _in_class(one.when, application, moments)
        if found.truth is False:
            continue
        inner = _choose(one.value, clause, application, moments)
        values += inner.values
        missing += (*found.missing, *inner.missing)
        if found.truth:
            because = (one.when, *inner.because) if len(values) == 1 else ()
            return Choice(tuple(values), tuple(missing), because)
    inner = _choose(value.otherwise, clause, application, moments)
    return Choice((*values, *inner.values), (*missing, *inner.missing), inner.because)


def _in_class(when: Cited[Condition], application: Application, moments: Moments) -> Finding:
    """Return whether the enterprise is in a class on the day of every purchase that counts.

    A purchase that may yet not count leaves open what holds on every other day but not on its own.
    """
    found = [(evaluate(when, application, moment), sure) for moment, sure in moments]
    surely = [one for one, sure in found if sure]
    maybe = [one for one, sure in found if not sure]
    of_sure, of_maybe = require_all(surely), require_all(maybe)
    if of_maybe.truth or not of_sure.truth:
        return of_sure
    if not surely and not any(one.truth is not False for one in maybe):
        return of_maybe
    return Finding(truth=None, missing=of_maybe.missing)
