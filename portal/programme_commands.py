"""`suanquan programme`: which rules there are, what they say, what they would pay on a case."""

from datetime import date
from pathlib import Path
from typing import Any

import click
from rich.console import Group
from rich.table import Table

from ledger.money import render_yuan
from ledger.period import parse_date
from ledger.text import Text
from portal.options import answers
from portal.shell import Result, Shell
from vouchers.catalogue import select_programmes
from vouchers.render import describe, list_programmes, preview


@click.group()
def programme() -> None:
    """Read the rules and try them on a case."""


@programme.command("list", epilog="Example:  suanquan programme list --json")
@answers
def list_(shell: Shell) -> Result:
    """List every version of every programme, the higher level first."""
    data = list_programmes()
    table = Table()
    for title in (
        Text("项目", "programme"),
        Text("级别", "level"),
        Text("版本", "version"),
        Text("文件", "document"),
        Text("施行", "from"),
        Text("至", "to"),
        Text("哈希", "hash"),
    ):
        table.add_column(shell.say(title))
    for row in data["rows"]:
        cells = [row[name] for name in ("id", "level", "version", "document", "from", "to")]
        table.add_row(*[cell or "" for cell in cells], row["hash"][:12])
    return Result(data, table)


@programme.command(epilog="Example:  suanquan programme show hubei --on 2022-11-01")
@click.argument("programme_id", metavar="ID")
@click.option("--on", "on", metavar="DATE", help="The version in force on a day (default: newest).")
@answers
def show(shell: Shell, programme_id: str, on: str | None) -> Result:
    """Show a version with every value, its clause and its grade of evidence."""
    (chosen,) = select_programmes([programme_id])
    day: date | None = parse_date(on) if on else None
    data = describe(chosen, day, language=shell.language)
    table = Table(title=f"{data['name']}　{data['document']}")
    for title in (
        Text("取值", "value of"),
        Text("值", "value"),
        Text("条款", "clause"),
        Text("等级", "grade"),
    ):
        table.add_column(shell.say(title), overflow="fold")
    for value in data["values"]:
        table.add_row(value["what"], _shown(value["value"]), value["clause"], value["grade"])
    return Result(data, table)


def _shown(value: object) -> str:
    """Return a value of a rule as a person reads it."""
    return value if isinstance(value, str) else str(value)


@programme.command(
    "preview",
    epilog="""\b
Examples:
  suanquan programme preview --case case.json
  suanquan programme preview --case case.json --programme hubei --programme wuhan --json""",
)
@click.option("--case", "case_file", type=click.Path(path_type=Path), required=True)
@click.option("--programme", "programmes", multiple=True, metavar="ID", help="Only these.")
@answers
def preview_(shell: Shell, case_file: Path, programmes: tuple[str, ...]) -> Result:
    """Decide on a case written by hand; needs no database."""
    data = preview(case_file.read_bytes(), programmes, language=shell.language)
    parts = [_decision(shell, decision) for decision in data["decisions"]]
    return Result(data, Group(*parts, _plans(shell, data["plans"])))


STATUSES = {
    "eligible": Text("符合", "eligible"),
    "ineligible": Text("不符合", "not eligible"),
    "undetermined": Text("待补充", "undetermined"),
}


def _decision(shell: Shell, decision: dict[str, Any]) -> Group:
    """Return one decision with its steps and reasons."""
    amount = decision["amount_fen"]
    said = shell.say(STATUSES[decision["status"]])
    head = f"\n{decision['programme']}: {said}"
    if amount is not None:
        head += f"  ¥{render_yuan(amount)}"
    steps = Table(show_header=False, box=None, padding=(0, 2))
    for step in decision["steps"]:
        value = step["value"]
        money = step["unit"] == "fen" and isinstance(value, int)
        shown = f"¥{render_yuan(value)}" if money else f"{value} {step['unit']}"
        steps.add_row(step["what"], shown, f"{step['clause']} [{step['grade']}]")
    reasons = [f"  - {one['message']} ({one['clause']})" for one in decision["reasons"]]
    return Group(head, steps, *reasons)


def _plans(shell: Shell, plans: list[dict[str, Any]]) -> Table:
    """Return the combinations, best first."""
    table = Table(title=shell.say(Text("组合，最优在前", "Combinations, best first")))
    table.add_column(shell.say(Text("组合", "combination")))
    table.add_column(shell.say(Text("合计（元）", "total, CNY")), justify="right")
    table.add_column(shell.say(Text("理由", "reason")), overflow="fold")
    for one in plans:
        total = render_yuan(one["total_fen"]) if one["lawful"] else "—"
        table.add_row(" + ".join(one["programmes"]), total, one["reason"] or "")
    return table
