"""Who entered the papers that a claim rests on: entering them for an enterprise is assisting it.

So is setting the account that it is paid into, or saying what the enterprise is. Taking a voucher
out is not: rules say its quota.
"""

from dataclasses import dataclass, field

from ledger.codec import Event
from ledger.events import (
    BankAccountSet,
    DeclarationFiled,
    EnterpriseForgotten,
    EnterpriseRegistered,
    FactReported,
    QualificationGranted,
    TaxDomicileRecorded,
)
from vouchers.claims.fold import Claim
from vouchers.claims.quota import Quotas

# Papers that are of the enterprise itself: every claim of its rests on them.
_OF_ITSELF = (
    EnterpriseRegistered,
    QualificationGranted,
    TaxDomicileRecorded,
    FactReported,
    DeclarationFiled,
)

# What names a paper in an event's data: a number of the paper's own, or its digest.
_NAMES = ("invoice", "contract", "sha256", "digest")


@dataclass(slots=True)
class Papers:
    """Who entered each paper of each enterprise, by the paper's number or digest.

    `of_itself` are the people who entered what an enterprise is: its status, place, figures.
    `of_invoice` has the contract of each invoice, `accounts` the bank accounts of each
    enterprise that were not erased, the newest last; `quotas` are what their vouchers stand at.
    """

    entered: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    of_itself: dict[str, set[str]] = field(default_factory=dict)
    of_invoice: dict[tuple[str, str], str] = field(default_factory=dict)
    accounts: dict[str, list[str]] = field(default_factory=dict)
    quotas: Quotas = field(default_factory=Quotas)

    def apply(self, event: Event) -> None:
        """Take in the next event of the book."""
        data, enterprise = event.data, event.subject
        self.quotas.apply(event)
        match data:
            case BankAccountSet():
                self.accounts.setdefault(enterprise, []).append(data.digest)
            case EnterpriseForgotten():
                self.accounts.pop(enterprise, None)
        person = getattr(data, "recorded_by", None)
        if not person:
            return
        if isinstance(data, _OF_ITSELF):
            self.of_itself.setdefault(enterprise, set()).add(person)
        for name in _NAMES:
            number = getattr(data, name, None)
            if isinstance(number, str):
                self.entered.setdefault((enterprise, number), set()).add(person)
        invoice, contract = getattr(data, "invoice", None), getattr(data, "contract", None)
        if isinstance(invoice, str) and isinstance(contract, str):
            self.of_invoice[enterprise, invoice] = contract

    def account_for(self, claim: Claim) -> str | None:
        """Return the account that an order pays a claim into: the one that the claim names.

        After an order that failed, or where that one was erased, it is the enterprise's newest.
        """
        live = self.accounts.get(claim.enterprise, [])
        if live and (claim.moved_to == "failed" or claim.account not in live):
            return live[-1]
        return claim.account

    def newest_account(self, enterprise: str) -> str | None:
        """Return the account that was set for an enterprise last, None where none is left."""
        live = self.accounts.get(enterprise)
        return live[-1] if live else None

    def helpers(self, claim: Claim, account: str | None = None) -> frozenset[str]:
        """Return who entered a paper of the claim, the enterprise's own people among them.

        `account` is the one that an act pays into.
        """
        numbers = [*claim.invoices, *claim.documents, *filter(None, [claim.account, account])]
        numbers += [
            self.of_invoice[claim.enterprise, one]
            for one in claim.invoices
            if (claim.enterprise, one) in self.of_invoice
        ]
        return frozenset(self.of_itself.get(claim.enterprise, ())).union(
            *(self.entered.get((claim.enterprise, one), frozenset()) for one in numbers)
        )
