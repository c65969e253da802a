"""A log's export as one ZIP, made while it is sent: neither a file nor all of it in memory."""

from collections.abc import Iterator
from io import RawIOBase
from typing import TYPE_CHECKING, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from ledger.export import parts_of
from ledger.head import Head
from portal.shell import Shell

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# The earliest that the format knows: when it was fetched is no part of a log.
_DATED: Final = (1980, 1, 1, 0, 0, 0)


class _Sink(RawIOBase):
    """A file that cannot seek, from which what was written is taken."""

    def __init__(self) -> None:
        super().__init__()
        self._written = bytearray()

    def writable(self) -> bool:
        """Return that it takes what is written."""
        return True

    def write(self, data: "ReadableBuffer") -> int:
        """Take in what the archive writes."""
        taken = bytes(data)
        self._written += taken
        return len(taken)

    def take(self) -> bytes:
        """Return what was written since the last time."""
        taken = bytes(self._written)
        self._written.clear()
        return taken


def stream_log(shell: Shell, head: Head, note: str) -> Iterator[bytes]:
    """Yield the export of a log under a signed checkpoint as a ZIP, part after part."""
    sink, keys = _Sink(), shell.signer.known_keys(head)
    with shell.auditing() as connection, ZipFile(sink, "w", ZIP_DEFLATED) as archive:
        for path, raw in parts_of(connection, head, note, keys):
            entry = ZipInfo(f"{head.name}/{path}", _DATED)
            entry.compress_type = ZIP_DEFLATED
            archive.writestr(entry, raw)
            yield sink.take()
    yield sink.take()
