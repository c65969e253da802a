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
    ],
)
def test_what_was_added_to_sqlite_is_named(
    sqlite_ledger: Ledger, statement: str, said: str
) -> None:
    (found,) = findings(sqlite_ledger, statement)
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
    ],
)
def test_what_was_changed_in_postgresql_is_named(
    postgres_ledger: Ledger, statement: str, said: str
) -> None:
    (found,) = findings(postgres_ledger, statement)
    assert found.startswith(said)
