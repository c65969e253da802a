"""The logs, and all that stands beside them, checked against each other."""

from collections.abc import Collection, Sequence
from itertools import islice
from typing import Any, NamedTuple

from ledger.bookkeeping import check_books
from ledger.check import check_log
from ledger.database import Connection
from ledger.erasable import check_people
from ledger.errors import LedgerError, TamperedLogError
from ledger.events import LogName
from ledger.finding import FINDINGS_MAX, Finding
from ledger.head import Head
from ledger.projection import PROJECTIONS
from ledger.provenance import check_provenance
from ledger.read import read_events, read_heads
from ledger.replay import Comparison
from ledger.replay import replay as fold_again
from ledger.shape import check_shape
from ledger.text import Text
from ledger.walls import check_walls
from portal.audit.witnessed import check_witnesses
from portal.enterprises.filing import check_kept
from portal.shell import Shell
from portal.statements.seal_settings import find_seal_faults
from reports.issue import list_issued
from reports.snapshot import Snapshot
from vouchers.book import Book
from vouchers.claims.audit import audit_claims


class Checked(NamedTuple):
    """The heads of the logs that were checked, none where they are misshapen; what disagrees."""

    heads: list[Head]
    findings: list[Finding]


def check_ledger(shell: Shell, *, full: bool) -> Checked:
    """Return what a check of the logs, and of all beside them, finds.

    A `full` one also folds again, and checks the database file, documents and seals.
    """
    with shell.reading("keep") as connection:
        heads, findings = find_heads(connection)
        findings += check_walls(connection)
        if heads:
            findings += check_all(shell, connection, heads)
        if full:
            findings += _check_database(connection)
        if full and heads:
            told = {one.what for one in findings}
            differing = compare_projections(shell, connection, heads)[1]
            differing += find_document_faults(shell, connection, heads)
            differing += find_broken_seals(shell, connection, heads)
            findings += [one for one in differing if one.what not in told]
    return Checked(heads, findings)


def find_heads(connection: Connection) -> tuple[list[Head], list[Finding]]:
    """Return the logs' heads, or none and what is wrong with them."""
    misshapen = check_shape(connection)
    if misshapen:
        return [], misshapen
    try:
        return list(read_heads(connection).values()), []
    except TamperedLogError as error:
        return [], [Finding(None, None, "log", "name", error.message)]


def check_all(shell: Shell, connection: Connection, heads: Sequence[Head]) -> list[Finding]:
    """Return what disagrees in every log and in the tables beside them."""
    findings: list[Finding] = []
    total = sum(head.size for head in heads)
    with shell.progress(Text("核对条目", "checking entries"), total * 2) as step:
        for head in heads:
            try:
                signed = shell.signer.last(head)
            except TamperedLogError as error:
                signed = None
                findings.append(Finding(head.name, None, "checkpoint", "note", error.message))
            else:
                if signed is None:
                    shell.warn(
                        Text(
                            f"日志 {head.name} 尚无签名的检查点，无法发现整体替换；"
                            "请运行 suanquan log checkpoint",
                            f"{head.name} has no signed checkpoint yet, so a whole replacement"
                            " would not show; run suanquan log checkpoint",
                        )
                    )
            findings += check_log(connection, head, signed, step)
            findings += check_witnesses(shell, connection, head)
        findings += find_missing(shell, [head.name for head in heads])
        findings += check_provenance(connection, heads, step)
    for head in heads:
        if head.name == "book":
            findings += check_people(connection, head)
            findings += check_books(connection, head)
            findings += check_claims(connection, head)
    return findings


def check_claims(connection: Connection, book: Head) -> list[Finding]:
    """Return the leaves of claims that nobody was allowed to write, or that could not be.

    A book that cannot be read is left to the check of the tree.
    """
    try:
        found = audit_claims(read_events(connection, "book", 0, book.size))
        return list(islice(found, FINDINGS_MAX))
    except LedgerError:
        return []


def find_missing(shell: Shell, logs: Collection[LogName]) -> list[Finding]:
    """Return a finding for each log that was signed and that the ledger does not have any more."""
    return [
        Finding(
            name,
            None,
            "log",
            "name",
            Text(
                f"日志 {name} 有签名的检查点，账本中却没有它",
                f"{name} has a signed checkpoint, and the ledger does not have it",
            ),
        )
        for name in shell.signer.find_missing(logs)
    ]


def _check_database(connection: Connection) -> list[Finding]:
    """Return what the database's own check finds; PostgreSQL has none to ask."""
    if connection.dialect.name != "sqlite":
        return []
    said = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    return [
        Finding(None, None, "database", "file", Text(line, line)) for line in said if line != "ok"
    ]


def compare_projections(
    shell: Shell, connection: Connection, heads: Sequence[Head]
) -> tuple[list[Comparison], list[Finding]]:
    """Return how the stored projections compare with the log, and where they differ.

    A log that cannot be read gives no comparison, and its fault as the finding.
    """
    sizes = {head.name: head.size for head in heads}
    with shell.progress(Text("重放日志", "replaying"), sum(sizes.values())) as step:
        try:
            compared = fold_again(connection, PROJECTIONS, sizes, step)
        except TamperedLogError as error:
            return [], [unreadable(error)]
    return compared, [finding for one in compared for finding in one.findings]


def find_document_faults(
    shell: Shell, connection: Connection, heads: Sequence[Head]
) -> list[Finding]:
    """Return which documents that the book names are missing here, or altered."""
    (book,) = (head for head in heads if head.name == "book")
    try:
        return check_kept(shell, connection, book.size)[1]
    except TamperedLogError as error:
        return [unreadable(error)]


def find_broken_seals(shell: Shell, connection: Connection, heads: Sequence[Head]) -> list[Finding]:
    """Return which sealed statements are missing here, altered, or sealed badly.

    A book that cannot be read is left to the check of the tree.
    """
    (book,) = (head for head in heads if head.name == "book")
    try:
        folded = Book(event for _, event in read_events(connection, "book", 0, book.size))
    except LedgerError:
        return []
    return find_seal_faults(shell, list_issued(Snapshot(folded, {}, ())))


def unreadable(error: TamperedLogError) -> Finding:
    """Return the finding for a log that cannot be folded; its message names the place."""
    return Finding(None, None, "chunk", "body", error.message)


def head_row(head: Head) -> dict[str, Any]:
    """Return a tree head's keys of the command line; the root in hexadecimal."""
    return {"name": head.name, "size": head.size, "root": head.root.hex()}


def finding_row(shell: Shell, finding: Finding) -> dict[str, Any]:
    """Return a finding's keys of the command line."""
    return {
        "log": finding.log,
        "index": finding.index,
        "table": finding.table,
        "column": finding.column,
        "what": shell.say(finding.what),
    }
