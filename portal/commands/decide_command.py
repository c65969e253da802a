"""`suanquan programme decide`: what each programme would pay an enterprise, from the ledger."""

from typing import Any

import click
from rich.console import Group

from ledger.events.data import YEAR_MAX, YEAR_MIN
from ledger.identifiers import check_credit_code_form
from ledger.text import Text
from portal.commands.adoption_commands import render_rules
from portal.commands.programme_commands import show_decision, show_plans
from portal.commands.usage_command import parse_sizes, snapshot_at
from portal.enterprises.known import require_known
from portal.options import answers
from portal.shell import Result, Shell
from vouchers.adoption import choose, require_same
from vouchers.case import encode_case
from vouchers.render import render_ruling
from vouchers.ruling import day_to_apply, rule_on


@click.command(
    epilog="""\b
Examples:
  suanquan programme decide 91420100MA4K2XY18X --year 2022
  suanquan programme decide 91420100MA4K2XY18X --on 2022-11-01 --programme hubei --json
  suanquan programme decide 91420100MA4K2XY18X --year 2022 --as-of usage=20000 --as-of book=120"""
)
@click.argument("enterprise", metavar="ENTERPRISE")
@click.option(
    "--year",
    type=click.IntRange(YEAR_MIN, YEAR_MAX),
    help="Applies on its last day (default: the year of its newest invoice).",
)
@click.option("--on", "on", metavar="DATE", help="Applies on this day.")
@click.option("--as-of", multiple=True, metavar="LOG=SIZE", help="As known at that log size.")
@click.option("--programme", "programmes", multiple=True, metavar="ID", help="Only these.")
@answers
def decide(shell: Shell, enterprise: str, **options: Any) -> Result:  # noqa: ANN401 - the options
    """Decide on an enterprise's case as the ledger knows it, or as it was known at earlier sizes.

    The rules are those that the book had adopted by then. The case can be saved and given to
    `programme preview`.
    """
    check_credit_code_form(enterprise)
    snapshot = snapshot_at(shell, parse_sizes(options["as_of"]))
    require_known(snapshot, enterprise)
    rules = require_same(snapshot.book)
    account = snapshot.book.account(enterprise)
    apply_on = day_to_apply(account, options["year"], options["on"])
    chosen = choose(rules, options["programmes"])
    usage = snapshot.usage.get(enterprise, [])
    ruling = rule_on(snapshot.book, account, usage, apply_on, chosen)
    data = {
        "enterprise": enterprise,
        "name": account.name,
        "case": encode_case(ruling.case),
        **render_ruling(ruling, shell.language),
        "as_of": [{"log": head.name, "size": head.size} for head in snapshot.heads],
        "rules": render_rules(rules, snapshot.book),
    }
    title = Text(f"{account.name}，按 {apply_on} 申请", f"{account.name}, applying on {apply_on}")
    parts = [show_decision(shell, ruling.case, *one) for one in ruling.decisions]
    return Result(data, Group(shell.say(title), "", *parts, show_plans(shell, ruling)))
