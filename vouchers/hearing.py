"""What a version finds on an application: its purchases, the enterprise, its values, their use.

Nothing is computed here; `decide` makes the amount and the reasons of it.
"""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from vouchers.application import Application, moment_of
from vouchers.choice import Choice, choose
from vouchers.condition import evaluate
from vouchers.decision import HOLDS, Finding, require_all
from vouchers.headroom import Use, use_of_caps
from vouchers.prepared import Prepared, prepare
from vouchers.programme import Programme
from vouchers.purchase import Assessed, assess
from vouchers.settled import Heard, Settled
from vouchers.window import claim_year, list_versions


class Hearing(Struct, frozen=True, gc=False):
    """Everything that was found about one application under one version.

    Of the `purchases`, `counted` are those that certainly count, `open` they and those that may
    yet. `enterprise` is what was found of it where there is no purchase to find it for.
    """

    prepared: Prepared
    application: Application
    purchases: list[Assessed]
    counted: list[Assessed]
    open: list[Assessed]
    enterprise: Finding
    choices: dict[str, Choice]
    use: Use

    @property
    def exact(self) -> bool:
        """Return whether nothing is unknown, so that one computation gives both ends."""
        for choice in self.choices.values():
            if len(choice.values) > 1:
                return False
        for one in self.purchases:
            if one.finding.truth is None or not one.base.exact:
                return False
        return self.use.exact


def hear(programme: Programme, asked: Application, settled: Settled | None = None) -> list[Hearing]:
    """Return what each version that may apply finds, the latest first: one where it is certain.

    It is the latest under which a purchase counts; what may yet count, or has a legal date that is
    not known, leaves the versions before it open. Where nothing counts it is the latest of all.
    """
    latest: Hearing | None = None
    found: list[Hearing] = []
    for version in reversed(list_versions(programme, asked)):
        application = asked.serving(claim_year(version, asked.applied_on))
        hearing = _hear(prepare(programme, version), application, settled)
        latest = latest or hearing
        if hearing.counted:
            return [*found, hearing]
        if _may_count(hearing):
            found.append(hearing)
    return found or ([latest] if latest else [])


def _may_count(hearing: Hearing) -> bool:
    """Return whether a purchase may count once more is known."""
    if hearing.application.case.purchases is None:
        return hearing.enterprise.truth is not False
    return bool(hearing.open)


def _hear(prepared: Prepared, application: Application, settled: Settled | None) -> Hearing:
    """Return what one version finds."""
    heard: dict[date, Heard] = {}
    if settled:
        settled.begin(prepared, application)
        heard = settled.heard
    purchases = [assess(prepared, application, line, heard, settled) for line in application.lines]
    counted, open_ones = [], []
    for one in purchases:
        truth = one.finding.truth
        if truth is not False:
            open_ones.append(one)
            if truth:
                counted.append(one)
    return Hearing(
        prepared,
        application,
        purchases,
        counted,
        open_ones,
        HOLDS if application.case.purchases else _hear_enterprise(prepared, application),
        _choose(prepared, application, open_ones or purchases) if prepared.varying else {},
        use_of_caps(prepared.programme, prepared.version, application),
    )


def _hear_enterprise(prepared: Prepared, application: Application) -> Finding:
    """Return what is found of the enterprise without a purchase that would have a legal date."""
    version = prepared.version
    moment = moment_of(version.legal_date.value, application, None)
    return require_all([evaluate(one, application, moment) for one in version.eligibility])


def _choose(
    prepared: Prepared, application: Application, purchases: Sequence[Assessed]
) -> dict[str, Choice]:
    """Return which rate and caps may apply, by the legal dates of some purchases."""
    moments = [(one.moment, _counts(one)) for one in purchases]
    if not moments:
        legal = prepared.version.legal_date.value
        moments = [(moment_of(legal, application, None), True)]
    return {name: choose(cited, application, moments) for name, cited in prepared.varying}


def _counts(one: Assessed) -> bool:
    """Return whether a purchase certainly counts, and with something."""
    return bool(one.finding.truth) and one.base.span.low > 0
