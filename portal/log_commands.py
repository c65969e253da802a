"""`suanquan log`: what the logs hold, sign them, check them."""

from collections.abc import Collection, Sequence
from itertools import islice
from typing import Any

import click
from rich.console import Group
from rich.table import Table

from ledger.bookkeeping import check_books
from ledger.check import check_log
from ledger.database import Connection
from ledger.erasable import check_people
from ledger.errors import LedgerError, TamperedLogError
from ledger.events import LogName
from ledger.evidence import unprotected
from ledger.finding import FINDINGS_MAX, Finding
from ledger.head import Head
from ledger.note import render_vkey
from ledger.projection import PROJECTIONS
from ledger.provenance import check_provenance
from ledger.read import CHECK_THE_LOG, read_events, read_heads
from ledger.replay import Comparison
from ledger.replay import replay as fold_again
from ledger.shape import check_shape
from ledger.text import Text
from ledger.walls import check_walls
from portal import key_commands, proof_commands, witness_commands
from portal.filing import check_kept
from portal.options import answers
from portal.seal_settings import find_seal_faults
from portal.shell import Result, Shell
from portal.witnessed import check_witnesses, cosignature_rows, row_lines
from reports.issue import list_issued
from reports.snapshot import Snapshot
from vouchers.book import Book
from vouchers.claims.audit import audit_claims

EXIT_DISAGREES = TamperedLogError.exit_status


@click.group()
def log() -> None:
    """Show, sign and check the logs."""


for command in (
    proof_commands.export,
    proof_commands.prove,
    proof_commands.prove_growth,
    proof_commands.check_proof_,
    key_commands.rotate_key,
    witness_commands.cosign,
):
    log.add_command(command)


@log.command("list", epilog="Example:  suanquan log list --json")
@answers
def list_(shell: Shell) -> Result:
    """List the logs with size and root, and the last signed checkpoint of each."""
    with shell.reading() as connection:
        heads = read_heads(connection)
    rows = [
        {
            **head_row(head),
            "origin": head.origin,
            "note": shell.signer.last_note(head),
            "keys": key_commands.key_rows(shell, head),
            "cosignatures": cosignature_rows(shell, head, shell.signer.last_note(head)),
        }
        for head in heads.values()
    ]
    return Result(
        {"logs": rows}, Group(_heads_table(shell, heads.values()), *_key_lines(shell, rows))
    )


def _key_lines(shell: Shell, rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return a line for each public key of each log, and each cosignature that it shows."""
    words = {"signing": Text("签名中", "signs"), "retired": Text("已停用", "retired")}
    lines = []
    for row in rows:
        lines += [f"{one['vkey']}  {shell.say(words[one['state']])}" for one in row["keys"]]
        lines += row_lines(row["cosignatures"])
    return lines


def head_row(head: Head) -> dict[str, Any]:
    """Return a tree head's keys of the command line; the root in hexadecimal."""
    return {"name": head.name, "size": head.size, "root": head.root.hex()}


def _heads_table(shell: Shell, heads: Any) -> Table:  # noqa: ANN401
    """Return the heads as a table."""
    table = Table()
    table.add_column(shell.say(Text("日志", "log")))
    table.add_column(shell.say(Text("条目", "entries")), justify="right")
    table.add_column(shell.say(Text("根", "root")), overflow="fold")
    for head in heads:
        table.add_row(head.name, f"{head.size:,}", head.root.hex())
    return table


@log.command(epilog="Example:  suanquan log checkpoint > checkpoints.txt")
@answers
def checkpoint(shell: Shell) -> Result:
    """Verify everything since the last checkpoint, then sign each log's head."""
    notes = sign_heads(shell)
    shown = "\n".join("\n".join([*one["vkeys"], "", one["note"]]) for one in notes)
    return Result({"logs": notes}, shown.removesuffix("\n"))


def sign_heads(shell: Shell) -> list[dict[str, Any]]:
    """Return each log's checkpoint, signed once everything since the last one was verified."""
    notes = []
    with shell.auditing() as connection:
        heads = read_heads(connection)
        for missing in find_missing(shell, heads):
            raise TamperedLogError("log_missing", missing.what, CHECK_THE_LOG)
        for head in heads.values():
            note = shell.signer.checkpoint(connection, head)
            vkeys = [render_vkey(key) for key in shell.signer.verifier_keys(head)]
            notes.append(
                {
                    **head_row(head),
                    "origin": head.origin,
                    "note": note,
                    "vkey": vkeys[0],
                    "vkeys": vkeys,
                    "cosignatures": cosignature_rows(shell, head, note),
                }
            )
    return notes


@log.command(epilog="Examples:  suanquan log check    suanquan log check --full --json")
@click.option(
    "--full", is_flag=True, help="Also fold again, check the database file, documents and seals."
)
@answers
def check(shell: Shell, *, full: bool) -> Result:
    """Check entries, tiles, heads, identities, streams, refusals and walls against each other.

    Personal data are held against their digests; every role and consent, and every event and
    balance of the books, is judged again.
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
    data = {
        "ok": not findings,
        "logs": [head_row(head) for head in heads],
        "findings": [finding_row(shell, finding) for finding in findings],
        "unprotected": [
            {"table": one.table, "column": one.column, "why": shell.say(one.why)}
            for one in unprotected()
        ],
    }
    fine = Text(
        "日志完好：条目、哈希块、根、身份、位置与拒收记录一致",
        "the logs are sound: entries, tiles, roots, identities, positions and refusals agree",
    )
    shown = Group(
        _heads_table(shell, heads),
        findings_shown(shell, findings, fine),
        *_unprotected_shown(shell),
    )
    return Result(data, shown, EXIT_DISAGREES if findings else 0)


def _unprotected_shown(shell: Shell) -> list[str]:
    """Return a line for each column that nothing proves."""
    title = shell.say(Text("无证据的列", "nothing proves"))
    colon = shell.say(Text("：", ": "))
    return [
        f"{title}{colon}{one.table}.{one.column}{colon}{shell.say(one.why)}"
        for one in unprotected()
    ]


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


def finding_row(shell: Shell, finding: Finding) -> dict[str, Any]:
    """Return a finding's keys of the command line."""
    return {
        "log": finding.log,
        "index": finding.index,
        "table": finding.table,
        "column": finding.column,
        "what": shell.say(finding.what),
    }


def findings_shown(shell: Shell, findings: Sequence[Finding], fine: Text) -> Group | Table:
    """Return the findings as a table, or the sentence that there are none."""
    if not findings:
        return Group(f"✓ {shell.say(fine)}")
    table = Table(title=shell.say(Text("不一致之处", "what disagrees")), title_style="bold red")
    for title in (Text("日志", "log"), Text("条目", "index"), Text("位置", "where")):
        table.add_column(shell.say(title))
    table.add_column(shell.say(Text("说明", "what")), overflow="fold")
    for one in findings:
        index = "" if one.index is None else str(one.index)
        place = f"{one.table}.{one.column}"
        table.add_row(one.log or "", index, place, shell.say(one.what))
    return table
