"""Many rows at once: all of a call or nothing, and the transaction goes on."""

import psycopg
import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from ledger import tables
from ledger.bulk import DuplicateKeyError, insert_identities, insert_rows
from tests.ledger.conftest import Ledger

ROWS = [
    (1, number * 256, number % 256 + 1, bytes([number % 256]) * number) for number in range(700)
]


def test_rows_arrive_as_they_were_given(ledger: Ledger) -> None:
    with ledger.write.begin() as connection:
        insert_rows(connection, tables.chunk, ROWS)
        insert_rows(connection, tables.stream, [("流'\"\t\\N", 2**63 - 1), ("", 0)])
    with ledger.read.connect() as connection:
        stored = connection.execute(select(tables.chunk).order_by(tables.chunk.c.start)).all()
        assert stored == ROWS
        streams = connection.execute(select(tables.stream).order_by(tables.stream.c.name)).all()
        assert streams == [("", 0), ("流'\"\t\\N", 2**63 - 1)]


def test_no_rows_are_no_rows(ledger: Ledger) -> None:
    before = ledger.dump()
    with ledger.write.begin() as connection:
        insert_rows(connection, tables.tile, [])
    assert ledger.dump() == before


def test_a_taken_key_leaves_nothing_of_the_call_and_the_rest_as_it_was(ledger: Ledger) -> None:
    with ledger.write.begin() as connection:
        insert_rows(connection, tables.chunk, ROWS[:5])
        for clash in (ROWS[5:600] + ROWS[4:5], ROWS[10:11] * 2):
            with pytest.raises(DuplicateKeyError, match="chunk"):
                insert_rows(connection, tables.chunk, clash)
            assert connection.scalar(select(func.count()).select_from(tables.chunk)) == 5
        insert_rows(connection, tables.chunk, ROWS[5:6])
        connection.execute(insert(tables.stream).values(name="x", next=1))
    assert len(ledger.dump()["chunk"]) == 6
    assert ledger.dump()["stream"] == [("x", 1)]


@pytest.mark.parametrize("row", [(1, 0, 0, b"x"), (1, 0, 1, None)])
def test_another_broken_constraint_is_not_called_a_taken_key(
    ledger: Ledger, row: tuple[object, ...]
) -> None:
    with (
        pytest.raises((IntegrityError, psycopg.errors.IntegrityError)),
        ledger.write.begin() as connection,
    ):
        insert_rows(connection, tables.chunk, [row])
    assert ledger.dump()["chunk"] == []


IDS = [
    "1",
    "01",
    "",
    " ",
    "'",
    '"',
    "\\",
    "\\u0041",
    "a\\",
    "\t",
    "字",
    "😀",
    "\u2028",
    "[",
    "{}",
    "x" * 256,
]


def test_identities_arrive_as_they_were_given(ledger: Ledger) -> None:
    # One by one and all together, for ids that JSON has to escape change how the others go.
    claims = {number: {name: 10 * number} for number, name in enumerate(IDS)}
    claims[100] = {name: 2**62 + number for number, name in enumerate(IDS)}
    claims[101] = {f"{number:06}": number for number in range(3_000)}
    with ledger.write.begin() as connection:
        insert_identities(connection, 2, claims)
    expected = [
        (source, name, 2, index) for source in claims for name, index in claims[source].items()
    ]
    assert sorted(ledger.dump()["identity"]) == sorted(expected)


@pytest.mark.parametrize("name", ["2", '"'])
def test_a_taken_identity_leaves_nothing_of_the_call(ledger: Ledger, name: str) -> None:
    with ledger.write.begin() as connection:
        insert_identities(connection, 1, {1: {name: 0}})
        with pytest.raises(DuplicateKeyError, match="identity"):
            insert_identities(connection, 1, {1: {"1": 5, name: 6}, 2: {"1": 7}})
        insert_identities(connection, 1, {2: {name: 8}})
    assert sorted(ledger.dump()["identity"]) == [(1, name, 1, 0), (2, name, 1, 8)]
