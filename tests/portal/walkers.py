"""People who walk through a portal's pages with a browser, a password and a phone each."""

import re
from contextlib import ExitStack
from typing import Final

import pyotp
from playwright.sync_api import Browser, Page

from ledger.text import Language
from portal.web.cookies import SESSION_COOKIE
from tests.portal.chromium import Visitor, visiting
from tests.portal.office import Office

PASSWORD: Final = "七只骆驼走过三座桥，去看海 seven"  # noqa: S105 - a test's

_SECRET: Final = re.compile(r"\b[A-Z2-7]{32}\b")


class Device:
    """What people of a test have in common: the browser, its language and window, scripts."""

    def __init__(
        self, browser: Browser, address: str, language: Language, *, width: int, scripts: bool
    ) -> None:
        self.browser = browser
        self.address = address
        self.language = language
        self.width = width
        self.scripts = scripts

    def visiting(self, stack: ExitStack) -> Visitor:
        """Return somebody at a browser of his own, which is closed with the stack."""
        opened = visiting(
            self.browser,
            self.address,
            language=self.language,
            width=self.width,
            scripts=self.scripts,
        )
        return stack.enter_context(opened)


class Walker:
    """A person at a browser; the public has no name."""

    def __init__(self, device: Device, visitor: Visitor, office: Office, name: str = "") -> None:
        self.device = device
        self.visitor = visitor
        self.name = name
        self._office = office
        self._phone: pyotp.TOTP | None = None
        self._day = office.today

    @property
    def page(self) -> Page:
        """Return the page that is open."""
        return self.visitor.page

    def t(self, zh: str, en: str) -> str:
        """Return words in the language of the pages."""
        return zh if self.device.language == "zh" else en

    # --- looking and doing ---

    def open(self, path: str) -> None:
        """Open a page, once signed in on this day."""
        if self.name and self._day != self._office.today:
            self._day = self._office.today
            self.page.context.clear_cookies(name=SESSION_COOKIE)
            self.sign_in()
        self.visitor.open(path)
        self.fits()

    def fits(self) -> None:
        """Find nothing wider than the window, and no mistake of ours."""
        assert self.visitor.overflow() <= 0, self.page.url
        assert self.page.locator("main").count() == 1, self.page.content()

    def sees(self, *words: str) -> None:
        """Find each of some words on the page."""
        said = self.page.inner_text("main")
        for one in words:
            assert one in said, (one, self.page.url, said)

    def press(self, zh: str, en: str) -> None:
        """Press a button of the page, and wait for what it leads to."""
        self.page.get_by_role("button", name=self.t(zh, en), exact=True).click()
        self.page.wait_for_load_state()
        self.fits()

    def follow(self, zh: str, en: str) -> None:
        """Follow a link of the page's content."""
        self.page.locator("main").get_by_role("link", name=self.t(zh, en)).first.click()
        self.page.wait_for_load_state()
        self.fits()

    def fill(self, **said: str) -> None:
        """Fill fields in by their names."""
        for name, value in said.items():
            self.page.locator(f'[name="{name}"]:not([type=hidden])').fill(value)

    # --- coming in ---

    def arrive(self, link: str) -> None:
        """Set a password by a one-time link, sign in, and set the phone up if it is asked for."""
        self.visitor.open(link)
        self.fill(password=PASSWORD, again=PASSWORD)
        self.press("设置密码", "Set password")
        self.sees(self.t("密码已设置，请登录", "Your password is set: sign in"))
        self.sign_in()
        if found := _SECRET.search(self.page.inner_text("main")):
            self._phone = pyotp.TOTP(found[0])
            self.fill(code=self._code())
            self.press("启用", "Turn on")
            self.sees(self.t("恢复码", "recovery codes"))
            self.follow("已保存，继续", "I kept them: go on")

    def sign_in(self) -> None:
        """Sign in by the form."""
        self.visitor.open("/sign-in")
        self.fill(name=self.name, password=PASSWORD, code=self._code())
        self.press("登录", "Sign in")

    def _code(self) -> str:
        """Return what the phone shows, nothing without one."""
        return self._phone.at(self._office.at_ms() // 1000) if self._phone else ""
