"""Lists of payment orders, each with whose claim it pays and what became of it."""

from collections.abc import Collection, Iterator
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, case, func, select
from sqlalchemy.sql.base import ReadOnlyColumnCollection

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


class BatchSum(NamedTuple):
    """A batch by its name: how many of its orders are paid, failed, open, and how much."""

    batch: str
    programme: str
    orders: int
    paid: int
    failed: int
    open: int
    total_fen: int
    paid_fen: int


def sum_batches(
    connection: Connection,
    programmes: Collection[str] | None = None,
    batch: str | None = None,
) -> list[BatchSum]:
    """Return the batches of some programmes, or of all, by their names, or the only one of a name.

    They are added up by the database, however many orders there are.
    """
    order, claim = _trimmed(batch or ""), tables.claim_state.c
    name = _name_batch(order.order_id, order.before)
    paid, failed = (func.count().filter(one > 0) for one in (order.paid, order.failed))
    counts = func.count(), paid, failed, func.count() - paid - failed
    sums = (*counts, func.sum(order.ordered), func.sum(order.paid))
    # A batch is of one programme, which any of its claims tells: no other is looked up.
    each = select(name.label("batch"), func.min(order.claim).label("claim"), *sums).group_by(name)
    if batch is not None:
        each = each.where(name == batch)
    added = each.subquery()
    query = select(added.c.batch, claim.programme, *added.c[2:]).join(
        tables.claim_state, claim.claim == added.c.claim
    )
    if programmes is not None:
        query = query.where(claim.programme.in_(sorted(programmes)))
    rows = connection.execute(query)
    return sorted(BatchSum(*row[:2], *map(int, row[2:])) for row in rows)


def name_batches(connection: Connection, prefix: str) -> set[str]:
    """Return the names of the batches that begin in some way."""
    order = _trimmed(prefix)
    name = _name_batch(order.order_id, order.before)
    return set(connection.scalars(select(name).distinct()))


def _trimmed(prefix: str) -> ReadOnlyColumnCollection[str, Any]:
    """Return the columns of the orders whose numbers begin in some way, with `before`.

    A database would else trim each number anew wherever it stands, which takes the most time: what
    has an offset it works out once.
    """
    order = tables.payment_order.c.order_id
    before = func.rtrim(order, "0123456789").label("before")
    query = select(*tables.payment_order.columns, before)
    if prefix:
        query = query.where(order.startswith(prefix, autoescape=True))
    return query.offset(0).subquery().c


def _name_batch(order: ColumnElement[str], before: ColumnElement[str]) -> ColumnElement[str]:
    """Return the batch of an order's number, as `batch_of` finds it."""
    is_numbered = and_(before != order, before.like("_%-"))
    return case((is_numbered, func.substr(before, 1, func.length(before) - 1)), else_=order)


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
