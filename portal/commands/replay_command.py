"""`suanquan replay`: fold the logs again from their bytes, wherever they lie, and compare."""

from pathlib import Path
from typing import Any

import click
from rich.console import Group
from rich.table import Table

from ledger.text import Text
from portal.audit.checking import finding_row
from portal.audit.replaying import Replayed, Request, replay_ledger
from portal.commands.log_commands import EXIT_DISAGREES, findings_shown
from portal.commands.usage_command import parse_sizes
from portal.options import answers
from portal.shell import Result, Shell


@click.command(
    epilog="""\b
Examples:
  suanquan replay
  suanquan replay --statements --processes 4 --json
  suanquan replay --as-of usage=20000 --as-of book=120
  suanquan replay --from export --statements"""
)
@click.option(
    "--from",
    "directory",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Read the logs from this export; a database is compared where there is one.",
)
@click.option(
    "--key", "vkeys", multiple=True, metavar="VKEY", help="Believe this key, not the export's own."
)
@click.option("--as-of", multiple=True, metavar="LOG=SIZE", help="As known at that log size.")
@click.option("--statements", is_flag=True, help="Also make every issued statement again.")
@click.option(
    "--processes", type=click.IntRange(1, 256), default=1, show_default=True, help="Work so wide."
)
@click.option("--dask", metavar="ADDRESS", help="Work on the Dask cluster of this scheduler.")
@click.option("--fresh", is_flag=True, help="Leave what an interrupted replay kept.")
@answers
def replay(shell: Shell, as_of: tuple[str, ...], **options: Any) -> Result:  # noqa: ANN401
    """Fold the logs again from their bytes and compare with everything that is stored.

    Interrupted, it goes on where it was. As of an earlier size there are no stored rows; digests of
    the rows are shown, for two auditors to compare.
    """
    request = Request(as_of=parse_sizes(as_of), **options)
    return _answer(shell, replay_ledger(shell, request))


def _answer(shell: Shell, replayed: Replayed) -> Result:
    """Return the result: what was folded, and what disagrees."""
    data, findings, compared = replayed
    rows = [finding_row(shell, finding) for finding in findings]
    data = {"match": not findings, **data, "findings": rows}
    fine = Text("重放结果与所存一致", "the replay agrees with what is stored")
    if compared is None:
        fine = Text(
            "条目与根一致；该大小没有所存的行可比",
            "the entries give the root; no rows are stored at these sizes to compare with",
        )
    shown: list[Table | str] = [_table(shell, data)] if data["projections"] else []
    shown += [f"{one['name']} {one['size']} {one['root']}" for one in data.get("logs", [])]
    if data.get("resumed"):
        said = Text(
            f"其中 {data['resumed']} 段沿用上次中断时的结果；--fresh 可全部重算",
            f"{data['resumed']} spans were taken from an interrupted run; --fresh redoes them",
        )
        shown.append(shell.say(said))
    return Result(
        data,
        Group(*shown, findings_shown(shell, findings, fine)),
        EXIT_DISAGREES if findings else 0,
    )


def _table(shell: Shell, data: dict[str, Any]) -> Table:
    """Return what was folded, how many rows it has, and their digest."""
    table = Table()
    table.add_column(shell.say(Text("内容", "what")))
    table.add_column(shell.say(Text("行数", "rows")), justify="right")
    table.add_column(shell.say(Text("一致", "match")))
    table.add_column(shell.say(Text("摘要", "digest")), overflow="fold")
    marks = {True: "✓", False: "✗", None: "—"}
    for one in data["projections"]:
        table.add_row(one["name"], f"{one['rows']:,}", marks[one["match"]], one["digest"])
    if "statements" in data:
        made = data["statements"]
        name = shell.say(Text("结算单", "statements"))
        table.add_row(name, f"{made['rendered']:,}", marks[made["match"]], "")
    if "documents" in data:
        filed = data["documents"]
        name = shell.say(Text("文件", "documents"))
        table.add_row(name, f"{filed['filed']:,}", marks[filed["match"]], "")
    return table
