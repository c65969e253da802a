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
from vouchers.case import Case
from vouchers.catalogue import select_programmes
from vouchers.decision import Decision
from vouchers.improve import improve
from vouchers.names import LEVELS, STATUSES
from vouchers.programme import Programme, Version
from vouchers.render import (
    choose_version,
    describe,
    judge,
    list_programmes,
    render_ruling,
)
from vouchers.ruling import Ruling
from vouchers.showing import name_field, show_field, tell
from vouchers.strict_json import DOCUMENT_BYTES_MAX
from vouchers.values import walk
from vouchers.wording import cite


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
    for path, cited in walk(version):
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
    parts = [show_decision(shell, ruling.case, *one) for one in ruling.decisions]
    return Result(data, Group(*parts, show_plans(shell, ruling)))


def show_decision(shell: Shell, case: Case, programme: Programme, decision: Decision) -> Group:
    """Return one decision with its steps, its reasons and what would change it."""
    name, status = programme.name, STATUSES[decision.status]
    zh, en = f"{name.zh}：{status.zh}", f"{name.en}: {status.en}"
    if decision.amount_fen is not None:
        amount = render_yuan(decision.amount_fen)
        zh, en = f"{zh}，{amount} 元", f"{en}, CNY {amount}"
    steps = Table.grid(padding=(0, 1))
    steps.add_column(justify="right", style="dim")
    steps.add_column(overflow="fold")
    for number, sentence in enumerate(tell(decision.steps), start=1):
        steps.add_row(f"{number}.", shell.say(sentence))
    reasons = [RichText(f"  - {shell.say(cite(one))}") for one in decision.reasons]
    hopes = [
        RichText(f"  → {shell.say(one.message)}", style="green")
        for one in improve(programme, case, decision)
    ]
    return Group(RichText(shell.say(Text(zh, en)), style="bold"), steps, *reasons, *hopes, "")


def show_plans(shell: Shell, ruling: Ruling) -> Table:
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
