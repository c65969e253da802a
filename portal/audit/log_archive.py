"""A log's export as one ZIP, made while it is sent: neither a file nor all of it in memory."""

from collections.abc import Iterator
from io import RawIOBase
from typing import TYPE_CHECKING, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from ledger.errors import RuleViolationError
from ledger.export import parts_of
from ledger.head import Head
from ledger.text import Text
from portal.audit.witnessed import find_shown
from portal.commands.proof_commands import head_of
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


def export_log(shell: Shell, log: str) -> Iterator[bytes]:
    """Return the parts of a log's export, for whoever names one, under the checkpoint shown.

    Raises `InvalidInputError` (`no_log`), `RuleViolationError` (`no_checkpoint`).
    """
    with shell.auditing() as connection:
        head = head_of(connection, log)
    note = find_shown(shell, head)
    if note is None:
        raise RuleViolationError(
            "no_checkpoint",
            Text(f"日志 {log} 尚无可出示的检查点", f"{log} has no checkpoint to show yet"),
            Text("签发并联署检查点后再试", "try again once one is signed and cosigned"),
        )
    return stream_log(shell, head, note)


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
