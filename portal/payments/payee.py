"""Whom a claim is paid to: the one place at the desk where a bank account is read.

On PostgreSQL the writer may not read what personal data say, so a connection of the keeper's own
does; an account was committed before any claim could name it.
"""

from collections.abc import Iterable

from ledger import payee
from ledger.personal import BankAccount
from ledger.read import read_heads
from portal.shell import Shell


def read_accounts(shell: Shell, wanted: Iterable[tuple[str, str]]) -> dict[str, BankAccount]:
    """Return the bank accounts of (enterprise, digest) that are held, by digest.

    One that was forgotten is not there. Raises `TamperedLogError` (`account_differs`).
    """
    with shell.reading("keep") as connection:
        size = read_heads(connection)["book"].size
        return payee.read_accounts(connection, set(wanted), size)
