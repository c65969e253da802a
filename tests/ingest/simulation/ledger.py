"""What stands in a database, read for comparison, and what must be true of it at every size."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import select

from ledger import tables
from ledger.check import check_log
from ledger.codec import parse
from ledger.database import Connection, Engine
from ledger.events import BatchRecorded
from ledger.projection import PROJECTIONS
from ledger.provenance import check_provenance
from ledger.read import read_entries, read_heads, read_some
from ledger.replay import replay
from ledger.store import OWN_SOURCE
from ledger.tables import LOG_NAMES
from tests.ingest.simulation.reference import Account, read_entry, stream_of
from tests.ingest.simulation.world import World

Remains = dict[str, Any]
"""Everything in a ledger that does not depend on where batches end."""

_OPEN: Final = 20


class Reader:
    """Reads a ledger beside its writers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def positions(self) -> dict[str, int]:
        """Return where each stream stands."""
        with self._engine.connect() as connection:
            return _positions(connection)

    def findings(self, world: World) -> list[str]:
        """Return what disagrees in the ledger, with itself or with the topic."""
        with self._engine.connect() as connection:
            heads = read_heads(connection)
            found: list[Any] = []
            for head in heads.values():
                found += check_log(connection, head, None)
            found += check_provenance(connection, list(heads.values()))
            for one in replay(connection, PROJECTIONS, {n: h.size for n, h in heads.items()}):
                found += one.findings
            return [str(one) for one in found] + _check_batches(connection, world)

    def account(self) -> Account:
        """Return what the ledger holds, in plain values."""
        with self._engine.connect() as connection:
            account = Account()
            for stream, batches in _batches(connection).items():
                account.counts[stream] = [
                    sum(one.recorded for one in batches),
                    sum(one.duplicate for one in batches),
                    sum(one.rejected for one in batches),
                ]
            account.entries = {
                log: [read_entry(raw) for raw in entries]
                for log, entries in _entries(connection).items()
            }
            for row in connection.execute(select(tables.rejection)):
                account.refused[row.stream, row.position] = row.code
            for row in connection.execute(select(tables.usage_day)):
                account.usage[row[0], row[1], row[2], row[3]] = row.quantity
            for row in connection.execute(select(tables.source_span)):
                account.spans[row.source] = row.first_ms, row.last_ms
            return account

    def remains(self) -> Remains:
        """Return everything that does not depend on where batches end."""
        with self._engine.connect() as connection:
            rows = {
                projection.name: sorted(map(tuple, connection.execute(select(projection.table))))
                for projection in PROJECTIONS
            }
            source, identity = tables.source.c, tables.identity.c
            named = select(source.name, identity.event_id, identity.log).join_from(
                tables.identity, tables.source, identity.source == source.number
            )
            return {
                **rows,
                "entries": _entries(connection),
                "identity": sorted(map(tuple, connection.execute(named))),
                "rejection": _rejections(connection),
                "stream": sorted(_positions(connection).items()),
            }


def _positions(connection: Connection) -> dict[str, int]:
    """Return where each stream stands."""
    rows = connection.execute(select(tables.stream.c.name, tables.stream.c.next))
    return {row.name: row.next for row in rows}


def _entries(connection: Connection) -> dict[str, list[bytes]]:
    """Return what agents sent into each usage log, in order."""
    found: dict[str, list[bytes]] = {}
    for name, head in read_heads(connection).items():
        entries = [raw for _, raw in read_entries(connection, name, 0, head.size)]
        found[name] = [raw for raw in entries if not _is_own(raw)]
    assert [found.pop(log) for log in ("book", "access")] == [[], []]
    return found


def _is_own(raw: bytes) -> bool:
    """Return whether a leaf is one that the ledger writes itself."""
    return OWN_SOURCE.encode() in raw and parse(raw).source == OWN_SOURCE


def _batches(connection: Connection) -> dict[str, list[BatchRecorded]]:
    """Return the closing leaves of each stream, in order."""
    found: dict[str, list[BatchRecorded]] = {}
    for name, head in read_heads(connection).items():
        for _, raw in read_entries(connection, name, 0, head.size):
            if _is_own(raw):
                data = parse(raw).data
                assert isinstance(data, BatchRecorded)
                found.setdefault(data.stream, []).append(data)
    return found


def _check_batches(connection: Connection, world: World) -> list[str]:
    """Return where a stream's batches leave a gap, overlap or count wrongly."""
    found: list[str] = []
    batches, positions = _batches(connection), _positions(connection)
    streams = [stream_of(number) for number in range(len(world.partitions))]
    if set(batches) != set(positions) or not set(batches) <= set(streams):
        found.append(f"streams are {sorted(positions)}, batches name {sorted(batches)}")
    for partition, stream in enumerate(streams):
        expected = world.firsts[partition]
        for one in batches.get(stream, ()):
            seen = len(world.between(partition, one.first, one.next))
            counts = one.recorded, one.duplicate, one.rejected
            if one.first != expected or one.seen != seen or sum(counts) != seen:
                found.append(f"{stream}: {one}, expected {seen} from {expected} on")
            expected = one.next
        if stream in positions and positions[stream] != expected:
            found.append(f"{stream} stands at {positions[stream]}, its batches end at {expected}")
    return found


def _rejections(connection: Connection) -> list[tuple[object, ...]]:
    """Return what was refused; a conflict's place in the log is resolved to what stands there."""
    found: list[tuple[object, ...]] = []
    table = tables.rejection.c
    for row in connection.execute(select(tables.rejection).order_by(table.stream, table.position)):
        what: tuple[object, ...] = row.code, row.message_zh, row.message_en
        if row.conflict_log is not None:
            log, index = LOG_NAMES[row.conflict_log], row.conflict_index
            assert f"{log}[{index}]" in row.message_en, row.message_en
            what = row.code, read_some(connection, log, [index])[index]
        found.append((row.stream, row.position, row.log, *what, row.body, row.length, row.sha256))
    return found


def differences(have: Any, want: Any, place: str = "") -> list[str]:  # noqa: ANN401 - any values
    """Return where two values differ, at most some of the places."""
    if have == want:
        return []
    found: list[str] = []
    if isinstance(have, dict) and isinstance(want, dict):
        for key in have.keys() | want.keys():
            found += differences(have.get(key), want.get(key), f"{place}/{key}")
    elif _is_list(have) and _is_list(want) and len(have) == len(want):
        for index, (one, other) in enumerate(zip(have, want, strict=True)):
            found += differences(one, other, f"{place}/{index}")
    elif _is_list(have) and _is_list(want):
        more = [one for one in have if one not in want]
        less = [one for one in want if one not in have]
        found.append(f"{place}: {len(have)} and not {len(want)}; more {more}, less {less}")
    else:
        found.append(f"{place}: {have!r} and not {want!r}")
    return sorted(found)[:_OPEN]


def _is_list(value: object) -> bool:
    """Return whether a value is an ordered collection of many."""
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)
