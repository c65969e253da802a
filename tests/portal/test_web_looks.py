"""Pages in a real Chromium: nothing wider than the window, no complaint, no barrier (axe-core).

A picture of each page, in both languages and at every width, is left in `build/gallery`, with a
page that shows them side by side.
"""

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from litestar.routes import HTTPRoute
from playwright.sync_api import Browser

from ledger.text import Language
from portal.web.app import make_app
from tests.portal.chromium import WIDTHS, Visitor, picture_name, served, visiting
from tests.portal.gallery import Gallery, gallery
from tests.portal.office import OTHER
from tests.small_ledger import CODE

__all__ = ["gallery"]

PICTURES: Final = Path(__file__).parents[2] / "build" / "gallery"

FIRM: Final = f"/enterprise/{CODE}"

NO_PAGES: Final = (
    "/api/",
    "/audit/checks/{number:int}/now",
    "/audit/checks/{number:int}/findings",
    "/what-if/{number:int}/now",
    "/audit/log/{name:str}/export",
    "/audit/log/{name:str}/{index:int}/proof",
    "/log/",
    "/static/",
    "/language/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/favicon.ico",
    "/robots.txt",
    "/{rest:path}",
    "/funds/books/",
    "/funds/{fund:str}/{year:str}/statement/",
    "/notices/{notice:str}/{file:str}",
    "/desk/notices/{notice:str}/list/",
    "/desk/payments/batch/{batch:str}/file/",
    "/reports/month/{month:str}/workbook",
    "/reports/reconciliation/{month:str}/workbook",
    "/enterprise/{enterprise:str}/documents/",
    "/enterprise/{enterprise:str}/usage/now",
    "/enterprise/{enterprise:str}/statements/{number:str}/file/",
)
"""What addresses of files, of programs and of parts begin with: nobody looks at these."""

ENROLLING: Final = "task-2"
"""Who has no second factor yet."""

AGENT: Final = "agent-1"
"""Who acts for two enterprises."""

FIRST_BYTES_MAX: Final = 60_000
FETCHED: Final = """() => ["navigation", "resource"].flatMap((kind) =>
  performance.getEntriesByType(kind).map((one) => one.transferSize))"""

GRAVE: Final = frozenset({"serious", "critical"})


def pages(gallery: Gallery) -> dict[str, list[str]]:
    """Return which pages each person looks at; the public's are under no name."""
    shown = gallery.shown
    firm = [
        FIRM,
        *(f"{FIRM}/{path}" for path in ("usage", "plan", "claims", "papers", "statements")),
    ]
    return {
        "": [
            "/",
            "/sign-in",
            "/sign-in/code",
            "/sign-in/return",
            "/nowhere",
            "/notices",
            f"/notices/{shown.notice}",
            "/verify",
            "/statistics",
            f"/verify/{shown.statement}",
            gallery.lobby.invite("authority-2"),
        ],
        "firm-1": [
            *firm,
            f"{FIRM}/plan/hubei",
            f"{FIRM}/papers/all/invoices",
            *(
                f"{FIRM}/papers/new/{one}"
                for one in ("contract", "amendment", "invoice", "payment", "declaration")
            ),
            f"{FIRM}/papers/own/account",
            f"{FIRM}/papers/own/contact",
            f"{FIRM}/papers/upload",
            f"{FIRM}/statements/{shown.statement}",
            f"{FIRM}/statements/{shown.statement}/usage",
            f"{FIRM}/statements/{shown.statement}/usage?contract=C-1&resource=a100",
            f"{FIRM}/claims/new",
            f"{FIRM}/claims/{shown.draft}",
            *(f"{FIRM}/claims/{shown.draft}/{step}" for step in ("invoices", "papers", "check")),
            f"{FIRM}/claims/{shown.returned}",
            f"/claims/{shown.returned}",
            f"/claims/{shown.paid}",
            f"/claims/{shown.submitted}/withdraw",
            f"/claims/{shown.submitted}/review",
            "/account",
            "/acting",
        ],
        AGENT: ["/acting", FIRM, f"/claims/{shown.returned}"],
        "stranger-1": [one.replace(CODE, OTHER) for one in firm],
        "task-1": [
            "/queue",
            "/claims",
            "/claims?standing=rejected",
            f"/claims/{shown.submitted}",
            *(f"/claims/{shown.submitted}/{act}" for act in ("review", "return", "cut")),
            "/enterprises",
            "/enterprises/new",
            f"{FIRM}/papers",
            *(
                f"{FIRM}/papers/new/{one}"
                for one in ("registration", "qualification", "revocation")
            ),
            "/what-if",
            "/what-if/1",
            "/what-if/2",
            FIRM,
            "/account",
        ],
        "authority-1": [
            "/queue",
            "/desk/notices",
            "/desk/notices/draw/hubei",
            f"/desk/notices/{shown.notice}",
            f"/claims/{shown.noticed}/object",
            f"/claims/{shown.objected}",
            f"/claims/{shown.objected}/settle",
            f"/claims/{shown.paid}/assess",
        ],
        "finance-1": [
            "/queue",
            "/desk/payments",
            "/desk/payments/order/hubei",
            "/desk/payments/answer",
            f"/desk/payments/batch/{shown.batch}",
            *(f"/claims/{shown.ordered}/{act}" for act in ("pay", "fail")),
            f"/claims/{shown.assessed}/recover",
            "/funds",
            "/funds/hubei/2022",
            "/funds/act/appropriate",
        ],
        "auditor-1": [
            "/audit",
            "/audit/log/book",
            "/audit/log/book/0",
            "/reports",
            "/reports?month=2022-09",
            "/reports/claims",
            "/reports/reconciliation/2022-09",
            "/reports/schedule",
            "/audit/statements",
            f"/audit/statements/{shown.statement}",
            f"/audit/statements/{shown.statement}/usage?contract=C-1&resource=a100",
            "/audit/people",
            "/audit/access",
            "/audit/log/access",
            "/audit/checks",
            "/audit/checks/1",
            "/audit/checks/2",
            "/claims",
            f"/claims/{shown.paid}",
            "/funds",
        ],
        "admin-1": ["/people", "/people/authority-1", "/account"],
        ENROLLING: ["/account/second-factor"],
    }


@pytest.fixture
def address(gallery: Gallery) -> Iterator[str]:
    """Yield the address of the furnished office's portal."""
    with served(gallery.lobby.shell) as found:
        yield found


def test_every_page_is_looked_at(gallery: Gallery) -> None:
    seen = {one.partition("?")[0] for paths in pages(gallery).values() for one in paths}
    left = []
    for route in make_app(gallery.lobby.shell).routes:
        if not isinstance(route, HTTPRoute) or "GET" not in route.methods:
            continue
        if route.path != "/" and route.path.startswith(NO_PAGES):
            continue
        form = re.compile(re.sub(r"\{[^}]*\}", "[^/]+", route.path))
        if not any(map(form.fullmatch, seen)):
            left.append(route.path)
    assert not left, "pages(…) has none of these: look at them too"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_fit_every_window_and_hold_nobody_up(
    gallery: Gallery, address: str, chromium: Browser, language: Language
) -> None:
    wrong: list[object] = []
    seen: list[str] = []
    for person, paths in pages(gallery).items():
        has_code = person != ENROLLING
        secret = gallery.lobby.open_session(person, second_factor=has_code) if person else ""
        with visiting(chromium, address, secret, language) as visitor:
            for path in paths:
                visitor.open(path)
                where = f"{person or 'nobody'}{gallery.name(path)}-{language}"
                seen.append(where)
                wrong += [(where, one) for one in _barriers(visitor)]
                wrong += _look(visitor, where)
    hang(seen, language)
    assert not wrong, "\n".join(map(str, wrong))


def test_a_first_visit_fetches_less_than_a_photograph(address: str, chromium: Browser) -> None:
    with visiting(chromium, address) as visitor:
        visitor.open("/")
        sizes = visitor.page.evaluate(FETCHED)
    assert len(sizes) > 3, "the page, its style and its scripts"
    assert sum(sizes) < FIRST_BYTES_MAX, sizes


def hang(seen: list[str], language: Language) -> None:
    """Leave a page on which all pictures hang, a row for each page that was looked at."""
    rows = [
        f"<h2>{escape(where)}</h2>"
        + "".join(f'<img loading="lazy" src="{picture_name(where, one)}" alt="">' for one in WIDTHS)
        for where in seen
    ]
    style = "<style>img{vertical-align:top;margin-right:1em;border:1px solid}</style>"
    page = f'<!doctype html><meta charset="utf-8"><title>{language}</title>{style}{"".join(rows)}'
    (PICTURES / f"{language}.html").write_text(page, "utf-8")


def _look(visitor: Visitor, where: str) -> Iterator[str]:
    """Yield in which windows the page that is open is too wide."""
    for width in WIDTHS:
        visitor.resize(width)
        visitor.picture(PICTURES / picture_name(where, width))
        if visitor.overflow() > 0:
            yield f"{where} is wider than {width}"


def _barriers(visitor: Visitor) -> list[Any]:
    """Return what keeps somebody from using the page that is open."""
    found = Axe().run(visitor.page).response["violations"]
    return [
        (one["id"], [node["html"] for node in one["nodes"]])
        for one in found
        if one["impact"] in GRAVE
    ]
