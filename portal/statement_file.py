"""An issued statement's own file: the sealed one where there is a seal, and as it was recorded."""

import hashlib
from typing import Final

from ledger.errors import TamperedLogError
from ledger.text import Text
from portal.shell import Shell
from portal.statement_commands import file_lost, keep_missing
from reports.issue import Issued, path_in, sealed_path_in

_ASK: Final = Text("请联系管理员从备份恢复", "ask an administrator to restore it from a backup")


def read_file(shell: Shell, issued: Issued) -> bytes:
    """Return a statement's PDF, made again where it is missing and this program still can.

    Raises `InvalidInputError` (`file_lost`), `TamperedLogError` (`file_altered`) for bytes that are
    not those recorded.
    """
    seal = issued.seal
    path = path_in(shell.settings.home, issued)
    if seal is not None:
        path = sealed_path_in(shell.settings.home, issued)
    elif not path.exists() and keep_missing(shell, shell.press(), [issued]):
        raise file_lost([issued])
    raw = path.read_bytes()
    if hashlib.sha256(raw).hexdigest() != (seal.sha256 if seal else issued.data.pdf_sha256):
        raise TamperedLogError(
            "file_altered",
            Text(
                f"文件 {issued.data.statement} 与登记的不符",
                f"the file of {issued.data.statement} is not the one that was recorded",
            ),
            _ASK,
        )
    return raw
