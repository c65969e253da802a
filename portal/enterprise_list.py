"""Every enterprise that the book names: looked for by name or code, page by page.

No table holds names. They are folded from the book once and then read on from where the fold
stands, for a log only grows: what is kept in a process costs time and never changes an answer.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, NamedTuple

from ledger.codec import parse
from ledger.database import Connection
from ledger.events import EnterpriseRegistered
from ledger.history import history_of
from ledger.text import Text
from ledger.topics import enterprise_topic
from ledger.trail import list_topics
from vouchers.regions import place_of

# Every leaf of ours is canonical JSON, so that only those that hold this are read.
_MARK: Final = EnterpriseRegistered.type.encode()


class Entry(NamedTuple):
    """An enterprise in the list; its name is its code where none is registered."""

    code: str
    name: str
    region: Text | None


@dataclass(slots=True)
class Registrations:
    """What the book's first entries say of enterprises' names; threads may share it."""

    size: int = 0
    names: dict[str, Entry] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def read_on(self, connection: Connection, size: int) -> dict[str, Entry]:
        """Return the enterprises that are registered after the book's first entries, by code."""
        with self.lock:
            for data, code in _read_registered(connection, self.size, size):
                region = place_of(data.registered_region)
                self.names[code] = Entry(code, data.name, region and region.name)
            self.size = max(self.size, size)
            return dict(self.names)


def _read_registered(
    connection: Connection, first: int, size: int
) -> Iterator[tuple[EnterpriseRegistered, str]]:
    """Yield the registrations among some entries of the book, with the code of each."""
    for _, entries in history_of(connection).runs("book", first, size):
        for entry in entries:
            if _MARK in entry:
                event = parse(entry)
                if isinstance(event.data, EnterpriseRegistered):
                    yield event.data, event.subject


def list_enterprises(
    connection: Connection, known: Registrations, size: int, words: str = ""
) -> list[Entry]:
    """Return the enterprises whose name or code has some words in it, by code."""
    prefix = enterprise_topic("")
    codes = (one.removeprefix(prefix) for one in list_topics(connection, prefix, size))
    names, wanted = known.read_on(connection, size), words.strip().casefold()
    found = (names.get(code, Entry(code, code, None)) for code in codes)
    return [one for one in found if wanted in one.name.casefold() or wanted in one.code.casefold()]


def page_after(found: list[Entry], after: str, limit: int) -> tuple[list[Entry], str | None]:
    """Return the entries after a code, and after which code the next page goes on, if any."""
    start = bisect_right(found, after, key=lambda one: one.code)
    some = found[start : start + limit]
    return some, some[-1].code if len(found) > start + limit else None
