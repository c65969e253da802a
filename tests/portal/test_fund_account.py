"""Funds read on: what is read in parts is what is read at once, and nothing is of a later entry."""

from bench.claim_world import live, register
from ledger.journal import post
from ledger.read import read_events, read_heads
from portal.known.fund_account import FundAccounts
from tests.portal.office import Office, office

__all__ = ["office"]

KEY = ("hubei", 2022)


def grow(office: Office, number: int) -> None:
    """Append a claim that is over."""
    office.ledger.append(*register(number), *live(number, "closed"))


def test_a_fund_is_read_on_to_what_it_is_at_once(office: Office) -> None:
    parts, sizes = FundAccounts(), []
    for number in range(3):
        grow(office, number)
        with office.ledger.reading() as connection:
            sizes.append(read_heads(connection)["book"].size)
            parts.read_on(connection, sizes[-1])
    with office.ledger.reading() as connection:
        whole = FundAccounts().read_on(connection, sizes[-1])
        events = list(read_events(connection, "book", 0, sizes[-1]))
    for size in sizes:
        moved = [
            (index, one.debit, one.credit, one.amount_fen)
            for index, event in events
            for one in post(event)
            if index < size and (one.fund, one.year) == KEY
        ]
        found, more = parts.last_movements(KEY, size, 1_000)
        assert [(one.place, one.debit, one.credit, one.amount_fen) for one in found[::-1]] == moved
        assert (found, more) == whole.last_movements(KEY, size, 1_000)
        assert not more


def test_movements_are_paged_by_their_numbers(office: Office) -> None:
    grow(office, 0)
    with office.ledger.reading() as connection:
        size = read_heads(connection)["book"].size
        accounts = FundAccounts().read_on(connection, size)
    every, _ = accounts.last_movements(KEY, size, 1_000)
    first, more = accounts.last_movements(KEY, size, 2)
    assert more
    rest, more = accounts.last_movements(KEY, size, 1_000, first[-1].number)
    assert not more
    assert first + rest == every
    assert [one.number for one in every] == list(range(len(every), 0, -1))
    assert accounts.last_movements(KEY, size, 2, 1) == ([], False)
