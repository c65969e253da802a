"""The bank accounts that money goes to, read by who pays and held against their leaves first.

Accounts stand beside the log, where a hand with write access could put another one. A check finds
that, but the money would be gone by then: so each digest is computed anew before it is paid to.
"""

from collections.abc import Collection
from typing import Final, NamedTuple

from sqlalchemy import Connection, select

from ledger import personal, tables
from ledger.errors import RuleViolationError, TamperedLogError
from ledger.read import CHECK_THE_LOG
from ledger.roster import Held, Roster
from ledger.text import Text
from ledger.topics import personal_topic
from ledger.trail import read_trail

# How many names one query holds: SQLite bounds them.
_AT_ONCE: Final = 500


class HeldAccount(NamedTuple):
    """An enterprise's bank account, and the digest by which the book names it."""

    digest: str
    account: personal.BankAccount


def read_accounts(
    connection: Connection,
    roster: Roster,
    person: str | None,
    programme: str,
    enterprises: Collection[str],
) -> dict[str, HeldAccount]:
    """Return the account last entered of each enterprise that has one, for who pays a programme.

    Reads what the roster's `index` entries of the book say. Takes the keeper's access. Raises
    `RuleViolationError` (`not_allowed`) and `TamperedLogError` (`account_differs`).
    """
    if not roster.holds(person, "finance", programme):
        raise RuleViolationError(
            "not_allowed",
            Text(
                f"{person or '?'} 没有 {programme} 的财政角色",
                f"{person or '?'} does not hold finance for {programme}",
            ),
            Text(
                "收款账户只供该项目的财政人员付款时读取；角色见 suanquan user list",
                "accounts are read by who pays the programme alone; see suanquan user list",
            ),
        )
    codes, accounts = sorted(set(enterprises)), dict[str, HeldAccount]()
    for start in range(0, len(codes), _AT_ONCE):
        held = _held_accounts(connection, codes[start : start + _AT_ONCE], roster.index)
        accounts |= _read(connection, held)
    return accounts


def _held_accounts(connection: Connection, codes: Collection[str], size: int) -> list[Held]:
    """Return what the book names last of each enterprise's accounts, where it is not forgotten."""
    people = Roster()
    for index, event in read_trail(connection, map(personal_topic, codes), size):
        people.index = index
        people.apply(event)
    last = {one.enterprise: one for one in people.held.values() if one.kind == "bank_account"}
    return [one for one in last.values() if one.forgotten is None]


def _read(connection: Connection, held: Collection[Held]) -> dict[str, HeldAccount]:
    """Return accounts by enterprise, each as its leaf commits to it."""
    table = tables.personal_datum.c
    query = select(table.digest, table.salt, table.value).where(
        table.digest.in_([bytes.fromhex(one.digest) for one in held])
    )
    rows = {digest.hex(): (salt or b"", value) for digest, salt, value in connection.execute(query)}
    # A row that is gone, or was emptied without a word, fits no leaf either.
    return {one.enterprise: _checked(one, *rows.get(one.digest, (b"", b""))) for one in held}


def _checked(held: Held, salt: bytes, value: bytes) -> HeldAccount:
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
    return HeldAccount(held.digest, account)
