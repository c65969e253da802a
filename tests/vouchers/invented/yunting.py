"""云汀省算力创新券: an invented province's voucher, as `yunting.md` has it, article by article.

No value says the order of article 2, which names no sum, nor the half of what was
paid that province and city bear together (article 11), which holds only beside a city's voucher.
"""

from datetime import date
from fractions import Fraction
from typing import Final

from ledger.text import Text
from vouchers import programme as p
from vouchers.programme import Document, Held, Listed, Source, Word

_RULE: Final = Source(Text("云科规〔2026〕3号（虚构）", "Yunting 〔2026〕 No. 3 (invented)"), "P")
_NAME: Final = Text("云汀省算力创新券", "Yunting computing voucher")
_art: Final = _RULE.article
_YUNTING: Final = Word("9901", "云汀省", "Yunting Province")
_SPECIALISED: Final = Word(
    "specialised_sme", "省级以上专精特新中小企业", "specialised SME of provincial rank or higher"
)
_TAX_PENALTY: Final = Word("tax_penalty", "涉税违法行政处罚", "a penalty for a tax offence")
_PROVIDERS: Final = (
    Listed("91420100MA49P8T68D", first=date(2026, 2, 1)),
    Listed("91420100MA4K2XY18X", first=date(2026, 2, 1), last=date(2026, 9, 30)),
)
_HIGH_TECH: Final = (
    _art(3, Held("high_tech_enterprise"), item=2),
    _art(3, p.FactBelow("sales_fen", years_before=1, limit_fen=20_000_000_000), item=2),
)
_STATUSES: Final = (
    _art(3, Held("technology_sme"), item=2),
    _art(3, p.AllOf(_HIGH_TECH), item=2),
    _art(3, Held(_SPECIALISED), item=2),
)
_BANDS: Final = (
    p.Band(50_000_000, Fraction(40, 100)),
    p.Band(200_000_000, Fraction(25, 100)),
    p.Band(None, Fraction(10, 100)),
)
_SHARES: Final = (
    p.LevelShare("province", Fraction(6, 10)),
    p.LevelShare("city", Fraction(4, 10)),
)
_SPLIT: Final = p.FundingSplit(_SHARES, remainder_to="province")

_VERSION: Final = p.Version(
    id="2026",
    document=_RULE.document,
    valid_from=_art(14, date(2026, 2, 1)),
    valid_to=_art(14, date(2028, 12, 31)),
    legal_date=_art(14, "contract_signed"),
    claim_year=p.Cited("of_application", p.assume("申请当年", "the year of application"), "A"),
    eligibility=(
        _art(3, p.RegisteredIn(_YUNTING), item=1),
        _art(3, p.AnyOf(_STATUSES), item=2),
        _art(3, p.NoRecord("serious_dishonesty", years=3), item=3),
        _art(3, p.NoRecord(_TAX_PENALTY, years=3), item=3),
        _art(3, p.NotDeclared("related_party"), item=4),
    ),
    purchases=(
        _art(4, p.ProviderListed(_PROVIDERS)),
        _art(4, p.NotSelfUse()),
        _art(5, p.ResourceIs("accelerator")),
        _art(6, p.Within("invoiced", date(2026, 1, 1), date(2026, 12, 31))),
        _art(6, p.PaidInFull()),
        _art(11, p.NotFunded("province", years_before=1, scope="project")),
    ),
    base=_art(7, "paid"),
    tax=_art(7, "excluded"),
    rate=_art(8, p.Tiers(_BANDS)),
    rate_over=_art(8, "year"),
    yearly_cap_fen=_art(9, 60_000_000),
    group_cap_fen=_art(9, 100_000_000),
    claim_floor_fen=_art(10, 500_000),
    rounding_unit_fen=_art(10, 100_000),
    rounding_direction=_art(10, "down"),
    lapse=_art(12, p.Lapse()),
    funding_split=_art(2, _SPLIT),
    payment_form=_art(2, "refund"),
    documents=(
        _art(13, Document("application_form", Text("兑付申请表", "claim form")), item=1),
        _art(13, Document("contract", Text("服务合同", "contract"), each="contract"), item=2),
        _art(13, Document("proof", Text("发票及付款凭证", "invoices and payment slips")), item=3),
        _art(13, Document("resolution", Text("立项决议书", "resolution"), each="project"), item=4),
    ),
    provider_confirms=_art(13, value=True),
)
PROGRAMME: Final = p.Programme(id="yunting", level="province", name=_NAME, versions=(_VERSION,))
