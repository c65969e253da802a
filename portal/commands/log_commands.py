"""`suanquan log`: what the logs hold, sign them, check them."""

from collections.abc import Sequence
from typing import Any

import click
from rich.console import Group
from rich.table import Table

from ledger.errors import TamperedLogError
from ledger.evidence import unprotected
from ledger.finding import Finding
from ledger.note import render_vkey
from ledger.read import CHECK_THE_LOG, read_heads
from ledger.text import Text
from portal.audit.checking import check_ledger, find_missing, finding_row, head_row
from portal.audit.witnessed import cosignature_rows, row_lines
from portal.commands import key_commands, proof_commands, witness_commands
from portal.options import answers
from portal.shell import Result, Shell

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
    heads, findings = check_ledger(shell, full=full)
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
