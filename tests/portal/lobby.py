"""The portal's lobby: an office's portal, and a browser for each person who comes.

A person's session is opened without the form, as the form would have opened it.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from http import HTTPStatus
from typing import Any, Final

import pytest
from httpx import Response
from litestar.testing import TestClient
from sqlalchemy import Engine

from ledger.accounts import confirm_secret, find_account, propose_secret, set_password
from ledger.config import Settings
from portal.accounts.invitations import invite
from portal.accounts.keys import AccountKeys
from portal.accounts.one_time_code import new_secret
from portal.accounts.sessions import begin_session
from portal.acting import at_console
from portal.shell import Shell
from portal.web import gate, recording
from portal.web.api.pace import Pace
from portal.web.app import make_portal
from portal.web.cookies import SESSION_COOKIE
from portal.web.gate import LANGUAGE_COOKIE
from tests.portal.callers import NO_LIMITS
from tests.portal.office import Office, office
from tests.queries import counted

__all__ = ["office"]

on_sqlite: Final = pytest.mark.parametrize("office", ["sqlite"], indirect=True)
"""For a test of words on a page, which no database changes."""

_TOKEN: Final = re.compile(r'name="_csrf_token" value="(\w+)"')


class Browser:
    """Somebody's browser, without scripts: it keeps cookies and sends the forms it was shown."""

    def __init__(self, client: TestClient[Any]) -> None:
        self.client = client
        self.shown = ""

    def open(self, path: str, **query: str) -> Response:
        """Return a page, redirects followed."""
        answer = self.client.get(path, params=query)
        self.shown = answer.text
        return answer

    def send(self, path: str, *, files: Any = None, **fields: Any) -> Response:  # noqa: ANN401 - strings, or lists of them
        """Return what a form led to, with the token of the page that was shown last."""
        data = {"_csrf_token": self.token(), **fields}
        answer = self.client.post(path, data=data, files=files)
        self.shown = answer.text
        return answer

    def token(self) -> str:
        """Return the token of the forms that were shown last, else of any page."""
        found = _TOKEN.search(self.shown) or _TOKEN.search(self.open("/account").text)
        assert found, self.shown
        return found[1]


class Lobby:
    """An office's portal."""

    def __init__(self, office: Office, stack: ExitStack) -> None:
        self.office = office
        self.shell = Shell(Settings.load(), "zh", as_json=True)
        self._stack = stack
        self._open = stack.enter_context(ExitStack())
        self._browsers: dict[tuple[str, str], Browser] = {}
        self._days: dict[tuple[str, str], str] = {}

    def browser(self, person: str = "", language: str = "zh") -> Browser:
        """Return a person's browser, signed in today; the public's for nobody."""
        key, today = (person, language), self.office.today
        if key not in self._browsers:
            # A worker each, as a server may run several: nothing may rest on one that remembers.
            portal = make_portal(Shell(self.shell.settings, "zh", as_json=True), Pace(*NO_LIMITS))
            client = self._open.enter_context(TestClient(portal))
            client.cookies.set(LANGUAGE_COOKIE, language)
            self._browsers[key] = Browser(client)
        found = self._browsers[key]
        if person and self._days.get(key) != today:
            found.client.cookies.set(SESSION_COOKIE, self.open_session(person))
            self._days[key] = today
        return found

    def close(self) -> None:
        """End the portal's processes; whoever comes next finds new ones."""
        self._open.close()
        self._open = self._stack.enter_context(ExitStack())
        self._browsers.clear()
        self._days.clear()

    def ask(self, who: str, method: str, path: str, **said: Any) -> Response:  # noqa: ANN401 - what httpx takes
        """Return the answer to a request from somebody's browser; it is led nowhere."""
        return self.browser(who).client.request(method, path, follow_redirects=False, **said)

    def see(self, who: str, path: str, status: int = HTTPStatus.OK) -> str:
        """Return the text of a page, once its status is what is expected."""
        answer = self.ask(who, "GET", path)
        assert answer.status_code == status, (path, answer.status_code, answer.text[:2000])
        self.browser(who).shown = answer.text
        return answer.text

    def send(
        self,
        who: str,
        path: str,
        said: dict[str, Any],
        seen: str | None = None,
        files: Any = None,  # noqa: ANN401 - what httpx takes
    ) -> Response:
        """Return the answer to a form that was sent from the page at `seen`, else at its path."""
        self.see(who, seen or path)
        data = {"_csrf_token": self.browser(who).token(), **said}
        return self.ask(who, "POST", path, data=data, files=files)

    def invite(self, person: str, by: str = "admin-1") -> str:
        """Return the address of a one-time link that an administrator gives a person."""
        with at_console(self.shell, at_ms=self.office.at_ms()) as act:
            act.actor = by
            return invite(act, person).address("")

    def open_session(self, person: str, *, second_factor: bool = True) -> str:
        """Return the secret of a new session of a person, whose account has a second factor."""
        now_ms, keys = self.office.at_ms(), AccountKeys(self.shell.settings.home)
        with self.shell.writing() as engine, engine.begin() as connection:
            if find_account(connection, person) is None:
                set_password(connection, person, "none: opened by a test", now_ms)
                if second_factor:
                    sealed = keys.seal(person, new_secret())
                    propose_secret(connection, person, sealed)
                    confirm_secret(connection, person, sealed, now_ms)
            return begin_session(connection, person, now_ms).secret


@pytest.fixture
def lobby(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lobby]:
    """Yield an office's portal, on the office's clock."""
    monkeypatch.setattr(gate, "now_ms", office.at_ms)
    # Accesses are recorded when a process ends, so that they count among no page's queries.
    monkeypatch.setattr(recording, "TAKEN_IN_S", 86_400)
    with ExitStack() as stack:
        yield Lobby(office, stack)


def count_queries(browser: Browser, path: str) -> int:
    """Return how many queries a page costs whoever has looked at it before."""
    browser.open(path)
    with counted(Engine) as asked:
        answer = browser.open(path)
    assert answer.status_code == HTTPStatus.OK, answer.text
    return len(asked)
