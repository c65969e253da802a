"""`suanquan claim`: hand in, look, act, and see what waits."""

from typing import BinaryIO, Final

import click

from ledger.read import read_heads
from portal.acting import acting, look
from portal.claim_reading import read_claim, render_claim, require_visible
from portal.claim_view import show_claim
from portal.desk import act_on, find_claim, is_repeat, open_desk
from portal.options import answers
from portal.shell import Result, Shell
from vouchers.claims.requests import REQUESTS, parse_request
from vouchers.claims.table import Action

# A request is a few reasons; a claim's file has a limit of its own.
REQUEST_BYTES_MAX: Final = 1_000_000


@click.group()
def claim() -> None:
    """Claims: hand in, check, approve, give notice, pay."""


@claim.command(epilog="Example:  suanquan claim show SQ-7K3M9XQ2 --json")
@click.argument("claim_id", metavar="ID")
@answers
def show(shell: Shell, claim_id: str) -> Result:
    """Show a claim with its history and what you may do now."""
    with shell.reading() as connection:
        roster, actor = look(connection)
        read = read_claim(connection, claim_id, read_heads(connection)["book"].size)
    require_visible(read, roster, actor.person)
    data = render_claim(read, roster, actor.person, shell.language)
    return Result(data, show_claim(shell, data))


@claim.command(
    epilog="""\b
Examples:
  suanquan claim act SQ-7K3M9XQ2 check --file marks.json
  suanquan claim act SQ-7K3M9XQ2 return --file remarks.json --seen 3
  suanquan claim act SQ-7K3M9XQ2 reject --reason "not a compute service"
  suanquan claim act SQ-7K3M9XQ2 approve --on 2022-12-05

\b
With --seen N, the number of steps that `claim show` told, an act on a claim that has moved since is
refused with what happened, and the same act once more changes nothing."""
)
@click.argument("claim_id", metavar="ID")
@click.argument("action", type=click.Choice(sorted(REQUESTS)), metavar="ACTION")
@click.option("--file", "file", type=click.File("rb"), help="What is asked, as JSON.")
@click.option("--reason", help="The reason, where that is all.")
@click.option("--seen", type=click.IntRange(min=1), help="How many steps you saw.")
@click.option("--on", "on", metavar="DATE", help="The day that counts, for officials.")
@answers
def act(
    shell: Shell,
    *,
    claim_id: str,
    action: Action,
    file: BinaryIO | None,
    reason: str | None,
    seen: int | None,
    on: str | None,
) -> Result:
    """Do one act on a claim: return, cut, check, approve, reject, object, settle, clear, pay."""
    raw = file.read(REQUEST_BYTES_MAX) if file else None
    request = parse_request(action, raw, reason)
    with acting(shell) as one:
        desk = open_desk(one, on)
        read = find_claim(desk, claim_id)
        if seen is None or not is_repeat(desk, read, seen, action, request):
            act_on(desk, read, action, request)
        data = render_claim(read, one.roster, one.name, shell.language)
    return Result(data, show_claim(shell, data))
