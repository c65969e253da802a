"""A real Chromium that looks at a portal served over HTTP, as people do."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from portal.shell import Shell
from portal.web.app import make_portal
from portal.web.cookies import SESSION_COOKIE
from portal.web.gate import LANGUAGE_COOKIE
from reports.fonts import CACHE, load
from tests.conftest import missing_service
from tests.portal.listening import listening
from tests.servers import MissingServerError, find_program

WIDTHS: Final = (360, 768, 1440)
"""A telephone, a tablet, a desk."""

HEIGHT: Final = 900

WAIT_MS: Final = 15_000

# The typeface of the statements and no other: what is measured and seen is so on every machine.
_FONTS: Final = """<?xml version="1.0"?>
<fontconfig>
<dir>{fonts}</dir>
<cachedir>{cache}</cachedir>
</fontconfig>
"""


# While Playwright runs, no other test of the process can run a loop of its own (asyncio): pyHanko
# does, to seal. So it ends with each module.
@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Yield the system's Chromium, installed by apt where the tests are root's."""
    try:
        path = find_program("chromium", "chromium")
    except MissingServerError:
        missing_service("Chromium", "as root: apt-get install chromium")
    load(CACHE)
    folder = tmp_path_factory.mktemp("fonts")
    (folder / "fonts.conf").write_text(_FONTS.format(fonts=CACHE, cache=folder / "cache"), "utf-8")
    environment: dict[str, str | float | bool] = {
        **os.environ,
        "FONTCONFIG_FILE": str(folder / "fonts.conf"),
    }
    with sync_playwright() as playwright:
        # Root has no sandbox in a container; what it opens is ours.
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"], env=environment
        )
        yield browser
        browser.close()


@contextmanager
def served(shell: Shell, port: int = 0) -> Iterator[str]:
    """Yield the address of a portal that is served meanwhile, in a thread of its own."""
    with listening(make_portal(shell), port) as address:
        yield address


class Visitor:
    """Somebody at a browser: each complaint of the browser is one of ours."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.page: Page = context.new_page()
        self.page.set_default_timeout(WAIT_MS)
        self.address = address
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._hear)

    def _hear(self, message: object) -> None:
        text = str(getattr(message, "text", message))
        if getattr(message, "type", "") == "error" and "Failed to load resource" not in text:
            self.complaints.append(text)

    def open(self, path: str) -> None:
        """Open a page."""
        self.page.goto(self.address + path)

    def resize(self, width: int) -> None:
        """Make the window as wide as another device's."""
        self.page.set_viewport_size({"width": width, "height": HEIGHT})

    def overflow(self) -> int:
        """Return by how much the page is wider than the window."""
        script = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        found: int = self.page.evaluate(script)
        return found

    def picture(self, path: Path) -> None:
        """Keep a picture of the whole page, as JPEG, which is made in less time than PNG."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path, full_page=True, type="jpeg", quality=80)


def picture_name(where: str, width: int) -> str:
    """Return the name of a picture's file; an address has signs that no file's name has."""
    name = re.sub(r"[^\w-]+", "_", where).strip("_")
    return f"{name}-{width}.jpg"


@contextmanager
def visiting(  # noqa: PLR0913 - who comes, and with what
    browser: Browser,
    address: str,
    secret: str = "",
    language: str = "zh",
    *,
    width: int = 1440,
    scripts: bool = True,
) -> Iterator[Visitor]:
    """Yield somebody at a browser, signed in by a session's secret, if there is one."""
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT}, java_script_enabled=scripts
    )
    cookies = {LANGUAGE_COOKIE: language, **({SESSION_COOKIE: secret} if secret else {})}
    context.add_cookies(
        [{"name": name, "value": value, "url": address} for name, value in cookies.items()]
    )
    visitor = Visitor(context, address)
    yield visitor
    context.close()
    assert not visitor.complaints, visitor.complaints
