"""Documents that come and go as bytes, for those who send no files: filed, and read back."""

from collections.abc import Sequence
from io import BytesIO
from typing import IO, Any

from ledger.documents import DocumentStore
from ledger.errors import InvalidInputError
from ledger.text import Text
from portal.acting import acting, look
from portal.commands.document_commands import filed_row
from portal.enterprises.filing import Filed, What, file_documents, find_seen, require_kind
from portal.shell import Shell

# What a document is called while it is looked at; its own name is not kept.
_NAME = "document"


def file_bytes(
    shell: Shell, enterprise: str, content: bytes, kind: str, ref: str | None
) -> dict[str, Any]:
    """Return a document with the command line's keys once it is filed for an enterprise."""
    require_kind(kind)
    uploads = [(_NAME, BytesIO(content))]
    (filed,) = file_uploads(shell, enterprise, uploads, What(kind, ref))
    return filed_row(filed)


def file_uploads(
    shell: Shell, enterprise: str, uploads: Sequence[tuple[str, IO[bytes]]], what: What
) -> list[Filed]:
    """Return documents as they are filed for an enterprise, all of them or none.

    Each comes with the name that it had where it comes from, which claims by its ending what it
    is; the name is not kept. Raises `InvalidInputError` (`no_file`) and what filing does.
    """
    if not uploads:
        raise InvalidInputError(
            "no_file",
            Text("没有选择文件", "no file was chosen"),
            Text("请选择要上传的文件", "choose the file to be filed"),
        )
    store = DocumentStore(shell.settings.home)
    with store.receiving(uploads) as staged, acting(shell) as act:
        return file_documents(act, store, enterprise, staged, what)


def read_document(shell: Shell, sha256: str) -> bytes:
    """Return a document's bytes, once they are shown to be what was filed.

    Raises what `find_seen` and `DocumentStore.read` raise.
    """
    with shell.reading() as connection:
        roster, actor = look(shell, connection)
        found = find_seen(connection, roster, actor, sha256)
    shell.shows(found.enterprise)
    return DocumentStore(shell.settings.home).read(found.data)
