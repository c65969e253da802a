"""The payment batches, added up once for each state of the book.

With tens of thousands of orders it takes the database some hundredths of a second; a page of them
is asked for more often than the book changes.
"""

from collections.abc import Collection
from dataclasses import dataclass

from ledger.database import Connection
from ledger.order_list import BatchSum, sum_batches


@dataclass(slots=True)
class KnownBatches:
    """The batches of a book of some size, as they were last added up; threads may share them."""

    _known: tuple[int, list[BatchSum]] = (-1, [])

    def last(
        self, connection: Connection, size: int, programmes: Collection[str] | None, limit: int
    ) -> tuple[list[BatchSum], int]:
        """Return the last batches of some programmes, or of all, by their names, and how many more.

        Two books of one size are the same book, of which the connection sees as much.
        """
        known, found = self._known
        if known != size:
            found = sum_batches(connection)
            self._known = size, found
        mine = [one for one in found if programmes is None or one.programme in programmes]
        return mine[-limit:], max(len(mine) - limit, 0)
