"""Check that every stored value has its column's type, which SQLite alone does not enforce.

A value of another type would end the other checks before they could name it, so this comes first.
"""

from typing import Final

from sqlalchemy import Column, Connection, Integer, LargeBinary, Table, func, or_, select

from ledger.finding import FINDINGS_MAX, Finding
from ledger.tables import metadata
from ledger.text import Text

_STORED_AS: Final = ((Integer, "integer"), (LargeBinary, "blob"))


def check_shape(connection: Connection) -> list[Finding]:
    """Return each column that holds a value of another type; PostgreSQL holds none."""
    if connection.dialect.name != "sqlite":
        return []
    return [
        finding for table in metadata.sorted_tables for finding in _check_table(connection, table)
    ]


def _check_table(connection: Connection, table: Table) -> list[Finding]:
    """Return what a table holds of other types, row by row up to a limit."""
    wrong = {column.name: ~func.typeof(column).in_(_allowed(column)) for column in table.columns}
    flags = [condition.label(name) for name, condition in wrong.items()]
    rows = connection.execute(select(*flags).where(or_(*wrong.values())).limit(FINDINGS_MAX))
    return [
        Finding(None, None, table.name, name, Text("值的类型不对", "a value has another type"))
        for row in rows
        for name, flag in zip(wrong, row, strict=True)
        if flag
    ]


def _allowed(column: Column[object]) -> list[str]:
    """Return the storage classes that a column may hold."""
    found = next((name for kind, name in _STORED_AS if isinstance(column.type, kind)), "text")
    return [found, "null"] if column.nullable else [found]
