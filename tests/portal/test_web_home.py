"""The bare house: home page, languages, headers, assets, and routes without an audience."""

import re
import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar, Response, get, post
from litestar.exceptions import ImproperlyConfiguredException
from litestar.testing import TestClient

from ledger.config import Settings
from portal.shell import Shell
from portal.web import figures
from portal.web.app import make_portal
from portal.web.audience import require_audiences
from portal.web.headers import HEADERS
from portal.web.routes.demo import DEMO_ROUTES
from portal.web.routes.home import own_path
from portal.web.visit import Visitor

Client = TestClient[Any]
Patch = pytest.MonkeyPatch


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    shell = Shell(Settings.of_home(tmp_path), "zh", as_json=True)
    shell.create_schema()
    with TestClient(make_portal(shell)) as found:
        yield found


def test_the_home_page_is_chinese_and_english_by_a_switch(client: Client) -> None:
    assert '<html lang="zh-CN">' in client.get("/").text
    there = client.get("/language/en", params={"back": "/"})
    assert '<html lang="en">' in there.text
    assert '<html lang="en">' in client.get("/").text


def test_a_browser_that_asks_for_english_gets_it(client: Client) -> None:
    assert '<html lang="en">' in client.get("/", headers={"accept-language": "en-GB,zh;q=0.8"}).text


def test_every_answer_carries_the_headers_that_bind_a_browser(client: Client) -> None:
    for path in ("/", "/healthz", "/nowhere", "/static/0/portal.css"):
        answer = client.get(path)
        assert HEADERS.items() <= dict(answer.headers).items(), path
        assert answer.headers["x-request-id"], path
    assert client.get("/").headers["cache-control"] == "no-store"
    assert "unsafe" not in HEADERS["content-security-policy"]


def test_a_text_says_its_charset_once(client: Client) -> None:
    assets = re.findall(r'"(/static/[^"]+[.](?:css|js))"', client.get("/").text)
    assert len(assets) > 2
    for path in ("/", "/healthz", "/metrics", *assets):
        answer = client.get(path)
        assert answer.headers["content-type"].count("charset=utf-8") == 1, path
    assert client.get("/metrics").headers["content-type"].startswith("text/plain; version=")


def test_a_page_runs_no_script_and_no_style_of_its_own(client: Client) -> None:
    text = client.get("/").text
    assert " style=" not in text
    assert "<script>" not in text
    assert " onclick" not in text


def test_assets_are_kept_for_ever_under_the_hash_of_their_content(client: Client) -> None:
    text = client.get("/").text
    for name in ("portal.css", "portal.js", "htmx.min.js", "icon.svg"):
        path = next(part for part in text.split('"') if part.endswith(f"/{name}"))
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "immutable" in answer.headers["cache-control"]
    assert client.get("/static/000000000000/portal.css").status_code == 404
    assert client.get("/static/000000000000/..%2fapp.py").status_code == 404


def test_what_is_not_there_is_a_calm_page(client: Client) -> None:
    answer = client.get("/nowhere/at/all")
    assert answer.status_code == 404
    assert "没有这个页面" in answer.text
    assert client.get("/api/nowhere").headers["content-type"] == "application/problem+json"


def test_a_database_of_another_version_is_away_and_tells_nothing_of_the_machine(
    tmp_path: Path,
) -> None:
    shell = Shell(Settings.of_home(tmp_path), "zh", as_json=True)
    shell.create_schema()
    with sqlite3.connect(tmp_path / "suanquan.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with TestClient(make_portal(shell)) as client:
        answer = client.get("/notices")
    assert answer.status_code == 503
    assert str(tmp_path) not in answer.text
    assert "9999" not in answer.text


def test_a_form_without_its_token_is_refused(client: Client) -> None:
    assert client.post("/language/en").status_code in (403, 405)


@pytest.mark.parametrize(
    "path",
    ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "", "/a\r\nb", "/\\/x"],
)
def test_the_way_back_never_leads_elsewhere(path: str) -> None:
    assert own_path(path) == "/"


def test_the_way_back_leads_to_where_the_visitor_was() -> None:
    assert own_path("/claims?state=paid") == "/claims?state=paid"


def test_a_route_that_names_no_audience_keeps_the_portal_from_starting() -> None:
    @get("/open", sync_to_thread=False)
    def forgotten() -> str:
        return ""

    with pytest.raises(ImproperlyConfiguredException, match="/open"):
        require_audiences(Litestar([forgotten], openapi_config=None, logging_config=None))


def test_a_path_with_two_methods_answers_to_both(tmp_path: Path, monkeypatch: Patch) -> None:
    @get("/both", who="anybody", sync_to_thread=True)
    def shown(visit: Visitor) -> Response[str]:
        return Response(visit.csrf)

    @post("/both", who="anybody", static=True, sync_to_thread=True)
    def sent() -> Response[str]:
        return Response("sent")

    monkeypatch.setattr("portal.web.app.ROUTES", [shown, sent])
    shell = Shell(Settings.of_home(tmp_path), "zh", as_json=True)
    with TestClient(make_portal(shell)) as client:
        form = {"x-csrftoken": client.get("/both").text}
        assert client.post("/both", headers=form).text == "sent"


def test_no_portal_has_a_demos_door_but_a_demo(client: Client, tmp_path: Path) -> None:
    assert client.get("/demo").status_code == 404
    shell = Shell(Settings.of_home(tmp_path), "zh", as_json=True)
    with TestClient(make_portal(shell, more=DEMO_ROUTES)) as open_to_all:
        assert open_to_all.get("/demo").status_code == 200


def test_figures_that_are_equal_keep_their_own_decimals() -> None:
    shown = [
        figures.number(one, "en") for one in (Decimal(1000), Decimal("1000.00"), "1000.0", 1000)
    ]
    assert shown == ["1,000", "1,000.00", "1,000.0", "1,000"]
