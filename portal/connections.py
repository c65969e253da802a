"""Engines by access: closed after each use, or kept open and shared by all threads of a server."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from ledger.database import READING, Access, Engine, open_engine, require_schema
from ledger.errors import LedgerError


class Connections:
    """The engines of one database, of which no access has more than one while they are kept."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = Lock()
        self._kept: dict[Access, Engine] | None = None

    @contextmanager
    def lend(self, access: Access) -> Iterator[Engine]:
        """Yield an engine whose schema is there, closed afterwards unless engines are kept.

        A kept engine that only reads is asked for its schema when it is opened: a portal that is
        left running while somebody migrates shows errors, and is not ready. Before each write the
        schema is asked for, since an older program would leave a newer cache behind.
        """
        kept = self._find(access)
        if kept is not None and access in READING:
            yield kept
            return
        engine = kept or open_engine(self._url, access)
        try:
            require_schema(engine)
            yield engine
        finally:
            if kept is None:
                engine.dispose()

    def _find(self, access: Access) -> Engine | None:
        """Return the engine that is kept for an access, opened at first use; None if none are."""
        with self._lock:
            if self._kept is None:
                return None
            if access not in self._kept:
                engine = open_engine(self._url, access)
                try:
                    require_schema(engine)
                except LedgerError:
                    engine.dispose()
                    raise
                self._kept[access] = engine
            return self._kept[access]

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep engines open meanwhile, for a program that serves many people."""
        with self._lock:
            self._kept = {}
        try:
            yield
        finally:
            with self._lock:
                kept, self._kept = self._kept, None
            for engine in kept.values():
                engine.dispose()
