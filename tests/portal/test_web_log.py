"""The logs by HTTP: byte for byte what `log export` writes, which stock tools verify."""

from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from litestar.testing import TestClient
from sqlalchemy import Engine

from ledger.config import Settings
from ledger.export import export_log
from ledger.read import read_heads
from portal.shell import Shell
from portal.web.app import make_portal
from tests.issued import issue
from tests.portal.lobby import Lobby, lobby, office
from tests.queries import counted
from tests.small_ledger import SmallLedger

__all__ = ["lobby", "office"]

Client = TestClient[Any]

# A full tile, a partial one, and a hash at the level above.
ENTRIES = 300


def export(shell: Shell, directory: Path) -> None:
    """Sign the book's head and export it."""
    with shell.auditing() as connection:
        head = read_heads(connection)["book"]
        note = shell.signer.checkpoint(connection, head)
        export_log(connection, head, note, shell.signer.known_keys(head), directory)


def files(directory: Path) -> dict[str, bytes]:
    """Return the files of an export by their paths."""
    found = [one for one in directory.rglob("*") if one.is_file()]
    return {one.relative_to(directory).as_posix(): one.read_bytes() for one in found}


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    settings = Settings.of_home(tmp_path_factory.mktemp("log"))
    with closing(SmallLedger(settings.database_url)) as ledger:
        ledger.append(*(issue(number) for number in range(ENTRIES)))
    return Shell(settings, "zh", as_json=True)


@pytest.fixture
def client(shell: Shell) -> Iterator[Client]:
    with TestClient(make_portal(shell)) as found:
        yield found


def test_before_a_checkpoint_there_is_none_and_no_key_is_made(tmp_path: Path) -> None:
    shell = Shell(Settings.of_home(tmp_path), "zh", as_json=True)
    shell.create_schema()
    with TestClient(make_portal(shell)) as client:
        for name in ("checkpoint", "vkey", "vkeys"):
            assert client.get(f"/log/book/{name}").status_code == 404
    assert not list(tmp_path.glob("keys/book*"))


def test_anybody_fetches_what_a_public_export_has(
    shell: Shell, client: Client, tmp_path: Path
) -> None:
    export(shell, tmp_path)
    public = {path: raw for path, raw in files(tmp_path).items() if "entries" not in path}
    assert {"checkpoint", "vkey", "tile/0/000", "tile/0/001.p/45", "tile/1/000.p/1"} < set(public)
    for path, raw in public.items():
        answer = client.get(f"/log/book/{path}")
        assert (answer.status_code, answer.content) == (200, raw), path
        # What a cache gives to everybody may not be one visitor's.
        assert "set-cookie" not in answer.headers, path
        is_tile = path.startswith("tile/")
        assert ("immutable" in answer.headers["cache-control"]) == is_tile, path
        assert is_tile or "max-age=10" in answer.headers["cache-control"], path


def test_a_partial_tile_is_there_still_when_the_log_has_gone_on(client: Client) -> None:
    whole = client.get("/log/book/tile/0/000").content
    assert client.get("/log/book/tile/0/000.p/7").content == whole[: 7 * 32]


@pytest.mark.parametrize(
    "path",
    [
        *("tile/0/002", "tile/0/001", "tile/0/001.p/46", "tile/1/000", "tile/2/000.p/1"),
        *("tile/0/0", "tile/00/000", "tile/0/000.p/256", "tile/64/000", "tile/-1/000", "tile/0/"),
        *("checkpoints", "entries/000", "tile/0/%2e%2e/000"),
    ],
)
def test_what_is_not_there_yet_or_spelt_otherwise_is_not_found(client: Client, path: str) -> None:
    assert client.get(f"/log/book/{path}").status_code == 404


def test_a_log_that_is_none_is_not_found(client: Client) -> None:
    for path in ("checkpoint", "vkey", "tile/0/000"):
        for name in ("books", "usage-9", "..", "%2e%2e%2fbook"):
            assert client.get(f"/log/{name}/{path}").status_code == 404


def test_a_tile_costs_two_queries(client: Client) -> None:
    with counted(Engine) as said:
        client.get("/log/book/tile/0/000")
    assert sum(one.startswith("SELECT") for one in said) <= 3


def test_an_auditor_downloads_an_export_in_one_file(lobby: Lobby, tmp_path: Path) -> None:
    browser = lobby.browser("auditor-1")
    assert browser.open("/audit/log/book/export").status_code == 404
    export(lobby.shell, tmp_path / "export")
    answer = browser.open("/audit/log/book/export")
    with ZipFile(BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        found = {one.removeprefix("book/"): archive.read(one) for one in archive.namelist()}
    assert found == files(tmp_path / "export")


def test_entries_are_for_auditors_alone(lobby: Lobby, tmp_path: Path) -> None:
    export(lobby.shell, tmp_path / "export")
    entries = {path: raw for path, raw in files(tmp_path / "export").items() if "entries" in path}
    assert entries
    for path, raw in entries.items():
        answer = lobby.browser("auditor-1").client.get(f"/log/book/{path}")
        assert (answer.status_code, answer.content) == (200, raw)
        assert answer.headers["cache-control"] == "no-store"
        for person in ("", "task-1", "admin-1", "firm-1"):
            refused = lobby.browser(person).client.get(f"/log/book/{path}", follow_redirects=False)
            assert refused.status_code in (303, 403)
            assert raw not in refused.content
