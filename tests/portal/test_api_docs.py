"""docs/api.md and the client beside it, held against an interface that answers on a port."""

import re
import sys
from pathlib import Path

import pytest
from litestar.routes import HTTPRoute

from ledger.config import Settings
from portal.shell import Shell
from portal.web.address import API
from portal.web.api.openapi import describe
from portal.web.api.pace import PER_ADDRESS, PER_TOKEN
from portal.web.api.router import SUBJECTS
from portal.web.app import make_app
from tests.portal.callers import portal_of
from tests.portal.listening import listening
from tests.portal.office import ONE, Office, office
from tests.small_ledger import CODE

__all__ = ["office"]

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "api.md").read_text("utf-8")


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_the_python_of_the_page_runs(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(DOCS), *sys.path])
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    with listening(portal_of(office, monkeypatch)) as address:
        names = {"address": address, "token": office.tokens["firm-1"]}
        exec(block, {**names, "enterprise": CODE, "invoices": [ONE]})  # noqa: S102 - our own page


def test_the_addresses_of_the_page_are_those_of_the_description() -> None:
    known = [re.sub(r"\{\w+\}", "[^/]+", path) for path in describe(SUBJECTS)["paths"]]
    named = re.findall(r"\$SUANQUAN(/[^\"?\s]*)", PAGE)
    assert len(named) > 8
    for path in named:
        assert any(re.fullmatch(one, f"/api/v1{path}") for one in known), path


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("office")
def test_every_page_has_its_address_in_the_interface_or_a_reason() -> None:
    known = {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, item in describe(SUBJECTS)["paths"].items()
        for method in item
    }
    table = PAGE[PAGE.index("## Page by page") :]
    rows = {
        page: re.findall(r"`((?:GET|POST) [^`]+)`", answered)
        for pages, answered in re.findall(r"^\| (`/.*?`) \| (.*) \|$", table, re.MULTILINE)
        for page in re.findall(r"`([^`]+)`", pages)
    }
    app = make_app(Shell(Settings.load(), "zh", as_json=True))
    routes = {
        route.path_format: route.methods
        for route in app.routes
        if isinstance(route, HTTPRoute) and not route.path.startswith(API)
    }
    assert set(rows) == set(routes)
    for page, methods in routes.items():
        assert set(rows[page]) <= known, page
        if "POST" in methods and rows[page]:
            assert any(one.startswith("POST") for one in rows[page]), page


def test_the_page_names_the_scopes_and_limits_that_there_are() -> None:
    assert f"{PER_TOKEN.per_s} times a second in the long run and {PER_TOKEN.burst} times" in PAGE
    assert (PER_ADDRESS.per_s, f"and {PER_ADDRESS.burst} times" in PAGE) == (2, True)
