"""Funds: what each stands at, and what papers decide on it."""

from typing import Annotated, Any, Final

from litestar import Response, Router, get, post
from litestar.params import JSONBody, PathParameter, QueryParameter
from msgspec import Meta, Struct, structs

from ledger.events import FundAppropriated, FundData, FundTransferred
from ledger.events.data import YEAR_MAX, YEAR_MIN
from portal.acting import acting
from portal.commands import fund_commands
from portal.options import ask
from portal.payments.fund_desk import close_fund, may_read_fund, record_fund
from portal.payments.fund_reading import Books, render_books, show_fund
from portal.web.api.answer import answer
from portal.web.api.answers import money as answers
from portal.web.api.body import FILE, Word, json_of
from portal.web.api.download import download
from portal.web.api.paging import LIMIT, After, Limit, page_of
from portal.web.api.params import Named
from portal.web.audience import FINANCE, INSIDERS
from portal.web.visit import Visit, Visitor
from vouchers.case import Fen
from vouchers.strict_json import decode

Day = Annotated[
    str, Meta(pattern=r"[0-9]{4}-[0-9]{2}-[0-9]{2}", max_length=10, examples=["2022-01-05"])
]
FundYear = Annotated[int, PathParameter(ge=YEAR_MIN, le=YEAR_MAX, description="The fund's year.")]


Form = Annotated[Books, QueryParameter(name="format", description="Which tool is to read it.")]


class Appropriation(Struct, frozen=True, kw_only=True):
    """A budget that a paper gives to a fund."""

    amount_fen: Fen
    effective_on: Day
    document: Word
    name: Word | None = None


class Transfer(Struct, frozen=True, kw_only=True):
    """What a paper moves to another fund or year."""

    amount_fen: Fen
    effective_on: Day
    document: Word
    to_fund: Word
    to_year: Annotated[int, Meta(ge=YEAR_MIN, le=YEAR_MAX)]


class Closing(Struct, frozen=True, kw_only=True):
    """The paper by which a fund's year is closed."""

    effective_on: Day
    document: Word


@get("", who=INSIDERS, sync_to_thread=True)
def list_funds(
    visit: Visitor, limit: Limit = LIMIT, after: After = None
) -> Response[answers.FundPage]:
    """List the funds of your programmes by year, with their balances."""
    return answer(page_of(_funds(visit), _key, limit, after))


@get("/books", who=INSIDERS, media_type=FILE, sync_to_thread=True)
def download_books(visit: Visitor, form: Form = "beancount") -> Response[bytes]:
    """Return the journal of the funds that you may read, as text that other tools check."""
    return download(*render_books(visit.shell, visit.rights, visit.person, form))


@get("/{fund:str}/{year:int}", who=INSIDERS, sync_to_thread=True)
def show_fund_year(
    visit: Visitor, fund: Named, year: FundYear, limit: Limit = LIMIT, after: After = None
) -> Response[answers.FundShown]:
    """Show a fund's year with what moved in it, the newest first."""
    data = show_fund(visit.shell, visit.rights, visit.person, fund, year)
    return answer(page_of(data, lambda row: str(row["number"]), limit, after))


def _key(row: dict[str, Any]) -> str:
    """Return by what a fund's year is known in a list."""
    return f"{row['fund']}/{row['year']}"


def _funds(visit: Visit) -> dict[str, Any]:
    """Return the funds that the visitor may read."""
    rows = ask(fund_commands.list_, visit.shell)["rows"]
    seen = [one for one in rows if may_read_fund(visit.rights, visit.person, one["fund"])]
    return {"rows": seen}


def _record(visit: Visit, what: str, data: FundData) -> Response[Any]:
    """Return the funds once an event of a fund is recorded."""
    with acting(visit.shell) as act:
        record_fund(act, what, data)
    return _all_of(visit)


def _all_of(visit: Visit) -> Response[Any]:
    """Return the funds that the visitor may read, all on one page."""
    return answer({**_funds(visit), "next": None})


@post(
    "/{fund:str}/{year:int}/appropriations",
    who=FINANCE,
    scope="money",
    dto=json_of(Appropriation),
    sync_to_thread=True,
)
def appropriate_fund(
    visit: Visitor, fund: Named, year: FundYear, data: JSONBody[bytes]
) -> Response[answers.FundPage]:
    """Give a fund a budget for a year; the same document again changes nothing."""
    asked = structs.asdict(decode(data, Appropriation))
    return _record(visit, "appropriated", FundAppropriated(fund=fund, year=year, **asked))


@post(
    "/{fund:str}/{year:int}/transfers",
    who=FINANCE,
    scope="money",
    dto=json_of(Transfer),
    sync_to_thread=True,
)
def transfer_fund(
    visit: Visitor, fund: Named, year: FundYear, data: JSONBody[bytes]
) -> Response[answers.FundPage]:
    """Move what is available to another fund or year; the same document changes nothing."""
    asked = structs.asdict(decode(data, Transfer))
    return _record(visit, "transferred", FundTransferred(fund=fund, year=year, **asked))


@post(
    "/{fund:str}/{year:int}/closing",
    who=FINANCE,
    scope="money",
    dto=json_of(Closing),
    sync_to_thread=True,
)
def close_fund_year(
    visit: Visitor, fund: Named, year: FundYear, data: JSONBody[bytes]
) -> Response[answers.FundPage]:
    """Close a fund's year; all that is still available goes back to the budget."""
    asked = decode(data, Closing)
    with acting(visit.shell) as act:
        close_fund(act, fund, year, asked.effective_on, asked.document)
    return _all_of(visit)


ROUTER: Final = Router(
    "/funds",
    route_handlers=[
        list_funds,
        download_books,
        show_fund_year,
        appropriate_fund,
        transfer_fund,
        close_fund_year,
    ],
    tags=["funds"],
)
