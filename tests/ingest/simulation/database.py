"""Databases for a seed, and an engine whose every statement is a place where a process may end.

The databases are real, and so are most failures: a connection is closed under the driver, a lock
is held by a process that got no turn. What cannot be had so is raised as the driver would raise it.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from sqlalchemy import Connection, Engine, delete, event, insert, select, text

from ledger import tables
from ledger.database import OperationalError, open_engine
from ledger.schema import upgrade
from ledger.tables import LOG_NUMBERS
from tests.ingest.simulation.stage import Killed, Process, Stage
from tests.ingest.simulation.world import USAGE_LOGS_MAX

ORIGIN: Final = "centre.example"

# Whoever waits for a lock in a seed waits for a process that gets no turn meanwhile.
LOCK_TIMEOUT_MS: Final = 2

_STATEMENT = re.compile(
    r"(?P<verb>BEGIN|COMMIT|SAVEPOINT|RELEASE|ROLLBACK TO|SELECT|INSERT|UPDATE|COPY)\b"
    r"(?:.*?\b(?:FROM|INTO|UPDATE|COPY) (?P<table>\w+))?.*?(?P<lock> FOR UPDATE)?\s*$",
    re.DOTALL,
)


def name_statement(sql: str) -> str:
    """Return what a statement does: its verb and its table."""
    found = _STATEMENT.match(sql.strip())
    assert found is not None, sql
    verb, table, lock = found.group("verb", "table", "lock")
    if verb in ("UPDATE", "COPY"):
        table = sql.split()[1]
    return f"{verb} {table}{lock or ''}" if table else verb


class Database:
    """A database that is empty again for each seed, and its engines, which stay.

    What is written while a process has its turn on the stage is written by that process, and each
    statement is a place where it may end; without a stage nothing ever fails.
    """

    def __init__(self, url: str) -> None:
        """`url` is a database that has no schema yet, and is nobody else's."""
        own = open_engine(url, "own")
        upgrade(own, ORIGIN, USAGE_LOGS_MAX)
        with own.connect() as connection:
            self._heads = connection.execute(select(tables.log)).all()
        self._own = own
        self._stage: Stage | None = None
        self.kind = own.dialect.name
        self.writer = open_engine(url, "write")
        self.reader = open_engine(url, "audit")
        _Places(self.writer, self._who)

    def renew(self, usage_logs: int, stage: Stage | None = None) -> None:
        """Make it empty, with a number of usage logs."""
        self._stage = None
        with self._own.begin() as connection, _without_triggers(connection):
            for table in reversed(tables.metadata.sorted_tables):
                connection.execute(delete(table))
            heads = [head for head in self._heads if head.number in _numbers(usage_logs)]
            connection.execute(insert(tables.log), [head._asdict() for head in heads])
        self._stage = stage

    def close(self) -> None:
        """Close all connections."""
        for engine in (self._own, self.writer, self.reader):
            engine.dispose()

    def _who(self) -> Process | None:
        """Return whose turn it is."""
        return None if self._stage is None else self._stage.current


def _numbers(usage_logs: int) -> list[int]:
    """Return the numbers of the logs that a ledger has."""
    return list(LOG_NUMBERS.values())[: usage_logs + 2]


@contextmanager
def _without_triggers(connection: Connection) -> Iterator[None]:
    """Let rows be deleted, which the ledger's own walls forbid."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        yield
        return
    found = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    triggers = found.all()
    for name, _ in triggers:
        connection.execute(text(f"DROP TRIGGER {name}"))
    yield
    for _, sql in triggers:
        connection.exec_driver_sql(sql)


@contextmanager
def sqlite_database(home: Path) -> Iterator[Database]:
    """Yield a database in a file under a directory."""
    database = Database(f"sqlite:///{home / 'ledger.db'}")
    yield database
    database.close()


@contextmanager
def postgresql_database(server: str, name: str) -> Iterator[Database]:
    """Yield a database of a name on a PostgreSQL server."""
    with psycopg.connect(server.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        database = Database(server.replace("/postgres?", f"/{name}?"))
        yield database
        database.close()
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


class _Places:
    """Makes every statement of an engine a place where the process whose turn it is may end."""

    def __init__(self, engine: Engine, who: Callable[[], Process | None]) -> None:
        self._who = who
        self._on_sqlite = engine.dialect.name == "sqlite"
        event.listen(engine, "connect", self._connect)
        event.listen(engine, "begin", self._begin)
        event.listen(engine, "before_cursor_execute", self._execute)
        event.listen(engine, "commit", self._commit)
        event.listen(engine, "rollback", self._rollback)

    def _connect(self, driver: Any, _record: object) -> None:  # noqa: ANN401 - either driver's own
        if self._on_sqlite:
            # Only the machine's end needs the disk, and no seed ends the machine.
            driver.execute("PRAGMA synchronous=OFF")
            driver.execute("PRAGMA busy_timeout=0")
        else:
            driver.autocommit = True
            driver.execute(f"SET lock_timeout = {LOCK_TIMEOUT_MS}")
            driver.autocommit = False
            driver.cursor_factory = _copying(self._who)

    def _begin(self, _connection: Connection) -> None:
        process = self._who()
        if process is not None:
            process.writing = False

    def _execute(self, connection: Connection, _cursor: object, sql: str, *_: object) -> None:
        what, process = name_statement(sql), self._who()
        if process is not None:
            process.writing |= not what.startswith(("BEGIN", "SELECT"))
            _meet(process, connection, what)

    def _commit(self, connection: Connection) -> None:
        process = self._who()
        if process is None:
            return
        driver: Any = connection.connection.dbapi_connection
        wrote = process.writing
        try:
            _meet(process, connection, "COMMIT")
            if not getattr(driver, "closed", False):
                driver.commit()
                if wrote:
                    process.on_commit()
        finally:
            process.writing = False
        if not getattr(driver, "closed", False):
            _meet(process, connection, "answer to COMMIT" if wrote else "answer to reading")

    def _rollback(self, connection: Connection) -> None:
        process = self._who()
        if process is None:
            return
        process.writing = False
        if process.killed:
            _cut(connection)
        elif not connection.invalidated:
            _meet(process, connection, "ROLLBACK")


def _copying(who: Callable[[], Process | None]) -> type[psycopg.Cursor[Any]]:
    """Return cursors whose COPY is a place too: SQLAlchemy does not see it."""

    class Copying(psycopg.Cursor[Any]):
        @contextmanager
        def copy(self, statement: Any, *rest: Any, **options: Any) -> Iterator[psycopg.Copy]:  # noqa: ANN401 - the driver's own
            process = who()
            if process and process.at(name_statement(statement.decode()), can_fail=True):
                _close(self.connection)
            with super().copy(statement, *rest, **options) as copy:
                yield copy

    return Copying


def _meet(process: Process, connection: Connection, what: str) -> None:
    """Come to a statement: the process may end here, or the statement fail."""
    try:
        fails = process.at(what, can_fail=True)
    except Killed:
        _cut(connection)
        raise
    if fails and connection.dialect.name == "sqlite":
        raise OperationalError(what, None, sqlite3.OperationalError("disk I/O error"))
    if fails:
        _close(connection.connection.dbapi_connection)


def _cut(connection: Connection) -> None:
    """End a connection without a commit, as the end of its process does."""
    if not connection.invalidated:
        _close(connection.connection.dbapi_connection)
        connection.invalidate()


def _close(driver: Any) -> None:  # noqa: ANN401 - either driver's own
    """Close a connection, its locks released when this returns."""
    if not getattr(driver, "closed", False):
        driver.rollback()
        driver.close()
