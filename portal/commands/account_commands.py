"""`suanquan user invite`, `sessions`, `sign-out`, `linked`, `unlink`: signing in to the portal."""

from collections.abc import Iterable
from typing import Any

import click
from rich.table import Table

from ledger.events import Renewal
from ledger.events.people import check_person
from ledger.period import render_instant
from ledger.sessions import end_sessions_of
from ledger.text import Text
from portal.accounts.invitations import Link, invite
from portal.accounts.sessions import list_sessions
from portal.accounts.sign_on import find_linked_of
from portal.accounts.sign_on import unlink as take_away
from portal.acting import acting, look, not_allowed
from portal.options import answers
from portal.shell import Result, Shell, now_ms


@click.command(
    "invite",
    epilog="""\b
Examples:
  suanquan user invite gh-0412                    # a first password, or another one
  suanquan user invite gh-0412 --second-factor    # for somebody who lost his phone

\b
Whoever has the link sets the password: hand it over in person, or by a way that is safe.""",
)
@click.argument("name")
@click.option(
    "--second-factor", is_flag=True, help="Take the second factor away, to be set up anew."
)
@answers
def invite_(shell: Shell, name: str, *, second_factor: bool) -> Result:
    """Give a link to the portal, shown once, by which a person sets a password within 72 hours.

    An administrator invites others. The console of the ledger's machine may do so without a token
    while no administrator has an account; an administrator's own is renewed by himself.
    """
    check_person(name)
    renews: Renewal = "second_factor" if second_factor else "password"
    with acting(shell, anonymous=True) as act:
        link = invite(act, name, renews)
    address = link.address(shell.settings.public_url)
    data = {"name": name, "renews": renews, "link": address, "expires_at": link.expires_at}
    return Result(data, "\n".join(link_lines(shell, link)))


def link_lines(shell: Shell, link: Link, address: str = "") -> list[str]:
    """Return a link as it is opened, shown this once.

    `address` is where the portal is served, for one that nobody has said how it is reached.
    """
    told = Text(
        f"{link.person} 的邀请链接只显示这一次，只能用一次，{link.expires_at} 到期：",
        f"{link.person}'s link is shown this once, serves once, and expires at {link.expires_at}:",
    )
    return [shell.say(told), link.address(shell.settings.public_url or address)]


@click.command(epilog="Example:  suanquan user sessions --json")
@answers
def sessions(shell: Shell) -> Result:
    """List who has signed in to the portal; for administrators and auditors."""
    at_ms = now_ms()
    with shell.reading("keep") as connection:
        look(shell, connection, ("administrator", "auditor"), alone=True)
    rows = [
        {
            "name": row.person,
            "signed_in_at": render_instant(row.created_at_ms),
            "seen_at": render_instant(row.seen_at_ms),
            "expires_at": render_instant(row.expires_at_ms),
        }
        for row in list_sessions(shell, at_ms)
    ]
    if not rows:
        return Result({"rows": rows}, shell.say(Text("没有人登录", "Nobody has signed in.")))
    titles = (
        Text("账号", "account"),
        Text("登录", "signed in"),
        Text("最近", "last seen"),
        Text("最迟结束", "ends by"),
    )
    return Result({"rows": rows}, _table(shell, titles, rows))


def _table(shell: Shell, titles: Iterable[Text], rows: Iterable[dict[str, Any]]) -> Table:
    """Return rows for a person."""
    table = Table()
    for title in titles:
        table.add_column(shell.say(title), no_wrap=True)
    for row in rows:
        table.add_row(*row.values())
    return table


@click.command("sign-out", epilog="Example:  suanquan user sign-out gh-0412")
@click.argument("name")
@answers
def sign_out(shell: Shell, name: str) -> Result:
    """End all sessions of a person: one's own, or as an administrator anybody's."""
    check_person(name)
    with acting(shell, alone=True) as act:
        if name != act.name and not act.roster.has(act.name, "administrator"):
            raise not_allowed(Text(f"{act.name} 不是管理员", f"{act.name} is no administrator"))
        ended = end_sessions_of(act.connection, name)
    shown = Text(f"已结束 {name} 的 {ended} 个会话", f"ended {ended} sessions of {name}")
    return Result({"name": name, "ended": ended}, shell.say(shown))


@click.command("linked", epilog="Example:  suanquan user linked --json")
@answers
def linked(shell: Shell) -> Result:
    """List whose account is linked to an identity provider; for administrators and auditors."""
    rows = [
        {
            "name": one.person,
            "issuer": one.issuer,
            "subject": one.subject,
            "linked_at": render_instant(one.linked_at_ms),
        }
        for one in find_linked_of(shell)
    ]
    if not rows:
        none = Text("没有绑定统一身份的账号", "No account is linked to an identity provider.")
        return Result({"rows": rows}, shell.say(none))
    titles = (
        Text("账号", "account"),
        Text("认证平台", "issuer"),
        Text("平台内标识", "subject"),
        Text("绑定时间", "linked at"),
    )
    return Result({"rows": rows}, _table(shell, titles, rows))


@click.command("unlink", epilog="Example:  suanquan user unlink gh-0412")
@click.argument("name")
@answers
def unlink(shell: Shell, name: str) -> Result:
    """Take an account's link to an identity provider away and end its sessions.

    One's own, beside a password, or as an administrator anybody's.
    """
    with acting(shell, alone=True) as act:
        ended = take_away(act, name)
    shown = Text(f"已解除 {name} 的 {ended} 个绑定", f"took {ended} links of {name} away")
    return Result({"name": name, "unlinked": ended}, shell.say(shown))
