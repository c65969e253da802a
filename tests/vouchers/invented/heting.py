"""鹤汀新区智算服务补贴: an invented new area's subsidy, as `heting.md` has it, by article.

No value says the new area's own 40 % of article 9, which no rate of article 6 passes.
"""

from datetime import date
from fractions import Fraction
from typing import Final

from ledger.text import Text
from vouchers import programme as p
from vouchers.programme import Document, Held, Source, Window, Word

_RULE: Final = Source(Text("鹤管规〔2026〕2号（虚构）", "Heting 〔2026〕 No. 2 (invented)"), "P")
_NAME: Final = Text("鹤汀新区智算服务补贴", "Heting computing subsidy")
_art: Final = _RULE.article
_HETING: Final = Word("heting", "鹤汀新区", "Heting New Area")
_STATUSES: Final = (_art(2, Held("high_tech_enterprise")), _art(2, Held("advanced_service")))
_RATES: Final = p.ByResource(
    (
        ("accelerator", Fraction(40, 100)),
        ("storage", Fraction(20, 100)),
        ("network", Fraction(15, 100)),
        ("support", Fraction(10, 100)),
    )
)

_VERSION: Final = p.Version(
    id="2026",
    document=_RULE.document,
    valid_from=_art(13, date(2026, 3, 1)),
    valid_to=_art(13, date(2027, 12, 31)),
    legal_date=_art(13, "paid_in_full"),
    claim_year=p.Cited("of_application", p.assume("申请当年", "the year of application"), "A"),
    windows=(
        _art(11, Window(None, "04-01", "04-15", years_after=0)),
        _art(11, Window(None, "10-01", "10-15", years_after=0)),
    ),
    eligibility=(
        _art(2, p.DomiciledIn(_HETING)),
        _art(2, p.AnyOf(_STATUSES)),
        _art(3, p.NotDeclared("related_party"), item=1),
        _art(3, p.NoRecord("tax_arrears", years=3), item=2),
    ),
    purchases=(
        _art(3, p.NotFunded("national", years_before=1, scope="enterprise"), item=3),
        _art(4, p.Within("invoiced", date(2026, 1, 1), date(2027, 12, 31))),
        _art(4, p.Within("paid_in_full", date(2026, 3, 1), date(2027, 12, 31))),
    ),
    base=_art(5, "settled"),
    tax=_art(5, "excluded"),
    rate=_art(6, _RATES),
    yearly_spend_floor_fen=_art(7, 20_000_000),
    rounding_unit_fen=_art(8, 100),
    rounding_direction=_art(8, "half_up"),
    rounding_step=_art(8, "before_caps"),
    claim_cap_fen=_art(9, 50_000_000),
    yearly_cap_fen=_art(9, 120_000_000),
    group_cap_fen=_art(10, 200_000_000),
    combined_ceiling=_art(9, Fraction(80, 100)),
    documents=(
        _art(12, Document("application_form", Text("补贴申请表", "application form"))),
        _art(12, Document("settlement", Text("结算单", "settlement"), each="contract")),
        _art(12, Document("invoice", Text("发票", "invoices"))),
    ),
)
PROGRAMME: Final = p.Programme(id="heting", level="district", name=_NAME, versions=(_VERSION,))
