"""Every event type: what may stand in a leaf's `data`, version by version.

Types are named `cn.suanquan.<noun>.<past participle>.v1` (CloudEvents 1.0). A change of meaning is
a new class with the next version; a released class never changes. Unknown fields are refused.
A class says to which log it belongs, whether it may come from outside, and whether it is about an
enterprise (then `subject` is that enterprise's credit code).
"""

from ledger.events.custody import LogKeyIntroduced, LogKeyRetired
from ledger.events.data import Data, LogKind, LogName
from ledger.events.metering import BatchRecorded, RejectionSettled, UsageRecorded, UsageTallied
from ledger.events.papers import (
    ContractRegistered,
    DeclarationFiled,
    EnterpriseRegistered,
    FactReported,
    FundingReported,
    InvoiceRecorded,
    PaymentRecorded,
    PriceLine,
    PriceUnit,
    QualificationGranted,
    QualificationRevoked,
    ResourceKind,
    ResourceListed,
    TaxDomicileRecorded,
)
from ledger.events.people import (
    BankAccountSet,
    ContactRecorded,
    EnterpriseForgotten,
    ForgetRequested,
    Role,
    RoleGranted,
    RoleRequested,
    RoleRevoked,
    TokenIssued,
)
from ledger.events.rules import AdoptedVersion, ProgrammeAdopted
from ledger.events.settlement import StatementIssued, VoucherDrawn, VoucherGranted

__all__ = [
    "TYPES",
    "AdoptedVersion",
    "BankAccountSet",
    "BatchRecorded",
    "ContactRecorded",
    "ContractRegistered",
    "Data",
    "DeclarationFiled",
    "EnterpriseForgotten",
    "EnterpriseRegistered",
    "FactReported",
    "ForgetRequested",
    "FundingReported",
    "InvoiceRecorded",
    "LogKeyIntroduced",
    "LogKeyRetired",
    "LogKind",
    "LogName",
    "PaymentRecorded",
    "PriceLine",
    "PriceUnit",
    "ProgrammeAdopted",
    "QualificationGranted",
    "QualificationRevoked",
    "RejectionSettled",
    "ResourceKind",
    "ResourceListed",
    "Role",
    "RoleGranted",
    "RoleRequested",
    "RoleRevoked",
    "StatementIssued",
    "TaxDomicileRecorded",
    "TokenIssued",
    "UsageRecorded",
    "UsageTallied",
    "VoucherDrawn",
    "VoucherGranted",
]

TYPES: dict[str, type[Data]] = {
    cls.type: cls
    for cls in (
        UsageRecorded,
        BatchRecorded,
        EnterpriseRegistered,
        QualificationGranted,
        TaxDomicileRecorded,
        FactReported,
        DeclarationFiled,
        ResourceListed,
        ContractRegistered,
        InvoiceRecorded,
        PaymentRecorded,
        VoucherGranted,
        VoucherDrawn,
        StatementIssued,
        UsageTallied,
        RejectionSettled,
        LogKeyIntroduced,
        LogKeyRetired,
        RoleRequested,
        RoleGranted,
        RoleRevoked,
        TokenIssued,
        ContactRecorded,
        BankAccountSet,
        ForgetRequested,
        EnterpriseForgotten,
        QualificationRevoked,
        FundingReported,
        ProgrammeAdopted,
    )
}
"""Every released event type by its name."""
