"""武汉市科技创新券: the science and technology voucher of the city of Wuhan.

Source: 武科规〔2020〕2号, read in a repost. A year's purchases are claimed in one window, in
the March after it. That compute counts as an eligible service is known from the press only.
"""

from datetime import date
from fractions import Fraction
from typing import Final

from ledger.text import Text
from vouchers.programme import (
    AnyOf,
    Cited,
    Held,
    NotDeclared,
    Programme,
    RegisteredIn,
    ResourceIs,
    SignedAndCompletedInYear,
    Version,
    Window,
    assume,
    cite,
)

_RULE: Final = Text("武科规〔2020〕2号", "武科规〔2020〕2号")
_CLASSES: Final = cite(_RULE, "支持对象", "who is supported")
_FROM_DISTRICT_UP: Final = ("national", "province", "city", "district")

_VERSION_2020: Final = Version(
    id="2020",
    document=_RULE,
    valid_from=Cited(
        date(2020, 1, 1), assume("自 2020 年 1 月 1 日起", "from the first day of 2020"), "A"
    ),
    legal_date=Cited(
        "service_completed",
        assume(
            "版本和资质按服务完成日认定",
            "version and status are tested on the day the service was completed",
        ),
        "A",
    ),
    claim_year=Cited(
        "of_window",
        cite(_RULE, "年内领取、年度使用、不累计", "granted and used within the year"),
        "M",
    ),
    windows=(
        Cited(
            Window(2021, "03-18", "03-31"),
            cite(_RULE, "2022 年申报时间", "application dates of 2022"),
            "M",
        ),
        Cited(
            Window(None, "03-01", "03-31"),
            assume("次年 3 月申报", "the whole March of the next year"),
            "A",
        ),
    ),
    eligibility=(
        Cited(RegisteredIn("4201"), _CLASSES, "M"),
        Cited(
            AnyOf(
                (
                    Cited(Held("high_tech_enterprise"), _CLASSES, "M"),
                    Cited(Held("advanced_service"), _CLASSES, "M"),
                    Cited(Held("technology_sme"), _CLASSES, "M"),
                    Cited(Held("incubated", _FROM_DISTRICT_UP), _CLASSES, "M"),
                )
            ),
            _CLASSES,
            "M",
        ),
        Cited(
            NotDeclared("related_party"),
            assume("与服务机构无关联关系", "not related to the provider"),
            "A",
        ),
        Cited(
            NotDeclared("serious_dishonesty"), assume("无严重失信", "no serious dishonesty"), "A"
        ),
    ),
    purchases=(
        Cited(
            ResourceIs("accelerator"),
            assume(
                "据媒体报道算力属支持范围，仅限加速卡算力",
                "the press counts compute; accelerator compute only",
            ),
            "A",
        ),
        Cited(
            SignedAndCompletedInYear(),
            cite(_RULE, "年度内签订并完成", "bought and completed in the calendar year"),
            "M",
        ),
    ),
    base=Cited("paid", cite(_RULE, "实际支付金额", "the amount actually paid"), "M"),
    tax=Cited("included", assume("实际支付金额含税", "the amount paid includes tax"), "A"),
    rate=Cited(Fraction(1, 2), cite(_RULE, "支持比例", "rate"), "M"),
    yearly_cap_fen=Cited(10_000_000, cite(_RULE, "年度最高额度", "yearly cap"), "M"),
    rounding_unit_fen=Cited(1, assume("计算到分", "to the fen"), "A"),
    rounding_direction=Cited("down", assume("不足一分舍去", "rounded downwards"), "A"),
    claim_floor_fen=Cited(
        100_000,
        assume(
            "单笔不低于 1000 元（武科规〔2020〕2号），按申请的补贴金额衡量",
            "at least CNY 1,000 a claim (武科规〔2020〕2号), measured on the refund asked",
        ),
        "A",
    ),
)

PROGRAMME: Final = Programme(
    id="wuhan",
    level="city",
    name=Text("武汉市科技创新券", "Wuhan science and technology voucher"),
    versions=(_VERSION_2020,),
)
