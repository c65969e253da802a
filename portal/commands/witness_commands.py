"""`suanquan log cosign`: take in what witnesses signed under a checkpoint of ours."""

from collections.abc import Sequence
from pathlib import Path

import click

from ledger import tlog
from ledger.cosignature import Cosignature, counting, judge
from ledger.database import Connection
from ledger.errors import InvalidInputError, TamperedLogError
from ledger.head import Head
from ledger.note import Note, open_note, parse_note, render_note
from ledger.text import Text
from portal.audit.witnessed import contradict, cosignature_rows, now_s, row_lines
from portal.commands.proof_commands import head_of, read_text
from portal.options import answers
from portal.shell import Result, Shell


@click.command(
    epilog="""\b
Example:
  suanquan log cosign usage --file usage.cosigned

\b
FILE is a checkpoint with the witnesses' signature lines under it, as they give it back, or these
lines alone, which then belong to the last checkpoint (C2SP tlog-witness, tlog-cosignature)."""
)
@click.argument("log", metavar="LOG")
@click.option("--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@answers
def cosign(shell: Shell, log: str, file: Path) -> Result:
    """Take in what witnesses signed under a checkpoint of ours, and keep it beside it."""
    witnesses = shell.witnesses()
    with shell.auditing() as connection:
        head = head_of(connection, log)
        note = _read_note(shell, head, file)
        checkpoint = _require_ours(shell, connection, head, note)
    _require_no_fault(judge(note, witnesses.keys, now_s()))
    kept = shell.signer.keep_cosigned(head, note)
    rows = cosignature_rows(shell, head, render_note(kept))
    good = len(counting(kept, witnesses.keys, now_s()))
    data = {
        "log": log,
        "size": checkpoint.size,
        "cosignatures": rows,
        "counted": good,
        "required": witnesses.required,
    }
    told = Text(
        f"已收存日志 {log} 大小 {checkpoint.size:,} 的检查点的联署：有效 {good} 位，"
        f"需 {witnesses.required} 位，已知 {len(witnesses.keys)} 位",
        f"kept what witnesses signed under {log} at size {checkpoint.size:,}: {good} count, of"
        f" {len(witnesses.keys)} known; {witnesses.required} are required",
    )
    return Result(data, "\n".join([shell.say(told), *row_lines(rows)]))


def _read_note(shell: Shell, head: Head, file: Path) -> Note:
    """Return the note of a file; lines alone are taken to stand under the last checkpoint."""
    text = read_text(file)
    if text.startswith("— "):
        last = shell.signer.last_note(head)
        text = text if last is None else last + text
    note = parse_note(text)
    ours = {(key.name, key.key_id) for key in shell.signer.known_keys(head)}
    if all(one[:2] in ours for one in note.signatures):
        raise InvalidInputError(
            "no_cosignature",
            Text(f"{file} 中没有见证人的签名", f"no witness signed in {file}"),
            Text("请把检查点交见证人联署后再收入", "give the checkpoint to a witness first"),
        )
    return note


def _require_ours(shell: Shell, connection: Connection, head: Head, note: Note) -> tlog.Checkpoint:
    """Return the checkpoint of a note that our key signed and that the log extends.

    Raises `TamperedLogError` (`rolled_back`, `forked`) with both: what a witness saw and the log
    does not lead to was taken back.
    """
    opened = open_note(render_note(note), shell.signer.known_keys(head))
    checkpoint = tlog.parse_checkpoint(opened.text)
    contradict(connection, head, checkpoint)
    return checkpoint


def _require_no_fault(verdicts: Sequence[Cosignature]) -> None:
    """Raise for a known witness's line that does not hold; nothing of its file is kept."""
    for one in verdicts:
        if one.fault:
            raise TamperedLogError(
                "cosignature_invalid",
                Text(
                    f"见证人 {one.witness.name} 的联署不成立（{one.fault}）",
                    f"the cosignature of {one.witness.name} does not hold ({one.fault})",
                ),
                Text(
                    "未收存任何内容；请核对公钥、时钟与所签的检查点，再向见证人索取",
                    "nothing was kept; check key, clock and checkpoint, and ask the witness again",
                ),
            )
