"""What a check says of the books: each leaf that they could not carry, each row against a law.

And the balances folded again from the logs' bytes, wherever they lie and at any size.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import CheckConstraint, Connection, text

from ledger import tables
from ledger.bookkeeping import LAWS, check_books
from ledger.check import check_log
from ledger.codec import Event
from ledger.events import ClaimPaid, ClaimSubmitted, FundAppropriated
from ledger.finding import Finding
from ledger.history import ExportedHistory, History, Place, StoredHistory
from ledger.projection import PROJECTIONS
from ledger.read import read_heads
from ledger.rebuild import rebuild
from ledger.replay import derives_of
from ledger.signing import Signer
from ledger.spans import Job, Runner, by_processes, here
from tests.ledger import books
from tests.ledger.attacks import below_the_walls
from tests.ledger.books import Clerk
from tests.ledger.conftest import (
    CODE,
    OTHER_CODE,
    Dump,
    Ledger,
    rebuild_tree,
    set_entry,
    tampering,
)
from tests.ledger.test_books import BROKEN
from tests.ledger.test_export import export

BOOKS = [tables.metadata.tables[name] for name in tables.BOOKS]
DERIVES = derives_of(PROJECTIONS)
WIDTH = 256


def find(connection: Connection) -> list[Finding]:
    return check_books(connection, read_heads(connection)["book"])


@contextmanager
def altered(ledger: Ledger, index: int, event: Event) -> Iterator[Connection]:
    """Yield the connection to a book in which another event stands, its tree made to fit."""
    with tampering(ledger.own) as connection:
        set_entry(connection, "book", index, event.raw)
        rebuild_tree(connection, "book")
        assert check_log(connection, read_heads(connection)["book"], None) == []
        yield connection


# --- rows ---


def test_every_check_of_the_books_is_a_law_that_can_be_said() -> None:
    named = {
        str(one.name): {column.name for column in table.columns}
        for table in BOOKS
        for one in table.constraints
        if isinstance(one, CheckConstraint)
    }
    assert LAWS.keys() == named.keys()
    assert all(column in named[name] for name, (column, _) in LAWS.items())


def test_lawful_books_give_no_finding(ledger: Ledger) -> None:
    with ledger.read.connect() as connection:
        assert find(connection) == []
    ledger.append(*books.year(CODE), *books.next_year(OTHER_CODE))
    for engine in (ledger.read, ledger.keep):
        with engine.connect() as connection:
            assert find(connection) == []


@pytest.mark.parametrize("statement", BROKEN)
def test_a_row_that_breaks_a_law_is_named_with_the_law(ledger: Ledger, statement: str) -> None:
    ledger.append(*books.year(CODE))
    table = tables.metadata.tables[statement.split()[1]]
    column, wrong = LAWS[f"ck_{table.name}_{BROKEN[statement]}"]
    with ledger.own.connect() as connection:
        with below_the_walls(connection, table):
            assert connection.execute(text(statement)).rowcount == 1
        found = find(connection)
        connection.rollback()
    assert {one.table for one in found} == {table.name}
    said = [one for one in found if wrong.en in one.what.en]
    assert [(one.log, one.index, one.column) for one in said] == [(None, None, column)]
    assert wrong.zh in said[0].what.zh


def test_a_finding_says_whose_row_it_is_and_what_its_accounts_hold(ledger: Ledger) -> None:
    ledger.append(*books.year(CODE))
    with ledger.own.connect() as connection:
        with below_the_walls(connection, tables.fund_balance):
            changed = "UPDATE fund_balance SET available = available + 1 WHERE fund = 'wuhan'"
            connection.execute(text(changed))
        (found,) = find(connection)
        connection.rollback()
    assert found.what.en == (
        "(wuhan, 2022) the four budgetary accounts do not sum to zero:"
        " appropriated -600, available 551, encumbered 50, expended 0"
    )


# --- leaves ---


def test_a_leaf_that_the_books_could_not_carry_is_named_by_its_index(ledger: Ledger) -> None:
    clerk = Clerk(CODE)
    ledger.append(
        clerk.fund(FundAppropriated, 100),
        clerk.claim(ClaimSubmitted, 60, claim="a"),
        clerk.claim(ClaimSubmitted, 40, claim="b"),
    )
    with altered(ledger, 0, clerk.fund(FundAppropriated, 99)) as connection:
        (found,) = find(connection)
    assert (found.log, found.index, found.table, found.column) == ("book", 2, "chunk", "body")
    assert found.what.en.startswith("claim.submitted.v1: hubei 2022 has CNY 0.39 available")
    with altered(ledger, 1, clerk.claim(ClaimPaid, 60, claim="a")) as connection:
        assert [one.index for one in find(connection)] == [1]


def test_a_book_that_cannot_be_read_is_left_to_the_check_of_the_tree(ledger: Ledger) -> None:
    ledger.append(*books.year(CODE))
    with tampering(ledger.own) as connection:
        set_entry(connection, "book", 3, b"{}")
        assert find(connection) == []
        assert check_log(connection, read_heads(connection)["book"], None) != []


# --- folded again ---


def rows_at(
    history: History, run: Runner, sizes: dict[str, int], width: int = WIDTH
) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of the books that a history gives at some sizes, as a dump has them."""
    found = rebuild(history, PROJECTIONS, sizes, run, width=width)
    assert found.findings == []
    return {
        table.name: sorted(((*k, *v) for k, v in found.rows[table.name].items()), key=repr)
        for table in BOOKS
    }


def test_books_of_any_size_are_folded_alike_from_everywhere(ledger: Ledger, tmp_path: Path) -> None:
    """A database and an export, here and by processes, give what was stored at each size then."""
    random = books.seeded(5)
    carried, _ = books.random_history(random, (CODE, OTHER_CODE), 1_500)
    states: list[tuple[dict[str, int], Dump]] = []
    for at in range(0, len(carried), 90):
        ledger.append(*carried[at : at + 90])
        states.append(({name: one.size for name, one in ledger.heads().items()}, ledger.dump()))
    last, dumped = states[-1]
    assert last["book"] > WIDTH, "the books are to be folded from more than one span"
    for log in last:
        export(ledger, Signer(tmp_path / "signer"), tmp_path / "export", log)
    exported = ExportedHistory(tmp_path / "export")
    with ledger.read.connect() as connection:
        stored = StoredHistory(connection)
        for sizes, then in states:
            expected = {table.name: then[table.name] for table in BOOKS}
            for history in (stored, exported):
                assert rows_at(history, here(history, DERIVES), sizes) == expected
        run = by_processes(Job(Place(url=ledger.url), DERIVES), 2)
        assert rows_at(stored, run, last) == {table.name: dumped[table.name] for table in BOOKS}
        run = by_processes(Job(Place(directory=str(tmp_path / "export")), DERIVES), 2)
        assert rows_at(exported, run, last) == {table.name: dumped[table.name] for table in BOOKS}
