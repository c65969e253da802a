"""The ledger as a statement sees it: the book and the usage at stated log sizes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ledger.events import Data, LogName
from ledger.head import Head
from vouchers.book import Book
from vouchers.claims.standing import Said, concerns_claims
from vouchers.rating import DayUsage

Sizes = dict[LogName, int]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The book, every enterprise's daily usage in order, and every log's tree head.

    `claims` is what the book says of each enterprise's claims, and of what was reversed, in order.
    """

    book: Book
    usage: dict[str, list[DayUsage]]
    heads: tuple[Head, ...]
    claims: dict[str, list[Said]] = field(default_factory=dict)

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
        self.size = 0

    def take(self, data: Data, subject: str) -> None:
        """Take in what the next entry says."""
        self.book.take(data, subject)
        if concerns_claims(data):
            self.claims.setdefault(subject, []).append((self.size, data))
        self.size += 1


def growing(sizes: Iterable[Sizes]) -> Sequence[Sizes]:
    """Return distinct sizes in an order in which each log only grows."""
    distinct = {tuple(sorted(one.items())) for one in sizes}
    return [dict(one) for one in sorted(distinct, key=lambda one: [size for _, size in one])]
