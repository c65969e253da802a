"""What an amount rests on, as the first lines of its sheet: version, year, conditions met."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

from msgspec import structs

from ledger.text import Text
from vouchers.choice import Choice
from vouchers.cited import Cited
from vouchers.decision import Step
from vouchers.prepared import Prepared
from vouchers.purchase import Assessed
from vouchers.requirement import Condition

_YEAR: Final = Text("申领年度", "claim year")


def list_premises(
    prepared: Prepared, year: int, counted: Sequence[Assessed], choices: Collection[Choice]
) -> list[Step]:
    """Return what the amount of a claim rests on, for the purchases that count."""
    version = prepared.version
    of_year, conditions = version.claim_year, version.eligibility
    steps = [
        prepared.version_step,
        Step(_YEAR, str(year), "year", of_year.clause, of_year.grade),
    ]
    if len(counted) > 1 and prepared.by_day:
        # Purchases of one day found the same of the enterprise.
        counted = list({_day_of(one): one for one in counted}.values())
    if len(counted) == 1 and prepared.by_day:
        on = (_day_of(counted[0]),)
        lines = zip(prepared.lines, counted[0].findings, strict=True)
        steps += [
            structs.replace(prepared.premises[found.met] if found.met else line, days=on)
            for line, found in lines
        ]
    else:
        for i, cited in enumerate(conditions):
            for met, days in _days_met(i, cited, counted).items():
                steps.append(prepared.met(met, days))
    steps += prepared.rule_steps
    if choices:
        of_classes = [one for choice in choices for one in choice.because]
        steps += [prepared.met(because, ()) for because in dict.fromkeys(of_classes)]
    return steps


def _days_met(
    at: int, cited: Cited[Condition], counted: Sequence[Assessed]
) -> dict[Cited[Condition], tuple[date, ...]]:
    """Return by what a condition was met, most often by itself, and on which days."""
    met_on: dict[Cited[Condition], dict[date, None]] = {}
    for one in counted:
        met_on.setdefault(one.findings[at].met or cited, {})[_day_of(one)] = None
    return {met: tuple(days) for met, days in met_on.items()}


def _day_of(one: Assessed) -> date:
    """Return the legal date of a purchase that counts."""
    assert one.moment.on is not None, "a purchase counts on a known day"
    return one.moment.on
