"""Funds as somebody may read them: a year with its movements, and the journal as text."""

from typing import Any, Final, Literal

from ledger.bookkeeping import read_all_funds
from ledger.errors import InvalidInputError
from ledger.journal_text import Entry, read_entries_of, render_beancount, render_hledger
from ledger.read import read_events, read_heads
from ledger.rights import Rights
from ledger.text import Text
from portal.commands.fund_commands import fund_row
from portal.known.fund_account import Movement
from portal.payments.fund_desk import may_read_fund
from portal.shell import Shell

Books = Literal["beancount", "hledger"]

ENDINGS: Final[dict[Books, str]] = {"beancount": "beancount", "hledger": "journal"}


def show_fund(shell: Shell, rights: Rights, person: str, fund: str, year: int) -> dict[str, Any]:
    """Return a fund's year with the command line's keys, its movements and its statements.

    Raises `InvalidInputError` (`unknown_fund`) for one that is not there, or not for whoever asks.
    """
    with shell.reading() as connection:
        held = read_all_funds(connection)
        if (fund, year) not in held or not may_read_fund(rights, person, fund):
            raise _unknown_fund(fund, year)
        size = read_heads(connection)["book"].size
        accounts = shell.fund_accounts.read_on(connection, size)
    moved, _ = accounts.last_movements((fund, year), size)
    return {
        **fund_row((fund, year), held[fund, year]),
        "statements": [one.data.statement for one in accounts.reports(fund, size)],
        "rows": [_row(shell, one) for one in moved],
    }


def _row(shell: Shell, one: Movement) -> dict[str, Any]:
    """Return the keys of a movement."""
    row = one._asdict()
    del row["place"]
    return {"number": row.pop("number"), "on": row.pop("day"), **row, "name": shell.say(one.name)}


def render_books(shell: Shell, rights: Rights, person: str, kind: Books) -> tuple[bytes, str]:
    """Return the journal of the funds that somebody may read, as other tools check it, and a name.

    It is read from the whole book.
    """
    with shell.reading() as connection:
        size = read_heads(connection)["book"].size
        entries = read_entries_of(read_events(connection, "book", 0, size))
    seen = _of_visible(rights, person, entries)
    text = render_beancount(seen) if kind == "beancount" else render_hledger(seen)
    return text.encode(), f"books-{size}.{ENDINGS[kind]}"


def _of_visible(rights: Rights, person: str, entries: list[Entry]) -> list[Entry]:
    """Return the entries that move something in funds which somebody may read, and only that."""
    able: dict[str, bool] = {}
    seen = []
    for entry in entries:
        for one in entry.transfers:
            able.setdefault(one.fund, may_read_fund(rights, person, one.fund))
        transfers = tuple(one for one in entry.transfers if able[one.fund])
        if transfers:
            seen.append(entry._replace(transfers=transfers))
    return seen


def _unknown_fund(fund: str, year: int) -> InvalidInputError:
    """Return the refusal of a fund's year that is not there, or not for whoever asks."""
    return InvalidInputError(
        "unknown_fund",
        Text(f"没有 {year} 年的资金 {fund[:40]}", f"there is no fund {fund[:40]} of {year}"),
        Text("请核对代码与年度", "check its code and year"),
    )
