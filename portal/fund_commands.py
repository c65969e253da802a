"""`suanquan fund` and `suanquan book`: what each fund stands at, and the journal as text."""

import json
from typing import Any, Final, Literal, get_args

import click
from msgspec import structs
from rich.table import Table

from ledger.balance import Fund, FundKey
from ledger.bookkeeping import read_balances, read_funds
from ledger.by_day import find_shortage
from ledger.database import Connection
from ledger.errors import InvalidInputError, RuleViolationError
from ledger.events import FundAppropriated, FundClosed, FundData, FundTransferred
from ledger.journal import CHART
from ledger.journal_text import read_entries_of, render_beancount, render_hledger, render_json
from ledger.money import parse_yuan, render_yuan
from ledger.period import day_of
from ledger.query import find_entries, find_entry
from ledger.read import read_data, read_events, read_heads
from ledger.text import Text
from portal.acting import Act, acting, not_allowed
from portal.options import answers
from portal.shell import Result, Shell
from portal.usage_command import parse_sizes
from vouchers.claims.authorise import authorise_fund

SOURCE: Final = "urn:suanquan:funds"

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
    with shell.reading() as connection:
        held = read_balances(connection).funds.get((code, year), Fund())
    if held.closed:
        raise RuleViolationError(
            "fund_closed",
            Text(f"{code} {year} 年度已结账", f"the year {year} of {code} is closed"),
            Text("余额见 suanquan fund list", "see suanquan fund list"),
        )
    data = FundClosed(
        fund=code,
        year=year,
        amount_fen=held.available,
        effective_on=effective_on,
        document=document,
    )
    return _record(shell, "closed", data)


def _record(shell: Shell, what: str, data: FundData) -> Result:
    """Return what the funds stand at once an event of a fund is recorded in an act of its own."""
    with acting(shell, anonymous=True) as act:
        record_fund(act, what, data)
    return _listed(shell)


def record_fund(act: Act, what: str, data: FundData) -> None:
    """Record an event of a fund, named by its document; the same once more changes nothing.

    Raises `RuleViolationError`: `not_allowed` for anybody but finance of the fund, once the ledger
    has accounts; `document_used`.
    """
    event_id = f"{data.fund}/{data.year}/{what}/{data.document}"
    if isinstance(data, FundTransferred):
        event_id = f"{event_id}/{data.to_fund}/{data.to_year}"
    wrong = authorise_fund(act.roster, act.name, data)
    if wrong is not None:
        raise not_allowed(wrong)
    before = _find(act.connection, event_id)
    if before is None:
        if isinstance(data, FundTransferred | FundClosed) and data.effective_on < day_of(act.at_ms):
            _require_left(act.connection, data)
        named = structs.replace(data, actor=act.name or None, acted_at=act.at)
        act.record(named, name=(SOURCE, event_id))
    elif structs.replace(before, actor=None, acted_at=None) != data:
        raise _document_used(data)


def _require_left(connection: Connection, data: FundData) -> None:
    """Raise `RuleViolationError` (`short_then`) unless a fund had enough on every day since an act.

    Reads the whole book, which a few acts a year may do.
    """
    held = read_funds(connection, {data.fund}).get((data.fund, data.year))
    if held is None or held.available < data.amount_fen:
        # Today's balance refuses it already, and says why.
        return
    size = read_heads(connection)["book"].size
    said = ((one, event.subject) for event, one in read_data(connection, "book", 0, size))
    short = find_shortage(said, data)
    if short is not None:
        day, fen, name = short[0], render_yuan(short[1]), f"{data.fund} {data.year}"
        raise RuleViolationError(
            "short_then",
            Text(
                f"自 {data.effective_on} 起计，{name} 在 {day} 的可用余额将为 -{fen} 元",
                f"counted from {data.effective_on}, {name} would have had CNY -{fen} on {day}",
            ),
            Text(
                "届时已冻结的款项后来才释放；请填释放之后的日期",
                "what was reserved then was released later: name a day after that",
            ),
        )


def find_closing(connection: Connection, fund: str, year: int) -> FundClosed | None:
    """Return the event that closed a fund's year, None where it is open."""
    for place in find_entries(connection, SOURCE, f"{fund}/{year}/closed/"):
        ((_, event),) = read_events(connection, "book", place, place + 1)
        assert isinstance(event.data, FundClosed), event
        return event.data
    return None


def _find(connection: Connection, event_id: str) -> FundData | None:
    """Return what a document decided before, None where it is not recorded."""
    found = find_entry(connection, SOURCE, event_id)
    if found is None:
        return None
    _, index = found
    ((_, event),) = read_events(connection, "book", index, index + 1)
    assert isinstance(event.data, FundData), event
    return event.data


def _document_used(data: FundData) -> RuleViolationError:
    """Return the refusal of a document that already decided something else of the same kind."""
    name = f"{data.document}（{data.fund} {data.year}）"
    return RuleViolationError(
        "document_used",
        Text(
            f"文件 {name} 已记过账，金额、日期或名称与本次不同",
            f"the document {data.document} of {data.fund} {data.year} is recorded with another"
            " amount, day or name",
        ),
        Text(
            "已记的不能改；调整须另有文件，已记内容见 suanquan book export --format json",
            "nothing recorded is changed: an adjustment needs a document of its own; see"
            " suanquan book export --format json for what is there",
        ),
    )


def _listed(shell: Shell) -> Result:
    """Return every fund's year as a row."""
    with shell.reading() as connection:
        funds = read_balances(connection).funds
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
        "appropriated_fen": -held.appropriated,
        "available_fen": held.available,
        "encumbered_fen": held.encumbered,
        "expended_fen": held.expended,
        "payable_fen": -held.payable,
        "paid_fen": -held.treasury,
        "receivable_fen": held.receivable,
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
