"""The one table from which something may go: personal data beside the digests in the book.

A row is written with the leaf that names it and never changes but in one way: its salt and value
become null, with the leaf that forgets the enterprise. What is left shows that there was a datum.
Triggers and rights hold that below the program; `check_people` holds rows and leaves together.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection, null, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from ledger import personal, tables
from ledger.bulk import insert_rows
from ledger.codec import Event
from ledger.database import open_engine
from ledger.errors import LedgerError
from ledger.events import TokenIssued
from ledger.finding import Finding
from ledger.head import Head
from ledger.read import read_events
from ledger.roster import Held, Roster, digest_of
from ledger.tables import LOG_NUMBERS
from ledger.text import Text
from ledger.topics import PEOPLE, person_topic, personal_topic, token_topic
from ledger.trail import read_trail

# Whoever reads meanwhile is waited for this long; then the answer says that bytes are left.
SWEEP_WAIT_MS: Final = 5_000


def lock_book(connection: Connection) -> int:
    """Return the book's size, which nobody else moves before this transaction ends."""
    table = tables.log.c
    query = select(table.size).where(table.number == LOG_NUMBERS["book"]).with_for_update()
    size: int = connection.execute(query).scalar_one()
    return size


def read_roster(connection: Connection, size: int, enterprise: str | None = None) -> Roster:
    """Return who may act after the book's first entries, and which personal data an enterprise has.

    Reads the entries about people alone, and those about the enterprise's data where one is named;
    `check_people` reads the whole book.
    """
    return _fold(connection, [PEOPLE], size, enterprise)


def read_on(connection: Connection, before: Roster, size: int) -> Roster:
    """Return the roster after more of the book's first entries; the one before stays as it is."""
    found = list(read_trail(connection, [PEOPLE], size, before.index))
    roster = before.copy() if found else replace(before)
    return _apply(roster, found, size)


def read_holder(
    connection: Connection, token: str, size: int, enterprise: str | None = None
) -> Roster:
    """Return what the book's first entries say of a token's holder, and of nobody else.

    Which personal data an enterprise has is there too, where one is named. `holder` and `has` are
    right for that person; `objection` may ask about others, which needs the whole roster. Costs the
    person's own entries, however many people there are.
    """
    issued = [one.data for _, one in read_trail(connection, [token_topic(digest_of(token))], size)]
    names = {one.person for one in issued if isinstance(one, TokenIssued)}
    return _fold(connection, map(person_topic, names), size, enterprise)


def read_person(
    connection: Connection, person: str, size: int, enterprise: str | None = None
) -> Roster:
    """Return what the book's first entries say of a person, as `read_holder` does of a token's."""
    return _fold(connection, [person_topic(person)], size, enterprise)


def _fold(
    connection: Connection, topics: Iterable[str], size: int, enterprise: str | None
) -> Roster:
    """Return the roster of some topics' entries, and those about an enterprise's personal data."""
    also = [] if enterprise is None else [personal_topic(enterprise)]
    return _apply(Roster(), read_trail(connection, [*topics, *also], size), size)


def _apply(roster: Roster, found: Iterable[tuple[int, Event]], size: int) -> Roster:
    """Return a roster once it has taken in the entries about people among the book's first."""
    for index, event in found:
        roster.index = index
        roster.apply(event)
    roster.index = size
    return roster


def keep_data(
    connection: Connection, rows: Sequence[tuple[bytes, str, personal.Kind, bytes, bytes]]
) -> None:
    """Write personal data: digest, enterprise, kind, salt and value of each."""
    insert_rows(connection, tables.personal_datum, rows)


def erase_data(connection: Connection, enterprise: str) -> None:
    """Erase the salts and values of an enterprise's personal data; their digests stay."""
    table = tables.personal_datum
    connection.execute(
        update(table).where(table.c.enterprise == enterprise).values(salt=null(), value=null())
    )


def read_values(connection: Connection, enterprise: str) -> dict[str, bytes | None]:
    """Return the value of each personal datum of an enterprise by its digest, None once erased."""
    table = tables.personal_datum.c
    query = select(table.digest, table.value).where(table.enterprise == enterprise)
    return {row.digest.hex(): row.value for row in connection.execute(query)}


def check_people(connection: Connection, book: Head) -> list[Finding]:
    """Return which leaves about people may not be, and which personal data do not fit theirs.

    Reads the values, so it takes the keeper's access. A book that cannot be read is left to the
    check of the tree.
    """
    roster, findings = Roster(), list[Finding]()
    try:
        for index, event in read_events(connection, "book", 0, book.size):
            findings += _judge(roster, index, event)
            roster.apply(event)
    except LedgerError:
        return findings
    return [*findings, *_check_rows(connection, roster)]


def _judge(roster: Roster, index: int, event: Event) -> Iterator[Finding]:
    """Yield what a leaf says that nobody may have decided."""
    objection = roster.objection(event.data, event.subject)
    if objection is not None:
        noun = event.kind.type.removeprefix("cn.suanquan.")
        what = Text(f"{noun} 不合规则：{objection.zh}", f"{noun}: {objection.en}")
        yield Finding("book", index, "chunk", "body", what)


def _check_rows(connection: Connection, roster: Roster) -> Iterator[Finding]:
    """Yield each row of personal data that does not fit its leaf, and each leaf without a row."""
    missing = dict(roster.held)
    table = tables.personal_datum
    query = select(table).order_by(table.c.digest).execution_options(yield_per=1000)
    for digest, enterprise, kind, salt, value in connection.execute(query):
        name = digest.hex()
        held = missing.pop(name, None)
        if held is None:
            what = Text(f"{name} 没有对应条目", f"no leaf names {name}")
            yield Finding(None, None, table.name, "digest", what)
            continue
        for column, have, want in (
            ("enterprise", enterprise, held.enterprise),
            ("kind", kind, held.kind),
        ):
            if have != want:
                what = Text(f"{name} 记为 {have}，条目为 {want}", f"{name}: {have}, leaf: {want}")
                yield Finding("book", held.index, table.name, column, what)
        wrong = _wrong_value(held, salt, value)
        if wrong is not None:
            yield Finding("book", held.index, table.name, "value", wrong)
    for name, held in sorted(missing.items()):
        what = Text(f"{name} 的行缺失", f"the row of {name} is gone")
        yield Finding("book", held.index, table.name, "digest", what)


def _wrong_value(held: Held, salt: bytes | None, value: bytes | None) -> Text | None:
    """Return what is wrong with a salt and a value; neither stands in what is said."""
    is_there = salt is not None or value is not None
    if held.forgotten is not None:
        if not is_there:
            return None
        at = held.forgotten.at
        return Text(
            f"{held.digest} 应已于 {at} 删除，数据却还在",
            f"{held.digest} was forgotten at {at}, and its data are still there",
        )
    if salt is None or value is None:
        return Text(
            f"{held.digest} 的数据不见了，却没有删除事件",
            f"the data of {held.digest} are gone, and no event forgot them",
        )
    if personal.check(bytes.fromhex(held.digest), held.enterprise, held.kind, salt, value):
        return None
    return Text(f"{held.digest} 与盐和值不符", f"{held.digest} does not fit salt and value")


def sweep(url: str) -> bool:
    """Return whether what was erased has left the database's own files too, after the commit.

    SQLite: the write-ahead log goes back into the file, whose pages hold zeros by then. PostgreSQL:
    the table is written anew without its old rows, which only its owner may do.
    """
    engine = open_engine(url, "own").execution_options(isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            driver = connection.connection.driver_connection
            if isinstance(driver, sqlite3.Connection):
                driver.execute(f"PRAGMA busy_timeout = {SWEEP_WAIT_MS}")
                (is_busy, *_) = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                return not is_busy
            return _rewrite(connection)
    except SQLAlchemyError:
        return False
    finally:
        engine.dispose()


def _rewrite(connection: Connection) -> bool:
    """Return whether PostgreSQL wrote the table anew; whoever reads it is waited for a while."""
    owned = text(
        "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'personal_datum'::regclass"
    )
    if not connection.scalar(owned):
        return False
    connection.execute(text(f"SET lock_timeout = {SWEEP_WAIT_MS}"))
    connection.execute(text("VACUUM (FULL) personal_datum"))
    return True
