"""A refusal that is certain at the first look, for whoever asks for the amount alone."""

from datetime import date

from vouchers.application import Application, Line, apply_for, moment_of
from vouchers.case import Case
from vouchers.condition import evaluate
from vouchers.decision import Decision
from vouchers.prepared import Prepared, prepare
from vouchers.programme import Programme
from vouchers.purchase import judge, judge_standing
from vouchers.window import claim_year, list_versions


def refuse_outright(programme: Programme, case: Case) -> Decision | None:
    """Return the refusal, without its reasons, of a case in which every purchase is certainly out.

    None where there is no purchase, where more than one version may apply, or where a purchase is
    not out by a condition or a rule: then `decide` must say.
    """
    applied_on = case.apply_on
    if applied_on is None or not case.purchases:
        return None
    asked = apply_for(case, applied_on)
    versions = list_versions(programme, asked)
    if len(versions) != 1:
        return None
    prepared = prepare(programme, versions[0])
    application = asked.serving(claim_year(versions[0], applied_on))
    refused: dict[date, bool] = {}
    if not _is_refused(prepared, application) and not all(
        _is_out(prepared, application, one, refused) for one in application.lines
    ):
        return None
    return Decision(
        programme=programme.id,
        version=prepared.version.id,
        version_hash=prepared.hash,
        year=application.year,
        status="ineligible",
        amount_fen=0,
    )


def _is_refused(prepared: Prepared, application: Application) -> bool:
    """Return whether a condition rules the enterprise out, whatever the legal dates are.

    What does not hold while the date is left open holds on none.
    """
    version = prepared.version
    moment = moment_of(version.legal_date.value, application, None)
    return any(evaluate(one, application, moment).truth is False for one in version.eligibility)


def _is_out(
    prepared: Prepared, application: Application, line: Line, refused: dict[date, bool]
) -> bool:
    """Return whether a condition or a rule rules a purchase out: the first that does is enough.

    Whether the enterprise is refused on a day is found once for all purchases of that day.
    """
    version = prepared.version
    moment = moment_of(version.legal_date.value, application, line)
    day = moment.on if prepared.by_day else None
    out = refused.get(day) if day is not None else None
    if out is None:
        conditions = version.eligibility
        out = any(evaluate(one, application, moment).truth is False for one in conditions)
        if day is not None:
            refused[day] = out
    if out:
        return True
    if any(
        judge(one, prepared.programme, application, line).truth is False
        for one in version.purchases
    ):
        return True
    standing = judge_standing(prepared, application, line, moment, spent=True)
    return any(one.truth is False for one in standing)
