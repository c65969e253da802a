"""From a statement down to what it was made from, and from an entry up to the statements on it.

A page of it costs no reading of whole logs: papers come by the trail, usage by its blocks
(`portal.statements.usage`).
"""

from dataclasses import dataclass
from typing import Any, Final

from ledger.codec import Event
from ledger.database import Connection
from ledger.events import IssuedData
from ledger.period import cut_by_day
from ledger.read import read_heads
from ledger.topics import enterprise_topic, statement_topic
from ledger.trail import read_newest, read_trail
from portal.audit.desk import Entry, list_entries
from portal.commands.proof_commands import head_of, require_entry
from portal.commands.trace_command import require_issue
from portal.known.gathered import Gathered, page_before
from portal.shell import Shell
from portal.statements.usage import read_lines
from reports.issue import Issued
from reports.verification import find_latest

RESTING_MAX: Final = 20
"""Whoever asks which statements rest on an entry wants the last ones."""


@dataclass(frozen=True, slots=True)
class Placed:
    """An issued statement with the index of its entry in the book."""

    index: int
    issued: Issued


@dataclass(frozen=True, slots=True)
class Resting:
    """A statement that was made from an entry, and the latest of its series where it is another.

    `index` is that of its own entry in the book.
    """

    index: int
    issued: Issued
    superseded_by: Issued | None


def list_statements(
    connection: Connection, known: Gathered, size: int, limit: int, before: int | None = None
) -> tuple[list[Placed], int | None]:
    """Return the statements that were issued last, and after which place the list goes on, if so.

    A number of the time before this ledger, which one of its statements supplements, is none of it.
    """
    statements = known.read_on(connection, size).statements
    shown, following = page_before(statements, size, limit, before)
    wanted = {one.topic for one in shown}
    found = [
        Placed(index, Issued(event.subject, event.data))
        for index, event in read_trail(connection, wanted, size)
        if isinstance(event.data, IssuedData) and statement_topic(event.data.statement) in wanted
    ]
    found.sort(key=lambda one: one.index, reverse=True)
    return found, following


def list_papers(
    connection: Connection, issued: Issued, limit: int, before: int | None = None
) -> tuple[list[Entry], int | None]:
    """Return the papers that a statement rests on, newest first, and where the list goes on, if so.

    One about nobody in particular rests on none of anybody's.
    """
    if not issued.subject:
        return [], None
    topic, size = enterprise_topic(issued.subject), issued.data.sizes["book"]
    found = read_newest(connection, topic, size, limit + 1, before)
    papers = [
        Entry("book", index, event)
        for index, event in found[:limit]
        if not issubclass(event.kind, IssuedData)
    ]
    return papers, found[limit - 1][0] if len(found) > limit else None


def find_resting(connection: Connection, entry: Entry, size: int, limit: int) -> list[Resting]:
    """Return the last statements for the enterprise of an entry that were made from it too."""
    if not entry.event.subject:
        return []
    months = _months_of(entry.event)
    topic = enterprise_topic(entry.event.subject)
    issued = [
        (index, Issued(event.subject, event.data))
        for index, event in read_trail(connection, [topic], size)
        if isinstance(event.data, IssuedData)
    ]
    latest = find_latest([one for _, one in issued])
    found = [
        Resting(index, one, latest.get(one.data.statement))
        for index, one in issued
        if one.data.sizes.get(entry.log, 0) > entry.index
        if months is None or (one.data.kind == "compute" and one.data.period in months)
    ]
    return found[: -limit - 1 : -1]


def _months_of(event: Event) -> set[str] | None:
    """Return the months in which a usage record has a part, None for a paper."""
    piece = event.usage
    if piece is None:
        return None
    return {day[: len("2022-07")] for day, _ in cut_by_day(piece.start_ms, piece.end_ms)}


def trace_statement(shell: Shell, number: str, limit: int, before: int | None) -> dict[str, Any]:
    """Return what a statement was made from: its lines' usage, and its papers below an index.

    Raises `InvalidInputError` (`no_statement`).
    """
    with shell.auditing() as connection:
        index, issued = require_issue(connection, number)
        shell.shows(issued.subject)
        data = issued.data
        papers, following = list_papers(connection, issued, limit, before)
        lines = read_lines(connection, issued)
    return {
        "id": number,
        "entry": {"log": "book", "index": index},
        "sizes": data.sizes,
        "used": [
            {
                "contract": one.contract,
                "resource": one.resource,
                "quantity": one.used,
                "name": lines.names[one.resource],
                "entries": one.entries,
            }
            for one in lines.lines
        ],
        "rows": [
            {
                "log": one.log,
                "index": one.index,
                "type": one.event.kind.type,
                "source": one.event.source,
                "id": one.event.id,
            }
            for one in papers
        ],
        "next": None if following is None else str(following),
    }


def show_entry(shell: Shell, log: str, index: int) -> dict[str, Any]:
    """Return an entry as it was recorded, and the last statements that were made from it.

    Raises `InvalidInputError`: `no_log`, `no_entry`.
    """
    with shell.auditing() as connection:
        head = head_of(connection, log)
        require_entry(head, index)
        (found,) = list_entries(connection, head, index + 1, 1)
        size = read_heads(connection)["book"].size
        resting = find_resting(connection, found, size, RESTING_MAX)
    return {
        "log": log,
        "index": index,
        "entry": found.text,
        "leaf_hash": found.leaf_hash,
        "statements": [
            {
                "id": one.issued.data.statement,
                "kind": one.issued.data.kind,
                "index": one.index,
                "superseded_by": one.superseded_by and one.superseded_by.data.statement,
            }
            for one in resting
        ],
    }
