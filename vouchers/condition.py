"""Whether an enterprise meets a condition on the legal date: yes, no, or what is missing.

The legal date may itself be unknown; then a condition that does not depend on it still answers.
"""

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from typing import Final

from ledger.money import render_yuan
from ledger.text import Text
from vouchers.application import (
    Application,
    Moment,
    moment_of,
    same_year_vouchers,
    years_before,
)
from vouchers.case import Domicile, Qualification
from vouchers.catalogue import level_of
from vouchers.cited import Cited
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
from vouchers.names import DECLARATIONS, FACTS, RECORDS, REGIONS, ZONES, call
from vouchers.requirement import (
    AllOf,
    AnyOf,
    Condition,
    CountAtLeast,
    DomiciledIn,
    FactAtLeast,
    FactBelow,
    Held,
    NoEarlierVoucher,
    NoRecord,
    NotDeclared,
    OnDay,
    RegisteredIn,
    ShareAtLeast,
)
from vouchers.truth import Truth, all_of, any_of, same
from vouchers.wording import describe_condition


def evaluate(cited: Cited[Condition], application: Application, moment: Moment) -> Finding:
    """Return whether the condition holds for the application at the moment."""
    if application.supposed and cited in application.supposed:
        return HOLDS
    return _EVALUATORS[type(cited.value)](cited.value, cited.clause, application, moment)


def _all_of(condition: AllOf, _: Text, application: Application, moment: Moment) -> Finding:
    return require_all([evaluate(one, application, moment) for one in condition.conditions])


def _any_of(condition: AnyOf, clause: Text, application: Application, moment: Moment) -> Finding:
    refusals: list[Finding] = []
    for option in condition.conditions:
        found = evaluate(option, application, moment)
        if found.truth:
            return Finding(truth=True, met=option)
        refusals.append(found)
    found = require_any(refusals)
    if found.truth is not False:
        return found
    zh = "；".join(reason.message.zh for reason in found.refusals)
    en = "; ".join(reason.message.en for reason in found.refusals)
    message = Text(f"不符合任何一类支持对象（{zh}）", f"in none of the classes supported ({en})")
    return refused(Reason("no_qualifying_status", message, clause))


def _on_day(condition: OnDay, clause: Text, application: Application, moment: Moment) -> Finding:
    other = moment_of(condition.date, application, moment.line)
    return _EVALUATORS[type(condition.condition)](condition.condition, clause, application, other)


def _held(condition: Held, clause: Text, application: Application, moment: Moment) -> Finding:
    given = application.case.enterprise.qualifications
    if given is None:
        what = Text("资质情况", "the list of qualifications")
        return unknown(missing_fact("enterprise.qualifications", what, clause))
    pending = []
    for i, one in enumerate(given):
        truth = _matches(one, condition, moment.on)
        if truth:
            return HOLDS
        if truth is None:
            pending.append(i)
    if pending:
        return unknown(*_ask_for_held(condition, clause, application, moment, pending))
    return Finding(truth=False, why=partial(_not_held, condition, clause, moment))


def _not_held(condition: Held, clause: Text, moment: Moment) -> Reason:
    what, on = describe_condition(condition), _on(moment)
    message = Text(f"{on.zh}不是{what.zh}", f"not {what.en}{on.en}")
    return Reason("qualification_not_held", message, clause)


def _matches(given: Qualification, condition: Held, on: date | None) -> Truth:
    of_kind = same(given.kind, condition.kind)
    if of_kind is False:
        return False
    covers = _covers(given.valid_from, given.valid_to, on)
    if not condition.recognised_by:
        return covers if of_kind else all_of((of_kind, covers))
    recognised = any_of(same(given.recognised_by, one) for one in condition.recognised_by)
    return all_of((of_kind, covers, recognised))


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


def _below(condition: FactBelow, clause: Text, application: Application, _: Moment) -> Finding:
    year = application.applied_on.year - condition.years_before
    value = _figure(condition.name, year, application)
    if value is None:
        return _ask_for_figure(condition.name, year, clause)
    if value < condition.limit_fen:
        return HOLDS
    fact, limit = call(FACTS, condition.name), render_yuan(condition.limit_fen)
    message = Text(
        f"{year} 年{fact.zh} {render_yuan(value)} 元，未低于 {limit} 元",
        f"{fact.en} of {year} are CNY {render_yuan(value)}, not below {limit}",
    )
    return refused(Reason("fact_not_below_limit", message, clause))


def _at_least(condition: FactAtLeast, clause: Text, application: Application, _: Moment) -> Finding:
    year = application.applied_on.year - condition.years_before
    value = _figure(condition.name, year, application)
    if value is None:
        return _ask_for_figure(condition.name, year, clause)
    if value >= condition.limit_fen:
        return HOLDS
    fact, limit = call(FACTS, condition.name), render_yuan(condition.limit_fen)
    message = Text(
        f"{year} 年{fact.zh} {render_yuan(value)} 元，未达到 {limit} 元",
        f"{fact.en} of {year} are CNY {render_yuan(value)}, below {limit}",
    )
    return refused(Reason("fact_below_limit", message, clause))


def _count_at_least(
    condition: CountAtLeast, clause: Text, application: Application, _: Moment
) -> Finding:
    year = application.applied_on.year - condition.years_before
    value = _figure(condition.name, year, application)
    if value is None:
        return _ask_for_figure(condition.name, year, clause)
    if value >= condition.least:
        return HOLDS
    fact, least = call(FACTS, condition.name), condition.least
    message = Text(
        f"{year} 年{fact.zh}为 {value}，未达到 {least}",
        f"{fact.en} of {year}: {value}, below {least}",
    )
    return refused(Reason("fact_below_limit", message, clause))


def _share_at_least(
    condition: ShareAtLeast, clause: Text, application: Application, _: Moment
) -> Finding:
    year = application.applied_on.year - condition.years_before
    names = (condition.part, condition.whole)
    part, whole = (_figure(name, year, application) for name in names)
    if part is None or whole is None:
        asked = [_ask_for_figure(name, year, clause) for name in names]
        return require_all(
            [one for one, value in zip(asked, (part, whole), strict=True) if value is None]
        )
    if part and part >= condition.least * whole:
        return HOLDS
    wanted = describe_condition(condition)
    message = Text(
        f"{year} 年{call(FACTS, condition.part).zh} {render_yuan(part)} 元，"
        f"{call(FACTS, condition.whole).zh} {render_yuan(whole)} 元，不符合“{wanted.zh}”",
        f"{call(FACTS, condition.part).en} of {year} are CNY {render_yuan(part)},"
        f" {call(FACTS, condition.whole).en} {render_yuan(whole)}; not: {wanted.en}",
    )
    return refused(Reason("share_below_limit", message, clause))


def _figure(name: str, year: int, application: Application) -> int | None:
    """Return a numeric attribute of a year, None while it is not given."""
    for given in application.case.enterprise.facts or ():
        if given.name == name and given.year == year:
            return given.value
    return None


def _ask_for_figure(name: str, year: int, clause: Text) -> Finding:
    fact = call(FACTS, name)
    what = Text(f" {year} 年{fact.zh}", f"the figure for {fact.en} of {year}")
    path = f"enterprise.facts {{name: {name}, year: {year}}}"
    return unknown(missing_fact(path, what, clause))


def _registered(
    condition: RegisteredIn, clause: Text, application: Application, _: Moment
) -> Finding:
    region = application.case.enterprise.registered_region
    if region is None:
        what = Text("注册地行政区划代码", "the region code of the registered place")
        return unknown(missing_fact("enterprise.registered_region", what, clause))
    if region.startswith(condition.prefix):
        return HOLDS
    place = call(REGIONS, condition.prefix)
    message = Text(
        f"注册地（行政区划代码 {region}）不在{place.zh}",
        f"registered in {region}, which is not in {place.en}",
    )
    return refused(Reason("not_registered_in_place", message, clause))


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
    zone, on = call(ZONES, condition.zone), _on(moment)
    message = Text(f"{on.zh}税务关系不在{zone.zh}", f"tax domicile not in {zone.en}{on.en}")
    return refused(Reason("not_domiciled_in_zone", message, clause))


def _resides(given: Domicile, zone: str, on: date | None) -> Truth:
    return all_of([same(given.zone, zone), _covers(given.valid_from, given.valid_to, on)])


def _not_declared(
    condition: NotDeclared, clause: Text, application: Application, _: Moment
) -> Finding:
    declared: bool | None = getattr(application.case.declarations, condition.name)
    if declared is False:
        return HOLDS
    what = call(DECLARATIONS, condition.name)
    if declared is None:
        asked = Text(f"声明（是否{what.zh}）", f"the declaration whether {what.en}")
        return unknown(missing_fact(f"declarations.{condition.name}", asked, clause))
    message = Text(f"企业声明：{what.zh}", f"the enterprise declares: {what.en}")
    return refused(Reason(condition.name, message, clause))


def _no_record(
    condition: NoRecord, clause: Text, application: Application, moment: Moment
) -> Finding:
    given = application.case.enterprise.records
    what = call(RECORDS, condition.kind)
    if given is None:
        asked = Text(f"{what.zh}记录", f"the records of {what.en}")
        return unknown(missing_fact("enterprise.records", asked, clause))
    of_kind = [one for one in given if same(one.kind, condition.kind) is not False]
    if not of_kind:
        return HOLDS
    if moment.on is None:
        return unknown(_ask_for_date(moment, clause))
    since = years_before(moment.on, condition.years)
    dated = [one.on for one in of_kind if one.kind and one.on and since < one.on <= moment.on]
    if dated:
        message = Text(
            f"{max(dated)} 有{what.zh}记录，距 {moment.on} 不满 {condition.years} 年",
            f"has a record of {what.en} of {max(dated)}, within {condition.years} years before"
            f" {moment.on}",
        )
        return refused(Reason("record_in_period", message, clause))
    if any(one.kind is None or one.on is None for one in of_kind):
        asked = Text(f"{what.zh}记录的类别或日期", f"kind or day of a record of {what.en}")
        return unknown(missing_fact("enterprise.records", asked, clause))
    return HOLDS


def _no_earlier(
    condition: NoEarlierVoucher, clause: Text, application: Application, _: Moment
) -> Finding:
    if condition.scope != "enterprise":
        return HOLDS  # a matter of each purchase: `exclusion.exclude_paid`
    found = []
    for i, entry, of_year in same_year_vouchers(application):
        level = level_of(entry.programme)
        of_level = None if level is None else level in condition.levels
        if of_level is False:
            continue
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


_EVALUATORS: Final[dict[type, Callable[..., Finding]]] = {
    Held: _held,
    FactBelow: _below,
    FactAtLeast: _at_least,
    CountAtLeast: _count_at_least,
    ShareAtLeast: _share_at_least,
    RegisteredIn: _registered,
    DomiciledIn: _domiciled,
    NotDeclared: _not_declared,
    NoRecord: _no_record,
    NoEarlierVoucher: _no_earlier,
    AllOf: _all_of,
    AnyOf: _any_of,
    OnDay: _on_day,
}
"""One evaluator a shape. A dictionary, because it is asked some ten times a decision."""
