"""Invitations: a link that serves once, by which a person sets how he signs in.

Who may give one to whom is the roster's to say, as with tokens, and stands in the book; the link's
secret is shown once and kept as a digest. A new password, or a new phone, is an invitation too.
Whoever accepts one has a password, or an identity (`sign_on`), and nothing of before.
"""

import secrets
from typing import Final, NamedTuple

from ledger.accounts import (
    Invitation,
    add_invitation,
    drop_second_factor,
    find_account,
    find_invitation,
    set_password,
    use_invitation,
)
from ledger.errors import RuleViolationError
from ledger.events import AccountInvited, AccountOpened, Renewal
from ledger.period import HOUR_MS, parse_instant, render_instant
from ledger.rights import Grant
from ledger.sessions import end_sessions_of
from ledger.sign_on import drop_linked
from ledger.text import Text
from portal.accounts.passwords import hash_password, require_good
from portal.accounts.people import grant_role
from portal.accounts.sessions import SECOND_FACTOR_ROLES, SECRET_BYTES, digest_of, read_rights
from portal.acting import Act, at_console, not_allowed
from portal.shell import Shell

# A weekend lies between somebody's asking on Friday and his opening the link on Monday.
INVITATION_HOURS: Final = 72

FIRST_ADMINISTRATOR: Final = "admin-1"


class Link(NamedTuple):
    """A link's secret, shown this once, whom it is for, and when it lapses."""

    secret: str
    person: str
    expires_at: str

    def address(self, public_url: str) -> str:
        """Return the link as it is opened; without an address of the portal, its path there."""
        return f"{public_url}/invitation/{self.secret}"


class Invited(NamedTuple):
    """Whom a link is for; `is_alone`: his password has to do without a second factor."""

    person: str
    is_alone: bool


def invite(act: Act, person: str, renews: Renewal = "password") -> Link:
    """Return a link for a person, in place of his last one.

    Raises `RuleViolationError` (`not_allowed`). Nobody who has signed in invites himself: a session
    that was left open would be worth as much as its owner's password.
    """
    if act.shell.person == person:
        raise not_allowed(
            Text(f"{person} 不能为自己重置登录", f"{person} cannot renew their own sign-in so")
        )
    secret = secrets.token_urlsafe(SECRET_BYTES)
    expires_at_ms = act.at_ms + INVITATION_HOURS * HOUR_MS
    expires_at = render_instant(expires_at_ms)
    act.record(
        AccountInvited(
            at=act.at, person=person, renews=renews, expires_at=expires_at, issued_by=act.name
        )
    )
    invitation = Invitation(person, renews, expires_at_ms)
    add_invitation(act.connection, digest_of(secret), invitation)
    return Link(secret, person, expires_at)


def look_at_invitation(shell: Shell, secret: str, now_ms: int) -> Invited:
    """Return whom a link is for; raises `RuleViolationError` (`unknown_invitation`)."""
    with shell.reading("keep") as connection:
        found = find_invitation(connection, digest_of(secret), now_ms)
        if found is None:
            raise _unknown_invitation()
        rights = read_rights(connection, found.person)
        account = find_account(connection, found.person)
    keeps_factor = account is not None and account.has_second_factor
    has_factor = rights.has(found.person, *SECOND_FACTOR_ROLES) or (
        keeps_factor and found.renews == "password"
    )
    return Invited(found.person, is_alone=not has_factor)


def accept_invitation(shell: Shell, secret: str, password: str, now_ms: int) -> str:
    """Return the person whose password it is from now on; his sessions are ended, the link is used.

    The shell is one in which nobody has signed in. Raises `RuleViolationError`
    (`unknown_invitation`), and as `require_good` does.
    """
    invited = look_at_invitation(shell, secret, now_ms)
    require_good(password, invited.person, is_alone=invited.is_alone)
    made = hash_password(password)
    with at_console(shell, at_ms=now_ms) as act:
        return open_account(act, digest_of(secret), made, now_ms)


def open_account(act: Act, digest: bytes, password_hash: str, set_at_ms: int) -> str:
    """Return whose account is opened by the link of a digest, which is used.

    By what he signed in with before, nobody does any more. Raises `RuleViolationError`
    (`unknown_invitation`).
    """
    found = find_invitation(act.connection, digest, act.at_ms)
    if found is None or not use_invitation(act.connection, digest):
        raise _unknown_invitation()
    act.record(AccountOpened(at=act.at, person=found.person))
    set_password(act.connection, found.person, password_hash, set_at_ms)
    drop_linked(act.connection, found.person)
    if found.renews == "second_factor":
        drop_second_factor(act.connection, found.person)
    end_sessions_of(act.connection, found.person)
    return found.person


def invite_first(shell: Shell, now_ms: int) -> Link | None:
    """Return a link for the first administrator while nobody can sign in and none is open.

    A new ledger has no password that somebody could know: whoever starts it reads the link.
    """
    with at_console(shell, at_ms=now_ms) as act:
        administrators = act.roster.administrators()
        if not administrators and act.roster.administrators_ever:
            return None
        if not administrators:
            grant_role(act, FIRST_ADMINISTRATOR, Grant("administrator"))
            administrators = [FIRST_ADMINISTRATOR]
        if act.roster.accounts.intersection(administrators):
            return None
        open_ones = (act.roster.invitations.get(one) for one in administrators)
        if any(one and parse_instant(one.expires_at) > now_ms for one in open_ones):
            return None
        return invite(act, administrators[0])


def _unknown_invitation() -> RuleViolationError:
    """Return the refusal of a link that was used, lapsed, replaced or never given."""
    return RuleViolationError(
        "unknown_invitation",
        Text("此链接无效：已使用、已过期或已被新链接取代", "the link was used, lapsed or replaced"),
        Text("请联系管理员重发邀请", "ask an administrator for a new one"),
    )
