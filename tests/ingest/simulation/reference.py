"""What must stand in a ledger after some moves of its streams: plain dictionaries, no code of ours.

The moves are given in the order in which they were committed. Any order that keeps each
partition's own is lawful: which of two events with one name comes first, when they stand in two
partitions, is for the workers' race to decide. Once it is decided nothing is left open, so the
comparison is exact.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from tests.ingest.simulation.world import TOPIC, USAGE, Meaning, World

_BEIJING: Final = timedelta(hours=8)
_DAY: Final = timedelta(days=1)
_MILLISECOND: Final = timedelta(milliseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Move(NamedTuple):
    """A stream's step over the offsets `[first, next)`."""

    partition: int
    first: int
    next: int


class Entry(NamedTuple):
    """An entry: its name, what it says, and its bytes.

    The bytes of an event that came in binary mode are the ledger's to choose: None in a reference.
    """

    name: tuple[str, str]
    says: tuple[str, str, str]
    raw: bytes | None


@dataclass
class Account:
    """What a ledger holds, in plain values.

    `counts` has recorded, duplicate and rejected by stream, `entries` each log's in order,
    `refused` codes by stream and offset, `usage` micro-unit-seconds by enterprise, contract,
    resource and day, `spans` the first and last instant of each source.
    """

    counts: dict[str, list[int]] = field(default_factory=dict)
    entries: dict[str, list[Entry]] = field(default_factory=dict)
    refused: dict[tuple[str, int], str] = field(default_factory=dict)
    usage: dict[tuple[str, str, str, str], int] = field(default_factory=dict)
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)


def stream_of(partition: int) -> str:
    """Return the stream that a partition is."""
    return f"kafka:{TOPIC}/{partition}"


def log_of(partition: int, usage_logs: int) -> str:
    """Return the log that takes a partition's usage."""
    number = partition % usage_logs
    return f"usage-{number}" if number else "usage"


def reckon(world: World, moves: Sequence[Move]) -> Account:
    """Return what the ledger holds after the moves."""
    account = Account(entries={log_of(n, world.usage_logs): [] for n in range(world.usage_logs)})
    standing: dict[tuple[str, str], Meaning] = {}
    for partition, first, end in moves:
        stream = stream_of(partition)
        counts = account.counts.setdefault(stream, [0, 0, 0])
        for record in world.between(partition, first, end):
            truth = world.truths[partition, record.offset]
            if isinstance(truth, str):
                account.refused[stream, record.offset] = truth
                counts[2] += 1
            elif truth.name not in standing:
                standing[truth.name] = truth
                log = account.entries[log_of(partition, world.usage_logs)]
                log.append(Entry(truth.name, truth.says(), truth.verbatim))
                _add_usage(account, truth.source, truth.subject, truth.type, truth.data)
                counts[0] += 1
            elif standing[truth.name].says() == truth.says():
                counts[1] += 1
            else:
                account.refused[stream, record.offset] = "conflict"
                counts[2] += 1
    return account


def read_entry(raw: bytes) -> Entry:
    """Return what stands in a leaf's bytes."""
    said = json.loads(raw)
    says = said["type"], said.get("subject", ""), json.dumps(said["data"], sort_keys=True)
    return Entry((said["source"], said["id"]), says, raw)


def _add_usage(
    account: Account, source: str, subject: str, kind: str, data: Mapping[str, Any]
) -> None:
    """Add what an event says was used, day by day in Beijing."""
    if kind != USAGE:
        return
    start, end = (datetime.fromisoformat(data[name]) for name in ("start", "end"))
    span = (start - _EPOCH) // _MILLISECOND, (end - _EPOCH) // _MILLISECOND
    before = account.spans.get(source, span)
    account.spans[source] = min(before[0], span[0]), max(before[1], span[1])
    micro_a_ms = int(Decimal(data["amount"]) * 1000)
    while start < end:
        day = (start + _BEIJING).date()
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) + _DAY - _BEIJING
        key = subject, data.get("contract", ""), data["resource"], day.isoformat()
        held_ms = (min(end, midnight) - start) // _MILLISECOND
        account.usage[key] = account.usage.get(key, 0) + micro_a_ms * held_ms
        start = midnight


def leave_open(have: Account, want: Account) -> Account:
    """Return an account without the bytes that the wanted one does not say."""
    entries = {
        log: [
            one._replace(raw=None) if other.raw is None else one
            for one, other in zip(have.entries.get(log, []), wanted, strict=False)
        ]
        + have.entries.get(log, [])[len(wanted) :]
        for log, wanted in want.entries.items()
    }
    return replace(have, entries=have.entries | entries)
