"""Many rows at once, by each database's fastest way: the driver's executemany, or binary COPY.

Both run inside SQLAlchemy's own connection and transaction.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

import msgspec
import psycopg
from sqlalchemy import Connection, Table
from sqlalchemy.exc import IntegrityError, OperationalError

from ledger import tables

_SQLITE_DUPLICATES: Final = {"SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE"}


class DuplicateKeyError(Exception):
    """A row's key is taken; nothing of the call remains."""


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows that hold a value for every column of the table, in its order.

    Raises `DuplicateKeyError` when a key is taken. The transaction goes on as if the call had not
    been made.
    """
    if rows:
        with _whole(connection, table):
            if connection.dialect.name == "sqlite":
                _execute_many(connection, table, rows)
            else:
                _copy(connection, table, rows)


def insert_identities(
    connection: Connection, log: int, claims: Mapping[int, Mapping[str, int]]
) -> None:
    """Insert identities: by a source's number and an event's id, the index that it takes in a log.

    Raises `DuplicateKeyError` as `insert_rows` does.
    """
    with _whole(connection, tables.identity):
        if connection.dialect.name == "sqlite":
            for source, indexes in claims.items():
                _insert_identities_of(connection, source, log, indexes)
        else:
            _copy(connection, tables.identity, _identity_rows(log, claims))


def _insert_identities_of(
    connection: Connection, source: int, log: int, indexes: Mapping[str, int]
) -> None:
    """Insert a source's identities into SQLite by one statement, a third of the time of many.

    Ids that JSON has to escape go one by one: so no two readings of an escape can ever differ.
    """
    text = msgspec.json.encode(indexes).decode()
    if "\\" in text:
        _execute_many(connection, tables.identity, list(_identity_rows(log, {source: indexes})))
    else:
        connection.exec_driver_sql(
            "INSERT INTO identity (source, event_id, log, leaf_index)"
            " SELECT ?, key, ?, value FROM json_each(?)",
            (source, log, text),
        )


def _identity_rows(
    log: int, claims: Mapping[int, Mapping[str, int]]
) -> Iterator[tuple[int, str, int, int]]:
    """Yield the row of each identity."""
    for source, indexes in claims.items():
        for event_id, index in indexes.items():
            yield source, event_id, log, index


@contextmanager
def _whole(connection: Connection, table: Table) -> Iterator[None]:
    """Undo what the context did, and raise `DuplicateKeyError`, when it finds a key taken."""
    with connection.begin_nested() as savepoint:
        try:
            yield
        except (IntegrityError, psycopg.errors.UniqueViolation) as error:
            savepoint.rollback()
            if _is_duplicate(error):
                raise DuplicateKeyError(table.name) from error
            raise
        except psycopg.OperationalError as error:
            # COPY goes past SQLAlchemy; whoever waits for a database knows its errors only.
            raise OperationalError("COPY", None, error) from error


def _is_duplicate(error: Exception) -> bool:
    """Return whether a key was taken, and not some other constraint broken."""
    cause = error.orig if isinstance(error, IntegrityError) else error
    if isinstance(cause, sqlite3.IntegrityError):
        return cause.sqlite_errorname in _SQLITE_DUPLICATES
    return isinstance(cause, psycopg.errors.UniqueViolation)


def _execute_many(connection: Connection, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows by the driver's executemany."""
    places = ", ".join("?" * len(table.columns))
    connection.exec_driver_sql(
        f"INSERT INTO {table.name} VALUES ({places})",  # noqa: S608 - our own names
        list(rows),
    )


def _copy(connection: Connection, table: Table, rows: Iterable[tuple[object, ...]]) -> None:
    """Send rows by COPY in PostgreSQL's binary format."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    types = [column.type.compile(dialect=connection.dialect).lower() for column in table.columns]
    statement = f"COPY {table.name} FROM STDIN (FORMAT BINARY)"
    with driver.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)
