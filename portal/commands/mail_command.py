"""`suanquan statement mail`: a month's statements to their enterprises by mail, each once at most.

Each is a run of the kind `mail` (`ledger.runs`), claimed right before it is sent and noted right
after. Whoever ended in between, or lost the server's answer, leaves a run of which nobody knows
whether it was sent: it is named, and sent again only by somebody who has asked and says so.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import click
from rich.console import Group as Lines

from ledger import runs
from ledger.database import Connection
from ledger.erasable import lock_book, read_values
from ledger.errors import InvalidInputError, RuleViolationError
from ledger.period import ZONE, parse_month, render_local, to_datetime
from ledger.personal import Contact, parse_datum
from ledger.rights import ENTERING_ROLES
from ledger.runs import FIRST_REVISION, Group, Key, Run
from ledger.text import Text
from portal.acting import look
from portal.commands.statement_commands import file_lost, keep_missing
from portal.enterprises.known import require_known
from portal.options import answers
from portal.schedule.mail_message import Letter, compose, message_id
from portal.schedule.mail_server import (
    Server,
    connected,
    hand_over,
    is_address,
    server_of,
    taken_over,
)
from portal.schedule.restored_runs import MAIL, may_be_sent, month_restored
from portal.schedule.work import Leases, Work, new_holder
from portal.shell import Result, Shell, now_ms
from reports.delivery import paper_of, read_kept
from reports.issue import Issued, list_issued
from reports.reading import read_snapshot
from reports.verification import find_latest

STATES: Final = {
    "sent": Text("已发送", "sent"),
    "waits": Text("稍后再试", "waits"),
    "sending": Text("正在发送", "sending"),
    "failed": Text("失败", "failed"),
    "unclear": Text("不知是否发出", "unclear"),
    "no_address": Text("企业联系人没有可用邮箱", "no usable address of a contact"),
}


@click.command(
    epilog="""\b
Examples:
  suanquan statement mail --month 2022-07
  suanquan statement mail --month 2022-07 --again SQ-C-2022-07-91420100MA4K2XY18X-1

\b
Give it again, or let cron, until nothing waits: what was sent is not sent again. Ends with 3 where
something waits, failed, or may or may not have been sent."""
)
@click.option("--month", required=True, help="Such as 2022-07.")
@click.option("--enterprise", help="Only this credit code.")
@click.option(
    "--again",
    multiple=True,
    metavar="ID",
    help="Send one that failed, or of which nobody knew; may be given again.",
)
@click.option(
    "--after-restore",
    is_flag=True,
    help="Send also what may have been sent between the backup and its restoration.",
)
@answers
def mail(
    shell: Shell,
    *,
    month: str,
    enterprise: str | None,
    again: tuple[str, ...],
    after_restore: bool,
) -> Result:
    """Send each enterprise its statements of a month that were not sent yet, to its contact.

    The task force and administrators may, who may read contacts. A statement that a later one
    supersedes is left out; an enterprise without a usable address is named.
    """
    month = parse_month(month)
    server = server_of(shell.settings)
    with shell.reading() as connection:
        snapshot = read_snapshot(connection)
    require_known(snapshot, enterprise)
    everything = list_issued(snapshot)
    latest = find_latest(everything)
    issued = [
        one
        for one in everything
        if one.subject
        and one.data.period == month
        and enterprise in (None, one.subject)
        and one.data.statement not in latest
    ]
    addresses = read_addresses(shell, {one.subject for one in issued})
    if lost := keep_missing(shell, shell.press(), issued):
        raise file_lost(lost)
    postman = Postman(shell, server, now_ms, new_holder())
    wanted = [one for one in issued if one.subject in addresses]
    if not after_restore:
        held_back = postman.held_back(month, {one.data.statement for one in wanted} - {*again})
        wanted = [one for one in wanted if one.data.statement not in held_back]
    postman.plan(month, [one.data.statement for one in wanted])
    postman.let_again(month, again)
    standing, sent = postman.standing(month), 0
    with shell.progress(Text("发送", "sending"), len(wanted)) as step:
        for one in wanted:
            name = snapshot.book.account(one.subject).name
            run = standing[one.data.statement]
            sent += postman.send(one, run, name, addresses[one.subject])
            step(1)
    standing = postman.standing(month)
    rows = [_row(shell, one, standing.get(one.data.statement), addresses) for one in issued]
    return _answered(shell, rows, sent)


def read_addresses(shell: Shell, codes: Iterable[str]) -> dict[str, str]:
    """Return the address of each enterprise's newest contact, where it has one that can be used.

    An older contact's is not taken instead: he may work elsewhere by now.
    """
    found = {}
    with shell.reading("keep") as connection:
        look(shell, connection, tuple(sorted(ENTERING_ROLES)), alone=True)
        for code in codes:
            address = _address(shell, connection, code)
            if address is not None and is_address(address):
                found[code] = address
    return found


def _address(shell: Shell, connection: Connection, code: str) -> str | None:
    """Return the address that an enterprise's newest contact has."""
    roster, _ = look(shell, connection, tuple(sorted(ENTERING_ROLES)), code, alone=True)
    mine = [
        one
        for one in roster.held.values()
        if (one.enterprise, one.kind, one.forgotten) == (code, "contact", None)
    ]
    if not mine:
        return None
    newest = max(mine, key=lambda one: one.index)
    value = read_values(connection, code).get(newest.digest)
    contact = None if value is None else parse_datum("contact", value)
    return contact.email if isinstance(contact, Contact) else None


@dataclass(slots=True)
class Postman:
    """Who sends, by which server and clock; the runs say what is left for him."""

    shell: Shell
    server: Server
    clock: Callable[[], int]
    holder: str

    def plan(self, month: str, numbers: Iterable[str]) -> None:
        """Let statements be sent that nobody has thought of yet."""
        now_ms = self.clock()
        with self.shell.writing() as engine, engine.begin() as connection:
            lock_book(connection)
            runs.add_due(
                connection, [(Key(MAIL, month, one, FIRST_REVISION), now_ms) for one in numbers]
            )

    def held_back(self, month: str, numbers: Collection[str]) -> Collection[str]:
        """Return which statements the ledger knows nothing of that may have been sent once.

        So it is with whatever was over when the ledger was restored: it was sent after the backup,
        or was not.
        """
        with self.shell.reading() as connection:
            if month > month_restored(connection):
                return ()
        return {*numbers} - self.standing(month).keys()

    def let_again(self, month: str, numbers: Sequence[str]) -> None:
        """Let statements be due now that were not sent, as far as anybody knows.

        Raises `RuleViolationError` (`mail_sent`, `sending`), `InvalidInputError` (`no_statement`).
        """
        with self.shell.writing() as engine, engine.begin() as connection:
            lock_book(connection)
            standing = {one.subject: one for one in runs.read_runs(connection, MAIL, month)}
            for number in numbers:
                _require_unsent(number, standing.get(number))
            runs.try_again(connection, [standing[one] for one in numbers], self.clock())

    def standing(self, month: str) -> dict[str, Run]:
        """Return how each statement's sending stands, by number."""
        with self.shell.reading() as connection:
            return {one.subject: one for one in runs.read_runs(connection, MAIL, month)}

    def send(self, one: Issued, run: Run, name: str, address: str) -> bool:
        """Return whether a statement was sent now; `run` is how its sending stood before.

        Raises `InvalidInputError` (`mail_server`), which leaves its run as it was, and
        `TamperedLogError` (`statement_changed`) for a file that is not as its event says.
        """
        number, month = one.data.statement, one.data.period
        now_ms = self.clock()
        if run.state in ("done", "failed") or (run.state == "due" and run.next_try_at_ms > now_ms):
            return False
        kept = paper_of(self.shell.settings.home, one)
        origin = self.shell.settings.origin
        letter = Letter(origin, one, name, kept.path.name, read_kept(kept))
        raw = compose(letter, self.server.sender, address, to_datetime(now_ms).astimezone(ZONE))
        # The server first: one that is away must not leave a run of which nobody knows.
        with connected(self.server) as smtp:
            work = self._claim(month, number)
            if work is None:
                return False
            try:
                if work.runs[0].state == "running":
                    raise taken_over()
                hand_over(smtp, self.server.sender, address, raw)
            except InvalidInputError as error:
                self._set_back(work, error)
                return False
            with work.writing() as (_, connection):
                work.finish(
                    connection, [(work.runs[0].key, message_id(letter, self.server.sender))]
                )
        return True

    def _claim(self, month: str, number: str) -> Work | None:
        """Return the run that sends a statement, held, as it stood; None if it is not to be had."""
        leases = Leases(self.shell, self.clock, lambda: False, self.holder)
        with self.shell.writing() as engine, engine.begin() as connection:
            lock_book(connection)
            # One more than we make: whoever ended during the last one is told as all others are.
            return leases.take(connection, Group(MAIL, month, 0), number, spare=1)

    def _set_back(self, work: Work, error: InvalidInputError) -> None:
        """Let a run be tried later where its message surely was not sent; else it has failed."""
        if error.code == "mail_put_off":
            work.set_back([one.key for one in work.runs], error)
        else:
            work.fail(error)


def _require_unsent(number: str, run: Run | None) -> None:
    """Raise unless a statement is one whose sending failed or waits."""
    if run is None:
        raise InvalidInputError(
            "no_statement",
            Text(f"本月无待发的 {number}", f"{number} is none that is to be sent of this month"),
            Text("已签发的见 suanquan statement list", "see suanquan statement list"),
        )
    if run.state in ("done", "running"):
        is_sent = run.state == "done"
        raise RuleViolationError(
            "mail_sent" if is_sent else "sending",
            Text(
                f"{number} {'已经发送' if is_sent else '正在发送'}",
                f"{number} {'was sent' if is_sent else 'is being sent'}",
            ),
            Text(
                "不会重复发送；需要时请另行交付文件（suanquan statement deliver）",
                "it is not sent twice; hand the file over otherwise (suanquan statement deliver)",
            ),
        )


def _answered(shell: Shell, rows: Sequence[dict[str, Any]], sent: int) -> Result:
    """Return how each statement stands; nothing of it says to whom it went."""
    lines = []
    for row in rows:
        why = f" [{row['error']['code']}] {row['error']['message']}" if row["error"] else ""
        lines.append(f"{row['id']}  {shell.say(STATES[row['state']])}{why}")
    told = Text(f"新发送 {sent} 份，共 {len(rows)} 份", f"{sent} sent now, of {len(rows)}")
    undone = any(row["state"] in ("waits", "sending", "failed", "unclear") for row in rows)
    status = RuleViolationError.exit_status if undone else 0
    return Result({"sent": sent, "rows": rows}, Lines(*lines, shell.say(told)), status)


def _row(shell: Shell, one: Issued, run: Run | None, addresses: Collection[str]) -> dict[str, Any]:
    """Return the command line's keys of a statement that is to be sent."""
    row: dict[str, Any] = {"id": one.data.statement, "enterprise": one.subject}
    if run is None:
        row |= {"state": "no_address", "next_try_at": None, "error": None}
        if one.subject in addresses:
            code, said = may_be_sent()
            row |= {"state": "unclear", "error": {"code": code, "message": shell.say(said)}}
        return row
    states = {"done": "sent", "running": "sending", "failed": "failed", "due": "waits"}
    error = None
    if run.error is not None:
        error = {"code": run.error_code, "message": shell.say(run.error)}
    return {
        **row,
        "state": "unclear" if run.error_code == "mail_unclear" else states[run.state],
        "next_try_at": render_local(run.next_try_at_ms) if run.state == "due" else None,
        "error": error,
    }
