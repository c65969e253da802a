"""Documents that come and go as bytes, for those who send no files: filed, and read back."""

import tempfile
from pathlib import Path
from typing import Any

from ledger.documents import DocumentStore
from portal.acting import look
from portal.document_commands import add
from portal.filing import find_seen
from portal.options import ask
from portal.shell import Shell

# What a document is called while it is looked at; its own name is not kept.
_NAME = "document"


def file_bytes(
    shell: Shell, enterprise: str, content: bytes, kind: str, ref: str | None
) -> dict[str, Any]:
    """Return a document with the command line's keys once it is filed for an enterprise."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, _NAME)
        path.write_bytes(content)
        data = ask(add, shell, enterprise=enterprise, files=(path,), kind=kind, ref=ref)
    (row,) = data["rows"]
    del row["file"]
    return dict(row)


def read_document(shell: Shell, sha256: str) -> bytes:
    """Return a document's bytes, once they are shown to be what was filed.

    Raises what `find_seen` and `DocumentStore.read` raise.
    """
    with shell.reading() as connection:
        roster, actor = look(shell, connection)
        found = find_seen(connection, roster, actor, sha256)
    return DocumentStore(shell.settings.home).read(found.data)
