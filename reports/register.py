"""Issued statements looked up in the book: by their number, or by the hash of a file.

Each look-up reads the entries about one statement and about those that follow it, by the trail:
it costs the same however many statements there are.
"""

from dataclasses import dataclass

from ledger.database import Connection
from ledger.events import IssuedData, StatementSealed
from ledger.topics import file_topic, statement_topic
from ledger.trail import read_trail
from reports.issue import Issued


@dataclass(frozen=True, slots=True)
class Registered:
    """An issued statement and the index of its entry in the book.

    `superseded_by` is the latest statement about the same, None where that is this one.
    """

    index: int
    issued: Issued
    superseded_by: Issued | None


def find_issued(connection: Connection, number: str, size: int) -> Registered | None:
    """Return the statement of a number among the book's first entries, None where there is none."""
    named = _read(connection, number, size)
    if number not in named:
        return None
    index, issued = named[number]
    first = issued.data.supplements
    series = named if first is None else _read(connection, first, size)
    _, latest = max(series.values(), key=lambda one: one[0])
    return Registered(index, issued, None if latest.data.statement == number else latest)


def find_by_file(connection: Connection, sha256: str, size: int) -> Registered | None:
    """Return the statement whose issued or sealed file has a hash, None where none has."""
    numbers = {
        event.data.statement
        for _, event in read_trail(connection, [file_topic(sha256)], size)
        if isinstance(event.data, IssuedData | StatementSealed)
    }
    found = (find_issued(connection, number, size) for number in sorted(numbers))
    return next((one for one in found if one and sha256 in hashes_of(one.issued)), None)


def hashes_of(issued: Issued) -> tuple[str, ...]:
    """Return the hashes of a statement's files: as issued and, where it was sealed, sealed."""
    sealed = () if issued.seal is None else (issued.seal.sha256,)
    return (issued.data.pdf_sha256, *sealed)


def _read(connection: Connection, number: str, size: int) -> dict[str, tuple[int, Issued]]:
    """Return a statement and those that supplement it, by number, each with its place.

    The seal is that of the statement asked for alone.
    """
    found: dict[str, tuple[int, Issued]] = {}
    seal = None
    for index, event in read_trail(connection, [statement_topic(number)], size):
        if isinstance(event.data, IssuedData):
            found[event.data.statement] = index, Issued(event.subject, event.data)
        elif isinstance(event.data, StatementSealed):
            seal = event.data
    if number in found:
        index, issued = found[number]
        found[number] = index, Issued(issued.subject, issued.data, seal)
    return found
