"""Whether an enterprise meets a condition on the legal date: yes, no, or what is missing.

The legal date may itself be unknown; then a condition that does not depend on it still answers.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from functools import singledispatch
from typing import NamedTuple

from ledger.money import render_yuan
from ledger.text import Text
from vouchers.case import Case, Domicile, Earlier, Qualification
from vouchers.catalogue import level_of
from vouchers.decision import (
    HOLDS,
    Finding,
    Reason,
    missing_fact,
    refused,
    require_all,
    require_any,
    unknown,
)
from vouchers.programme import (
    AllOf,
    AnyOf,
    Cited,
    Condition,
    DomiciledIn,
    FactBelow,
    Held,
    NoEarlierVoucher,
    NotDeclared,
    RegisteredIn,
)
from vouchers.truth import Truth, all_of, any_of, same
from vouchers.wording import DECLARATIONS, FACTS, call, describe_condition


class Application(NamedTuple):
    """The facts, the day of application and the year that the claim belongs to."""

    case: Case
    applied_on: date
    year: int


class Moment(NamedTuple):
    """The legal date, None while unknown, and the path of the fact that gives it."""

    on: date | None
    path: str


def evaluate(cited: Cited[Condition], application: Application, moment: Moment) -> Finding:
    """Return whether the condition holds for the application at the moment."""
    return _evaluate(cited.value, cited.clause, application, moment)


def same_year_vouchers(application: Application) -> Iterator[tuple[int, Earlier, Truth]]:
    """Yield `(position, entry, whether it is of the claim's year)`, known others left out."""
    for i, entry in enumerate(application.case.earlier):
        of_year = same(entry.year, application.year)
        if of_year is not False:
            yield i, entry, of_year


@singledispatch
def _evaluate(condition: object, clause: Text, application: Application, moment: Moment) -> Finding:
    raise AssertionError((condition, clause, application, moment))


@_evaluate.register
def _all_of(condition: AllOf, _: Text, application: Application, moment: Moment) -> Finding:
    return require_all(evaluate(one, application, moment) for one in condition.conditions)


@_evaluate.register
def _any_of(condition: AnyOf, clause: Text, application: Application, moment: Moment) -> Finding:
    found = require_any(evaluate(one, application, moment) for one in condition.conditions)
    if found.truth is not False:
        return found
    zh = "；".join(reason.message.zh for reason in found.refusals)
    en = "; ".join(reason.message.en for reason in found.refusals)
    message = Text(f"不符合任何一类支持对象（{zh}）", f"in none of the classes supported ({en})")
    return refused(Reason("no_qualifying_status", message, clause))


@_evaluate.register
def _held(condition: Held, clause: Text, application: Application, moment: Moment) -> Finding:
    path, what = "enterprise.qualifications", describe_condition(condition)
    given = application.case.enterprise.qualifications
    if given is None:
        return unknown(missing_fact(path, Text("资质情况", "the list of qualifications"), clause))
    truths = [_matches(one, condition, moment.on) for one in given]
    truth = any_of(truths)
    if truth:
        return HOLDS
    if truth is None:
        pending = [i for i, one in enumerate(truths) if one is None]
        return unknown(*_ask_for_held(condition, clause, application, moment, pending))
    message = Text(f"{_on(moment).zh}不是{what.zh}", f"not {what.en}{_on(moment).en}")
    return refused(Reason("qualification_not_held", message, clause))


def _matches(given: Qualification, condition: Held, on: date | None) -> Truth:
    recognised: Iterable[Truth] = [True]
    if condition.recognised_by:
        recognised = [same(given.recognised_by, one) for one in condition.recognised_by]
    return all_of(
        [
            same(given.kind, condition.kind),
            _covers(given.valid_from, given.valid_to, on),
            any_of(recognised),
        ]
    )


def _ask_for_held(
    condition: Held, clause: Text, application: Application, moment: Moment, pending: list[int]
) -> Iterator[Reason]:
    """Yield the facts that would settle the entries at the pending positions."""
    given = application.case.enterprise.qualifications or ()
    for i in pending:
        path = f"enterprise.qualifications[{i}]"
        if given[i].kind is None:
            yield missing_fact(f"{path}.kind", Text("资质类别", "the kind held"), clause)
        if condition.recognised_by and given[i].recognised_by is None:
            yield missing_fact(
                f"{path}.recognised_by", Text("载体认定级别", "who recognised the carrier"), clause
            )
        if _covers(given[i].valid_from, given[i].valid_to, moment.on) is None:
            yield _ask_for_date(moment, clause)


@_evaluate.register
def _below(condition: FactBelow, clause: Text, application: Application, _: Moment) -> Finding:
    year = application.applied_on.year - condition.years_before
    fact = call(FACTS, condition.name)
    for given in application.case.enterprise.facts or ():
        if given.name == condition.name and given.year == year and given.value is not None:
            if given.value < condition.limit_fen:
                return HOLDS
            value, limit = render_yuan(given.value), render_yuan(condition.limit_fen)
            message = Text(
                f"{year} 年{fact.zh} {value} 元，未低于 {limit} 元",
                f"{fact.en} of {year} are CNY {value}, not below {limit}",
            )
            return refused(Reason("fact_not_below_limit", message, clause))
    what = Text(f" {year} 年{fact.zh}", f"the figure for {fact.en} of {year}")
    path = f"enterprise.facts {{name: {condition.name}, year: {year}}}"
    return unknown(missing_fact(path, what, clause))


@_evaluate.register
def _registered(
    condition: RegisteredIn, clause: Text, application: Application, _: Moment
) -> Finding:
    region = application.case.enterprise.registered_region
    if region is None:
        what = Text("注册地行政区划代码", "the region code of the registered place")
        return unknown(missing_fact("enterprise.registered_region", what, clause))
    if region.startswith(condition.prefix):
        return HOLDS
    wanted = describe_condition(condition)
    message = Text(f"注册地 {region} 不符合“{wanted.zh}”", f"{region} is not: {wanted.en}")
    return refused(Reason("not_registered_in_place", message, clause))


@_evaluate.register
def _domiciled(
    condition: DomiciledIn, clause: Text, application: Application, moment: Moment
) -> Finding:
    given = application.case.enterprise.tax_domicile
    if given is None:
        what = Text("税务关系所在地", "the tax domicile")
        return unknown(missing_fact("enterprise.tax_domicile", what, clause))
    truths = [_resides(one, condition.zone, moment.on) for one in given]
    truth = any_of(truths)
    if truth:
        return HOLDS
    if truth is None:
        path, what = "enterprise.tax_domicile[{}].zone", Text("税务关系所在地", "the zone")
        unnamed = [i for i, one in enumerate(given) if one.zone is None and truths[i] is None]
        asked = [missing_fact(path.format(i), what, clause) for i in unnamed]
        return unknown(*asked, *([_ask_for_date(moment, clause)] if moment.on is None else []))
    wanted, on = describe_condition(condition), _on(moment)
    message = Text(f"{on.zh}不符合“{wanted.zh}”", f"not: {wanted.en}{on.en}")
    return refused(Reason("not_domiciled_in_zone", message, clause))


def _resides(given: Domicile, zone: str, on: date | None) -> Truth:
    return all_of([same(given.zone, zone), _covers(given.valid_from, given.valid_to, on)])


@_evaluate.register
def _not_declared(
    condition: NotDeclared, clause: Text, application: Application, _: Moment
) -> Finding:
    declarations = application.case.declarations
    declared = {
        "related_party": declarations.related_party,
        "serious_dishonesty": declarations.serious_dishonesty,
    }[condition.name]
    what = call(DECLARATIONS, condition.name)
    if declared is None:
        asked = Text(f"声明（是否{what.zh}）", f"the declaration whether {what.en}")
        return unknown(missing_fact(f"declarations.{condition.name}", asked, clause))
    if not declared:
        return HOLDS
    message = Text(f"企业声明：{what.zh}", f"the enterprise declares: {what.en}")
    return refused(Reason(condition.name, message, clause))


@_evaluate.register
def _no_earlier(
    condition: NoEarlierVoucher, clause: Text, application: Application, _: Moment
) -> Finding:
    if condition.scope != "enterprise":
        return HOLDS  # a matter of each purchase: `exclusion.exclude_paid`
    found = []
    for i, entry, of_year in same_year_vouchers(application):
        level = level_of(entry.programme)
        of_level = None if level is None else level in condition.levels
        used = any_of([_positive(entry.claimed_fen), _positive(entry.redeemed_fen)])
        truth = all_of([of_year, of_level, used])
        if truth:
            message = Text(
                f"{application.year} 年度已享受 {entry.programme} 创新券",
                f"has had a voucher of {entry.programme} for {application.year}",
            )
            found.append(refused(Reason("earlier_voucher", message, clause)))
        elif truth is None:
            what = Text("该创新券的项目、年度或金额", "programme, year or amounts of the voucher")
            found.append(unknown(missing_fact(f"earlier[{i}]", what, clause)))
    return require_all(found)


def _positive(amount_fen: int | None) -> Truth:
    return None if amount_fen is None else amount_fen > 0


def _covers(first: date | None, last: date | None, on: date | None) -> Truth:
    """Return whether a period that includes both edges, a missing edge being open, has the day."""
    if first is None and last is None:
        return True
    if on is None:
        return None
    return (first is None or first <= on) and (last is None or on <= last)


def _ask_for_date(moment: Moment, clause: Text) -> Reason:
    return missing_fact(moment.path, Text("资质认定所依据的日期", "the date to test"), clause)


def _on(moment: Moment) -> Text:
    return Text("", "") if moment.on is None else Text(f"{moment.on} ", f" on {moment.on}")
