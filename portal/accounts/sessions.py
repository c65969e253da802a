"""Sessions on the server: who has signed in, for how long, and whether all of it is open to him.

The browser keeps a secret, the database its digest; a form's token is derived from the secret, so
that nothing in the database lets anybody act. What the book says of the person is asked at each
request, so that a role that is revoked is gone at once.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from ledger.accounts import find_account
from ledger.database import Connection
from ledger.erasable import read_person
from ledger.events import Role
from ledger.period import HOUR_MS
from ledger.read import read_heads
from ledger.roster import Roster
from ledger.sessions import (
    SessionRow,
    add_session,
    drop_lapsed,
    end_session,
    end_sessions_of,
    find_row,
    list_rows,
    see_session,
)
from portal.accounts.keys import encode
from portal.shell import Shell

State = Literal["full", "enrolling"]

SECRET_BYTES: Final = 32

# NIST SP 800-63B-4, section 2.2.3, lets a session of two factors go on for a day, and idle for an
# hour. A working day in an office, and a way to another office, need no more than this.
IDLE_MS: Final = 30 * 60_000
ABSOLUTE_MS: Final = 12 * HOUR_MS
# That somebody was here is written no more often: a page has many requests, and one writes slowly.
SEEN_EVERY_MS: Final = 60_000

SECOND_FACTOR_ROLES: Final[frozenset[Role]] = frozenset(
    {"administrator", "auditor", "authority", "finance", "task_force"}
)
"""Roles that nobody may use by a password alone: reviewers and above, and whoever sees it all."""


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who has signed in; `enrolling` until the second factor that he needs is set up.

    `vouched_by` is the identity provider that saw a second factor of his, so that none is set up
    here. `rights` are his alone. `csrf` is what his forms have to carry. Instants are UTC
    milliseconds; it ends at `expires_at_ms`, or earlier if he is idle.
    """

    person: str
    state: State
    has_second_factor: bool
    rights: Roster
    created_at_ms: int
    expires_at_ms: int
    vouched_by: str | None
    csrf: str = field(repr=False)
    digest: bytes = field(repr=False)


class SignedIn(NamedTuple):
    """What the browser is to keep, this once, and the session that it stands for."""

    secret: str
    session: Session


def digest_of(secret: str) -> bytes:
    """Return what is kept of a secret of 256 random bits, which need no salt."""
    return hashlib.sha256(encode(secret)).digest()


def csrf_of(secret: str) -> str:
    """Return what a session's forms carry."""
    return hmac.new(encode(secret), b"form", hashlib.sha256).hexdigest()


def find_session(shell: Shell, secret: str, now_ms: int, *, is_seen: bool = True) -> Session | None:
    """Return the session of a browser's secret, None where there is none that counts.

    `is_seen` is false for what a page asks by itself, which keeps nobody's session from ending.
    """
    with shell.reading("keep") as connection:
        row = find_row(connection, digest_of(secret))
        if row is None or not _is_live(row, now_ms):
            return None
        session = _read(connection, row, secret, shell.rights.of(connection, row.person))
    if session is not None and is_seen and now_ms - row.seen_at_ms >= SEEN_EVERY_MS:
        with shell.writing() as engine, engine.begin() as connection:
            see_session(connection, row.digest, now_ms)
    return session


def _is_live(row: SessionRow, now_ms: int) -> bool:
    """Return whether a session counts at an instant."""
    return now_ms < row.expires_at_ms and now_ms < row.seen_at_ms + IDLE_MS


def _read(connection: Connection, row: SessionRow, secret: str, rights: Roster) -> Session | None:
    """Return a session as the book and its account have it, None for somebody without a role."""
    account = find_account(connection, row.person)
    if account is None or not rights.grants.get(row.person):
        return None
    is_full = (
        account.has_second_factor
        or row.vouched_by is not None
        or not rights.has(row.person, *SECOND_FACTOR_ROLES)
    )
    return Session(
        row.person,
        "full" if is_full else "enrolling",
        account.has_second_factor,
        rights,
        row.created_at_ms,
        row.expires_at_ms,
        row.vouched_by,
        csrf_of(secret),
        row.digest,
    )


def read_rights(connection: Connection, person: str) -> Roster:
    """Return what the book says now that a person may do."""
    return read_person(connection, person, read_heads(connection)["book"].size)


def begin_session(
    connection: Connection,
    person: str,
    now_ms: int,
    expires_at_ms: int | None = None,
    vouched_by: str | None = None,
) -> SignedIn:
    """Return a new session of somebody who has shown who he is; those that lapsed are dropped."""
    drop_lapsed(connection, now_ms - IDLE_MS, now_ms)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    expires_at_ms = now_ms + ABSOLUTE_MS if expires_at_ms is None else expires_at_ms
    row = SessionRow(digest_of(secret), person, now_ms, now_ms, expires_at_ms, vouched_by)
    add_session(connection, row)
    session = _read(connection, row, secret, read_rights(connection, person))
    assert session is not None, person
    return SignedIn(secret, session)


def sign_out(shell: Shell, secret: str) -> bool:
    """Return whether a browser's session was there; it is ended."""
    with shell.writing() as engine, engine.begin() as connection:
        return end_session(connection, digest_of(secret))


def sign_out_everywhere(shell: Shell, person: str) -> int:
    """Return how many sessions a person had; they are ended."""
    with shell.writing() as engine, engine.begin() as connection:
        return end_sessions_of(connection, person)


def list_sessions(shell: Shell, now_ms: int) -> list[SessionRow]:
    """Return the sessions that count at an instant, by person; never what a browser keeps."""
    with shell.reading("keep") as connection:
        return list_rows(connection, now_ms - IDLE_MS, now_ms)
