"""Which purchases count under a version: yes, no with the reason of the cut, or what is missing."""

from datetime import date
from functools import singledispatch
from typing import NamedTuple

from ledger.money import render_yuan
from ledger.text import Text
from vouchers.case import OtherFunding
from vouchers.condition import Application, Moment, evaluate
from vouchers.decision import (
    HOLDS,
    Finding,
    Reason,
    missing_fact,
    refused,
    require_all,
    unknown,
)
from vouchers.exclusion import exclude_paid
from vouchers.programme import (
    PaidInFullInYear,
    ProjectNotFunded,
    ResourceIs,
    SignedAndCompletedInYear,
    Version,
)
from vouchers.spend import Line, Span, ask, ask_for_payments, measure, paid_in_full_on, sum_paid
from vouchers.truth import Truth, all_of, same
from vouchers.wording import LEVEL_NAMES, RESOURCES, call, describe_condition


class Assessed(NamedTuple):
    """Whether a purchase counts, its base if it does, and the facts that would make it exact."""

    line: Line
    moment: Moment
    finding: Finding
    amount: Span
    missing: tuple[Reason, ...]


def assess(programme_id: str, version: Version, application: Application, line: Line) -> Assessed:
    """Return how far one purchase counts, the conditions on the enterprise included."""
    moment = legal_moment(version, application, line)
    amount, missing = measure(version, application, line)
    finding = require_all(
        [
            *(evaluate(one, application, moment) for one in version.eligibility),
            *(_evaluate(one.value, one.clause, application, line) for one in version.purchases),
            _in_force(version, moment, line),
            _something_spent(version, amount, line),
            _not_refunded(programme_id, version, line),
            exclude_paid(programme_id, version, application.case, line),
        ]
    )
    return Assessed(line, moment, finding, amount, missing)


def legal_moment(version: Version, application: Application, line: Line) -> Moment:
    """Return the day on which statuses are tested for a purchase."""
    if version.legal_date.value == "application":
        return Moment(application.applied_on, "apply_on")
    return Moment(line.purchase.completed_on, line.path("completed_on"))


def _in_force(version: Version, moment: Moment, line: Line) -> Finding:
    if moment.on is None or version.in_force(moment.on):
        return HOLDS
    message = Text(
        f"于 {moment.on} 完成，不在本版本（{version.id}）施行期内，不能一并申请",
        f"was completed on {moment.on}, outside version {version.id}: not part of this claim",
    )
    return _cut(line, "no_version_in_force", message, version.legal_date.clause)


def _not_refunded(programme_id: str, version: Version, line: Line) -> Finding:
    """Return whether the programme has not paid on the purchase before."""
    if programme_id not in line.purchase.refunded_by:
        return HOLDS
    message = Text("此前已获本项目补贴", "was refunded by this programme before")
    return _cut(line, "already_refunded", message, version.base.clause)


def _something_spent(version: Version, amount: Span, line: Line) -> Finding:
    if amount.high > 0:
        return HOLDS
    message = Text("没有可计入的金额", "has no amount that counts")
    return _cut(line, "nothing_spent", message, version.base.clause)


@singledispatch
def _evaluate(rule: object, clause: Text, application: Application, line: Line) -> Finding:
    raise AssertionError((rule, clause, application, line))


@_evaluate.register
def _resource(rule: ResourceIs, clause: Text, _: Application, line: Line) -> Finding:
    kind = line.purchase.resource_kind
    if kind is None:
        return unknown(ask(line, "resource_kind", clause))
    if kind == rule.kind:
        return HOLDS
    given, wanted = call(RESOURCES, kind), describe_condition(rule)
    message = Text(f"为{given.zh}，{wanted.zh}", f"is {given.en}; {wanted.en}")
    return _cut(line, "resource_not_covered", message, clause)


@_evaluate.register
def _paid_in_full(
    _: PaidInFullInYear, clause: Text, application: Application, line: Line
) -> Finding:
    invoiced_fen, until = line.purchase.invoiced_fen, application.applied_on
    paid = sum_paid(line.purchase, date.min, until)
    if invoiced_fen is not None and paid.high < invoiced_fen:
        given, wanted = render_yuan(paid.high), render_yuan(invoiced_fen)
        message = Text(
            f"截至 {until} 已付 {given} 元，未达发票金额 {wanted} 元",
            f"has CNY {given} paid by {until}, of {wanted} invoiced",
        )
        return _cut(line, "not_paid_in_full", message, clause)
    asked = ask_for_payments(line, clause)
    if invoiced_fen is None:
        return unknown(ask(line, "invoiced_fen", clause), *asked)
    if asked:
        return unknown(*asked)
    full_on = paid_in_full_on(line.purchase)
    if full_on is None or full_on.year == application.year:
        return HOLDS
    message = Text(
        f"于 {full_on} 付清，不在 {application.year} 年度内",
        f"was paid in full on {full_on}, not in {application.year}",
    )
    return _cut(line, "paid_in_other_year", message, clause)


@_evaluate.register
def _signed_and_completed(
    _: SignedAndCompletedInYear, clause: Text, application: Application, line: Line
) -> Finding:
    signed_on, completed_on = line.purchase.signed_on, line.purchase.completed_on
    year = application.year
    return require_all(
        [
            _within(year, signed_on, Text("签订", "signed"), clause, line),
            _within(year, completed_on, Text("完成", "completed"), clause, line),
        ]
    )


def _within(year: int, day: date | None, verb: Text, clause: Text, line: Line) -> Finding:
    if day is None:
        return unknown(ask(line, f"{verb.en}_on", clause))
    if day.year == year:
        return HOLDS
    message = Text(
        f"于 {day} {verb.zh}，不在 {year} 年度内", f"was {verb.en} on {day}, not in {year}"
    )
    return _cut(line, f"not_{verb.en}_in_year", message, clause)


@_evaluate.register
def _not_funded(
    rule: ProjectNotFunded, clause: Text, application: Application, line: Line
) -> Finding:
    year = application.applied_on.year - rule.years_before
    level, project = call(LEVEL_NAMES, rule.level), line.purchase.project
    found = []
    for i, given in enumerate(application.case.other_funding):
        truth = _funds(given, rule, year, project)
        if truth:
            message = Text(
                f"所属研发项目 {project} 在 {year} 年已获{level.zh}项目资金",
                f"belongs to R&D project {project}, which had {level.en} money in {year}",
            )
            found.append(_cut(line, "project_already_funded", message, clause))
        elif truth is None and None in (given.scope, given.level, given.year, given.ref):
            what = Text(
                "其他财政资金的范围、编号、级次或年度", "scope, ref, level or year of the funding"
            )
            found.append(unknown(missing_fact(f"other_funding[{i}]", what, clause)))
        elif truth is None:
            found.append(unknown(ask(line, "project", clause)))
    return require_all(found)


def _funds(given: OtherFunding, rule: ProjectNotFunded, year: int, project: str | None) -> Truth:
    return all_of(
        [
            same(given.scope, "project"),
            same(given.level, rule.level),
            same(given.year, year),
            same(given.ref, project),
        ]
    )


def _cut(line: Line, code: str, message: Text, clause: Text) -> Finding:
    name = line.name()
    message = Text(f"{name.zh}{message.zh}", f"{name.en} {message.en}")
    return refused(Reason(code, message, clause, line.position))
