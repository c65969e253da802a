"""Whatever is changed in any column of any table, with the walls put back, is found and named.

The attacks are made from the schema (`attacks.py`), so that a new table or column is attacked by
itself, or fails here until it has rows and its evidence is declared in `ledger/evidence.py`.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import psycopg
import pytest
from sqlalchemy import Connection, Table

from ledger import tables
from ledger.database import open_engine
from ledger.evidence import COLUMNS, OPERATIONS, Guard, unprotected
from ledger.finding import Finding
from ledger.schema import upgrade
from ledger.tlog import Checkpoint
from ledger.walls import check_walls
from tests.ledger.attacks import (
    Attack,
    Row,
    attacks_on,
    below_the_walls,
    examine,
    populate,
    rows_of,
)
from tests.ledger.conftest import ORIGIN, Ledger, restore, tampering

# A table on which nothing rests has nothing worth attacking: what is done stands in the log.
TABLES: Final = tuple(
    one for one in tables.metadata.sorted_tables if one.name not in tables.OPERATIONS
)
NAMES: Final = [table.name for table in TABLES]

UNPROTECTED: Final = {f"{one.table}.{one.column}" for one in unprotected()}

SECURITY: Final = Path(__file__).parents[2] / "SECURITY.md"


class Target:
    """A ledger to attack, and its rows before its last batches."""

    def __init__(self, url: str) -> None:
        own = open_engine(url, "own")
        upgrade(own, ORIGIN, 2)
        own.dispose()
        self.ledger = Ledger(url)
        self.older = populate(self.ledger)
        self.newer = self.ledger.dump()
        self.dialect = self.ledger.own.dialect.name

    def rows(self, table: Table) -> list[Row]:
        """Return all rows of a table in the order of its key."""
        with self.ledger.own.connect() as connection:
            return rows_of(connection, table)

    def close(self) -> None:
        self.ledger.close()


@pytest.fixture(scope="module")
def sqlite_target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    path = tmp_path_factory.mktemp("attacked") / "suanquan.db"
    with closing(Target(f"sqlite:///{path}")) as made:
        yield made


@pytest.fixture(scope="module")
def postgres_target(postgres_url: str) -> Iterator[Target]:
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE DATABASE attacked TEMPLATE template0 STRATEGY file_copy")
    with closing(Target(postgres_url.replace("/postgres?", "/attacked?"))) as made:
        yield made


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def target(request: pytest.FixtureRequest) -> Target:
    made: Target = request.getfixturevalue(f"{request.param}_target")
    return made


# A row of the first is missed, or one too many of it is seen, by what stands in the second.
BESIDE: Final = {
    "log": {"chunk", "tile", "identity", "rejection"},
    "chunk": {"log"},
}

# What has one value only, or gives the same rows when two of its values change places.
# One salt serves both personal data of an enterprise there.
NO_SWAP: Final = {
    "settlement.stream",
    "settlement.settled",
    "settlement.position",
    "personal_datum.salt",
    "claim_balance.submitted",
    "payment_order.given",
    "usage_block.block",
}

KINDS: Final = ("sqlite", "postgresql")

# SQLite keeps the rows of these tables in the key itself, which is never null.
# Of personal data salt and value go together, or the row is refused.
NEVER_NULL: Final = {
    ("sqlite", "identity.source"),
    ("sqlite", "identity.event_id"),
    ("sqlite", "trail.topic"),
    ("sqlite", "trail.leaf_index"),
    *((dialect, f"personal_datum.{one}") for dialect in KINDS for one in ("salt", "value")),
}


def place_of(attack: Attack) -> str:
    return f"{attack.table.name}.{attack.column}"


def is_named(attack: Attack, found: list[Finding]) -> bool:
    """Return whether findings name what was attacked: its table, and its column if it has one."""
    name = attack.table.name
    places = {f"{one.table}.{one.column}" for one in found}
    if attack.name == "flip":
        guard = COLUMNS[name][str(attack.column)]
        return isinstance(guard, Guard) and not places.isdisjoint(guard.places.split())
    return not {one.table for one in found}.isdisjoint({name} | BESIDE.get(name, set()))


def walls_of(connection: Connection) -> list[str]:
    """Return what the walls' check says, but of sequences that a forged number overtook."""
    said = [one.what.en for one in check_walls(connection)]
    return [one for one in said if not one.startswith("sequence ")]


# --- the schema is covered ---


def test_every_table_has_rows_worth_attacking(target: Target) -> None:
    for table in TABLES:
        rows = target.newer[table.name]
        assert len(rows) > 1, f"give {table.name} rows in attacks.populate"
        assert rows != target.older[table.name], f"give {table.name} rows in the last batches"
        for at, column in enumerate(table.columns):
            values = {row[at] for row in rows}
            assert values - {None}, f"give {column} a value in attacks.populate"
            assert not column.nullable or None in values, f"leave {column} out of a row"


def test_every_column_says_what_protects_it() -> None:
    declared = {table: list(columns) for table, columns in COLUMNS.items()}
    schema = {table.name: [column.name for column in table.columns] for table in TABLES}
    assert {table: sorted(columns) for table, columns in declared.items()} == {
        table: sorted(columns) for table, columns in schema.items()
    }


def test_every_column_is_attacked_in_every_way(target: Target) -> None:
    missing = set()
    for table in TABLES:
        made = Counter((one.name, one.column) for one in attacks_on(table, target.rows(table)))
        assert made["delete", None] > 1
        assert made["empty", None] == 1
        for column in table.columns:
            assert made["flip", column.name] > 1
            assert made["null", column.name] > 0
            if not made["swap", column.name]:
                missing.add(f"{table.name}.{column.name}")
    assert missing == NO_SWAP


def test_a_clean_ledger_gives_no_finding(target: Target) -> None:
    with target.ledger.keep.connect() as connection:
        assert examine(connection) == []
        assert walls_of(connection) == []


def test_every_table_without_evidence_says_why() -> None:
    assert set(OPERATIONS) == set(tables.OPERATIONS)


# --- attacks ---


@pytest.mark.parametrize("name", NAMES)
def test_what_is_changed_behind_the_walls_is_found_and_named(target: Target, name: str) -> None:
    table = tables.metadata.tables[name]
    wrong: list[str] = []
    unseen: set[str] = set()
    made: Counter[tuple[str, str | None]] = Counter()
    refused: Counter[tuple[str, str | None]] = Counter()
    with target.ledger.own.connect() as connection:
        for attack in attacks_on(table, target.rows(table)):
            with below_the_walls(connection, table):
                done = attack.run(connection)
            made[attack.name, attack.column] += 1
            if done:
                assert walls_of(connection) == []
                found = examine(connection)
                if not found:
                    unseen.add(place_of(attack))
                elif not is_named(attack, found) and place_of(attack) not in UNPROTECTED:
                    wrong.append(f"{attack}: {found[0]}")
            else:
                refused[attack.name, attack.column] += 1
            connection.rollback()
    assert wrong == []
    assert unseen == {place for place in UNPROTECTED if place.startswith(f"{name}.")}
    # A key that is taken, or a CHECK, refuses some attacks; of each kind some must have been made.
    wholly = {
        (target.dialect, f"{name}.{column}")
        for (kind, column), count in refused.items()
        if count == made[kind, column]
    }
    assert wholly <= NEVER_NULL
    assert refused.total() <= made.total() // 4


@pytest.mark.parametrize("name", NAMES)
def test_walls_left_torn_down_are_findings_of_their_own_beside_the_change(
    target: Target, name: str
) -> None:
    table = tables.metadata.tables[name]
    with target.ledger.own.connect() as connection:
        rows = target.rows(table)
        walls = below_the_walls(connection, table)
        walls.__enter__()
        assert Attack("delete", table, None, (rows[0],), ()).run(connection)
        assert walls_of(connection) != []
        assert examine(connection) != []
        connection.rollback()


# --- old copies ---


@pytest.mark.parametrize("name", NAMES)
def test_an_old_copy_of_one_table_is_found(target: Target, name: str) -> None:
    """Bring back one table as it was, and then all tables but one."""
    for rows in (
        target.newer | {name: target.older[name]},
        target.older | {name: target.newer[name]},
    ):
        with tampering(target.ledger.own) as connection:
            restore(connection, rows)
            found = {one.table for one in examine(connection)}
        assert not found.isdisjoint({name} | BESIDE.get(name, set()))


def test_an_old_copy_of_the_whole_database_shows_against_the_last_checkpoint_only(
    target: Target,
) -> None:
    signed = {
        name: Checkpoint(head.origin, head.size, head.root)
        for name, head in target.ledger.heads().items()
    }
    with tampering(target.ledger.own) as connection:
        restore(connection, target.older)
        assert examine(connection) == []
        found = examine(connection, signed)
    assert {(one.log, one.table, one.column) for one in found} == {
        (name, "log", "root") for name in signed
    }


def test_an_end_cut_off_table_by_table_shows_until_nothing_is_left_of_it(target: Target) -> None:
    """Take the last batches out of one table more at each step, the heads' first."""
    order = ["log", "chunk", "tile", *sorted(set(NAMES) - {"log", "chunk", "tile"})]
    for count in range(1, len(order)):
        cut = {name: target.older[name] for name in order[:count]}
        with tampering(target.ledger.own) as connection:
            restore(connection, target.newer | cut)
            found = {one.table for one in examine(connection)}
        assert not found.isdisjoint(order[max(count, 3) :] + order[:3] * (count < 3)), count


# --- what is said about it ---


def test_security_explains_every_unprotected_column() -> None:
    section = SECURITY.read_text("utf-8").partition("\n## Columns that nothing proves\n")[2]
    rows = [line.split("|") for line in section.partition("\n## ")[0].splitlines()]
    told = {row[1].strip(" `") for row in rows if len(row) > 2 and "`" in row[1]}
    assert told == UNPROTECTED
