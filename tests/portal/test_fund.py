"""The commands of the funds and the books, from the shell; what replay and check say of them."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from ledger import tables
from ledger.database import open_engine
from ledger.projection import PROJECTIONS
from ledger.store import Store
from portal import cli
from tests.ledger import books
from tests.ledger.attacks import below_the_walls
from tests.portal.conftest import Run

Ask = Callable[..., dict[str, Any]]

PAPER = ("--on", "2022-01-05", "--document", "1号")
CODE = "91350100M000100Y43"
OTHER_CODE = "91440300708461136T"


@pytest.fixture
def ask(
    home: Path,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Ask:
    """Return the command line in this process, on an empty ledger of each kind."""
    monkeypatch.setenv("SUANQUAN_HOME", str(home))
    monkeypatch.setenv("SUANQUAN_DATABASE_URL", database_url)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def run(*words: object, status: int = 0) -> dict[str, Any]:
        assert cli.run([*map(str, words), "--json"]) == status, capfd.readouterr().err
        found: dict[str, Any] = json.loads(capfd.readouterr().out)
        return found

    run("db", "upgrade")
    return run


@pytest.fixture
def own(database_url: str) -> Iterator[Engine]:
    """Yield the owner's engine."""
    engine = open_engine(database_url, "own")
    yield engine
    engine.dispose()


def test_a_fund_is_given_moved_closed_and_exported(suanquan: Run) -> None:
    assert suanquan("db", "upgrade").status == 0
    assert suanquan("fund", "list", "--json").json == {"rows": []}
    given = ("fund", "appropriate", "hubei", "--year", "2022", "--amount", "1000.01", *PAPER)
    other = ("fund", "appropriate", "wuhan", "--year", "2022", "--amount", "5", *PAPER)
    assert suanquan(*given).status == suanquan(*other).status == 0
    again = suanquan(*given, "--json")
    assert [row["appropriated_fen"] for row in again.json["rows"]] == [100_001, 500]
    moved = suanquan(
        *("fund", "transfer", "hubei", "--year", "2022", "--to", "wuhan", "--amount", "1"),
        *(*PAPER, "--json"),
    )
    assert [row["available_fen"] for row in moved.json["rows"]] == [99_901, 600]
    early = suanquan("book", "export", "--format", "json", "--as-of", "book=0", "--json").json
    assert early["rows"] == []
    closing = ("fund", "close", "hubei", "--year", "2022", *PAPER, "--json")
    row = suanquan(*closing).json["rows"][0]
    assert (row["appropriated_fen"], row["available_fen"], row["closed"]) == (0, 0, True)
    closed = suanquan(*closing)
    assert (closed.status, closed.error["code"]) == (3, "fund_closed")
    text = suanquan("book", "export", "--format", "beancount").out
    assert "  Equity:Budget:Hubei:2022:Available  1000.01 CNY" in text
    assert suanquan("book", "export", "--format", "hledger").out.startswith("commodity")
    assert suanquan("log", "check", "--full").status == suanquan("replay").status == 0


def test_a_document_decides_once_for_each_fund(ask: Ask, capfd: pytest.CaptureFixture[str]) -> None:
    where = ("--year", 2022, *PAPER)
    for code in ("hubei", "wuhan", "east_lake"):
        ask("fund", "appropriate", code, "--amount", "10", *where)
    words = ("fund", "appropriate", "hubei", "--amount", "11", *map(str, where), "--json")
    assert cli.run(list(words)) == 3
    assert json.loads(capfd.readouterr().err)["error"]["code"] == "document_used"
    for code in ("wuhan", "east_lake", "wuhan"):
        rows = ask("fund", "transfer", "hubei", "--to", code, "--amount", "3", *where)["rows"]
    assert [(one["fund"], one["available_fen"]) for one in rows] == [
        ("east_lake", 1_300),
        ("hubei", 400),
        ("wuhan", 1_300),
    ]


def test_a_fund_that_nobody_gave_anything_cannot_give(suanquan: Run) -> None:
    assert suanquan("db", "upgrade").status == 0
    refused = suanquan(
        *("fund", "transfer", "hubei", "--year", "2022", "--to", "wuhan", "--amount", "1"),
        *(*PAPER, "--json"),
    )
    assert (refused.status, refused.error["code"]) == (3, "unknown_fund")
    assert suanquan("fund", "close", "hubei", "--year", "2022", *PAPER).status == 3
    wrong = suanquan("fund", "appropriate", "Hubei", "--year", "2022", "--amount", "1", *PAPER)
    assert wrong.status == 2


# --- compared again, on both kinds of database ---


def of_books(answer: dict[str, Any]) -> dict[str, tuple[int, str]]:
    """Return how many rows each table of the books has, and their digest."""
    found = {one["name"]: (one["rows"], one["digest"]) for one in answer["projections"]}
    return {name: found[name] for name in tables.BOOKS}


def places(answer: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["table"], one["column"]) for one in answer["findings"]}


def test_a_replay_compares_the_books_at_any_size_and_from_an_export(
    ask: Ask, own: Engine, database_url: str, tmp_path: Path
) -> None:
    engine = open_engine(database_url, "write")
    store = Store(engine, PROJECTIONS)
    store.append_own(books.year(CODE), 1)
    first = ask("replay")
    size = {one["name"]: one["size"] for one in first["logs"]}["book"]
    assert [rows for rows, _ in of_books(first).values()] == [2, 5, 2]
    store.append_own(books.next_year(OTHER_CODE), 2)
    engine.dispose()
    ask("log", "export", tmp_path / "export")
    now = ask("replay")
    early = ask("book", "export", "--format", "json", "--as-of", f"book={size}")
    late = ask("book", "export", "--format", "json")
    assert len(late["rows"]) - len(early["rows"]) == len(books.next_year(OTHER_CODE))
    ways: tuple[tuple[object, ...], ...] = ((), ("--from", tmp_path / "export"))
    for way in (*ways, ("--processes", 2)):
        assert of_books(ask("replay", *way)) == of_books(now)
        assert of_books(ask("replay", *way, "--as-of", f"book={size}")) == of_books(first)
    assert ask("log", "check", "--full")["ok"]
    for table, column, statement in (
        ("fund_balance", "available", "available = 551, appropriated = -601 WHERE fund = 'wuhan'"),
        ("claim_balance", "paid", "paid = 201 WHERE claim = 'SQ-2022-1'"),
        ("payment_order", "failed", "failed = ordered WHERE order_id = 'ZF-9'"),
    ):
        with own.begin() as connection:
            connection.execute(text(f"UPDATE {table} SET {statement}"))
        for way in ways:
            answer = ask("replay", *way, status=4)
            assert (table, column) in places(answer)
            assert not {one["name"]: one["match"] for one in answer["projections"]}[table]
        assert (table, column) in places(ask("log", "check", "--full", status=4))
        # No law is broken: without a fold the rows may well be so.
        assert ask("log", "check")["ok"]


def test_a_check_says_where_the_books_break_a_law(ask: Ask, own: Engine) -> None:
    ask("fund", "appropriate", "hubei", "--year", 2022, "--amount", "1000", *PAPER)
    with own.begin() as connection, below_the_walls(connection, tables.fund_balance):
        connection.execute(text("UPDATE fund_balance SET available = -1"))
    found = ask("log", "check", "--lang", "en", status=4)["findings"]
    assert [(one["table"], one["column"]) for one in found] == [("fund_balance", "available")] * 2
    accounts = "appropriated -100000, available -1, encumbered 0, expended 0"
    assert [one["what"] for one in found] == [
        "(hubei, 2022) what is available is below zero: available -1",
        f"(hubei, 2022) the four budgetary accounts do not sum to zero: {accounts}",
    ]
    told = ask("log", "check", "--lang", "zh", status=4)["findings"]
    assert told[0]["what"] == "（hubei, 2022）可用余额为负：可用 -1"
