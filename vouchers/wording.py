"""What conditions and reasons say in Chinese and English: phrases without a full stop."""

from fractions import Fraction
from functools import singledispatch
from typing import Final

from ledger.money import render_decimal, render_yuan
from ledger.text import Text
from vouchers.case import FundingScope
from vouchers.cited import Cited
from vouchers.decision import Reason
from vouchers.names import (
    DAYS,
    DECLARATIONS,
    EVENTS,
    FACTS,
    LEVEL_NAMES,
    QUALIFICATIONS,
    RECORDS,
    REGIONS,
    RESOURCES,
    SCOPES,
    ZONES,
    call,
)
from vouchers.requirement import (
    AllOf,
    AnyOf,
    Condition,
    ContractAtLeast,
    CountAtLeast,
    DomiciledIn,
    FactAtLeast,
    FactBelow,
    Held,
    NeverFunded,
    NoEarlierVoucher,
    NoRecord,
    NotDeclared,
    NotFunded,
    NotSelfUse,
    OncePerContract,
    OnDay,
    PaidInFull,
    PaidInFullInYear,
    ProviderListed,
    RegisteredIn,
    ResourceIs,
    ShareAtLeast,
    SignedAndCompletedInYear,
    Within,
)
from vouchers.sheet import Exact

# More different conditions than any catalogue has; each is described once.
_DESCRIBED_MAX: Final = 4_096


# By the very value: one that is equal may call the same code by another name, or by none.
_described: Final[dict[int, tuple[object, Text]]] = {}


def describe_condition(condition: object) -> Text:
    """Return what a condition or a purchase rule requires."""
    known = _described.get(id(condition))
    if known is not None and known[0] is condition:
        return known[1]
    if len(_described) >= _DESCRIBED_MAX:
        _described.clear()
    text = _describe(condition)
    _described[id(condition)] = condition, text
    return text


@singledispatch
def _describe(condition: object) -> Text:
    raise AssertionError(condition)


@_describe.register
def _(condition: AllOf) -> Text:
    return _join(condition.conditions, Text("，且", ", and "))


@_describe.register
def _(condition: AnyOf) -> Text:
    return _join(condition.conditions, Text("；或", "; or "))


@_describe.register
def _(condition: Held) -> Text:
    kind = call(QUALIFICATIONS, condition.kind)
    if not condition.recognised_by:
        return kind
    lowest = _lowest_of_all_above(condition.recognised_by)
    if lowest is not None:
        return Text(
            f"{kind.zh}（载体由{lowest.zh}以上认定）",
            f"{kind.en} at a carrier recognised at {lowest.en} level or above",
        )
    levels = _names(condition.recognised_by)
    return Text(
        f"{kind.zh}（载体由{levels.zh}认定）", f"{kind.en} at a carrier recognised as {levels.en}"
    )


@_describe.register
def _(condition: FactBelow) -> Text:
    fact, limit = call(FACTS, condition.name), render_yuan(condition.limit_fen)
    year = _years_before(condition.years_before)
    return Text(f"{year.zh}{fact.zh}低于 {limit} 元", f"{fact.en} of {year.en} below CNY {limit}")


@_describe.register
def _(condition: RegisteredIn) -> Text:
    place = call(REGIONS, condition.prefix)
    return Text(f"注册地在{place.zh}", f"registered in {place.en}")


@_describe.register
def _(condition: DomiciledIn) -> Text:
    zone = call(ZONES, condition.zone)
    return Text(f"税务关系在{zone.zh}", f"tax domicile in {zone.en}")


@_describe.register
def _(condition: NotDeclared) -> Text:
    declared = call(DECLARATIONS, condition.name)
    return Text(f"声明无“{declared.zh}”", f"declares: not {declared.en}")


@_describe.register
def _(condition: NoEarlierVoucher) -> Text:
    levels = _names(condition.levels)
    if condition.scope == "contract":
        return Text(f"所属合同未享受{levels.zh}创新券", f"no {levels.en} voucher for its contract")
    if condition.scope == "project":
        return Text(
            f"所属研发项目未享受{levels.zh}创新券", f"no {levels.en} voucher for its R&D project"
        )
    return Text(f"同年度未享受{levels.zh}创新券", f"no {levels.en} voucher for the same year")


@_describe.register
def _(condition: FactAtLeast) -> Text:
    fact, limit = call(FACTS, condition.name), render_yuan(condition.limit_fen)
    year = _years_before(condition.years_before)
    return Text(
        f"{year.zh}{fact.zh}不低于 {limit} 元", f"{fact.en} of {year.en} at least CNY {limit}"
    )


@_describe.register
def _(condition: CountAtLeast) -> Text:
    fact, least = call(FACTS, condition.name), condition.least
    year = _years_before(condition.years_before)
    return Text(f"{year.zh}{fact.zh}不少于 {least}", f"{fact.en} of {year.en} at least {least}")


@_describe.register
def _(condition: ShareAtLeast) -> Text:
    part, whole = call(FACTS, condition.part), call(FACTS, condition.whole)
    year, least = _years_before(condition.years_before), render_percent(condition.least)
    return Text(
        f"{year.zh}{part.zh}占{whole.zh}的比例不低于 {least}",
        f"{part.en} of {year.en} at least {least} of {whole.en}",
    )


@_describe.register
def _(condition: NoRecord) -> Text:
    what, years = call(RECORDS, condition.kind), condition.years
    return Text(f"近 {years} 年无{what.zh}记录", f"no record of {what.en} in {years} years")


@_describe.register
def _(condition: OnDay) -> Text:
    day, inner = DAYS[condition.date], describe_condition(condition.condition)
    return Text(f"{inner.zh}（按{day.zh}认定）", f"{inner.en}, on {day.en}")


@_describe.register
def _(condition: ResourceIs) -> Text:
    kinds = [call(RESOURCES, kind) for kind in (condition.kind, *condition.also)]
    zh, en = "、".join(one.zh for one in kinds), ", ".join(one.en for one in kinds)
    return Text(f"仅限{zh}", f"{en} only")


@_describe.register
def _(condition: Within) -> Text:
    what, first, last = EVENTS[condition.what], condition.first, condition.last
    if condition.what == "service":
        return Text(f"服务期在 {first} 至 {last} 内", f"served between {first} and {last}")
    return Text(f"于 {first} 至 {last} {what.zh}", f"{what.en} between {first} and {last}")


@_describe.register
def _(condition: ProviderListed) -> Text:
    many = len(condition.providers)
    return Text(
        f"服务期内服务机构在名单内（共 {many} 家）",
        f"the provider listed throughout the service ({many} on the list)",
    )


@_describe.register
def _(_condition: NotSelfUse) -> Text:
    return Text("非自用（服务机构不是申请企业本身）", "not self-use: bought from another")


@_describe.register
def _(_condition: OncePerContract) -> Text:
    return Text("每份合同只补贴一次", "one refund for each contract")


@_describe.register
def _(condition: ContractAtLeast) -> Text:
    least = render_yuan(condition.least_fen)
    return Text(f"合同金额不低于 {least} 元", f"a contract over at least CNY {least}")


@_describe.register
def _(_condition: PaidInFull) -> Text:
    return Text("截至申请日已全额付款", "paid in full by the application")


@_describe.register
def _(_condition: PaidInFullInYear) -> Text:
    return Text(
        "截至申请日已全额付款，且在申请当年付清",
        "paid in full by the application, and in the year of application",
    )


@_describe.register
def _(_condition: SignedAndCompletedInYear) -> Text:
    return Text(
        "在申请窗口对应的年度内签订并完成",
        "signed and completed in the year that the application window serves",
    )


@_describe.register
def _(condition: NotFunded) -> Text:
    level, year = call(LEVEL_NAMES, condition.level), _years_before(condition.years_before)
    scope = SCOPES[condition.scope]
    of_it = "it" if condition.scope == "enterprise" else f"its {scope.en}"
    return Text(
        f"{scope.zh}{year.zh}未获{level.zh}{name_money(condition.scope)}",
        f"no {level.en} money for {of_it} in {year.en}",
    )


@_describe.register
def _(condition: NeverFunded) -> Text:
    scope = SCOPES[condition.scope]
    of_it = "it" if condition.scope == "enterprise" else f"its {scope.en}"
    return Text(f"{scope.zh}未获其他财政资金", f"no other public money for {of_it}")


def render_percent(rate: Exact) -> str:
    """Return a rate in percent, as a fraction where four decimals do not say all of it."""
    if 10**6 % Fraction(rate).denominator:
        return str(rate)
    percent = render_decimal(Fraction(rate) * 100, 4).rstrip("0").removesuffix(".")
    return f"{percent}%"


def _years_before(years: int) -> Text:
    """Return how people call the year so many years before the application."""
    if years == 0:
        return Text("本年度", "the same year")
    if years == 1:
        return Text("上一年度", "the year before")
    return Text(f"申请前第 {years} 个年度", f"the year {years} years before")


def _lowest_of_all_above(codes: tuple[str, ...]) -> Text | None:
    """Return the lowest of some levels where they are it and all above it, up to the nation's."""
    every = tuple(LEVEL_NAMES)
    if len(set(codes)) > 1 and set(codes) == set(every[: len(set(codes))]):
        return LEVEL_NAMES[every[len(set(codes)) - 1]]
    return None


def _names(codes: tuple[str, ...]) -> Text:
    names = [call(LEVEL_NAMES, code) for code in codes]
    return Text("或".join(one.zh for one in names), " or ".join(one.en for one in names))


def name_money(scope: FundingScope) -> str:
    """Return how public money is called in Chinese: that for a project is project money."""
    return "项目资金" if scope == "project" else "财政资金"


def _join(conditions: tuple[Cited[Condition], ...], by: Text) -> Text:
    parts = [describe_condition(cited.value) for cited in conditions]
    return Text(by.zh.join(one.zh for one in parts), by.en.join(one.en for one in parts))


def cite(reason: Reason) -> Text:
    """Return a reason's sentence that ends in its clause."""
    message, clause = reason.message, reason.clause
    return Text(f"{message.zh}（{clause.zh}）", f"{message.en} ({clause.en})")
