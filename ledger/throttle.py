"""How often signing in failed, by keys that tell nothing to whoever reads them."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from sqlalchemy import Connection, delete, select, text, update

from ledger.operations import throttle as _table

# The one form that both databases have: of two who try for the first time, both count.
_ADD: Final = text(
    "INSERT INTO throttle (key, failures, next_try_at_ms) VALUES (:key, 0, :now_ms)"
    " ON CONFLICT DO NOTHING"
)


class Tries(NamedTuple):
    """How many tries failed in a row, and when the next one may be made."""

    failures: int
    next_try_at_ms: int


def lock_tries(connection: Connection, keys: Iterable[bytes], now_ms: int) -> dict[bytes, Tries]:
    """Return what is known of some keys, which nobody else moves before this transaction ends."""
    # In one order, so that no two wait for each other.
    wanted = sorted(keys)
    for key in wanted:
        connection.execute(_ADD, {"key": key, "now_ms": now_ms})
    query = select(_table).where(_table.c.key.in_(wanted)).order_by(_table.c.key)
    rows = connection.execute(query.with_for_update())
    return {row.key: Tries(row.failures, row.next_try_at_ms) for row in rows}


def is_ahead(connection: Connection, key: bytes, now_ms: int) -> bool:
    """Return whether the instant of a key has not come."""
    query = select(_table.c.key).where(_table.c.key == key, _table.c.next_try_at_ms > now_ms)
    return connection.execute(query).first() is not None


def write_tries(connection: Connection, tries: Mapping[bytes, Tries]) -> None:
    """Keep what is known now of keys that are locked."""
    for key, one in tries.items():
        connection.execute(update(_table).where(_table.c.key == key).values(one._asdict()))


def drop_tries(connection: Connection, before_ms: int) -> None:
    """Forget the keys whose instant lies before another one, but for those that are locked."""
    old = select(_table.c.key).where(_table.c.next_try_at_ms < before_ms)
    connection.execute(
        delete(_table).where(_table.c.key.in_(old.with_for_update(skip_locked=True)))
    )
