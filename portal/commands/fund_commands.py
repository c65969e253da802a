"""`suanquan fund` and `suanquan book`: what each fund stands at, and the journal as text."""

import json
from typing import Any, Final, Literal, get_args

import click
from rich.table import Table

from ledger.balance import Fund, FundKey
from ledger.bookkeeping import read_all_funds
from ledger.errors import InvalidInputError
from ledger.events import FundAppropriated, FundData, FundTransferred
from ledger.journal import CHART
from ledger.journal_text import read_entries_of, render_beancount, render_hledger, render_json
from ledger.money import parse_yuan, render_yuan
from ledger.read import read_events, read_heads
from ledger.text import Text
from portal.acting import acting
from portal.commands.usage_command import parse_sizes
from portal.options import answers
from portal.payments.fund_desk import close_fund, record_fund
from portal.shell import Result, Shell

Shown = Literal[
    "appropriated", "available", "encumbered", "expended", "payable", "paid", "receivable"
]
SHOWN: Final[tuple[Shown, ...]] = get_args(Shown)

_year = click.option("--year", type=int, required=True, help="The fund's year, such as 2022.")
_amount = click.option("--amount", required=True, metavar="YUAN", help="Such as 500000.00.")
_document = click.option("--document", required=True, help="The number of the paper that decided.")
_on = click.option("--on", "effective_on", required=True, help="The day, such as 2022-01-05.")


@click.group()
def fund() -> None:
    """Give funds their budget, move it, close a year, and see what is left."""


@click.group()
def book() -> None:
    """Read the books."""


@fund.command("list", epilog="Example:  suanquan fund list --json")
@answers
def list_(shell: Shell) -> Result:
    """List every fund's year with its balances, by fund and year."""
    return _listed(shell)


@fund.command(
    epilog="""\b
Example:
  suanquan fund appropriate hubei --year 2022 --amount 500000 --on 2022-01-05 --document 1号"""
)
@click.argument("code", metavar="FUND")
@_year
@_amount
@_on
@_document
@click.option("--name", help="What the fund is called.")
@answers
def appropriate(
    shell: Shell,
    *,
    code: str,
    year: int,
    amount: str,
    effective_on: str,
    document: str,
    name: str | None,
) -> Result:
    """Give a fund a budget for a year; the same document again changes nothing."""
    data = FundAppropriated(
        fund=code,
        year=year,
        amount_fen=parse_yuan(amount),
        effective_on=effective_on,
        document=document,
        name=name,
    )
    return _record(shell, "appropriated", data)


@fund.command(
    epilog="""\b
Example:
  suanquan fund transfer hubei --year 2022 --to wuhan --amount 1000 --on 2022-06-01 --document 2"""
)
@click.argument("code", metavar="FUND")
@_year
@click.option("--to", "to_fund", required=True, metavar="FUND", help="Where the amount goes.")
@click.option("--to-year", type=int, help="The other fund's year; default: the same.")
@_amount
@_on
@_document
@answers
def transfer(
    shell: Shell,
    *,
    code: str,
    year: int,
    to_fund: str,
    to_year: int | None,
    amount: str,
    effective_on: str,
    document: str,
) -> Result:
    """Move what is available to another fund or year; the same document again changes nothing."""
    data = FundTransferred(
        fund=code,
        year=year,
        amount_fen=parse_yuan(amount),
        effective_on=effective_on,
        document=document,
        to_fund=to_fund,
        to_year=year if to_year is None else to_year,
    )
    return _record(shell, "transferred", data)


@fund.command(
    epilog="Example:  suanquan fund close hubei --year 2022 --on 2022-12-31 --document 3号"
)
@click.argument("code", metavar="FUND")
@_year
@_on
@_document
@answers
def close(shell: Shell, code: str, year: int, effective_on: str, document: str) -> Result:
    """Close a fund's year; all that is still available goes back to the budget."""
    with acting(shell, anonymous=True) as act:
        close_fund(act, code, year, effective_on, document)
    return _listed(shell)


def _record(shell: Shell, what: str, data: FundData) -> Result:
    """Return what the funds stand at once an event of a fund is recorded in an act of its own."""
    with acting(shell, anonymous=True) as act:
        record_fund(act, what, data)
    return _listed(shell)


def _listed(shell: Shell) -> Result:
    """Return every fund's year as a row."""
    with shell.reading() as connection:
        funds = read_all_funds(connection)
    rows = [fund_row(key, held) for key, held in sorted(funds.items())]
    if not rows:
        none = Text(
            "还没有资金。可用 suanquan fund appropriate 下达预算。",
            "There are no funds. Appropriate one with suanquan fund appropriate.",
        )
        return Result({"rows": rows}, shell.say(none))
    return Result({"rows": rows}, funds_table(shell, funds))


def fund_row(key: FundKey, held: Fund) -> dict[str, Any]:
    """Return a fund's keys of the command line; every amount is what a person calls it."""
    return {
        "fund": key[0],
        "year": key[1],
        "appropriated_fen": held.amount_fen("appropriated"),
        "available_fen": held.amount_fen("available"),
        "encumbered_fen": held.amount_fen("encumbered"),
        "expended_fen": held.amount_fen("expended"),
        "payable_fen": held.amount_fen("payable"),
        "paid_fen": held.amount_fen("treasury"),
        "receivable_fen": held.amount_fen("receivable"),
        "closed": bool(held.closed),
    }


def funds_table(
    shell: Shell, funds: dict[FundKey, Fund], shown: tuple[Shown, ...] = SHOWN
) -> Table:
    """Return funds as a table in yuan, with the columns asked for."""
    table = Table(title=shell.say(Text("资金（元）", "Funds, CNY")))
    table.add_column(shell.say(Text("资金", "fund")), no_wrap=True)
    for name in shown:
        title = Text("已付", "paid") if name == "paid" else CHART[name]
        table.add_column(shell.say(title), justify="right", no_wrap=True)
    for key, held in sorted(funds.items()):
        row = fund_row(key, held)
        amounts = (row[f"{name}_fen"] for name in shown)
        table.add_row(f"{key[0]} {key[1]}", *(render_yuan(fen) for fen in amounts))
    return table


@book.command(
    epilog="""\b
Examples:
  suanquan book export --format beancount > books.beancount && bean-check books.beancount
  suanquan book export --format hledger --as-of book=1000 | hledger -f - balance"""
)
@click.option(
    "--format", "kind", type=click.Choice(["beancount", "hledger", "json"]), required=True
)
@click.option("--as-of", multiple=True, metavar="LOG=SIZE", help="As known at that log size.")
@answers
def export(
    shell: Shell, kind: Literal["beancount", "hledger", "json"], as_of: tuple[str, ...]
) -> Result:
    """Write the journal, in log order, as text that other tools check."""
    wanted = parse_sizes(as_of)
    with shell.reading() as connection:
        heads = read_heads(connection)
        for log, size in wanted.items():
            if log not in heads or size > heads[log].size:
                there = heads[log].size if log in heads else 0
                raise InvalidInputError(
                    "size_beyond_head",
                    Text(f"{log} 只有 {there} 条", f"{log} has {there}"),
                    Text("大小见 suanquan log list", "see suanquan log list for the sizes"),
                )
        size = wanted.get("book", heads["book"].size)
        entries = read_entries_of(read_events(connection, "book", 0, size))
    seen: dict[str, Any] = {"as_of": [{"log": "book", "size": size}]}
    if kind == "json":
        data = {**render_json(entries), **seen}
        return Result(data, json.dumps(data, ensure_ascii=False, indent=2))
    text = render_beancount(entries) if kind == "beancount" else render_hledger(entries)
    return Result({"format": kind, "text": text, **seen}, text.removesuffix("\n"))
