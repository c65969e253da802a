"""Personal data stand beside their leaves, are erased for good, and change in no other way."""

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from ledger.backup import check_copy, copy_ledger
from ledger.database import open_engine
from ledger.erasable import (
    check_people,
    lock_book,
    read_on,
    read_roster,
    read_values,
    sweep,
)
from ledger.personal import Contact, encode_datum
from ledger.read import read_heads, read_some
from tests.ledger.conftest import Ledger, findings, tampering
from tests.ledger.people import (
    CONTACT,
    ERASURE,
    FIRST,
    FORGOTTEN,
    KEPT,
    SALTS,
    SECOND,
    digest_of,
    fill_people,
    forget,
    keep,
    record,
)

# What stands in each of many values, and must be nowhere afterwards.
SECRET = b"13911112222"


@pytest.fixture
def people(ledger: Ledger) -> Ledger:
    """Return a ledger with personal data kept and forgotten, on each kind of database."""
    fill_people(ledger.store)
    return ledger


def places(connection: Connection) -> list[tuple[int | None, str]]:
    """Return index and `table.column` of each finding."""
    found = check_people(connection, read_heads(connection)["book"])
    return [(one.index, f"{one.table}.{one.column}") for one in found]


def test_a_ledger_with_people_is_sound(people: Ledger) -> None:
    assert people.findings() == []
    with people.keep.connect() as connection:
        assert len(read_values(connection, KEPT)) == 2
        assert read_values(connection, KEPT)[digest_of(KEPT, CONTACT).hex()] == encode_datum(
            CONTACT
        )
        assert list(read_values(connection, FORGOTTEN).values()) == [None]


def test_a_roster_that_is_read_on_is_the_one_read_at_once(people: Ledger) -> None:
    with people.keep.connect() as connection:
        size = read_heads(connection)["book"].size
        for at in range(size + 1):
            before = read_roster(connection, at)
            assert read_on(connection, before, size) == read_roster(connection, size)
            assert before == read_roster(connection, at)


# Leaves: 0 and 1 administrators, 3 and 5 of what is kept, 7 of what is forgotten.
KEPT_ROW = "enterprise = '91350100M000100Y43' AND kind = 'contact'"
ERASED_ROW = "enterprise = '91440300708461136T'"


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        (f"UPDATE personal_datum SET digest = salt WHERE {KEPT_ROW}", (None, "digest")),
        (f"UPDATE personal_datum SET digest = salt WHERE {KEPT_ROW}", (3, "digest")),
        (f"UPDATE personal_datum SET enterprise = 'x' WHERE {KEPT_ROW}", (3, "enterprise")),
        (f"UPDATE personal_datum SET kind = 'x' WHERE {KEPT_ROW}", (3, "kind")),
        (f"UPDATE personal_datum SET salt = digest WHERE {KEPT_ROW}", (3, "value")),
        (f"UPDATE personal_datum SET value = digest WHERE {KEPT_ROW}", (3, "value")),
        (f"UPDATE personal_datum SET salt = NULL, value = NULL WHERE {KEPT_ROW}", (3, "value")),
        (f"DELETE FROM personal_datum WHERE {KEPT_ROW}", (3, "digest")),
        (
            f"UPDATE personal_datum SET salt = digest, value = digest WHERE {ERASED_ROW}",
            (7, "value"),
        ),
        (f"UPDATE personal_datum SET enterprise = 'x' WHERE {ERASED_ROW}", (7, "enterprise")),
        (f"DELETE FROM personal_datum WHERE {ERASED_ROW}", (7, "digest")),
    ],
)
def test_raw_sql_is_found_and_its_place_is_named(
    people: Ledger, statement: str, place: tuple[int | None, str]
) -> None:
    with tampering(people.own) as connection:
        assert places(connection) == []
        assert connection.execute(text(statement)).rowcount == 1
        assert (place[0], f"personal_datum.{place[1]}") in places(connection)


def test_a_finding_repeats_nothing_that_is_personal(people: Ledger) -> None:
    with tampering(people.own) as connection:
        connection.execute(text("UPDATE personal_datum SET salt = digest WHERE salt IS NOT NULL"))
        for one in check_people(connection, read_heads(connection)["book"]):
            assert "13800001111" not in one.what.zh + one.what.en


def test_a_consent_that_was_never_given_is_found_in_the_log(ledger: Ledger) -> None:
    record(ledger.store, ("", FIRST), (KEPT, ERASURE))
    with ledger.keep.connect() as connection:
        (found,) = check_people(connection, read_heads(connection)["book"])
    assert (found.log, found.index, found.table) == ("book", 1, "chunk")
    assert "no open request" in found.what.en


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM personal_datum",
        "UPDATE personal_datum SET digest = salt WHERE salt IS NOT NULL",
        "UPDATE personal_datum SET enterprise = 'x'",
        "UPDATE personal_datum SET kind = 'x'",
        "UPDATE personal_datum SET salt = digest, value = digest",
        "UPDATE personal_datum SET value = digest WHERE value IS NOT NULL",
    ],
)
def test_a_row_only_loses_its_data(people: Ledger, statement: str) -> None:
    with people.own.connect() as connection, pytest.raises(DBAPIError, match="only loses its data"):
        connection.execute(text(statement))


@pytest.mark.parametrize(
    ("access", "statement"),
    [
        ("read", "SELECT value FROM personal_datum"),
        ("read", "SELECT salt FROM personal_datum"),
        ("read", "SELECT * FROM personal_datum"),
        ("write", "SELECT value FROM personal_datum"),
        ("write", "DELETE FROM personal_datum"),
        ("write", "UPDATE personal_datum SET kind = kind"),
        ("keep", "UPDATE personal_datum SET salt = NULL, value = NULL"),
        ("keep", "INSERT INTO personal_datum SELECT * FROM personal_datum"),
        ("keep", "DELETE FROM stream"),
    ],
)
def test_on_postgresql_each_role_does_its_part_only(
    postgres_ledger: Ledger, access: str, statement: str
) -> None:
    fill_people(postgres_ledger.store)
    engine = getattr(postgres_ledger, access)
    with engine.connect() as connection, pytest.raises(DBAPIError, match="permission denied"):
        connection.execute(text(statement))


def test_every_proof_and_every_entry_stays_when_an_enterprise_is_forgotten(people: Ledger) -> None:
    before = people.heads()["book"]
    with people.keep.connect() as connection:
        entries = read_some(connection, "book", range(before.size))
        tiles = dict.fromkeys(people.dump()["tile"])
    forget(people.store, KEPT)
    assert people.findings() == []
    with people.keep.connect() as connection:
        assert read_some(connection, "book", range(before.size)) == entries
        assert set(read_values(connection, KEPT).values()) == {None}
        roster = read_roster(connection, people.heads()["book"].size)
    assert tiles.keys() <= dict.fromkeys(people.dump()["tile"]).keys()
    assert all(one.forgotten for one in roster.held.values())


def test_forgetting_and_its_event_are_one_transaction(people: Ledger) -> None:
    before = people.dump()

    def forget_and_fail() -> None:
        with people.store.together() as store:
            forget(store, KEPT)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        forget_and_fail()
    assert people.dump() == before


def test_a_backup_brings_what_is_kept_and_nothing_of_what_is_forgotten(
    people: Ledger, tmp_path: Path
) -> None:
    target = open_engine(f"sqlite:///{tmp_path / 'copy.db'}", "own")
    with people.keep.connect() as connection:
        copy_ledger(connection, target)
    target.dispose()
    with closing(Ledger(f"sqlite:///{tmp_path / 'copy.db'}")) as copied:
        assert copied.dump() == people.dump()
        with copied.keep.connect() as connection:
            assert check_copy(connection, {}) == []
            assert findings(connection) == []
    held = (tmp_path / "copy.db").read_bytes()
    assert SALTS[KEPT] in held
    assert SALTS[FORGOTTEN] not in held


def fill_secrets(ledger: Ledger) -> None:
    """Record many data of two enterprises, so that pages split and rows move."""
    record(ledger.store, ("", FIRST), ("", SECOND))
    with ledger.store.together() as store:
        for number in range(120):
            datum = Contact(
                name=f"李四{number}", phone=SECRET.decode(), address="武汉" * (number % 50 + 1)
            )
            keep(store, (KEPT, FORGOTTEN)[number % 2], datum)


def bytes_of(ledger: Ledger) -> bytes:
    """Return every byte of the SQLite file and what stands beside it."""
    path = Path(ledger.url.removeprefix("sqlite:///"))
    return b"".join(one.read_bytes() for one in sorted(path.parent.glob(f"{path.name}*")))


def test_no_byte_of_what_was_erased_is_left_in_the_sqlite_files(sqlite_ledger: Ledger) -> None:
    fill_secrets(sqlite_ledger)
    assert bytes_of(sqlite_ledger).count(SECRET) >= 120
    forget(sqlite_ledger.store, FORGOTTEN)
    assert sweep(sqlite_ledger.url)
    held = bytes_of(sqlite_ledger)
    assert (held.count(SECRET), held.count(SALTS[FORGOTTEN])) == (60, 0)
    forget(sqlite_ledger.store, KEPT)
    assert sweep(sqlite_ledger.url)
    assert SECRET not in bytes_of(sqlite_ledger)
    assert sqlite_ledger.findings() == []


def test_a_sweep_says_when_a_reader_kept_the_old_bytes(
    sqlite_ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.erasable.SWEEP_WAIT_MS", 50)
    fill_secrets(sqlite_ledger)
    with sqlite_ledger.read.connect() as reader:
        reader.execute(text("SELECT count(*) FROM personal_datum"))
        forget(sqlite_ledger.store, FORGOTTEN)
        assert not sweep(sqlite_ledger.url)
    assert sweep(sqlite_ledger.url)


def test_no_byte_of_what_was_erased_is_left_in_the_table_of_postgresql(
    postgres_ledger: Ledger,
) -> None:
    fill_secrets(postgres_ledger)
    read = text("SELECT pg_read_binary_file(pg_relation_filepath('personal_datum'))")

    def held() -> int:
        with postgres_ledger.own.connect() as connection:
            connection.exec_driver_sql("CHECKPOINT")
            found: bytes = connection.scalar(read)
        return found.count(SECRET)

    assert held() == 120
    forget(postgres_ledger.store, FORGOTTEN)
    assert held() == 120
    assert sweep(postgres_ledger.url)
    assert held() == 60
    assert postgres_ledger.findings() == []


def test_the_book_stands_still_for_who_acts(postgres_ledger: Ledger) -> None:
    with postgres_ledger.store.transaction() as connection:
        assert lock_book(connection) == 0
        with postgres_ledger.write.begin() as other:
            other.execute(text("SET LOCAL lock_timeout = 50"))
            with pytest.raises(DBAPIError, match="lock"):
                lock_book(other)
