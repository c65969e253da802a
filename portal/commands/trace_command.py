"""`suanquan statement trace`: from a statement back to its entries, each with its proof."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Group, RenderableType
from rich.table import Table

from ledger.database import Connection
from ledger.errors import InvalidInputError
from ledger.events import LogName
from ledger.read import read_heads
from ledger.text import Text
from ledger.usage import render_quantity, separate_thousands
from portal.commands.proof_commands import covering_note, prove_entries
from portal.options import answers
from portal.shell import Result, Shell
from reports.issue import Issued
from reports.register import find_issued
from reports.trace import Traced
from reports.trace import trace as trace_entries


@click.command(
    epilog="""\b
Examples:
  suanquan statement trace SQ-C-2022-07-91420100MA4K2XY18X-1
  suanquan statement trace SQ-C-2022-07-91420100MA4K2XY18X-1 --proofs proofs

\b
DIR/<log>-<index>.tlog-proof is what suanquan log check-proof checks with the log's public key."""
)
@click.argument("number", metavar="ID")
@click.option(
    "--proofs",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write the proof of each entry into DIR.",
)
@click.option("--first", type=click.IntRange(1), help="With --proofs: only so many of each log.")
@answers
def trace(shell: Shell, number: str, proofs: Path | None, first: int | None) -> Result:
    """List the entries of the logs that a statement was made from, and what each adds."""
    with shell.auditing() as connection:
        index, issued = require_issue(connection, number)
        with shell.progress(Text("追溯", "tracing"), sum(issued.data.sizes.values())) as step:
            traced = list(trace_entries(connection, issued, step))
        places = [(one.log, one.index) for one in traced] + [("book", index)]
        written = _write_proofs(shell, connection, places, proofs, first) if proofs else 0
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
    if proofs is not None:
        data["proofs"] = {"dir": str(proofs), "written": written}
    return Result(data, _trace_shown(shell, data))


def require_issue(connection: Connection, number: str) -> tuple[int, Issued]:
    """Return the statement with a number and the index of its entry in the book.

    Raises `InvalidInputError` (`no_statement`) where there is none.
    """
    found = find_issued(connection, number, read_heads(connection)["book"].size)
    if found is None:
        raise no_statement(number)
    return found.index, found.issued


def no_statement(number: str) -> InvalidInputError:
    """Return the answer for a number that no statement has, or none that the actor may know of."""
    return InvalidInputError(
        "no_statement",
        Text(f"没有编号为 {number} 的结算单", f"there is no statement {number}"),
        Text("编号见 suanquan statement list", "see suanquan statement list"),
    )


def _write_proofs(
    shell: Shell,
    connection: Connection,
    places: Sequence[tuple[LogName, int]],
    directory: Path,
    first: int | None,
) -> int:
    """Return how many proofs were written, all of a log under one checkpoint."""
    directory.mkdir(parents=True, exist_ok=True)
    by_log: dict[LogName, list[int]] = {}
    for log, index in places:
        by_log.setdefault(log, []).append(index)
    chosen = {log: indexes[:first] for log, indexes in by_log.items()}
    heads = read_heads(connection)
    total = sum(map(len, chosen.values()))
    with shell.progress(Text("写出证明", "writing proofs"), total) as step:
        for log, indexes in chosen.items():
            note = covering_note(shell, connection, heads[log], max(indexes))
            for index, proof in prove_entries(connection, log, indexes, note):
                (directory / f"{log}-{index}.tlog-proof").write_text(proof, "utf-8")
                step(1)
    return total


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
    parts: list[RenderableType] = [shell.say(told), table]
    if "proofs" in data:
        written, directory = data["proofs"]["written"], data["proofs"]["dir"]
        wrote = Text(f"已写出 {written} 份证明：{directory}/", f"{written} proofs in {directory}/")
        parts.append(shell.say(wrote))
    return Group(*parts)
