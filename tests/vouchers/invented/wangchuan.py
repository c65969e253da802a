"""望川市科技创新券（算力类）: an invented city's voucher, as `wangchuan.md` has it, by article.

No value says the order of article 10: it names no sum of money.
"""

from datetime import date
from fractions import Fraction
from typing import Final

from ledger.text import Text
from vouchers import programme as p
from vouchers.programme import Class, Document, Held, RegisteredIn, Source, Window, Word

_RULE: Final = Source(Text("望科规〔2025〕5号（虚构）", "Wangchuan 〔2025〕 No. 5 (invented)"), "P")
_NAME: Final = Text("望川市科技创新券（算力类）", "Wangchuan innovation voucher (computing)")
_art: Final = _RULE.article
_WANGCHUAN: Final = Word("9905", "望川市", "Wangchuan")
_STATUSES: Final = (
    _art(2, Held("high_tech_enterprise"), item=1),
    _art(2, Held("technology_sme"), item=2),
    _art(2, Held("incubated", recognised_by=("national", "province")), item=3),
)
_LINXI: Final = RegisteredIn(Word("990521", "临溪县", "Linxi County"))
_SHIQIAO: Final = RegisteredIn(Word("990522", "石桥县", "Shiqiao County"))


def _rates(item: int, mountain: int, other: int) -> p.ByClass[Fraction]:
    """Return the rates of a year in percent: of the two counties in the mountains, of others."""
    counties = tuple(Class(_art(6, one, item=item), Fraction(mountain, 100)) for one in _COUNTIES)
    return p.ByClass(counties, otherwise=Fraction(other, 100))


_COUNTIES: Final = (_LINXI, _SHIQIAO)
_VERSION: Final = p.Version(
    id="2025",
    document=_RULE.document,
    valid_from=_art(13, date(2025, 2, 1)),
    valid_to=_art(13, date(2028, 1, 31)),
    legal_date=_art(13, "service_completed"),
    claim_year=_art(10, "of_window"),
    windows=(
        _art(10, Window(2025, "03-10", "03-31")),
        _art(10, Window(None, "03-01", "03-20")),
    ),
    eligibility=(
        _art(2, RegisteredIn(_WANGCHUAN)),
        _art(2, p.AnyOf(_STATUSES)),
        _art(3, p.NotDeclared("related_party")),
        _art(3, p.NoRecord("serious_dishonesty", years=3)),
        _art(9, p.NoEarlierVoucher(("province",), scope="contract")),
    ),
    purchases=(
        _art(4, p.SignedAndCompletedInYear()),
        # 当年度: claims are made in the year after it.
        _art(9, p.NotFunded("city", years_before=1, scope="project")),
    ),
    base=_art(5, "approved_contract"),
    tax=_art(5, "included"),
    rounding_unit_fen=_art(5, 10_000),
    rounding_direction=_art(5, "up"),
    rounding_step=_art(5, "base"),
    rate=_art(6, p.ByYear(((2025, _rates(1, 45, 35)), (2026, _rates(2, 40, 30))))),
    contract_cap_fen=_art(7, 20_000_000),
    yearly_cap_fen=_art(7, 30_000_000),
    claim_floor_fen=_art(8, 100_000),
    lapse=_art(11, p.Lapse(days=180)),
    documents=(
        _art(12, Document("application_form", Text("申报书", "application form"))),
        _art(12, Document("contract", Text("服务合同", "contract"), each="contract")),
        _art(12, Document("approval", Text("核定意见", "approval"), each="contract")),
        _art(12, Document("rd_ledger", Text("研发辅助账", "R&D ledger"), each="project")),
        _art(12, Document("result", Text("成果报告", "result report"), each="project")),
    ),
    provider_confirms=_art(12, value=True),
)
PROGRAMME: Final = p.Programme(id="wangchuan", level="city", name=_NAME, versions=(_VERSION,))
