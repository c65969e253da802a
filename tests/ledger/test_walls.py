"""Walls that were torn down are findings of their own, on both databases."""

import pytest
from sqlalchemy import text

from ledger.walls import EXPECTED, check_walls, read_walls
from tests.golden import check_golden
from tests.ledger.conftest import Ledger

FUNCTION = "FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"

# Five append-only tables and two of heads, on PostgreSQL one trigger each and one more a head.
TRIGGERS_MIN = 9


def findings(ledger: Ledger, *statements: str) -> list[str]:
    """Return what the check says after the owner did something that is then undone."""
    with ledger.own.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
        found = [one.what.en for one in check_walls(connection)]
        connection.rollback()
    return found


def test_the_expected_walls_are_those_of_a_migrated_database(
    sqlite_ledger: Ledger, postgres_ledger: Ledger
) -> None:
    walls = {}
    for ledger in (sqlite_ledger, postgres_ledger):
        with ledger.own.connect() as connection:
            walls[connection.dialect.name] = read_walls(connection)
    check_golden(EXPECTED, walls)


def test_a_migrated_database_has_its_walls(ledger: Ledger) -> None:
    assert findings(ledger) == []
    with ledger.read.connect() as connection:
        assert check_walls(connection) == []


def test_every_trigger_that_is_gone_is_named(ledger: Ledger) -> None:
    with ledger.own.connect() as connection:
        names = [name for name in read_walls(connection) if name.startswith("trigger ")]
    assert len(names) >= TRIGGERS_MIN
    for name in names:
        drop = f"DROP {name.upper() if ' on ' in name.lower() else name}"
        assert findings(ledger, drop) == [f"{name} is gone"]


def test_a_trigger_that_does_nothing_is_named(sqlite_ledger: Ledger) -> None:
    body = "CREATE TRIGGER chunk_no_delete BEFORE DELETE ON chunk BEGIN SELECT 1; END"
    (found,) = findings(sqlite_ledger, "DROP TRIGGER chunk_no_delete", body)
    assert found == f"trigger chunk_no_delete was changed to {body}"


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("CREATE TABLE extra (a INTEGER)", "table extra is not ours"),
        ("CREATE INDEX more ON chunk (count)", "index more is not ours"),
        (
            "CREATE TRIGGER more AFTER INSERT ON chunk BEGIN DELETE FROM usage_day; END",
            "trigger more is not ours",
        ),
        ("CREATE VIEW seen AS SELECT 1", "view seen is not ours"),
        ("ALTER TABLE stream ADD COLUMN note TEXT", "table stream was changed"),
        ("ALTER TABLE rejection DROP COLUMN message_en", "table rejection was changed"),
        ("INSERT INTO alembic_version VALUES ('0001')", "revision was changed to"),
        ("CREATE TABLE more (a INTEGER PRIMARY KEY AUTOINCREMENT)", "table "),
    ],
)
def test_what_was_added_to_sqlite_is_named(
    sqlite_ledger: Ledger, statement: str, said: str
) -> None:
    found = findings(sqlite_ledger, statement)
    assert found
    assert all(one.startswith(said) for one in found)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "UPDATE sqlite_master SET sql = replace(sql, '256', '999') WHERE name = 'chunk'",
            "table chunk was changed",
        ),
        (
            (
                "UPDATE sqlite_master SET sql = replace(sql, 'TEXT', 'TEXT COLLATE NOCASE')"
                " WHERE name = 'identity'"
            ),
            "table identity was changed",
        ),
        (
            "UPDATE sqlite_master SET sql = replace(sql, 'BIGINT', 'TEXT') WHERE name = 'stream'",
            "table stream was changed",
        ),
        (
            (
                "UPDATE sqlite_master SET sql = replace(sql, 'ABORT', 'IGNORE')"
                " WHERE name = 'tile_no_update'"
            ),
            "trigger tile_no_update was changed",
        ),
        (
            "DELETE FROM sqlite_master WHERE name = 'sqlite_autoindex_log_2'",
            "index sqlite_autoindex_log_2 is gone",
        ),
        (
            "INSERT INTO sqlite_master SELECT * FROM sqlite_master WHERE name = 'tile_no_update'",
            "trigger tile_no_update was changed",
        ),
    ],
)
def test_what_was_written_into_the_schema_table_of_sqlite_is_named(
    sqlite_ledger: Ledger, change: str, said: str
) -> None:
    (found,) = findings(sqlite_ledger, "PRAGMA writable_schema = ON", change)
    assert found.startswith(said)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("ALTER TABLE chunk DISABLE TRIGGER chunk_append_only", "trigger chunk_append_only on"),
        ("GRANT DELETE ON chunk TO suanquan_writer", "right of suanquan_writer on chunk"),
        ("GRANT UPDATE (body) ON chunk TO suanquan_reader", "right of suanquan_reader on chunk.bo"),
        ("GRANT SELECT ON rejection TO PUBLIC", "right of PUBLIC on rejection"),
        ("REVOKE INSERT ON tile FROM suanquan_writer", "right of suanquan_writer on tile"),
        ("CREATE TABLE extra (a INTEGER)", "table extra is not ours"),
        ("ALTER TABLE chunk DROP CONSTRAINT ck_chunk_count", "constraint ck_chunk_count is gone"),
        (
            f"CREATE OR REPLACE {FUNCTION} 'BEGIN RETURN NEW; END'",
            "function refuse_change was changed",
        ),
        ("ALTER FUNCTION refuse_change() SECURITY DEFINER", "function refuse_change was changed"),
        ("ALTER FUNCTION refuse_change() SET work_mem = '1MB'", "function refuse_change was chan"),
        ("GRANT EXECUTE ON FUNCTION refuse_change() TO PUBLIC", "right of PUBLIC on function"),
        (
            "CREATE FUNCTION refuse_change(a integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
            "function refuse_change(a integer) is not ours",
        ),
        ("CREATE VIEW seen AS SELECT 1 AS a", "view seen is not ours"),
        ("CREATE VIEW suanquan_reading.log AS SELECT * FROM log", "view suanquan_reading.log is n"),
        (
            (
                "CREATE OR REPLACE VIEW suanquan_reading.chunk WITH (security_barrier) AS"
                " SELECT log, start, count, body FROM chunk"
            ),
            "view suanquan_reading.chunk was changed",
        ),
        ("CREATE RULE gone AS ON INSERT TO rejection DO INSTEAD NOTHING", "rule gone on rejection"),
        ("CREATE POLICY more ON stream USING (false)", "policy more on stream is not ours"),
        ("ALTER TABLE stream ENABLE ROW LEVEL SECURITY", "table stream was changed"),
        ("ALTER TABLE stream SET UNLOGGED", "table stream was changed"),
        ("ALTER TABLE stream OWNER TO suanquan_writer", "table stream was changed"),
        ("ALTER TABLE stream ALTER COLUMN next DROP NOT NULL", "table stream was changed"),
        ("ALTER TABLE stream ALTER COLUMN next SET DEFAULT 0", "table stream was changed"),
        ("ALTER TABLE tile ALTER COLUMN start TYPE integer", "table tile was changed"),
        ('ALTER TABLE source ALTER COLUMN name TYPE text COLLATE "C"', "table source was changed"),
        ("ALTER TABLE stream ADD COLUMN note text", "table stream was changed"),
        (
            "CREATE SCHEMA aside;; CREATE TABLE aside.more () INHERITS (tile)",
            "child of tile is",
        ),
        (
            "ALTER TABLE chunk DISABLE TRIGGER ALL;; ALTER TABLE chunk ENABLE TRIGGER USER",
            "foreign keys of chunk was changed",
        ),
        ("CREATE INDEX more ON chunk (count)", "index more is not ours"),
        (
            (
                "ALTER TABLE chunk DROP CONSTRAINT ck_chunk_count;;"
                " ALTER TABLE chunk ADD CONSTRAINT ck_chunk_count CHECK (count > 0)"
            ),
            "constraint ck_chunk_count was changed",
        ),
        (
            "UPDATE pg_constraint SET convalidated = false WHERE conname = 'ck_chunk_count'",
            "constraint ck_chunk_count",
        ),
        (
            "UPDATE pg_class SET relchecks = 0 WHERE oid = 'fund_balance'::regclass",
            "checks of fund_balance is gone",
        ),
        ("ALTER SEQUENCE rejection_id_seq INCREMENT 2", "sequence rejection_id_seq was changed"),
        (
            "GRANT UPDATE ON SEQUENCE rejection_id_seq TO suanquan_writer",
            "right of suanquan_writer on rejection_id_seq was changed",
        ),
        (
            "GRANT CREATE ON SCHEMA public TO suanquan_writer",
            "right of suanquan_writer on schema public was changed",
        ),
        ("GRANT USAGE ON SCHEMA public TO PUBLIC", "right of PUBLIC on schema public is not ours"),
        ("GRANT UPDATE ON alembic_version TO suanquan_writer", "right of suanquan_writer on alem"),
        (
            "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
            "right of PUBLIC on what is made later is not ours",
        ),
        ("ALTER ROLE suanquan_reader SUPERUSER", "role suanquan_reader was changed"),
        ("ALTER ROLE suanquan_reader BYPASSRLS LOGIN", "role suanquan_reader was changed"),
        ("GRANT pg_read_server_files TO suanquan_reader", "role suanquan_reader was changed"),
        ("GRANT suanquan_writer TO suanquan_reader", "role suanquan_reader was changed"),
        ("SET session_replication_role = replica", "setting session_replication_role was chan"),
        ("INSERT INTO alembic_version VALUES ('0001')", "revision was changed to"),
    ],
)
def test_what_was_changed_in_postgresql_is_named(
    postgres_ledger: Ledger, statement: str, said: str
) -> None:
    found = findings(postgres_ledger, *statement.split(";; "))
    assert any(one.startswith(said) for one in found), found


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("SELECT setval('rejection_id_seq', 1, false)", "sequence rejection_id_seq would give 1, "),
        ("ALTER SEQUENCE source_number_seq RESTART", "sequence source_number_seq would give 1, "),
    ],
)
def test_a_sequence_that_was_set_back_is_named(
    postgres_evidence: Ledger, statement: str, said: str
) -> None:
    with postgres_evidence.own.connect() as connection:
        name = said.split()[1]
        query = text(f"SELECT last_value, is_called FROM {name}")
        last, is_called = connection.execute(query).one()
        connection.execute(text(statement))
        (found,) = [one.what.en for one in check_walls(connection)]
        # A sequence is not rolled back.
        connection.execute(text(f"SELECT setval('{name}', {last}, {is_called})"))
        connection.commit()
        assert check_walls(connection) == []
    assert found.startswith(said)
