"""PostgreSQL's roles: every statement that one could try on every table and column, as each role.

What each may do stands in one small table below; everything else must be refused by the server.
Whoever adds a table says there what writer and reader may do with it.
"""

from collections.abc import Iterator
from contextlib import closing
from typing import Final

import psycopg
import pytest
from sqlalchemy import Table, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError

from ledger import tables
from ledger.database import ROLES, Access, Engine, open_engine, require_schema
from ledger.projection import PROJECTIONS
from ledger.read import read_chunks, read_entries, read_heads, root_at
from ledger.schema import upgrade
from ledger.store import Store
from ledger.walls import check_walls
from tests.ledger.attacks import examine, examine_logs, populate
from tests.ledger.conftest import NOW_MS, ORIGIN, Ledger, fact

NAMES: Final = tuple(tables.metadata.tables)

READABLE: Final[dict[Access, set[str]]] = {
    "write": set(NAMES) - {"personal_datum"},
    "audit": set(NAMES) - {"personal_datum", *tables.ACCOUNTS},
    "keep": set(NAMES),
    "read": {
        *("log", "tile", "chunk", "usage_day", "source_day", "sequence_block"),
        *(*tables.BOOKS, "trail", "claim_state", "scheduled_run"),
    },
}
"""Whose rows each role may read; of `chunk` the reader sees the book, by a view.

Of personal data every role sees that they are there, and the keeper alone what they say. How people
sign in is for the writer and the keeper.
"""

INSERTABLE: Final[dict[Access, set[str]]] = {
    "write": set(NAMES) - {"log"},
    "audit": set(),
    "keep": set(),
    "read": set(),
}

UPDATABLE: Final[dict[Access, dict[str, tuple[str, ...]]]] = {
    "write": {
        **tables.HEADS,
        "personal_datum": ("salt", "value"),
        **{
            name: tuple(
                column.name
                for column in tables.metadata.tables[name].columns
                if not column.primary_key
            )
            for name in (*tables.PROJECTIONS, *tables.OPERATIONS)
        },
    },
    "audit": {},
    "keep": {},
    "read": {},
}
"""Columns that each role may update."""

DELETABLE: Final[dict[Access, tuple[str, ...]]] = {"write": tables.PASSING}
"""Tables from which a role may take rows, and which it may lock as PostgreSQL has it."""

DIALECT: Final = postgresql.dialect()  # type: ignore[no-untyped-call]

DENIED: Final = "42501"
"""SQLSTATE insufficient_privilege."""

WHO: Final[tuple[Access, ...]] = tuple(ROLES)


class Server:
    """A ledger, and the engine of somebody who signs in with one role and no other."""

    def __init__(self, url: str) -> None:
        own = open_engine(url, "own")
        upgrade(own, ORIGIN, 2)
        self.ledger = Ledger(url)
        populate(self.ledger)
        with own.begin() as connection:
            for access, role in ROLES.items():
                connection.exec_driver_sql(f"CREATE ROLE as_{access} LOGIN IN ROLE {role}")
        own.dispose()
        self.engines = {
            access: open_engine(url.replace("postgres@", f"as_{access}@"), access)
            for access in ROLES
        }

    def close(self) -> None:
        for engine in self.engines.values():
            engine.dispose()
        with self.ledger.own.begin() as connection:
            for access in ROLES:
                connection.exec_driver_sql(f"DROP ROLE as_{access}")
        self.ledger.close()


@pytest.fixture(scope="module")
def server(postgres_url: str) -> Iterator[Server]:
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE DATABASE roles TEMPLATE template0 STRATEGY file_copy")
    with closing(Server(postgres_url.replace("/postgres?", "/roles?"))) as made:
        yield made


def state_of(engine: Engine, statement: str) -> str | None:
    """Return the SQLSTATE with which the server refuses a statement, None where it does it."""
    with engine.connect() as connection:
        try:
            connection.exec_driver_sql(statement)
        except DBAPIError as error:
            return getattr(error.orig, "sqlstate", str(error))
        finally:
            connection.rollback()
    return None


def statements_on(table: Table) -> Iterator[tuple[str, str]]:
    """Yield (what it is, statement) of everything that one could try on a table.

    What may be allowed touches no row, so that no trigger or constraint has a say.
    """
    name = f"public.{table.name}"
    columns = ", ".join(column.name for column in table.columns)
    yield "SELECT", f"SELECT {columns} FROM {name}"
    nulls = ", ".join(f"CAST(NULL AS {one.type.compile(DIALECT)})" for one in table.columns)
    yield "INSERT", f"INSERT INTO {name} ({columns}) SELECT {nulls} WHERE false"
    for column in table.columns:
        yield f"UPDATE {column.name}", f"UPDATE {name} SET {column.name} = NULL WHERE false"
    first = table.columns[0].name
    for statement in (
        f"DELETE FROM {name}",
        f"TRUNCATE {name}",
        f"DROP TABLE {name} CASCADE",
        f"ALTER TABLE {name} ADD COLUMN more integer",
        f"ALTER TABLE {name} DROP COLUMN {first} CASCADE",
        f"ALTER TABLE {name} ALTER COLUMN {first} TYPE text",
        f"ALTER TABLE {name} OWNER TO CURRENT_USER",
        f"ALTER TABLE {name} DISABLE TRIGGER ALL",
        f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {name} RENAME TO elsewhere",
        f"CREATE TRIGGER more BEFORE INSERT ON {name} EXECUTE FUNCTION public.refuse_change()",
        f"CREATE RULE more AS ON INSERT TO {name} DO INSTEAD NOTHING",
        f"CREATE INDEX more ON {name} ({first})",
        f"CREATE POLICY more ON {name} USING (false)",
        f"COMMENT ON TABLE {name} IS 'x'",
        f"COPY {name} TO PROGRAM 'cat'",
        f"COPY {name} FROM PROGRAM 'true'",
        f"COPY {name} TO '/tmp/{table.name}'",
        f"COPY {name} FROM '/dev/null'",
        f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE",
        f"MERGE INTO {name} a USING {name} b ON false WHEN NOT MATCHED BY SOURCE THEN DELETE",
    ):
        yield " ".join(statement.split()[:2]), statement


def is_allowed(access: Access, table: Table, what: str) -> bool:
    """Return whether a role may do something to a table, as the tables above say."""
    verb, _, column = what.partition(" ")
    if verb == "SELECT":
        return table.name in READABLE[access] and (access, table.name) != ("read", "chunk")
    if verb == "INSERT":
        return table.name in INSERTABLE[access]
    if verb in {"DELETE", "MERGE", "LOCK"}:
        return table.name in DELETABLE.get(access, ())
    return verb == "UPDATE" and column in UPDATABLE[access].get(table.name, ())


@pytest.mark.parametrize("access", WHO)
@pytest.mark.parametrize("name", NAMES)
def test_a_role_may_do_to_a_table_what_is_its_own_and_nothing_else(
    server: Server, access: Access, name: str
) -> None:
    table, engine = tables.metadata.tables[name], server.engines[access]
    for what, statement in statements_on(table):
        wanted = None if is_allowed(access, table, what) else DENIED
        assert state_of(engine, statement) == wanted, statement


@pytest.mark.parametrize("name", NAMES)
def test_every_statement_means_something_for_the_owner(server: Server, name: str) -> None:
    """A statement that fails for another reason than its rights would show nothing above."""
    for _, statement in statements_on(tables.metadata.tables[name]):
        if "COPY" not in statement:
            state = state_of(server.ledger.own, statement)
            # Our own triggers, a key that others refer to, a type that does not convert.
            assert state in {None, "23000", "0A000", "42804", "42P16"}, (statement, state)


# --- beyond the tables ---

ANYWHERE: Final = (
    "CREATE TABLE public.more (a integer)",
    "CREATE TABLE suanquan_reading.more (a integer)",
    "CREATE TEMPORARY TABLE more (a integer)",
    "CREATE VIEW public.more AS SELECT 1",
    "CREATE SCHEMA more",
    "CREATE SEQUENCE public.more",
    "CREATE FUNCTION public.more() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "CREATE FUNCTION public.more() RETURNS integer LANGUAGE c AS 'x', 'y'",
    "DROP EXTENSION plpgsql CASCADE",
    "CREATE ROLE more",
    "DROP SCHEMA public CASCADE",
    "DROP VIEW suanquan_reading.chunk",
    "CREATE OR REPLACE VIEW suanquan_reading.chunk AS SELECT * FROM public.chunk",
    "DROP FUNCTION public.refuse_change() CASCADE",
    "CREATE OR REPLACE FUNCTION public.refuse_change() RETURNS trigger LANGUAGE sql AS 'SELECT 1'",
    "SET session_replication_role = replica",
    "ALTER DATABASE roles SET session_replication_role = replica",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "SELECT setval('public.source_number_seq', 1, false)",
    "SELECT setval('public.rejection_id_seq', 1, false)",
    "ALTER SEQUENCE public.source_number_seq RESTART",
    "UPDATE public.alembic_version SET version_num = 'x'",
    "DELETE FROM public.alembic_version",
    "INSERT INTO public.alembic_version VALUES ('x')",
    "DROP TABLE public.alembic_version",
    "UPDATE pg_class SET relname = 'x'",
    "DELETE FROM pg_trigger",
    "SELECT rolpassword FROM pg_authid",
    "SELECT pg_read_file('/etc/hostname')",
    "SELECT pg_ls_dir('.')",
    "SELECT lo_import('/etc/hostname')",
    "COPY (SELECT 1) TO PROGRAM 'cat'",
    "COPY (SELECT 1) TO '/tmp/x'",
    "SELECT pg_reload_conf()",
)


@pytest.mark.parametrize("access", WHO)
@pytest.mark.parametrize("statement", ANYWHERE)
def test_no_role_reaches_beyond_its_tables(server: Server, access: Access, statement: str) -> None:
    assert state_of(server.engines[access], statement) == DENIED


@pytest.mark.parametrize("access", WHO)
def test_sequences_are_the_writers_to_use_and_the_auditors_to_see(
    server: Server, access: Access
) -> None:
    engine = server.engines[access]
    for name in ("source_number_seq", "rejection_id_seq"):
        used = state_of(engine, f"SELECT nextval('public.{name}')")
        assert used == (None if access == "write" else DENIED)
        seen = state_of(engine, f"SELECT last_value FROM public.{name}")
        assert seen == (None if access in {"audit", "keep"} else DENIED)


@pytest.mark.parametrize("access", WHO)
@pytest.mark.parametrize(
    "statement", ["ALTER SYSTEM SET session_replication_role = replica", "CREATE DATABASE more"]
)
def test_no_role_changes_the_server(server: Server, access: Access, statement: str) -> None:
    engine = server.engines[access].execution_options(isolation_level="AUTOCOMMIT")
    assert state_of(engine, statement) == DENIED


@pytest.mark.parametrize("access", WHO)
def test_no_role_takes_another(server: Server, access: Access) -> None:
    engine = server.engines[access]
    for other in {*ROLES.values(), "postgres"} - {ROLES[access]}:
        for statement in (
            f"SET ROLE {other}",
            f"SET SESSION AUTHORIZATION {other}",
            f"GRANT {other} TO CURRENT_USER",
        ):
            assert state_of(engine, statement) == DENIED, statement


RIGHTS: Final = "SELECT relname, relacl::text FROM pg_class WHERE relacl IS NOT NULL ORDER BY oid"


@pytest.mark.parametrize("access", WHO)
@pytest.mark.parametrize("name", NAMES)
def test_no_role_gives_or_takes_rights(server: Server, access: Access, name: str) -> None:
    """Where a role has some right on a table, PostgreSQL warns that it has none to give."""
    for statement in (
        f"GRANT ALL ON public.{name} TO PUBLIC",
        f"GRANT DELETE ON public.{name} TO CURRENT_USER",
        f"REVOKE ALL ON public.{name} FROM {ROLES['audit']}",
    ):
        with server.engines[access].connect() as connection:
            before = connection.exec_driver_sql(RIGHTS).all()
            if state_of(server.engines[access], statement) is None:
                connection.exec_driver_sql(statement)
                assert connection.exec_driver_sql(RIGHTS).all() == before, statement
            else:
                assert state_of(server.engines[access], statement) == DENIED, statement
            connection.rollback()


# --- what each role is for ---


def test_everybody_has_no_right_on_anything_of_ours(server: Server) -> None:
    with server.ledger.own.begin() as connection:
        connection.exec_driver_sql("CREATE ROLE as_nobody LOGIN")
    engine = open_engine(server.ledger.url.replace("postgres@", "as_nobody@"), "own")
    try:
        for name in (*NAMES, "alembic_version"):
            assert state_of(engine, f"SELECT 1 FROM public.{name}") == DENIED
        for statement in ANYWHERE:
            assert state_of(engine, statement) == DENIED, statement
    finally:
        engine.dispose()
        with server.ledger.own.begin() as connection:
            connection.exec_driver_sql("DROP ROLE as_nobody")


@pytest.mark.parametrize("access", WHO)
def test_every_role_finds_the_schema(server: Server, access: Access) -> None:
    require_schema(server.engines[access])


def test_the_writer_appends(server: Server) -> None:
    outcome = Store(server.engines["write"], PROJECTIONS).append_own([fact("as-writer")], NOW_MS)
    assert outcome.recorded == 1


def test_the_keeper_checks_everything(server: Server) -> None:
    with server.engines["keep"].connect() as connection:
        assert examine(connection) == []
        assert check_walls(connection) == []


def test_the_auditor_checks_all_but_what_personal_data_say(server: Server) -> None:
    with server.engines["audit"].connect() as connection:
        assert examine_logs(connection) == []
        assert check_walls(connection) == []


def test_the_reader_sees_the_book_and_no_usage_entry(server: Server) -> None:
    with server.engines["read"].connect() as connection:
        heads = read_heads(connection)
        size = heads["book"].size
        assert len(list(read_entries(connection, "book", 0, size))) == size > 0
        for log in ("usage", "usage-1"):
            assert heads[log].size > 0
            assert list(read_chunks(connection, log, 0, heads[log].size)) == []
        assert connection.execute(select(tables.usage_day)).first() is not None
        assert root_at(connection, heads["usage"], heads["usage"].size) == heads["usage"].root


def test_a_schema_put_before_ours_is_not_looked_into(server: Server) -> None:
    own = server.ledger.own
    with own.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA forged")
        connection.exec_driver_sql("CREATE TABLE forged.log AS SELECT * FROM public.log")
        connection.exec_driver_sql("GRANT USAGE ON SCHEMA forged TO PUBLIC")
        connection.exec_driver_sql("GRANT SELECT ON forged.log TO PUBLIC")
        connection.exec_driver_sql("UPDATE forged.log SET size = 0")
        connection.exec_driver_sql("ALTER ROLE as_audit SET search_path = forged, public")
    try:
        engine = open_engine(server.ledger.url.replace("postgres@", "as_audit@"), "audit")
        with engine.connect() as connection:
            assert read_heads(connection)["usage"].size > 0
        engine.dispose()
    finally:
        with own.begin() as connection:
            connection.exec_driver_sql("ALTER ROLE as_audit RESET search_path")
            connection.exec_driver_sql("DROP SCHEMA forged CASCADE")
