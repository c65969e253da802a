"""How people sign in: passwords, second factors and invitations, hashed or sealed by the caller.

Nothing of it is evidence. What may be used once is used by one statement, so that of two who come
at the same moment one has it.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from sqlalchemy import Connection, delete, func, insert, null, or_, select, update

from ledger import operations
from ledger.events import Renewal

NEVER_MS: Final = 0
"""When a password was set that nobody knows."""

_account, _code, _invitation = operations.account, operations.recovery_code, operations.invitation


class Account(NamedTuple):
    """How a person signs in; instants are UTC milliseconds.

    A password that was set at `NEVER_MS` is nobody's: an identity provider vouches for the person.
    """

    person: str
    password_hash: str
    password_set_at_ms: int
    totp_secret: bytes | None
    totp_confirmed_at_ms: int | None
    totp_last_step: int | None

    @property
    def has_password(self) -> bool:
        """Return whether the person has set a password."""
        return self.password_set_at_ms != NEVER_MS

    @property
    def has_second_factor(self) -> bool:
        """Return whether a one-time code is asked for."""
        return self.totp_confirmed_at_ms is not None


class Invitation(NamedTuple):
    """Whom a link is for, what it renews, and when it lapses."""

    person: str
    renews: Renewal
    expires_at_ms: int


def find_account(connection: Connection, person: str) -> Account | None:
    """Return how a person signs in, None for one who has set no password."""
    row = connection.execute(select(_account).where(_account.c.person == person)).first()
    return None if row is None else Account._make(row)


# --- passwords ---


def set_password(connection: Connection, person: str, password_hash: str, at_ms: int) -> None:
    """Give a person a password, in place of the one before; the book is locked."""
    values = {"password_hash": password_hash, "password_set_at_ms": at_ms}
    changed = connection.execute(update(_account).where(_account.c.person == person).values(values))
    if not changed.rowcount:
        connection.execute(insert(_account).values(person=person, **values))


def replace_hash(connection: Connection, before: Account, password_hash: str) -> None:
    """Hash the same password anew, unless another one was set meanwhile."""
    connection.execute(
        update(_account)
        .where(_account.c.person == before.person)
        .where(_account.c.password_hash == before.password_hash)
        .values(password_hash=password_hash)
    )


# --- second factors ---


def propose_secret(connection: Connection, person: str, sealed: bytes) -> None:
    """Keep a second factor that its owner has still to confirm."""
    connection.execute(
        update(_account)
        .where(_account.c.person == person, _account.c.totp_confirmed_at_ms.is_(None))
        .values(totp_secret=sealed)
    )


def confirm_secret(connection: Connection, person: str, sealed: bytes, at_ms: int) -> bool:
    """Return whether the second factor that was proposed is confirmed now, and was not before."""
    is_proposed = (_account.c.totp_secret == sealed) & _account.c.totp_confirmed_at_ms.is_(None)
    confirmed = connection.execute(
        update(_account)
        .where(_account.c.person == person, is_proposed)
        .values(totp_confirmed_at_ms=at_ms)
    )
    return confirmed.rowcount == 1


def drop_second_factor(connection: Connection, person: str) -> None:
    """Take a person's second factor away, and the codes that stand in for it."""
    connection.execute(
        update(_account)
        .where(_account.c.person == person)
        .values(totp_secret=null(), totp_confirmed_at_ms=null(), totp_last_step=null())
    )
    connection.execute(delete(_code).where(_code.c.person == person))


def use_step(connection: Connection, person: str, step: int) -> bool:
    """Return whether a code's step is later than every one that was used, and is used now."""
    last = _account.c.totp_last_step
    used = connection.execute(
        update(_account)
        .where(_account.c.person == person, or_(last.is_(None), last < step))
        .values(totp_last_step=step)
    )
    return used.rowcount == 1


def set_recovery_codes(connection: Connection, person: str, digests: Iterable[bytes]) -> None:
    """Give a person recovery codes, in place of those before."""
    connection.execute(delete(_code).where(_code.c.person == person))
    connection.execute(insert(_code), [{"person": person, "digest": one} for one in digests])


def use_recovery_code(connection: Connection, person: str, digest: bytes) -> bool:
    """Return whether a recovery code was there; it is gone now."""
    mine = (_code.c.person == person) & (_code.c.digest == digest)
    return connection.execute(delete(_code).where(mine)).rowcount == 1


def count_recovery_codes(connection: Connection, person: str) -> int:
    """Return how many recovery codes a person has left."""
    query = select(func.count()).select_from(_code).where(_code.c.person == person)
    return connection.execute(query).scalar_one()


# --- invitations ---


def add_invitation(connection: Connection, digest: bytes, invitation: Invitation) -> None:
    """Keep an invitation, in place of the person's last one; the book is locked."""
    connection.execute(delete(_invitation).where(_invitation.c.person == invitation.person))
    connection.execute(insert(_invitation).values(digest=digest, **invitation._asdict()))


def find_invitation(connection: Connection, digest: bytes, now_ms: int) -> Invitation | None:
    """Return an invitation that may still be used."""
    column = _invitation.c
    query = select(column.person, column.renews, column.expires_at_ms)
    row = connection.execute(
        query.where(column.digest == digest, column.expires_at_ms > now_ms)
    ).first()
    return None if row is None else Invitation._make(row)


def use_invitation(connection: Connection, digest: bytes) -> bool:
    """Return whether an invitation was there; it is gone now."""
    used = connection.execute(delete(_invitation).where(_invitation.c.digest == digest))
    return used.rowcount == 1
