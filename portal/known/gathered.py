"""What lists need of the whole book: names, notices, statements, gathered once and read on.

No table holds them. They are folded from the book at first use and then from where the fold stands,
for a log only grows: what is kept in a process costs time and never changes an answer. A page then
reads what came since the last one, however many enterprises, notices and statements there are.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, Protocol, Self, TypeVar

from ledger.codec import Event
from ledger.database import Connection
from ledger.events import ClaimNoticed, EnterpriseRegistered
from ledger.history import history_of
from ledger.read import parse_entry
from ledger.topics import enterprise_topic, statement_topic, topics_of
from ledger.trail import list_newest, list_topics

_ENTERPRISE: Final = enterprise_topic("")
_STATEMENT: Final = statement_topic("")

# Every leaf of ours is canonical JSON, so that of a book that was not read yet only those that hold
# one of these need be: the trail has the topics of all.
_MARKS: Final = tuple(one.type.encode() for one in (EnterpriseRegistered, ClaimNoticed))


class Placed(Protocol):
    """Something of which the book spoke first in the entry of an index."""

    @property
    def place(self) -> int:
        """Return the index."""


Something = TypeVar("Something", bound=Placed)


@dataclass(slots=True)
class Noticed:
    """A notice by its lines: the first of them, its index, and the sum and the claims of all."""

    place: int
    first: ClaimNoticed
    total_fen: int = 0
    claims: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Numbered:
    """The topic of a statement's number, with the first entry about it."""

    place: int
    topic: str


@dataclass(slots=True)
class Gathered:
    """What the book's first entries say that lists show; threads may share it.

    `codes` are of every enterprise that an entry is about, `names` of those that are registered.
    Notices and statements stand in the order of their places.
    """

    size: int = 0
    codes: set[str] = field(default_factory=set)
    names: dict[str, EnterpriseRegistered] = field(default_factory=dict)
    notices: list[Noticed] = field(default_factory=list)
    statements: list[Numbered] = field(default_factory=list)
    _notices: dict[str, Noticed] = field(default_factory=dict)
    _statements: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def read_on(self, connection: Connection, size: int) -> Self:
        """Return what the book's first entries say, once those that are new have been read."""
        if self.size >= size:
            return self
        with self._lock:
            marks = _MARKS if self.size == 0 else (b"",)
            if self.size == 0:
                self._take_topics(connection, size)
            for index, event in _read(connection, self.size, size, marks):
                self._take(index, event)
            self.size = max(self.size, size)
        return self

    def _take_topics(self, connection: Connection, size: int) -> None:
        """Take what the trail says of a book that was not read yet."""
        codes = list_topics(connection, _ENTERPRISE, size)
        self.codes.update(one.removeprefix(_ENTERPRISE) for one in codes)
        for topic, index in reversed(list_newest(connection, _STATEMENT, size, None)):
            self._number(topic, index)

    def _take(self, index: int, event: Event) -> None:
        """Take what an entry says."""
        for topic in topics_of(event):
            if topic.startswith(_ENTERPRISE):
                self.codes.add(topic.removeprefix(_ENTERPRISE))
            elif topic.startswith(_STATEMENT):
                self._number(topic, index)
        data = event.data
        if isinstance(data, EnterpriseRegistered):
            self.names[event.subject] = data
        elif isinstance(data, ClaimNoticed):
            self._line(index, data)

    def _number(self, topic: str, index: int) -> None:
        """Take that an entry is about a statement."""
        if topic not in self._statements:
            self._statements.add(topic)
            self.statements.append(Numbered(index, topic))

    def _line(self, index: int, line: ClaimNoticed) -> None:
        """Take a line of a notice."""
        found = self._notices.get(line.notice)
        if found is None:
            found = self._notices[line.notice] = Noticed(index, line)
            self.notices.append(found)
        found.total_fen += line.amount_fen
        found.claims.append(line.claim)


def page_before(
    found: list[Something], size: int, limit: int | None, before: int | None = None
) -> tuple[list[Something], int | None]:
    """Return the last of some things before a place, the newest first, and where more come, if so.

    None of them is of an entry beyond the size, which another thread may have read. The place that
    is returned is that of the last one of the page.
    """
    below = size if before is None else min(before, size)
    end = bisect_left(found, below, key=lambda one: one.place)
    start = 0 if limit is None else max(end - limit, 0)
    page = found[start:end][::-1]
    return page, page[-1].place if start else None


def _read(
    connection: Connection, first: int, size: int, marks: tuple[bytes, ...]
) -> Iterator[tuple[int, Event]]:
    """Yield those of some entries of the book that hold one of some marks."""
    for start, entries in history_of(connection).runs("book", first, size):
        for index, entry in enumerate(entries, start):
            if any(mark in entry for mark in marks):
                yield index, parse_entry("book", index, entry)
