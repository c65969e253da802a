"""`suanquan user`: accounts, their roles and their tokens, all of them events of the book."""

from typing import Any, get_args

import click
from rich.table import Table

from ledger.erasable import read_roster
from ledger.events import SCOPES, Role, Scope
from ledger.period import render_instant
from ledger.read import read_heads
from ledger.rights import Grant
from ledger.roster import is_lapsed, lapses_at_ms
from ledger.text import Text
from portal.accounts.people import TITLES, give_role, take_role
from portal.acting import TOKEN_DAYS, acting, is_invitation, issue_token, not_allowed
from portal.options import answers
from portal.shell import Result, Shell, now_ms

ROLES = get_args(Role)


@click.group()
def user() -> None:
    """Accounts, roles and tokens."""


@user.command(
    epilog="""\b
Examples:
  suanquan user add gh-0001 --role administrator        # the first one, on the ledger's machine
  suanquan user add gh-0412 --role task_force --programme wuhan
  suanquan user add gh-0500 --role finance              # asks; another administrator says it again

\b
NAME stays in the log for ever: give a staff number, not somebody's own name."""
)
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--programme", help="Only for this programme; default: all.")
@click.option("--enterprise", help="Whose account it is, for the role enterprise.")
@answers
def add(
    shell: Shell, name: str, role: Role, programme: str | None, enterprise: str | None
) -> Result:
    """Grant a role; a new account gets an invitation, shown once, for `user token`.

    A role that moves money, and an administrator's after the second, is asked for by one
    administrator and granted when another one gives the same command.
    """
    with acting(shell, anonymous=True) as act:
        grant = Grant(role, programme or enterprise)
        granted = give_role(act, name, grant)
        token = expires_at = None
        if granted and name not in act.roster.tokens:
            token, expires_at = issue_token(act, name)
    data: dict[str, Any] = {
        "name": name,
        **grant._asdict(),
        "state": "granted" if granted else "requested",
        "token": token,
        "expires_at": expires_at,
    }
    return Result(data, "\n".join(_added_lines(shell, data)))


def _added_lines(shell: Shell, data: dict[str, Any]) -> list[str]:
    """Return what became of a role, and what to do next."""
    name, role = data["name"], shell.say(TITLES[data["role"]])
    if data["state"] == "requested":
        asked = Text(
            f"已申请授予 {name} 角色“{role}”；请另一名管理员运行同一命令",
            f"asked for {role} for {name}; another administrator has to give the same command",
        )
        return [shell.say(asked)]
    lines = [shell.say(Text(f"{name}：{role}", f"{name}: {role}"))]
    return lines + (_token_lines(shell, data) if data["token"] else [])


def _token_lines(shell: Shell, data: dict[str, Any]) -> list[str]:
    """Return a token as it is to be used, shown this once."""
    told = Text(
        f"令牌只显示这一次，{data['expires_at']} 到期：",
        f"The token is shown this once and expires at {data['expires_at']}:",
    )
    return [shell.say(told), f"export SUANQUAN_TOKEN={data['token']}"]


@user.command(
    epilog="""\b
Examples:
  suanquan user token              # a new token for oneself, in place of the one in use
  suanquan user token gh-0412      # an invitation for somebody who lost his
  suanquan user token --scope read --scope claim --days 30      # for a program of one's own

\b
Scopes are for the interface /api/v1: read looks; claim applies, files and answers; review works on
claims and notices; money orders payments and moves funds. A token that names some of them records
by no command. One that names none is for commands, and only reads in the interface."""
)
@click.argument("name", required=False)
@click.option("--days", type=click.IntRange(1, 366), default=TOKEN_DAYS, show_default=True)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    help="What a program may do with it; may be given again.",
)
@answers
def token(shell: Shell, name: str | None, days: int, scopes: tuple[Scope, ...]) -> Result:
    """Issue a token, shown once, in place of the one before.

    The console of the ledger's machine may do so without a token while no administrator has one.
    """
    with acting(shell, anonymous=name is not None, exchanging=True) as act:
        person = name or act.name
        held = act.roster.tokens.get(act.name)
        if shell.person is None and held and is_invitation(held) and person != act.name:
            raise not_allowed(
                Text("代发的令牌只能用于换领自己的", "an invitation is for one's own token only")
            )
        if scopes and person != act.name:
            raise not_allowed(
                Text("权限由持有人换领时选择", "its holder chooses scopes when he exchanges it")
            )
        chosen = tuple(one for one in SCOPES if one in scopes)
        made, expires_at = issue_token(act, person, days, chosen)
    data = {"name": person, "token": made, "expires_at": expires_at, "scopes": list(chosen)}
    return Result(data, "\n".join(_token_lines(shell, data)))


@user.command(epilog="Example:  suanquan user revoke gh-0412 --role task_force")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--programme", help="As it was granted.")
@click.option("--enterprise", help="As it was granted.")
@answers
def revoke(
    shell: Shell, name: str, role: Role, programme: str | None, enterprise: str | None
) -> Result:
    """Take a role away; who holds none has no use of his token any more, and is signed out."""
    grant = Grant(role, programme or enterprise)
    with acting(shell) as act:
        take_role(act, name, grant)
    shown = Text(f"{name} 不再是{TITLES[role].zh}", f"{name} is no longer {TITLES[role].en}")
    return Result({"name": name, **grant._asdict(), "state": "revoked"}, shell.say(shown))


@user.command("list", epilog="Example:  suanquan user list --json")
@answers
def list_(shell: Shell) -> Result:
    """List accounts with roles and tokens' expiry by name, and the roles that were asked for."""
    with shell.reading() as connection:
        roster = read_roster(connection, read_heads(connection)["book"].size)
    rows: list[dict[str, Any]] = []
    for name in sorted(roster.grants):
        issued = roster.tokens.get(name)
        rows.append(
            {
                "name": name,
                "roles": [grant._asdict() for grant in _in_order(roster.grants[name])],
                "token_expires_at": issued.expires_at if issued else None,
                "token_issued_by": issued.issued_by if issued else None,
                "token_scopes": list(issued.scopes) if issued else None,
            }
        )
    at = render_instant(now_ms())
    requests = [
        {
            "name": name,
            **grant._asdict(),
            "requested_by": one.requested_by,
            "lapses_at": render_instant(lapses_at_ms(one)),
        }
        for (name, grant), one in roster.role_requests.items()
        if not is_lapsed(one, at)
    ]
    return Result({"rows": rows, "requests": requests}, _table(shell, rows, requests))


def _in_order(grants: set[Grant]) -> list[Grant]:
    """Return roles in the order of their names."""
    return sorted(grants, key=lambda one: tuple(part or "" for part in one))


def _table(shell: Shell, rows: list[dict[str, Any]], requests: list[dict[str, Any]]) -> Table | str:
    """Return accounts and open requests for a person."""
    if not rows:
        none = Text(
            "还没有账号。首个管理员：suanquan user add 账号名 --role administrator",
            "There are no accounts. The first: suanquan user add NAME --role administrator",
        )
        return shell.say(none)
    table = Table()
    table.add_column(shell.say(Text("账号", "account")), no_wrap=True)
    table.add_column(shell.say(Text("角色", "roles")), overflow="fold")
    table.add_column(shell.say(Text("令牌到期", "token expires")), no_wrap=True)
    for row in rows:
        roles = ", ".join(_role_shown(shell, one) for one in row["roles"])
        table.add_row(row["name"], roles, row["token_expires_at"] or "")
    for one in requests:
        asked = Text(
            f"待同意（{one['requested_by']} 提出，{one['lapses_at']} 失效）",
            f"asked for by {one['requested_by']}, lapses at {one['lapses_at']}",
        )
        table.add_row(one["name"], f"{_role_shown(shell, one)}: {shell.say(asked)}", "")
    return table


def _role_shown(shell: Shell, one: dict[str, Any]) -> str:
    """Return a role with what it is limited to."""
    scope = one["scope"]
    title = shell.say(TITLES[one["role"]])
    return f"{title} ({scope})" if scope else title
