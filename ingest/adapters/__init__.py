"""One file a format: each turns the lines of a file into events, or says what is wrong with them.

An adapter knows a format; for one file it gives a reader. Neither opens, reads or writes anything.
"""

from collections.abc import Sequence
from typing import Protocol

from ledger.codec import Event


class Reader(Protocol):
    """Reads the lines of one file."""

    @property
    def has_header(self) -> bool:
        """Return whether the first line names columns and is no record."""

    @property
    def row_source(self) -> str | None:
        """Return the stable source when only rows name the events, None when they carry ids.

        The events' own source is then `<row_source>#sha256:<hash>`: another file over the same time
        would count everything twice.
        """

    def read(self, number: int, raw: bytes) -> Event:
        """Return the event of a line; raise `InvalidInputError` for a line that is none."""

    def book(self, subject: str | None) -> Sequence[Event]:
        """Return the book events that come before an enterprise's first usage; None: before all."""


class Adapter(Protocol):
    """A format, ready to read files."""

    needs_header: bool

    def begin(self, sha256: str, first: bytes) -> Reader:
        """Return the reader of a file, from its content's hash and its first line.

        Raises `InvalidInputError` when the whole file cannot be what the adapter reads.
        """
