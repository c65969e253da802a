"""What the interface answered under a caller's key, for a day: a retry gets the same answer.

Nothing of it is evidence. Keys and requests are digests; a key is held by one statement, so that of
two requests at the same moment one is worked on.
"""

from typing import NamedTuple

from sqlalchemy import Connection, delete, select, text, update

from ledger.operations import kept_answer as _table

# The one form that both databases have.
_HOLD = text(
    "INSERT INTO kept_answer (key, request, at_ms) VALUES (:key, :request, :at_ms)"
    " ON CONFLICT DO NOTHING"
)


class Kept(NamedTuple):
    """What is known of a key: for which request, since when, and the answer once there is one."""

    request: bytes
    at_ms: int
    status: int | None
    media_type: str | None
    body: bytes | None


def hold_key(connection: Connection, key: bytes, request: bytes, at_ms: int) -> Kept | None:
    """Return what is known of a key, None where it is held from now on."""
    values = {"key": key, "request": request, "at_ms": at_ms}
    if connection.execute(_HOLD, values).rowcount == 1:
        return None
    column = _table.c
    query = select(column.request, column.at_ms, column.status, column.media_type, column.body)
    return Kept._make(connection.execute(query.where(column.key == key)).one())


def take_key(connection: Connection, key: bytes, kept: Kept, at_ms: int) -> bool:
    """Return whether a key is held again that somebody held and never answered for."""
    column = _table.c
    abandoned = (column.key == key) & (column.at_ms == kept.at_ms) & column.status.is_(None)
    taken = connection.execute(update(_table).where(abandoned).values(at_ms=at_ms))
    return taken.rowcount == 1


def keep_answer(
    connection: Connection, key: bytes, status: int, media_type: str, body: bytes
) -> None:
    """Keep what was answered under a key that is held."""
    values = {"status": status, "media_type": media_type, "body": body}
    connection.execute(update(_table).where(_table.c.key == key).values(values))


def let_go(connection: Connection, key: bytes) -> None:
    """Let a key go under which nothing was done."""
    connection.execute(delete(_table).where(_table.c.key == key))


def drop_before(connection: Connection, at_ms: int) -> None:
    """Forget the answers of before an instant."""
    connection.execute(delete(_table).where(_table.c.at_ms < at_ms))
