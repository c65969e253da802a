"""The journal as text for third-party tools: beancount and hledger, and as one JSON value.

Each transfer is a transaction of two lines that sum to zero, with the index of its entry in the
book log and the event's source and id. At the end each account's balance is asserted, so that a
tool which adds up differently says so. Yuan have two decimals, made from whole fen.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from ledger.codec import Event
from ledger.events import ClaimData, FundData
from ledger.journal import BUDGETARY, KEPT, PERSONAL, Account, Transfer, post
from ledger.money import FEN_PER_YUAN

_ROOTS: Final[dict[Account, str]] = {
    "expense": "Expenses:Subsidy",
    "payable": "Liabilities:Payable",
    "treasury": "Assets:Treasury",
    "receivable": "Assets:Receivable",
}

# What an event may name beside its amounts, and a reader looks for.
_TOLD: Final = (
    *("document", "programme", "revision", "notice", "line", "order", "bank_reference", "reason"),
)


class Entry(NamedTuple):
    """An event of the books: its index in the book log, and what it transfers."""

    at: int
    event: Event
    transfers: tuple[Transfer, ...]

    @property
    def data(self) -> FundData | ClaimData:
        """Return what the event says."""
        data = self.event.data
        assert isinstance(data, FundData | ClaimData), self.event
        return data


def read_entries_of(events: Iterable[tuple[int, Event]]) -> list[Entry]:
    """Return the entries of the journal among the book log's indexes and events, in log order."""
    return [Entry(index, event, post(event)) for index, event in events if event.kind in KEPT]


def account_name(transfer: Transfer, account: Account) -> str:
    """Return an account's name, which both tools accept: `Assets:Treasury:East-lake:2022`."""
    fund = transfer.fund.replace("_", "-").capitalize()
    if account in BUDGETARY:
        return f"Equity:Budget:{fund}:{transfer.year}:{account.capitalize()}"
    name = f"{_ROOTS[account]}:{fund}:{transfer.year}"
    return f"{name}:{transfer.enterprise}" if account in PERSONAL else name


def sum_accounts(entries: Iterable[Entry]) -> dict[str, int]:
    """Return the balance of each account, debits less credits in fen, by name."""
    balances: dict[str, int] = {}
    for entry in entries:
        for one in entry.transfers:
            for account, fen in ((one.debit, one.amount_fen), (one.credit, -one.amount_fen)):
                name = account_name(one, account)
                balances[name] = balances.get(name, 0) + fen
    return dict(sorted(balances.items()))


def render_beancount(entries: Sequence[Entry]) -> str:
    """Return the journal in beancount's language (version 3)."""
    lines = ['option "title" "Suanquan"', 'option "operating_currency" "CNY"']
    balances = sum_accounts(entries)
    if balances:
        first, after = _days(entries)
        lines += ["", *(f"{first} open {name} CNY" for name in balances)]
        for entry in entries:
            for one in entry.transfers:
                lines += ["", *_beancount(entry, one)]
        # Without the tolerance of zero, beancount lets a fen pass.
        lines += ["", *(f"{after} balance {n} {_yuan(fen)} ~ 0 CNY" for n, fen in balances.items())]
    return "\n".join(lines) + "\n"


def render_hledger(entries: Sequence[Entry]) -> str:
    """Return the journal in hledger's journal format."""
    lines = ["commodity 1000.00 CNY"]
    balances = sum_accounts(entries)
    if balances:
        _, after = _days(entries)
        lines += ["", *(f"account {name}" for name in balances)]
        for entry in entries:
            for one in entry.transfers:
                lines += ["", *_hledger(entry, one)]
        lines += ["", f"{after} * balances"]
        lines += [f"    {n}  0.00 CNY = {_yuan(fen)} CNY" for n, fen in balances.items()]
    return "\n".join(lines) + "\n"


def render_json(entries: Sequence[Entry]) -> dict[str, Any]:
    """Return the journal as a JSON value: every event with its transfers, and the balances."""
    return {
        "rows": [
            {
                "index": entry.at,
                "type": entry.event.kind.type,
                "source": entry.event.source,
                "id": entry.event.id,
                "date": entry.data.effective_on,
                "told": dict(_told(entry)),
                "transfers": [one._asdict() for one in entry.transfers],
            }
            for entry in entries
        ],
        "balances": [
            {"account": name, "balance_fen": fen} for name, fen in sum_accounts(entries).items()
        ],
    }


def _days(entries: Sequence[Entry]) -> tuple[str, str]:
    """Return the first day of a journal, and the day after its last."""
    days = [entry.data.effective_on for entry in entries if entry.transfers]
    return min(days), (date.fromisoformat(max(days)) + timedelta(1)).isoformat()


def _beancount(entry: Entry, one: Transfer) -> Iterator[str]:
    """Yield the lines of a transfer as beancount reads them."""
    link = f" ^{one.claim}" if one.claim else ""
    yield f"{entry.data.effective_on} * {_quoted(_what(entry))}{link}"
    yield f"  index: {entry.at}"
    for name, value in _names(entry):
        yield f"  {name}: {_quoted(value)}"
    yield f"  {account_name(one, one.debit)}  {_yuan(one.amount_fen)} CNY"
    yield f"  {account_name(one, one.credit)}  {_yuan(-one.amount_fen)} CNY"


def _hledger(entry: Entry, one: Transfer) -> Iterator[str]:
    """Yield the lines of a transfer as hledger reads them; a comma would end a tag's value."""
    yield f"{entry.data.effective_on} * ({entry.at}) {_what(entry)}"
    claim = [("claim", one.claim)] if one.claim else []
    for name, value in (*claim, *_names(entry)):
        yield f"    ; {name}: {value.replace(',', '，')}"
    yield f"    {account_name(one, one.debit)}  {_yuan(one.amount_fen)} CNY"
    yield f"    {account_name(one, one.credit)}  {_yuan(-one.amount_fen)} CNY"


def _what(entry: Entry) -> str:
    """Return what happened: `claim.paid`."""
    return entry.event.kind.type.removeprefix("cn.suanquan.").rpartition(".")[0]


def _names(entry: Entry) -> Iterator[tuple[str, str]]:
    """Yield what a transaction is tagged with, in one line each."""
    yield "source", entry.event.source
    yield "event", entry.event.id
    for name, value in _told(entry):
        yield name.replace("_", "-"), str(value)


def _told(entry: Entry) -> Iterator[tuple[str, str | int]]:
    """Yield what an event names beside its amounts."""
    data = entry.data
    for name in _TOLD:
        value = getattr(data, name, None)
        if value is not None:
            yield name, value


def _yuan(fen: int) -> str:
    """Return yuan with two decimals and no separators, as both tools read them."""
    yuan, rest = divmod(abs(fen), FEN_PER_YUAN)
    return f"{'-' if fen < 0 else ''}{yuan}.{rest:02d}"


def _quoted(text: str) -> str:
    """Return a text as a string of beancount's."""
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
