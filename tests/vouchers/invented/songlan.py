"""松岚省公共算力使用补助: an invented province's subsidy, as `songlan.md` has it, by article.

No value says that a late claim goes into the next quarter (article 11).
"""

from datetime import date
from fractions import Fraction
from typing import Final

from ledger.text import Text
from vouchers import programme as p
from vouchers.programme import Class, Document, FactBelow, Held, NotFunded, Source, Window, Word

_RULE: Final = Source(Text("松发改规〔2026〕9号（虚构）", "Songlan 〔2026〕 No. 9 (invented)"), "P")
_NAME: Final = Text("松岚省公共算力使用补助", "Songlan public computing subsidy")
_art: Final = _RULE.article
_SONGLAN: Final = Word("99", "松岚省", "Songlan Province")
_BEILING: Final = Word("9911", "北岭市（革命老区）", "Beiling, an old revolutionary base area")
_INNOVATIVE: Final = Word("innovative_sme", "省级创新型中小企业", "innovative SME of the province")
_SPECIALISED: Final = Word("province_specialised_sme", "省级专精特新中小企业", "specialised SME")
_STATUSES: Final = tuple(
    _art(2, Held(kind)) for kind in (_INNOVATIVE, _SPECIALISED, "high_tech_enterprise")
)
_STEP_FEN: Final = 10_000_000


def _degression(base_fen: int) -> Fraction:
    """Return 50 % of the first CNY 100,000, of each further one two points less, down to 10 %."""
    first_parts = (min(max(base_fen - i * _STEP_FEN, 0), _STEP_FEN) for i in range(20))
    degressive = sum(part * Fraction(50 - 2 * i, 100) for i, part in enumerate(first_parts))
    return degressive + max(base_fen - 20 * _STEP_FEN, 0) * Fraction(10, 100)


_FALLING: Final = Word("degression", "比例随用量递减", "the rate falls as the base grows")
_DEGRESSION: Final = p.Own(_FALLING, revision=1, function=_degression)
_OLD_BASE: Final = Class(_art(7, p.RegisteredIn(_BEILING)), Fraction(55, 100))
_SMALL: Final = Class(_art(8, FactBelow("sales_fen", 1, limit_fen=2_000_000_000)), 100_000_000)
_VERSION: Final = p.Version(
    id="2026",
    document=_RULE.document,
    valid_from=_art(14, date(2026, 5, 1)),
    valid_to=_art(14, date(2027, 4, 30)),
    legal_date=_art(14, "application"),
    claim_year=_art(6, "of_application"),
    windows=tuple(
        _art(11, Window(None, f"{month}-01", f"{month}-10", years_after=0))
        for month in ("01", "04", "07", "10")
    ),
    eligibility=(
        _art(1, p.RegisteredIn(_SONGLAN)),
        _art(2, p.AnyOf(_STATUSES)),
        _art(2, FactBelow("sales_fen", years_before=1, limit_fen=40_000_000_000)),
        _art(3, p.NotDeclared("related_party")),
        _art(3, p.NoRecord("administrative_penalty", years=3)),
        _art(3, p.NoRecord("serious_dishonesty", years=3)),
        _art(9, p.NoEarlierVoucher(("city",), scope="contract")),
    ),
    purchases=(
        _art(4, p.Within("completed", date(2026, 5, 1), date(2027, 4, 30))),
        _art(5, p.ResourceIs("accelerator")),
        _art(9, NotFunded("city", years_before=0, scope="contract")),
        _art(9, NotFunded("district", years_before=0, scope="contract")),
    ),
    base=_art(5, "metered"),
    tax=_art(5, "excluded"),
    apportion=_art(6, p.Apportion("thirty_360")),
    rate=_art(7, p.ByClass((_OLD_BASE,), otherwise=_DEGRESSION)),
    rate_over=_art(7, "year"),
    yearly_cap_fen=_art(8, p.ByClass((_SMALL,), otherwise=150_000_000)),
    rounding_unit_fen=_art(10, 10_000),
    rounding_direction=_art(10, "down"),
    payment_form=_art(1, "provider_redeems"),
    documents=(
        _art(12, Document("application_form", Text("补助申请表", "application form"))),
        _art(12, Document("metering", Text("平台计量账单", "metered bill"), each="contract")),
    ),
    lapse=_art(13, p.Lapse(days=90)),
)
PROGRAMME: Final = p.Programme(id="songlan", level="province", name=_NAME, versions=(_VERSION,))
