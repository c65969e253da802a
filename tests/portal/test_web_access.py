"""Every route and method, walked as everybody who may not: generated from the router itself."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import pytest
from httpx import Response
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from ledger.events import Role
from ledger.read import read_heads
from portal.shell import Shell
from portal.web.address import API
from portal.web.app import make_app
from portal.web.audience import ANYBODY, INSIDERS, SIGNED_IN
from tests.portal.lobby import Lobby, lobby, office
from tests.small_ledger import CODE

__all__ = ["lobby", "office"]

PEOPLE: Final[dict[str, Role]] = {
    "admin-1": "administrator",
    "auditor-1": "auditor",
    "authority-1": "authority",
    "finance-1": "finance",
    "task-1": "task_force",
    "firm-1": "enterprise",
    "stranger-1": "enterprise",
}
"""Somebody of each role; the stranger's enterprise is another one."""

OWN: Final[dict[str, str]] = {"enterprise": CODE}
"""What stands in an address; any other parameter names something that is not there."""

NOWHERE: Final = "SQ-AAAAAAAAAA"

SCRIPTED: Final = {"hx-request": "true"}
"""What a form or a part of a page sends along where the browser has scripts."""


class Way(NamedTuple):
    """One way in: an address with its parameters filled in, a method, and who may use it."""

    path: str
    method: str
    who: Any
    handler: HTTPRouteHandler
    is_of_enterprise: bool


def ways(shell: Shell) -> Iterator[Way]:
    """Yield every way into the portal."""
    for route in make_app(shell).routes:
        if not isinstance(route, HTTPRoute):
            continue
        parts = [
            one if isinstance(one, str) else OWN.get(one.name, "9" if one.type is int else NOWHERE)
            for one in route.path_components
        ]
        names = {one.name for one in route.path_components if not isinstance(one, str)}
        for handler in route.route_handlers:
            methods = set(handler.http_methods - {"OPTIONS"})
            for method in sorted(methods | ({"HEAD"} if "GET" in methods else set())):
                who = handler.opt.get("who")
                yield Way("/" + "/".join(parts), method, who, handler, "enterprise" in names)


def test_every_way_in_names_its_audience(lobby: Lobby) -> None:
    found = list(ways(lobby.shell))
    assert len(found) > 10
    assert all(one.who in (ANYBODY, SIGNED_IN) or one.who for one in found)


def test_nobody_comes_in_where_he_has_to_sign_in(lobby: Lobby) -> None:
    stranger = lobby.browser()
    for way in ways(lobby.shell):
        if way.who == ANYBODY:
            continue
        answer = _ask(lobby, "", way)
        if way.path.startswith(API):
            assert answer.status_code == 401, way
            continue
        assert answer.status_code == 303, way
        assert answer.headers["location"].startswith("/sign-in"), way
        # A script would put the page that it is led to into the one that is open.
        assert _ask(lobby, "", way, SCRIPTED).status_code == 401, way
    assert stranger.client.cookies.get("suanquan_session") is None


@pytest.mark.parametrize("person", PEOPLE)
def test_a_wrong_role_gets_no_page_and_moves_nothing(lobby: Lobby, person: str) -> None:
    before = _size(lobby)
    for way in ways(lobby.shell):
        if way.path.startswith(API) or _may(person, way):
            continue
        is_foreign = person == "stranger-1" and way.is_of_enterprise and "enterprise" in way.who
        for headers in ({}, SCRIPTED):
            answer = _ask(lobby, person, way, headers)
            assert answer.status_code == (404 if is_foreign else 403), (way, answer.status_code)
            assert way.method != "HEAD" or not answer.content, way
    assert _size(lobby) == before


@pytest.mark.parametrize("person", PEOPLE)
def test_whoever_may_open_a_page_gets_an_answer_that_is_no_mistake(
    lobby: Lobby, person: str
) -> None:
    for way in ways(lobby.shell):
        if way.path.startswith(API) or not _may(person, way) or way.method == "POST":
            continue
        answer = _ask(lobby, person, way, SCRIPTED if way.method == "GET" else {})
        assert answer.status_code < 500, (way, answer.text[:400])
        assert answer.status_code != 403, way
        assert way.method != "HEAD" or not answer.content, way


@pytest.mark.parametrize(
    "path",
    ["/", "/notices", "/nowhere", "/people", "/robots.txt", "/api/v1/programmes", "/api/v1/me"],
)
def test_a_head_is_answered_as_a_get_without_its_body(lobby: Lobby, path: str) -> None:
    client = lobby.browser("admin-1").client
    plain = {"accept-encoding": "identity"}
    got, head = (
        client.request(one, path, headers=plain, follow_redirects=False) for one in ("GET", "HEAD")
    )
    assert (head.status_code, head.content) == (got.status_code, b"")
    told = [{**one.headers, "x-request-id": "", "set-cookie": ""} for one in (got, head)]
    assert told[0] == told[1]


def test_what_takes_no_get_takes_no_head(lobby: Lobby) -> None:
    answer = lobby.browser().client.head("/api/v1/statements/verify")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"OPTIONS", "POST"}


def test_every_address_says_which_methods_it_takes(lobby: Lobby) -> None:
    client = lobby.browser().client
    taken: dict[str, set[str]] = {}
    for way in ways(lobby.shell):
        taken.setdefault(way.path, {"OPTIONS"}).add(way.method)
    for path, methods in taken.items():
        answer = client.options(path)
        assert answer.status_code == 204, path
        assert set(answer.headers["allow"].split(", ")) == methods, path


def _may(person: str, way: Way) -> bool:
    """Return whether a person is of a route's audience."""
    if way.who in (ANYBODY, SIGNED_IN):
        return True
    if PEOPLE[person] not in way.who:
        return False
    is_insider = PEOPLE[person] in INSIDERS
    return not way.is_of_enterprise or is_insider or person == "firm-1"


def _ask(
    lobby: Lobby, person: str, way: Way, headers: Mapping[str, str] = MappingProxyType({})
) -> Response:
    """Return the answer to a request as a browser would send it, redirects not followed."""
    browser = lobby.browser(person)
    data = {"_csrf_token": browser.token()} if way.method == "POST" else None
    return browser.client.request(
        way.method, way.path, data=data, headers=dict(headers), follow_redirects=False
    )


def _size(lobby: Lobby) -> int:
    """Return how many entries the book has."""
    with lobby.shell.reading() as connection:
        return read_heads(connection)["book"].size
