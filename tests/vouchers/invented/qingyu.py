"""青屿区首用券: an invented district's voucher, as `qingyu.md` has it, section by section.

No value says the 70 % of section 7, which hold only beside a city's voucher.
"""

from datetime import date
from typing import Final

from ledger.text import Text
from vouchers import programme as p
from vouchers.programme import Document, FlatAmount, Held, Source, Word

_NOTICE: Final = Source(
    Text("青科经〔2026〕11号（虚构）", "Qingyu 〔2026〕 No. 11 (invented)"), "P"
)
_NAME: Final = Text("青屿区首用券", "Qingyu first-use voucher")
_art: Final = _NOTICE.article
_QINGYU: Final = Word("qingyu", "青屿区", "Qingyu District")
_ACCIDENT: Final = Word("safety_accident", "安全生产事故", "an accident at work")
_ON_COMPLETION: Final = "service_completed"
_ANY_CARRIER: Final = ("national", "province", "city", "district")
_STATUSES: Final = (
    _art(1, p.OnDay(_ON_COMPLETION, Held("above_scale")), item=2),
    _art(1, p.OnDay(_ON_COMPLETION, Held("incubated", recognised_by=_ANY_CARRIER)), item=2),
)
_LARGE: Final = _art(3, p.OnDay(_ON_COMPLETION, Held("above_scale")))
_FLAT: Final = p.ByClass((p.Class(_LARGE, FlatAmount(3_000_000)),), FlatAmount(2_000_000))
_FLAT_FEN: Final = p.ByClass((p.Class(_LARGE, 3_000_000),), otherwise=2_000_000)

_VERSION: Final = p.Version(
    id="2026",
    document=_NOTICE.document,
    valid_from=p.Cited(date(2026, 1, 1), p.cite(_NOTICE.document, "文末", "at the end"), "P"),
    valid_to=p.Cited(date(2026, 12, 31), p.cite(_NOTICE.document, "文末", "at the end"), "P"),
    legal_date=p.Cited("application", p.cite(_NOTICE.document, "文末", "at the end"), "P"),
    claim_year=_art(8, "of_application"),
    windows=(_art(8, p.Window(None, "10-08", "10-31", years_after=0)),),
    eligibility=(
        _art(1, p.DomiciledIn(_QINGYU), item=1),
        _art(1, p.AnyOf(_STATUSES), item=2),
        _art(1, p.FactAtLeast("sales_fen", years_before=1, limit_fen=200_000_000), item=3),
        _art(1, p.NoRecord("serious_dishonesty", years=3), item=4),
        _art(1, p.NoRecord(_ACCIDENT, years=3), item=4),
    ),
    purchases=(
        _art(2, p.Within("service", date(2025, 10, 1), date(2026, 9, 30)), item=1),
        _art(2, p.ResourceIs("accelerator"), item=2),
        _art(2, p.NotSelfUse(), item=3),
        _art(4, p.OncePerContract()),
        _art(7, p.NotFunded("city", years_before=0, scope="enterprise")),
    ),
    base=_art(3, "contract"),
    tax=_art(3, "included"),
    rate=_art(3, _FLAT),
    contract_cap_fen=_art(5, _FLAT_FEN),
    claim_cap_fen=_art(5, 6_000_000),
    yearly_cap_fen=_art(5, 10_000_000),
    yearly_spend_floor_fen=_art(6, 5_000_000),
    rounding_unit_fen=_art(10, 1),
    rounding_direction=p.Cited("down", p.assume("不足一分舍去", "downwards"), "A"),
    pool=_art(8, p.Pool(300_000_000, "signing")),
    documents=(
        _art(9, Document("application_form", Text("申报表", "application form"))),
        _art(9, Document("contract", Text("服务合同", "contract"), each="contract")),
    ),
    provider_confirms=_art(9, value=True),
)
PROGRAMME: Final = p.Programme(id="qingyu", level="district", name=_NAME, versions=(_VERSION,))
