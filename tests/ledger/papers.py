"""What papers say in the examples, and one example of each event that changes what they said."""

from typing import Any, Final

from ledger.events import (
    ContractAmended,
    CreditCodeAccepted,
    Data,
    InvoiceCorrected,
    InvoiceReversed,
    Party,
    PaymentCorrected,
    PaymentReversed,
    PriceLine,
)

FILED: Final[dict[str, Any]] = {"recorded_by": "gh-1", "document_sha256": "d" * 64}
PARTIES: Final[dict[str, Any]] = {
    "buyer": Party(name="云栖智能", credit_code="91350100M000100Y43"),
    "seller": Party(name="智算中心"),
}
INVOICE: Final[dict[str, Any]] = {
    "invoice": "22420000000000000001",
    "contract": "C-1",
    "issued_on": "2022-07-01",
    "amount_fen": 63_600_000,
    "tax_fen": 3_600_000,
    "net_fen": 60_000_000,
    "service_from": "2022-03-01",
    "service_to": "2022-06-30",
    **PARTIES,
    **FILED,
}
PAYMENT: Final[dict[str, Any]] = {
    "payment": "B-1",
    "invoice": "22420000000000000001",
    "paid_on": "2022-07-10",
    "amount_fen": 63_600_000,
    "payer": Party(name="云栖智能"),
    "payee": Party(credit_code="91440300708461136T"),
    "payer_account": "8" * 64,
    **FILED,
}

EXAMPLES: Final[tuple[Data, ...]] = (
    ContractAmended(
        amendment="C-1-补1",
        contract="C-1",
        effective_on="2022-07-01",
        service_to="2023-06-30",
        amount_fen=70_000_000,
        prices=(PriceLine(resource="a100", unit_price="7", per="card_hour"),),
        reason="续签",
        **FILED,
    ),
    InvoiceCorrected(**INVOICE, reason="金额录入有误"),
    InvoiceReversed(
        red_invoice="22420000000000000002",
        invoice="22420000000000000001",
        issued_on="2022-09-01",
        amount_fen=10_600,
        tax_fen=600,
        net_fen=10_000,
        reason="服务中止",
        **FILED,
    ),
    PaymentCorrected(**PAYMENT, reason="日期录入有误"),
    PaymentReversed(
        reversal="B-1-R",
        payment="B-1",
        invoice="22420000000000000001",
        reversed_on="2022-09-02",
        amount_fen=10_600,
        reason="部分退款",
        **FILED,
    ),
    CreditCodeAccepted(
        at="2022-08-01T00:00:00Z",
        reason="营业执照如此",
        evidence_sha256="e" * 64,
        accepted_by="gh-1",
    ),
)
"""One event of each type with every field given."""
