"""What conditions, codes and values are called in Chinese and English, wherever they are shown.

Phrases without a full stop. Money is in yuan, a rate in percent, a code in words.
"""

from datetime import date
from fractions import Fraction
from functools import singledispatch
from typing import Final

from ledger.money import render_decimal, render_yuan
from ledger.text import Text
from vouchers.decision import Reason, Status, Step
from vouchers.treasury import FundingSplit, JointCap, Pool, PoolOrder
from vouchers.programme import (
    AllOf,
    AnyOf,
    Cited,
    Condition,
    DomiciledIn,
    FactBelow,
    Held,
    Level,
    NoEarlierVoucher,
    NotDeclared,
    PaidInFullInYear,
    ProjectNotFunded,
    RegisteredIn,
    ResourceIs,
    SignedAndCompletedInYear,
    Window,
)

LEVELS: Final[dict[Level, Text]] = {
    "province": Text("省级", "Province"),
    "city": Text("市级", "City"),
    "district": Text("区级", "District"),
}
STATUSES: Final[dict[Status, Text]] = {
    "eligible": Text("符合", "eligible"),
    "ineligible": Text("不符合", "not eligible"),
    "undetermined": Text("待补充材料", "undetermined"),
}
FIELDS: Final = {
    "valid_from": Text("施行日期", "in force from"),
    "valid_to": Text("施行至", "in force to"),
    "legal_date": Text("认定日期", "legal date"),
    "claim_year": Text("申领年度", "claim year"),
    "windows": Text("申请窗口（次年月日）", "application window (in the year after)"),
    "base": Text("计算基数", "base"),
    "tax": Text("基数是否含税", "tax in the base"),
    "rate": Text("支持比例", "rate"),
    "yearly_cap_fen": Text("年度最高额度", "yearly cap"),
    "rounding_unit_fen": Text("金额单位", "unit of the refund"),
    "rounding_direction": Text("舍入方向", "direction of rounding"),
    "claim_floor_fen": Text("单笔申请下限", "least claim"),
    "joint_cap": Text("各级合计年度最高额度", "yearly cap over levels"),
    "combined_ceiling": Text("各类财政资金合计占比上限", "most of the base from all public money"),
    "pool": Text("年度资金总额", "pool of the year"),
    "funding_split": Text("各级财政分担", "split between treasuries"),
    "payment_form": Text("兑付方式", "form of payment"),
}

QUALIFICATIONS: Final = {
    "technology_sme": Text(
        "全国科技型中小企业库在库企业", "in the national technology-SME library"
    ),
    "high_tech_enterprise": Text("高新技术企业", "high-tech enterprise"),
    "advanced_service": Text("技术先进型服务企业", "advanced technology service enterprise"),
    "incubated": Text("在孵企业", "in incubation"),
    "above_scale": Text("规模以上企业", "above-scale enterprise"),
}
LEVEL_NAMES: Final = {
    "national": Text("国家级", "national"),
    "province": Text("省级", "provincial"),
    "city": Text("市级", "city"),
    "district": Text("区级", "district"),
}
ZONES: Final = {"east-lake": Text("东湖高新区", "the East Lake High-tech Zone")}
REGIONS: Final = {"42": Text("湖北省", "Hubei"), "4201": Text("武汉市", "Wuhan")}
FACTS: Final = {"sales_fen": Text("销售收入", "sales")}
DECLARATIONS: Final = {
    "related_party": Text("与服务机构存在关联关系", "related to the provider"),
    "serious_dishonesty": Text("严重失信", "seriously dishonest"),
}
RESOURCES: Final = {
    "accelerator": Text("加速卡算力", "accelerator compute"),
    "storage": Text("存储", "storage"),
    "network": Text("网络", "network"),
    "support": Text("技术支持", "support"),
}
BASES: Final = {
    "invoiced": Text("发票金额", "amount invoiced"),
    "paid": Text("截至申请日实际支付金额", "amount paid up to the application"),
    "paid_in_year": Text(
        "申请当年截至申请日实际支付金额",
        "amount paid in the year of application, up to the application",
    ),
}
ANSWERS: Final = {
    "yes": Text("是", "yes"),
    "included": Text("含税", "included"),
    "excluded": Text("不含税", "excluded"),
}
_CODES: Final[dict[str, dict[str, Text]]] = {
    "legal_date": {
        "application": Text("申请日", "the day of application"),
        "service_completed": Text("服务完成日", "the day on which the service was completed"),
    },
    "claim_year": {
        "of_application": Text("申请当年", "the year of the application"),
        "of_window": Text("申请窗口对应的年度", "the year that the application window serves"),
    },
    "base": BASES,
    "tax": ANSWERS,
    "rounding_direction": {"down": Text("向下舍去", "downwards")},
    "payment_form": {
        "refund": Text("事后兑付给企业", "refunded to the enterprise afterwards"),
        "offset": Text("购买时直接抵扣", "taken off the price at purchase"),
        "provider_redeems": Text("由服务机构兑付", "redeemed by the provider"),
    },
}
POOL_ORDERS: Final[dict[PoolOrder, Text]] = {
    "application": Text("先申先兑", "first to apply is first served"),
    "signing": Text("按合同签订先后兑付", "by order of contract signing"),
    "pro_rata": Text("同比例兑付", "pro rata"),
}


def call(names: dict[str, Text], code: str) -> Text:
    """Return the name of a code, the code itself where it has none."""
    return names.get(code, Text(code, code))


@singledispatch
def describe_condition(condition: object) -> Text:
    """Return what a condition or a purchase rule requires."""
    raise AssertionError(condition)


@describe_condition.register
def _(condition: AllOf) -> Text:
    return _join(condition.conditions, Text("，且", ", and "))


@describe_condition.register
def _(condition: AnyOf) -> Text:
    return _join(condition.conditions, Text("；或", "; or "))


@describe_condition.register
def _(condition: Held) -> Text:
    kind = call(QUALIFICATIONS, condition.kind)
    levels = _names(condition.recognised_by)
    if not condition.recognised_by:
        return kind
    return Text(
        f"{kind.zh}（载体由{levels.zh}认定）", f"{kind.en} at a carrier recognised as {levels.en}"
    )


@describe_condition.register
def _(condition: FactBelow) -> Text:
    fact, limit = call(FACTS, condition.name), render_yuan(condition.limit_fen)
    years = condition.years_before
    return Text(
        f"申请前第 {years} 年{fact.zh}低于 {limit} 元",
        f"{fact.en} of the year {years} before the application below CNY {limit}",
    )


@describe_condition.register
def _(condition: RegisteredIn) -> Text:
    place = call(REGIONS, condition.prefix)
    return Text(f"注册地在{place.zh}", f"registered in {place.en}")


@describe_condition.register
def _(condition: DomiciledIn) -> Text:
    zone = call(ZONES, condition.zone)
    return Text(f"税务关系在{zone.zh}", f"tax domicile in {zone.en}")


@describe_condition.register
def _(condition: NotDeclared) -> Text:
    declared = call(DECLARATIONS, condition.name)
    return Text(f"声明无“{declared.zh}”", f"declares: not {declared.en}")


@describe_condition.register
def _(condition: NoEarlierVoucher) -> Text:
    levels = _names(condition.levels)
    if condition.scope == "contract":
        return Text(f"所属合同未享受{levels.zh}创新券", f"no {levels.en} voucher for its contract")
    if condition.scope == "project":
        return Text(
            f"所属研发项目未享受{levels.zh}创新券", f"no {levels.en} voucher for its R&D project"
        )
    return Text(f"同年度未享受{levels.zh}创新券", f"no {levels.en} voucher for the same year")


@describe_condition.register
def _(condition: ResourceIs) -> Text:
    kind = call(RESOURCES, condition.kind)
    return Text(f"仅限{kind.zh}", f"{kind.en} only")


@describe_condition.register
def _(_condition: PaidInFullInYear) -> Text:
    return Text(
        "截至申请日已全额付款，且在申请当年付清",
        "paid in full by the application, and in the year of application",
    )


@describe_condition.register
def _(_condition: SignedAndCompletedInYear) -> Text:
    return Text(
        "在申请窗口对应的年度内签订并完成",
        "signed and completed in the year that the application window serves",
    )


@describe_condition.register
def _(condition: ProjectNotFunded) -> Text:
    level, year = call(LEVEL_NAMES, condition.level), _years_before(condition.years_before)
    return Text(
        f"所属研发项目{year.zh}未获{level.zh}项目资金",
        f"no {level.en} money for its R&D project in {year.en}",
    )


def _years_before(years: int) -> Text:
    """Return how people call the year so many years before the application."""
    if years == 1:
        return Text("上一年度", "the year before")
    return Text(f"申请前第 {years} 个年度", f"the year {years} years before")


def _names(codes: tuple[str, ...]) -> Text:
    names = [call(LEVEL_NAMES, code) for code in codes]
    return Text("或".join(one.zh for one in names), " or ".join(one.en for one in names))


def _join(conditions: tuple[Cited[Condition], ...], by: Text) -> Text:
    parts = [describe_condition(cited.value) for cited in conditions]
    return Text(by.zh.join(one.zh for one in parts), by.en.join(one.en for one in parts))


def cite(reason: Reason) -> Text:
    """Return a reason's sentence that ends in its clause."""
    message, clause = reason.message, reason.clause
    return Text(f"{message.zh}（{clause.zh}）", f"{message.en} ({clause.en})")


def show(step: Step) -> Text:
    """Return a step's value: money in yuan, a ratio in percent, a switch in words."""
    match step.unit:
        case "fen" if isinstance(step.value, int):
            return _show_yuan(render_yuan(step.value))
        case "fen":
            return _show_yuan(render_decimal(Fraction(step.value) / 100, 4))
        case "ratio":
            return _show_percent(Fraction(step.value))
        case "switch" | "condition":
            return ANSWERS[str(step.value)]
        case _:
            return Text(str(step.value), str(step.value))


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
        return call(_CODES[name], cited.value)
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
    return _show_yuan(render_yuan(amount_fen))


@_show_value.register
def _(window: Window) -> Text:
    zh, en = f"{window.first} 至 {window.last}", f"{window.first} to {window.last}"
    if window.serves is None:
        return Text(zh, en)
    return Text(f"{window.serves} 年度：{zh}", f"for {window.serves}: {en}")


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


def _show_yuan(amount: str) -> Text:
    return Text(f"{amount} 元", f"CNY {amount}")


def _show_percent(rate: Fraction) -> Text:
    percent = render_decimal(rate * 100, 4).rstrip("0").removesuffix(".")
    return Text(f"{percent}%", f"{percent}%")
