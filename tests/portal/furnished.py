"""Offices that are furnished once a session and then copied: hiring people takes seconds."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple

import psycopg
import pytest
from psycopg import sql

from ledger.database import make_url
from tests.conftest import fresh_database
from tests.portal.desks import answer
from tests.portal.office import Office, opened

_REVOKE: Final = sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC")

Furnish = Callable[[Office], None]


class Made(NamedTuple):
    """An office as it is on its first day: how its ledger is copied, its home, all tokens."""

    copied: Callable[[], AbstractContextManager[str]]
    home: Path
    tokens: dict[str, str]


@pytest.fixture(scope="session")
def office_on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """Yield an office whose ledgers are files."""
    with made_on_sqlite(tmp_path_factory.mktemp("office")) as made:
        yield made


@pytest.fixture(scope="session")
def office_on_postgresql(
    postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Made]:
    """Yield an office whose ledgers are databases."""
    with made_on_postgresql(postgres_url, tmp_path_factory.mktemp("office")) as made:
        yield made


@contextmanager
def made_on_sqlite(folder: Path, furnish: Furnish = lambda _: None) -> Iterator[Made]:
    """Yield an office whose ledgers are files."""
    first, numbers = folder / "first.db", count()

    @contextmanager
    def copied() -> Iterator[str]:
        path = folder / f"copy-{next(numbers)}" / "suanquan.db"
        path.parent.mkdir()
        source, copy = sqlite3.connect(first), sqlite3.connect(path)
        source.backup(copy)
        source.close()
        copy.close()
        yield f"sqlite:///{path}"
        shutil.rmtree(path.parent)

    yield _make(f"sqlite:///{first}", folder, copied, furnish)


@contextmanager
def made_on_postgresql(
    server: str, folder: Path, furnish: Furnish = lambda _: None
) -> Iterator[Made]:
    """Yield an office whose ledgers are databases of a server."""
    with fresh_database(server) as url:
        first = _name_of(url)

        @contextmanager
        def copied() -> Iterator[str]:
            with fresh_database(server, template=first) as copy:
                # A copy has everything but the rights on the database itself.
                with psycopg.connect(copy.replace("+psycopg", ""), autocommit=True) as connection:
                    connection.execute(_REVOKE.format(sql.Identifier(_name_of(copy))))
                yield copy

        yield _make(url, folder, copied, furnish)


def _name_of(url: str) -> str:
    """Return the name of a server's database."""
    name = make_url(url).database
    assert name is not None, url
    return name


def _make(
    url: str, folder: Path, copied: Callable[[], AbstractContextManager[str]], furnish: Furnish
) -> Made:
    """Return an office once its first ledger is made and closed."""
    with (
        pytest.MonkeyPatch.context() as patch,
        opened(url, folder, patch, answer) as office,
    ):
        furnish(office)
        return Made(copied, folder / "home", dict(office.tokens))
