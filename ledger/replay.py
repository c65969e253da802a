"""Fold the log again from its bytes and compare with what is stored, row by row."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice

from sqlalchemy import Connection, select

from ledger.codec import Event
from ledger.events import LogName
from ledger.facts import Facts, gather
from ledger.finding import FINDINGS_MAX, Finding
from ledger.history import StoredHistory
from ledger.partial import SPAN, Derive, cut
from ledger.projection import Projection, Rows
from ledger.rebuild import merge_into
from ledger.spans import here
from ledger.text import Text


@dataclass(slots=True)
class Comparison:
    """What came of replaying one projection: how many rows the log gives, and what differs."""

    name: str
    rows: int
    findings: list[Finding] = field(default_factory=list)


def fold(
    projections: Sequence[Projection], events: Iterable[Event], log: LogName = "usage"
) -> dict[str, Rows]:
    """Return the rows of each projection after the first events of one log."""
    result = {projection.name: Rows() for projection in projections}
    source, first = iter(events), 0
    while batch := list(islice(source, SPAN)):
        facts = gather(batch, Facts(log=log), first)
        merge_into(result, projections, {one.name: one.derive(facts) for one in projections})
        first += len(batch)
    return result


def replay(
    connection: Connection,
    projections: Sequence[Projection],
    sizes: dict[LogName, int],
    progress: Callable[[int], None] = lambda _: None,
) -> list[Comparison]:
    """Return the comparison of each stored projection with a fold of the logs' bytes.

    `progress` is told how many events each step folded.
    """
    history = StoredHistory(connection)
    rows = {projection.name: Rows() for projection in projections}
    spans = [span for log, size in sizes.items() for span in cut(log, size)]
    for partial in here(history, derives_of(projections))(spans):
        merge_into(rows, projections, partial.rows)
        progress(partial.span.end - partial.span.start)
    return compare(connection, projections, rows)


def derives_of(projections: Sequence[Projection]) -> dict[str, Derive]:
    """Return what each projection derives from facts, by name: all that another process needs."""
    return {projection.name: projection.derive for projection in projections}


def compare(
    connection: Connection, projections: Sequence[Projection], rows: dict[str, Rows]
) -> list[Comparison]:
    """Return how each stored projection compares with the rows that a log gives."""
    return [_compare(connection, projection, rows[projection.name]) for projection in projections]


def digest(rows: Rows) -> str:
    """Return the SHA-256 of a projection's rows in order, a JSON array a line, in hexadecimal."""
    hashed = sha256()
    for key, values in sorted(rows.items()):
        line = json.dumps([*key, *values], ensure_ascii=False, separators=(",", ":"))
        hashed.update(line.encode() + b"\n")
    return hashed.hexdigest()


def _compare(connection: Connection, projection: Projection, rows: Rows) -> Comparison:
    """Return how a stored projection differs from its fold."""
    comparison = Comparison(projection.name, len(rows))
    width = len(projection.keys)
    missing = dict(rows)
    query = select(projection.table).order_by(*projection.table.primary_key)
    for row in connection.execute(query.execution_options(yield_per=1000)):
        key, stored = row[:width], row[width:]
        expected = missing.pop(key, None)
        if expected is None:
            _note(
                comparison,
                projection.columns[0],
                key,
                "日志中没有此行",
                "the log gives no such row",
            )
        elif expected != stored:
            for column, want, have in zip(
                projection.columns[width:], expected, stored, strict=True
            ):
                if want != have:
                    _note(
                        comparison,
                        column,
                        key,
                        f"存为 {have}，重放得 {want}",
                        f"stored {have}, the log gives {want}",
                    )
    for key in sorted(missing):
        _note(comparison, projection.columns[0], key, "此行缺失", "the row is missing")
    return comparison


def _note(comparison: Comparison, column: str, key: Sequence[object], zh: str, en: str) -> None:
    """Add a finding that names the row by its key."""
    if len(comparison.findings) < FINDINGS_MAX:
        name = ", ".join(str(part) for part in key)
        what = Text(f"（{name}）{zh}", f"({name}) {en}")
        comparison.findings.append(Finding(None, None, comparison.name, column, what))
