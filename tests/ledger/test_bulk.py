"""Many rows at once: all of a call or nothing, and the transaction goes on."""

import psycopg
import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from ledger import tables
from ledger.bulk import DuplicateKeyError, insert_rows
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
