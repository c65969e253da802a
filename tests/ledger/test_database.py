"""Engines: what each access may do, and what a database that cannot be used is told."""

from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from ledger import tables
from ledger.database import REVISION, open_engine, require_schema
from ledger.errors import InvalidInputError
from tests.ledger.conftest import Ledger, fact, usage


@pytest.mark.parametrize("url", ["mysql://root:secret@h/d", "nonsense-secret", ""])
def test_another_database_is_refused_without_showing_the_url(url: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        open_engine(url, "write")
    assert caught.value.code == "unknown_database"
    assert "secret" not in str(caught.value)


def test_a_sqlite_file_that_is_only_read_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="no_schema"):
        open_engine(f"sqlite:///{tmp_path / 'gone.db'}", "read")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"no database" * 1000)
    engine = open_engine(f"sqlite:///{tmp_path / 'x.db'}", "write")
    with pytest.raises(InvalidInputError, match="no_database"):
        require_schema(engine)


def test_a_server_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    engine = open_engine(f"postgresql://u:secret@/d?host={tmp_path}", "read")
    with pytest.raises(InvalidInputError, match="no_database") as caught:
        require_schema(engine)
    assert "secret" not in str(caught.value)


def test_an_error_names_no_value_of_its_statement(database_url: str) -> None:
    engine = open_engine(database_url, "own")
    with engine.connect() as connection, pytest.raises(DBAPIError) as caught:
        connection.execute(text("SELECT no_such_column, :account"), {"account": "6222-secret"})
    assert "no_such_column" in str(caught.value)
    assert "secret" not in str(caught.value)
    engine.dispose()


def test_an_empty_database_has_no_schema(database_url: str) -> None:
    engine = open_engine(database_url, "own")
    with pytest.raises(InvalidInputError, match="no_schema"):
        require_schema(engine)
    engine.dispose()


def test_a_server_without_our_roles_has_no_schema(postgres_database: str) -> None:
    own = open_engine(postgres_database, "own")
    engine = open_engine(postgres_database, "write")
    # Other databases of the session's server may have made the role.
    with own.begin() as connection:
        known = connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = 'suanquan_writer'"))
        if known:
            connection.execute(text("ALTER ROLE suanquan_writer RENAME TO set_aside"))
    try:
        with pytest.raises(InvalidInputError, match="no_schema"):
            require_schema(engine)
    finally:
        engine.dispose()
        with own.begin() as connection:
            if known:
                connection.execute(text("ALTER ROLE set_aside RENAME TO suanquan_writer"))
        own.dispose()


def test_a_migrated_database_has_its_schema_for_every_access(ledger: Ledger) -> None:
    for engine in (ledger.own, ledger.write, ledger.read, ledger.reader, ledger.keep):
        require_schema(engine)


@pytest.mark.parametrize("revision", ["0001", "9999"])
def test_a_schema_of_another_program_is_named(ledger: Ledger, revision: str) -> None:
    def move(to: str) -> None:
        with ledger.own.begin() as connection:
            connection.execute(text(f"UPDATE alembic_version SET version_num = '{to}'"))

    move(revision)
    try:
        with pytest.raises(InvalidInputError, match="other_schema") as caught:
            require_schema(ledger.read)
    finally:
        move(REVISION)
    assert f"at revision {revision}" in caught.value.message.en
    assert "suanquan db upgrade" in caught.value.next_step.en


def test_sqlite_is_opened_with_its_walls(sqlite_ledger: Ledger) -> None:
    for engine in (sqlite_ledger.own, sqlite_ledger.write):
        with engine.connect() as connection:
            assert connection.scalar(text("PRAGMA recursive_triggers")) == 1
            assert connection.scalar(text("PRAGMA foreign_keys")) == 1
            assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
            assert connection.scalar(text("PRAGMA synchronous")) == 2
            assert connection.scalar(text("PRAGMA secure_delete")) == 1


def test_each_access_takes_its_role(postgres_ledger: Ledger) -> None:
    roles = {
        "write": "suanquan_writer",
        "read": "suanquan_auditor",
        "reader": "suanquan_reader",
        "keep": "suanquan_keeper",
        "own": "postgres",
    }
    for access, role in roles.items():
        with getattr(postgres_ledger, access).connect() as connection:
            assert connection.scalar(text("SELECT current_user")) == role
            connection.rollback()
            assert connection.scalar(text("SELECT current_user")) == role


def test_a_reader_cannot_write(ledger: Ledger) -> None:
    statement = insert(tables.stream).values(name="x", next=1)
    with ledger.read.connect() as connection, pytest.raises(DBAPIError):
        connection.execute(statement)
    with ledger.write.begin() as connection:
        connection.execute(statement)


def test_a_reader_beside_a_writer_sees_one_ledger(ledger: Ledger) -> None:
    query = select(tables.log.c.size, tables.chunk.c.start).outerjoin_from(
        tables.log, tables.chunk, tables.log.c.number == tables.chunk.c.log
    )
    ledger.append(usage("u-1"), fact("f-1"))
    with ledger.read.connect() as connection:
        before = connection.execute(query).all()
        ledger.append(usage("u-2"), fact("f-2"))
        assert connection.execute(query).all() == before
    with ledger.read.connect() as connection:
        assert connection.execute(query).all() != before
