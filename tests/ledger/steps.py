"""One example of each step of a claim that moves no money, and of what became of a voucher."""

from typing import Any, Final

from ledger.events import (
    CheckedItem,
    ClaimApproved,
    ClaimChecked,
    ClaimClosed,
    ClaimDrafted,
    ClaimNoticed,
    ClaimObjected,
    ClaimObjectionSettled,
    ClaimReturned,
    Data,
    Remark,
    VoucherLapsed,
    VoucherReleased,
)

_STEP: Final[dict[str, Any]] = {
    "claim": "SQ-2022-1",
    "revision": 2,
    "programme": "hubei",
    "year": 2022,
    "effective_on": "2022-11-30",
    "acted_at": "2022-11-30T01:02:03Z",
    "sizes": {"usage": 567, "book": 4},
    "rules": "6" * 64,
    "actor": "li.si",
}
_VOUCHER: Final[dict[str, Any]] = {"programme": "hubei", "year": 2022, "amount_fen": 99}

EXAMPLES: Final[tuple[Data, ...]] = (
    ClaimDrafted(**_STEP, content="{}", assisted=True),
    ClaimReturned(**_STEP, stage="check", items=(Remark(item="payments", reason="缺回单"),)),
    ClaimChecked(
        **_STEP,
        items=(
            CheckedItem(
                item="payments",
                computed="cannot_tell",
                confirmed="met",
                basis="实际支付",
                reason="已核对原件",
            ),
        ),
    ),
    ClaimApproved(**_STEP, amount_fen=80, document="鄂科技批〔2022〕9号"),
    ClaimNoticed(
        **_STEP,
        notice="GS-2022-1",
        line=3,
        amount_fen=80,
        first_day="2022-12-01",
        last_day="2022-12-07",
        calendars=("b" * 64,),
        basis="鄂科技通〔2022〕9号",
        authority="湖北省科学技术厅",
        objections="省科技厅 1 号楼，书面实名",
    ),
    ClaimObjected(**_STEP, objection="YY-1", digest="c" * 64, matter="合同虚假"),
    ClaimObjectionSettled(
        **_STEP, objection="YY-1", outcome="dismissed", reason="查无实据", document="复函1号"
    ),
    ClaimClosed(**_STEP, document="归档1号"),
    VoucherReleased(
        **_VOUCHER,
        released_on="2022-12-05",
        claim="SQ-2022-1",
        invoices=("22420000000000000001",),
    ),
    VoucherLapsed(**_VOUCHER, lapsed_on="2022-12-31"),
)
"""One event of each type with every field given."""
