"""An issued statement's own file: the sealed one where there is a seal, and as it was recorded."""

from portal.commands.statement_commands import file_lost, keep_missing
from portal.shell import Shell
from reports.delivery import paper_of, read_kept
from reports.issue import Issued


def read_file(shell: Shell, issued: Issued) -> bytes:
    """Return a statement's PDF, made again where it is missing and this program still can.

    Raises `InvalidInputError` (`file_lost`), and what `read_kept` does for bytes that are not those
    recorded: a sealed file is never made again.
    """
    paper = paper_of(shell.settings.home, issued)
    is_lost = issued.seal is None and not paper.path.exists()
    if is_lost and keep_missing(shell, shell.press(), [issued]):
        raise file_lost([issued])
    return read_kept(paper)
