"""Enterprises' papers, read from the book once and anew where it says more of an enterprise.

A list of what waits for somebody asks of each claim who entered the papers that it rests on, and is
asked for more often than an enterprise's papers change. What is kept in a process costs time and
never changes an answer; whoever decides something reads the book itself.
"""

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from ledger.database import Connection
from ledger.trail import read_trail
from portal.claims.reading import read_papers_of, topics_of_papers
from vouchers.claims.helped import Papers

# An enterprise's papers of a year take some ten kilobytes.
ENTERPRISES_KEPT: Final = 1_000


@dataclass(slots=True)
class KnownPapers:
    """Papers by enterprise, each with the book's size of which it is; threads may share them."""

    _kept: OrderedDict[str, tuple[int, Papers]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def of(
        self, connection: Connection, enterprises: Collection[str], size: int
    ) -> dict[str, Papers]:
        """Return the papers of enterprises after the book's first entries; nobody changes them."""
        with self._lock:
            known = {
                code: self._kept[code]
                for code in enterprises
                if code in self._kept and self._kept[code][0] <= size
            }
            for code in _changed(connection, known, size):
                del known[code]
            missing = set(enterprises).difference(known)
            found = {code: papers for code, (_, papers) in known.items()}
            found |= read_papers_of(connection, missing, size)
            for code, papers in found.items():
                self._keep(code, size, papers)
            return found

    def _keep(self, code: str, size: int, papers: Papers) -> None:
        """Keep an enterprise's papers, and forget those that were asked for longest ago."""
        self._kept[code] = size, papers
        self._kept.move_to_end(code)
        if len(self._kept) > ENTERPRISES_KEPT:
            self._kept.popitem(last=False)


def _changed(
    connection: Connection, known: dict[str, tuple[int, Papers]], size: int
) -> frozenset[str]:
    """Return the enterprises of which the book says more since their papers were read."""
    first = min((at for at, _ in known.values()), default=size)
    if first == size:
        return frozenset()
    found = read_trail(connection, topics_of_papers(known), size, first)
    return frozenset(event.subject for index, event in found if index >= known[event.subject][0])
