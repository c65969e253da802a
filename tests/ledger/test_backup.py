"""A copied ledger is the ledger: of one moment, whole, sound, and open to go on."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from ledger import tables
from ledger.accounts import (
    Invitation,
    add_invitation,
    propose_secret,
    set_password,
    set_recovery_codes,
)
from ledger.backup import LEFT_BEHIND, Copied, check_copy, copy_ledger
from ledger.database import open_engine
from ledger.errors import InvalidInputError, TamperedLogError
from ledger.kept_answers import hold_key
from ledger.review_drafts import ReviewDraft, write_draft
from ledger.schema import upgrade
from ledger.sessions import SessionRow, add_session
from ledger.sign_on import Departure, LinkedSignOn, add_departure, add_linked
from ledger.throttle import lock_tries
from ledger.tlog import Checkpoint
from tests.ledger import books
from tests.ledger.attacks import below_the_walls
from tests.ledger.conftest import CODE, ORIGIN, Ledger, fact, fill, tampering, usage


@pytest.fixture
def target(database_url: str) -> Iterator[Engine]:
    """Yield the owner's engine of an empty database, of each kind in turn."""
    engine = open_engine(database_url, "own")
    yield engine
    engine.dispose()


@pytest.fixture
def copy_path(tmp_path: Path) -> Path:
    return tmp_path / "copy.db"


def copy(source: Ledger, target: Engine) -> Copied:
    with source.keep.connect() as connection:
        return copy_ledger(connection, target)


def opened(target: Engine) -> Ledger:
    return Ledger(target.url.render_as_string(hide_password=False))


def test_every_row_of_every_table_is_copied_between_all_kinds(
    evidence: Ledger, target: Engine
) -> None:
    told: list[int] = []
    with evidence.keep.connect() as connection:
        copied = copy_ledger(connection, target, told.append)
    with closing(opened(target)) as restored:
        assert restored.dump() == evidence.dump()
        assert restored.heads() == evidence.heads() == copied.heads
        assert copied.rows == {name: len(rows) for name, rows in evidence.dump().items()}
        with restored.keep.connect() as connection:
            assert check_copy(connection, {}) == []
        assert restored.findings() == []
    entries = sum(head.size for head in copied.heads.values())
    assert sum(told) == entries + copied.rows["identity"]


def test_a_copy_knows_how_people_sign_in_and_lets_nobody_in_by_what_it_held(
    ledger: Ledger, tmp_path: Path
) -> None:
    mark = b"x" * 32
    with ledger.write.begin() as connection:
        set_password(connection, "a", "hash", 1)
        propose_secret(connection, "a", b"sealed")
        set_recovery_codes(connection, "a", [mark])
        add_invitation(connection, mark, Invitation("a", "password", 2))
        add_session(connection, SessionRow(mark, "a", 1, 1, 2))
        lock_tries(connection, [mark], 1)
        add_linked(connection, LinkedSignOn("https://issuer.example", "s", "a", 1))
        add_departure(connection, Departure(mark, "/", 2), 1)
        hold_key(connection, mark, mark, 1)
        write_draft(connection, "SQ-1", "a", ReviewDraft(1, 1, 1, b"{}"))
    held = {name: len(ledger.dump()[name]) for name in tables.ACCOUNTS}
    assert held == dict.fromkeys(tables.ACCOUNTS, 1)
    engine = open_engine(f"sqlite:///{tmp_path / 'copy.db'}", "own")
    copied = copy(ledger, engine)
    engine.dispose()
    with closing(opened(engine)) as restored:
        found = {name: len(restored.dump()[name]) for name in tables.ACCOUNTS}
        assert restored.dump()["account"] == ledger.dump()["account"]
    wanted = held | dict.fromkeys(LEFT_BEHIND, 0)
    assert found == wanted == {name: copied.rows[name] for name in tables.ACCOUNTS}


def test_a_restored_ledger_goes_on_where_the_copied_one_would(
    evidence: Ledger, target: Engine
) -> None:
    copy(evidence, target)
    with closing(opened(target)) as restored:
        before = restored.dump()
        again = restored.append(fact("f-1"))
        assert (again.recorded, again.duplicate) == (0, 1)
        restored.append(usage("n-1", source="urn:agent:new"), rejected=[b"{"], stream="new")
        after = restored.dump()
        (source,) = set(after["source"]) - set(before["source"])
        assert source[0] == max(int(str(row[0])) for row in before["source"]) + 1
        new = [int(str(row[0])) for row in set(after["rejection"]) - set(before["rejection"])]
        assert min(new) > max(int(str(row[0])) for row in before["rejection"])
        assert restored.findings() == []


def test_several_usage_logs_are_copied_with_their_origins(target: Engine, copy_path: Path) -> None:
    with closing(Ledger.migrated(f"sqlite:///{copy_path}")) as wide:
        upgrade(wide.own, ORIGIN, usage_logs=3)
        wide.store.append_own([usage("a-1")], 1, usage_log="usage-2")
        copy(wide, target)
        with closing(opened(target)) as restored:
            assert list(restored.heads()) == ["usage", "book", "access", "usage-1", "usage-2"]
            assert restored.dump() == wide.dump()


def test_a_copy_under_load_is_of_one_moment(ledger: Ledger, copy_path: Path) -> None:
    ledger.append(*(usage(f"first-{number}") for number in range(300)))
    stop, moved = threading.Event(), threading.Event()

    def write() -> None:
        with closing(Ledger(ledger.url)) as writer:
            number = 0
            while not stop.is_set():
                writer.append(usage(f"u-{number}"), fact(f"f-{number}"), stream="load")
                number += 1
                moved.set()

    waits: list[bool] = []

    def let_the_writer_go_on(_: int) -> None:
        moved.clear()
        waits.append(moved.wait(60))

    thread = threading.Thread(target=write)
    thread.start()
    target = open_engine(f"sqlite:///{copy_path}", "own")
    try:
        with ledger.keep.connect() as connection:
            copied = copy_ledger(connection, target, let_the_writer_go_on)
    finally:
        stop.set()
        thread.join()
        target.dispose()
    assert len(waits) >= 2
    assert all(waits)
    with closing(Ledger(f"sqlite:///{copy_path}")) as restored:
        assert restored.findings() == []
        assert restored.heads() == copied.heads
        assert restored.heads()["book"].size < ledger.heads()["book"].size


def test_a_sqlite_copy_is_one_file_that_reading_leaves_as_it_is(
    sqlite_evidence: Ledger, copy_path: Path
) -> None:
    target = open_engine(f"sqlite:///{copy_path}", "own")
    copy(sqlite_evidence, target)
    target.dispose()
    before = copy_path.read_bytes()
    engine = open_engine(f"sqlite:///{copy_path}", "read")
    with engine.connect() as connection:
        assert check_copy(connection, {}) == []
    assert [one.name for one in copy_path.parent.iterdir()] == [copy_path.name]
    engine.dispose()
    assert copy_path.read_bytes() == before


def test_a_target_that_holds_anything_is_refused_unchanged(
    sqlite_evidence: Ledger, ledger: Ledger
) -> None:
    ledger.append(usage("mine"))
    before = ledger.dump()
    with pytest.raises(InvalidInputError) as refused:
        copy(sqlite_evidence, ledger.own)
    assert refused.value.code == "not_empty"
    assert ledger.dump() == before


def test_logs_of_another_origin_and_tables_of_others_are_no_empty_target(
    sqlite_evidence: Ledger, target: Engine
) -> None:
    with target.begin() as connection:
        connection.execute(text("CREATE TABLE stranger (x INTEGER)"))
    with pytest.raises(InvalidInputError, match="stranger"):
        copy(sqlite_evidence, target)
    with target.begin() as connection:
        connection.execute(text("DROP TABLE stranger"))
    upgrade(target, "elsewhere.example")
    with pytest.raises(InvalidInputError, match=r"elsewhere\.example/usage"):
        copy(sqlite_evidence, target)


def test_a_database_that_was_only_upgraded_is_empty(
    sqlite_evidence: Ledger, target: Engine
) -> None:
    upgrade(target, ORIGIN)
    copy(sqlite_evidence, target)
    with closing(opened(target)) as restored:
        assert restored.dump() == sqlite_evidence.dump()


def test_an_interrupted_copy_leaves_no_row(sqlite_evidence: Ledger, target: Engine) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with sqlite_evidence.keep.connect() as connection, pytest.raises(KeyboardInterrupt):
        copy_ledger(connection, target, interrupt)
    with closing(opened(target)) as left:
        assert {name for name, rows in left.dump().items() if rows} == {"log"}
        assert {head.size for head in left.heads().values()} == {0}
    copy(sqlite_evidence, target)


def test_a_copy_that_does_not_reach_the_signed_checkpoint_is_named(
    sqlite_ledger: Ledger, copy_path: Path
) -> None:
    fill(sqlite_ledger)
    target = open_engine(f"sqlite:///{copy_path}", "own")
    copy(sqlite_ledger, target)
    sqlite_ledger.append(usage("later"))
    head = sqlite_ledger.heads()["usage"]
    signed = Checkpoint(head.origin, head.size, head.root)
    with target.connect() as connection:
        found = check_copy(connection, {"usage": signed})
    target.dispose()
    assert [(one.log, one.table, one.column) for one in found] == [("usage", "log", "root")]


def test_a_source_whose_values_or_origins_are_wrong_is_not_copied(
    sqlite_evidence: Ledger, copy_path: Path
) -> None:
    target = open_engine(f"sqlite:///{copy_path}", "own")
    for change, code in (
        ("UPDATE stream SET next = 'x'", "wrong_type"),
        ("UPDATE log SET origin = 'other/book' WHERE name = 'book'", "wrong_logs"),
    ):
        with tampering(sqlite_evidence.own) as connection:
            connection.execute(text(change))
            with pytest.raises(TamperedLogError) as refused:
                copy_ledger(connection, target)
            connection.rollback()
        assert refused.value.code == code
    assert not set(tables.metadata.tables) & set(_tables(target))
    target.dispose()


def test_books_that_break_a_law_are_not_copied_and_are_found_in_a_copy(
    ledger: Ledger, copy_path: Path
) -> None:
    ledger.append(*books.year(CODE))
    overdrawn = text("UPDATE fund_balance SET available = -1 WHERE fund = 'hubei'")
    target = open_engine(f"sqlite:///{copy_path}", "own")
    copy(ledger, target)
    with target.connect() as connection:
        with below_the_walls(connection, tables.fund_balance):
            connection.execute(overdrawn)
        assert {one.table for one in check_copy(connection, {})} == {"fund_balance"}
    target.dispose()
    copy_path.unlink()
    with ledger.own.connect() as connection:
        with below_the_walls(connection, tables.fund_balance):
            connection.execute(overdrawn)
        with pytest.raises(TamperedLogError, match="what is available is below zero") as refused:
            copy_ledger(connection, target)
        connection.rollback()
    assert refused.value.code == "books_disagree"
    target.dispose()


def _tables(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(text("SELECT name FROM sqlite_master")))
