"""From a statement down to what it was made from, and from an entry up to the statements on it.

A page of it costs no reading of whole logs: papers come by the trail, usage as the sums of days.
`reports.trace` names each entry of the usage logs too, and reads them all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from ledger.codec import Event
from ledger.database import Connection
from ledger.events import IssuedData, ResourceListed
from ledger.period import cut_by_day
from ledger.query import read_usage_days
from ledger.read import read_heads
from ledger.topics import enterprise_topic, statement_topic
from ledger.trail import read_newest, read_trail
from ledger.usage import render_quantity
from portal.audit_desk import Entry, list_entries
from portal.gathered import Gathered, page_before
from portal.proof_commands import head_of, require_entry
from portal.shell import Shell
from portal.trace_command import require_issue
from reports.issue import Issued
from vouchers.reading import read_rules

RESTING_MAX: Final = 20
"""Whoever asks which statements rest on an entry wants the last ones."""


@dataclass(frozen=True, slots=True)
class Placed:
    """An issued statement with the index of its entry in the book."""

    index: int
    issued: Issued


class Used(NamedTuple):
    """What an enterprise used of a resource under a contract in a month, in unit-seconds.

    `name` is what the resource is called.
    """

    contract: str
    resource: str
    quantity: str
    name: str


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


def sum_usage(connection: Connection, enterprise: str, month: str, size: int) -> list[Used]:
    """Return what the ledger has now of an enterprise's month, by contract and resource."""
    total: dict[tuple[str, str], int] = {}
    for (_, contract, resource, day), micro in read_usage_days(connection, enterprise):
        if day.startswith(month):
            total[contract, resource] = total.get((contract, resource), 0) + micro
    listed = read_rules(connection, size).resources
    return [
        Used(contract, resource, render_quantity(micro), _name(listed, resource))
        for (contract, resource), micro in sorted(total.items())
    ]


def _name(listed: Mapping[str, ResourceListed], resource: str) -> str:
    """Return what a resource is called; one that is not listed has its code."""
    found = listed.get(resource)
    return found.name if found else resource


def find_resting(connection: Connection, entry: Entry, size: int, limit: int) -> list[Placed]:
    """Return the last statements for the enterprise of an entry that were made from it too."""
    if not entry.event.subject:
        return []
    months = _months_of(entry.event)
    topic = enterprise_topic(entry.event.subject)
    found = []
    for index, event in read_trail(connection, [topic], size):
        data = event.data
        if not isinstance(data, IssuedData) or data.sizes.get(entry.log, 0) <= entry.index:
            continue
        if months is None or (data.kind == "compute" and data.period in months):
            found.append(Placed(index, Issued(event.subject, data)))
    return found[: -limit - 1 : -1]


def _months_of(event: Event) -> set[str] | None:
    """Return the months in which a usage record has a part, None for a paper."""
    piece = event.usage
    if piece is None:
        return None
    return {day[: len("2022-07")] for day, _ in cut_by_day(piece.start_ms, piece.end_ms)}


def trace_statement(shell: Shell, number: str, limit: int, before: int | None) -> dict[str, Any]:
    """Return what a statement was made from: sums of usage, and its papers below an index.

    Raises `InvalidInputError` (`no_statement`).
    """
    with shell.auditing() as connection:
        index, issued = require_issue(connection, number)
        data = issued.data
        papers, following = list_papers(connection, issued, limit, before)
        size = read_heads(connection)["book"].size
        is_month = data.kind == "compute"
        used = sum_usage(connection, issued.subject, data.period, size) if is_month else []
    return {
        "id": number,
        "entry": {"log": "book", "index": index},
        "sizes": data.sizes,
        "used": [one._asdict() for one in used],
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
            {"id": one.issued.data.statement, "kind": one.issued.data.kind, "index": one.index}
            for one in resting
        ],
    }
