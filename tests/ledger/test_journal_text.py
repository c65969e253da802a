"""The journal as text: third-party tools read it and find the same balances."""

import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
from beancount import loader
from beancount.core import data
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.codec import Event
from ledger.journal_text import (
    read_entries_of,
    render_beancount,
    render_hledger,
    render_json,
    sum_accounts,
)
from tests.conftest import missing_service
from tests.ledger import books
from tests.ledger.conftest import CODE, OTHER_CODE, fact
from tests.servers import MissingServerError, find_program


def history(seed: int) -> list[Event]:
    return books.random_history(books.seeded(seed), (CODE, OTHER_CODE), 200)[0]


def said_by_beancount(text: str) -> tuple[list[str], dict[str, int]]:
    """Return beancount's errors and its balances in fen."""
    entries, errors, _ = loader.load_string(text)
    found: dict[str, int] = {}
    for posting in (one for entry in data.filter_txns(entries) for one in entry.postings):
        assert posting.units is not None
        assert posting.units.number is not None
        fen = int(posting.units.number * 100)
        found[posting.account] = found.get(posting.account, 0) + fen
    return [error.message for error in errors], found


@pytest.fixture(scope="module")
def hledger() -> str:
    """Return the path of the program hledger."""
    try:
        return find_program("hledger", "hledger")
    except MissingServerError:
        missing_service("hledger", "as root: apt-get install hledger")


def said_by_hledger(hledger: str, text: str, path: Path) -> tuple[str, dict[str, int]]:
    """Return hledger's errors and its balances in fen."""
    path.write_text(text, "utf-8")
    command = [hledger, "-f", str(path), "--strict", "balance", "--flat", "-E", "-N", "-O", "csv"]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env={"LANG": "C.UTF-8"}
    )
    found = {}
    for line in done.stdout.splitlines()[1:]:
        account, amount = line.replace('"', "").split(",")
        found[account] = int(Decimal(amount.removesuffix(" CNY")) * 100)
    return done.stderr, found


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32))
def test_beancount_finds_no_error_and_the_same_balances(seed: int) -> None:
    entries = read_entries_of(enumerate(history(seed)))
    errors, found = said_by_beancount(render_beancount(entries))
    assert errors == []
    assert found == sum_accounts(entries)


@pytest.mark.parametrize("seed", range(3))
def test_hledger_finds_no_error_and_the_same_balances(
    hledger: str, seed: int, tmp_path: Path
) -> None:
    entries = read_entries_of(enumerate(history(seed)))
    error, found = said_by_hledger(hledger, render_hledger(entries), tmp_path / "books.journal")
    assert error == ""
    assert found == sum_accounts(entries)


def test_both_tools_notice_a_single_fen(hledger: str, tmp_path: Path) -> None:
    entries = read_entries_of(enumerate(books.year(CODE)))
    for old, new in (("  2.80 CNY", "  2.81 CNY"), ("-0.80", "-0.79")):
        errors, _ = said_by_beancount(render_beancount(entries).replace(old, new, 1))
        assert errors != []
        altered = render_hledger(entries).replace(old, new, 1)
        error, _ = said_by_hledger(hledger, altered, tmp_path / "b")
        assert error != ""


def test_a_journal_without_entries_is_lawful(hledger: str, tmp_path: Path) -> None:
    assert read_entries_of([(0, fact("f"))]) == []
    assert said_by_beancount(render_beancount([])) == ([], {})
    assert said_by_hledger(hledger, render_hledger([]), tmp_path / "empty.journal") == ("", {})
    assert render_json([]) == {"rows": [], "balances": []}


def test_the_json_journal_names_each_entry_and_what_it_moves() -> None:
    rows = render_json(read_entries_of(enumerate(books.year(CODE), 7)))["rows"]
    assert rows[0]["index"] == 7
    assert rows[0]["told"]["document"] == "鄂财教〔2022〕1号"
    assert rows[0]["transfers"] == [
        {
            "fund": "hubei",
            "year": 2022,
            "debit": "available",
            "credit": "appropriated",
            "amount_fen": 1_000,
            "claim": "",
            "enterprise": "",
        }
    ]
    assert [len(row["transfers"]) for row in rows if "ordered" in row["type"]] == [0, 0]
