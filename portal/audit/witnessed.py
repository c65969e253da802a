"""What the witnesses that the settings name signed: shown, counted, held against the log."""

from collections.abc import Sequence
from typing import Any, Final

from ledger import tlog
from ledger.cosignature import Cosignature, is_cosigned, judge, require_cosigned
from ledger.database import Connection
from ledger.errors import TamperedLogError
from ledger.finding import Finding
from ledger.head import Head
from ledger.note import Signature, parse_note, render_note
from ledger.period import render_instant
from ledger.read import root_at
from ledger.signing import disagreement
from ledger.text import Text
from portal.shell import Shell, now_ms

# The last second of the year 9999, beyond which RFC 3339 has no instants.
_TIME_S_MAX: Final = 253_402_300_799


def now_s() -> int:
    """Return this moment in seconds since 1970."""
    return now_ms() // 1_000


def contradict(connection: Connection, head: Head, checkpoint: tlog.Checkpoint) -> None:
    """Raise `TamperedLogError` unless a log leads to a checkpoint that its key signed.

    It shows both (`rolled_back`, `forked`).
    """
    now = tlog.Checkpoint(head.origin, head.size, head.root)
    if checkpoint.origin != head.origin or checkpoint.size > head.size:
        what = Text(
            "日志未到达已签名的检查点", "the log does not reach a checkpoint that was signed"
        )
        raise disagreement("rolled_back", what, (now, checkpoint))
    if root_at(connection, head, checkpoint.size) != checkpoint.root:
        what = Text(
            "日志不是已签名检查点的延续", "the log does not extend a checkpoint that was signed"
        )
        raise disagreement("forked", what, (now, checkpoint))


def instant(time_s: int | None) -> str | None:
    """Return a witness's time as RFC 3339, None for one that it cannot write."""
    return None if time_s is None or time_s > _TIME_S_MAX else render_instant(time_s * 1_000)


def cosignature_rows(shell: Shell, head: Head, text: str | None) -> list[dict[str, Any]]:
    """Return each line under a note that is not ours; unknown ones are kept and not counted."""
    if text is None:
        return []
    note = parse_note(text)
    witnesses = shell.witnesses()
    ours = {(key.name, key.key_id) for key in shell.signer.known_keys(head)}
    verdicts = {
        (one.witness.name, one.witness.key_id): one for one in judge(note, witnesses.keys, now_s())
    }
    lines = [one for one in note.signatures if one[:2] not in ours]
    return [_row(line, verdicts.get(line[:2])) for line in lines]


def _row(line: Signature, verdict: Cosignature | None) -> dict[str, Any]:
    return {
        "name": line.name,
        "key_id": line.key_id.hex(),
        "at": None if verdict is None else instant(verdict.time_s),
        "state": "unknown" if verdict is None else verdict.fault or "counted",
    }


def row_lines(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return a line for each cosignature."""
    return [f"  {one['name']}  {one['at'] or '—'}  {one['state']}" for one in rows]


# --- what other commands ask ---


def find_cosigned(shell: Shell, head: Head, at_least: int = 0) -> str | None:
    """Return the newest signed note of a size that enough witnesses cosigned, None without one."""
    witnesses, now = shell.witnesses(), now_s()
    notes = [note for at, note in shell.signer.cosigned(head) if at.size >= at_least]
    last = shell.signer.last(head)
    text = shell.signer.last_note(head)
    if last is not None and text is not None and last.size >= at_least:
        notes.append(parse_note(text))
    for note in reversed(notes):
        if is_cosigned(note, witnesses, now):
            return render_note(note)
    return None


def find_shown(shell: Shell, head: Head) -> str | None:
    """Return the checkpoint to show a log under: cosigned by enough, else the last signed one.

    None where there is none that may be shown.
    """
    note = find_cosigned(shell, head) or shell.signer.last_note(head)
    if note is None or not is_cosigned(parse_note(note), shell.witnesses(), now_s()):
        return None
    return note


def require_enough(shell: Shell, text: str) -> None:
    """Raise `TamperedLogError` (`too_few_witnesses`) unless enough witnesses cosigned a note."""
    require_cosigned(parse_note(text), shell.witnesses(), now_s())


def check_witnesses(shell: Shell, connection: Connection, head: Head) -> list[Finding]:
    """Return what the cosigned checkpoints of a log say against it; warn of what none covers."""
    try:
        cosigned = shell.signer.cosigned(head)
        for checkpoint, _ in cosigned:
            contradict(connection, head, checkpoint)
        if not shell.witnesses().required or shell.signer.last_note(head) is None:
            return []
        found = find_cosigned(shell, head)
        if found is None:
            require_enough(shell, shell.signer.last_note(head) or "")
    except TamperedLogError as error:
        return [Finding(head.name, None, "checkpoint", "cosignature", error.message)]
    assert found is not None, head.name
    size = tlog.parse_checkpoint(parse_note(found).text).size
    if size < head.size:
        shell.warn(
            Text(
                f"日志 {head.name} 自第 {size:,} 条起的 {head.size - size:,} 条尚无足够见证人联署",
                f"the last {head.size - size:,} entries of {head.name}, from {size:,} on, are not"
                " cosigned by enough witnesses yet",
            )
        )
    return []
