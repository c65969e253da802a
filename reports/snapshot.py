"""The ledger as a statement sees it: the book and the usage at stated log sizes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ledger.events import LogName
from ledger.head import Head
from vouchers.book import Book
from vouchers.rating import DayUsage

Sizes = dict[LogName, int]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The book, every enterprise's daily usage in order, and every log's tree head."""

    book: Book
    usage: dict[str, list[DayUsage]]
    heads: tuple[Head, ...]

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


def growing(sizes: Iterable[Sizes]) -> Sequence[Sizes]:
    """Return distinct sizes in an order in which each log only grows."""
    distinct = {tuple(sorted(one.items())) for one in sizes}
    return [dict(one) for one in sorted(distinct, key=lambda one: [size for _, size in one])]
