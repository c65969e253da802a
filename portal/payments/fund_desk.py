"""Budgets at the desk: record what a paper decided on a fund, once, and find what was decided.

Acts are entered late, from papers of earlier days: what goes out is held to what the fund had on
every day since.
"""

from typing import Final

from msgspec import structs

from ledger.balance import Fund
from ledger.bookkeeping import read_funds
from ledger.by_day import find_shortage
from ledger.database import Connection
from ledger.errors import RuleViolationError
from ledger.events import FundClosed, FundData, FundTransferred
from ledger.money import render_yuan
from ledger.period import day_of
from ledger.query import find_entries, find_entry
from ledger.read import read_data, read_events, read_heads
from ledger.rights import Rights
from ledger.text import Text
from portal.acting import Act, not_allowed
from vouchers.claims.authorise import OFFICIALS, authorise_fund

SOURCE: Final = "urn:suanquan:funds"


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


def close_fund(act: Act, fund: str, year: int, effective_on: str, document: str) -> None:
    """Record that a fund's year ends: all that is still available goes back to the budget.

    Raises `RuleViolationError`: `fund_closed`, and what `record_fund` does.
    """
    held = read_funds(act.connection, {fund}).get((fund, year), Fund())
    if held.closed:
        raise RuleViolationError(
            "fund_closed",
            Text(f"{fund} {year} 年度已结账", f"the year {year} of {fund} is closed"),
            Text("余额见 suanquan fund list", "see suanquan fund list"),
        )
    data = FundClosed(
        fund=fund,
        year=year,
        amount_fen=held.available,
        effective_on=effective_on,
        document=document,
    )
    record_fund(act, "closed", data)


def may_read_fund(rights: Rights, person: str, fund: str) -> bool:
    """Return whether somebody may read what moved in a fund: its officials, and auditors."""
    officials = any(rights.holds(person, role, fund) for role in OFFICIALS)
    return officials or rights.has(person, "auditor")


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
