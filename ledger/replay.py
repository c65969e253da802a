"""Fold the log again from its bytes and compare with what is stored, row by row."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy import Connection, select

from ledger.codec import Event
from ledger.events import LogName
from ledger.facts import gather
from ledger.finding import FINDINGS_MAX, Finding
from ledger.projection import Projection, Rows
from ledger.read import read_events
from ledger.text import Text

# Events folded at a time: enough to keep partial rows few, little enough to keep memory flat.
SPAN: int = 20_000


@dataclass(slots=True)
class Comparison:
    """What came of replaying one projection: how many rows the log gives, and what differs."""

    name: str
    rows: int
    findings: list[Finding] = field(default_factory=list)


def fold(
    projections: Sequence[Projection],
    events: Iterable[Event],
    progress: Callable[[int], None] = lambda _: None,
) -> dict[str, Rows]:
    """Return the rows of each projection after any run of events.

    `progress` is told how many events each step folded.
    """
    result: dict[str, Rows] = {projection.name: {} for projection in projections}
    source = iter(events)
    while batch := list(islice(source, SPAN)):
        facts = gather(batch)
        for projection in projections:
            rows = result[projection.name]
            for key, values in projection.derive(facts).items():
                old = rows.get(key)
                rows[key] = values if old is None else projection.merge(old, values)
        progress(len(batch))
    return result


def replay(
    connection: Connection,
    projections: Sequence[Projection],
    sizes: dict[LogName, int],
    progress: Callable[[int], None] = lambda _: None,
) -> list[Comparison]:
    """Return the comparison of each stored projection with a fold of the logs' bytes."""

    def events() -> Iterator[Event]:
        for log, size in sizes.items():
            for _, event in read_events(connection, log, 0, size):
                yield event

    folded = fold(projections, events(), progress)
    return [_compare(connection, projection, folded[projection.name]) for projection in projections]


def _compare(connection: Connection, projection: Projection, rows: Rows) -> Comparison:
    """Return how a stored projection differs from its fold."""
    comparison = Comparison(projection.name, len(rows))
    width = len(projection.merges)
    missing = dict(rows)
    query = select(projection.table).order_by(*projection.table.primary_key)
    for row in connection.execute(query.execution_options(yield_per=1000)):
        key, stored = row[:-width], row[-width:]
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
                projection.columns[-width:], expected, stored, strict=True
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
