"""Signing in by an identity provider through the pages, with a browser and without."""

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp
import pytest
from playwright.sync_api import Browser as Chromium

from ledger.config import Settings
from ledger.text import Language
from portal.shell import Shell
from portal.web.app import make_portal
from portal.web.cookies import DEPARTURE_COOKIE, SESSION_COOKIE
from portal.web.headers import POLICY
from tests.portal.chromium import WIDTHS, Visitor, served, visiting
from tests.portal.lobby import Browser, Lobby, lobby, office, on_sqlite
from tests.portal.sign_ons import provider
from tests.servers.kafka import free_ports
from tests.servers.openid import OpenId

__all__ = ["lobby", "office", "provider"]

PASSWORD: Final = "七只骆驼走过三座桥，去看海 seven"  # noqa: S105 - a test's

_ONWARD: Final = re.compile(r'http-equiv="refresh" content="0; url=([^"]+)"')


def away(answer: httpx.Response) -> str:
    """Return where a page leads that goes on by itself."""
    found = _ONWARD.search(answer.text)
    assert found, answer.text
    return html.unescape(found[1])


def back(address: str) -> str:
    """Return what the provider has a browser open of ours."""
    location = httpx.get(address, trust_env=False).headers["location"]
    parts = urlsplit(location)
    return f"{parts.path}?{parts.query}"


def follow(browser: Browser, path: str) -> httpx.Response:
    """Return what a browser is shown at an address with its query."""
    answer: httpx.Response = browser.client.get(path)
    browser.shown = answer.text
    return answer


def sign_on(browser: Browser, to: str = "/") -> httpx.Response:
    """Return what somebody sees who signs in by the provider."""
    browser.open("/sign-in", back=to)
    return follow(browser, back(away(browser.send("/sign-in/provider", back=to))))


def accept(lobby: Lobby, person: str) -> Browser:
    """Return the browser of somebody who has accepted an invitation by the provider."""
    browser = Browser(lobby.browser().client)
    link = lobby.invite(person)
    browser.open(link)
    follow(browser, back(away(browser.send(f"{link}/provider"))))
    return browser


def cookies(answer: httpx.Response) -> dict[str, str]:
    """Return what an answer has a browser keep, and how."""
    lines = answer.headers.get_list("set-cookie")
    return {line.partition("=")[0]: line.partition(";")[2] for line in lines}


@on_sqlite
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_portal_without_a_provider_speaks_of_none(lobby: Lobby, language: str) -> None:
    browser = lobby.browser("", language)
    for path in ("/sign-in", lobby.invite("firm-1")):
        assert "/provider" not in browser.open(path).text
    assert browser.send("/sign-in/provider").status_code == HTTPStatus.NOT_FOUND
    assert "sign-on" not in lobby.browser("task-1", language).open("/account").text


def test_an_invited_person_comes_in_by_an_identity(provider: OpenId, lobby: Lobby) -> None:
    browser = accept(lobby, "firm-1")
    assert "firm-1" in browser.open("/account").text
    before = browser.client.cookies[SESSION_COOKIE]
    browser.send("/sign-out")
    answer = sign_on(browser, "/account")
    assert answer.url.path == "/account"
    assert not answer.url.query
    assert browser.client.cookies[SESSION_COOKIE] != before
    assert DEPARTURE_COOKIE not in browser.client.cookies
    assert provider.subject in answer.text
    assert "此账号没有密码" in answer.text


def test_an_official_gives_his_code_after_the_provider(provider: OpenId, lobby: Lobby) -> None:
    browser = accept(lobby, "task-1")
    shown = browser.open("/account")
    assert shown.url.path == "/account/second-factor"
    secret = re.search(r'<span class="mono">([A-Z2-7]{32})</span>', shown.text)
    assert secret is not None
    app, at_s = pyotp.TOTP(secret[1]), lobby.office.at_ms() // 1000
    browser.send("/account/second-factor", code=app.at(at_s))
    browser.open("/account")
    browser.send("/sign-out")
    asked = sign_on(browser, "/account")
    assert asked.url.path == "/sign-in/code"
    assert "task-1" in asked.text
    assert browser.client.cookies.get(SESSION_COOKIE) is None
    assert browser.send("/sign-in/code", code="000000").status_code == HTTPStatus.CONFLICT
    done = browser.send("/sign-in/code", code=app.at(at_s + 30))
    assert done.url.path == "/account", done.text
    provider.said = {"amr": ["mfa"]}
    browser.send("/sign-out")
    assert "由统一身份认证确认" in sign_on(browser, "/account").text


@on_sqlite
@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_coming_back_leads_nowhere_else(provider: OpenId, lobby: Lobby, to: str) -> None:
    browser = accept(lobby, "firm-1")
    browser.send("/sign-out")
    assert provider.published
    assert sign_on(browser, to).url.host == "testserver.local"


@on_sqlite
def test_whoever_has_no_account_is_told_what_to_do(provider: OpenId, lobby: Lobby) -> None:
    browser = Browser(lobby.browser().client)
    answer = sign_on(browser)
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert "还没有绑定本系统的账号" in answer.text
    assert 'name="password"' in answer.text
    assert browser.client.cookies.get(SESSION_COOKIE) is None
    provider.said = {"nonce": "another"}
    assert "未通过核验" in sign_on(browser).text


@on_sqlite
def test_a_password_still_serves_while_the_provider_is_away(provider: OpenId, lobby: Lobby) -> None:
    browser = Browser(lobby.browser().client)
    link = lobby.invite("firm-1")
    browser.open(link)
    browser.send(link, password=PASSWORD, again=PASSWORD)
    provider.status = 503
    answer = browser.send("/sign-in/provider", back="/account")
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "暂时连不上统一身份认证" in answer.text
    assert browser.send("/sign-in", name="firm-1", password=PASSWORD).status_code == HTTPStatus.OK


@on_sqlite
def test_nobody_is_sent_away_or_brought_back_by_somebody_else(
    provider: OpenId, lobby: Lobby
) -> None:
    browser = accept(lobby, "firm-1")
    browser.send("/sign-out")
    browser.open("/sign-in")
    forged = browser.client.post("/sign-in/provider", data={"_csrf_token": "forged"})
    assert forged.status_code == HTTPStatus.FORBIDDEN
    answer = back(away(browser.send("/sign-in/provider")))
    victim = Browser(lobby.browser("", "en").client)
    assert follow(victim, answer).status_code == HTTPStatus.BAD_REQUEST
    victim.client.cookies.set(DEPARTURE_COOKIE, "planted")
    assert follow(victim, answer).status_code == HTTPStatus.BAD_REQUEST
    assert victim.client.cookies.get(SESSION_COOKIE) is None
    assert provider.asked["token"] == 1, "but for the invitation"
    assert follow(browser, answer).status_code == HTTPStatus.OK
    assert follow(browser, answer).status_code == HTTPStatus.BAD_REQUEST, "twice"


@on_sqlite
def test_what_leads_away_is_a_page_under_the_policy_of_all(provider: OpenId, lobby: Lobby) -> None:
    browser = Browser(lobby.browser().client)
    browser.open("/sign-in")
    answer = browser.send("/sign-in/provider")
    assert answer.headers["content-security-policy"] == POLICY
    said = parse_qs(urlsplit(away(answer)).query)
    assert away(answer).startswith(f"{provider.issuer}/authorize?")
    assert (said["code_challenge_method"], said["scope"]) == (["S256"], ["openid"])
    kept = cookies(answer)[DEPARTURE_COOKIE].lower()
    assert all(one in kept for one in ("httponly", "samesite=lax", "max-age=600", "path=/"))


@on_sqlite
def test_over_tls_no_other_host_plants_what_a_browser_keeps(
    provider: OpenId, lobby: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lobby.shell.settings.oidc_issuer == provider.issuer
    monkeypatch.setenv("SUANQUAN_PUBLIC_URL", "https://suanquan.example.cn")
    from litestar.testing import TestClient  # noqa: PLC0415 - for this one

    portal = make_portal(Shell(Settings.load(), "zh", as_json=True))
    with TestClient(portal, base_url="https://suanquan.example.cn") as client:
        browser = Browser(client)
        browser.open("/sign-in")
        answer = browser.send("/sign-in/provider")
        kept = cookies(answer)
        returns = parse_qs(urlsplit(away(answer)).query)["redirect_uri"]
    assert "secure" in kept[f"__Host-{DEPARTURE_COOKIE}"].lower()
    assert returns == ["https://suanquan.example.cn/sign-in/return"]


def test_an_identity_is_linked_and_taken_away_by_the_pages(provider: OpenId, lobby: Lobby) -> None:
    browser = Browser(lobby.browser().client)
    link = lobby.invite("firm-1")
    browser.open(link)
    browser.send(link, password=PASSWORD, again=PASSWORD)
    browser.send("/sign-in", name="firm-1", password=PASSWORD)
    browser.open("/account")
    wrong = browser.send("/account/sign-on", password="not this one")  # noqa: S106 - a test's
    assert wrong.status_code == HTTPStatus.UNAUTHORIZED
    done = follow(browser, back(away(browser.send("/account/sign-on", password=PASSWORD))))
    assert (done.url.path, provider.subject in done.text) == ("/account", True)
    assert "已绑定，下次可用它登录" in done.text
    admin = lobby.browser("admin-1")
    assert provider.subject in admin.open("/people/firm-1").text
    assert lobby.office.ask("auditor-1", "user", "linked")["rows"][0]["name"] == "firm-1"
    assert lobby.office.ask("task-1", "user", "linked")["error"]["code"] == "not_allowed"
    assert admin.send("/people/sign-on/remove", name="firm-1").url.path == "/people"
    assert browser.open("/account").url.path == "/sign-in"
    assert "还没有绑定" in sign_on(browser).text
    browser.send("/sign-in", name="firm-1", password=PASSWORD)
    browser.open("/account")
    follow(browser, back(away(browser.send("/account/sign-on", password=PASSWORD))))
    assert browser.send("/account/sign-on/remove").url.path == "/sign-in"
    assert lobby.office.ask("admin-1", "user", "unlink", "firm-1") == {
        "name": "firm-1",
        "unlinked": 0,
    }


@contextmanager
def walking(  # noqa: PLR0913, PLR0917 - what a test has
    provider: OpenId,
    monkeypatch: pytest.MonkeyPatch,
    chromium: Chromium,
    language: Language,
    width: int,
    scripts: bool,  # noqa: FBT001 - a table's
) -> Iterator[Visitor]:
    """Yield somebody at a browser, to whom the provider is another site."""
    port = free_ports(1)[0]
    provider.issuer = provider.issuer.replace("127.0.0.1", "localhost")
    monkeypatch.setenv("SUANQUAN_OIDC_ISSUER", provider.issuer)
    monkeypatch.setenv("SUANQUAN_PUBLIC_URL", f"http://127.0.0.1:{port}")
    shell = Shell(Settings.load(), "zh", as_json=True)
    with (
        served(shell, port) as address,
        visiting(chromium, address, language=language, width=width, scripts=scripts) as visitor,
    ):
        yield visitor


@on_sqlite
@pytest.mark.parametrize(("language", "scripts"), [("zh", True), ("en", False)])
def test_a_browser_goes_there_and_back(  # noqa: PLR0913, PLR0917 - fixtures
    provider: OpenId,
    lobby: Lobby,
    monkeypatch: pytest.MonkeyPatch,
    chromium: Chromium,
    language: Language,
    scripts: bool,  # noqa: FBT001 - a table's
) -> None:
    link = lobby.invite("firm-1")
    with walking(provider, monkeypatch, chromium, language, WIDTHS[0], scripts) as visitor:
        page = visitor.page
        visitor.open(link)
        page.locator('form[action$="/provider"] button').click()
        page.wait_for_url("**/account")
        assert provider.subject in page.inner_text("main")
        assert visitor.overflow() <= 0
        page.locator('form[action="/sign-out"] button').click()
        visitor.open("/sign-in?back=/account")
        assert visitor.overflow() <= 0
        page.locator('form[action="/sign-in/provider"] button').click()
        page.wait_for_url("**/account")
        assert "firm-1" in page.inner_text("main")
