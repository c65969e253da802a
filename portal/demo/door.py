"""The demo's door: everybody has an account that nobody has to sign in to."""

import secrets
from typing import NamedTuple

from ledger.erasable import read_roster
from ledger.errors import RuleViolationError
from ledger.events import Role
from ledger.read import read_heads
from ledger.text import Text
from portal.accounts.enrolment import begin_enrolment, confirm_enrolment
from portal.accounts.invitations import accept_invitation, invite
from portal.accounts.one_time_code import code_at
from portal.accounts.sessions import SignedIn, begin_session
from portal.acting import at_console
from portal.shell import Shell


class Person(NamedTuple):
    """Somebody of a demo, with a role and what it is limited to, empty where it is not."""

    name: str
    role: Role
    scope: str


def open_accounts(shell: Shell, now_ms: int) -> None:
    """Let each of a demo's people sign in, by a password and a phone that nobody has.

    Each comes by a link as everybody does, whoever has come before as he is. The console gives
    links as long as no administrator has set a password, so administrators come last; then one of
    them gives what is missing.
    """
    people = sorted(list_people(shell), key=lambda one: one.role == "administrator")
    names = dict.fromkeys(one.name for one in people)
    with at_console(shell, at_ms=now_ms) as act:
        there = act.roster.accounts
        act.actor = next((one for one in act.roster.administrators() if one in there), None)
        links = {name: invite(act, name) for name in names if name not in there}
    for link in links.values():
        accept_invitation(shell, link.secret, secrets.token_urlsafe(), now_ms)
    for name in names:
        signed_in = _begin(shell, name, now_ms)
        if signed_in.session.state == "enrolling":
            app = begin_enrolment(shell, signed_in.session).secret
            confirm_enrolment(shell, signed_in.session, code_at(app, now_ms), now_ms)


def list_people(shell: Shell) -> list[Person]:
    """Return everybody who holds a role, by role and name."""
    with shell.reading() as connection:
        roster = read_roster(connection, read_heads(connection)["book"].size)
    found = [
        Person(name, grant.role, grant.scope or "")
        for name, held in roster.grants.items()
        for grant in held
    ]
    return sorted(found, key=lambda one: (one.role, one.name))


def enter(shell: Shell, person: str, now_ms: int) -> SignedIn:
    """Return a new session of one of a demo's people, for whoever asks.

    Raises `RuleViolationError` (`unknown_account`).
    """
    if person not in {one.name for one in list_people(shell)}:
        raise RuleViolationError(
            "unknown_account",
            Text(f"演示中没有账号 {person[:40]}", f"the demo has no account {person[:40]}"),
            Text("请从演示页选择", "choose one of the demo's page"),
        )
    return _begin(shell, person, now_ms)


def _begin(shell: Shell, person: str, now_ms: int) -> SignedIn:
    """Return a new session of a person."""
    with shell.writing() as engine, engine.begin() as connection:
        return begin_session(connection, person, now_ms)
