"""Attacks on every table and column, made from the schema, and a ledger worth attacking.

Whoever adds a table gives it rows in `populate`: two at least, different in every column, and some
of them in the last batches, so that an older copy of the table differs. `test_attacks.py` fails
until they are there.
"""

import random
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any, Final

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
    select,
    text,
)
from sqlalchemy.exc import DataError, IntegrityError

from ledger.bookkeeping import check_books
from ledger.check import check_log
from ledger.codec import Event, encode, parse
from ledger.erasable import check_people
from ledger.errors import TamperedLogError
from ledger.events import (
    AccessRecorded,
    ClaimObjectionSettled,
    LogName,
    RejectionSettled,
    UsageRecorded,
)
from ledger.finding import Finding
from ledger.period import render_instant
from ledger.projection import PROJECTIONS
from ledger.provenance import check_provenance
from ledger.read import read_heads
from ledger.replay import replay
from ledger.shape import check_shape
from ledger.tlog import Checkpoint
from tests.ledger import books, people, steps
from tests.ledger.conftest import (
    CODE,
    HOUR_MS,
    JULY_MS,
    NOW_MS,
    OTHER_CODE,
    SALT,
    Dump,
    Ledger,
    batch,
    fact,
    rejection,
    tally,
)

Row = tuple[Any, ...]

ROWS_MAX: Final = 4
"""Rows of a table that are attacked one by one: a few of each kind, chosen by a seed."""

SWAPS: Final = 2
"""Pairs of rows that change places, in each column."""


# --- a ledger worth attacking ---


def populate(ledger: Ledger) -> Dump:
    """Fill a ledger that has two usage logs, and return its rows before the last batches.

    Rows for the attacks are provided here.
    """
    _append(ledger, "usage", [_usage(number) for number in range(258)], [b"{", b"\xff\x00"])
    _append(ledger, "usage-1", [_usage(number) for number in range(300, 303)], [b"[]"])
    ledger.append(fact("f-1"), fact("f-2", 7, source="urn:office:1"))
    ledger.append(fact("f-1", 2), fact("f-2", 8, source="urn:office:1"), rejected=[b"}"])
    _append(ledger, "usage", [_usage(5, amount="9"), _settled(258), *_tallies("07-01")], [])
    people.record(ledger.store, ("", people.FIRST), ("", people.SECOND))
    people.keep(ledger.store, people.KEPT, people.CONTACT)
    people.keep(ledger.store, people.FORGOTTEN, people.CONTACT)
    people.forget(ledger.store, people.FORGOTTEN)
    ledger.append(*books.year(CODE), stream="books")
    ledger.append(*_settlements(), stream="books")
    ledger.append(_access(1), _access(2), stream="access")
    older = ledger.dump()
    people.keep(ledger.store, people.KEPT, people.ACCOUNT)
    later = [_usage(number, source="urn:agent:9") for number in range(400, 403)]
    _append(ledger, "usage", [*later, _settled(259), *_tallies("07-02")], [b"x"])
    _append(ledger, "usage-1", [_usage(500)], [])
    ledger.append(fact("f-3"), fact("f-1", 3), stream="file-2")
    ledger.append(*books.next_year(OTHER_CODE), stream="books")
    ledger.append(_access(3), stream="access")
    return older


def _append(
    ledger: Ledger, log: LogName, events: Sequence[Event], rejected: Sequence[bytes]
) -> None:
    """Append events and refusals to one of the usage logs, from a partition of its own."""
    stream = f"kafka:t/{log}"
    start = ledger.store.position(stream)
    refused = [rejection(start + len(events) + at, raw) for at, raw in enumerate(rejected)]
    made = batch(events, stream=stream, expected=start, rejections=refused)
    ledger.store.append(msgspec.structs.replace(made, usage_log=log), NOW_MS + start)


def _usage(number: int, *, source: str = "", amount: str = "8") -> Event:
    """Return a usage event whose every field depends on its number."""
    start_ms = JULY_MS + number % 7 * 13 * HOUR_MS
    hours = 1 + number % 3 + number % 11 // 10 * 24
    data = UsageRecorded(
        job=f"j-{number}",
        resource=("a100", "ssd")[number % 2],
        amount=amount,
        start=render_instant(start_ms),
        end=render_instant(start_ms + hours * HOUR_MS),
        contract=("C-1", "C-2", None)[number % 3],
    )
    subject = (CODE, OTHER_CODE)[number % 5 // 3]
    event = encode(source or f"urn:agent:{1 + number % 2}", f"u-{number:03}", subject, data)
    numbered = f',"sequence":"{number}","source":'.encode()
    return parse(event.raw.replace(b',"source":', numbered))


def _access(number: int) -> Event:
    """Return the event of a look at an enterprise's page."""
    data = AccessRecorded(
        at=render_instant(JULY_MS + number),
        person=f"gh-{number % 2}",
        access="read",
        place=f"/enterprise/{CODE}/usage",
    )
    return encode("urn:suanquan:access", f"a-{number}", CODE, data, SALT)


def _settled(position: int) -> Event:
    """Return the event that settles a refusal of the first batch."""
    data = RejectionSettled(
        batch_log="usage",
        batch_index=258,
        stream="kafka:t/usage",
        position=position,
        outcome="recorded",
    )
    return encode("urn:suanquan:retry", f"r-{position}", "", data)


def _settlements() -> list[Event]:
    """Return that objections to claims of other programmes were settled, on days of their own."""
    (example,) = (one for one in steps.EXAMPLES if isinstance(one, ClaimObjectionSettled))
    return [
        encode("urn:suanquan:claims", f"o-{number}", CODE, data, books.SALT)
        for number, data in enumerate(
            msgspec.structs.replace(
                example, claim=f"YY-{one}", programme=one, revision=3, effective_on=f"2022-0{at}-01"
            )
            for at, one in enumerate(("wuhan", "east_lake"), 1)
        )
    ]


def _tallies(day: str) -> list[Event]:
    """Return what two agents say of a day."""
    return [
        tally(f"t-{day}-{one}", one, f"{one}00", source=f"urn:agent:{one}", day=f"2022-{day}")
        for one in (1, 2)
    ]


# --- what the program finds ---


def examine(
    connection: Connection, signed: dict[LogName, Checkpoint] | None = None
) -> list[Finding]:
    """Return what `suanquan log check --full` finds, but for the walls; takes the keeper's role."""
    found = examine_logs(connection, signed)
    if not check_shape(connection):
        with suppress(TamperedLogError):
            found += check_people(connection, read_heads(connection)["book"])
    return found


def examine_logs(
    connection: Connection, signed: dict[LogName, Checkpoint] | None = None
) -> list[Finding]:
    """Return what there is to find without a look at what personal data say."""
    if misshapen := check_shape(connection):
        return misshapen
    try:
        heads = read_heads(connection)
    except TamperedLogError as error:
        return [Finding(None, None, "log", "name", error.message)]
    found: list[Finding] = []
    for head in heads.values():
        found += check_log(connection, head, (signed or {}).get(head.name))
    found += check_provenance(connection, list(heads.values()))
    found += check_books(connection, heads["book"])
    sizes = {name: head.size for name, head in heads.items()}
    try:
        for comparison in replay(connection, PROJECTIONS, sizes):
            found += comparison.findings
    except TamperedLogError as error:
        found.append(Finding(None, None, "chunk", "body", error.message))
    return found


# --- attacks ---


@dataclass(frozen=True)
class Attack:
    """A change of some rows of one table; `column` is what it changes, None for whole rows."""

    name: str
    table: Table
    column: str | None
    removed: tuple[Row, ...]
    added: tuple[Row, ...]

    def __str__(self) -> str:
        place = self.table.name if self.column is None else f"{self.table.name}.{self.column}"
        return f"{self.name} {place}: {_short(self.removed)} -> {_short(self.added)}"

    def run(self, connection: Connection) -> bool:
        """Make the change; return False where the database itself refuses it, walls or not."""
        savepoint = connection.begin_nested()
        try:
            key = list(self.table.primary_key)
            for row in self.removed:
                named = dict(zip(self.table.columns, row, strict=True))
                gone = connection.execute(
                    self.table.delete().where(*(column == named[column] for column in key))
                )
                assert gone.rowcount == 1, self
            for row in self.added:
                connection.execute(self.table.insert().values(row))
        except (IntegrityError, DataError):
            savepoint.rollback()
            return False
        savepoint.commit()
        return True


def _short(rows: tuple[Row, ...]) -> str:
    """Return rows as text that fits a line."""
    return ", ".join(str(row)[:90] for row in rows[:2]) + ("…" if rows[2:] else "")


def rows_of(connection: Connection, table: Table) -> list[Row]:
    """Return all rows of a table in the order of its key."""
    return [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]


def attacks_on(table: Table, rows: list[Row]) -> Iterator[Attack]:
    """Yield every attack on a table: by column, by row, and on the table as a whole."""
    chosen = _choose(rows)
    for at, column in enumerate(table.columns):
        for row in chosen:
            for number, value in enumerate(_others(column, row[at])):
                if number == 0 or row is chosen[0]:
                    changed = _with(row, at, value)
                    yield Attack("flip", table, column.name, (row,), (changed,))
        yield from _nulls(table, column, at, chosen)
        yield from _swaps(table, column, at, rows)
        if column.primary_key and isinstance(column.type, Integer):
            shifted = tuple(_with(row, at, row[at] + 1) for row in rows)
            yield Attack("renumber", table, column.name, tuple(rows), shifted)
    for row in chosen:
        yield Attack("delete", table, None, (row,), ())
    yield from _copies(table, chosen[0], 3)
    yield from _copies(table, chosen[-1], 1)
    yield Attack("empty", table, None, tuple(rows), ())


def _choose(rows: list[Row]) -> list[Row]:
    """Return the first and last rows of a table and some between."""
    if len(rows) <= ROWS_MAX:
        return rows
    between = random.Random(7).sample(rows[1:-1], ROWS_MAX - 2)  # noqa: S311 - seeded
    return [rows[0], *sorted(between, key=rows.index), rows[-1]]


def _others(column: Column[Any], value: Any) -> list[Any]:  # noqa: ANN401 - any column's
    """Return other values for a column, the nearest first."""
    if isinstance(column.type, Integer):
        return [1] if value is None else [value ^ 1, value + 7, -1000 - value]
    if isinstance(column.type, LargeBinary):
        if value is None:
            return [b"x"]
        middle = len(value) // 2
        flipped = value[:middle] + bytes([value[middle] ^ 0x10]) + value[middle + 1 :]
        return [flipped, b"", value + b"\0"]
    flipped = value[:-1] + chr(ord(value[-1]) ^ 1) if value else "x"
    return [flipped, value + "x", "" if value else "y"]


def _nulls(table: Table, column: Column[Any], at: int, chosen: list[Row]) -> Iterator[Attack]:
    """Yield the attack that takes a column's value away."""
    for row in [row for row in chosen if row[at] is not None][:2]:
        yield Attack("null", table, column.name, (row,), (_with(row, at, None),))


def _swaps(table: Table, column: Column[Any], at: int, rows: list[Row]) -> Iterator[Attack]:
    """Yield the attacks in which two rows change one value between them, leaving no key twice."""
    keys = [list(table.columns).index(one) for one in table.primary_key]
    taken = {tuple(row[key] for key in keys) for row in rows}
    found = 0
    for one, other in (*pairwise(rows), *combinations(rows[::-1][:60], 2)):
        swapped = _with(one, at, other[at]), _with(other, at, one[at])
        if {one, other} == set(swapped) or None in {one[at], other[at]}:
            continue
        freed = {tuple(row[key] for key in keys) for row in (one, other)}
        if not any(tuple(row[key] for key in keys) in taken - freed for row in swapped):
            yield Attack("swap", table, column.name, (one, other), swapped)
            found += 1
            if found == SWAPS:
                return


def _copies(table: Table, row: Row, variants: int) -> Iterator[Attack]:
    """Yield the attacks that add a copy of a row under another key, each key column in turn."""
    names = [column.name for column in table.columns]
    unique = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
    keys = [
        [names.index(column.name) for column in one.columns] for one in (table.primary_key, *unique)
    ]
    for at in keys[0]:
        for number in range(variants):
            copied = row
            for other in (at, *(key[-1] for key in keys[1:])):
                values = _others(table.columns[names[other]], row[other])
                copied = _with(copied, other, values[number])
            yield Attack("insert", table, names[at], (), (copied,))


def _with(row: Row, at: int, value: Any) -> Row:  # noqa: ANN401 - any column's
    """Return a row with another value in one place."""
    return (*row[:at], value, *row[at + 1 :])


# --- below the walls, which are put back ---


@contextmanager
def below_the_walls(connection: Connection, table: Table) -> Iterator[None]:
    """Let a table be changed against its triggers and definitions; all is put back afterwards."""
    down, up = (
        _sqlite_walls(connection, table)
        if connection.dialect.name == "sqlite"
        else _postgresql_walls(table)
    )
    for statement in down:
        connection.exec_driver_sql(statement)
    yield
    for statement in up:
        connection.exec_driver_sql(statement)


def _sqlite_walls(connection: Connection, table: Table) -> tuple[list[str], list[str]]:
    """Return the statements that tear a table's walls down, and those that put them back.

    `NOT NULL` and CHECKs are taken out of the table's text in the schema table and put in again.
    """
    connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    triggers = connection.execute(
        text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :name"),
        {"name": table.name},
    ).all()
    sql = connection.scalar(
        text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name"),
        {"name": table.name},
    )
    assert sql is not None
    loose = re.sub(r",\s*CONSTRAINT ck_\w+ CHECK \(.*\)(?=,?\s*\n)", "", sql)
    loose = loose.replace(" NOT NULL", "")

    def written(definition: str) -> list[str]:
        quoted = definition.replace("'", "''")
        row = f"type = 'table' AND name = '{table.name}'"
        return [
            "PRAGMA writable_schema = ON",
            f"UPDATE sqlite_master SET sql = '{quoted}' WHERE {row}",
            "PRAGMA writable_schema = RESET",
        ]

    return (
        [*(f"DROP TRIGGER {row.name}" for row in triggers), *written(loose)],
        [*written(sql), *(row.sql for row in triggers)],
    )


def _postgresql_walls(table: Table) -> tuple[list[str], list[str]]:
    """Return the statements that tear a table's walls down, and those that put them back.

    A superuser writes into the catalogue: no definition is dropped, so none is made anew.
    """
    required = ", ".join(f"'{column.name}'" for column in table.columns if not column.nullable)

    def not_null(is_required: str) -> str:
        return (
            f"UPDATE pg_attribute SET attnotnull = {is_required}"
            f" WHERE attrelid = '{table.name}'::regclass AND attname IN ({required})"
        )

    def checks(count: str) -> str:
        return f"UPDATE pg_class SET relchecks = {count} WHERE oid = '{table.name}'::regclass"

    counted = (
        f"(SELECT count(*) FROM pg_constraint WHERE contype = 'c'"
        f" AND conrelid = '{table.name}'::regclass)"
    )
    return (
        [f"ALTER TABLE {table.name} DISABLE TRIGGER ALL", not_null("false"), checks("0")],
        [checks(counted), not_null("true"), f"ALTER TABLE {table.name} ENABLE TRIGGER ALL"],
    )
