"""The schema: migrations build it exactly, and its walls hold below the program."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, select, text
from sqlalchemy.exc import DBAPIError

from ledger import merkle, tables
from ledger.database import REVISION, open_engine
from ledger.schema import upgrade
from ledger.tables import LOG_NUMBERS
from ledger.walls import check_walls
from tests.ledger.conftest import ORIGIN, Ledger, fact, usage

ALEMBIC = Path(__file__).parents[2] / "alembic.ini"
TABLES = tuple(tables.metadata.tables)
FROZEN = (*tables.APPEND_ONLY, "trail")
HEADS = tuple(tables.HEADS)
FIRST_COLUMN = {name: table.columns[0].name for name, table in tables.metadata.tables.items()}
KEYS = {
    name: ", ".join(column.name for column in table.primary_key)
    for name, table in tables.metadata.tables.items()
}

# --- migrations ---


def test_every_table_is_of_one_kind() -> None:
    kinds = [*tables.APPEND_ONLY, *tables.HEADS, *tables.PROJECTIONS, *tables.ERASABLE]
    assert sorted([*kinds, *tables.OPERATIONS]) == sorted(TABLES)


def test_an_upgraded_database_has_empty_logs(ledger: Ledger) -> None:
    with ledger.own.connect() as connection:
        rows = connection.execute(select(tables.log).order_by(tables.log.c.number)).all()
    assert rows == [
        (number, name, f"{ORIGIN}/{name}", 0, merkle.EMPTY_ROOT, b"")
        for name, number in islice(LOG_NUMBERS.items(), 3)
    ]


def test_upgrading_again_changes_nothing(ledger: Ledger) -> None:
    ledger.append(usage("u-1"), fact("f-1"), rejected=[b"{"])
    before = ledger.dump()
    assert upgrade(ledger.own, "another.example") == REVISION
    assert ledger.dump() == before


@pytest.mark.parametrize("revision", ["0001", "0002"])
def test_an_older_database_ends_with_the_walls_of_a_new_one(
    database_url: str, revision: str
) -> None:
    own = open_engine(database_url, "own")
    with own.begin() as connection:
        config = Config(ALEMBIC)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    assert upgrade(own, ORIGIN) == REVISION
    with own.connect() as connection:
        assert check_walls(connection) == []
    own.dispose()


def test_a_failed_upgrade_leaves_nothing(database_url: str) -> None:
    with closing(Ledger.migrated(database_url)) as made:
        own = made.own
        with own.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = 'unknown'"))
        before = made.dump()
        with pytest.raises(Exception, match="unknown"):
            upgrade(own, ORIGIN)
        assert made.dump() == before


def test_the_migrations_build_the_tables_without_drift(ledger: Ledger) -> None:
    with ledger.own.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, tables.metadata) == []


def test_sqlite_is_migrated_to_what_the_tables_say_word_for_word(tmp_path: Path) -> None:
    def definitions(engine: Engine) -> dict[str, set[str]]:
        with engine.connect() as connection:
            rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql > ''"))
            found = {row.name: row.sql for row in rows if row.name in TABLES}
        engine.dispose()
        return {
            name: {" ".join(line.rstrip(", ").split()) for line in sql.splitlines()}
            for name, sql in found.items()
        }

    with closing(Ledger.migrated(f"sqlite:///{tmp_path / 'migrated.db'}")) as migrated:
        built = definitions(migrated.own)
    direct = create_engine(f"sqlite:///{tmp_path / 'direct.db'}")
    tables.metadata.create_all(direct)
    assert built == definitions(direct)
    assert set(built) == set(TABLES)


def test_postgresql_is_migrated_to_what_the_tables_say_word_for_word(
    postgres_database: str,
) -> None:
    columns = text(
        "SELECT table_name, column_name, ordinal_position, data_type, is_nullable,"
        " column_default IS NULL FROM information_schema.columns WHERE table_schema = :schema"
        " AND table_name <> 'alembic_version'"
    )
    constraints = text(
        "SELECT conname, replace(pg_get_constraintdef(oid), 'direct.', '') FROM pg_constraint"
        " WHERE connamespace = CAST(:schema AS regnamespace) AND conname NOT LIKE 'alembic%'"
    )
    with closing(Ledger.migrated(postgres_database)) as ledger, ledger.own.connect() as connection:
        connection.execute(text("CREATE SCHEMA direct"))
        mapped = connection.execution_options(schema_translate_map={None: "direct"})
        tables.metadata.create_all(mapped)
        for query in (columns, constraints):
            built, direct = (
                {tuple(row) for row in connection.execute(query, {"schema": schema})}
                for schema in ("public", "direct")
            )
            assert built == direct
            assert len(built) > len(TABLES)


# --- walls ---


@contextmanager
def undone(engine: Engine) -> Iterator[Connection]:
    """Yield a connection whose changes are rolled back."""
    with engine.connect() as connection:
        yield connection
        connection.rollback()


def refused(engine: Engine, statement: str, why: str) -> None:
    """Check that a statement is refused for the reason given."""
    with undone(engine) as connection, pytest.raises(DBAPIError, match=why):
        connection.execute(text(statement))


def changes_of(table: str, *, sqlite: bool) -> list[str]:
    """Return statements that would change or remove rows of an append-only table."""
    column = FIRST_COLUMN[table]
    upsert = (
        f"INSERT INTO {table} SELECT * FROM {table} WHERE true"
        f" ON CONFLICT ({KEYS[table]}) DO UPDATE SET {column} = excluded.{column}"
    )
    both = [
        f"UPDATE {table} SET {column} = {column}",
        f"DELETE FROM {table}",
        f"DELETE FROM {table} WHERE {column} IN (SELECT {column} FROM {table} LIMIT 1)",
        upsert,
    ]
    if sqlite:
        return [
            *both,
            f"UPDATE OR REPLACE {table} SET {column} = {column}",
            f"UPDATE OR IGNORE {table} SET {column} = {column}",
            f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1",
            f"REPLACE INTO {table} SELECT * FROM {table} LIMIT 1",
        ]
    return [
        *both,
        f"TRUNCATE {table} CASCADE",
        (f"MERGE INTO {table} a USING {table} b ON false WHEN NOT MATCHED BY SOURCE THEN DELETE"),
    ]


@pytest.mark.parametrize("table", FROZEN)
def test_an_append_only_table_refuses_every_change(evidence: Ledger, table: str) -> None:
    for statement in changes_of(table, sqlite=evidence.is_sqlite):
        refused(evidence.own, statement, "append-only")
    if evidence.is_sqlite:
        for statement in changes_of(table, sqlite=True):
            refused(evidence.write, statement, "append-only")


@pytest.mark.parametrize("table", HEADS)
def test_a_head_is_not_removed(evidence: Ledger, table: str) -> None:
    statements = [f"DELETE FROM {table}"]
    if evidence.is_sqlite:
        statements.append(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")
        statements.append(f"REPLACE INTO {table} SELECT * FROM {table} LIMIT 1")
    else:
        statements.append(f"TRUNCATE {table} CASCADE")
    for statement in statements:
        refused(evidence.own, statement, "append-only")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log SET size = size",
        "UPDATE log SET size = size - 1",
        "UPDATE log SET size = 0",
        "UPDATE log SET root = frontier",
        "UPDATE log SET frontier = root",
        "UPDATE log SET size = size + 1, name = name || 'x'",
        "UPDATE log SET size = size + 1, origin = origin || 'x'",
        "UPDATE log SET size = size + 1, number = number + 2",
        "UPDATE stream SET next = next",
        "UPDATE stream SET next = next - 1",
        "UPDATE stream SET next = next + 1, name = name || 'x'",
    ],
)
def test_a_head_moves_forward_only(evidence: Ledger, statement: str) -> None:
    refused(evidence.own, statement, "append-only")


@pytest.mark.parametrize(
    "statement",
    ["UPDATE log SET size = size + 1, root = frontier", "UPDATE stream SET next = next + 1"],
)
def test_a_writer_moves_heads_forward(evidence: Ledger, statement: str) -> None:
    with undone(evidence.write) as connection:
        assert connection.execute(text(statement)).rowcount > 0


@pytest.mark.parametrize("table", [*FROZEN, *HEADS])
@pytest.mark.parametrize("access", ["write", "read"])
def test_no_role_may_change_the_log(postgres_evidence: Ledger, table: str, access: str) -> None:
    engine = getattr(postgres_evidence, access)
    column = FIRST_COLUMN[table]
    for statement in (
        f"UPDATE {table} SET {column} = {column}",
        f"DELETE FROM {table}",
        f"TRUNCATE {table}",
    ):
        refused(engine, statement, "permission denied")
    for statement in (
        f"ALTER TABLE {table} DISABLE TRIGGER ALL",
        f"DROP TABLE {table} CASCADE",
        f"ALTER TABLE {table} ADD COLUMN x int",
    ):
        refused(engine, statement, "must be owner|permission denied")


@pytest.mark.parametrize("access", ["write", "read"])
def test_no_role_may_escape_its_walls(postgres_evidence: Ledger, access: str) -> None:
    engine = getattr(postgres_evidence, access)
    refused(engine, "SET session_replication_role = replica", "permission denied")
    refused(engine, "CREATE TABLE x (y int)", "permission denied")
    refused(engine, "UPDATE alembic_version SET version_num = 'x'", "permission denied")
    refused(engine, "DELETE FROM usage_day", "permission denied")
    refused(engine, "TRUNCATE usage_day", "permission denied")


def test_a_writer_may_not_add_or_rename_logs(postgres_evidence: Ledger) -> None:
    engine = postgres_evidence.write
    refused(
        engine, "INSERT INTO log SELECT 9, 'x', 'x', 0, root, root FROM log", "permission denied"
    )
    for column in ("number", "name", "origin"):
        refused(engine, f"UPDATE log SET {column} = {column}", "permission denied")


@pytest.mark.parametrize("table", TABLES)
def test_a_reader_inserts_and_updates_nothing(evidence: Ledger, table: str) -> None:
    column = FIRST_COLUMN[table]
    for statement in (
        f"INSERT INTO {table} SELECT * FROM {table}",
        f"UPDATE {table} SET {column} = {column}",
        f"DELETE FROM {table}",
    ):
        refused(evidence.read, statement, "permission denied|readonly database")


def test_a_chunk_holds_no_more_than_a_tile(evidence: Ledger) -> None:
    for count in (0, 257):
        statement = f"INSERT INTO chunk SELECT log, 10000, {count}, body FROM chunk LIMIT 1"
        refused(evidence.own, statement, "(?i)check constraint")


def test_a_sum_over_64_bits_is_refused_and_not_rounded(evidence: Ledger) -> None:
    refused(
        evidence.own,
        f"UPDATE usage_day SET quantity = quantity + {2**63 - 1}",
        "overflows 64 bits|out of range",
    )


def test_every_wall_names_its_table(evidence: Ledger) -> None:
    for table in FROZEN:
        refused(evidence.own, f"DELETE FROM {table}", re.escape(f"{table} is append-only"))
