"""Many rows at once, by each database's fastest way: the driver's executemany, or binary COPY.

Both run inside SQLAlchemy's own connection and transaction.
"""

import sqlite3
from collections.abc import Sequence
from typing import Final

import psycopg
from sqlalchemy import Connection, Table
from sqlalchemy.exc import IntegrityError

_SQLITE_DUPLICATES: Final = {"SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE"}


class DuplicateKeyError(Exception):
    """A row's key is taken; nothing of the call remains."""


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows that hold a value for every column of the table, in its order.

    Raises `DuplicateKeyError` when a key is taken. The transaction goes on as if the call had not
    been made.
    """
    if not rows:
        return
    with connection.begin_nested() as savepoint:
        try:
            if connection.dialect.name == "sqlite":
                places = ", ".join("?" * len(table.columns))
                connection.exec_driver_sql(
                    f"INSERT INTO {table.name} VALUES ({places})",  # noqa: S608 - our own names
                    list(rows),
                )
            else:
                _copy(connection, table, rows)
        except (IntegrityError, psycopg.errors.UniqueViolation) as error:
            savepoint.rollback()
            if _is_duplicate(error):
                raise DuplicateKeyError(table.name) from error
            raise


def _is_duplicate(error: Exception) -> bool:
    """Return whether a key was taken, and not some other constraint broken."""
    cause = error.orig if isinstance(error, IntegrityError) else error
    if isinstance(cause, sqlite3.IntegrityError):
        return cause.sqlite_errorname in _SQLITE_DUPLICATES
    return isinstance(cause, psycopg.errors.UniqueViolation)


def _copy(connection: Connection, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
    """Send rows by COPY in PostgreSQL's binary format."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    types = [column.type.compile(dialect=connection.dialect).lower() for column in table.columns]
    statement = f"COPY {table.name} FROM STDIN (FORMAT BINARY)"
    with driver.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)
