"""What a restored ledger knows of its runs: those of the backup, and that more came after it.

What the schedule recorded after the backup is not in the log any more either, and is done again.
Mail is not taken back by a restoration: what was being sent when the copy was made may have come,
and so may what is not known here at all.
"""

from typing import Final

from ledger import runs
from ledger.database import Connection
from ledger.period import day_of, parse_instant, render_local
from ledger.runs import FIRST_REVISION, Key
from ledger.text import Text
from portal.schedule.mail_server import taken_over

RESTORE: Final = "restore"
"""The kind of the run that says that the ledger was restored, its period the backup's instant."""

MAIL: Final = "mail"
"""The kind of the runs that send a statement; one is named by its month and number."""


def note_restored(connection: Connection, made_at: str, now_ms: int) -> None:
    """Let what was held be due, what was being sent be unclear, and mail that waited be unknown.

    It is done in the transaction that restores a backup of the instant `made_at`.
    """
    found = runs.read_runs(connection)
    mail = [one for one in found if one.kind == MAIL]
    error = taken_over()
    sending = [one.key for one in mail if one.state == "running"]
    runs.fail(connection, sending, error.code, error.message, now_ms)
    runs.forget(connection, [one.key for one in mail if one.state == "due"])
    held = [one.key for one in found if one.state == "running" and one.kind != MAIL]
    runs.give_back(connection, held)
    key = Key(RESTORE, render_local(parse_instant(made_at)), "", FIRST_REVISION)
    runs.add_due(connection, [(key, now_ms)])
    runs.finish(connection, [key], now_ms, None)


def month_restored(connection: Connection) -> str:
    """Return the month in which the ledger was last restored, empty where it never was.

    Statements of it and of the months before may have been sent by then.
    """
    found = [one.finished_at_ms or 0 for one in runs.read_runs(connection, RESTORE)]
    return day_of(max(found))[: len("2022-07")] if found else ""


def may_be_sent() -> tuple[str, Text]:
    """Return the code and words for a statement that may have been sent before a restoration."""
    return "mail_restored", Text(
        "账本自备份恢复：备份之后可能已发；核对邮件服务器日志后用 --after-restore"
        "（全月）或 --again 编号 发送",
        "the ledger was restored: it may have been sent after the backup; see the mail server's"
        " log, then --after-restore for the whole month, or --again ID",
    )
