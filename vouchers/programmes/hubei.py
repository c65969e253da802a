"""湖北省科技创新券: the provincial science and technology voucher of Hubei.

Sources: 鄂科技规〔2022〕3号, in force from 2022-05-07, and the notice for 2025 under
鄂科技通〔2024〕54号. Of the notice only a part is visible: what it does not show is kept from the
rule of 2022 and graded as assumed. The notice drops the route for enterprises in incubation.
"""

from datetime import date
from fractions import Fraction
from typing import Final

from ledger.text import Text
from vouchers.programme import (
    AllOf,
    AnyOf,
    Cited,
    Condition,
    FactBelow,
    Held,
    NoEarlierVoucher,
    NotDeclared,
    NotFunded,
    PaidInFullInYear,
    Programme,
    RegisteredIn,
    ResourceIs,
    Version,
    assume,
    cite,
)

_RULE: Final = Text("鄂科技规〔2022〕3号", "鄂科技规〔2022〕3号")
_NOTICE: Final = Text("鄂科技通〔2024〕54号", "鄂科技通〔2024〕54号")
_CLASSES_2022: Final = cite(_RULE, "支持对象", "who is supported")
_CLASSES_2025: Final = cite(_NOTICE, "支持对象", "who is supported")
_EXCLUSION: Final = cite(_RULE, "不予支持的情形", "who and what is excluded")
_KEPT: Final = assume("沿用鄂科技规〔2022〕3号", "kept from 鄂科技规〔2022〕3号")

_IN_HUBEI: Final = RegisteredIn("42")
_NO_OTHER_VOUCHER: Final = NoEarlierVoucher(("city", "district"))
_NO_PROJECT_MONEY: Final = NotFunded("province", years_before=1)
_SALES: Final = FactBelow("sales_fen", years_before=1, limit_fen=20_000_000_000)

_LEGAL_DATE: Final = assume(
    "版本和资质按申请日认定", "version and status are tested on the day of application"
)
_CLAIM_YEAR: Final = assume("年度为申请当年", "the year is that of the application")
_PAID: Final = assume(
    "事后补助，全额付款后按付清日计入年度",
    "after payment in full, in the year of the day on which it became so",
)
_RESOURCE: Final = assume("计算服务仅限加速卡算力", "of computing, accelerator compute only")
_UNRELATED: Final = assume("与服务机构无关联关系", "not related to the provider")
_TAX: Final = assume("实际发生金额含税", "the amount incurred includes tax")
_DOWN: Final = assume("不足部分舍去", "rounded downwards")


def _high_tech(clause: Text) -> Cited[Condition]:
    """Return the second route: a valid certificate and sales below the limit."""
    both = (Cited(Held("high_tech_enterprise"), clause, "M"), Cited(_SALES, clause, "M"))
    return Cited(AllOf(both), clause, "M")


_VERSION_2022: Final = Version(
    id="2022",
    document=_RULE,
    valid_from=Cited(date(2022, 5, 7), cite(_RULE, "施行日期", "entry into force"), "M"),
    valid_to=Cited(
        date(2024, 12, 31), assume("至 2025 年通知施行前", "until the notice for 2025"), "A"
    ),
    legal_date=Cited("application", _LEGAL_DATE, "A"),
    claim_year=Cited("of_application", _CLAIM_YEAR, "A"),
    eligibility=(
        Cited(_IN_HUBEI, _CLASSES_2022, "P"),
        Cited(
            AnyOf(
                (
                    Cited(Held("technology_sme"), _CLASSES_2022, "M"),
                    _high_tech(_CLASSES_2022),
                    Cited(Held("incubated", ("national", "province")), _CLASSES_2022, "M"),
                )
            ),
            _CLASSES_2022,
            "M",
        ),
        # The clause says "has had": read as for the same year, for vouchers end with their year.
        Cited(_NO_OTHER_VOUCHER, cite(_RULE, "不予支持的情形", "exclusion of other vouchers"), "A"),
        Cited(NotDeclared("related_party"), _UNRELATED, "A"),
        Cited(NotDeclared("serious_dishonesty"), cite(_RULE, "信用审查", "credit check"), "M"),
    ),
    purchases=(
        Cited(ResourceIs("accelerator"), _RESOURCE, "A"),
        Cited(PaidInFullInYear(), _PAID, "A"),
        Cited(_NO_PROJECT_MONEY, _EXCLUSION, "M"),
    ),
    base=Cited("invoiced", cite(_RULE, "实际发生金额", "the amount actually incurred"), "M"),
    tax=Cited("included", _TAX, "A"),
    rate=Cited(Fraction(3, 10), cite(_RULE, "支持比例", "rate"), "M"),
    yearly_cap_fen=Cited(20_000_000, cite(_RULE, "年度最高额度", "yearly cap"), "M"),
    rounding_unit_fen=Cited(
        100_000, assume("同 2025 年，精确到千元", "whole thousands of yuan, as in 2025"), "A"
    ),
    rounding_direction=Cited("down", _DOWN, "A"),
)

_VERSION_2025: Final = Version(
    id="2025",
    document=_NOTICE,
    valid_from=Cited(
        date(2025, 1, 1), assume("自 2025 年 1 月 1 日起", "from the first day of 2025"), "A"
    ),
    legal_date=Cited("application", _LEGAL_DATE, "A"),
    claim_year=Cited("of_application", _CLAIM_YEAR, "A"),
    eligibility=(
        Cited(_IN_HUBEI, _CLASSES_2025, "P"),
        Cited(
            AnyOf((Cited(Held("technology_sme"), _CLASSES_2025, "M"), _high_tech(_CLASSES_2025))),
            _CLASSES_2025,
            "M",
        ),
        Cited(_NO_OTHER_VOUCHER, _KEPT, "A"),
        Cited(NotDeclared("related_party"), _UNRELATED, "A"),
        Cited(NotDeclared("serious_dishonesty"), _KEPT, "A"),
    ),
    purchases=(
        Cited(ResourceIs("accelerator"), _RESOURCE, "A"),
        Cited(PaidInFullInYear(), _PAID, "A"),
        Cited(_NO_PROJECT_MONEY, _KEPT, "A"),
    ),
    base=Cited("invoiced", _KEPT, "A"),
    tax=Cited("included", _TAX, "A"),
    rate=Cited(
        Fraction(3, 10),
        assume("沿用 30%，与 2026 年通知摘要一致", "kept at 30 %, as in the summary of 2026"),
        "A",
    ),
    yearly_cap_fen=Cited(20_000_000, cite(_NOTICE, "年度最高额度", "yearly cap"), "M"),
    rounding_unit_fen=Cited(
        100_000, cite(_NOTICE, "兑付金额精确到千元", "redeemed in whole thousands of yuan"), "M"
    ),
    rounding_direction=Cited("down", _DOWN, "A"),
)

PROGRAMME: Final = Programme(
    id="hubei",
    level="province",
    name=Text("湖北省科技创新券", "Hubei provincial science and technology voucher"),
    versions=(_VERSION_2022, _VERSION_2025),
)
