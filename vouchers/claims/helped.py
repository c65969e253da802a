"""Who entered the papers that a claim rests on: entering them for an enterprise is assisting it."""

from dataclasses import dataclass, field

from ledger.codec import Event
from vouchers.claims.fold import Claim

# What names a paper in an event's data: a number of the paper's own, or its digest.
_NAMES = ("invoice", "contract", "sha256", "digest")


@dataclass(slots=True)
class Papers:
    """Who entered each paper of each enterprise, by the paper's number or digest.

    `of_invoice` has the contract of each invoice.
    """

    entered: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    of_invoice: dict[tuple[str, str], str] = field(default_factory=dict)

    def apply(self, event: Event) -> None:
        """Take in the next event of the book."""
        data, enterprise = event.data, event.subject
        person = getattr(data, "recorded_by", None)
        if not person:
            return
        for name in _NAMES:
            number = getattr(data, name, None)
            if isinstance(number, str):
                self.entered.setdefault((enterprise, number), set()).add(person)
        invoice, contract = getattr(data, "invoice", None), getattr(data, "contract", None)
        if isinstance(invoice, str) and isinstance(contract, str):
            self.of_invoice[enterprise, invoice] = contract

    def helpers(self, claim: Claim) -> frozenset[str]:
        """Return who entered a paper of the claim, the enterprise's own people among them."""
        numbers = [*claim.invoices, *claim.documents, *filter(None, [claim.account])]
        numbers += [
            self.of_invoice[claim.enterprise, one]
            for one in claim.invoices
            if (claim.enterprise, one) in self.of_invoice
        ]
        return frozenset().union(
            *(self.entered.get((claim.enterprise, one), frozenset()) for one in numbers)
        )
