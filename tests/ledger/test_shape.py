"""A value of another type is found and named by table and column, before anything trips over it."""

import pytest

from ledger.database import Engine
from ledger.shape import check_shape
from tests.ledger.conftest import Ledger, fact, usage


def findings(engine: Engine) -> list[tuple[str, str]]:
    """Return the tables and columns that hold a value of another type."""
    with engine.connect() as connection:
        return [(one.table, one.column) for one in check_shape(connection)]


def test_a_filled_ledger_has_its_shape(ledger: Ledger) -> None:
    ledger.append(usage("1"), fact("1"))
    assert findings(ledger.read) == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("log.size", "'abc'"),
        ("log.root", "'abc'"),
        ("chunk.start", "start + 0.5"),
        ("chunk.count", "'abc'"),
        ("chunk.body", "'abc'"),
        ("tile.start", "0.5"),
        ("tile.hashes", "'abc'"),
        ("identity.leaf_index", "'abc'"),
        ("source.name", "x'00'"),
        ("stream.next", "'abc'"),
        ("usage_day.quantity", "'abc'"),
    ],
)
def test_a_value_of_another_type_is_named(sqlite_ledger: Ledger, place: str, value: str) -> None:
    sqlite_ledger.append(usage("1"), fact("1"))
    table, column = place.split(".")
    with sqlite_ledger.write.begin() as connection:
        triggers = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).scalars()
        for name in triggers.all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        connection.exec_driver_sql(
            f"UPDATE {table} SET {column} = {value} WHERE rowid IN"
            f" (SELECT rowid FROM {table} LIMIT 1)"
            if table != "identity"
            else f"UPDATE {table} SET {column} = {value}"
        )
    assert set(findings(sqlite_ledger.read)) == {(table, column)}
