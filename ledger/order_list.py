"""Lists of payment orders, each with whose claim it pays and what became of it."""

from collections.abc import Collection, Iterator
from typing import Literal, NamedTuple

from sqlalchemy import Connection, select

from ledger import tables
from ledger.order_number import batch_of

Outcome = Literal["open", "paid", "failed"]


class Ordered(NamedTuple):
    """A payment order; `amount_fen` is what was ordered."""

    order: str
    claim: str
    enterprise: str
    programme: str
    amount_fen: int
    outcome: Outcome

    @property
    def batch(self) -> str:
        """Return the batch in which the order goes to the bank."""
        return batch_of(self.order)


def list_orders(
    connection: Connection, programmes: Collection[str] | None = None, batch: str | None = None
) -> Iterator[Ordered]:
    """Yield the orders of some programmes, or of one batch, or all, by their numbers."""
    order, claim = tables.payment_order.c, tables.claim_state.c
    query = select(
        *(order.order_id, order.claim, claim.enterprise, claim.programme),
        *(order.ordered, order.paid, order.failed),
    ).join(tables.claim_state, claim.claim == order.claim)
    if programmes is not None:
        query = query.where(claim.programme.in_(sorted(programmes)))
    if batch is not None:
        query = query.where(order.order_id.startswith(batch, autoescape=True))
    found = [
        Ordered(*row[:5], "paid" if row.paid else "failed" if row.failed else "open")
        for row in connection.execute(query)
    ]
    yield from sorted(one for one in found if batch in (None, one.batch))
