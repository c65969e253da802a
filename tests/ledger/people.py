"""People of a test's ledger: two administrators, personal data kept and personal data forgotten."""

from ledger.codec import encode
from ledger.erasable import erase_data, keep_data, lock_book
from ledger.events import (
    AccountInvited,
    AccountOpened,
    BankAccountSet,
    ContactRecorded,
    Data,
    EnterpriseForgotten,
    ForgetRequested,
    RoleGranted,
    RoleRequested,
    RoleRevoked,
    TokenIssued,
)
from ledger.personal import BankAccount, Contact, Datum, commit, encode_datum
from ledger.store import Store

AT = "2022-08-01T00:00:00Z"
SOURCE = "urn:suanquan:people"
KEPT = "91350100M000100Y43"
FORGOTTEN = "91440300708461136T"
SALTS = {KEPT: b"\x01" * 32, FORGOTTEN: b"\x02" * 32}
CONTACT = Contact(name="张三丰", phone="13800001111")
ACCOUNT = BankAccount(holder="云栖", bank="工商银行", number="6222000011112222")

FIRST = RoleGranted(at=AT, person="a", role="administrator")
SECOND = RoleGranted(at=AT, person="b", role="administrator", granted_by="a")
REQUEST = ForgetRequested(at=AT, requested_by="a", reason="2026-17")
ERASURE = EnterpriseForgotten(at=AT, requested_by="a", consented_by="b")

# One event of each type with every field given.
PEOPLE: tuple[Data, ...] = (
    RoleRequested(
        at=AT,
        person="gh-1",
        role="enterprise",
        scope="91350100M000100Y43",
        requested_by="a",
    ),
    RoleGranted(
        at=AT, person="gh-1", role="finance", scope="hubei", granted_by="a", consented_by="b"
    ),
    RoleRevoked(at=AT, person="gh-1", role="task_force", scope="hubei", revoked_by="a"),
    TokenIssued(
        at=AT,
        person="a",
        token_sha256="6" * 64,
        expires_at=AT,
        issued_by="b",
        scopes=("read",),
    ),
    ContactRecorded(at=AT, digest="7" * 64, recorded_by="a"),
    BankAccountSet(at=AT, digest="8" * 64, recorded_by="a"),
    REQUEST,
    ERASURE,
)


SIGNING_IN: tuple[Data, ...] = (
    AccountInvited(at=AT, person="a", renews="second_factor", expires_at=AT, issued_by="b"),
    AccountOpened(at=AT, person="a"),
)


def digest_of(enterprise: str, datum: Datum) -> bytes:
    """Return the digest of a datum with the salt of its enterprise."""
    return commit(enterprise, datum.kind, SALTS[enterprise], encode_datum(datum))


def record(store: Store, *events: tuple[str, Data]) -> None:
    """Append events about people, whether they may be or not."""
    with store.together() as together, together.transaction() as connection:
        start = lock_book(connection)
        made = [
            encode(SOURCE, str(start + at), subject, data, f"{start + at:032x}")
            for at, (subject, data) in enumerate(events)
        ]
        together.append_own(made, 1_659_312_000_000, "people")


def keep(store: Store, enterprise: str, datum: Datum) -> None:
    """Record a datum: its leaf and its row."""
    digest = digest_of(enterprise, datum)
    row = (digest, enterprise, datum.kind, SALTS[enterprise], encode_datum(datum))
    with store.together() as together, together.transaction() as connection:
        kind = BankAccountSet if isinstance(datum, BankAccount) else ContactRecorded
        event = kind(at=AT, digest=digest.hex(), recorded_by="a")
        record(together, (enterprise, event))
        keep_data(connection, [row])


def forget(store: Store, enterprise: str) -> None:
    """Forget an enterprise: both leaves, and its rows erased."""
    with store.together() as together, together.transaction() as connection:
        record(together, (enterprise, REQUEST), (enterprise, ERASURE))
        erase_data(connection, enterprise)


def fill_people(store: Store) -> None:
    """Append administrators, a contact and a bank account that are kept, a contact forgotten."""
    record(store, ("", FIRST), ("", SECOND))
    keep(store, KEPT, CONTACT)
    keep(store, KEPT, ACCOUNT)
    keep(store, FORGOTTEN, CONTACT)
    forget(store, FORGOTTEN)
