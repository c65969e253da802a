"""Issued statements looked up by number and by file, at the same cost however many there are."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from ledger.database import Connection
from ledger.events import ReportIssued
from ledger.read import read_heads
from reports.register import Registered, find_by_file, find_issued
from tests.issued import ISSUED, digest, event, issue, name, seal
from tests.queries import counted
from tests.small_ledger import CODE, SmallLedger


@pytest.fixture
def ledger(database_url: str) -> Iterator[SmallLedger]:
    with closing(SmallLedger(database_url)) as made:
        yield made


def size_of(connection: Connection) -> int:
    return read_heads(connection)["book"].size


def told(found: Registered | None) -> tuple[str, str | None]:
    """Return the number of what was found and of what follows it."""
    assert found is not None
    later = found.superseded_by
    return found.issued.data.statement, later.data.statement if later else None


def test_a_statement_is_found_by_number_and_by_each_of_its_files(ledger: SmallLedger) -> None:
    ledger.append(issue(1), seal(1, 1, "b"), issue(2), issue(1, 2), issue(1, 3), seal(1, 3, "b"))
    with ledger.reading() as connection:
        size = size_of(connection)
        assert told(find_issued(connection, name(1, 1), size)) == (name(1, 1), name(1, 3))
        assert told(find_issued(connection, name(1, 2), size)) == (name(1, 2), name(1, 3))
        assert told(find_issued(connection, name(1, 3), size)) == (name(1, 3), None)
        assert told(find_issued(connection, name(2, 1), size)) == (name(2, 1), None)
        for mark in "ab":
            first = find_by_file(connection, digest(1, 1, mark), size)
            assert told(first) == (name(1, 1), name(1, 3))
            assert told(find_by_file(connection, digest(1, 3, mark), size))[1] is None
        assert first is not None
        assert (first.index, first.issued.subject) == (0, CODE)
        assert first.issued.seal is not None
        for unknown in (digest(9, 1), digest(2, 1, "b"), "", "%"):
            assert find_by_file(connection, unknown, size) is None
        for other in (name(9, 1), name(2, 2), "", "SQ-%"):
            assert find_issued(connection, other, size) is None


def test_nothing_is_found_that_was_issued_later_than_asked_for(ledger: SmallLedger) -> None:
    ledger.append(issue(1), issue(1, 2))
    with ledger.reading() as connection:
        assert told(find_issued(connection, name(1, 1), 1)) == (name(1, 1), None)
        assert find_by_file(connection, digest(1, 2), 1) is None


def test_a_seal_that_was_replaced_counts_no_more(ledger: SmallLedger) -> None:
    ledger.append(issue(1), seal(1, 1, "b"), seal(1, 1, "c"))
    with ledger.reading() as connection:
        size = size_of(connection)
        assert find_by_file(connection, digest(1, 1, "b"), size) is None
        assert find_by_file(connection, digest(1, 1, "c"), size) is not None


def test_a_report_for_nobody_is_found_too(ledger: SmallLedger) -> None:
    said = {**ISSUED, "statement": "SQ-F-2022-07-hubei-1", "kind": "fund", "about": "hubei"}
    ledger.append(event(ReportIssued(**said, revision=1, pdf_sha256="d" * 64)))  # type: ignore[arg-type]
    with ledger.reading() as connection:
        found = find_by_file(connection, "d" * 64, size_of(connection))
        assert told(found) == ("SQ-F-2022-07-hubei-1", None)


@pytest.mark.parametrize("others", [3, 2_000])
def test_looking_up_costs_the_same_among_few_and_many(ledger: SmallLedger, others: int) -> None:
    ledger.append(*(issue(number) for number in range(others)))
    ledger.append(issue(7, 2), seal(7, 2, "b"))
    with ledger.reading() as connection, counted(connection) as said:
        size = size_of(connection)
        before = len(said)
        assert find_by_file(connection, digest(7, 2, "b"), size) is not None
        assert len(said) - before <= 6
