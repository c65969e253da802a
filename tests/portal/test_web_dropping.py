"""Papers dropped on a page in a real Chromium are filed as those that were chosen are."""

import base64

from playwright.sync_api import Browser, Page

from tests.papers import make_pdf
from tests.portal.chromium import chromium, served, visiting
from tests.portal.lobby import Lobby, lobby, office, on_sqlite
from tests.small_ledger import CODE

__all__ = ["chromium", "lobby", "office"]

UPLOAD = f"/enterprise/{CODE}/papers/upload"


def drop(page: Page, contents: list[bytes]) -> None:
    """Drop files on the field of a page that takes some."""
    files = page.evaluate_handle(
        """(all) => {
          const held = new DataTransfer();
          for (const [at, text] of all.entries()) {
            const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
            held.items.add(new File([bytes], `c${at}.pdf`, { type: "application/pdf" }));
          }
          return held;
        }""",
        [base64.b64encode(one).decode() for one in contents],
    )
    page.dispatch_event(".drop", "dragover", {"dataTransfer": files})
    page.dispatch_event(".drop", "drop", {"dataTransfer": files})


@on_sqlite
def test_files_that_are_dropped_are_filed(lobby: Lobby, chromium: Browser) -> None:
    secret = lobby.open_session("firm-1")
    with served(lobby.shell) as address, visiting(chromium, address, secret, width=360) as visitor:
        visitor.open(UPLOAD)
        page = visitor.page
        page.select_option("#kind", "contract")
        page.fill("#ref", "C-1")
        drop(page, [make_pdf("one"), make_pdf("two")])
        assert page.evaluate("document.querySelector('.drop input').files.length") == 2
        page.click("form.card button")
        page.wait_for_url("**/papers?done=*")
        assert page.locator(f"a[href^='/enterprise/{CODE}/documents/']").count() == 2
