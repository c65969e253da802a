"""Payment orders that somebody may see, and the batches that they make up."""

from collections.abc import Iterable
from dataclasses import dataclass

from ledger.database import Connection
from ledger.order_list import Ordered, list_orders
from ledger.rights import Rights
from vouchers.claims.authorise import OFFICIALS


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSum:
    """A batch by its name: how many of its orders are paid, failed, open, and how much."""

    batch: str
    programme: str
    orders: int
    paid: int
    failed: int
    open: int
    total_fen: int
    paid_fen: int


def list_visible_orders(
    connection: Connection,
    rights: Rights,
    person: str,
    programme: str | None = None,
    batch: str | None = None,
) -> list[Ordered]:
    """Return the orders of a programme, of a batch, or all, of which somebody may know.

    Officials know of their programmes', auditors of all.
    """
    programmes = None if programme is None else [programme]
    found = list_orders(connection, programmes, batch)
    return [one for one in found if _may_see(rights, person, one)]


def _may_see(rights: Rights, person: str, one: Ordered) -> bool:
    """Return whether somebody may know of an order: officials of its programme, auditors."""
    official = any(rights.holds(person, role, one.programme) for role in OFFICIALS)
    return official or rights.has(person, "auditor")


def sum_batches(orders: Iterable[Ordered]) -> list[BatchSum]:
    """Return the batches of some orders, by name."""
    batches: dict[str, list[Ordered]] = {}
    for one in orders:
        batches.setdefault(one.batch, []).append(one)
    return [_sum(name, batches[name]) for name in sorted(batches)]


def _sum(batch: str, orders: list[Ordered]) -> BatchSum:
    """Return a batch's counts and sums."""
    outcomes = [one.outcome for one in orders]
    return BatchSum(
        batch=batch,
        programme=orders[0].programme,
        orders=len(orders),
        paid=outcomes.count("paid"),
        failed=outcomes.count("failed"),
        open=outcomes.count("open"),
        total_fen=sum(one.amount_fen for one in orders),
        paid_fen=sum(one.amount_fen for one in orders if one.outcome == "paid"),
    )
