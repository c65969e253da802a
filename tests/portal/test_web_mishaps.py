"""What happens while people work: a restart, a second tab, a database that goes away."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
import pytest
from playwright.sync_api import Browser, Page
from psycopg import sql

from portal.shell import Shell
from tests.portal.chromium import served, visiting
from tests.portal.lobby import Lobby, lobby, office, on_sqlite
from tests.portal.office import ONE, TWO
from tests.servers.kafka import free_ports
from tests.small_ledger import CODE

__all__ = ["lobby", "office"]

CLAIMS: Final = f"/enterprise/{CODE}/claims"
on_postgresql: Final = pytest.mark.parametrize("office", ["postgresql"], indirect=True)


def begin(lobby: Lobby) -> str:
    """Return the address of a draft's invoices, of which one is chosen."""
    asked = {"enterprise": CODE, "programme": "hubei", "invoices": [ONE]}
    draft = lobby.office.ask("firm-1", "claim", "draft", "--file", lobby.office.file("d", asked))
    return f"{CLAIMS}/{draft['id']}/invoices"


def choose(page: Page, *invoices: str) -> None:
    """Tick invoices on the page that is open, and no others."""
    for one in page.locator("[name=invoice]").all():
        one.set_checked(one.get_attribute("value") in invoices)


def chosen(page: Page) -> list[str]:
    """Return which invoices are ticked."""
    ticked = page.locator("[name=invoice]:checked").all()
    return sorted(str(one.get_attribute("value")) for one in ticked)


def test_a_form_that_was_open_while_the_portal_restarted_is_taken(
    lobby: Lobby, chromium: Browser
) -> None:
    path, port, secret = begin(lobby), free_ports(1)[0], lobby.open_session("firm-1")
    address = f"http://127.0.0.1:{port}"
    with visiting(chromium, address, secret, scripts=False) as visitor:
        with served(lobby.shell, port):
            visitor.open(path)
            choose(visitor.page, ONE, TWO)
            visitor.page.get_by_role("button", name="保存").click()
            visitor.open(path)
            choose(visitor.page, TWO)
        # Another process has nothing but the database and the home.
        with served(Shell(lobby.shell.settings, "zh", as_json=True), port):
            assert chosen(visitor.page) == [TWO], "the page that was open is still there"
            visitor.page.get_by_role("button", name="保存").click()
            assert "已保存" in visitor.page.inner_text("main")
            visitor.open(path)
            assert chosen(visitor.page) == [TWO]


@on_sqlite
def test_what_could_not_be_saved_by_itself_is_said(lobby: Lobby, chromium: Browser) -> None:
    path, port, secret = begin(lobby), free_ports(1)[0], lobby.open_session("firm-1")
    address = f"http://127.0.0.1:{port}"
    with visiting(chromium, address, secret) as visitor:
        saved, unsent = visitor.page.locator("#saved"), visitor.page.locator("#unsent")
        with served(lobby.shell, port):
            visitor.open(path)
            choose(visitor.page, ONE, TWO)
            saved.get_by_text("已选 2 张").wait_for()
            assert not unsent.is_visible()
        choose(visitor.page, TWO)
        unsent.wait_for()
        assert "没有存上" in unsent.inner_text()
        visitor.complaints.clear()
        with served(lobby.shell, port):
            choose(visitor.page, ONE)
            saved.get_by_text("已选 1 张").wait_for()
            assert not unsent.is_visible()
            visitor.open(path)
            assert chosen(visitor.page) == [ONE]


@on_sqlite
def test_a_second_tab_is_told_what_the_first_one_saved(lobby: Lobby, chromium: Browser) -> None:
    path, secret = begin(lobby), lobby.open_session("firm-1")
    with (
        served(lobby.shell) as address,
        visiting(chromium, address, secret, scripts=False) as visitor,
    ):
        other = visitor.page.context.new_page()
        for page in (visitor.page, other):
            page.goto(address + path)
        choose(visitor.page, TWO)
        visitor.page.get_by_role("button", name="保存").click()
        choose(other, ONE, TWO)
        other.get_by_role("button", name="保存").click()
        assert "未能办理" in other.inner_text("main")
        assert "此后" in other.inner_text("main")
        other.goto(address + path)
        assert chosen(other) == [TWO], "what the first tab saved stands"
        choose(other, ONE, TWO)
        other.get_by_role("button", name="保存").click()
        assert "已保存" in other.inner_text("main")


@on_postgresql
def test_pages_are_calm_while_the_database_is_away_and_come_back_with_it(
    lobby: Lobby, chromium: Browser
) -> None:
    path, secret = begin(lobby), lobby.open_session("firm-1")
    with (
        served(lobby.shell) as address,
        visiting(chromium, address, secret, scripts=False) as visitor,
    ):
        visitor.open(path)
        choose(visitor.page, TWO)
        with away(lobby.shell.settings.database_url):
            for public in ("/notices", "/readyz", path):
                answer = visitor.page.goto(address + public)
                assert answer is not None
                assert answer.status == 503, public
                said = visitor.page.inner_text("body")
                assert "suanquan" not in said.lower().replace("suanquan_", ""), said
                assert "postgres" not in said.lower()
            assert "系统暂时不可用" in said
            assert "已保存的内容不受影响" in said
            home = visitor.page.goto(address + "/healthz")
            assert home is not None
            assert home.status == 200, "the process itself is well"
        visitor.open(path)
        assert chosen(visitor.page) == [ONE], "what was saved"
        choose(visitor.page, TWO)
        visitor.page.get_by_role("button", name="保存").click()
        assert "已保存" in visitor.page.inner_text("main")


@contextmanager
def away(url: str) -> Iterator[None]:
    """Let nobody connect to a database of PostgreSQL meanwhile, nor stay connected."""
    plain = url.replace("+psycopg", "")
    with psycopg.connect(plain, autocommit=True) as connection:
        name = sql.Identifier(connection.info.dbname)
        server = plain.replace(f"/{connection.info.dbname}?", "/postgres?")
    closing = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
    allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(allow.format(name, sql.SQL("false")))
        connection.execute(closing, [name.as_string(connection).strip('"')])
        try:
            yield
        finally:
            connection.execute(allow.format(name, sql.SQL("true")))
