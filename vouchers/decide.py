"""The decision of one programme on one case: status, amount, steps, reasons.

What is unknown is taken twice, against the enterprise and for it. Where both give the same amount
the decision stands; where they differ it is undetermined and names what to supply. The base, the
headroom and the rule are monotonic, so the two ends bound everything between them.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from ledger.money import FEN_MAX
from ledger.text import Text
from vouchers.case import Case
from vouchers.condition import Application, Moment, evaluate
from vouchers.decision import (
    Decision,
    Finding,
    Reason,
    Step,
    distinct,
    missing_fact,
    require_all,
)
from vouchers.payout import Payout, find_headroom, pay
from vouchers.programme import (
    AnyOf,
    Cited,
    Condition,
    Programme,
    PurchaseRule,
    Version,
    Window,
    hash_version,
)
from vouchers.purchase import Assessed, assess
from vouchers.spend import Line, Span
from vouchers.wording import BASES, call, describe_condition

_UNDATED = Text("", "")
_NOTHING = Payout(payable=False, amount_fen=0, steps=(), reasons=())


class _Hearing(NamedTuple):
    """Everything that was found about one application under one version."""

    version: Version
    application: Application
    purchases: tuple[Assessed, ...]
    enterprise: Finding
    headroom: Span
    missing: tuple[Reason, ...]


def decide(programme: Programme, case: Case, as_of: date | None = None) -> Decision:
    """Return what the programme alone would pay on the case, and why.

    `as_of`, when given, stands in for the case's day of application.
    """
    applied_on = case.apply_on if as_of is None else as_of
    if applied_on is None:
        asked, clause = (
            Text("申请日期", "the day of application"),
            programme.versions[-1].legal_date,
        )
        reason = missing_fact("apply_on", asked, clause.clause)
        return Decision(
            programme=programme.id, status="undetermined", amount_fen=None, reasons=(reason,)
        )
    version = _choose_version(programme, case, applied_on)
    if version is None:
        return _no_version(programme, applied_on)
    hearing = _hear(programme, version, case, applied_on)
    return _conclude(programme, hearing)


def claim_year(version: Version, applied_on: date) -> int:
    """Return the year that a claim made on a day belongs to.

    With application windows, the year before until the window that serves it has closed.
    """
    year = applied_on.year
    if version.claim_year.value == "of_application":
        return year
    window = _window_of(version, year - 1)
    if window is None or applied_on > _edges(window.value, year - 1)[1]:
        return year
    return year - 1


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

    A day of completion that is unknown or nobody's is taken to be that of the application.
    """
    if programme.versions[-1].legal_date.value == "application":
        return programme.version_on(applied_on)
    purchases = case.purchases or ()
    days = {one.completed_on or applied_on for one in purchases} or {applied_on}
    found = (programme.version_on(day) for day in sorted(days, reverse=True))
    return next((version for version in found if version is not None), None)


def _hear(programme: Programme, version: Version, case: Case, applied_on: date) -> _Hearing:
    application = Application(case, applied_on, claim_year(version, applied_on))
    lines = (Line(i, purchase) for i, purchase in enumerate(case.purchases or ()))
    headroom, missing = find_headroom(version, programme.id, application)
    by_application = version.legal_date.value == "application"
    moment = Moment(applied_on, "apply_on") if by_application else Moment(None, "purchases")
    return _Hearing(
        version,
        application,
        tuple(assess(programme.id, version, application, line) for line in lines),
        require_all(evaluate(one, application, moment) for one in version.eligibility),
        headroom,
        missing,
    )


def _conclude(programme: Programme, hearing: _Hearing) -> Decision:
    low, high = _lowest(hearing), _highest(hearing)
    determined = low.amount_fen == high.amount_fen
    eligible = determined and low.payable and high.payable
    if eligible:
        steps, why = (*_premises(hearing), *low.steps), (*_cuts(hearing), *low.reasons)
    elif determined:
        steps, why = high.steps, (*_refusals(hearing), *high.reasons)
    else:
        steps, why = _bounds(hearing, low, high), (*_missing(hearing), *_cuts(hearing))
    return Decision(
        programme=programme.id,
        version=hearing.version.id,
        version_hash=hash_version(programme, hearing.version),
        year=hearing.application.year,
        status="eligible" if eligible else "ineligible" if determined else "undetermined",
        amount_fen=low.amount_fen if determined else None,
        counted=tuple(one.line.position for one in _counted(hearing)) if eligible else (),
        steps=steps,
        reasons=distinct((*why, *_window_notes(hearing))),
    )


def _lowest(hearing: _Hearing) -> Payout:
    """Return the payout with every unknown against the enterprise."""
    counted = _counted(hearing)
    if not counted:
        return _NOTHING
    return pay(hearing.version, sum(one.amount.low for one in counted), hearing.headroom.low)


def _highest(hearing: _Hearing) -> Payout:
    """Return the payout with every unknown for the enterprise."""
    if hearing.application.case.purchases is None and hearing.enterprise.truth is not False:
        return pay(hearing.version, FEN_MAX, hearing.headroom.high)
    possible = [one for one in hearing.purchases if one.finding.truth is not False]
    if not possible:
        return _NOTHING
    return pay(hearing.version, sum(one.amount.high for one in possible), hearing.headroom.high)


def _counted(hearing: _Hearing) -> list[Assessed]:
    return [one for one in hearing.purchases if one.finding.truth]


def _cuts(hearing: _Hearing) -> Iterator[Reason]:
    for one in hearing.purchases:
        yield from one.finding.refusals


def _refusals(hearing: _Hearing) -> Iterator[Reason]:
    if not hearing.purchases:
        yield from hearing.enterprise.refusals
    yield from _cuts(hearing)
    if hearing.application.case.purchases == ():
        clause = hearing.version.base.clause
        yield Reason("no_purchase", Text("没有采购可以补贴", "there is no purchase"), clause)


def _missing(hearing: _Hearing) -> Iterator[Reason]:
    if hearing.application.case.purchases is None:
        yield missing_fact(
            "purchases", Text("采购清单", "the purchases"), hearing.version.base.clause
        )
        yield from hearing.enterprise.missing
    for one in hearing.purchases:
        yield from one.finding.missing
        if one.finding.truth is not False:
            yield from one.missing
    yield from hearing.missing


def _bounds(hearing: _Hearing, low: Payout, high: Payout) -> tuple[Step, ...]:
    """Return the two amounts between which the decision lies."""
    rate = hearing.version.rate
    return (
        Step(Text("最低可能金额", "at least"), low.amount_fen, "fen", rate.clause, rate.grade),
        Step(Text("最高可能金额", "at most"), high.amount_fen, "fen", rate.clause, rate.grade),
    )


def _premises(hearing: _Hearing) -> Iterator[Step]:
    """Yield what the amount rests on: version, year, conditions met, purchases counted."""
    version, application = hearing.version, hearing.application
    legal, year = version.legal_date, version.claim_year
    yield Step(Text("适用版本", "version"), version.id, "version", legal.clause, legal.grade)
    yield Step(
        Text("申领年度", "claim year"), str(application.year), "year", year.clause, year.grade
    )
    counted = _counted(hearing)
    moments = {one.moment.on: one.moment for one in counted}
    for cited in version.eligibility:
        met_on: dict[Cited[Condition], list[date]] = {}
        for day, moment in moments.items():
            assert day is not None, "a purchase counts on a known day"
            met_on.setdefault(_option_met(cited, application, moment), []).append(day)
        for met, days in met_on.items():
            yield _yes(met, describe_condition(met.value), _name_days(days))
    for rule in version.purchases:
        yield _yes(rule, describe_condition(rule.value))
    basis = call(BASES, version.base.value)
    for one in counted:
        name, cited_base = one.line.name(), version.base
        what = Text(f"{name.zh}：{basis.zh}", f"{name.en}: {basis.en}")
        at = one.line.position
        yield Step(what, one.amount.low, "fen", cited_base.clause, cited_base.grade, at)


def _option_met(
    cited: Cited[Condition], application: Application, moment: Moment
) -> Cited[Condition]:
    """Return the first option that holds where any of several would do."""
    if not isinstance(cited.value, AnyOf):
        return cited
    options = cited.value.conditions
    return next(one for one in options if evaluate(one, application, moment).truth)


def _name_days(days: Sequence[date]) -> Text:
    """Return one day as it is, several as their number with the first and the last."""
    first, last = min(days), max(days)
    if first == last:
        return Text(f"{first} ", f"{first} ")
    return Text(
        f"{first} 至 {last} 的 {len(days)} 个日期均",
        f"on all {len(days)} days from {first} to {last} ",
    )


def _yes(cited: Cited[Condition] | Cited[PurchaseRule], what: Text, on: Text = _UNDATED) -> Step:
    met = Text(f"{on.zh}符合：{what.zh}", f"{on.en}met: {what.en}")
    return Step(met, "yes", "condition", cited.clause, cited.grade)


def _window_notes(hearing: _Hearing) -> Iterator[Reason]:
    applied_on, year = hearing.application.applied_on, hearing.application.year
    window = _window_of(hearing.version, year)
    if window is None:
        return
    first, last = _edges(window.value, year)
    if not first <= applied_on <= last:
        message = Text(
            f"{applied_on} 不在 {year} 年度的申请窗口（{first} 至 {last}）内",
            f"{applied_on} is outside the window for {year}: {first} to {last}",
        )
        yield Reason("outside_window", message, window.clause)


def _window_of(version: Version, year: int) -> Cited[Window] | None:
    """Return the window that serves a year: its own one, else the one for any year."""
    for serves in (year, None):
        for window in version.windows:
            if window.value.serves == serves:
                return window
    return None


def _edges(window: Window, year: int) -> tuple[date, date]:
    """Return the first and the last day of the window that serves a year."""
    first, last = (date.fromisoformat(f"{year + 1}-{day}") for day in (window.first, window.last))
    return first, last
