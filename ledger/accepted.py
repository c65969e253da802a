"""The credit codes that were accepted though they do not fit, read from the book by its trail."""

from sqlalchemy import Connection

from ledger.read import read_heads
from ledger.store import Store
from ledger.topics import CODES
from ledger.trail import read_trail


def read_accepted(connection: Connection) -> frozenset[str]:
    """Return the accepted codes."""
    size = read_heads(connection)["book"].size
    return frozenset(event.subject for _, event in read_trail(connection, [CODES], size))


def read_accepted_of(store: Store) -> frozenset[str]:
    """Return the accepted codes, in the writer's transaction or in one of its own."""
    with store.transaction() as connection:
        return read_accepted(connection)


class AcceptedCodes:
    """The accepted codes, read when the first code is asked for: nearly none ever is."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._codes: frozenset[str] | None = None

    def __contains__(self, code: object) -> bool:
        """Return whether a code was accepted."""
        if self._codes is None:
            self._codes = read_accepted_of(self._store)
        return code in self._codes
