"""`suanquan statement make` and `list`: statements made, and those that were issued."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import date
from typing import Any

import click
import msgspec
from rich.console import Group
from rich.table import Table

from ledger.codec import Event, encode
from ledger.errors import InvalidInputError, LedgerError
from ledger.money import render_yuan
from ledger.period import day_of, parse_month, render_instant
from ledger.text import Text
from portal.commands.answer_commands import answer_row, confirm, dispute, settle
from portal.commands.export_command import export, write_beside
from portal.commands.seal_command import seal
from portal.commands.trace_command import trace
from portal.commands.verify_command import verify
from portal.enterprises.known import require_known
from portal.options import answers
from portal.shell import Result, Shell, now_ms
from reports.claims import acts_in, net_fen
from reports.formats import FORMATS, Format
from reports.issue import (
    Issued,
    Press,
    list_issued,
    path_in,
    require_tallied,
    sealed_path_in,
    subjects_of,
)
from reports.kinds import FORMS
from reports.print_room import Wanted, count_processes, print_room
from reports.reading import read_snapshot
from reports.snapshot import Snapshot
from reports.statement import Kind
from reports.supplement import explain
from reports.verification import find_latest
from vouchers.answers import Answer
from vouchers.claims.calendar import WorkingDays

SOURCE = "urn:suanquan:statements"


@click.group()
def statement() -> None:
    """Make, seal and list settlement statements."""


statement.add_command(export)
statement.add_command(seal)
statement.add_command(trace)
statement.add_command(verify)
statement.add_command(confirm)
statement.add_command(dispute)
statement.add_command(settle)


@statement.command(
    epilog="""\b
Examples:
  suanquan statement make --kind compute --month 2022-07
  suanquan statement make --kind subsidy --month 2022-12 --enterprise 91420100MA4K2XY18X
  suanquan statement make --month 2022-07 --format xlsx --format html"""
)
@click.option("--kind", type=click.Choice(list(FORMS)), default="compute", show_default=True)
@click.option("--month", required=True, help="Such as 2022-07.")
@click.option("--enterprise", help="Only this credit code.")
@click.option(
    "--format",
    "formats",
    type=click.Choice(FORMATS),
    multiple=True,
    help="Also write this format beside the PDF; may be given again.",
)
@click.option(
    "--processes", type=click.IntRange(1, 256), help="Print so wide (default: every processor)."
)
@answers
def make(
    shell: Shell,
    *,
    kind: Kind,
    month: str,
    enterprise: str | None,
    formats: tuple[Format, ...],
    processes: int | None,
) -> Result:
    """Make the statements of a month; making them again changes nothing."""
    month = parse_month(month)
    if month > day_of(shell.by_clock(now_ms()))[:7]:
        raise InvalidInputError(
            "future_month",
            Text(f"{month} 尚未开始", f"{month} has not begun"),
            Text("请填已开始的月份", "name a month that has begun"),
        )
    with shell.reading() as connection:
        snapshot = read_snapshot(connection)
        if kind == "compute":
            require_tallied(connection, month)
    require_known(snapshot, enterprise)
    chosen = subjects_of(snapshot, kind, month)
    if enterprise is not None:
        # A claim's forms go to its enterprise; a statement that is for none is nobody's.
        whose = snapshot.claimants if FORMS[kind].of_claim else {}
        chosen = [one for one in chosen if whose.get(one, one) == enterprise]
        if not chosen:
            raise _nothing(enterprise, month)
    press, others = shell.press(), [form for form in dict.fromkeys(formats) if form != "pdf"]
    wanted = [(kind, month, one) for one in chosen]
    made = issue(shell, press, snapshot, wanted, others=others, processes=processes)
    write_beside(shell, press, made, others)
    title = FORMS[kind].title
    none = Text(
        f"{month} 没有可列入{title.zh}的内容。",
        f"Nothing in {month} is for a {title.en[0].lower()}{title.en[1:]}.",
    )
    return _listed(shell, snapshot, made, {}, none)


def _nothing(enterprise: str, month: str) -> InvalidInputError:
    """Return the refusal of a statement of nothing."""
    return InvalidInputError(
        "nothing_to_settle",
        Text(
            f"{enterprise} 在 {month} 没有可结算的内容",
            f"{month} has nothing to settle for {enterprise}",
        ),
        Text("可先运行 suanquan usage 查看用量", "see suanquan usage for what was used"),
    )


def issue(
    shell: Shell,
    press: Press,
    snapshot: Snapshot,
    wanted: Sequence[Wanted],
    *,
    others: Sequence[Format] = (),
    processes: int | None = None,
) -> list[Issued]:
    """Return the statements of (kind, period, about what), those that are new recorded now.

    New ones are written as PDF and in the `others`. A statement that cannot be printed stops
    no other one: the rest is issued, then it is told. The result is the same for any number of
    processes, by default as many as are worth their start.
    """
    made: dict[int, Issued] = {}
    failed: dict[int, LedgerError] = {}
    new: list[int] = []
    processes = processes or count_processes(len(wanted))
    with print_room(press, others) as room:
        with (
            shell.progress(Text("制作结算单", "making statements"), len(wanted)) as step,
            closing(room.make(snapshot, enumerate(wanted), processes)) as coming,
        ):
            for place, outcome, is_new in coming:
                if isinstance(outcome, Issued):
                    made[place] = outcome
                elif isinstance(outcome, InvalidInputError):
                    failed[place] = outcome
                else:
                    raise outcome
                if is_new:
                    new.append(place)
                step(1)
        if new:
            drafts = [made[place] for place in sorted(new)]
            _record(shell, drafts)
            room.keep(drafts)
    issued = [made[place] for place in sorted(made)]
    if lost := keep_missing(shell, press, issued):
        failed[len(wanted)] = file_lost(lost)
    if failed:
        raise failed[min(failed)]
    return issued


def keep_missing(shell: Shell, press: Press, issued: Sequence[Issued]) -> list[Issued]:
    """Return which issued statements have no file now that those that are missing were made again.

    These this program would print otherwise than was recorded.
    """
    if all(path_in(press.home, one).exists() for one in issued):
        return []
    with shell.auditing() as connection:
        return press.keep_missing(connection, issued)


def file_lost(lost: Sequence[Issued]) -> InvalidInputError:
    """Return the error for statements whose files are gone and cannot be made again."""
    shown = ", ".join(one.data.statement for one in lost)
    return InvalidInputError(
        "file_lost",
        Text(
            f"结算单文件缺失，且本程序版式已变，无法重排出原文件：{shown}",
            f"files are missing, and this program would print them otherwise: {shown}",
        ),
        Text("请从备份恢复 statements 目录", "restore the directory statements from a backup"),
    )


def _record(shell: Shell, drafts: Sequence[Issued]) -> None:
    """Append the events that make the drafts issued."""
    at_ms = shell.by_clock(now_ms())
    with shell.writing() as engine:
        events = [event_of(shell, draft, at_ms) for draft in drafts]
        shell.store(engine).append_own(events, at_ms)


def event_of(shell: Shell, issued: Issued, at_ms: int) -> Event:
    """Return the event that issues a statement at an instant; its id is the statement's number."""
    number = issued.data.statement
    data = msgspec.structs.replace(issued.data, issued_at=render_instant(at_ms))
    return encode(SOURCE, number, issued.subject, data, shell.salt(SOURCE, number))


@statement.command("list", epilog="Example:  suanquan statement list --json")
@answers
def list_(shell: Shell) -> Result:
    """List every issued statement, by enterprise and in the order of issue."""
    with shell.reading() as connection:
        snapshot = read_snapshot(connection)
    issued = list_issued(snapshot)
    none = Text(
        "没有结算单。可用 suanquan statement make 制作。",
        "There are no statements. Make some with suanquan statement make.",
    )
    return _listed(shell, snapshot, issued, find_latest(issued), none)


def statement_row(
    shell: Shell, snapshot: Snapshot, one: Issued, later: Issued | None
) -> dict[str, Any]:
    """Return an issued statement's keys of the command line; `later` is what superseded it.

    `net_fen` is what its claims got less what was claimed back, null where it is of no claims.
    """
    net, why = None, later and explain(snapshot, one.subject, one.data, later.data)
    if one.data.kind == "subsidy":
        net = net_fen(acts_in(snapshot, one.subject, one.data.period, one.data.sizes["book"]))
    return {
        "id": one.data.statement,
        "kind": one.data.kind,
        "subject": one.subject,
        "about": one.about,
        "period": one.data.period,
        "revision": one.data.revision,
        "total_fen": one.data.total_fen,
        "path": str(path_in(shell.settings.home, one)),
        "sha256": one.data.pdf_sha256,
        "net_fen": net,
        "supplements": one.data.supplements,
        "superseded_by": later.data.statement if later else None,
        "superseded_why": why and shell.say(why),
        "sealed_path": str(sealed_path_in(shell.settings.home, one)) if one.seal else None,
        "sealed_sha256": one.seal.sha256 if one.seal else None,
    }


def statement_rows(
    shell: Shell, snapshot: Snapshot, issued: Sequence[Issued], latest: Mapping[str, Issued]
) -> list[dict[str, Any]]:
    """Return the keys of statements, with how far the answers to them are.

    `latest` is by the numbers of those superseded.
    """
    rows = [statement_row(shell, snapshot, one, latest.get(one.data.statement)) for one in issued]
    days = WorkingDays(snapshot.book.calendars)
    today = date.fromisoformat(day_of(shell.by_clock(now_ms())))
    for row, one in zip(rows, issued, strict=True):
        if one.data.kind == "compute":
            given = snapshot.book.account(one.subject).answers
            answer = given.get(one.data.statement, Answer())
            row.update(answer_row(shell, one.data, answer, today, days))
    return rows


def _listed(
    shell: Shell,
    snapshot: Snapshot,
    issued: Sequence[Issued],
    latest: Mapping[str, Issued],
    none: Text,
) -> Result:
    """Return statements as rows and as a table, or what is said where there are none.

    `latest` is by the numbers of those superseded.
    """
    rows = statement_rows(shell, snapshot, issued, latest)
    if not rows:
        return Result({"rows": rows}, shell.say(none))
    table = Table()
    table.add_column(shell.say(Text("企业", "enterprise")), overflow="fold")
    table.add_column(shell.say(Text("种类", "kind")), no_wrap=True)
    table.add_column(shell.say(Text("期间", "period")), no_wrap=True)
    table.add_column(shell.say(Text("版次", "revision")), no_wrap=True, justify="right")
    table.add_column(shell.say(Text("金额（元）", "CNY")), no_wrap=True, justify="right")
    table.add_column(shell.say(Text("答复", "answer")), overflow="fold")
    table.add_column(shell.say(Text("编号", "number")), overflow="fold")
    for row, one in zip(rows, issued, strict=True):
        data = one.data
        table.add_row(
            snapshot.book.account(one.subject).name if one.subject else one.about,
            shell.say(FORMS[data.kind].title),
            data.period,
            str(data.revision),
            render_yuan(data.total_fen),
            row.get("answer_name", "—"),
            data.statement,
        )
    superseded = [
        shell.say(_told(row["id"], row["superseded_by"], row["superseded_why"]))
        for row in rows
        if row["superseded_by"]
    ]
    return Result(
        {"rows": rows}, Group(table, *superseded, f"{shell.settings.home / 'statements'}/")
    )


def _told(number: str, later: str, why: str) -> Text:
    """Return by which statement one was superseded and why, for a person."""
    return Text(f"{number} 已由 {later} 取代：{why}", f"{number} is superseded by {later}: {why}")
