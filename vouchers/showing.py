"""Values of steps and rules as people read them: money in yuan, a rate in percent."""

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction
from functools import singledispatch
from typing import Final

from ledger.money import render_decimal, render_yuan
from ledger.text import Text
from vouchers.amounts import (
    Apportion,
    ByClass,
    ByResource,
    ByYear,
    FlatAmount,
    Lapse,
    Lowest,
    Own,
    Tiers,
)
from vouchers.cited import Cited
from vouchers.decision import Step
from vouchers.names import (
    ANSWERS,
    CODES,
    FIELDS,
    GRADES,
    LEVEL_NAMES,
    POOL_ORDERS,
    RESOURCES,
    call,
    name_base,
)
from vouchers.programme import Document, Window
from vouchers.requirement import AllOf, AnyOf
from vouchers.sheet import Exact
from vouchers.treasury import FundingSplit, JointCap, Pool
from vouchers.wording import describe_condition, render_percent


def show(step: Step) -> Text:
    """Return a step's value: money in yuan, a ratio in percent, a switch in words."""
    value = step.value
    if isinstance(value, str):
        return ANSWERS.get(value, Text(value, value))
    if step.unit == "number":
        return Text(str(value), str(value))
    return _show_percent(value) if step.unit == "ratio" else _show_fen(value)


def show_working(step: Step, steps: Sequence[Step]) -> Text:
    """Return how a step's value comes from those of earlier steps, empty where it was given."""
    of = [show(steps[i]) for i in step.inputs]
    if step.operation == "given" or (step.operation == "sum" and len(of) == 1):
        return Text("", "")
    zh, en = [one.zh for one in of], [one.en for one in of]
    match step.operation:
        case "sum" | "times" | "minus":
            sign = {"sum": " + ", "times": " × ", "minus": " − "}[step.operation]
            return Text(sign.join(zh), sign.join(en))
        case "least":
            return Text(f"{'与'.join(zh)}中的较小者", f"the less of {' and '.join(en)}")
        case "at_least":
            return Text(f"{zh[0]}，须达到 {zh[1]}", f"{en[0]}, where it reaches {en[1]}")
        case direction:
            how = CODES["rounding_direction"][direction]
            return Text(f"{zh[0]}以 {zh[1]}为单位{how.zh}", f"{en[0]} {how.en} in units of {en[1]}")


def tell(steps: Sequence[Step]) -> tuple[Text, ...]:
    """Return each step as a sentence that ends in its clause and the grade of the evidence."""
    told = []
    for step, (zh, en) in zip(steps, tell_plainly(steps), strict=True):
        grade = GRADES[step.grade]
        told.append(
            Text(f"{zh}（{step.clause.zh}；{grade.zh}）", f"{en} ({step.clause.en}; {grade.en})")
        )
    return tuple(told)


def tell_plainly(steps: Sequence[Step]) -> tuple[Text, ...]:
    """Return each step as a sentence, for somebody who looks at its clause apart."""
    told = []
    for step in steps:
        what, working, value = step.what, show_working(step, steps), show(step)
        zh, en = f"{what.zh}：{value.zh}", f"{what.en}: {value.en}"
        if working.zh:
            zh = f"{what.zh}：{working.zh} ＝ {value.zh}"
            en = f"{what.en}: {working.en} = {value.en}"
        told.append(what if step.unit == "condition" else Text(zh, en))
    return tuple(told)


def name_field(name: str, cited: Cited[object]) -> Text:
    """Return what a cited value of a version is called; `name` is its field or its path."""
    field = name.partition("[")[0]
    if field in FIELDS:
        return FIELDS[field]
    match cited.value:
        case AnyOf():
            return Text("具备下列任一项", "one of these")
        case AllOf():
            return Text("同时具备下列各项", "all of these")
        case condition:
            return describe_condition(condition)


def show_field(name: str, cited: Cited[object]) -> Text:
    """Return a cited value of a version; a condition's name says all, so it has none."""
    if isinstance(cited.value, str):
        return call(CODES[name], cited.value)
    if name == "one_contract_within_days":
        return Text(f"{cited.value} 天", f"{cited.value} days")
    if name == "notice_days":
        return Text(f"{cited.value} 个工作日", f"{cited.value} working days")
    return _show_value(cited.value)


@singledispatch
def _show_value(_value: object) -> Text:
    return Text("—", "—")


@_show_value.register
def _(_value: AnyOf) -> Text:
    return Text("任一", "any")


@_show_value.register
def _(_value: AllOf) -> Text:
    return Text("全部", "all")


@_show_value.register
def _(day: date) -> Text:
    return Text(day.isoformat(), day.isoformat())


@_show_value.register
def _(rate: Fraction) -> Text:
    return _show_percent(rate)


@_show_value.register
def _(amount_fen: int) -> Text:
    return _show_fen(amount_fen)


@_show_value.register(bool)
def _(value: bool) -> Text:  # noqa: FBT001
    return ANSWERS["yes"] if value else Text("否", "no")


@_show_value.register
def _(value: Lowest) -> Text:
    return name_base(value)


@_show_value.register
def _(value: Tiers) -> Text:
    parts, below = [], 0
    for band in value.bands:
        rate, least = _show_percent(band.rate), render_yuan(below)
        if band.up_to_fen is None:
            parts.append(Text(f"超过 {least} 元的部分 {rate.zh}", f"{rate.en} above CNY {least}"))
            continue
        most = render_yuan(band.up_to_fen)
        zh = f"超过 {least} 元至 {most} 元" if below else f"不超过 {most} 元"
        parts.append(Text(f"{zh}的部分 {rate.zh}", f"{rate.en} of CNY {least} to {most}"))
        below = band.up_to_fen
    return _list(parts)


@_show_value.register
def _(value: FlatAmount) -> Text:
    amount = _show_fen(value.amount_fen)
    return Text(f"定额 {amount.zh}", f"{amount.en}, whatever the base")


@_show_value.register
def _(value: ByResource) -> Text:
    return _list(
        Text(
            f"{call(RESOURCES, kind).zh} {_show_percent(rate).zh}",
            f"{call(RESOURCES, kind).en} {_show_percent(rate).en}",
        )
        for kind, rate in value.rates
    )


@_show_value.register
def _(value: Own) -> Text:
    name = call({}, value.name)
    return Text(
        f"按本办法的计算方法“{name.zh}”（第 {value.revision} 版）",
        f"the rule's own function “{name.en}”, revision {value.revision}",
    )


@_show_value.register
def _(value: ByYear) -> Text:  # type: ignore[type-arg]
    shown = [(year, _show_value(one)) for year, one in value.years]
    return _list(Text(f"{year} 年：{one.zh}", f"{year}: {one.en}") for year, one in shown)


@_show_value.register
def _(value: ByClass) -> Text:  # type: ignore[type-arg]
    parts = []
    for one in value.classes:
        who, what = describe_condition(one.when.value), _show_value(one.value)
        parts.append(Text(f"{who.zh}：{what.zh}", f"{who.en}: {what.en}"))
    other = _show_value(value.otherwise)
    return _list([*parts, Text(f"其他：{other.zh}", f"others: {other.en}")])


@_show_value.register
def describe_joint_cap(cap: JointCap) -> Text:
    """Return the cap over several levels, and what one of them may pay of it."""
    levels = [call(LEVEL_NAMES, one) for one in cap.levels]
    amount = render_yuan(cap.cap_fen)
    zh = f"{'、'.join(one.zh for one in levels)}合计 {amount} 元"
    en = f"{' and '.join(one.en for one in levels)} together CNY {amount}"
    for level, cap_fen in ((one.level, one.cap_fen) for one in cap.sub_caps):
        name, least = call(LEVEL_NAMES, level), render_yuan(cap_fen)
        zh, en = f"{zh}，其中{name.zh} {least} 元", f"{en}, of these {name.en} {least}"
    return Text(zh, en)


@_show_value.register
def describe_pool(pool: Pool) -> Text:
    """Return how large a pool is and whom it serves when it does not last."""
    amount, order = render_yuan(pool.amount_fen), POOL_ORDERS[pool.order]
    return Text(f"{amount} 元，不足时{order.zh}", f"CNY {amount}; when short {order.en}")


@_show_value.register
def describe_funding_split(split: FundingSplit) -> Text:
    """Return which treasury bears which share, and who bears what rounding leaves."""
    parts = [(call(LEVEL_NAMES, one.level), _show_percent(one.share)) for one in split.shares]
    rest = call(LEVEL_NAMES, split.remainder_to)
    return Text(
        f"{'，'.join(f'{name.zh} {share.zh}' for name, share in parts)}，尾差由{rest.zh}承担",
        f"{', '.join(f'{name.en} {share.en}' for name, share in parts)}; the rest of a fen:"
        f" {rest.en}",
    )


@_show_value.register
def _(value: Apportion) -> Text:
    if value.day_count == "actual":
        return Text("按服务期实际天数", "by the days of the service")
    return Text("每月按 30 天", "each month as thirty days")


@_show_value.register
def _(value: Lapse) -> Text:
    if value.days is None:
        return Text("当年有效", "to the end of its year")
    return Text(f"自发放之日起 {value.days} 天", f"{value.days} days from its grant")


@_show_value.register
def _(value: Document) -> Text:
    each = {
        "claim": Text("", ""),
        "contract": Text("（每份合同）", ", for each contract"),
        "project": Text("（每个研发项目）", ", for each R&D project"),
    }[value.each]
    return Text(f"{value.name.zh}{each.zh}", f"{value.name.en}{each.en}")


_SAME_YEAR: Final = Text("当年", "of the year itself")


@_show_value.register
def _(window: Window) -> Text:
    year = Text("次年", "of the year after") if window.years_after else _SAME_YEAR
    zh = f"{year.zh} {window.first} 至 {window.last}"
    en = f"{window.first} to {window.last} {year.en}"
    if window.serves is None:
        return Text(zh, en)
    return Text(f"{window.serves} 年度：{zh}", f"for {window.serves}: {en}")


def _list(parts: Iterable[Text]) -> Text:
    listed = tuple(parts)
    return Text("；".join(one.zh for one in listed), "; ".join(one.en for one in listed))


def _show_fen(amount: Exact) -> Text:
    """Return money in yuan: whole fen with two decimals, a part of a fen with four."""
    yuan = render_yuan(amount) if isinstance(amount, int) else render_decimal(amount / 100, 4)
    return Text(f"{yuan} 元", f"CNY {yuan}")


def _show_percent(rate: Exact) -> Text:
    percent = render_percent(rate)
    return Text(percent, percent)


def render_exact(value: Fraction) -> str:
    """Return the exact decimal of a non-negative fraction, `1/3` where there is none."""
    for places in range(13):
        if 10**places % value.denominator == 0:
            digits = str(value.numerator * (10**places // value.denominator)).zfill(places + 1)
            cut = len(digits) - places
            return f"{digits[:cut]}.{digits[cut:]}" if places else digits
    return str(value)
