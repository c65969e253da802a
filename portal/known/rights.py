"""What the book says of the people who have signed in, read once for each state of the book.

Each request asks what its person may do, and the book changes seldom between two. What is kept is
found by the book's head, whose root is over every entry: it is never what another book said, and
nobody keeps a role for a moment longer than the book has it.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from ledger.database import Connection
from ledger.erasable import read_person
from ledger.head import Head
from ledger.read import read_heads
from ledger.roster import Roster

# Whoever is at work in a centre and its enterprises on one day, and a kilobyte of each.
PEOPLE_KEPT: Final = 2_000


@dataclass(slots=True)
class KnownRights:
    """Rosters of single people, each with the head of the book it is of; threads may share them."""

    _kept: OrderedDict[str, tuple[Head, Roster]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def of(self, connection: Connection, person: str) -> Roster:
        """Return what the book says now of a person, and of nobody else; nobody changes it."""
        head = read_heads(connection)["book"]
        with self._lock:
            known, rights = self._kept.get(person, (None, Roster()))
        if known != head:
            rights = read_person(connection, person, head.size)
            self._keep(person, head, rights)
        return rights

    def _keep(self, person: str, head: Head, rights: Roster) -> None:
        """Keep a person's roster, and forget those that were read longest ago."""
        with self._lock:
            self._kept.pop(person, None)
            self._kept[person] = head, rights
            if len(self._kept) > PEOPLE_KEPT:
                self._kept.popitem(last=False)
