"""The files of a home that a backup copies beside its database: those that the copy tells of."""

from pathlib import Path

from ledger.config import Settings
from ledger.documents import DocumentStore, read_filings
from ledger.errors import TamperedLogError
from ledger.finding import Finding
from ledger.read import read_heads
from ledger.runs import read_runs
from ledger.text import Text
from portal.backup.folder import copy_files
from portal.schedule.reconciling import RECONCILIATION, path_of
from portal.shell import Shell
from reports.issue import list_issued, path_in, sealed_path_in
from reports.reading import read_snapshot


def shell_of(shell: Shell, home: Path) -> Shell:
    """Return the shell of a backup, which is a home on SQLite."""
    return Shell(Settings.of_home(home), shell.language, as_json=shell.as_json)


def copy_statements(shell: Shell, draft: Path) -> int:
    """Return how many statements' files were copied: those that the copy knows, no later ones."""
    home = shell.settings.home
    with shell_of(shell, draft).reading() as copy:
        issued = list_issued(read_snapshot(copy))
    paths = [path_in(home, one) for one in issued]
    paths += [sealed_path_in(home, one) for one in issued if one.seal]
    for path in paths:
        if not path.exists():
            shell.warn(Text(f"结算单文件缺失：{path}", f"the statement {path} is missing"))
    return copy_files([path.relative_to(home).as_posix() for path in paths], home, draft)


def copy_reconciliations(shell: Shell, draft: Path) -> None:
    """Copy the workbooks that the copy's runs tell of."""
    with shell_of(shell, draft).reading() as copy:
        found = read_runs(copy, RECONCILIATION)
    names = [path_of(one).as_posix() for one in found if one.state == "done"]
    copy_files(names, shell.settings.home, draft)


def copy_documents(shell: Shell, draft: Path) -> tuple[int, list[Finding]]:
    """Return how many documents that the copy's book names were copied, and which could not be.

    The book was copied first, and a document is in its place before an event names it.
    """
    with shell_of(shell, draft).reading() as copy:
        filings = read_filings(copy, read_heads(copy)["book"].size)
    kept, store = DocumentStore(shell.settings.home), DocumentStore(draft)
    documents, lacking = {one.data.sha256: one.data for one in filings}, 0
    with shell.progress(Text("复制文件", "copying documents"), len(documents)) as step:
        for data in documents.values():
            try:
                store.copy_from(kept, data)
            except TamperedLogError:
                lacking += 1
            step(1)
    # Where one came back meanwhile, the copy lacks it all the same.
    findings = list(kept.check(filings)) or list(store.check(filings)) if lacking else []
    return len(documents) - lacking, findings
