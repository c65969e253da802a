"""Payment orders that somebody may see, and the batches that they make up."""

from typing import Any

from ledger.database import Connection
from ledger.order_list import BatchSum, Ordered, list_orders, sum_batches
from ledger.rights import Rights
from portal.acting import look
from portal.payments.payment_desk import unknown_batch
from portal.shell import Shell
from vouchers.claims.authorise import OFFICIALS


def list_visible_orders(
    connection: Connection, rights: Rights, person: str, batch: str
) -> list[Ordered]:
    """Return the orders of a batch of which somebody may know.

    Officials know of their programmes', auditors of all.
    """
    return list(list_orders(connection, visible_programmes(rights, person, None), batch))


def list_visible_batches(
    connection: Connection,
    rights: Rights,
    person: str,
    programme: str | None = None,
    batch: str | None = None,
) -> list[BatchSum]:
    """Return the batches of the orders of which somebody may know, by their names."""
    return sum_batches(connection, visible_programmes(rights, person, programme), batch)


def show_batch(shell: Shell, batch: str) -> dict[str, Any]:
    """Return a batch and its orders, with what became of each.

    Raises `InvalidInputError` (`unknown_batch`) for one that is not there, or not for whoever asks.
    """
    with shell.reading() as connection:
        roster, person = look(shell, connection, alone=True)
        orders = list_visible_orders(connection, roster, person, batch)
        batches = list_visible_batches(connection, roster, person, batch=batch)
    if not orders:
        raise unknown_batch(batch)
    names = ("order", "claim", "enterprise", "amount_fen", "outcome")
    rows = [{name: getattr(one, name) for name in names} for one in orders]
    return {**batches[0]._asdict(), "rows": rows}


def visible_programmes(
    rights: Rights, person: str, programme: str | None = None
) -> list[str] | None:
    """Return of which programmes somebody may know the orders, None for all."""
    scopes = {one.scope for one in rights.grants.get(person, ()) if one.role in OFFICIALS}
    is_free = None in scopes or rights.has(person, "auditor")
    if programme is None:
        return None if is_free else sorted(one for one in scopes if one)
    return [programme] if is_free or programme in scopes else []
