"""Whoever acts: a person who has signed in, or the holder of the token in `SUANQUAN_TOKEN`.

Nobody is believed for what he says of himself: a command finds its holder by the token, never by an
option, and a shell that the portal made after sign-in names its person and looks at no token.

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
from ledger.erasable import keep_data, lock_book, read_holder, read_person, read_roster
from ledger.errors import InvalidInputError, RuleViolationError
from ledger.events import SCOPES, Data, Role, Scope, TokenIssued
from ledger.period import DAY_MS, render_instant
from ledger.personal import SALT_BYTES, Datum, commit, encode_datum
from ledger.read import read_heads
from ledger.rights import CONSOLE
from ledger.roster import SCHEDULER, Roster, digest_of
from ledger.text import Text
from portal.shell import Shell, now_ms

SOURCE: Final = "urn:suanquan:people"
STREAM: Final = "people"
"""A stream of our own: whoever appends to another one holds it while he waits for the book."""

TOKEN: Final = "SUANQUAN_TOKEN"  # noqa: S105 - the setting's name
TOKEN_BYTES: Final = 32
TOKEN_DAYS: Final = 90


@dataclass(slots=True)
class Act:
    """One act in its transaction: who may do what, who is acting, and when."""

    shell: Shell
    connection: Connection
    roster: Roster
    actor: str | None
    at_ms: int
    events: list[Event] = field(default_factory=list)

    @property
    def at(self) -> str:
        """Return the instant of the act."""
        return render_instant(self.at_ms)

    @property
    def name(self) -> str:
        """Return the acting person's name; the console's is empty."""
        return self.actor or CONSOLE

    def record(self, data: Data, subject: str = "", name: tuple[str, str] | None = None) -> None:
        """Record an event about people or papers with the others of the act, if it may be.

        `name` is the source and the id of an event that has its own. Raises `RuleViolationError`
        (`not_allowed`).
        """
        source, event_id = name or (SOURCE, None)
        self.write(data, subject, source, event_id)

    def write(self, data: Data, subject: str, source: str, event_id: str | None = None) -> Event:
        """Return an event that is recorded with the others of the act, if people may write it.

        Without an id of its own it is named after its index. Raises `RuleViolationError`
        (`not_allowed`).
        """
        objection = self.roster.objection(data, subject)
        if objection is not None:
            raise not_allowed(objection)
        # The book stands still, so an event can be named after the index that it will have.
        event_id = event_id or str(self.roster.index)
        event = encode(source, event_id, subject, data, self.shell.salt(source, event_id))
        self.roster.apply(event)
        self.events.append(event)
        return event

    def keep(self, enterprise: str, datum: Datum) -> str:
        """Return the digest under which a personal datum was written; an event has to name it."""
        salt, value = secrets.token_bytes(SALT_BYTES), encode_datum(datum)
        digest = commit(enterprise, datum.kind, salt, value)
        keep_data(self.connection, [(digest, enterprise, datum.kind, salt, value)])
        return digest.hex()


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
def acting(
    shell: Shell,
    enterprise: str | None = None,
    *,
    anonymous: bool = False,
    exchanging: bool = False,
    alone: bool = False,
) -> Iterator[Act]:
    """Yield an act whose events are recorded together, or not at all on an error.

    `enterprise` is the one whose personal data the act is about. `anonymous`: with nobody signed in
    and no token it is the console that acts. `exchanging`: an invitation will do. `alone`: the
    roster has whoever acts and nobody else, which takes no longer where there are many people.
    """
    with _transaction(shell, enterprise, shell.by_clock(now_ms()), alone=alone) as act:
        act.actor = _actor(shell, act.roster, act.at_ms, anonymous=anonymous, exchanging=exchanging)
        yield act


@contextmanager
def at_console(
    shell: Shell, enterprise: str | None = None, at_ms: int | None = None
) -> Iterator[Act]:
    """Yield an act of the console of the ledger's machine, now or at the instant of its clock.

    Nobody who has signed in is the console.
    """
    assert shell.person is None, shell.person
    at_ms = shell.by_clock(now_ms()) if at_ms is None else at_ms
    with _transaction(shell, enterprise, at_ms, alone=False) as act:
        yield act


@contextmanager
def _transaction(shell: Shell, enterprise: str | None, at_ms: int, *, alone: bool) -> Iterator[Act]:
    """Yield an act of nobody yet, while the book stands still."""
    with (
        shell.writing() as engine,
        shell.store(engine).together() as store,
        store.transaction() as connection,
    ):
        roster = _read_people(shell, connection, lock_book(connection), enterprise, alone=alone)
        act = Act(shell, connection, roster, None, at_ms)
        yield act
        store.append_own(act.events, at_ms, STREAM)


def require_nobody(shell: Shell) -> None:
    """Raise `RuleViolationError` (`not_allowed`) where a person acts: the scheduler is none."""
    if shell.person is not None:
        raise not_allowed(
            Text(
                f"此事以 {SCHEDULER} 名义办理，{shell.person} 不能代办",
                f"the {SCHEDULER} does this, and {shell.person} may not pretend to be it",
            )
        )
    if _token() is not None:
        raise not_allowed(
            Text(
                f"此命令以 {SCHEDULER} 名义办理，不能用个人令牌，请去掉 {TOKEN}",
                f"the {SCHEDULER} does this, and no person may pretend to be it: unset {TOKEN}",
            )
        )


@contextmanager
def looking(shell: Shell) -> Iterator[Act]:
    """Yield an act that can only look, at a state that stands still: nothing of it is recorded."""
    with shell.reading("keep") as connection:
        roster, actor = look(shell, connection, alone=True)
        # What is only tried changes nothing of what the visit is known by.
        yield Act(shell, connection, roster.copy(), actor, shell.by_clock(now_ms()))


def look(
    shell: Shell,
    connection: Connection,
    roles: Sequence[Role] = (),
    enterprise: str | None = None,
    *,
    alone: bool = False,
) -> tuple[Roster, str]:
    """Return the roster and who is looking, once he holds one of the roles, if any is named.

    `enterprise` is the one whose personal data he looks at; `alone` is as in `acting`.
    """
    size = read_heads(connection)["book"].size
    known = shell.roster if alone and enterprise is None else None
    if known is None or known.index != size:
        known = _read_people(shell, connection, size, enterprise, alone=alone)
    roster = known
    actor = _actor(shell, roster, shell.by_clock(now_ms()), reading=True)
    assert actor is not None
    if roles and not roster.has(actor, *roles):
        shown = ", ".join(roles)
        raise not_allowed(
            Text(f"{actor} 没有所需角色（{shown}）", f"{actor} holds none of: {shown}")
        )
    return roster, actor


def is_anybody(shell: Shell) -> bool:
    """Return whether somebody has signed in, or a token is there where nobody can."""
    return bool(_token() if shell.person is None else shell.person)


def _token() -> str | None:
    """Return the token in the environment, None where there is none."""
    return os.environ.get(TOKEN) or None


def _read_people(
    shell: Shell, connection: Connection, size: int, enterprise: str | None, *, alone: bool
) -> Roster:
    """Return the roster of everybody, or of whoever acts alone."""
    if alone and shell.person is not None:
        return read_person(connection, shell.person, size, enterprise)
    token = _token()
    if alone and token is not None:
        return read_holder(connection, token, size, enterprise)
    return read_roster(connection, size, enterprise)


def _actor(
    shell: Shell,
    roster: Roster,
    at_ms: int,
    *,
    anonymous: bool = False,
    exchanging: bool = False,
    reading: bool = False,
) -> str | None:
    """Return who has signed in or holds the token in the environment, None for the console."""
    if shell.person is not None:
        require_account(roster, shell.person)
        return shell.person
    token = _token()
    if token is None:
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
    if not exchanging:
        require_exchanged(found)
    _require_unlimited(found, reading=reading)
    return found.person


def _require_unlimited(issued: TokenIssued, *, reading: bool) -> None:
    """Raise `RuleViolationError` (`limited_token`) for a token that is limited to some scopes.

    What each route of the portal's interface needs is said there; a command says nothing of it, so
    that it takes a token that names no scope or every one, and one for `read` where it only looks.
    """
    is_limited = issued.scopes not in ((), SCOPES)
    if is_limited and not (reading and "read" in issued.scopes):
        shown = ", ".join(issued.scopes)
        raise RuleViolationError(
            "limited_token",
            Text(
                f"此令牌的权限限于 {shown}，不能用于此命令",
                f"this token is limited to {shown}, and not for this command",
            ),
            Text(
                "请用于接口 /api/v1；命令须用未列权限或列出全部权限的令牌",
                "use it for /api/v1, and one that names no scope or every one for commands",
            ),
        )


def require_account(roster: Roster, person: str) -> None:
    """Raise `RuleViolationError` (`no_account`) unless somebody holds a role, whichever it is."""
    if not roster.grants.get(person):
        raise RuleViolationError(
            "no_account",
            Text(f"{person} 没有任何角色", f"{person} holds no role"),
            Text("请向管理员申请角色", "ask an administrator for a role"),
        )


def require_exchanged(issued: TokenIssued) -> None:
    """Raise `RuleViolationError` (`exchange_token`) for a token that somebody else issued."""
    if is_invitation(issued):
        raise RuleViolationError(
            "exchange_token",
            Text(
                f"{issued.person} 的令牌由 {issued.issued_by} 代发，只能用于换领",
                f"{issued.issued_by} issued {issued.person}'s token, which only serves to be"
                " exchanged",
            ),
            Text("请先运行 suanquan user token", "run suanquan user token first"),
        )


def is_invitation(issued: TokenIssued) -> bool:
    """Return whether somebody else issued a token, which then only serves to be exchanged."""
    return issued.issued_by not in (CONSOLE, issued.person)


def issue_token(
    act: Act, person: str, days: int = TOKEN_DAYS, scopes: tuple[Scope, ...] = ()
) -> tuple[str, str]:
    """Return a new token of a person, shown once, and the instant at which it expires."""
    token = "sq_" + secrets.token_urlsafe(TOKEN_BYTES)
    expires_at = render_instant(act.at_ms + days * DAY_MS)
    act.record(
        TokenIssued(
            at=act.at,
            person=person,
            token_sha256=digest_of(token),
            expires_at=expires_at,
            issued_by=act.name,
            scopes=scopes,
        )
    )
    return token, expires_at
