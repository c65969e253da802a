"""Funds: what each year stands at, what moved in it, acts on a budget, and the books as text."""

from typing import Annotated, Any, Final, Literal, get_args

import msgspec
from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery

from ledger.balance import Fund, FundKey
from ledger.bookkeeping import read_all_funds
from ledger.errors import LedgerError
from ledger.events import FundAppropriated, FundTransferred
from ledger.journal import CHART
from ledger.money import parse_typed_yuan
from ledger.period import day_of
from ledger.read import read_heads
from ledger.text import Text
from portal.acting import acting
from portal.commands.fund_commands import fund_row
from portal.payments.fund_desk import close_fund, may_read_fund, record_fund
from portal.payments.fund_reading import ENDINGS, Books, render_books
from portal.statements.file import read_file
from portal.web import figures
from portal.web.audience import FINANCE, INSIDERS, unknown_page
from portal.web.downloads import attachment
from portal.web.entries import field_of, parse_whole
from portal.web.errors import for_page, status_of
from portal.web.naming import name_of, name_programmes
from portal.web.page import onward, page, told
from portal.web.stack import Stack, draw_stack
from portal.web.visit import Visit, Visitor

PAGE: Final = 50
"""Movements on one page."""

Act = Literal["appropriate", "transfer", "close"]
ACTS: Final[tuple[Act, ...]] = get_args(Act)

_PARTS: Final = ("expended", "encumbered", "available")
_FIELDS: Final = {
    "bad_decimal": "amount",
    "absurd_money": "amount",
    "bad_date": "effective_on",
    "bad_number": "year",
    "absurd_year": "year",
    "bad_fund": "fund",
    "same_fund": "to_fund",
    "bad_words": "document",
    "name": "name",
    "document_used": "document",
    "short_then": "effective_on",
    "fund_short": "amount",
}
_OWN: Final = {"name": Text("资金名称", "what the fund is called")}


class FundForm(msgspec.Struct):
    """An act on a budget as it was typed."""

    fund: str = ""
    year: str = ""
    to_fund: str = ""
    to_year: str = ""
    amount: str = ""
    effective_on: str = ""
    document: str = ""
    name: str = ""


Typed = Annotated[FundForm, Body(media_type=RequestEncodingType.URL_ENCODED)]


@get("/funds", who=INSIDERS, sync_to_thread=True)
def funds(visit: Visitor, done: FromQuery[str | None] = None) -> Response[Any]:
    """Return every fund's years, the newest first."""
    with visit.shell.reading() as connection:
        held = read_all_funds(connection)
        names = name_programmes(connection, read_heads(connection)["book"].size)
    years: dict[int, list[dict[str, Any]]] = {}
    order = {fund: number for number, fund in enumerate(names)}
    for key in sorted(held, key=lambda one: (-one[1], order.get(one[0], len(order)), one[0])):
        row = fund_row(key, held[key])
        row["name"] = name_of(names, key[0])
        row["bar"] = _bar(visit, held[key])
        row["is_open"] = may_read_fund(visit.rights, visit.person, key[0])
        years.setdefault(key[1], []).append(row)
    return page(
        visit,
        "funds_list.html",
        years=years,
        may_act=visit.has("finance"),
        chart=CHART,
        done=told(visit, done),
    )


@get("/funds/{fund:str}/{year:str}", who=INSIDERS, sync_to_thread=True)
def fund(
    visit: Visitor,
    fund: FromPath[str],
    year: FromPath[str],
    before: FromQuery[int | None] = None,
    done: FromQuery[str | None] = None,
) -> Response[Any]:
    """Return a fund's year: what it stands at, what moved, and its execution statements."""
    with visit.shell.reading() as connection:
        held = read_all_funds(connection)
        key = fund, _year(year)
        _require_visible(visit, held, key)
        size = read_heads(connection)["book"].size
        accounts = visit.shell.fund_accounts.read_on(connection, size)
        names = name_programmes(connection, size)
    shown, more = accounts.last_movements(key, size, PAGE, before)
    here = f"/funds/{fund}/{year}"
    after = f"{here}?before={shown[-1].number}" if more else None
    return page(
        visit,
        "funds_one.html",
        name=name_of(names, fund),
        row=fund_row(key, held[key]),
        bar=_bar(visit, held[key]),
        movements=shown,
        reports=accounts.reports(fund, size)[::-1],
        chart=CHART,
        before=here if before is not None else None,
        after=after,
        may_act=visit.rights.holds(visit.person, "finance", fund),
        done=told(visit, done),
    )


def _year(text: str) -> int:
    """Return the year of an address, one that no fund has for what is none."""
    return int(text) if len(text) == len("2022") and text.isdecimal() else 0


def _require_visible(visit: Visit, held: dict[FundKey, Fund], key: FundKey) -> None:
    """Raise `RuleViolationError` for a fund's year that is not there, or not for the visitor."""
    if key not in held or not may_read_fund(visit.rights, visit.person, key[0]):
        raise unknown_page()


@get("/funds/{fund:str}/{year:str}/statement/{number:str}", who=INSIDERS, sync_to_thread=True)
def statement(
    visit: Visitor, fund: FromPath[str], year: FromPath[str], number: FromPath[str]
) -> Response[Any]:
    """Return an execution statement of a fund as it was issued."""
    with visit.shell.reading() as connection:
        _require_visible(visit, read_all_funds(connection), (fund, _year(year)))
        size = read_heads(connection)["book"].size
        reports = visit.shell.fund_accounts.read_on(connection, size).reports(fund, size)
    found = [one for one in reports if one.data.statement == number]
    if not found:
        raise unknown_page()
    return attachment(read_file(visit.shell, found[0]), f"{number}.pdf")


@get("/funds/books/{kind:str}", who=INSIDERS, sync_to_thread=True)
def books(visit: Visitor, kind: FromPath[str]) -> Response[Any]:
    """Return the journal of the funds that the visitor may read, as text that other tools check."""
    chosen: Books | None = next((one for one in ENDINGS if one == kind), None)
    if chosen is None:
        raise unknown_page()
    return attachment(*render_books(visit.shell, visit.rights, visit.person, chosen))


# --- acts on a budget ---


@get("/funds/act/{what:str}", who=FINANCE, sync_to_thread=True)
def form(
    visit: Visitor,
    what: FromPath[str],
    fund: FromQuery[str] = "",
    year: FromQuery[str] = "",
) -> Response[Any]:
    """Return the form of an act on a budget."""
    today = day_of(visit.at_ms)
    return _form(visit, _act(what), FundForm(fund, year or today[:4], effective_on=today))


@post("/funds/act/{what:str}", who=FINANCE, sync_to_thread=True)
def act(visit: Visitor, what: FromPath[str], data: Typed) -> Response[Any]:
    """Record an act on a budget and lead on to the funds, or show the form with what is wrong."""
    kind = _act(what)
    try:
        _record(visit, kind, data)
    except LedgerError as error:
        return _form(visit, kind, data, error)
    return onward("/funds", "acted")


def _act(what: str) -> Act:
    """Return an act by the name in an address."""
    for one in ACTS:
        if one == what:
            return one
    raise unknown_page()


def _record(visit: Visit, what: Act, typed: FundForm) -> None:
    """Record what was typed; raises what the desk refuses."""
    year = parse_whole(typed.year, Text("年度", "the year"))
    fund, on, document = typed.fund, typed.effective_on.strip(), typed.document.strip()
    if what == "close":
        with acting(visit.shell) as doing:
            close_fund(doing, fund, year, on, document)
        return
    amount_fen = parse_typed_yuan(typed.amount)
    same: dict[str, Any] = {
        "fund": fund,
        "year": year,
        "amount_fen": amount_fen,
        "effective_on": on,
        "document": document,
    }
    with acting(visit.shell) as doing:
        if what == "appropriate":
            name = typed.name.strip() or None
            given = FundAppropriated(**same, name=name)
            record_fund(doing, "appropriated", given)
        else:
            to_year = parse_whole(typed.to_year or typed.year, Text("转入年度", "the other year"))
            moved = FundTransferred(**same, to_fund=typed.to_fund, to_year=to_year)
            record_fund(doing, "transferred", moved)


def _form(
    visit: Visit, what: Act, typed: FundForm, error: LedgerError | None = None
) -> Response[Any]:
    """Return the form of an act, with what was typed and what was wrong with it."""
    with visit.shell.reading() as connection:
        held = read_all_funds(connection)
        names = name_programmes(connection, read_heads(connection)["book"].size)
    codes = dict.fromkeys((*names, *(code for code, _ in held)))
    mine = [one for one in codes if visit.rights.holds(visit.person, "finance", one)]
    field = field_of(error, _FIELDS) if error else ""
    left = held.get((typed.fund, _year(typed.year)))
    return page(
        visit,
        "funds_act.html",
        200 if error is None else int(status_of(error)),
        what=what,
        typed=typed,
        choices=[(one, name_of(names, one)) for one in mine],
        left_fen=left.available if left else None,
        wrong=for_page(error, visit, _OWN) if error else None,
        field=field,
    )


def _bar(visit: Visit, held: Fund) -> Stack:
    """Return a fund's year as one bar of what is spent, reserved and left."""
    parts = [(name, held.amount_fen(name), visit.say(CHART[name])) for name in _PARTS]
    amounts = [
        (name, fen, f"{title} {figures.yuan(fen, visit.language)}") for name, fen, title in parts
    ]
    joined = visit.say(Text("，", ", ")).join(title for _, _, title in amounts)
    return draw_stack(amounts, joined)


ROUTES: Final = [funds, books, form, act, fund, statement]
