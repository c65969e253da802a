"""What codes are called in Chinese and English, wherever they are shown."""

from collections.abc import Mapping
from typing import Any, Final

from ledger.text import Text
from vouchers import regions
from vouchers.amounts import Base, Direction, Lowest
from vouchers.case import FundingScope
from vouchers.decision import Grade, Status
from vouchers.requirement import LegalDate, Level
from vouchers.treasury import PoolOrder
from vouchers.word import Word

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
    "windows": Text("申请窗口", "application window"),
    "base": Text("计算基数", "base"),
    "tax": Text("基数是否含税", "tax in the base"),
    "rate": Text("支持比例", "rate"),
    "rate_over": Text("支持比例适用的基数", "what the rate is applied over"),
    "yearly_cap_fen": Text("年度最高额度", "yearly cap"),
    "rounding_unit_fen": Text("金额单位", "unit of the refund"),
    "rounding_direction": Text("舍入方向", "direction of rounding"),
    "claim_floor_fen": Text("单笔申请下限", "least claim"),
    "apportion": Text("跨年服务的分摊", "apportioning of a service that spans years"),
    "yearly_spend_floor_fen": Text("年度支出下限", "least spend of the year"),
    "contract_cap_fen": Text("每份合同最高额度", "cap of a contract"),
    "one_contract_within_days": Text(
        "合同签订间隔不超过以下天数的合并计算", "contracts signed within so many days count as one"
    ),
    "claim_cap_fen": Text("单笔申请上限", "most of one claim"),
    "group_cap_fen": Text("同一控制人年度最高额度", "yearly cap of a group under one controller"),
    "rounding_step": Text("舍入环节", "where it is rounded"),
    "lapse": Text("有效期", "validity"),
    "documents": Text("申请材料", "papers of a claim"),
    "joint_cap": Text("各级合计年度最高额度", "yearly cap over levels"),
    "combined_ceiling": Text("各类财政资金合计占比上限", "most of the base from all public money"),
    "pool": Text("年度资金总额", "pool of the year"),
    "funding_split": Text("各级财政分担", "split between treasuries"),
    "payment_form": Text("兑付方式", "form of payment"),
    "provider_confirms": Text("服务机构线上确认", "confirmation by the provider"),
    "notice_days": Text("公示期", "public notice"),
}

GRADES: Final[dict[Grade, Text]] = {
    "P": Text("官方原文", "official text"),
    "M": Text("转载的官方文本", "official text in a repost"),
    "N": Text("新闻报道", "press"),
    "A": Text("假定", "assumed"),
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
REGIONS: Final = {code: region.name for code, region in regions.REGIONS.items()}
FACTS: Final = {"sales_fen": Text("销售收入", "sales")}
DECLARATIONS: Final = {
    "related_party": Text("与服务机构存在关联关系", "related to the provider"),
    "serious_dishonesty": Text("严重失信", "seriously dishonest"),
}
RECORDS: Final = {
    "serious_dishonesty": Text("严重失信", "serious dishonesty"),
    "tax_arrears": Text("欠税", "tax arrears"),
    "administrative_penalty": Text("行政处罚", "an administrative penalty"),
}
SCOPES: Final[dict[FundingScope, Text]] = {
    "enterprise": Text("所属企业", "an enterprise"),
    "project": Text("所属研发项目", "R&D project"),
    "contract": Text("所属合同", "contract"),
}
EVENTS: Final = {
    "signed": Text("签订", "signed"),
    "service": Text("服务", "served"),
    "completed": Text("完成", "completed"),
    "invoiced": Text("开票", "invoiced"),
    "paid_in_full": Text("付清", "paid in full"),
}
RESOURCES: Final = {
    "accelerator": Text("加速卡算力", "accelerator compute"),
    "storage": Text("存储", "storage"),
    "network": Text("网络", "network"),
    "support": Text("技术支持", "support"),
}
BASES: Final[dict[Base, Text]] = {
    "invoiced": Text("发票金额", "amount invoiced"),
    "paid": Text("截至申请日实际支付金额", "amount paid up to the application"),
    "paid_in_year": Text(
        "申请当年截至申请日实际支付金额",
        "amount paid in the year of application, up to the application",
    ),
    "contract": Text("合同金额", "amount of the contract"),
    "approved_contract": Text("核定合同金额", "amount approved of the contract"),
    "settled": Text("结算金额", "amount settled"),
    "metered": Text("平台计量金额", "amount metered by the platform"),
}
ROUNDED: Final[dict[Direction, Text]] = {
    "down": Text("舍去不足一个单位的部分", "the rest of a unit is dropped"),
    "half_up": Text("按单位四舍五入", "rounded to the nearest unit, a half going up"),
    "up": Text("不足一个单位的进为一个单位", "rounded up to the next unit"),
}
DAYS: Final[dict[LegalDate, Text]] = {
    "application": Text("申请日", "the day of application"),
    "service_completed": Text("服务完成日", "the day on which the service was completed"),
    "contract_signed": Text("合同签订日", "the day on which the contract was signed"),
    "paid_in_full": Text("付清日", "the day on which it was paid in full"),
}
ANSWERS: Final = {
    "yes": Text("是", "yes"),
    "included": Text("含税", "included"),
    "excluded": Text("不含税", "excluded"),
}
POOL_ORDERS: Final[dict[PoolOrder, Text]] = {
    "application": Text("先申先兑", "first to apply is first served"),
    "signing": Text("按合同签订先后兑付", "by order of contract signing"),
    "pro_rata": Text("同比例兑付", "pro rata"),
}
CODES: Final[dict[str, Mapping[Any, Text]]] = {
    "legal_date": DAYS,
    "claim_year": {
        "of_application": Text("申请当年", "the year of the application"),
        "of_window": Text("申请窗口对应的年度", "the year that the application window serves"),
    },
    "base": BASES,
    "rate_over": {"year": Text("本年度累计计算基数", "the base of the year")},
    "tax": ANSWERS,
    "rounding_direction": {
        "down": Text("向下舍去", "downwards"),
        "half_up": Text("四舍五入", "to the nearest"),
        "up": Text("向上进位", "upwards"),
    },
    "payment_form": {
        "refund": Text("事后兑付给企业", "refunded to the enterprise afterwards"),
        "offset": Text("购买时直接抵扣", "taken off the price at purchase"),
        "provider_redeems": Text("由服务机构兑付", "redeemed by the provider"),
    },
    "rounding_step": {
        "base": Text("计算基数", "the base"),
        "contract": Text("每份合同的补贴", "the refund of each contract"),
        "before_caps": Text("扣减限额之前", "before the caps"),
        "refund": Text("扣减限额之后", "after the caps"),
    },
}


def name_base(base: Base | Lowest) -> Text:
    """Return what a base is called, the lowest of several by all of them."""
    if not isinstance(base, Lowest):
        return BASES[base]
    names = [BASES[one] for one in base.bases]
    zh, en = "、".join(one.zh for one in names), ", ".join(one.en for one in names)
    return Text(f"{zh}孰低", f"the lowest of: {en}")


def call(names: Mapping[Any, Text], code: str) -> Text:
    """Return the name of a code: our own, else the one that it brings, else the code itself."""
    return names.get(code) or (code.name if isinstance(code, Word) else Text(code, code))
