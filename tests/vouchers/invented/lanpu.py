"""澜浦市智能算力券: an invented city's voucher, as `lanpu.md` has it, article by article."""

from datetime import date
from fractions import Fraction
from typing import Final

from ledger.text import Text
from vouchers import programme as p
from vouchers.programme import Class, Document, Held, Source, Word

_RULE: Final = Source(Text("澜数规〔2025〕7号（虚构）", "Lanpu 〔2025〕 No. 7 (invented)"), "P")
_NAME: Final = Text("澜浦市智能算力券", "Lanpu computing voucher")
_art: Final = _RULE.article
_LANPU: Final = Word("990100", "澜浦市", "Lanpu")
_LITTLE_GIANT: Final = Word(
    "little_giant", "国家级专精特新“小巨人”企业", "national “little giant” enterprise"
)
_EMPLOYEES: Final = Word("insured_employees", "月均参保职工人数", "insured employees")
_RESEARCH: Final = Word("rd_fen", "研发费用", "expenses on R&D")
_BASES: Final = p.Lowest(("contract", "invoiced", "paid"))
_IS_GIANT: Final = _art(8, Held(_LITTLE_GIANT), item=1)
_IS_SME: Final = _art(8, Held("technology_sme"), item=2)

_VERSION: Final = p.Version(
    id="2025",
    document=_RULE.document,
    valid_from=_art(14, date(2025, 7, 1)),
    valid_to=_art(14, date(2027, 6, 30)),
    legal_date=_art(14, "application"),
    claim_year=_art(7, "of_application"),
    eligibility=(
        _art(3, p.RegisteredIn(_LANPU), item=1),
        _art(3, p.CountAtLeast(_EMPLOYEES, years_before=1, least=10), item=2),
        _art(3, p.ShareAtLeast(_RESEARCH, "sales_fen", 1, Fraction(3, 100)), item=3),
        _art(3, p.NotDeclared("serious_dishonesty"), item=4),
        _art(3, p.NotDeclared("related_party"), item=4),
        _art(12, p.NoEarlierVoucher(("province", "district"), scope="contract")),
    ),
    purchases=(
        _art(4, p.Within("signed", date(2025, 7, 1), date(2026, 6, 30))),
        _art(4, p.ContractAtLeast(10_000_000)),
        _art(4, p.NotSelfUse()),
        _art(5, p.ResourceIs("accelerator", also=("storage",))),
        _art(12, p.NeverFunded("contract")),
    ),
    base=_art(6, _BASES),
    tax=_art(6, "included"),
    apportion=_art(7, p.Apportion("actual")),
    rate=_art(
        8,
        p.ByClass(
            (Class(_IS_GIANT, Fraction(50, 100)), Class(_IS_SME, Fraction(40, 100))),
            otherwise=Fraction(30, 100),
        ),
    ),
    contract_cap_fen=_art(9, 30_000_000),
    one_contract_within_days=_art(9, 30),
    yearly_cap_fen=_art(10, p.ByClass((Class(_IS_GIANT, 80_000_000),), otherwise=50_000_000)),
    rounding_unit_fen=_art(11, 100),
    rounding_direction=_art(11, "down"),
    rounding_step=_art(11, "contract"),
    pool=_art(2, p.Pool(2_000_000_000, "pro_rata")),
    payment_form=_art(2, "refund"),
    documents=(
        _art(13, Document("application_form", Text("申请表", "application form"))),
        _art(13, Document("contract", Text("服务合同", "contract"), each="contract")),
        _art(13, Document("proof", Text("付款凭证", "payment slips"))),
    ),
)
PROGRAMME: Final = p.Programme(id="lanpu", level="city", name=_NAME, versions=(_VERSION,))
