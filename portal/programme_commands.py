"""`suanquan programme`: which rules there are, what they say, what they would pay on a case."""

from datetime import date
from pathlib import Path

import click
from rich.console import Group
from rich.table import Table
from rich.text import Text as RichText

from ledger.money import render_yuan
from ledger.period import parse_date
from ledger.text import Text
from portal.options import answers
from portal.shell import Result, Shell
from vouchers.catalogue import select_programmes
from vouchers.decision import Decision
from vouchers.programme import Programme, Version
from vouchers.render import (
    choose_version,
    describe,
    judge,
    list_programmes,
    list_values,
    render_ruling,
)
from vouchers.ruling import Ruling
from vouchers.strict_json import DOCUMENT_BYTES_MAX
from vouchers.wording import LEVELS, STATUSES, cite, name_field, show_field
from vouchers.wording import show as show_step


@click.group()
def programme() -> None:
    """Read the rules and try them on a case."""


@programme.command("list", epilog="Example:  suanquan programme list --json")
@answers
def list_(shell: Shell) -> Result:
    """List every version of every programme, the higher level first."""
    data = list_programmes(language=shell.language)
    table = Table()
    for title, folds in (
        (Text("项目", "programme"), False),
        (Text("级别", "level"), False),
        (Text("版本", "version"), False),
        (Text("文件", "document"), True),
        (Text("施行", "from"), False),
        (Text("至", "to"), False),
    ):
        table.add_column(shell.say(title), overflow="fold", no_wrap=not folds)
    for row in data["rows"]:
        level = shell.say(LEVELS[row["level"]])
        cells = [row[name] or "" for name in ("version", "document", "from", "to")]
        table.add_row(row["id"], level, *cells)
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
    return Result(data, _values(shell, chosen, choose_version(chosen, day)))


def _values(shell: Shell, chosen: Programme, version: Version) -> Table:
    """Return every value of a version with its clause and grade, nested ones indented."""
    name, document = chosen.name, version.document
    title = Text(f"{name.zh}　{document.zh}", f"{name.en}, {document.en}")
    table = Table(title=shell.say(title))
    for heading in (Text("项目", "item"), Text("取值", "value"), Text("条款", "clause")):
        table.add_column(shell.say(heading), overflow="fold")
    table.add_column(shell.say(Text("等级", "grade")), no_wrap=True)
    for path, cited in list_values(version):
        indent = "　" * path.count(".conditions[")
        item, value = name_field(path, cited), show_field(path, cited)
        table.add_row(
            f"{indent}{shell.say(item)}", shell.say(value), shell.say(cited.clause), cited.grade
        )
    return table


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
    with case_file.open("rb") as file:
        ruling = judge(file.read(DOCUMENT_BYTES_MAX + 1), programmes)
    data = render_ruling(ruling, shell.language)
    parts = [_decision(shell, *one) for one in ruling.decisions]
    return Result(data, Group(*parts, _plans(shell, ruling)))


def _decision(shell: Shell, programme: Programme, decision: Decision) -> Group:
    """Return one decision with its steps and reasons."""
    name, status = programme.name, STATUSES[decision.status]
    zh, en = f"{name.zh}：{status.zh}", f"{name.en}: {status.en}"
    if decision.amount_fen is not None:
        amount = render_yuan(decision.amount_fen)
        zh, en = f"{zh}，{amount} 元", f"{en}, CNY {amount}"
    steps = Table(show_header=False, box=None)
    steps.add_column(overflow="fold")
    steps.add_column(no_wrap=True, justify="right")
    steps.add_column(overflow="fold")
    steps.add_column(no_wrap=True)
    for step in decision.steps:
        told = (step.what, show_step(step), step.clause)
        steps.add_row(*(shell.say(one) for one in told), step.grade)
    reasons = [RichText(f"  - {shell.say(cite(one))}") for one in decision.reasons]
    return Group(RichText(shell.say(Text(zh, en)), style="bold"), steps, *reasons, "")


def _plans(shell: Shell, ruling: Ruling) -> Table:
    """Return the combinations, best first."""
    names = {programme.id: shell.say(programme.name) for programme, _ in ruling.decisions}
    table = Table(title=shell.say(Text("组合，最优在前", "Combinations, best first")))
    table.add_column(shell.say(Text("组合", "combination")), overflow="fold")
    table.add_column(shell.say(Text("合计（元）", "total, CNY")), justify="right", no_wrap=True)
    table.add_column(shell.say(Text("理由", "reason")), overflow="fold")
    joint = shell.say(Text("＋", " + "))
    for one in ruling.plans:
        total = render_yuan(one.total_fen) if one.lawful and one.total_fen is not None else "—"
        reason = shell.say(cite(one.reason)) if one.reason else ""
        table.add_row(joint.join(names[member] for member in one.programmes), total, reason)
    return table
