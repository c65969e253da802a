"""`suanquan ingest overlaps`: slices of one job that hold a resource at the same time."""

from typing import Any

import click
from rich.table import Table

from ledger.overlap import Overlap, read_overlaps
from ledger.period import parse_month, render_instant
from ledger.read import read_heads, usage_logs_of
from ledger.text import Text
from ledger.usage import render_quantity, separate_thousands
from portal.options import answers
from portal.shell import Result, Shell


@click.command(
    epilog="""\b
Examples:
  suanquan ingest overlaps --month 2022-07
  suanquan ingest overlaps --enterprise 91420100MA4K2XY18X --json

\b
Nothing is dropped for it: a job may hold two sets of cards and report each. Ask the sender whether
both are meant; suanquan log prove gives the two entries."""
)
@click.option("--month", help="Only what is shared in this month, such as 2022-07.")
@click.option("--enterprise", help="Only this credit code.")
@answers
def overlaps(shell: Shell, month: str | None, enterprise: str | None) -> Result:
    """List slices of one job and resource that share time, with both entries of the log."""
    wanted = parse_month(month) if month else ""
    with shell.auditing() as connection:
        heads = read_heads(connection)
        total = sum(heads[log].size for log in usage_logs_of(heads))
        with shell.progress(Text("查找重叠", "looking for overlaps"), total) as step:
            found = list(read_overlaps(connection, wanted, enterprise, step))
    data = {"rows": [_row(one) for one in found], "total": len(found)}
    if not found:
        none = Text("没有时间重叠的用量片段。", "No slices of one job share time.")
        return Result(data, shell.say(none))
    return Result(data, _table(shell, found))


def _row(one: Overlap) -> dict[str, Any]:
    """Return an overlap's keys of the command line; quantities are unit-seconds."""
    enterprise, job, resource = one.key
    return {
        "enterprise": enterprise,
        "job": job,
        "resource": resource,
        "first": {"log": one.first[0], "index": one.first[1]},
        "second": {"log": one.second[0], "index": one.second[1]},
        "start": render_instant(one.start_ms),
        "end": render_instant(one.end_ms),
        "unit": "unit_second",
        "quantity": render_quantity(one.micro),
    }


def _table(shell: Shell, found: list[Overlap]) -> Table:
    """Return the overlaps for a person."""
    table = Table()
    table.add_column(shell.say(Text("信用代码", "credit code")), no_wrap=True)
    for name in (Text("作业", "job"), Text("资源", "resource")):
        table.add_column(shell.say(name), overflow="fold")
    for name in (Text("先", "first"), Text("后", "second")):
        table.add_column(shell.say(name), no_wrap=True)
    for name in (Text("重叠始", "shared from"), Text("重叠止", "to")):
        table.add_column(shell.say(name), no_wrap=True)
    quantity = Text("至多重复（单位·秒）", "at most twice (unit-seconds)")
    table.add_column(shell.say(quantity), justify="right", no_wrap=True)
    for row in map(_row, found):
        places = [f"{row[one]['log']}[{row[one]['index']}]" for one in ("first", "second")]
        amount = separate_thousands(row["quantity"])
        names = row["enterprise"], row["job"], row["resource"]
        table.add_row(*names, *places, row["start"], row["end"], amount)
    return table
