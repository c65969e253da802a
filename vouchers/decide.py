"""The decision of one programme on one case: status, amount, steps, reasons.

What is unknown is taken twice, against the enterprise and for it. Where both give the same amount
the decision stands; where they differ it is undetermined and names what to supply. The base, the
headroom and the rule are monotonic, so the two ends bound everything between them.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from itertools import product
from operator import itemgetter
from typing import Any, Final

from msgspec import Struct, structs

from ledger.money import FEN_MAX
from ledger.text import Text
from vouchers.amounts import ByResource
from vouchers.application import Application, Line, Requirement, moment_of
from vouchers.case import Case, Purchase
from vouchers.choice import Choice, choose
from vouchers.cited import Cited
from vouchers.condition import evaluate
from vouchers.decision import (
    HOLDS,
    Decision,
    Finding,
    Reason,
    Step,
    distinct,
    missing_fact,
    require_all,
)
from vouchers.headroom import Use, use_of_caps
from vouchers.papers import note_papers
from vouchers.payout import NOTHING, Payout, pay
from vouchers.prepared import Prepared, Terms, prepare
from vouchers.programme import Programme, Version
from vouchers.purchase import Assessed, Heard, assess, is_out
from vouchers.refund import Counted
from vouchers.requirement import Condition
from vouchers.settled import Settled
from vouchers.sheet import Sheet
from vouchers.spend import Measured
from vouchers.window import claim_year, note_window

_YEAR: Final = Text("申领年度", "claim year")


class _Hearing(Struct, frozen=True, gc=False):
    """Everything that was found about one application under one version."""

    prepared: Prepared
    application: Application
    purchases: tuple[Assessed, ...]
    counted: list[Assessed]
    enterprise: Finding
    choices: dict[str, Choice]
    use: Use


def decide(
    programme: Programme,
    case: Case,
    as_of: date | None = None,
    supposed: frozenset[Requirement] = frozenset(),
    settled: Settled | None = None,
) -> Decision:
    """Return what the programme alone would pay on the case, and why.

    `as_of`, when given, stands in for the case's day of application. What is `supposed` is taken
    as met whatever the facts say. What is `settled` is what the programme found of the enterprise's
    purchases on earlier days; it is filled, and changes nothing but the cost.
    """
    applied_on = case.apply_on if as_of is None else as_of
    if applied_on is None:
        return _no_day(programme)
    version = _choose_version(programme, case, applied_on)
    if version is None:
        return _no_version(programme, applied_on)
    year = claim_year(version, applied_on)
    application = Application(case, applied_on, year, supposed)
    return _conclude(_hear(programme, prepare(programme, version), application, settled))


def refuse_outright(programme: Programme, case: Case) -> Decision | None:
    """Return the refusal, without its reasons, of a case in which every purchase is certainly out.

    None where there is no purchase, or where one is not out by a condition or a rule: then `decide`
    must say. It is for whoever asks for the amount alone, in many cases of which most are refused.
    """
    applied_on = case.apply_on
    version = applied_on and _choose_version(programme, case, applied_on)
    if not (applied_on and version and case.purchases):
        return None
    prepared, refused = prepare(programme, version), dict[date, bool]()
    application = Application(case, applied_on, claim_year(version, applied_on))
    lines = (Line(i, one) for i, one in enumerate(case.purchases))
    if not all(is_out(prepared, application, one, refused) for one in lines):
        return None
    return Decision(
        programme=programme.id,
        version=version.id,
        version_hash=prepared.hash,
        year=application.year,
        status="ineligible",
        amount_fen=0,
    )


def _no_day(programme: Programme) -> Decision:
    what, cited = Text("申请日期", "the day of application"), programme.versions[-1].legal_date
    reason = missing_fact("apply_on", what, cited.clause)
    return Decision(
        programme=programme.id, status="undetermined", amount_fen=None, reasons=(reason,)
    )


def _no_version(programme: Programme, applied_on: date) -> Decision:
    documents = [version.document for version in programme.versions]
    clause = Text("；".join(one.zh for one in documents), "; ".join(one.en for one in documents))
    message = Text(
        f"{applied_on} 提出的申请没有在施行的规则版本",
        f"no version is in force for an application of {applied_on}",
    )
    return Decision(
        programme=programme.id,
        status="ineligible",
        amount_fen=0,
        reasons=(Reason("no_version_in_force", message, clause),),
    )


def _choose_version(programme: Programme, case: Case, applied_on: date) -> Version | None:
    """Return the version in force on the legal date, the latest of several such days.

    A legal date that is unknown or nobody's is taken to be that of the application.
    """
    rule = programme.versions[-1].legal_date.value
    if rule == "application":
        return programme.version_on(applied_on)
    application = Application(case, applied_on, applied_on.year)
    lines = [Line(i, one) for i, one in enumerate(case.purchases or ())]
    days = {moment_of(rule, application, line).on or applied_on for line in lines} or {applied_on}
    for day in sorted(days, reverse=True):
        version = programme.version_on(day)
        if version is not None:
            return version
    return None


def _hear(
    programme: Programme, prepared: Prepared, application: Application, settled: Settled | None
) -> _Hearing:
    version, purchases = prepared.version, application.case.purchases
    if settled:
        settled.begin(prepared, application)
    heard: dict[date, Heard] = {}
    assessed = tuple(
        [
            assess(prepared, application, Line(i, one), heard, settled)
            for i, one in enumerate(purchases or ())
        ]
    )
    moment = moment_of(version.legal_date.value, application, None)
    enterprise = HOLDS
    if not purchases:
        enterprise = require_all(
            [evaluate(one, application, moment) for one in version.eligibility]
        )
    may_count = [one for one in assessed if one.finding.truth is not False] or assessed
    moments = [(one.moment, _counts(one)) for one in may_count] or [(moment, True)]
    return _Hearing(
        prepared,
        application,
        assessed,
        [one for one in assessed if one.finding.truth],
        enterprise,
        {name: choose(cited, application, moments) for name, cited in prepared.varying},
        use_of_caps(programme.id, version, application),
    )


def _counts(one: Assessed) -> bool:
    """Return whether a purchase certainly counts, and with something."""
    return bool(one.finding.truth) and one.base.span.low > 0


def _conclude(hearing: _Hearing) -> Decision:
    version = hearing.prepared.version
    steps, low = _lowest(hearing)
    high = low if steps and _is_exact(hearing) else _highest(hearing)[1]
    determined = low.amount_fen == high.amount_fen
    eligible = determined and low.payable and high.payable
    if eligible:
        why = (*_cuts(hearing), *low.reasons)
    elif determined:
        steps, why = _highest(hearing)[0], (*_refusals(hearing), *high.reasons)
    else:
        steps, why = _bounds(version, low, high), (*_missing(hearing), *_cuts(hearing))
    return Decision(
        programme=hearing.prepared.programme,
        version=version.id,
        version_hash=hearing.prepared.hash,
        year=hearing.application.year,
        status="eligible" if eligible else "ineligible" if determined else "undetermined",
        amount_fen=low.amount_fen if determined else None,
        counted=tuple([one.line.position for one in hearing.counted]) if eligible else (),
        quota_fen=_quota(hearing),
        steps=steps,
        reasons=distinct((*why, *note_window(version, hearing.application), *_notes(hearing))),
    )


def _notes(hearing: _Hearing) -> Iterator[Reason]:
    """Yield what the claim still has to bring for the purchases that may count."""
    version, documents = hearing.prepared.version, hearing.application.case.documents
    lines = [one.line for one in hearing.purchases if one.finding.truth is not False]
    if lines or not hearing.purchases:
        yield from note_papers(version, documents, lines)


def _quota(hearing: _Hearing) -> int | None:
    """Return the year's cap for this enterprise, None where there is none or it is not known."""
    choice = hearing.choices.get("yearly_cap_fen")
    if choice is None:
        return hearing.prepared.terms.yearly_cap_fen
    return choice.values[0] if len(choice.values) == 1 else None


def _is_exact(hearing: _Hearing) -> bool:
    """Return whether nothing is unknown, so that one computation gives both ends."""
    for choice in hearing.choices.values():
        if len(choice.values) > 1:
            return False
    for one in hearing.purchases:
        if one.finding.truth is None or not _is_measured(one.base):
            return False
    return hearing.use.none or hearing.use.exact


def _lowest(hearing: _Hearing) -> tuple[tuple[Step, ...], Payout]:
    """Return the steps and the payout with every unknown against the enterprise."""
    counted = [
        Counted(one.line, one.base.span.low, one.base if _is_measured(one.base) else None)
        for one in hearing.counted
    ]
    if not counted:
        return (), NOTHING
    found = [
        _pay(hearing, terms, counted, premises=True) for terms in _terms(hearing, against=True)
    ]
    return min(found, key=_by_amount)


def _highest(hearing: _Hearing) -> tuple[tuple[Step, ...], Payout]:
    """Return the steps and the payout with every unknown for the enterprise."""
    if hearing.application.case.purchases is None and hearing.enterprise.truth is not False:
        counted = [Counted(Line(0, Purchase()), FEN_MAX, None)]
    else:
        counted = [
            Counted(one.line, one.base.span.high, one.base if _is_measured(one.base) else None)
            for one in hearing.purchases
            if one.finding.truth is not False
        ]
    if not counted:
        return (), NOTHING
    found = [
        _pay(hearing, terms, [_best(one, hearing, terms) for one in counted], premises=False)
        for terms in _best_terms(hearing)
    ]
    return max(found, key=_by_amount)


def _pay(
    hearing: _Hearing, terms: Terms, counted: Sequence[Counted], *, premises: bool
) -> tuple[tuple[Step, ...], Payout]:
    sheet = Sheet()
    if premises:
        _write_premises(sheet, hearing)
    payout = pay(hearing.prepared, terms, counted, sheet)
    return tuple(sheet.steps), payout


def _by_amount(found: tuple[tuple[Step, ...], Payout]) -> tuple[bool, int]:
    return found[1].payable, found[1].amount_fen


def _terms(hearing: _Hearing, *, against: bool) -> list[Terms]:
    """Return every set of rate and caps that may apply, with the most used of them or the least."""
    use, terms = hearing.use, hearing.prepared.terms
    if not use.none:
        terms = structs.replace(
            terms,
            base_before_fen=use.base.end(most=not against),
            used_fen=use.year.end(most=against),
            group_used_fen=use.group.end(most=against),
            contract_used_fen={name: one.end(most=against) for name, one in use.contracts.items()},
        )
    bound = _open_rate(hearing, against=against)
    if not hearing.choices:
        return [structs.replace(terms, **bound) if bound else terms]
    every = product(*(choice.values for choice in hearing.choices.values()))
    chosen = [dict(zip(hearing.choices, values, strict=True)) | bound for values in every]
    return [structs.replace(terms, **one) for one in chosen]


def _open_rate(hearing: _Hearing, *, against: bool) -> dict[str, Any]:
    """Return a rate of nothing or of all where more spend may mean less, nothing where it cannot.

    So it is for the rest of a year whose earlier part is not known, and while a purchase is open
    that may make two contracts one or be of any.
    """
    version, base = hearing.prepared.version, hearing.use.base.span
    rate = Fraction(0 if against else 1)
    if hearing.prepared.by_contract is not None:
        joins, several = version.one_contract_within_days is not None, len(hearing.purchases) > 1
        for one in hearing.purchases:
            unnamed = one.line.purchase.contract is None
            if several and one.finding.truth is None and (joins or unnamed):
                return {"rate": rate, "contracts_known": False}
    known = version.rate_over is None or base.low == base.high
    return {} if known else {"rate": rate}


def _best_terms(hearing: _Hearing) -> Iterator[Terms]:
    """Yield every set of terms for the enterprise; over any number of contracts while unknown."""
    for terms in _terms(hearing, against=False):
        if hearing.application.case.purchases is None and hearing.prepared.by_contract is not None:
            yield structs.replace(terms, rate=Fraction(1), contract_cap_fen=FEN_MAX)
        else:
            yield terms


def _is_measured(base: Measured) -> bool:
    return base.span.low == base.span.high


def _best(counted: Counted, hearing: _Hearing, terms: Terms) -> Counted:
    """Return a purchase with what is unknown of it as good for the enterprise as it can be.

    Its kind is the one that pays most; its contract and provider are nobody else's.
    """
    purchase, at = counted.line.purchase, counted.line.position
    changes: dict[str, object] = {}
    if purchase.resource_kind is None and isinstance(terms.rate, ByResource):
        changes["resource_kind"] = max(terms.rate.rates, key=itemgetter(1))[0]
    if hearing.prepared.by_contract is not None:
        for key in ("contract", "provider"):
            if getattr(purchase, key) is None:
                changes[key] = f"?{at}"
    if not changes:
        return counted
    line = Line(at, structs.replace(purchase, **changes))
    return structs.replace(counted, line=line)


def _cuts(hearing: _Hearing) -> Iterator[Reason]:
    for one in hearing.purchases:
        if one.finding.truth is False:
            yield from one.finding.refusals


def _refusals(hearing: _Hearing) -> Iterator[Reason]:
    if not hearing.purchases:
        yield from hearing.enterprise.refusals
    yield from _cuts(hearing)
    if hearing.application.case.purchases == ():
        clause = hearing.prepared.version.base.clause
        yield Reason("no_purchase", Text("没有采购可以补贴", "there is no purchase"), clause)


def _missing(hearing: _Hearing) -> Iterator[Reason]:
    if hearing.application.case.purchases is None:
        what, clause = Text("采购清单", "the purchases"), hearing.prepared.version.base.clause
        yield missing_fact("purchases", what, clause)
        yield from hearing.enterprise.missing
    for one in hearing.purchases:
        yield from one.finding.missing
        if one.finding.truth is not False:
            yield from one.base.missing
    for choice in hearing.choices.values():
        yield from choice.missing
    yield from hearing.use.missing()


def _bounds(version: Version, low: Payout, high: Payout) -> tuple[Step, ...]:
    """Return the two amounts between which the decision lies."""
    rate = version.rate
    return (
        Step(Text("最低可能金额", "at least"), low.amount_fen, "fen", rate.clause, rate.grade),
        Step(Text("最高可能金额", "at most"), high.amount_fen, "fen", rate.clause, rate.grade),
    )


def _write_premises(sheet: Sheet, hearing: _Hearing) -> None:
    """Write down what the amount rests on: version, year, conditions met, classes."""
    prepared, steps = hearing.prepared, sheet.steps
    year = prepared.version.claim_year
    steps.append(prepared.version_step)
    steps.append(Step(_YEAR, str(hearing.application.year), "year", year.clause, year.grade))
    for i, cited in enumerate(prepared.version.eligibility):
        met_on: dict[Cited[Condition], tuple[date, ...]] = {}
        for one in hearing.counted:
            met, day = one.findings[i].met or cited, one.moment.on
            assert day is not None, "a purchase counts on a known day"
            days = met_on.get(met, ())
            if day not in days:
                met_on[met] = (*days, day)
        for met, days in met_on.items():
            steps.append(prepared.met(met, days))
    steps.extend(prepared.rule_steps)
    of_classes = [one for choice in hearing.choices.values() for one in choice.because]
    steps.extend(prepared.met(because, ()) for because in dict.fromkeys(of_classes))
