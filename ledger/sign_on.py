"""Who people are to an identity provider, and who left for it; nothing of it is evidence.

Somebody is known by issuer and subject together (OpenID Connect Core 1.0, section 2), never by an
address that a provider may give to somebody else tomorrow.
"""

from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from ledger.operations import departure as _departure
from ledger.operations import linked_sign_on as _linked


class LinkedSignOn(NamedTuple):
    """Whose account an identity is, and since when, in UTC milliseconds."""

    issuer: str
    subject: str
    person: str
    linked_at_ms: int


class Departure(NamedTuple):
    """Somebody who left for the provider, by the digest of what his browser keeps.

    `back` is where he wanted to go. With `invitation` he accepts it, with `session` he adds the
    identity to the account of that session. `person`: he has come back, and a code is to come.
    """

    digest: bytes
    back: str
    expires_at_ms: int
    invitation: bytes | None = None
    session: bytes | None = None
    person: str | None = None


# --- identities ---


def add_linked(connection: Connection, linked: LinkedSignOn) -> None:
    """Link an identity to an account; nobody has either of them at this issuer."""
    connection.execute(insert(_linked).values(linked._asdict()))


def find_linked(connection: Connection, issuer: str, subject: str) -> LinkedSignOn | None:
    """Return whose account an identity is."""
    is_it = (_linked.c.issuer == issuer) & (_linked.c.subject == subject)
    row = connection.execute(select(_linked).where(is_it)).first()
    return None if row is None else LinkedSignOn._make(row)


def list_linked(connection: Connection, person: str | None = None) -> list[LinkedSignOn]:
    """Return the identities of everybody, or of one person, by person and issuer."""
    query = select(_linked).order_by(_linked.c.person, _linked.c.issuer)
    if person is not None:
        query = query.where(_linked.c.person == person)
    return list(map(LinkedSignOn._make, connection.execute(query)))


def drop_linked(connection: Connection, person: str) -> int:
    """Return how many identities a person had; they are gone now, and codes still to come."""
    connection.execute(delete(_departure).where(_departure.c.person == person))
    return connection.execute(delete(_linked).where(_linked.c.person == person)).rowcount


# --- departures ---


def add_departure(connection: Connection, departure: Departure, now_ms: int) -> None:
    """Keep who left; those who did not come back in time are forgotten."""
    connection.execute(delete(_departure).where(_departure.c.expires_at_ms <= now_ms))
    connection.execute(insert(_departure).values(departure._asdict()))


def find_departure(connection: Connection, digest: bytes, now_ms: int) -> Departure | None:
    """Return who left with what a browser keeps, if he is still awaited."""
    names = [_departure.c[name] for name in Departure._fields]
    is_his = (_departure.c.digest == digest) & (_departure.c.expires_at_ms > now_ms)
    row = connection.execute(select(*names).where(is_his)).first()
    return None if row is None else Departure._make(row)


def end_departure(connection: Connection, digest: bytes) -> bool:
    """Return whether somebody was awaited; he is not any more."""
    ended = connection.execute(delete(_departure).where(_departure.c.digest == digest))
    return ended.rowcount == 1
