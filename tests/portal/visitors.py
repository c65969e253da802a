"""People at an office's portal who see pages and send forms from them, led nowhere."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from typing import Any, Final

import pytest
from httpx import Response
from sqlalchemy import Engine, event

from portal.web import gate
from portal.web.cookies import SESSION_COOKIE
from tests.portal.lobby import Browser, Lobby
from tests.portal.office import Office, office

__all__ = ["office"]

_TOKEN: Final = re.compile(r'name="_csrf_token" value="([^"]+)"')

on_sqlite: Final = pytest.mark.parametrize("office", ["sqlite"], indirect=True)
"""For a test of words on a page, which no database changes."""


class Visitors:
    """Whoever comes to an office's portal; on another day he has signed in again."""

    def __init__(self, lobby: Lobby) -> None:
        self._lobby = lobby
        self._today: dict[str, str] = {}

    def ask(self, who: str, method: str, path: str, **said: Any) -> Response:  # noqa: ANN401
        """Return the answer to a request from somebody's browser; it is led nowhere."""
        client = self._lobby.browser(who).client
        today = self._lobby.office.today
        if self._today.setdefault(who, today) != today:
            self._today[who] = today
            client.cookies.set(SESSION_COOKIE, self._lobby.open_session(who))
        answer = client.request(method, path, follow_redirects=False, **said)
        assert isinstance(answer, Response)
        return answer

    def see(self, who: str, path: str, status: int = 200) -> str:
        """Return the text of a page, once its status is what is expected."""
        answer = self.ask(who, "GET", path)
        assert answer.status_code == status, (path, answer.status_code, answer.text[:2000])
        return str(answer.text)

    def send(
        self,
        who: str,
        path: str,
        said: dict[str, Any],
        seen: str | None = None,
        files: Any = None,  # noqa: ANN401
    ) -> Response:
        """Return the answer to a form that was sent from the page at `seen`, else at its path."""
        found = _TOKEN.search(self.see(who, seen or path))
        assert found, path
        return self.ask(who, "POST", path, data={"_csrf_token": found[1], **said}, files=files)


@pytest.fixture
def portal(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visitors]:
    """Yield the portal of an office at its clock."""
    monkeypatch.setattr(gate, "now_ms", office.at_ms)
    with ExitStack() as stack:
        yield Visitors(Lobby(office, stack))


@contextmanager
def counting() -> Iterator[list[str]]:
    """Yield the queries that are sent to any database meanwhile."""
    asked: list[str] = []

    def take(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", take)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", take)


def count_queries(browser: Browser, path: str) -> int:
    """Return how many queries a page costs whoever has looked at it before."""
    browser.open(path)
    with counting() as asked:
        answer = browser.open(path)
    assert answer.status_code == HTTPStatus.OK, answer.text
    return len(asked)
