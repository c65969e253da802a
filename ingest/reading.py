"""Records of a topic → events and rejections, many at a time.

Nearly all records are alike, so they are read in blocks by a short way. A block that holds anything
else is read again record by record, which says what is wrong with which one.
"""

from collections.abc import Container, Iterator, Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from ingest.cloudevents import parse_record, parse_usual
from ingest.file_worker import refuse_own, reject
from ingest.quarantine import render_record
from ingest.topic import Record, Run
from ledger.codec import Event
from ledger.credit_codes import NONE, require_codes
from ledger.errors import InvalidInputError
from ledger.rejection import Rejection
from ledger.store import RESERVED_SOURCES

# Large enough that what a block costs is little beside its records; small enough to stay in a
# processor's cache, and that one odd record sends few others the long way.
BLOCK_RECORDS: Final = 256


class Part(NamedTuple):
    """What records are: events at their offsets, and rejections."""

    events: list[tuple[int, Event]]
    rejections: list[Rejection]


NOTHING: Final = Part([], [])
"""What no records are."""


def cut(run: Run, bytes_max: int) -> Iterator[tuple[Sequence[Record], int]]:
    """Yield a run's records in parts, each with the offset where the next one begins.

    A part ends with the record that brings the sum of their sizes to `bytes_max`.
    """
    records = run.records
    start, left = 0, bytes_max
    for end, total in enumerate(accumulate(map(size_of, records)), 1):
        if total >= left and end < len(records):
            yield records[start:end], records[end].offset
            start, left = end, total + bytes_max
    yield records[start:], run.next


def size_of(record: Record) -> int:
    """Return the bytes of a record: key, value and headers."""
    size = len(record.value or b"") + len(record.key or b"")
    for name, value in record.headers:
        size += len(name) + len(value or b"")
    return size


def read_records(records: Sequence[Record], accepted: Container[str] = NONE) -> Part:
    """Return what records are, in their order; `accepted` are credit codes that need not fit."""
    part = Part([], [])
    for start in range(0, len(records), BLOCK_RECORDS):
        block = records[start : start + BLOCK_RECORDS]
        events = parse_usual(block)
        if events is None or not RESERVED_SOURCES.isdisjoint({one.source for one in events}):
            _read_each(block, part, accepted)
        else:
            part.events.extend(zip([record.offset for record in block], events, strict=True))
    return part


def _read_each(records: Sequence[Record], part: Part, accepted: Container[str]) -> None:
    """Add what each record is to a part."""
    for record in records:
        try:
            event = parse_record(record.key, record.value, record.headers)
            refuse_own(event)
            require_codes(event, accepted)
        except InvalidInputError as error:
            raw = render_record(record.key, record.value, record.headers)
            part.rejections.append(reject(record.offset, error, raw))
        else:
            part.events.append((record.offset, event))
