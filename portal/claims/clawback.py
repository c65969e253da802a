"""Clawbacks at the desk: paid claims whose invoices were reversed since, worked out again."""

from collections.abc import Iterator

from ledger.claim_list import ClaimFilter, list_claims
from ledger.database import Connection
from ledger.events import Data, VoucherDrawn, VoucherReleased
from portal.claims.ground import Ground, read_ground
from portal.claims.reading import read_claim
from vouchers.claims.clawback import Clawback, Paid, find_clawbacks
from vouchers.claims.drawn import fold_vouchers
from vouchers.reading import read_rules


def list_clawbacks(
    connection: Connection, programmes: list[str] | None, size: int
) -> Iterator[Clawback]:
    """Yield what is to be claimed back of paid claims, by enterprise, in the order of their draws.

    `programmes` are those whose claims are asked for, None for all.
    """
    wanted = ClaimFilter(("paid", "closed"), programmes)
    listed = list_claims(connection, wanted, limit=None)
    rules = read_rules(connection, size)
    for enterprise in sorted({one.enterprise for one in listed}):
        ground = read_ground(connection, enterprise, size, rules)
        if ground.account.red_invoices or ground.account.payments_back:
            found = find_clawbacks(ground.account, _paid(ground), ground.reversals())
            yield from (one for one in found if programmes is None or one.programme in programmes)


def _paid(ground: Ground) -> Iterator[Paid]:
    """Yield an enterprise's claims in the order in which they drew, each on its own grounds."""
    drew = {
        data.claim: at
        for at, data in enumerate(ground.said)
        if isinstance(data, VoucherDrawn) and data.claim is not None
    }
    for name, at in sorted(drew.items(), key=lambda one: one[1]):
        claim = read_claim(ground.connection, name, ground.size).claim
        if claim.events:
            grounds = ground.grounds(claim.programme, claim.applied_on, name)
            vouchers = fold_vouchers(_before(ground.said, at), name)
            yield Paid(claim, grounds._replace(vouchers=vouchers))


def _before(said: list[Data], at: int) -> list[Data]:
    """Return what was said before a draw, and what was released since of the draws before it."""
    return [one for i, one in enumerate(said) if i < at or isinstance(one, VoucherReleased)]
