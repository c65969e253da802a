"""Pages of the portal as people of a small office see them, and at most how large."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import copytree
from typing import Any, Final

import pytest
from httpx import Response

from portal.web import gate
from tests.portal.desks import answer
from tests.portal.furnished import Made
from tests.portal.lobby import Lobby
from tests.portal.office import Office, at
from tests.small_ledger import SmallLedger

PAGE_BYTES_MAX: Final = 60_000
"""What a page may have at most, before it is compressed."""


class Pages:
    """The pages of an office's portal, whoever looks at them."""

    def __init__(self, office: Office, stack: ExitStack) -> None:
        self.office = office
        self.lobby = Lobby(office, stack)

    @property
    def ledger(self) -> SmallLedger:
        """Return the ledger that the portal shows."""
        return self.office.ledger

    def get(self, path: str, who: str = "firm-1", language: str = "zh") -> Response:
        """Return the answer to somebody, whatever it is."""
        return self.lobby.browser(who, language).client.get(path, follow_redirects=False)

    def see(self, path: str, who: str = "firm-1", language: str = "zh") -> str:
        """Return a page that somebody may see."""
        browser = self.lobby.browser(who, language)
        found = browser.client.get(path)
        browser.shown = found.text
        assert found.status_code == 200, (path, found.status_code, found.text)
        assert len(found.content) < PAGE_BYTES_MAX, path
        return found.text

    def send(self, path: str, who: str = "firm-1", **fields: Any) -> Response:  # noqa: ANN401 - texts
        """Return what a form led to."""
        return self.lobby.browser(who).send(path, **fields)


@contextmanager
def opened(made: Made, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Pages]:
    """Yield the pages of a copy of an office."""
    copytree(made.home, folder / "home")
    with ExitStack() as stack:
        url = stack.enter_context(made.copied())
        ledger = SmallLedger(url, is_made=True)
        stack.callback(ledger.close)
        office = at(ledger, url, folder, patch, answer, made.tokens)
        patch.setattr(gate, "now_ms", office.at_ms)
        yield Pages(office, stack)


@pytest.fixture
def pages(
    office_on_sqlite: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Pages]:
    """Yield the pages of an office of its own, whose ledger is a file."""
    with opened(office_on_sqlite, tmp_path, monkeypatch) as found:
        yield found


@pytest.fixture
def pages_on_postgresql(
    office_on_postgresql: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Pages]:
    """Yield the same where the ledger is a server's, which gives each access its own rights."""
    with opened(office_on_postgresql, tmp_path, monkeypatch) as found:
        yield found
