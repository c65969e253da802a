"""Slices of one job that hold the same resource at the same time: flagged, never dropped.

A job reported twice under two names meters twice. But a job may also hold two sets of cards at
once and report each, so an overlap is a question for its sender and not an error.

Slices are sorted on disk, in a SQLite file that has no name and vanishes when it is closed; in
memory are at most those of one job that are open at one time.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from ledger.database import Connection
from ledger.events import LogName
from ledger.period import cut_by_day
from ledger.read import read_events, read_heads, usage_logs_of

Step = Callable[[int], None]

_TABLE: Final = "CREATE TABLE slice (enterprise, job, resource, start, end, amount, log, place)"
_KEY: Final = 3

JobKey = tuple[str, str, str]
"""Enterprise, job, resource."""

Place = tuple[LogName, int]
"""A log and an index in it."""

Span = tuple[int, int, int, Place]
"""Start and end in UTC milliseconds, thousandths of a unit, and the entry that says so."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two slices of one job, the one that starts first as `first`, and the time that both hold.

    `micro` is what the smaller amount holds during it, in micro-unit-seconds: what is metered
    twice if both are the same cards.
    """

    key: JobKey
    first: Place
    second: Place
    start_ms: int
    end_ms: int
    micro: int


def find_overlaps(key: JobKey, spans: Iterable[Span]) -> Iterator[Overlap]:
    """Yield every pair of a job's slices that share time; the slices come in order of their start.

    Half-open periods that touch share none. What is kept is the slices that are still open.
    """
    open_spans: list[Span] = []
    for span in spans:
        start_ms, end_ms, amount_milli, place = span
        open_spans = [one for one in open_spans if one[1] > start_ms]
        for _, other_end_ms, other_milli, other in open_spans:
            until_ms = min(end_ms, other_end_ms)
            micro = min(amount_milli, other_milli) * (until_ms - start_ms)
            yield Overlap(key, other, place, start_ms, until_ms, micro)
        open_spans.append(span)


def read_overlaps(
    connection: Connection,
    month: str = "",
    enterprise: str | None = None,
    progress: Step = lambda _: None,
) -> Iterator[Overlap]:
    """Yield each pair of overlapping slices, by enterprise, job, resource and start.

    With a month, pairs whose shared time touches it. `progress` is told of each entry.
    """
    with closing(sqlite3.connect("")) as disk:
        disk.execute(_TABLE)
        disk.executemany(
            "INSERT INTO slice VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            _slices(connection, enterprise, progress),
        )
        rows = disk.execute("SELECT * FROM slice ORDER BY enterprise, job, resource, start, end")
        for key, group in groupby(rows, lambda row: (row[0], row[1], row[2])):
            for found in find_overlaps(key, map(_span, group)):
                if not month or _touches(found, month):
                    yield found


def _slices(
    connection: Connection, enterprise: str | None, progress: Step
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of the usage that is asked for."""
    heads = read_heads(connection)
    for log in usage_logs_of(heads):
        for index, event in read_events(connection, log, 0, heads[log].size):
            progress(1)
            piece = event.usage
            if piece is not None and enterprise in (None, event.subject):
                key = event.subject, piece.job, piece.resource
                yield *key, piece.start_ms, piece.end_ms, piece.amount_milli, log, index


def _span(row: tuple[Any, ...]) -> tuple[int, int, int, tuple[LogName, int]]:
    """Return what a row says of its slice."""
    start_ms, end_ms, amount_milli, log, index = row[_KEY:]
    return start_ms, end_ms, amount_milli, (log, index)


def _touches(found: Overlap, month: str) -> bool:
    """Return whether the time that two slices share touches a month."""
    return any(day.startswith(month) for day, _ in cut_by_day(found.start_ms, found.end_ms))
