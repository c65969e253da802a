"""Engines: how each database is opened so that its own walls hold.

SQLite: write-ahead log, full synchronisation, foreign keys, recursive triggers (without them
`INSERT OR REPLACE` walks past a delete trigger), and read-only opening for reading commands.
PostgreSQL: each connection takes the role of its access, which may not touch more, and looks up
names where the program put them, whatever the server's settings say.
"""

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Literal

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DataError,
    DBAPIError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)

from ledger.errors import InvalidInputError
from ledger.text import Text

__all__ = [
    "ROLES",
    "Access",
    "Connection",
    "DataError",
    "DatabaseError",
    "Engine",
    "OperationalError",
    "make_url",
    "missing_schema",
    "open_engine",
    "require_schema",
]

Access = Literal["write", "read", "audit", "keep", "own"]

ROLES: Final[dict[Access, str]] = {
    "write": "suanquan_writer",
    "read": "suanquan_reader",
    "audit": "suanquan_auditor",
    "keep": "suanquan_keeper",
}
"""PostgreSQL roles; `own` keeps the role that connected, for migrations.

The reader sees heads, tiles, sums and the entries of the book. The auditor sees what agents sent
and what was refused too, and of personal data that they are there. The keeper sees everything.
"""

SEARCH_PATHS: Final[dict[Access, str]] = {"read": "suanquan_reading, public"}
"""Where an access looks tables up, if not in `public` alone.

For the reader a view stands before the entries, which shows those of the book.
"""

READING: Final[frozenset[Access]] = frozenset({"read", "audit", "keep"})
"""Accesses that change nothing."""

REVISION: Final = "0015"
"""The newest migration, which this program needs."""

# A second writer waits this long for the first one's batch before it gives up.
BUSY_TIMEOUT_MS: Final = 30_000

# A worker that froze inside its transaction (a stopped process, a lost host) holds its log's head
# for this long at most; then PostgreSQL ends it and the others go on. No batch takes that long.
TRANSACTION_IDLE_MAX_MS: Final = 60_000
STATEMENT_MAX_MS: Final = 120_000

# A host that is gone is noticed after a minute; in the middle of a COPY no other limit applies.
KEEPALIVES: Final = {
    "tcp_keepalives_idle": 30,
    "tcp_keepalives_interval": 10,
    "tcp_keepalives_count": 3,
}


def open_engine(url: str, access: Access) -> Engine:
    """Return an engine for a database with the walls of its access in place.

    An error names no values of a statement: they may be of a person, and errors go into logs.

    Raises `InvalidInputError` for a database that is neither SQLite nor PostgreSQL, or that is
    opened for reading and is not there.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise _unknown_database("?") from None
    dialect = parsed.get_backend_name()
    if dialect == "sqlite":
        return _open_sqlite(Path(parsed.database or ""), access)
    if dialect == "postgresql":
        # One snapshot a transaction, so that a check beside a writer sees one tree.
        isolation = "REPEATABLE READ" if access in READING else "READ COMMITTED"
        engine = create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            isolation_level=isolation,
            hide_parameters=True,
        )
        _take_place(engine, SEARCH_PATHS.get(access, "public"))
        if access in ROLES:
            _take_role(engine, ROLES[access])
        if access == "write":
            _bound_transactions(engine)
        return engine
    raise _unknown_database(dialect)


def _unknown_database(dialect: str) -> InvalidInputError:
    """Return the error for a database that is neither of ours; a URL may hold a password."""
    return InvalidInputError(
        "unknown_database",
        Text(f"不支持的数据库 {dialect}", f"{dialect} is not supported"),
        Text(
            "SUANQUAN_DATABASE_URL 请用 sqlite:/// 或 postgresql://",
            "set SUANQUAN_DATABASE_URL to sqlite:/// or postgresql://",
        ),
    )


def _open_sqlite(path: Path, access: Access) -> Engine:
    """Return an engine on a SQLite file, made where it is missing unless it is only read."""
    if access in READING and not path.exists():
        raise missing_schema(str(path))
    mode = "ro" if access in READING else "rwc"

    def connect() -> sqlite3.Connection:
        """Return a connection that leaves transactions to us."""
        path.parent.mkdir(parents=True, exist_ok=True)
        return sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,
            timeout=BUSY_TIMEOUT_MS / 1000,
            check_same_thread=False,
        )

    engine = create_engine(f"sqlite:///{path.absolute()}", creator=connect, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own
        if access not in READING:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            # What is erased, or moves when a page splits, leaves no bytes in the file.
            connection.execute("PRAGMA secure_delete=ON")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA recursive_triggers=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if access in READING else "BEGIN IMMEDIATE")

    return engine


def _take_place(engine: Engine, search_path: str) -> None:
    """Make each connection of an engine look tables up in the schemas named, and no others.

    A table of ours in a schema that a server's setting puts first would be read in its place.
    """

    @event.listens_for(engine, "connect")
    def _set_search_path(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own
        connection.autocommit = True
        connection.execute(f"SET search_path = {search_path}")
        connection.autocommit = False


def _take_role(engine: Engine, role: str) -> None:
    """Make each connection of an engine act as a role from its start."""

    @event.listens_for(engine, "connect")
    def _set_role(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own
        connection.autocommit = True
        connection.execute(f"SET ROLE {role}")
        connection.autocommit = False


def _bound_transactions(engine: Engine) -> None:
    """Let PostgreSQL end a transaction of ours that does not move."""

    @event.listens_for(engine, "connect")
    def _set_limits(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own
        connection.autocommit = True
        connection.execute(f"SET idle_in_transaction_session_timeout = {TRANSACTION_IDLE_MAX_MS}")
        connection.execute(f"SET statement_timeout = {STATEMENT_MAX_MS}")
        for name, value in KEEPALIVES.items():
            connection.execute(f"SET {name} = {value}")
        connection.autocommit = False


def missing_schema(database: str) -> InvalidInputError:
    """Return the error for a database that holds no schema yet."""
    return InvalidInputError(
        "no_schema",
        Text(f"数据库 {database} 尚未建表", f"the database {database} has no schema yet"),
        Text("请先运行 suanquan db upgrade", "run suanquan db upgrade first"),
    )


def require_schema(engine: Engine) -> None:
    """Raise `InvalidInputError` unless the tables can be reached and are those of this program.

    Codes: `no_database`, `no_schema`, `other_schema`.
    """
    shown = engine.url.render_as_string(hide_password=True)
    revision: str | None = None
    try:
        if _revision_of(engine) == REVISION:
            return
        with engine.connect() as connection:
            present = inspect(connection).has_table("chunk")
            if present:
                revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    except (DataError, ProgrammingError):
        # PostgreSQL lacks the role, or its rights, until the first migration made them.
        present = False
    except SQLAlchemyError as error:
        raise InvalidInputError(
            "no_database",
            Text(f"连不上数据库 {shown}：{error}", f"cannot reach {shown}: {error}"),
            Text("请检查 SUANQUAN_DATABASE_URL", "check SUANQUAN_DATABASE_URL"),
        ) from error
    if not present:
        raise missing_schema(shown)
    if revision != REVISION:
        raise InvalidInputError(
            "other_schema",
            Text(
                f"数据库 {shown} 的版本为 {revision}，本程序需要 {REVISION}",
                f"{shown} is at revision {revision}, this program needs {REVISION}",
            ),
            Text(
                "请停止旧程序后运行 suanquan db upgrade；若数据库更新，请升级程序",
                "stop older programs and run suanquan db upgrade; if the database is newer,"
                " upgrade the program",
            ),
        )


def _revision_of(engine: Engine) -> str | None:
    """Return the schema's revision by one query, None where it takes a closer look."""
    with suppress(DBAPIError), engine.connect() as connection:
        found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return found
    return None
