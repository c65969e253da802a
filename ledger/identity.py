"""Identity is for ever: which events of a batch are new, which repeat, which contradict.

An event is named by its source and id over all logs. The same meaning again is a duplicate; another
meaning under the same name is a conflict, refused beside what it conflicts with. Keys are inserted
first and looked up only when the database says that one is taken: batches are mostly all new.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from ledger import tables
from ledger.bulk import DuplicateKeyError, insert_identities
from ledger.codec import Event, parse
from ledger.events import LogName
from ledger.read import read_some
from ledger.tables import LOG_NAMES, LOG_NUMBERS
from ledger.text import Text

# Stays under SQLite's default of 32,766 bound parameters, and keeps its query plan small.
LOOKUP_KEYS_MAX: Final = 500

Key = tuple[str, str]
Place = tuple[LogName, int]

Claims = dict[str, dict[str, int]]
"""By source and id, the index that an event takes."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """An event whose name is taken by another meaning, and where that one stands."""

    position: int
    event: Event
    log: LogName
    leaf_index: int

    def message(self) -> Text:
        """Return what is wrong, with both places."""
        name = f"{self.event.source} {self.event.id}"
        return Text(
            f"事件 {name} 与日志 {self.log} 第 {self.leaf_index} 条同名而内容不同；"
            "若为新事件请换新 id；若为更正，请联系中心",
            f"{name} says something else than {self.log}[{self.leaf_index}], which has its name;"
            " give a new event a new id, and ask the centre about a correction",
        )


@dataclass(slots=True)
class Resolved:
    """A batch sorted out: what is new in order, how many repeat, which conflict."""

    fresh: list[Event]
    duplicate: int = 0
    conflicts: list[Conflict] = field(default_factory=list)


def resolve(
    connection: Connection, log: LogName, size: int, events: Sequence[tuple[int, Event]]
) -> Resolved:
    """Return what is new among `(position, event)` pairs, their identities claimed from `size` on.

    The caller holds the log's head, so that `size` is where the first new event will stand.
    """
    fresh, repeats = events, list[tuple[int, Event]]()
    claims = _claims(fresh, size)
    if sum(map(len, claims.values())) < len(fresh):
        fresh, repeats = _part_repeats(events)
        claims = _claims(fresh, size)
    numbers = _number_sources(connection, sorted(claims))
    taken: dict[Key, Place] = {}
    while True:
        try:
            _insert(connection, log, claims, numbers)
            break
        except DuplicateKeyError:
            # Another log's writer may take one more of our names between a look and the insert.
            found = _look_up(connection, numbers, [_key(event) for _, event in fresh])
            if not found:
                raise
            taken |= found
            repeats += [pair for pair in fresh if _key(pair[1]) in found]
            fresh = [pair for pair in fresh if _key(pair[1]) not in found]
            claims = _claims(fresh, size)
    resolved = Resolved([event for _, event in fresh])
    if repeats:
        standing = {_key(event): event for event in resolved.fresh}
        standing |= _read_events(connection, taken)
        for position, event in sorted(repeats, key=itemgetter(0)):
            if event.same_meaning(standing[_key(event)]):
                resolved.duplicate += 1
            else:
                place = taken.get(_key(event)) or (log, claims[event.source][event.id])
                resolved.conflicts.append(Conflict(position, event, *place))
    return resolved


def _part_repeats(
    events: Sequence[tuple[int, Event]],
) -> tuple[list[tuple[int, Event]], list[tuple[int, Event]]]:
    """Return the first event of each name, and those that come again."""
    first = {_key(event): event for _, event in reversed(events)}
    fresh = [pair for pair in events if first[_key(pair[1])] is pair[1]]
    repeats = [pair for pair in events if first[_key(pair[1])] is not pair[1]]
    return fresh, repeats


def _key(event: Event) -> Key:
    """Return an event's name."""
    return event.source, event.id


def _number_sources(connection: Connection, names: Sequence[str]) -> dict[str, int]:
    """Return the number of each source, numbering the new ones.

    Another log's writer may be numbering the same source: then ours waits until that one ends.
    """
    known = _find_sources(connection, names)
    new = [name for name in names if name not in known]
    if new:
        insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        statement = insert(tables.source).on_conflict_do_nothing()
        for name in new:
            connection.execute(statement.values(name=name))
        known |= _find_sources(connection, new)
    return known


def _find_sources(connection: Connection, names: Sequence[str]) -> dict[str, int]:
    """Return the number of each source that has one."""
    table = tables.source.c
    known: dict[str, int] = {}
    for start in range(0, len(names), LOOKUP_KEYS_MAX):
        part = names[start : start + LOOKUP_KEYS_MAX]
        rows = connection.execute(select(table.name, table.number).where(table.name.in_(part)))
        known.update({row.name: row.number for row in rows})
    return known


def find_standing(connection: Connection, keys: Iterable[Key]) -> dict[Key, Event]:
    """Return the event that stands under each of the names (source, id) that are taken."""
    wanted = set(keys)
    numbers = _find_sources(connection, sorted({source for source, _ in wanted}))
    known = [key for key in wanted if key[0] in numbers]
    return _read_events(connection, _look_up(connection, numbers, known))


def _claims(fresh: Sequence[tuple[int, Event]], size: int) -> Claims:
    """Return the index that each event takes, the first one's being `size`."""
    claims: Claims = {}
    for index, (_, event) in enumerate(fresh, size):
        ids = claims.get(event.source)
        if ids is None:
            ids = claims[event.source] = {}
        ids[event.id] = index
    return claims


def _insert(
    connection: Connection, log: LogName, claims: Claims, numbers: Mapping[str, int]
) -> None:
    """Insert the identities; `DuplicateKeyError` where a name is taken."""
    numbered = {numbers[source]: ids for source, ids in claims.items()}
    insert_identities(connection, LOG_NUMBERS[log], numbered)


def _look_up(
    connection: Connection, numbers: dict[str, int], keys: Iterable[Key]
) -> dict[Key, Place]:
    """Return where each of the names that are taken stands."""
    table = tables.identity.c
    found: dict[Key, Place] = {}
    by_source: dict[str, list[str]] = {}
    for source, event_id in keys:
        by_source.setdefault(source, []).append(event_id)
    for source, ids in by_source.items():
        for start in range(0, len(ids), LOOKUP_KEYS_MAX):
            rows = connection.execute(
                select(table.event_id, table.log, table.leaf_index)
                .where(table.source == numbers[source])
                .where(table.event_id.in_(ids[start : start + LOOKUP_KEYS_MAX]))
            )
            found.update({(source, row[0]): (LOG_NAMES[row[1]], row[2]) for row in rows})
    return found


def _read_events(connection: Connection, places: dict[Key, Place]) -> dict[Key, Event]:
    """Return the event that stands at each place."""
    entries: dict[Place, bytes] = {}
    for log in {name for name, _ in places.values()}:
        indexes = [index for name, index in places.values() if name == log]
        for index, raw in read_some(connection, log, indexes).items():
            entries[log, index] = raw
    return {key: parse(entries[place]) for key, place in places.items()}
