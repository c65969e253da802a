"""Signing in by the pages: links, codes, refusals, and where a session may and may not go."""

import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event
from typing import Any, Final, Literal

import pyotp
import pytest
from argon2 import PasswordHasher

from portal.accounts import passwords
from portal.accounts.backoff import FREE_OF_ADDRESS
from portal.web.cookies import SESSION_COOKIE
from tests.portal.lobby import Browser, Lobby, lobby, office

__all__ = ["lobby", "office"]

WRONG: Final = "not this one"
PASSWORD: Final = "七只骆驼走过三座桥，去看海 seven"  # noqa: S105 - a test's


def arrive(lobby: Lobby, person: str) -> Browser:
    """Return the browser of somebody who has set a password by a link."""
    browser = Browser(lobby.browser().client)
    link = lobby.invite(person)
    assert person in browser.open(link).text
    answer = browser.send(link, password=PASSWORD, again=PASSWORD)
    assert answer.url.path == "/sign-in", answer.text
    return browser


def test_an_enterprise_sets_its_password_and_signs_in(lobby: Lobby) -> None:
    browser = arrive(lobby, "firm-1")
    answer = browser.send("/sign-in", name="firm-1", password=PASSWORD, back="/account")
    assert answer.url.path == "/account"
    assert "firm-1" in answer.text
    assert browser.send("/sign-out").url.path == "/"
    assert browser.open("/account").url.path == "/sign-in"


def test_an_official_sets_up_codes_before_anything_else(lobby: Lobby) -> None:
    browser = arrive(lobby, "task-1")
    answer = browser.send("/sign-in", name="task-1", password=PASSWORD, back="/account")
    assert answer.url.path == "/account/second-factor"
    secret = re.search(r'<span class="mono">([A-Z2-7]{32})</span>', answer.text)
    assert secret is not None
    before = browser.client.cookies[SESSION_COOKIE]
    wrong = browser.send("/account/second-factor", code="000000")
    assert wrong.status_code in (401, 409)
    assert secret[1] in wrong.text
    app = pyotp.TOTP(secret[1])
    done = browser.send("/account/second-factor", code=app.at(lobby.office.at_ms() // 1000))
    assert len(re.findall(r"<li>[A-Z2-7-]{10,}</li>", done.text, re.IGNORECASE)) == 10
    assert browser.client.cookies[SESSION_COOKIE] != before
    assert browser.open("/account").status_code == 200


class Held(PasswordHasher):
    """A hasher that takes as long as a test wants."""

    def __init__(self) -> None:
        super().__init__(1, 1024, 1)
        self.may_go_on = Event()

    def verify(self, *said: Any, **how: Any) -> Literal[True]:  # noqa: ANN401 - the library's
        """Return what the library does, later."""
        self.may_go_on.wait()
        return super().verify(*said, **how)


def test_nobody_waits_for_a_page_while_many_sign_in(
    lobby: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, browser = Held(), lobby.browser()
    monkeypatch.setattr(passwords, "HASHER", held)
    said = {"_csrf_token": browser.token(), "password": WRONG}
    # More than a server has threads for its handlers, whatever machine it is on.
    with ThreadPoolExecutor(FREE_OF_ADDRESS) as pool:
        send = partial(browser.client.post, "/sign-in")
        trying = [pool.submit(send, data={**said, "name": f"x-{n}"}) for n in range(40)]
        page = pool.submit(browser.client.get, "/notices")
        try:
            assert page.result(timeout=20).status_code == 200
            assert not any(one.done() for one in trying)
        finally:
            held.may_go_on.set()
        assert {one.result().status_code for one in trying} == {401}


def test_whoever_is_refused_is_shown_the_form_and_nothing_of_his_password(lobby: Lobby) -> None:
    browser = lobby.browser()
    answer = browser.send("/sign-in", name="firm-1", password=WRONG, back="/")
    assert answer.status_code == 401
    assert 'value="firm-1"' in answer.text
    assert WRONG not in answer.text


def test_a_link_serves_once(lobby: Lobby) -> None:
    link = lobby.invite("firm-1")
    browser = Browser(lobby.browser().client)
    browser.open(link)
    assert browser.send(link, password=PASSWORD, again="another").status_code == 400
    assert browser.send(link, password=WRONG, again=WRONG).status_code == 400
    assert browser.send(link, password=PASSWORD, again=PASSWORD).url.path == "/sign-in"
    assert browser.open(link).status_code == 404
    assert browser.open("/invitation/no-such-link").status_code == 404


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_signing_in_leads_nowhere_else(lobby: Lobby, back: str) -> None:
    browser = arrive(lobby, "firm-1")
    answer = browser.send("/sign-in", name="firm-1", password=PASSWORD, back=back)
    assert answer.url.host == "testserver.local"


def test_a_session_that_somebody_planted_is_not_the_one_that_counts(lobby: Lobby) -> None:
    browser = arrive(lobby, "firm-1")
    browser.client.cookies.set(SESSION_COOKIE, "planted")
    browser.send("/sign-in", name="firm-1", password=PASSWORD, back="/account")
    kept = [one.value for one in browser.client.cookies.jar if one.name == SESSION_COOKIE]
    assert all(one != "planted" for one in kept[-1:])
    other = Browser(lobby.browser("", "en").client)
    other.client.cookies.set(SESSION_COOKIE, "planted")
    assert other.open("/account").url.path == "/sign-in"


def test_a_form_from_elsewhere_signs_nobody_in_or_out(lobby: Lobby) -> None:
    browser = lobby.browser("firm-1")
    browser.open("/account")
    answer = browser.client.post("/sign-out", data={"_csrf_token": "forged"})
    assert answer.status_code == 403
    assert "表单已失效" in answer.text
    assert browser.open("/account").status_code == 200


def test_a_password_is_changed_by_whoever_knows_it(lobby: Lobby) -> None:
    browser = arrive(lobby, "firm-1")
    browser.send("/sign-in", name="firm-1", password=PASSWORD, back="/account")
    new = "一艘蓝船载着两棵梨树顺流而下 pears"
    wrong = browser.send("/account/password", password=WRONG, wanted=new, again=new)
    assert wrong.status_code == 401
    assert (
        browser.send("/account/password", password=PASSWORD, wanted=new, again="x").status_code
        == 400
    )
    done = browser.send("/account/password", password=PASSWORD, wanted=new, again=new)
    assert done.url.path == "/account"
    assert "已保存" in done.text
