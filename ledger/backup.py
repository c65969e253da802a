"""Copy a whole ledger from one database into another, of either kind, and check the copy.

The copy is of one moment: the source is read in one transaction (a snapshot on PostgreSQL, a read
transaction on SQLite), so whoever writes meanwhile is not seen. The target gets its walls first,
by migrating it, and rows after; nothing is there until all is, because it is one transaction.
"""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, LargeBinary, Table, func, inspect, select, update

from ledger import tables
from ledger.bookkeeping import check_books, find_unlawful
from ledger.bulk import insert_rows
from ledger.check import check_log
from ledger.erasable import check_people
from ledger.errors import InvalidInputError, TamperedLogError
from ledger.events import LogName
from ledger.finding import Finding
from ledger.head import Head
from ledger.provenance import check_provenance
from ledger.read import CHECK_THE_LOG, read_heads, usage_logs_of
from ledger.schema import upgrade
from ledger.shape import check_shape
from ledger.text import Text
from ledger.tlog import Checkpoint
from ledger.walls import check_walls

# Rows held at a time. A chunk of long entries is some megabytes; a row of figures is a few bytes.
WIDE_ROWS_MAX: Final = 64
NARROW_ROWS_MAX: Final = 10_000

LEFT_BEHIND: Final = frozenset({"invitation", "session", "throttle", "departure", "kept_answer"})
"""Tables that a copy has empty: a restored ledger lets nobody in by what a backup held, and answers
no program by what is not in its log any more."""

# Where a chunk says how many entries it holds.
_COUNT: Final = tables.chunk.columns.keys().index("count")

# Columns that the database numbers by itself, which must go on after the copied rows.
_NUMBERED: Final = (tables.source.c.number, tables.rejection.c.id)


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied: the heads at the moment of the snapshot, and the rows of each table."""

    heads: dict[LogName, Head]
    rows: dict[str, int]


def copy_ledger(
    source: Connection,
    target: Engine,
    progress: Callable[[int], None] = lambda _: None,
    settle: Callable[[Connection], None] = lambda _: None,
) -> Copied:
    """Return what was copied from a keeper's connection into a database that holds nothing yet.

    `target` is opened as its owner. `progress` is told of each entry twice: once for its bytes,
    once for its identity. `settle` is given the copy in the transaction that makes it. A SQLite
    target is left without write-ahead log, one file that opens from a read-only medium. Raises
    `InvalidInputError` (`not_empty`) and changes nothing then, and `TamperedLogError` for a source
    that cannot be copied as it is (`wrong_logs`, `wrong_type`, `books_disagree`).
    """
    heads = _read_sound_heads(source)
    _require_empty(target, heads)
    upgrade(target, _origin(heads), len(usage_logs_of(heads)))
    with target.connect() as connection:
        _leave_write_ahead(connection)
        with connection.begin():
            # First, so that a writer who comes now finds a head that has moved.
            rows = {"log": _move_heads(source, connection)}
            for table in tables.metadata.sorted_tables:
                if table.name in LEFT_BEHIND:
                    rows[table.name] = 0
                elif table is not tables.log:
                    rows[table.name] = _copy_table(source, connection, table, progress)
            _continue_numbers(connection)
            settle(connection)
    return Copied(heads, rows)


def check_copy(
    connection: Connection,
    signed: Mapping[LogName, Checkpoint | None],
    progress: Callable[[int], None] = lambda _: None,
) -> list[Finding]:
    """Return what disagrees in a copy: trees, walls, and the tables beside the logs.

    `signed` is the last signed checkpoint of each log that has one. `progress` is told of each
    entry twice.
    """
    if misshapen := check_shape(connection):
        return misshapen
    heads = read_heads(connection)
    findings = check_walls(connection)
    for head in heads.values():
        findings += check_log(connection, head, signed.get(head.name), progress)
    findings += check_provenance(connection, list(heads.values()), progress)
    findings += check_people(connection, heads["book"])
    return findings + check_books(connection, heads["book"])


def _read_sound_heads(source: Connection) -> dict[LogName, Head]:
    """Return the heads of a source whose values have their columns' types and break no law."""
    for code, findings in (("wrong_type", check_shape), ("books_disagree", find_unlawful)):
        for finding in findings(source):
            place = f"{finding.table}.{finding.column}"
            what = Text(f"{place}：{finding.what.zh}", f"{place}: {finding.what.en}")
            raise TamperedLogError(code, what, CHECK_THE_LOG)
    return read_heads(source)


def _origin(heads: Mapping[LogName, Head]) -> str:
    """Return the first part of every log's origin, which is one and the same."""
    found = {head.origin.removesuffix(f"/{head.name}") for head in heads.values()}
    if len(found) != 1:
        shown = ", ".join(head.origin for head in heads.values())
        raise TamperedLogError(
            "wrong_logs",
            Text(f"各日志的来源名不一致：{shown}", f"the logs' origins do not agree: {shown}"),
            CHECK_THE_LOG,
        )
    return found.pop()


def _require_empty(target: Engine, heads: Mapping[LogName, Head]) -> None:
    """Raise unless a database has no tables, or only ours with no row but heads of size zero."""
    with target.connect() as connection:
        present = set(inspect(connection).get_table_names()) - {"alembic_version"}
        held = sorted(present - tables.metadata.tables.keys())
        for table in tables.metadata.sorted_tables:
            if table.name not in present:
                continue
            query = select(table).limit(1)
            if table is tables.log:
                wanted = {(head.name, head.origin) for head in heads.values()}
                logs = connection.execute(select(table.c.name, table.c.origin, table.c.size))
                held += [row.origin for row in logs if row.size or tuple(row)[:2] not in wanted]
            elif connection.execute(query).first() is not None:
                held.append(table.name)
    if held:
        raise _not_empty(target, ", ".join(held))


def _not_empty(target: Engine, held: str) -> InvalidInputError:
    """Return the error for a target that holds something."""
    shown = target.url.render_as_string(hide_password=True)
    return InvalidInputError(
        "not_empty",
        Text(f"目标数据库 {shown} 不为空：{held}", f"the target {shown} is not empty: {held}"),
        Text(
            "请新建一个空数据库，并让 SUANQUAN_DATABASE_URL 指向它",
            "make a new, empty database and let SUANQUAN_DATABASE_URL name it",
        ),
    )


def _leave_write_ahead(connection: Connection) -> None:
    """Give a SQLite file a rollback journal; rows appended to a new file are then written once."""
    driver = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        driver.execute("PRAGMA journal_mode=DELETE")


def _move_heads(source: Connection, target: Connection) -> int:
    """Return how many heads there are, each moved from zero to where the source's stands."""
    table = tables.log
    rows = source.execute(select(table).order_by(table.c.number)).all()
    for row in rows:
        if row.size:
            moved = target.execute(
                update(table)
                .where(table.c.number == row.number, table.c.size == 0)
                .values(size=row.size, root=row.root, frontier=row.frontier)
            )
            if moved.rowcount != 1:
                raise _not_empty(target.engine, row.origin)
    return len(rows)


def _copy_table(
    source: Connection, target: Connection, table: Table, progress: Callable[[int], None]
) -> int:
    """Return how many rows of a table were copied, in the order of its key, part by part."""
    is_wide = any(isinstance(column.type, LargeBinary) for column in table.columns)
    size = WIDE_ROWS_MAX if is_wide else NARROW_ROWS_MAX
    query = select(table).order_by(*table.primary_key).execution_options(yield_per=size)
    count = 0
    with source.execute(query) as rows:
        for part in rows.partitions():
            insert_rows(target, table, [tuple(row) for row in part])
            count += len(part)
            if table is tables.chunk:
                progress(sum(row[_COUNT] for row in part))
            elif table is tables.identity:
                progress(len(part))
    return count


def _continue_numbers(connection: Connection) -> None:
    """Let PostgreSQL number new rows after the copied ones; SQLite goes on from the highest."""
    if connection.dialect.name != "postgresql":
        return
    for column in _NUMBERED:
        sequence = func.pg_get_serial_sequence(column.table.name, column.name)
        connection.execute(select(func.setval(sequence, func.max(column))))
