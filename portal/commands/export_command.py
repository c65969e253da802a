"""`suanquan statement export`: an issued statement again, as PDF, XLSX, CSV, JSON or HTML."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import click

from ledger.secret import write_file
from ledger.text import Text
from portal.commands.trace_command import require_issue
from portal.options import answers
from portal.out_file import write_out
from portal.shell import Result, Shell
from reports.formats import FORMATS, Format
from reports.issue import Issued, Press, path_in
from reports.remake import remake, remake_one, render_again


@click.command(
    epilog="""\b
Examples:
  suanquan statement export SQ-C-2022-07-91420100MA4K2XY18X-1 --format xlsx --out july.xlsx
  suanquan statement export SQ-C-2022-07-91420100MA4K2XY18X-1 --format html --out july.html

\b
The statement is made again from the logs at the sizes that it saw. With HTML, --lang says which
language comes first; the other formats are the same in either."""
)
@click.argument("number", metavar="ID")
@click.option("--format", "form", type=click.Choice(FORMATS), required=True)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", required=True
)
@answers
def export(shell: Shell, number: str, form: Format, out: Path) -> Result:
    """Write an issued statement in another format, made again from the logs."""
    press = shell.press()
    with shell.auditing() as connection:
        _, issued = require_issue(connection, number)
        content = remake_one(connection, issued)
    made = render_again(issued, content, form, press.fonts, shell.language)
    write_out(out, made)
    sha256 = hashlib.sha256(made).hexdigest()
    data = {"id": number, "format": form, "path": str(out), "bytes": len(made), "sha256": sha256}
    return Result(data, shell.say(Text(f"已写入 {out}", f"written to {out}")))


def write_beside(
    shell: Shell, press: Press, issued: Sequence[Issued], others: Sequence[Format]
) -> None:
    """Write what is not there yet of the formats that stand beside a PDF."""
    missing = {
        one.data.statement: forms
        for one in issued
        if (forms := [form for form in others if not path_in(press.home, one, form).exists()])
    }
    wanted = [one for one in issued if one.data.statement in missing]
    if not wanted:
        return
    with (
        shell.auditing() as connection,
        shell.progress(Text("写出其他格式", "writing other formats"), len(wanted)) as step,
    ):
        for one, content in remake(connection, wanted):
            for form in missing[one.data.statement]:
                made = render_again(one, content, form, press.fonts)
                write_file(path_in(press.home, one, form), made)
            step(1)
