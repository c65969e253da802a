"""Who has signed in, by the digest of what the browser keeps; nothing of it is evidence."""

from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from ledger.operations import session as _table


class SessionRow(NamedTuple):
    """A session as it is kept; instants are UTC milliseconds.

    `vouched_by` is the identity provider that saw a second factor of the person, if one did.
    """

    digest: bytes
    person: str
    created_at_ms: int
    seen_at_ms: int
    expires_at_ms: int
    vouched_by: str | None = None


def add_session(connection: Connection, row: SessionRow) -> None:
    """Begin a session."""
    connection.execute(insert(_table).values(row._asdict()))


def find_row(connection: Connection, digest: bytes) -> SessionRow | None:
    """Return a session, whether it has lapsed or not."""
    row = connection.execute(select(_table).where(_table.c.digest == digest)).first()
    return None if row is None else SessionRow._make(row)


def list_rows(connection: Connection, seen_since_ms: int, now_ms: int) -> list[SessionRow]:
    """Return the sessions that were seen since an instant and have not ended, by person."""
    query = select(_table).where(
        _table.c.seen_at_ms > seen_since_ms, _table.c.expires_at_ms > now_ms
    )
    order = (_table.c.person, _table.c.created_at_ms, _table.c.digest)
    return list(map(SessionRow._make, connection.execute(query.order_by(*order))))


def see_session(connection: Connection, digest: bytes, now_ms: int) -> None:
    """Note that somebody came with a session."""
    connection.execute(update(_table).where(_table.c.digest == digest).values(seen_at_ms=now_ms))


def end_session(connection: Connection, digest: bytes) -> bool:
    """Return whether a session was there; it is gone now."""
    return connection.execute(delete(_table).where(_table.c.digest == digest)).rowcount == 1


def end_sessions_of(connection: Connection, person: str) -> int:
    """Return how many sessions a person had; they are gone now."""
    return connection.execute(delete(_table).where(_table.c.person == person)).rowcount


def drop_lapsed(connection: Connection, seen_since_ms: int, now_ms: int) -> None:
    """Take away the sessions that nobody can use any more."""
    is_lapsed = (_table.c.seen_at_ms <= seen_since_ms) | (_table.c.expires_at_ms <= now_ms)
    connection.execute(delete(_table).where(is_lapsed))
