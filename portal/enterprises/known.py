"""Whether the ledger has heard of an enterprise that somebody names by its credit code."""

from ledger.errors import InvalidInputError
from ledger.identifiers import parse_credit_code
from ledger.text import Text
from reports.snapshot import Snapshot
from vouchers.spelling import find_nearest, find_slip


def require_known(snapshot: Snapshot, enterprise: str | None) -> None:
    """Raise unless the ledger has heard of an enterprise by these sizes, or none is named.

    Raises `InvalidInputError`: what `parse_credit_code` does where no known code is one slip away,
    `unknown_enterprise` with the nearest known one otherwise.
    """
    known = {*snapshot.book.accounts, *snapshot.usage}
    if enterprise is None or enterprise in known:
        return
    slip = find_slip(enterprise, known)
    if slip is None:
        parse_credit_code(enterprise)
    raise _unknown(snapshot, enterprise, slip or find_nearest(enterprise, known))


def _unknown(snapshot: Snapshot, enterprise: str, near: str | None) -> InvalidInputError:
    """Return the refusal of a code that the ledger does not know, with one that it does."""
    sizes = ", ".join(f"{log}={size}" for log, size in snapshot.sizes.items())
    name = snapshot.book.account(near).name if near else ""
    return InvalidInputError(
        "unknown_enterprise",
        Text(
            f"账本（{sizes}）没有企业 {enterprise}",
            f"unknown enterprise {enterprise}: the ledger has none of that code at {sizes}",
        ),
        Text(
            f"{f'是否为 {near}（{name}）？' if near else '请核对信用代码与 --as-of；'}"
            "全部企业见 suanquan usage --by enterprise",
            f"{f'did you mean {near} ({name})?' if near else 'check the code and --as-of;'}"
            " see suanquan usage --by enterprise for all that there are",
        ),
    )
