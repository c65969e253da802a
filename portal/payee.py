"""Whom a claim is paid to: the one place at the desk where a bank account is read.

On PostgreSQL the writer may not read what personal data say, so a connection of the keeper's own
does; an account was committed before any claim could name it.
"""

from collections.abc import Iterable

from ledger.erasable import read_values
from ledger.personal import BankAccount, parse_datum
from portal.shell import Shell


def read_accounts(shell: Shell, wanted: Iterable[tuple[str, str]]) -> dict[str, BankAccount]:
    """Return the bank accounts of (enterprise, digest) that are held, by digest.

    One that was erased is not there.
    """
    digests: dict[str, set[str]] = {}
    for enterprise, digest in wanted:
        digests.setdefault(enterprise, set()).add(digest)
    found: dict[str, BankAccount] = {}
    with shell.reading("keep") as connection:
        for enterprise, names in digests.items():
            for digest, value in read_values(connection, enterprise).items():
                if digest in names and value is not None:
                    account = parse_datum("bank_account", value)
                    assert isinstance(account, BankAccount), digest
                    found[digest] = account
    return found
