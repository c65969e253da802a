"""Whoever acts on the command line: the holder of the token in `SUANQUAN_TOKEN`, never an option.

An act is one transaction: the book stands still, its roster is folded, the holder is found, the
event is judged, and only then appended. Nobody decides on what another one has just changed.
"""

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from ledger.codec import Event, encode
from ledger.database import Connection
from ledger.erasable import lock_book, read_roster
from ledger.errors import InvalidInputError, RuleViolationError
from ledger.events import Data, Role, TokenIssued
from ledger.period import render_instant
from ledger.read import read_heads
from ledger.roster import CONSOLE, Roster, digest_of
from ledger.text import Text
from portal.shell import Shell, now_ms

SOURCE: Final = "urn:suanquan:people"
STREAM: Final = "people"
"""A stream of our own: whoever appends to another one holds it while he waits for the book."""

TOKEN: Final = "SUANQUAN_TOKEN"  # noqa: S105 - the setting's name
TOKEN_BYTES: Final = 32
TOKEN_DAYS: Final = 90
_DAY_MS: Final = 86_400_000


@dataclass(slots=True)
class Act:
    """One act in its transaction: who may do what, who is acting, and when."""

    shell: Shell
    connection: Connection
    roster: Roster
    actor: TokenIssued | None
    at_ms: int
    events: list[Event] = field(default_factory=list)

    @property
    def at(self) -> str:
        """Return the instant of the act."""
        return render_instant(self.at_ms)

    @property
    def name(self) -> str:
        """Return the acting person's name; the console's is empty."""
        return self.actor.person if self.actor else CONSOLE

    def record(self, data: Data, subject: str = "") -> None:
        """Record an event with the others of the act, if it may be.

        Raises `RuleViolationError` (`not_allowed`).
        """
        objection = self.roster.objection(data, subject)
        if objection is not None:
            raise not_allowed(objection)
        # The book stands still, so an event can be named after the index that it will have.
        event_id = str(self.roster.index)
        event = encode(SOURCE, event_id, subject, data, self.shell.salt(SOURCE, event_id))
        self.roster.apply(event)
        self.events.append(event)


def not_allowed(objection: Text) -> RuleViolationError:
    """Return the error for what the rules about people forbid."""
    return RuleViolationError(
        "not_allowed",
        objection,
        Text(
            "账号与角色见 suanquan user list，待同意的申请见 suanquan enterprise requests",
            "see suanquan user list for roles and suanquan enterprise requests for open requests",
        ),
    )


@contextmanager
def acting(shell: Shell, *, anonymous: bool = False, exchanging: bool = False) -> Iterator[Act]:
    """Yield an act whose events are recorded together, or not at all on an error.

    `anonymous`: without a token it is the console that acts. `exchanging`: an invitation will do.
    """
    with at_console(shell) as act:
        act.actor = _actor(act.roster, act.at_ms, anonymous=anonymous, exchanging=exchanging)
        yield act


@contextmanager
def at_console(shell: Shell) -> Iterator[Act]:
    """Yield an act of the console of the ledger's machine."""
    at_ms = now_ms()
    engine = shell.writer()
    try:
        with shell.store(engine).together() as store, store.transaction() as connection:
            roster = read_roster(connection, lock_book(connection))
            act = Act(shell, connection, roster, None, at_ms)
            yield act
            store.append_own(act.events, at_ms, STREAM)
    finally:
        engine.dispose()


def look(connection: Connection, roles: Sequence[Role] = ()) -> tuple[Roster, TokenIssued]:
    """Return the roster and who is looking, once he holds one of the roles, if any is named."""
    roster = read_roster(connection, read_heads(connection)["book"].size)
    actor = _actor(roster, now_ms(), anonymous=False, exchanging=False)
    assert actor is not None
    if roles and not roster.has(actor.person, *roles):
        shown = ", ".join(roles)
        raise not_allowed(
            Text(
                f"{actor.person} 没有所需角色（{shown}）", f"{actor.person} holds none of: {shown}"
            )
        )
    return roster, actor


def _actor(roster: Roster, at_ms: int, *, anonymous: bool, exchanging: bool) -> TokenIssued | None:
    """Return the holder of the token in the environment, None for the console."""
    token = os.environ.get(TOKEN)
    if not token:
        if anonymous:
            return None
        raise InvalidInputError(
            "no_token",
            Text(f"未设置 {TOKEN}", f"{TOKEN} is not set"),
            Text(
                "请把自己的令牌放入该环境变量；首个管理员由 suanquan user add 建立",
                "put your token into it; suanquan user add makes the first administrator",
            ),
        )
    found = roster.holder(token, at_ms)
    if found.issued_by not in (CONSOLE, found.person) and not exchanging:
        raise RuleViolationError(
            "exchange_token",
            Text(
                f"{found.person} 的令牌由 {found.issued_by} 代发，只能用于换领",
                f"{found.issued_by} issued {found.person}'s token, which only serves to be"
                " exchanged",
            ),
            Text("请先运行 suanquan user token", "run suanquan user token first"),
        )
    return found


def issue_token(act: Act, person: str, days: int = TOKEN_DAYS) -> tuple[str, str]:
    """Return a new token of a person, shown once, and the instant at which it expires."""
    token = "sq_" + secrets.token_urlsafe(TOKEN_BYTES)
    expires_at = render_instant(act.at_ms + days * _DAY_MS)
    act.record(
        TokenIssued(
            at=act.at,
            person=person,
            token_sha256=digest_of(token),
            expires_at=expires_at,
            issued_by=act.name,
        )
    )
    return token, expires_at
