"""Everybody's roles, accounts and requests, folded from the book once and read on.

A page that lists people would else fold thousands of them each time. What is kept in a process
costs time and never changes an answer; whoever decides something reads the book itself.
"""

from dataclasses import dataclass, field
from threading import Lock

from ledger.database import Connection
from ledger.erasable import read_on, read_roster
from ledger.roster import Roster


@dataclass(slots=True)
class Everybody:
    """What the book said of people when it was last asked; threads may share it."""

    _roster: Roster = field(default_factory=Roster)
    _lock: Lock = field(default_factory=Lock)

    def read_on(self, connection: Connection, size: int) -> Roster:
        """Return the roster after the book's first entries, in which nobody may change anything."""
        with self._lock:
            if size < self._roster.index:
                return read_roster(connection, size)
            self._roster = read_on(connection, self._roster, size)
            return self._roster
