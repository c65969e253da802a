"""`suanquan statement`: make statements as PDF, and list those that were issued."""

from collections.abc import Sequence
from typing import Any, Final

import click
from rich.console import Group
from rich.table import Table

from ledger.codec import encode
from ledger.errors import InvalidInputError, LedgerError
from ledger.money import render_yuan
from ledger.period import parse_month
from ledger.text import Text
from ledger.usage import render_quantity, separate_thousands
from portal.options import answers
from portal.shell import Result, Shell, now_ms
from reports.issue import Draft, Issued, Press, list_issued, path_in, require_tallied, subjects_of
from reports.reading import read_snapshot
from reports.snapshot import Snapshot
from reports.statement import Kind
from reports.trace import Traced, find_issue
from reports.trace import trace as trace_entries
from vouchers.book import Book

SOURCE = "urn:suanquan:statements"

KINDS: Final = {"compute": Text("算力", "compute"), "subsidy": Text("补贴", "subsidy")}


@click.group()
def statement() -> None:
    """Make and list settlement statements."""


@statement.command(
    epilog="""\b
Examples:
  suanquan statement make --kind compute --month 2022-07
  suanquan statement make --kind subsidy --month 2022-12 --enterprise 91420100MA4K2XY18X"""
)
@click.option(
    "--kind", type=click.Choice(["compute", "subsidy"]), default="compute", show_default=True
)
@click.option("--month", required=True, help="Such as 2022-07.")
@click.option("--enterprise", help="Only this credit code.")
@answers
def make(shell: Shell, kind: Kind, month: str, enterprise: str | None) -> Result:
    """Make the statements of a month; making them again changes nothing."""
    month = parse_month(month)
    with shell.reading() as connection:
        snapshot = read_snapshot(connection)
        if kind == "compute":
            require_tallied(connection, month)
    subjects = subjects_of(snapshot, kind, month)
    if enterprise is not None and enterprise not in subjects:
        raise InvalidInputError(
            "nothing_to_settle",
            Text(f"{enterprise} 在 {month} 没有可结算的内容", f"{enterprise} has none in {month}"),
            Text("可先运行 suanquan usage 查看用量", "see suanquan usage for what was used"),
        )
    chosen = [enterprise] if enterprise is not None else subjects
    issued = issue(shell, shell.press(), snapshot, [(kind, month, one) for one in chosen])
    return _listed(shell, snapshot.book, issued)


def issue(
    shell: Shell, press: Press, snapshot: Snapshot, wanted: Sequence[tuple[Kind, str, str]]
) -> list[Issued]:
    """Return the statements of (kind, period, enterprise), those that are new recorded now.

    A statement that cannot be printed stops nothing else: the others are issued, then it is told.
    """
    issued: list[Issued] = []
    drafts: list[Draft] = []
    failed: list[LedgerError] = []
    with shell.progress(Text("制作结算单", "making statements"), len(wanted)) as step:
        for kind, period, subject in wanted:
            try:
                made = press.draft(snapshot, kind, period, subject)
            except InvalidInputError as error:
                failed.append(error)
                continue
            if isinstance(made, Draft):
                drafts.append(made)
                made = made.issued
            issued.append(made)
            step(1)
    if drafts:
        _record(shell, drafts)
        for draft in drafts:
            press.keep(draft)
    if failed:
        raise failed[0]
    return issued


def _record(shell: Shell, drafts: Sequence[Draft]) -> None:
    """Append the events that make the drafts issued."""
    engine = shell.writer()
    try:
        events = []
        for draft in drafts:
            data, subject = draft.issued.data, draft.issued.subject
            salt = shell.salt(SOURCE, data.statement)
            events.append(encode(SOURCE, data.statement, subject, data, salt))
        shell.store(engine).append_own(events, now_ms())
    finally:
        engine.dispose()


@statement.command("list", epilog="Example:  suanquan statement list --json")
@answers
def list_(shell: Shell) -> Result:
    """List every issued statement, by enterprise and in the order of issue."""
    with shell.reading() as connection:
        snapshot = read_snapshot(connection)
    return _listed(shell, snapshot.book, list_issued(snapshot))


@statement.command(
    epilog="""\b
Examples:
  suanquan statement trace SQ-C-2022-07-91420100MA4K2XY18X-1
  suanquan statement trace SQ-C-2022-07-91420100MA4K2XY18X-1 --json | jq -r '.rows[].index'

\b
Each index can be proved to somebody else: suanquan log prove LOG INDEX --out FILE"""
)
@click.argument("number", metavar="ID")
@answers
def trace(shell: Shell, number: str) -> Result:
    """List the entries of the logs that a statement was made from, and what each adds."""
    with shell.auditing() as connection:
        found = find_issue(connection, number)
        if found is None:
            raise InvalidInputError(
                "no_statement",
                Text(f"没有编号为 {number} 的结算单", f"there is no statement {number}"),
                Text("编号见 suanquan statement list", "see suanquan statement list"),
            )
        index, issued = found
        with shell.progress(Text("追溯", "tracing"), sum(issued.data.sizes.values())) as step:
            traced = list(trace_entries(connection, issued, step))
    rows = [_traced_row(one) for one in traced]
    total: dict[str, int] = {}
    for one in traced:
        if one.event.usage is not None:
            resource = one.event.usage.resource
            total[resource] = total.get(resource, 0) + one.micro
    data: dict[str, Any] = {
        "id": number,
        "entry": {"log": "book", "index": index},
        "sizes": issued.data.sizes,
        "rows": rows,
        "total": [
            {"resource": name, "unit": "unit_second", "quantity": render_quantity(micro)}
            for name, micro in sorted(total.items())
        ],
    }
    return Result(data, _trace_shown(shell, data))


def _traced_row(one: Traced) -> dict[str, Any]:
    """Return a traced entry's keys of the command line."""
    row: dict[str, Any] = {
        "log": one.log,
        "index": one.index,
        "type": one.event.kind.type,
        "source": one.event.source,
        "id": one.event.id,
    }
    if one.event.usage is None:
        return row
    return row | {"resource": one.event.usage.resource, "quantity": render_quantity(one.micro)}


def _trace_shown(shell: Shell, data: dict[str, Any]) -> Group:
    """Return what a statement rests on, for a person."""
    table = Table()
    for title in (Text("日志", "log"), Text("条目", "index")):
        table.add_column(shell.say(title), no_wrap=True)
    table.add_column(shell.say(Text("事件", "event")), overflow="fold")
    table.add_column(shell.say(Text("资源", "resource")), overflow="fold")
    table.add_column(shell.say(Text("单位·秒", "unit-seconds")), justify="right", no_wrap=True)
    for row in data["rows"]:
        name = f"{row['type'].removeprefix('cn.suanquan.')} {row['id']}"
        amount = separate_thousands(row["quantity"]) if "quantity" in row else ""
        table.add_row(row["log"], str(row["index"]), name, row.get("resource", ""), amount)
    table.add_section()
    for one in data["total"]:
        total = shell.say(Text("合计", "total"))
        table.add_row(total, "", "", one["resource"], separate_thousands(one["quantity"]))
    entry = data["entry"]["index"]
    told = Text(
        f"{data['id']} 由账簿日志第 {entry} 条签发", f"{data['id']} was issued by book[{entry}]"
    )
    return Group(shell.say(told), table)


def statement_row(shell: Shell, one: Issued) -> dict[str, Any]:
    """Return an issued statement's keys of the command line."""
    return {
        "id": one.data.statement,
        "kind": one.data.kind,
        "subject": one.subject,
        "period": one.data.period,
        "revision": one.data.revision,
        "total_fen": one.data.total_fen,
        "path": str(path_in(shell.settings.home, one)),
        "sha256": one.data.pdf_sha256,
    }


def _listed(shell: Shell, book: Book, issued: Sequence[Issued]) -> Result:
    """Return statements as rows and as a table."""
    rows = [statement_row(shell, one) for one in issued]
    if not rows:
        none = Text(
            "没有结算单。可用 suanquan statement make 制作。",
            "There are no statements. Make some with suanquan statement make.",
        )
        return Result({"rows": rows}, shell.say(none))
    table = Table()
    table.add_column(shell.say(Text("企业", "enterprise")), overflow="fold")
    table.add_column(shell.say(Text("种类", "kind")), no_wrap=True)
    table.add_column(shell.say(Text("期间", "period")), no_wrap=True)
    table.add_column(shell.say(Text("版次", "revision")), no_wrap=True, justify="right")
    table.add_column(shell.say(Text("金额（元）", "CNY")), no_wrap=True, justify="right")
    table.add_column(shell.say(Text("编号", "number")), overflow="fold")
    for one in issued:
        data = one.data
        table.add_row(
            book.account(one.subject).name,
            shell.say(KINDS[data.kind]),
            data.period,
            str(data.revision),
            render_yuan(data.total_fen),
            data.statement,
        )
    return Result({"rows": rows}, Group(table, f"{shell.settings.home / 'statements'}/"))
