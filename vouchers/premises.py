"""What an amount rests on, as the first lines of its sheet: version, year, conditions met."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

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
    choices: Iterable[Choice],
) -> None:
    """Write down what the amount of a claim rests on, for the purchases that count."""
    steps, cited_year = sheet.steps, prepared.version.claim_year
    steps.append(prepared.version_step)
    steps.append(Step(_YEAR, str(year), "year", cited_year.clause, cited_year.grade))
    for i, cited in enumerate(prepared.version.eligibility):
        met_on: dict[Cited[Condition], tuple[date, ...]] = {}
        for one in counted:
            met, day = one.findings[i].met or cited, one.moment.on
            assert day is not None, "a purchase counts on a known day"
            days = met_on.get(met, ())
            if day not in days:
                met_on[met] = (*days, day)
        for met, days in met_on.items():
            steps.append(prepared.met(met, days))
    steps.extend(prepared.rule_steps)
    of_classes = [one for choice in choices for one in choice.because]
    steps.extend(prepared.met(because, ()) for because in dict.fromkeys(of_classes))
