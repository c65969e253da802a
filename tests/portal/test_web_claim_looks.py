"""Pages of claims in a real Chromium: they fit, hold nobody up, and save what is ticked."""

from collections.abc import Iterator
from typing import Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.portal.chromium import WIDTHS, Visitor, served, visiting
from tests.portal.lobby import Lobby, lobby, office, on_sqlite
from tests.portal.office import ONE, TWO
from tests.small_ledger import CODE

__all__ = ["lobby", "office"]

AT: Final = f"/enterprise/{CODE}/claims"


@pytest.fixture
def address(lobby: Lobby) -> Iterator[str]:
    """Yield the address of the office's portal."""
    with served(lobby.shell) as found:
        yield found


def begin(lobby: Lobby) -> str:
    """Return the id of a draft on one invoice."""
    asked = {"enterprise": CODE, "programme": "hubei", "invoices": [ONE]}
    path = lobby.office.file("draft.json", asked)
    name: str = lobby.office.ask("firm-1", "claim", "draft", "--file", path)["id"]
    return name


@on_sqlite
def test_pages_of_claims_fit_every_window_and_hold_nobody_up(
    lobby: Lobby, address: str, chromium: Browser
) -> None:
    draft, handed = begin(lobby), lobby.office.submit(invoices=[TWO])["id"]
    own = (
        AT,
        f"{AT}/new",
        *(f"{AT}/{draft}{one}" for one in ("", "/invoices", "/papers", "/check")),
    )
    theirs = ("/queue", "/claims", *(f"/claims/{handed}{one}" for one in ("", "/review", "/cut")))
    dense = {f"{AT}/{draft}/invoices", f"/claims/{handed}", f"/claims/{handed}/review"}
    for person, paths in (("firm-1", own), ("task-1", theirs)):
        secret = lobby.open_session(person)
        with visiting(chromium, address, secret, "en", width=WIDTHS[0]) as visitor:
            for path in paths:
                visitor.open(path)
                assert visitor.overflow() <= 0, path
                if path in dense:
                    found = Axe().run(visitor.page).response["violations"]
                    assert not [(one["id"], one["nodes"][0]["html"]) for one in found], path


@on_sqlite
def test_what_is_ticked_is_saved_and_another_tab_is_told(
    lobby: Lobby, address: str, chromium: Browser
) -> None:
    draft, secret = begin(lobby), lobby.open_session("firm-1")

    def tick(visitor: Visitor, said: str) -> None:
        visitor.page.locator(f"#i-{TWO}").click()
        expect(visitor.page.locator("#saved")).to_contain_text(said)

    with (
        visiting(chromium, address, secret) as first,
        visiting(chromium, address, secret) as second,
    ):
        for visitor in (first, second):
            visitor.open(f"{AT}/{draft}/invoices")
        tick(first, "已保存 · 已选 2 张")
        tick(first, "已保存 · 已选 1 张")
        second.page.locator(f"#i-{ONE}").click()
        tick(second, "此后")
        second.open(f"{AT}/{draft}/invoices")
        expect(second.page.locator("#seen")).to_have_value("3")
        tick(second, "已保存 · 已选 2 张")
