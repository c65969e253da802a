"""Pages in a real Chromium: nothing wider than the window, no complaint, no barrier (axe-core).

`SUANQUAN_PICTURES=DIR` keeps a picture of each page in both languages at every width.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.portal.chromium import WIDTHS, Visitor, chromium, served, visiting
from tests.portal.lobby import Lobby, lobby, office

__all__ = ["chromium", "lobby", "office"]

PAGES: Final[dict[str, tuple[str, ...]]] = {
    "": ("/", "/sign-in", "/nowhere"),
    "firm-1": ("/account",),
    "task-1": ("/account",),
}
"""Which pages each person looks at; the public's are under no name."""

GRAVE: Final = frozenset({"serious", "critical"})


@pytest.fixture
def address(lobby: Lobby) -> Iterator[str]:
    """Yield the address of the office's portal."""
    with served(lobby.shell) as found:
        yield found


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_pages_fit_every_window_and_hold_nobody_up(
    lobby: Lobby, address: str, chromium: Browser
) -> None:
    for person, paths in PAGES.items():
        secret = lobby.open_session(person) if person else ""
        for language in ("zh", "en"):
            for width in WIDTHS:
                with visiting(chromium, address, secret, language, width=width) as visitor:
                    for path in paths:
                        visitor.open(path)
                        _look(visitor, f"{person}{path}-{language}-{width}")
                        if width == WIDTHS[-1]:
                            assert not _barriers(visitor), (person, path, language)


def _look(visitor: Visitor, name: str) -> None:
    """Look at the page that is open."""
    if folder := os.environ.get("SUANQUAN_PICTURES"):
        visitor.picture(Path(folder), name)
    assert visitor.overflow() <= 0, name


def _barriers(visitor: Visitor) -> list[Any]:
    """Return what keeps somebody from using the page that is open."""
    found = Axe().run(visitor.page).response["violations"]
    return [
        (one["id"], [node["html"] for node in one["nodes"]])
        for one in found
        if one["impact"] in GRAVE
    ]
