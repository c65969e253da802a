"""Every page of the router costs a stated number of queries, however much there is to list."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from litestar.routes import HTTPRoute
from sqlalchemy import Engine

from bench import portal_pages
from bench.claim_world import live, register
from ledger.claim_state import State
from ledger.codec import Event
from portal.web.app import make_app
from tests.issued import issue, name
from tests.portal.lobby import Lobby, lobby, office, on_sqlite
from tests.queries import counted
from tests.small_ledger import CODE

__all__ = ["lobby", "office"]

FEW: Final = 8
MANY: Final = 48
"""Rows of a kind: more than most pages show, each an enterprise or a notice of its own."""

BYTES_MAX: Final = 60 * 1024
"""What a page may weigh, with nothing compressed."""

CLAIM: Final = "SQ-B000000000"
NOTICE: Final = "hubei-2022-G1000"
BATCH: Final = "hubei-2022-B5"
DRAFT: Final = "SQ-DRAFT"
"""Stands for the draft that an enterprise saves."""
OF_FIRM: Final = f"/enterprise/{CODE}"

STANDING: Final[tuple[State, ...]] = (
    *("submitted", "checked", "approved", "noticed", "cleared", "ordered", "paid", "returned"),
)
"""Where the claims stand that are added, in turn."""


class Page(NamedTuple):
    """An address of a route, who opens it, how many queries that may cost him, and the answer."""

    path: str
    who: str
    queries: int
    status: int = 200


SAME = ""
"""For an address that has no parameter: the route itself."""

FIRM, STAFF, PAYER, AUDITOR = "firm-1", "task-2", "finance-2", "auditor-1"

PAGES: Final[dict[str, Page]] = {
    "/": Page(SAME, "", 0),
    "/account": Page(SAME, FIRM, 20),
    "/account/second-factor": Page(SAME, FIRM, 10, 303),
    "/acting": Page(SAME, FIRM, 15),
    "/audit": Page(SAME, AUDITOR, 15),
    "/audit/log/{name:str}": Page("/audit/log/book", AUDITOR, 15),
    "/audit/log/{name:str}/export": Page("/audit/log/book/export", AUDITOR, 20),
    "/audit/checks": Page(SAME, AUDITOR, 10),
    "/audit/checks/{number:int}": Page("/audit/checks/9", AUDITOR, 10, 404),
    "/audit/checks/{number:int}/findings": Page("/audit/checks/9/findings", AUDITOR, 10, 404),
    "/audit/checks/{number:int}/now": Page("/audit/checks/9/now", AUDITOR, 10, 404),
    "/audit/log/{name:str}/{index:int}": Page("/audit/log/book/9", AUDITOR, 20),
    "/audit/log/{name:str}/{index:int}/proof": Page("/audit/log/book/9/proof", AUDITOR, 15),
    "/audit/statements": Page(SAME, AUDITOR, 20),
    "/audit/statements/{number:str}": Page(f"/audit/statements/{name(0)}", AUDITOR, 20),
    "/audit/statements/{number:str}/usage": Page(
        f"/audit/statements/{name(0)}/usage?resource=none", AUDITOR, 25, 404
    ),
    "/audit/people": Page(SAME, AUDITOR, 15),
    "/audit/access": Page(SAME, AUDITOR, 15),
    "/claims": Page(SAME, STAFF, 20),
    "/claims/{claim:str}": Page(f"/claims/{CLAIM}", STAFF, 25),
    "/claims/{claim:str}/{action:str}": Page(f"/claims/{CLAIM}/return", STAFF, 25),
    "/claims/{claim:str}/review": Page(f"/claims/{CLAIM}/review", STAFF, 35),
    "/queue": Page(SAME, STAFF, 25),
    "/desk/notices": Page(SAME, "authority-2", 20),
    "/desk/notices/draw/{programme:str}": Page("/desk/notices/draw/hubei", "authority-2", 30),
    "/desk/notices/{notice:str}": Page(f"/desk/notices/{NOTICE}", STAFF, 20),
    "/desk/notices/{notice:str}/list/{kind:str}": Page(
        f"/desk/notices/{NOTICE}/list/csv", STAFF, 20
    ),
    "/desk/payments": Page(SAME, PAYER, 20),
    "/desk/payments/order/{programme:str}": Page("/desk/payments/order/hubei", PAYER, 35),
    "/desk/payments/answer": Page(SAME, PAYER, 10),
    "/desk/payments/batch/{batch:str}": Page(f"/desk/payments/batch/{BATCH}", PAYER, 20),
    "/desk/payments/batch/{batch:str}/file/{kind:str}": Page(
        f"/desk/payments/batch/{BATCH}/file/csv", PAYER, 30, 400
    ),
    "/enterprises": Page(SAME, STAFF, 15),
    "/enterprise/{enterprise:str}": Page(OF_FIRM, FIRM, 25),
    "/enterprise/{enterprise:str}/claims": Page(f"{OF_FIRM}/claims", FIRM, 25),
    "/enterprise/{enterprise:str}/claims/new": Page(f"{OF_FIRM}/claims/new", FIRM, 25),
    "/enterprise/{enterprise:str}/claims/{claim:str}": Page(f"{OF_FIRM}/claims/{DRAFT}", FIRM, 25),
    "/enterprise/{enterprise:str}/claims/{claim:str}/invoices": Page(
        f"{OF_FIRM}/claims/{DRAFT}/invoices", FIRM, 30
    ),
    "/enterprise/{enterprise:str}/claims/{claim:str}/papers": Page(
        f"{OF_FIRM}/claims/{DRAFT}/papers", FIRM, 25
    ),
    "/enterprise/{enterprise:str}/claims/{claim:str}/check": Page(
        f"{OF_FIRM}/claims/{DRAFT}/check", FIRM, 25
    ),
    "/enterprise/{enterprise:str}/documents/{sha256:str}": Page(
        f"{OF_FIRM}/documents/{'0' * 64}", FIRM, 20, 404
    ),
    "/enterprise/{enterprise:str}/papers": Page(f"{OF_FIRM}/papers", FIRM, 20),
    "/enterprise/{enterprise:str}/papers/all/{name:str}": Page(
        f"{OF_FIRM}/papers/all/invoices", FIRM, 20
    ),
    "/enterprise/{enterprise:str}/papers/new/{what:str}": Page(
        f"{OF_FIRM}/papers/new/invoice", FIRM, 20
    ),
    "/enterprise/{enterprise:str}/papers/own/{what:str}": Page(
        f"{OF_FIRM}/papers/own/contact", FIRM, 20
    ),
    "/enterprise/{enterprise:str}/papers/upload": Page(f"{OF_FIRM}/papers/upload", FIRM, 20),
    "/enterprise/{enterprise:str}/plan": Page(f"{OF_FIRM}/plan", FIRM, 20),
    "/enterprise/{enterprise:str}/plan/{programme:str}": Page(f"{OF_FIRM}/plan/hubei", FIRM, 20),
    "/enterprise/{enterprise:str}/statements": Page(f"{OF_FIRM}/statements", FIRM, 25),
    "/enterprise/{enterprise:str}/statements/{number:str}": Page(
        f"{OF_FIRM}/statements/{name(0)}", FIRM, 25
    ),
    "/enterprise/{enterprise:str}/statements/{number:str}/file/{form:str}": Page(
        f"{OF_FIRM}/statements/{name(0)}/file/pdf", FIRM, 35, 400
    ),
    "/enterprise/{enterprise:str}/statements/{number:str}/usage": Page(
        f"{OF_FIRM}/statements/{name(0)}/usage", FIRM, 35
    ),
    "/enterprise/{enterprise:str}/usage": Page(f"{OF_FIRM}/usage", FIRM, 20),
    "/enterprise/{enterprise:str}/usage/now": Page(f"{OF_FIRM}/usage/now", FIRM, 20),
    "/enterprises/new": Page(SAME, STAFF, 10),
    "/favicon.ico": Page(SAME, "", 0),
    "/funds": Page(SAME, STAFF, 15),
    "/funds/books/{kind:str}": Page("/funds/books/beancount", STAFF, 15),
    "/funds/act/{what:str}": Page("/funds/act/transfer", PAYER, 15),
    "/funds/{fund:str}/{year:str}": Page("/funds/hubei/2022", STAFF, 20),
    "/funds/{fund:str}/{year:str}/statement/{number:str}": Page(
        "/funds/hubei/2022/statement/none", STAFF, 15, 404
    ),
    "/healthz": Page(SAME, "", 0),
    "/invitation/{secret:str}": Page("/invitation/none", "", 5, 404),
    "/language/{language:str}": Page("/language/en", "", 0, 303),
    "/log/{name:str}/checkpoint": Page("/log/book/checkpoint", "", 5),
    "/log/{name:str}/tile/entries/{place:path}": Page(
        "/log/book/tile/entries/000.p/9", AUDITOR, 15
    ),
    "/log/{name:str}/tile/{place:path}": Page("/log/book/tile/0/000.p/9", "", 5),
    "/log/{name:str}/vkey": Page("/log/book/vkey", "", 5),
    "/log/{name:str}/vkeys": Page("/log/book/vkeys", "", 5),
    "/metrics": Page(SAME, "", 0),
    "/notices": Page(SAME, "", 5),
    "/notices/{notice:str}": Page(f"/notices/{NOTICE}", "", 15),
    "/notices/{notice:str}/{file:str}": Page(f"/notices/{NOTICE}/list.xlsx", "", 15),
    "/people": Page(SAME, "admin-1", 25),
    "/people/{name:str}": Page("/people/firm-1", "admin-1", 30),
    "/readyz": Page(SAME, "", 5),
    "/reports": Page(SAME, STAFF, 15),
    "/reports/claims": Page(SAME, STAFF, 15),
    "/reports/month/{month:str}/workbook": Page("/reports/month/2022-07/workbook", STAFF, 15),
    "/reports/reconciliation/{month:str}": Page("/reports/reconciliation/2022-07", STAFF, 15),
    "/reports/reconciliation/{month:str}/workbook": Page(
        "/reports/reconciliation/2022-07/workbook", STAFF, 15
    ),
    "/reports/schedule": Page(SAME, STAFF, 20),
    "/robots.txt": Page(SAME, "", 0),
    "/sign-in": Page(SAME, "", 0),
    "/sign-in/code": Page(SAME, "", 5, 400),
    "/sign-in/return": Page(SAME, "", 0, 400),
    "/static/{digest:str}/{name:str}": Page("/static/none/portal.css", "", 0, 404),
    "/statistics": Page(SAME, "", 5),
    "/verify": Page(SAME, "", 5),
    "/verify/{number:str}": Page(f"/verify/{name(0)}", "", 5),
    "/what-if": Page(SAME, STAFF, 20),
    "/what-if/{number:int}": Page("/what-if/9", STAFF, 10, 404),
    "/what-if/{number:int}/now": Page("/what-if/9/now", STAFF, 10, 404),
    "/{rest:path}": Page("/none", "", 0, 404),
}
"""By route. A page that lists things costs the same for one of them as for a screen of them."""


@on_sqlite
def test_every_page_costs_no_more_queries_where_there_is_more_to_list(lobby: Lobby) -> None:
    assert set(PAGES) == set(_routes(lobby)), "a route has no bound, or a bound has no route"
    _fill(lobby, 0, FEW)
    lobby.office.ask("auditor-1", "log", "checkpoint")
    asked = {"enterprise": CODE, "programme": "hubei", "invoices": []}
    draft = lobby.office.file("draft.json", asked)
    made = lobby.office.ask(FIRM, "claim", "draft", "--file", draft)
    assert "error" not in made, made
    pages = {
        route: page._replace(path=page.path.replace(DRAFT, made["id"]))
        for route, page in PAGES.items()
    }
    few = {route: _cost(lobby, route, page) for route, page in pages.items()}
    _fill(lobby, FEW, MANY)
    many = {route: _cost(lobby, route, page) for route, page in pages.items()}
    grown = {route: (few[route], cost) for route, cost in many.items() if cost > few[route]}
    assert grown == {}
    costly = {route: cost for route, cost in few.items() if cost > PAGES[route].queries}
    assert costly == {}


@on_sqlite
def test_every_page_is_measured_or_it_is_said_why_not(lobby: Lobby) -> None:
    assert set(portal_pages.PAGES).isdisjoint(portal_pages.NOT_MEASURED)
    assert set(portal_pages.PAGES) | set(portal_pages.NOT_MEASURED) == set(_routes(lobby))


def _routes(lobby: Lobby) -> Iterator[str]:
    """Yield the address of each route that is got, but those for programs."""
    for route in make_app(lobby.shell).routes:
        if not isinstance(route, HTTPRoute) or route.path.startswith("/api/"):
            continue
        if any("GET" in one.http_methods for one in route.route_handlers):
            yield route.path


def _cost(lobby: Lobby, route: str, page: Page) -> int:
    """Return how many queries a page costs whoever opens it again; a page is not too heavy."""
    browser, path = lobby.browser(page.who), page.path or route
    browser.client.get(path, follow_redirects=False)
    with counted(Engine) as asked:
        answer = browser.client.get(path, follow_redirects=False)
    assert answer.status_code == page.status, (path, answer.status_code, answer.text[-500:])
    if "html" in answer.headers.get("content-type", ""):
        assert len(answer.content) < BYTES_MAX, (path, len(answer.content))
    return len(asked)


def _fill(lobby: Lobby, first: int, last: int) -> None:
    """Append enterprises, claims where they may stand, papers and statements, numbered."""
    lobby.office.ledger.append(*_made(first, last))


def _made(first: int, last: int) -> Iterator[Event]:
    """Yield the events of what is appended."""
    for number in range(first, last):
        yield from register(number)
        yield from live(number, STANDING[number % len(STANDING)])
        yield from live(1_000 + number, "noticed", CODE)
        yield issue(number)
