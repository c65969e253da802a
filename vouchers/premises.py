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
from vouchers.sheet import Sheet

_YEAR: Final = Text("申领年度", "claim year")


def write_premises(
    sheet: Sheet,
    prepared: Prepared,
    year: int,
    counted: Sequence[Assessed],
    choices: Collection[Choice],
) -> None:
    """Write down what the amount of a claim rests on, for the purchases that count."""
    steps, cited_year = sheet.steps, prepared.version.claim_year
    steps.append(prepared.version_step)
    steps.append(Step(_YEAR, str(year), "year", cited_year.clause, cited_year.grade))
    eligibility = prepared.version.eligibility
    if len(counted) > 1 and prepared.by_day:
        # Purchases of one day found the same of the enterprise.
        counted = list({_day_of(one): one for one in counted}.values())
    if len(counted) == 1 and prepared.by_day:
        met_by, on = prepared.premises, (_day_of(counted[0]),)
        steps += [
            structs.replace(met_by[found.met or cited], days=on)
            for cited, found in zip(eligibility, counted[0].findings, strict=True)
        ]
    else:
        for i, cited in enumerate(eligibility):
            for met, days in _days_met(i, cited, counted).items():
                steps.append(prepared.met(met, days))
    steps += prepared.rule_steps
    if choices:
        of_classes = [one for choice in choices for one in choice.because]
        steps += [prepared.met(because, ()) for because in dict.fromkeys(of_classes)]


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
