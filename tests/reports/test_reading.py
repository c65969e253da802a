"""Enterprises read one at a time: usage by months where that says the same, else by days."""

from collections.abc import Iterator

import pytest

from ledger.identifiers import synthetic_credit_code
from ledger.read import read_heads
from reports.reading import read_book, read_enterprises, read_snapshot
from tests.small_ledger import SmallLedger, events

STEADY, MOVING, QUIET = (synthetic_credit_code(name) for name in ("steady", "moving", "quiet"))

CONTRACT = "contract C-1 2022-01-01 2022-12-31 0.06 a100=12.50/card_hour"
USAGE = """
    usage a100 10 2022-10-01T00:00 2022-10-02T12:00 C-1
    usage a100 99999.999 2022-10-31T00:00 2022-11-03T00:00 C-1
    usage disk 1 2022-10-31T00:00 2022-11-01T00:00
"""
INVOICE = "invoice 1 C-1 2022-11-05 100 0 2022-10-01 2022-10-31"


@pytest.fixture
def ledger(database_url: str) -> Iterator[SmallLedger]:
    """Yield a ledger of three enterprises, of each kind of database in turn."""
    made = SmallLedger(database_url)
    made.append(
        *events("resource a100 accelerator card 2021-12-01 0.32"),
        *events(CONTRACT + USAGE + INVOICE, STEADY),
        *events(CONTRACT + "@2022-10-16.." + USAGE + INVOICE, MOVING),
        *events("enterprise 420100 静", QUIET),
    )
    yield made
    made.close()


def test_usage_comes_by_months_or_by_days(ledger: SmallLedger) -> None:
    with ledger.reading() as connection:
        days = read_snapshot(connection).usage
        book = read_book(connection, read_heads(connection)["book"])
        read = {account.credit_code: usage for account, usage in read_enterprises(connection, book)}
    assert set(read) == {STEADY, MOVING, QUIET}
    assert read[QUIET] == []
    assert read[MOVING] == days[MOVING]
    summed: dict[tuple[str, ...], int] = {}
    for (enterprise, contract, resource, day), quantity in days[STEADY]:
        last = {"2022-10": "2022-10-31", "2022-11": "2022-11-30"}[day[:7]]
        key = enterprise, contract, resource, last
        summed[key] = summed.get(key, 0) + quantity
    assert dict(read[STEADY]) == summed
    assert len(days[STEADY]) > len(read[STEADY]) == 3
