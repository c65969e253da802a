"""Check that every stored value has its column's type, which SQLite alone does not enforce.

A value of another type, or none where there must be one, would end the other checks before they
could name it, so this comes first.
"""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    LargeBinary,
    Table,
    false,
    func,
    or_,
    select,
)

from ledger.finding import FINDINGS_MAX, Finding
from ledger.tables import ACCOUNTS, metadata
from ledger.text import Text

_Condition = Callable[[Column[Any]], ColumnElement[bool]]

_STORED_AS: Final = ((Integer, "integer"), (LargeBinary, "blob"))


def check_shape(connection: Connection) -> list[Finding]:
    """Return each column that holds a value of another type, or null where it must not.

    How people sign in is no evidence, and not for the auditor to read.
    """
    is_wrong = _is_misplaced if connection.dialect.name == "sqlite" else _is_missing
    return [
        finding
        for table in metadata.sorted_tables
        if table.name not in ACCOUNTS
        for finding in _check_table(connection, table, is_wrong)
    ]


def _check_table(connection: Connection, table: Table, is_wrong: _Condition) -> list[Finding]:
    """Return what a table holds of other types, row by row up to a limit."""
    wrong = {column.name: is_wrong(column) for column in table.columns}
    flags = [condition.label(name) for name, condition in wrong.items()]
    rows = connection.execute(select(*flags).where(or_(*wrong.values())).limit(FINDINGS_MAX))
    return [
        Finding(None, None, table.name, name, Text("值的类型不对", "a value has another type"))
        for row in rows
        for name, flag in zip(wrong, row, strict=True)
        if flag
    ]


def _is_misplaced(column: Column[Any]) -> ColumnElement[bool]:
    """Return the condition that a value's storage class is none that its column may hold."""
    return ~func.typeof(column).in_(_allowed(column))


def _is_missing(column: Column[Any]) -> ColumnElement[bool]:
    """Return the condition that a value is null where its column's definition rules that out.

    PostgreSQL believes its definitions: `IS NULL` would be false without a look at the row.
    """
    return func.num_nulls(column) > 0 if not column.nullable else false()


def _allowed(column: Column[Any]) -> list[str]:
    """Return the storage classes that a column may hold."""
    found = next((name for kind, name in _STORED_AS if isinstance(column.type, kind)), "text")
    return [found, "null"] if column.nullable else [found]
