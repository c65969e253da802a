"""What an attacker tries at the door: scripts, forms from elsewhere, floods, paths that climb."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest
from jinja2 import nodes
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.testing import TestClient
from litestar.types import Receive

from ledger.config import Settings
from portal.shell import Shell
from portal.web import gate
from portal.web.app import make_app, make_portal
from portal.web.cookies import SESSION_COOKIE
from portal.web.form_token import FORM_COOKIE
from portal.web.limits import (
    FIELDS_MAX,
    FORM_BYTES_MAX,
    STATEMENT_BYTES_MAX,
    UPLOAD_BYTES_MAX,
    Limits,
)
from portal.web.page import environment
from tests.portal.lobby import Lobby, lobby, office, on_sqlite
from tests.small_ledger import CODE

__all__ = ["lobby", "office"]

TEMPLATES: Final = Path(__file__).parents[2] / "portal" / "web" / "templates"
ENCODED: Final = {"content-type": "application/x-www-form-urlencoded"}
SCRIPT: Final = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"


def test_no_template_lets_a_text_through_unescaped() -> None:
    assert environment().autoescape is True
    for file in TEMPLATES.glob("*.html"):
        source = file.read_text("utf-8")
        tree = environment().parse(source)
        for one in tree.find_all(nodes.Filter):
            # A few attributes of a field are written in the template itself.
            assert one.name != "safe" or isinstance(one.node, nodes.Const), file.name
        assert not list(tree.find_all(nodes.ScopedEvalContextModifier)), file.name
        assert "<script>" not in source, file.name
        assert " style=" not in source, file.name
        assert not [part for part in source.split() if part.startswith("on") and '="' in part]


def _addresses(handlers: list[HTTPRoute]) -> list[str]:
    """Return every address that is fetched, with a script wherever it takes a word."""
    found = []
    for route in handlers:
        for handler in route.route_handlers:
            if "GET" not in handler.http_methods:
                continue
            assert isinstance(handler, HTTPRouteHandler)
            words = [one for one in route.path_components if not isinstance(one, str)]
            parts = [
                one if isinstance(one, str) else _word(one.name) for one in route.path_components
            ]
            names = {one.name for one in words} | {"visit", "request"}
            asked = [one for one in handler.parsed_fn_signature.parameters if one not in names]
            query = "&".join(f"{name}={quote(SCRIPT)}" for name in asked)
            found.append("/" + "/".join(parts) + (f"?{query}" if query else ""))
    return found


def _word(name: str) -> str:
    """Return what stands in an address: an enterprise that is there, else a script."""
    return CODE if name == "enterprise" else quote(SCRIPT, safe="")


@on_sqlite
@pytest.mark.parametrize("person", ["", "firm-1", "task-1", "auditor-1", "admin-1"])
def test_no_page_says_a_script_back(lobby: Lobby, person: str) -> None:
    routes = [one for one in make_app(lobby.shell).routes if isinstance(one, HTTPRoute)]
    browser = lobby.browser(person)
    for path in _addresses(routes):
        answer = browser.client.get(path, follow_redirects=False)
        assert answer.status_code < 500, (path, answer.text[:300])
        assert "<script>alert" not in answer.text, path
        assert "<img src=x" not in answer.text, path
        assert "\n" not in answer.headers.get("location", "")


@on_sqlite
def test_cookies_are_for_us_alone(lobby: Lobby) -> None:
    browser = lobby.browser()
    answer = browser.client.get("/")
    (form,) = answer.headers.get_list("set-cookie")
    assert form.startswith(FORM_COOKIE)
    assert "HttpOnly" in form
    assert "SameSite=strict" in form
    assert SESSION_COOKIE not in form


@on_sqlite
def test_a_body_that_is_too_large_is_refused_before_it_is_kept(lobby: Lobby) -> None:
    browser = lobby.browser("firm-1")
    body = b"_csrf_token=" + b"x" * FORM_BYTES_MAX
    answer = browser.client.post("/account/password", content=body, headers=ENCODED)
    assert answer.status_code == 413
    assert "太大" in answer.text


@on_sqlite
def test_what_brings_a_paper_may_be_larger_but_no_larger_than_it_takes(lobby: Lobby) -> None:
    path = f"/enterprise/{CODE}/papers/upload"
    for size, status in ((2 * FORM_BYTES_MAX, 400), (UPLOAD_BYTES_MAX, 413)):
        answer = lobby.send("firm-1", path, {}, files={"files": ("a.pdf", b"x" * size)})
        assert answer.status_code == status, answer.text[:2000]


@on_sqlite
def test_a_stranger_sends_no_more_than_a_statement_has(lobby: Lobby) -> None:
    client, path = lobby.browser().client, "/api/v1/statements/verify"
    for size, status in ((STATEMENT_BYTES_MAX, 200), (STATEMENT_BYTES_MAX + 1, 413)):
        assert client.post(path, content=b"x" * size).status_code == status


@on_sqlite
def test_nobody_is_kept_waiting_by_a_form_of_too_many_fields(lobby: Lobby) -> None:
    client = lobby.browser().client
    for count, status in ((FIELDS_MAX, 413), (FIELDS_MAX - 1, 403)):
        answer = client.post("/sign-in", content=b"a=&" * count, headers=ENCODED)
        assert answer.status_code == status, count


@on_sqlite
def test_a_form_that_trickles_in_is_given_up(lobby: Lobby) -> None:
    parts = [b"name=a", b"&password", b"=b"]

    async def receive() -> Any:  # noqa: ANN401 - a message
        await asyncio.sleep(0.04)
        return {"type": "http.request", "body": parts.pop(0), "more_body": True}

    app = Limits(make_app(lobby.shell), within_s=0.1)
    assert _post(app, "/sign-in", ENCODED["content-type"], receive) == 408
    assert parts


def _post(app: Limits | Litestar, path: str, media_type: str, receive: Receive) -> int:
    """Return the status with which an application answers what comes message by message."""
    sent: list[Any] = []

    async def send(message: Any) -> None:  # noqa: ANN401 - a message
        sent.append(message)

    scope: Any = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"content-type", media_type.encode())],
        "client": ("192.0.2.1", 1),
        "server": ("127.0.0.1", 80),
        "scheme": "http",
        "state": {},
    }
    with ThreadPoolExecutor() as pool:
        pool.submit(asyncio.run, app(scope, receive, send)).result()
    status: int = sent[0]["status"]
    return status


@on_sqlite
@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/sign-in", ENCODED["content-type"]),
        ("/sign-in", "multipart/form-data; boundary=b"),
        ("/api/v1/statements/verify", "application/octet-stream"),
    ],
)
def test_who_leaves_in_the_middle_is_no_fault_of_ours(
    lobby: Lobby, path: str, media_type: str
) -> None:
    messages: list[Any] = [
        {"type": "http.request", "body": b"--b\r\n", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Any:  # noqa: ANN401 - a message
        return messages.pop(0)

    assert _post(make_app(lobby.shell), path, media_type, receive) == 400


@on_sqlite
@pytest.mark.parametrize(
    ("charset", "content", "status"),
    [
        ("UTF-8", "算券".encode(), 403),
        # Decoded in a time that grows with the square: 1 MB of it takes a minute.
        ("punycode", b"-" + b"b" * 100, 400),
        ("gbk", "算券".encode("gbk"), 400),
        ("no-such", b"a", 400),
        ("utf-8", b"\xff", 400),
    ],
)
def test_a_form_is_read_in_our_encoding_alone(
    lobby: Lobby, charset: str, content: bytes, status: int
) -> None:
    head = f'Content-Disposition: form-data; name="a"\r\nContent-Type: text/x; charset={charset}'
    body = b"--b\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n--b--\r\n"
    headers = {"content-type": "multipart/form-data; boundary=b"}
    answer = lobby.browser().client.post("/sign-in", content=body, headers=headers)
    assert answer.status_code == status, answer.text[:2000]


@on_sqlite
@pytest.mark.parametrize(
    "path",
    [
        "/static/../../ledger/config.py",
        "/static/%2e%2e/%2e%2e/etc/passwd",
        "/static/x/....//....//etc/passwd",
        "/..%2f..%2f..%2fetc/passwd",
        "/notices/..%2f..%2fetc%2fpasswd",
        "/verify/..%2f..%2fetc%2fpasswd",
    ],
)
def test_a_path_that_climbs_leads_nowhere(lobby: Lobby, path: str) -> None:
    answer = lobby.browser().client.get(path)
    assert answer.status_code in (200, 400, 404), answer.status_code
    assert "root:" not in answer.text


@on_sqlite
def test_a_form_for_another_site_is_not_ours(lobby: Lobby) -> None:
    mine, other = lobby.browser("firm-1"), lobby.browser("task-1")
    token = other.token()
    answer = mine.client.post("/sign-out", data={"_csrf_token": token})
    assert answer.status_code == 403
    assert mine.open("/account").status_code == 200


@on_sqlite
@pytest.mark.parametrize(
    "said",
    [
        {"data": {"_csrf_token": "\u00e9" * 128}},
        {"data": {"_csrf_token": ["a", "b"]}},
        {"files": {"_csrf_token": ("a.pdf", b"%PDF-1.7")}},
        {"content": b"\xff=\xff", "headers": {"content-type": "text/plain"}},
        {"headers": {"x-csrftoken": "0" * 64}},
        {},
    ],
    ids=["letters", "list", "file", "bytes", "header", "nothing"],
)
@pytest.mark.parametrize("person", ["", "firm-1"])
def test_what_is_no_token_of_ours_is_refused(
    lobby: Lobby, person: str, said: dict[str, Any]
) -> None:
    client = lobby.browser(person).client
    answer = client.post("/sign-in", **said)
    assert answer.status_code == 403, answer.text[:300]
    assert "表单已失效" in answer.text


@on_sqlite
def test_a_number_that_is_none_is_replaced_by_the_next_page(lobby: Lobby) -> None:
    browser = lobby.browser()
    browser.client.cookies.set(FORM_COOKIE, "from-before-the-keys-were-changed")
    browser.client.cookies.jar.clear()
    answer = browser.client.get("/sign-in", headers={"cookie": f"{FORM_COOKIE}=none"})
    assert FORM_COOKIE in answer.headers["set-cookie"]


@on_sqlite
def test_forms_of_a_session_end_with_it(lobby: Lobby) -> None:
    browser = lobby.browser("firm-1")
    token = browser.token()
    browser.client.cookies.set(SESSION_COOKIE, lobby.open_session("firm-1"))
    answer = browser.client.post("/account/recovery-codes", data={"_csrf_token": token})
    assert answer.status_code == 403


def test_over_tls_no_other_host_can_set_a_cookie_of_ours(tmp_path: Path) -> None:
    settings = replace(Settings.of_home(tmp_path), public_url="https://suanquan.example")
    shell = Shell(settings, "zh", as_json=True)
    shell.create_schema()
    with TestClient(make_portal(shell)) as client:
        answer = client.get("/sign-in")
        chosen = client.get("/language/en", follow_redirects=False).headers["set-cookie"]
    assert "Secure" in chosen.split("; ")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"__Host-{FORM_COOKIE}=")
    assert {"Secure", "Path=/", "HttpOnly"} <= set(cookie.split("; "))
    assert "strict-transport-security" in answer.headers


@on_sqlite
@pytest.mark.parametrize("host", ["a:b", "a:99999", "evil.example", "[::1", "a/api/?", "a/api/#"])
def test_what_is_said_of_the_host_counts_for_nothing(lobby: Lobby, host: str) -> None:
    token = {"authorization": f"Bearer {lobby.office.tokens['admin-1']}", "host": host}
    client = lobby.browser().client
    answer = client.get("/people", headers=token, follow_redirects=False)
    assert answer.headers["content-security-policy"]
    # What is no name of a host at all, the library refuses.
    assert answer.status_code == (400 if "/" in host else 303)
    assert answer.headers.get("location") in (None, "/sign-in?back=%2Fpeople")
    said = {"name": "evil-1", "role": "task_force"}
    answer = client.post("/people/grant", data=said, headers=token, follow_redirects=False)
    assert answer.status_code == (400 if "/" in host else 303)
    assert answer.headers.get("location") in (None, "/sign-in?back=%2Fpeople%2Fgrant")
    assert "evil" not in client.get("/verify", headers=token).text


@on_sqlite
def test_what_a_page_asks_by_itself_keeps_no_session_alive(
    lobby: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, begun_ms = lobby.browser("firm-1"), lobby.office.at_ms()
    usage = f"/enterprise/{CODE}/usage"
    for path, then in ((f"{usage}/now", 401), (usage, 200)):
        browser.client.cookies.set(SESSION_COOKIE, lobby.open_session("firm-1"))
        statuses = []
        for minutes in (20, 40):
            now_ms = begun_ms + minutes * 60_000
            monkeypatch.setattr(gate, "now_ms", lambda now_ms=now_ms: now_ms)
            answer = lobby.ask("firm-1", "GET", path, headers={"hx-request": "true"})
            statuses.append(answer.status_code)
        assert statuses == [200, then], path


@on_sqlite
def test_a_number_of_thousands_of_digits_is_no_mistake_of_ours(lobby: Lobby) -> None:
    claim, long = lobby.office.submit()["id"], "9" * 5000
    path = f"/claims/{claim}/withdraw"
    for seen in (long, "x"):
        answer = lobby.send("firm-1", path, {"reason": "误报", "seen": seen})
        assert answer.status_code == 409, answer.text[:2000]
        assert "此后" in answer.text
    assert lobby.ask("finance-1", "GET", f"/funds/hubei/{long}").status_code == 404
    act = {"fund": "hubei", "year": long, "amount": "1", "document": "1", "on": "2022-11-01"}
    assert lobby.send("finance-1", "/funds/act/appropriate", act).status_code == 400


@on_sqlite
@pytest.mark.parametrize("amount", ["1,50", "1,2,3", "1e3", "-1", "NaN", "１２", "1_000"])
def test_an_amount_that_may_mean_another_is_no_amount(lobby: Lobby, amount: str) -> None:
    claim = lobby.office.submit()["id"]
    act = {"fund": "hubei", "year": "2022", "document": "2", "effective_on": "2022-11-01"}
    said = {**act, "amount": amount}
    assert lobby.send("finance-1", "/funds/act/appropriate", said).status_code == 400
    cut = {"amount_fen": amount, "reason": "误报", "seen": "1"}
    assert lobby.send("task-1", f"/claims/{claim}/cut", cut).status_code == 400
    paper = f"/enterprise/{CODE}/papers/new/invoice"
    fields = {"invoice": "3".rjust(20, "0"), "contract": "C-1", "issued_on": "2022-10-05"}
    fields |= {"tax": "0", "service_from": "2022-09-01", "service_to": "2022-09-30"}
    files = {"scan": ("", b"")}
    answer = lobby.send("firm-1", paper, {**fields, "amount": amount}, files=files)
    assert answer.status_code == 400, answer.text[:2000]


@on_sqlite
@pytest.mark.parametrize("word", ["a%0Ab", "a%00b", "%E2%80%AE", "x" * 500])
def test_an_address_that_cannot_be_recorded_shows_nothing(lobby: Lobby, word: str) -> None:
    for who, path in (
        ("authority-2", "/desk/notices/draw"),
        ("finance-2", "/desk/payments/order"),
        ("", "/verify"),
    ):
        assert lobby.ask(who, "GET", f"{path}/{word}").status_code == 404


def test_what_no_database_holds_is_wrong_and_nothing_is_broken(lobby: Lobby) -> None:
    assert lobby.ask("task-2", "GET", "/claims?enterprise=a%00b").status_code in {200, 400}
    said = {"programme": "a\0b", "request": "1"}
    answer = lobby.send("firm-1", f"/enterprise/{CODE}/claims/new", said)
    assert answer.status_code == 400, answer.text[:2000]
    assert "损坏" not in answer.text
