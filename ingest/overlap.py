"""Files without ids must not cover the same time twice.

Where only its file and its row name an event, the same job in two files is two events. Another file
over a time that the source has covered is therefore refused until somebody confirms it.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ledger.codec import Event
from ledger.errors import RuleViolationError
from ledger.period import render_instant
from ledger.query import read_source_spans
from ledger.rejection import Rejection
from ledger.store import Store
from ledger.text import Text

Item = tuple[int, Event] | Rejection
"""What a record of a file is: an event at its line, or a rejection."""


class Span(NamedTuple):
    """The time that a file's usage covers in UTC milliseconds, and the position after its last."""

    first_ms: int
    last_ms: int
    end: int


def read_spans(store: Store, source: str, sha256: str) -> Sequence[tuple[str, int, int]]:
    """Return (SHA-256, first, last) of every other file whose rows a source has named.

    `source` ends where the hash begins. Instants are UTC milliseconds; earliest first.
    """
    with store.transaction() as connection:
        found = read_source_spans(connection, source)
    return [
        (name.removeprefix(source), first_ms, last_ms)
        for name, first_ms, last_ms in found
        if name != source + sha256
    ]


def span_of(items: Iterable[Item]) -> Span:
    """Return the time that a file covers."""
    pieces: list[tuple[int, int]] = []
    end = 0
    for item in items:
        if isinstance(item, Rejection):
            end = item.position + 1
            continue
        end = item[0] + 1
        if (usage := item[1].usage) is not None:
            first_ms, last_ms = pieces.pop() if pieces else (usage.start_ms, usage.end_ms)
            pieces.append((min(first_ms, usage.start_ms), max(last_ms, usage.end_ms)))
    return Span(*(pieces or [(0, 0)])[0], end)


def refuse_overlap(sha256: str, own: Span, others: Iterable[tuple[str, int, int]]) -> None:
    """Raise `RuleViolationError` (`overlapping_file`) when another file covers some of the time."""
    for other, first_ms, last_ms in others:
        if own.first_ms < last_ms and first_ms < own.last_ms:
            here, there = _render(own.first_ms, own.last_ms), _render(first_ms, last_ms)
            raise RuleViolationError(
                "overlapping_file",
                Text(
                    f"本文件 {sha256} 覆盖 {here}，同一来源已导入的文件 {other} 覆盖 {there}",
                    f"this file {sha256} covers {here}; the file {other} of the same source was"
                    f" imported and covers {there}",
                ),
                Text(
                    "未写入任何内容；确认没有同一条记录出现在两个文件后，加 --allow-overlap",
                    "nothing was written; when you are sure that no record is in both files,"
                    " add --allow-overlap",
                ),
            )


def _render(first_ms: int, last_ms: int) -> str:
    """Return a span for a reader."""
    return f"{render_instant(first_ms)} – {render_instant(last_ms)}"
