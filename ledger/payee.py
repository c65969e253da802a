"""The bank accounts that money goes to, each held against its leaf before it is paid to.

Accounts stand beside the log, where a hand with write access could put another one. A check finds
that, but the money would be gone by then: so each digest is computed anew before it is paid to.
"""

from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection, select

from ledger import personal, tables
from ledger.errors import TamperedLogError
from ledger.read import CHECK_THE_LOG
from ledger.roster import Held, Roster
from ledger.text import Text
from ledger.topics import personal_topic
from ledger.trail import read_trail

# How many names one query holds: SQLite bounds them.
_AT_ONCE: Final = 500


def read_accounts(
    connection: Connection, wanted: Collection[tuple[str, str]], size: int
) -> dict[str, personal.BankAccount]:
    """Return the bank accounts of (enterprise, digest) by digest, as their leaves commit to them.

    What the book's first entries say was forgotten is not there. Takes the keeper's access. Raises
    `TamperedLogError` (`account_differs`).
    """
    pairs, found = set(wanted), dict[str, personal.BankAccount]()
    codes = sorted({enterprise for enterprise, _ in pairs})
    for start in range(0, len(codes), _AT_ONCE):
        named = _find_held(connection, codes[start : start + _AT_ONCE], size)
        held = [one for one in named if (one.enterprise, one.digest) in pairs]
        for first in range(0, len(held), _AT_ONCE):
            found |= _read(connection, held[first : first + _AT_ONCE])
    return found


def _find_held(connection: Connection, codes: Collection[str], size: int) -> list[Held]:
    """Return the accounts that the book names of some enterprises, but for forgotten ones."""
    people = Roster()
    for index, event in read_trail(connection, map(personal_topic, codes), size):
        people.index = index
        people.apply(event)
    accounts = (one for one in people.held.values() if one.kind == "bank_account")
    return [one for one in accounts if one.forgotten is None]


def _read(connection: Connection, held: Collection[Held]) -> dict[str, personal.BankAccount]:
    """Return accounts by digest, each as its leaf commits to it."""
    table = tables.personal_datum.c
    query = select(table.digest, table.salt, table.value).where(
        table.digest.in_([bytes.fromhex(one.digest) for one in held])
    )
    rows = {
        digest.hex(): (salt or b"", value or b"")
        for digest, salt, value in connection.execute(query)
    }
    # A row that is gone, or was emptied without a word, fits no leaf either.
    return {one.digest: _checked(one, *rows.get(one.digest, (b"", b""))) for one in held}


def _checked(held: Held, salt: bytes, value: bytes) -> personal.BankAccount:
    """Return the account of a row; raises `TamperedLogError` where it is not the leaf's."""
    digest = bytes.fromhex(held.digest)
    if not personal.check(digest, held.enterprise, held.kind, salt, value):
        raise TamperedLogError(
            "account_differs",
            Text(
                f"{held.enterprise} 的收款账户与日志不符，不能付款",
                f"the account of {held.enterprise} is not the one that the log names: do not pay",
            ),
            CHECK_THE_LOG,
        )
    account = personal.parse_datum(held.kind, value)
    assert isinstance(account, personal.BankAccount), held.digest
    return account
