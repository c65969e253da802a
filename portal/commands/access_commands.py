"""`suanquan access`: who read what of which enterprise."""

from typing import Final

import click
from rich.table import Table

from ledger.text import Text
from portal.audit.access_list import Wanted, access_row, list_accesses
from portal.options import answers
from portal.shell import Result, Shell

# A screen or two; a program asks for more at a time.
ROWS: Final = 50
ROWS_MAX: Final = 200


@click.group()
def access() -> None:
    """Who was shown, or took with him, what belongs to an enterprise."""


@access.command(
    "list",
    epilog="Examples:  suanquan access list --enterprise 91420100MA4K2XY18X"
    "    suanquan access list --person gh-0412 --before 2000 --json",
)
@click.option("--person", default="", metavar="NAME", help="Of this account alone.")
@click.option("--enterprise", default="", metavar="CODE", help="To what is this enterprise's.")
@click.option("--before", type=click.IntRange(min=0), help="Go on below this entry of the log.")
@click.option("--limit", type=click.IntRange(1, ROWS_MAX), default=ROWS, help="At most so many.")
@answers
def list_(shell: Shell, *, person: str, enterprise: str, before: int | None, limit: int) -> Result:
    """List accesses, the newest first."""
    wanted = Wanted(person, enterprise.upper())
    with shell.auditing() as connection:
        found, following = list_accesses(connection, wanted, limit, before)
    rows = [access_row(one) for one in found]
    table = Table()
    for heading in _HEADINGS:
        table.add_column(shell.say(heading), overflow="fold")
    for row in rows:
        named = ("at", "person", "enterprise", "access", "place", "way", "index")
        table.add_row(*(_cell(shell, row[name]) for name in named))
    empty = shell.say(Text("没有访问记录。", "There are no accesses."))
    return Result({"rows": rows, "next": following}, table if rows else empty)


_HEADINGS: Final = (
    Text("时间", "when"),
    Text("账号", "person"),
    Text("企业", "enterprise"),
    Text("方式", "access"),
    Text("地址", "address"),
    Text("途径", "way"),
    Text("条目", "entry"),
)

ACCESS_NAMES: Final = {
    "read": Text("查看", "read"),
    "downloaded": Text("下载", "downloaded"),
    "page": Text("网页", "page"),
    "program": Text("接口", "program"),
}


def _cell(shell: Shell, value: str | int | None) -> str:
    """Return a cell of the table."""
    if value is None:
        return "—"
    return shell.say(ACCESS_NAMES[value]) if value in ACCESS_NAMES else str(value)
