"""`suanquan voucher`: take a voucher out for a year, and see what is left of each."""

from typing import Any

import click
from rich.table import Table

from ledger.accepted import read_accepted
from ledger.credit_codes import require_code
from ledger.money import render_yuan
from ledger.read import read_heads
from ledger.text import Text
from portal.acting import acting, look
from portal.claims.desk import open_desk
from portal.claims.reading import Viewer
from portal.claims.voucher import Voucher, list_vouchers
from portal.claims.voucher import grant as grant_now
from portal.options import answers
from portal.shell import Result, Shell
from vouchers.claims.authorise import may_see


@click.group()
def voucher() -> None:
    """Vouchers (算力券): take out a year's quota, see what is drawn and left."""


@voucher.command(
    epilog="Example:  suanquan voucher grant 91420100MA4K2XY18X --programme hubei --year 2022"
)
@click.argument("enterprise")
@click.option("--programme", required=True, metavar="ID")
@click.option("--year", type=int, help="Default: the year of a claim made today.")
@click.option("--on", "on", metavar="DATE", help="The day that counts, for officials.")
@answers
def grant(
    shell: Shell, *, enterprise: str, programme: str, year: int | None, on: str | None
) -> Result:
    """Take out (申领) an enterprise's voucher for a year: its quota is the rule's yearly cap.

    The enterprise does so, or the task force for it. A voucher that is there already stays as it
    is. The first claim of a year takes out what was not before.
    """
    with acting(shell, enterprise) as act:
        granted = grant_now(open_desk(act, on), enterprise, programme, year)
    one = granted.voucher
    told = (
        Text(
            f"已申领 {one.programme} {one.year} 年度额度 {render_yuan(one.granted_fen)} 元",
            f"granted CNY {render_yuan(one.granted_fen)} of {one.programme} {one.year}",
        )
        if granted.is_new
        else Text(
            f"{one.programme} {one.year} 年度此前已申领，余 {render_yuan(one.left_fen)} 元",
            f"{one.programme} {one.year} was granted before: CNY {render_yuan(one.left_fen)} left",
        )
    )
    return Result({**_row(one), "recorded": int(granted.is_new)}, shell.say(told))


@voucher.command(
    "list",
    epilog="""\b
Examples:
  suanquan voucher list 91420100MA4K2XY18X
  suanquan voucher list --json""",
)
@click.argument("enterprise", required=False)
@answers
def list_(shell: Shell, enterprise: str | None) -> Result:
    """List the vouchers that you may see, by enterprise, programme and year.

    An enterprise sees its own.
    """
    with shell.reading() as connection:
        roster, actor = look(shell, connection)
        viewer = Viewer(roster, actor)
        if enterprise is not None:
            require_code(enterprise, read_accepted(connection))
        wanted = None if enterprise is None else [enterprise]
        if wanted is None and not viewer.is_insider():
            scopes = (one.scope for one in roster.grants.get(actor, ()))
            wanted = sorted(one for one in scopes if one is not None)
        found = list_vouchers(connection, read_heads(connection)["book"].size, wanted)
    rows = [_row(one) for one in found if may_see(*viewer, one.enterprise, one.programme)]
    if not rows:
        none = Text(
            "没有算力券。可用 suanquan voucher grant 申领。",
            "There are no vouchers. Take one out with suanquan voucher grant.",
        )
        return Result({"rows": rows}, shell.say(none))
    table = Table()
    for title in (Text("企业", "enterprise"), Text("项目", "programme"), Text("年度", "year")):
        table.add_column(shell.say(title), no_wrap=True)
    for title in (
        Text("额度（元）", "granted, CNY"),
        Text("已使用", "drawn"),
        Text("余额", "left"),
        Text("已失效", "lapsed"),
    ):
        table.add_column(shell.say(title), justify="right", no_wrap=True)
    for row in rows:
        named = (row["enterprise"], row["programme"], str(row["year"]))
        amounts = ("granted_fen", "drawn_fen", "left_fen", "lapsed_fen")
        table.add_row(*named, *(render_yuan(row[name]) for name in amounts))
    return Result({"rows": rows}, table)


def _row(one: Voucher) -> dict[str, Any]:
    """Return a voucher's keys of the command line."""
    return one._asdict()
