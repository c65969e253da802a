"""Which of a rule's values applies: by class of applicant, by place, by year.

While facts are missing there may be several; each is then computed with, and the ends bound the
answer.
"""

from fractions import Fraction
from typing import Any

from msgspec import Struct

from ledger.money import FEN_MAX
from ledger.text import Text
from vouchers.amounts import ByClass, ByYear
from vouchers.application import Application, Moment
from vouchers.cited import Cited
from vouchers.condition import evaluate
from vouchers.decision import Reason
from vouchers.requirement import Condition


class Choice(Struct, frozen=True, gc=False):
    """The values that may apply, one when it is known, and the facts that would settle it.

    `because` are the conditions by which the only value was chosen.
    """

    values: tuple[Any, ...]
    missing: tuple[Reason, ...] = ()
    because: tuple[Cited[Condition], ...] = ()


def choose(cited: Cited[object], application: Application, moment: Moment) -> Choice:
    """Return which value applies to an application on the legal date."""
    value = cited.value
    if not isinstance(value, ByClass | ByYear):
        return Choice((value,))
    return _choose(value, cited.clause, application, moment)


def _choose(value: object, clause: Text, application: Application, moment: Moment) -> Choice:
    if isinstance(value, ByYear):
        return _by_year(value, clause, application, moment)
    if isinstance(value, ByClass):
        return _by_class(value, clause, application, moment)
    return Choice((value,))


def _by_year(
    value: ByYear[object], clause: Text, application: Application, moment: Moment
) -> Choice:
    for year, of_year in value.years:
        if year == application.year:
            return _choose(of_year, clause, application, moment)
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
    value: ByClass[object], clause: Text, application: Application, moment: Moment
) -> Choice:
    """Return the first class that the enterprise is in; one that is open leaves the next in too."""
    values: list[object] = []
    missing: list[Reason] = []
    for one in value.classes:
        found = evaluate(one.when, application, moment)
        if found.truth is False:
            continue
        inner = _choose(one.value, clause, application, moment)
        values += inner.values
        missing += (*found.missing, *inner.missing)
        if found.truth:
            because = (one.when, *inner.because) if len(values) == 1 else ()
            return Choice(tuple(values), tuple(missing), because)
    inner = _choose(value.otherwise, clause, application, moment)
    return Choice((*values, *inner.values), (*missing, *inner.missing), inner.because)
