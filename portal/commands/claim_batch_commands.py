"""`suanquan claim tick` and `claim clawbacks`: what time and red invoices bring about."""

from typing import Any

import click
from rich.console import Group
from rich.table import Table

from ledger.events import Role
from ledger.money import render_yuan
from ledger.read import read_heads
from ledger.roster import Roster
from ledger.text import Text
from portal.acting import at_console, look, require_nobody
from portal.claims.batch import Done
from portal.claims.clawback import list_clawbacks
from portal.claims.desk import open_desk
from portal.claims.tick import tick as tick_now
from portal.options import answers
from portal.shell import Result, Shell
from vouchers.claims.clawback import Clawback

_SEEING: tuple[Role, ...] = ("task_force", "authority", "auditor")


@click.command(epilog="Example:  suanquan claim tick --json")
@click.option("--on", "on", metavar="DATE", help="The day that counts (default: today).")
@answers
def tick(shell: Shell, on: str | None) -> Result:
    """Do what the day brings about: clear after notices, let returned claims and vouchers lapse.

    For a daily job on the ledger's machine, without a token. Doing it again changes nothing.
    """
    require_nobody(shell)
    with at_console(shell) as act:
        desk = open_desk(act, on, machine=True)
        ticked = tick_now(desk)
    vouchers = [
        {
            "enterprise": one.enterprise,
            "programme": one.programme,
            "year": one.year,
            "amount_fen": one.left_fen,
        }
        for one in ticked.vouchers
    ]
    data = {
        "on": desk.day,
        "cleared": _ids(ticked.cleared),
        "lapsed": _ids(ticked.lapsed),
        "vouchers": vouchers,
        "left_out": [*ticked.cleared.rows(shell.language), *ticked.lapsed.rows(shell.language)],
    }
    cleared, lapsed, gone = len(data["cleared"]), len(data["lapsed"]), len(vouchers)
    told = Text(
        f"{desk.day}：公示期满确认 {cleared} 项，申请失效 {lapsed} 项，算力券余额失效 {gone} 张",
        f"{desk.day}: {cleared} claims cleared, {lapsed} lapsed, {gone} vouchers lapsed",
    )
    return Result(data, shell.say(told))


def _ids(done: Done) -> list[str]:
    """Return the claims on which something was done."""
    return [one.claim.claim for one in done.reads]


@click.command(
    epilog="""\b
Example:
  suanquan claim clawbacks --programme hubei
Record one with: suanquan claim act ID assess --file assess.json
with {"amount_fen": …, "document": "…", "reason": "…"}"""
)
@click.option("--programme", metavar="ID")
@answers
def clawbacks(shell: Shell, programme: str | None) -> Result:
    """List paid claims whose invoices were reversed since, with what is to come back (追缴).

    Each is worked out again on what the red invoices leave, without interest; the authority decides
    and gives the document's number.
    """
    with shell.reading() as connection:
        roster, actor = look(shell, connection, _SEEING)
        seen = _programmes(roster, actor, programme)
        size = read_heads(connection)["book"].size
        found = list(list_clawbacks(connection, seen, size))
    rows = [_row(shell, one) for one in found]
    if not rows:
        none = Text("没有需要追缴的申请", "nothing is to be claimed back")
        return Result({"rows": rows}, shell.say(none))
    table = Table()
    for title in (Text("申请", "claim"), Text("企业", "enterprise"), Text("项目", "programme")):
        table.add_column(shell.say(title), no_wrap=True)
    table.add_column(shell.say(Text("应追缴（元）", "CNY")), justify="right", no_wrap=True)
    table.add_column(shell.say(Text("理由", "reason")), overflow="fold")
    for one in found:
        amount = "–" if one.amount_fen is None else render_yuan(one.amount_fen)
        table.add_row(one.claim, one.enterprise, one.programme, amount, shell.say(one.reason))
    return Result({"rows": rows}, Group(table))


def _programmes(roster: Roster, person: str, wanted: str | None) -> list[str] | None:
    """Return the programmes whose clawbacks somebody may see, None for all."""
    held = [one for one in roster.grants.get(person, ()) if one.role in _SEEING]
    if any(one.scope is None for one in held):
        return None if wanted is None else [wanted]
    scopes = sorted(one.scope for one in held if one.scope is not None)
    return [one for one in scopes if wanted in (None, one)]


def _row(shell: Shell, one: Clawback) -> dict[str, Any]:
    """Return a clawback's keys of the command line."""
    return {
        "id": one.claim,
        "enterprise": one.enterprise,
        "programme": one.programme,
        "invoices": list(one.invoices),
        "paid_fen": one.paid_fen,
        "due_fen": one.due_fen,
        "amount_fen": one.amount_fen,
        "reason": shell.say(one.reason),
    }
