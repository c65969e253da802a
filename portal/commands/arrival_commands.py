"""`suanquan ingest gaps` and `tallies`: what seems to be missing of what agents sent."""

from itertools import islice
from typing import Any

import click
from rich.table import Table

from ledger.facts import SEQUENCE_BITS
from ledger.gap import find_gaps
from ledger.period import parse_month
from ledger.query import read_sequence_blocks, read_source_days
from ledger.tally import SourceDay, compared_days
from ledger.text import Text
from ledger.usage import render_quantity, separate_thousands
from portal.options import answers
from portal.shell import Result, Shell


@click.command(
    epilog="""\b
Examples:
  suanquan ingest gaps
  suanquan ingest gaps --source urn:agent:rack-7 --json

\b
Only sources whose events carry CloudEvents' `sequence` can be looked at. A record that was refused
is missing too until it is taken in: see suanquan ingest rejected list."""
)
@click.option("--source", help="Only this source.")
@click.option("--limit", type=click.IntRange(1), default=1000, show_default=True)
@answers
def gaps(shell: Shell, source: str | None, limit: int) -> Result:
    """List the numbers that are missing between those that arrived, by source."""
    with shell.reading() as connection:
        blocks = (one for one in read_sequence_blocks(connection) if source in (None, one[0]))
        found = list(islice(find_gaps(blocks, SEQUENCE_BITS), limit + 1))
    rows: list[dict[str, Any]] = [
        {"source": one.source, "first_missing": one.first, "last_missing": one.last}
        for one in found[:limit]
    ]
    if not rows:
        none = Text(
            "未发现缺号（只有事件带 sequence 的来源可查）。",
            "Nothing is missing (of the sources that number their events).",
        )
        return Result({"rows": rows}, shell.say(none))
    table = Table()
    table.add_column(shell.say(Text("来源", "source")), overflow="fold")
    for title in (Text("缺号起", "first"), Text("缺号止", "last"), Text("个数", "missing")):
        table.add_column(shell.say(title), justify="right", no_wrap=True)
    for one in found[:limit]:
        table.add_row(one.source, str(one.first), str(one.last), f"{one.missing:,}")
    if len(found) > limit:
        more = Text(f"只列出前 {limit:,} 段", f"only the first {limit:,} are listed")
        shell.warn(more)
    return Result({"rows": rows}, table)


@click.command(
    epilog="""\b
Examples:
  suanquan ingest tallies
  suanquan ingest tallies --month 2022-07 --all --json

\b
A source is compared from the first day to the last that it tallied. While a day differs, the
settlement statements of its month are not made. Have the agent send what is missing; a wrong tally
is mended by a further one, for tallies of one day add up."""
)
@click.option("--month", help="Only this month, such as 2022-07.")
@click.option("--all", "everything", is_flag=True, help="Also the days that agree.")
@answers
def tallies(shell: Shell, month: str | None, *, everything: bool) -> Result:
    """Compare what agents tallied for each day with what is recorded; list what differs."""
    wanted = parse_month(month) if month else ""
    with shell.reading() as connection:
        compared = list(compared_days(read_source_days(connection)))
    chosen = [one for one in compared if one.day.startswith(wanted)]
    differing = sum(not one.agrees for one in chosen)
    rows = [_tally_row(one) for one in chosen if everything or not one.agrees]
    data = {"rows": rows, "compared": len(chosen), "differing": differing}
    if not chosen:
        none = Text("没有日计数可比（采集端未发送 usage.tallied）。", "No agent has sent tallies.")
        return Result(data, shell.say(none))
    if not rows:
        fine = Text(f"{len(chosen):,} 项日计数全部一致。", f"All {len(chosen):,} tallies agree.")
        return Result(data, shell.say(fine))
    return Result(data, _tally_table(shell, chosen, everything=everything))


def _tally_row(one: SourceDay) -> dict[str, Any]:
    """Return a day's keys of the command line; quantities are unit-seconds."""
    return {
        "source": one.source,
        "resource": one.resource,
        "day": one.day,
        "agrees": one.agrees,
        "tallied": bool(one.tallies),
        "events": one.events,
        "tallied_events": one.tallied_events,
        "missing_events": one.missing_events,
        "unit": "unit_second",
        "quantity": render_quantity(one.quantity),
        "tallied_quantity": _signed(one.tallied_quantity),
        "missing_quantity": _signed(one.missing_quantity),
    }


def _signed(micro: int) -> str:
    """Return micro-unit-seconds that may be negative as an exact decimal."""
    return f"-{render_quantity(-micro)}" if micro < 0 else render_quantity(micro)


def _tally_table(shell: Shell, days: list[SourceDay], *, everything: bool) -> Table:
    """Return the days as a table; what is missing has no sign, what is too much a plus."""
    title = Text("采集端日计数与账本", "agents' tallies and the ledger")
    table = Table(title=shell.say(title))
    for name in (Text("来源", "source"), Text("资源", "resource")):
        table.add_column(shell.say(name), overflow="fold")
    table.add_column(shell.say(Text("日期", "day")), no_wrap=True)
    for name in (
        Text("账本事件", "recorded"),
        Text("应有事件", "tallied"),
        Text("数量差（单位·秒）", "difference (unit-seconds)"),
    ):
        table.add_column(shell.say(name), justify="right", no_wrap=True)
    table.add_column(shell.say(Text("结论", "finding")), no_wrap=True)
    for one in days:
        if everything or not one.agrees:
            table.add_row(
                one.source,
                one.resource,
                one.day,
                f"{one.events:,}",
                f"{one.tallied_events:,}" if one.tallies else "—",
                _difference(one),
                shell.say(_finding(one)),
            )
    return table


def _difference(one: SourceDay) -> str:
    """Return what is recorded above (+) or below (−) what was tallied."""
    if not one.missing_quantity:
        return "0"
    sign = "−" if one.missing_quantity > 0 else "+"
    return sign + separate_thousands(render_quantity(abs(one.missing_quantity)))


def _finding(one: SourceDay) -> Text:
    """Return what a day's comparison says."""
    if one.agrees:
        return Text("一致", "agrees")
    if not one.tallies:
        return Text("未报计数", "not tallied")
    fewer = one.missing_events > 0 or (one.missing_events == 0 and one.missing_quantity > 0)
    return Text("有缺失", "missing") if fewer else Text("有多余", "too much")
