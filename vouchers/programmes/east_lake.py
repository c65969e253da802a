"""东湖高新区: the compute voucher of the East Lake High-tech Zone, a district of Wuhan's rank.

Source: a press report only. It names the class of enterprise and the yearly cap; everything else is
assumed and graded so. The zone is not an administrative division, so that it is the tax domicile,
a dated fact, and never the credit code's region that decides.
"""

from datetime import date
from fractions import Fraction
from typing import Final

from ledger.text import Text
from vouchers.programme import (
    Cited,
    DomiciledIn,
    Held,
    NotDeclared,
    Programme,
    ResourceIs,
    Version,
    assume,
    cite,
)

_PRESS: Final = Text("媒体报道（未见正式文件）", "press report (no official text seen)")
_CLASS: Final = cite(_PRESS, "规上高新技术企业", "above-scale high-tech enterprises")

_VERSION_2020: Final = Version(
    id="2020",
    document=_PRESS,
    valid_from=Cited(
        date(2020, 1, 1), assume("自 2020 年 1 月 1 日起", "from the first day of 2020"), "A"
    ),
    legal_date=Cited(
        "application",
        assume("版本和资质按申请日认定", "version and status are tested on the day of application"),
        "A",
    ),
    claim_year=Cited(
        "of_application", assume("年度为申请当年", "the year is that of the application"), "A"
    ),
    eligibility=(
        Cited(Held("above_scale"), _CLASS, "N"),
        Cited(Held("high_tech_enterprise"), _CLASS, "N"),
        Cited(
            DomiciledIn("east-lake"),
            assume("税务关系在东湖高新区", "tax domicile in the zone"),
            "A",
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
            assume("仅限加速卡算力", "accelerator compute only"),
            "A",
        ),
    ),
    base=Cited(
        "paid_in_year",
        assume("申请当年实际支付金额", "the amount paid in the year of application"),
        "A",
    ),
    tax=Cited("included", assume("实际支付金额含税", "the amount paid includes tax"), "A"),
    rate=Cited(Fraction(1, 2), assume("支付金额的 50%", "50 % of the amount paid"), "A"),
    yearly_cap_fen=Cited(
        50_000_000, cite(_PRESS, "每年最高 50 万元", "up to CNY 500,000 a year"), "N"
    ),
    rounding_unit_fen=Cited(1, assume("计算到分", "to the fen"), "A"),
    rounding_direction=Cited("down", assume("不足一分舍去", "rounded downwards"), "A"),
)

PROGRAMME: Final = Programme(
    id="east_lake",
    level="district",
    name=Text("东湖高新区算力创新券", "East Lake High-tech Zone compute voucher"),
    versions=(_VERSION_2020,),
)
