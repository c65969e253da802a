"""Documents that come and go as bytes, for those who send no files: filed, and read back."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ledger.documents import DocumentStore
from ledger.errors import InvalidInputError
from ledger.text import Text
from portal.acting import acting, look
from portal.document_commands import add
from portal.filing import Filed, What, file_documents, find_seen
from portal.options import ask
from portal.shell import Shell

# What a document is called while it is looked at; its own name is not kept.
_NAME = "document"

# A file's name has 255 bytes at most, and a Chinese character three of them.
_NAME_LENGTH_MAX = 40


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


def file_uploads(
    shell: Shell, enterprise: str, uploads: Sequence[tuple[str, bytes]], what: What
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
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for place, (name, content) in enumerate(uploads):
            path = Path(folder, str(place), _plain_name(name))
            path.parent.mkdir()
            path.write_bytes(content)
            paths.append(path)
        with store.staging(paths) as staged, acting(shell) as act:
            return file_documents(act, store, enterprise, staged, what)


def _plain_name(name: str) -> str:
    """Return the last part of a name from elsewhere, such as can name a file anywhere."""
    last = "".join(
        sign for sign in name.replace("\\", "/").rpartition("/")[2] if sign.isprintable()
    )
    ending = last.rpartition(".")[2] if "." in last else ""
    stem = last.removesuffix(f".{ending}")[:_NAME_LENGTH_MAX] or _NAME
    return f"{stem}.{ending[:_NAME_LENGTH_MAX]}" if ending else stem


def read_document(shell: Shell, sha256: str) -> bytes:
    """Return a document's bytes, once they are shown to be what was filed.

    Raises what `find_seen` and `DocumentStore.read` raise.
    """
    with shell.reading() as connection:
        roster, actor = look(shell, connection)
        found = find_seen(connection, roster, actor, sha256)
    return DocumentStore(shell.settings.home).read(found.data)
