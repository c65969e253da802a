"""Every page of the portal, and who opens it: what is measured, and what is not and why."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from bench.claim_world import firm_code
from bench.portal_world import BATCH, NOTICE
from tests.issued import name
from tests.small_ledger import CODE


class Page(NamedTuple):
    """A page and who asks for it; nobody is the public."""

    path: str
    person: str = ""


FIRM, STAFF, AUTHORITY, PAYER = "person-1", "task-1", "authority-1", "finance-1"
AUDITOR, ADMIN = "auditor-1", "admin-1"

_OF_FIRM: Final = f"/enterprise/{firm_code(1)}"
"""An enterprise with contracts, invoices, usage and claims of a year."""

_LINE: Final = "?contract=K-1&resource=a100"
"""A line of the statement that was made of that usage."""

_OF_CODE: Final = f"/enterprise/{CODE}"
"""One that has hundreds of statements besides, more than anybody."""

PAGES: Final[dict[str, tuple[Page, ...]]] = {
    "/": (Page("/"), Page("/", FIRM), Page("/", STAFF)),
    "/account": (Page("/account", FIRM),),
    "/account/second-factor": (Page("/account/second-factor", FIRM),),
    "/audit": (Page("/audit", AUDITOR),),
    "/audit/access": (Page("/audit/access", AUDITOR),),
    "/audit/checks": (Page("/audit/checks", AUDITOR),),
    "/audit/log/{name:str}": (
        Page("/audit/log/book", AUDITOR),
        Page("/audit/log/usage", AUDITOR),
        Page("/audit/log/book?enterprise=" + firm_code(1), AUDITOR),
    ),
    "/audit/log/{name:str}/{index:int}": (
        Page("/audit/log/book/100000", AUDITOR),
        Page("/audit/log/usage/700000", AUDITOR),
    ),
    "/audit/log/{name:str}/{index:int}/proof": (Page("/audit/log/usage/700000/proof", AUDITOR),),
    "/audit/people": (Page("/audit/people", AUDITOR),),
    "/audit/statements": (Page("/audit/statements", AUDITOR),),
    "/audit/statements/{number:str}": (Page("/audit/statements/{statement}", AUDITOR),),
    "/audit/statements/{number:str}/usage": (
        Page("/audit/statements/{printed}/usage" + _LINE, AUDITOR),
    ),
    "/claims": (Page("/claims", STAFF), Page("/claims?state=closed", STAFF)),
    "/claims/{claim:str}": (Page("/claims/{claim}", STAFF), Page("/claims/{claim}", AUDITOR)),
    "/claims/{claim:str}/review": (Page("/claims/{claim}/review", STAFF),),
    "/claims/{claim:str}/{action:str}": (Page("/claims/{claim}/return", STAFF),),
    "/desk/notices": (Page("/desk/notices", AUTHORITY),),
    "/desk/notices/draw/{programme:str}": (Page("/desk/notices/draw/hubei", AUTHORITY),),
    "/desk/notices/{notice:str}": (Page(f"/desk/notices/{NOTICE}", AUTHORITY),),
    "/desk/payments": (Page("/desk/payments", PAYER),),
    "/desk/payments/answer": (Page("/desk/payments/answer", PAYER),),
    "/desk/payments/batch/{batch:str}": (Page(f"/desk/payments/batch/{BATCH}", PAYER),),
    "/desk/payments/order/{programme:str}": (Page("/desk/payments/order/hubei", PAYER),),
    "/enterprise/{enterprise:str}": (Page(_OF_FIRM, FIRM), Page(_OF_FIRM, STAFF)),
    "/enterprise/{enterprise:str}/claims": (
        Page(f"{_OF_FIRM}/claims", FIRM),
        Page(f"{_OF_FIRM}/claims", STAFF),
    ),
    "/enterprise/{enterprise:str}/claims/new": (Page(f"{_OF_FIRM}/claims/new", FIRM),),
    "/enterprise/{enterprise:str}/claims/{claim:str}": (
        Page(f"{_OF_FIRM}/claims/{{draft}}", FIRM),
    ),
    "/enterprise/{enterprise:str}/claims/{claim:str}/check": (
        Page(f"{_OF_FIRM}/claims/{{draft}}/check", FIRM),
    ),
    "/enterprise/{enterprise:str}/claims/{claim:str}/invoices": (
        Page(f"{_OF_FIRM}/claims/{{draft}}/invoices", FIRM),
    ),
    "/enterprise/{enterprise:str}/claims/{claim:str}/papers": (
        Page(f"{_OF_FIRM}/claims/{{draft}}/papers", FIRM),
    ),
    "/enterprise/{enterprise:str}/papers": (
        Page(f"{_OF_FIRM}/papers", FIRM),
        Page(f"{_OF_FIRM}/papers", STAFF),
    ),
    "/enterprise/{enterprise:str}/papers/all/{name:str}": (
        Page(f"{_OF_FIRM}/papers/all/invoices", STAFF),
    ),
    "/enterprise/{enterprise:str}/papers/new/{what:str}": (
        Page(f"{_OF_FIRM}/papers/new/invoice", FIRM),
    ),
    "/enterprise/{enterprise:str}/papers/own/{what:str}": (
        Page(f"{_OF_FIRM}/papers/own/contact", FIRM),
    ),
    "/enterprise/{enterprise:str}/papers/upload": (Page(f"{_OF_FIRM}/papers/upload", FIRM),),
    "/enterprise/{enterprise:str}/plan": (
        Page(f"{_OF_FIRM}/plan", FIRM),
        Page(f"{_OF_FIRM}/plan", STAFF),
    ),
    "/enterprise/{enterprise:str}/plan/{programme:str}": (Page(f"{_OF_FIRM}/plan/hubei", STAFF),),
    "/enterprise/{enterprise:str}/statements": (
        Page(f"{_OF_FIRM}/statements", FIRM),
        Page(f"{_OF_CODE}/statements", STAFF),
    ),
    "/enterprise/{enterprise:str}/statements/{number:str}": (
        Page(f"{_OF_CODE}/statements/{{statement}}", STAFF),
    ),
    "/enterprise/{enterprise:str}/statements/{number:str}/usage": (
        Page(f"{_OF_FIRM}/statements/{{printed}}/usage", FIRM),
        Page(f"{_OF_FIRM}/statements/{{printed}}/usage{_LINE}", FIRM),
    ),
    "/enterprise/{enterprise:str}/usage": (
        Page(f"{_OF_FIRM}/usage", FIRM),
        Page(f"{_OF_FIRM}/usage?month=2022-07", STAFF),
    ),
    "/enterprise/{enterprise:str}/usage/now": (Page(f"{_OF_FIRM}/usage/now", FIRM),),
    "/enterprises": (Page("/enterprises", STAFF), Page("/enterprises?q=499", STAFF)),
    "/enterprises/new": (Page("/enterprises/new", STAFF),),
    "/funds": (Page("/funds", STAFF),),
    "/funds/act/{what:str}": (Page("/funds/act/transfer", PAYER),),
    "/funds/{fund:str}/{year:str}": (Page("/funds/hubei/2022", PAYER),),
    "/healthz": (Page("/healthz"),),
    "/log/{name:str}/checkpoint": (Page("/log/book/checkpoint"),),
    "/log/{name:str}/tile/entries/{place:path}": (Page("/log/book/tile/entries/001", AUDITOR),),
    "/log/{name:str}/tile/{place:path}": (Page("/log/book/tile/0/001"),),
    "/log/{name:str}/vkey": (Page("/log/book/vkey"),),
    "/log/{name:str}/vkeys": (Page("/log/book/vkeys"),),
    "/notices": (Page("/notices"),),
    "/notices/{notice:str}": (Page(f"/notices/{NOTICE}"),),
    "/people": (Page("/people", ADMIN),),
    "/people/{name:str}": (Page("/people/firm-1", ADMIN),),
    "/queue": (Page("/queue", STAFF), Page("/queue", AUTHORITY), Page("/queue", PAYER)),
    "/readyz": (Page("/readyz"),),
    "/reports": (Page("/reports", STAFF), Page("/reports?month=2022-07", STAFF)),
    "/reports/claims": (Page("/reports/claims", STAFF),),
    "/reports/reconciliation/{month:str}": (Page("/reports/reconciliation/2022-07", STAFF),),
    "/reports/schedule": (Page("/reports/schedule", STAFF),),
    "/sign-in": (Page("/sign-in"),),
    "/statistics": (Page("/statistics"),),
    "/verify": (Page("/verify"),),
    "/verify/{number:str}": (Page("/verify/{statement}"),),
    "/what-if": (Page("/what-if", STAFF),),
}
"""By route."""

_FILE: Final = "a file that is written when somebody asks for it"
_SMALL: Final = "no page: some bytes that are the same for everybody"
NOT_MEASURED: Final[dict[str, str]] = {
    "/acting": "for somebody who acts for several enterprises, of whom the ledger has none",
    "/audit/checks/{number:int}": "there is none before somebody starts a check",
    "/audit/checks/{number:int}/findings": "there is none before somebody starts a check",
    "/audit/checks/{number:int}/now": "there is none before somebody starts a check",
    "/audit/log/{name:str}/export": _FILE,
    "/desk/notices/{notice:str}/list/{kind:str}": _FILE,
    "/desk/payments/batch/{batch:str}/file/{kind:str}": _FILE,
    "/enterprise/{enterprise:str}/documents/{sha256:str}": _FILE,
    "/enterprise/{enterprise:str}/statements/{number:str}/file/{form:str}": _FILE,
    "/favicon.ico": _SMALL,
    "/funds/books/{kind:str}": _FILE,
    "/funds/{fund:str}/{year:str}/statement/{number:str}": _FILE,
    "/invitation/{secret:str}": "opened once by each person",
    "/language/{language:str}": "leads on, and asks nothing",
    "/metrics": "asked for by programs, not people",
    "/notices/{notice:str}/{file:str}": _FILE,
    "/reports/month/{month:str}/workbook": _FILE,
    "/reports/reconciliation/{month:str}/workbook": _FILE,
    "/robots.txt": _SMALL,
    "/sign-in/code": "a step of signing in elsewhere",
    "/sign-in/return": "a step of signing in elsewhere",
    "/static/{digest:str}/{name:str}": _SMALL,
    "/what-if/{number:int}": "there is none before somebody asks",
    "/what-if/{number:int}/now": "there is none before somebody asks",
    "/{rest:path}": "what is not there",
}
"""By route, with the reason."""


def list_pages(shown: dict[str, str]) -> Iterator[Page]:
    """Yield each page, with what there is to look at in place of its names."""
    for pages in PAGES.values():
        for page in pages:
            yield page._replace(path=page.path.format(**shown, statement=name(1)))


def is_under_way(page: str) -> bool:
    """Return whether a page says that what it shows is being worked out by a process apart."""
    return "正在统计" in page
