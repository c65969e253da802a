"""A refusal that is certain at the first look, for whoever asks for the amount alone."""

from datetime import date

from vouchers.application import apply_for
from vouchers.case import Case
from vouchers.decision import Decision
from vouchers.prepared import prepare
from vouchers.programme import Programme
from vouchers.purchase import is_out
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
    if not all(is_out(prepared, application, one, refused) for one in application.lines):
        return None
    return Decision(
        programme=programme.id,
        version=prepared.version.id,
        version_hash=prepared.hash,
        year=application.year,
        status="ineligible",
        amount_fen=0,
    )
