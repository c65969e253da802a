"""The ledger as a statement sees it: the book and the usage at stated log sizes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ledger.events import ClaimData, ClaimNoticed, ClaimStep, Data, FundData, LogName
from ledger.head import Head
from vouchers.book import Book
from vouchers.claims.fold import Claim
from vouchers.claims.notice import Approved, describe_claim
from vouchers.claims.standing import Said, concerns_claims
from vouchers.rating import DayUsage

Sizes = dict[LogName, int]


class Noticed(NamedTuple):
    """A line of a public notice: its event, and the claim as the public read it."""

    data: ClaimNoticed
    approved: Approved


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The book, every enterprise's daily usage in order, and every log's tree head.

    `claims` is what the book says of each enterprise's claims, and of what was reversed, in order;
    `claimants` has the enterprise of each claim, `notices` the lines of each public notice as the
    book named things when it was given, `budget` what moved in the funds, with its subject.
    """

    book: Book
    usage: dict[str, list[DayUsage]]
    heads: tuple[Head, ...]
    claims: dict[str, list[Said]] = field(default_factory=dict)
    claimants: dict[str, str] = field(default_factory=dict)
    notices: dict[str, list[Noticed]] = field(default_factory=dict)
    budget: list[tuple[Data, str]] = field(default_factory=list)

    @property
    def sizes(self) -> Sizes:
        """Return how many entries of each log were seen."""
        return {head.name: head.size for head in self.heads}

    def usage_in(self, enterprise: str, month: str) -> list[DayUsage]:
        """Return an enterprise's daily usage in a month, in order."""
        return [
            (key, quantity)
            for key, quantity in self.usage.get(enterprise, [])
            if key[3].startswith(month)
        ]


class Fold:
    """The book folded for snapshots, entry by entry from the first one."""

    def __init__(self) -> None:
        self.book = Book()
        self.claims: dict[str, list[Said]] = {}
        self.notices: dict[str, list[Noticed]] = {}
        self.budget: list[tuple[Data, str]] = []
        self.size = 0
        self._folded: dict[str, Claim] = {}

    def take(self, data: Data, subject: str) -> None:
        """Take in what the next entry says."""
        self.book.take(data, subject)
        if concerns_claims(data):
            self.claims.setdefault(subject, []).append((self.size, data))
        if isinstance(data, ClaimData | FundData):
            self.budget.append((data, subject))
        if isinstance(data, ClaimData | ClaimStep):
            claim = self._folded.setdefault(data.claim, Claim(data.claim))
            claim.take(data, subject)
            if isinstance(data, ClaimNoticed):
                self.notices.setdefault(data.notice, []).append(self._line(data, claim))
        self.size += 1

    def snapshot(self, usage: dict[str, list[DayUsage]], heads: tuple[Head, ...]) -> Snapshot:
        """Return the ledger as it stands here, with its usage and its tree heads."""
        claimants = {name: claim.enterprise for name, claim in self._folded.items()}
        return Snapshot(self.book, usage, heads, self.claims, claimants, self.notices, self.budget)

    def _line(self, data: ClaimNoticed, claim: Claim) -> Noticed:
        """Return a line of a notice as the book names things now."""
        invoices = self.book.account(claim.enterprise).invoices
        contracts = [invoices[one].contract for one in claim.invoices if one in invoices]
        shown = describe_claim(self.book, data, claim.enterprise, contracts, data.amount_fen)
        return Noticed(data, shown)


def growing(sizes: Iterable[Sizes]) -> Sequence[Sizes]:
    """Return distinct sizes in an order in which each log only grows."""
    distinct = {tuple(sorted(one.items())) for one in sizes}
    return [dict(one) for one in sorted(distinct, key=lambda one: [size for _, size in one])]
