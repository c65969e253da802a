"""What is put back is refused, with both checkpoints in the message: on either kind of database."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, make_url, text

from ledger import merkle, tables
from tests.ledger.conftest import Ledger, rebuild_tree, tampering
from tests.portal.conftest import Answer, Run
from tests.portal.test_backup import record
from tests.portal.test_witnesses import body, cosign_all, now_s, take_in
from tests.witness import Witness

WITNESSES = Witness("w1.example", 1), Witness("w2.example", 2)


@dataclass
class Centre:
    """A ledger with its command; `heads` are (size, root) of the usage log as it was signed."""

    run: Run
    url: str
    home: Path
    scratch: Path

    def sign(self) -> str:
        """Return the usage log's head, signed now, as a message shows it."""
        done = self.run("log", "checkpoint", "--json")
        assert done.status == 0, done.err
        one = done.json["logs"][0]
        return f"{one['origin']} {one['size']} {one['root']}"

    def head(self) -> str:
        """Return the usage log's head as the database has it, as a message shows it."""
        one = self.run("log", "list", "--json").json["logs"][0]
        return f"{one['origin']} {one['size']} {one['root']}"

    def record(self, *ids: str) -> None:
        record(self.run, self.scratch / "usage.ndjson", *ids)

    @contextmanager
    def owner(self) -> Iterator[Connection]:
        """Yield a connection that nothing holds back, and keep what it did."""
        ledger = Ledger(self.url)
        try:
            with tampering(ledger.own) as connection:
                yield connection
                connection.commit()
        finally:
            ledger.close()


@pytest.fixture
def centre(suanquan: Run, database_url: str, home: Path, tmp_path: Path) -> Centre:
    """Return a centre with three entries, signed."""
    run = partial(suanquan, SUANQUAN_DATABASE_URL=database_url, LANG="en_US.UTF-8")
    made = Centre(run, database_url, home, tmp_path)
    assert run("db", "upgrade").status == 0
    made.record("1", "2")
    return made


def copy_of(url: str, target: str) -> None:
    """Make one database what another is, as a restored dump or a file put in place does."""
    source = make_url(url)
    if source.get_backend_name() == "sqlite":
        assert source.database is not None
        for suffix in ("-wal", "-shm"):
            Path(f"{target}{suffix}").unlink(missing_ok=True)
        engine = create_engine(url)
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        engine.dispose()
        shutil.copyfile(source.database, target)
        return
    server = create_engine(source.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)'))
        connection.execute(
            text(f'CREATE DATABASE "{target}" TEMPLATE "{source.database}" STRATEGY file_copy')
        )
        # A copy does not bring the rights on the database itself.
        connection.execute(text(f'REVOKE TEMPORARY ON DATABASE "{target}" FROM PUBLIC'))
    server.dispose()


def name_of(url: str) -> str:
    database = make_url(url).database
    assert database is not None
    return database


def url_of(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def refused(centre: Centre, code: str, *shown: str) -> None:
    """Check that signing is refused with a code and that every message shows the heads."""
    for language in ("zh", "en"):
        done: Answer = centre.run("log", "checkpoint", "--json", "--lang", language)
        assert (done.status, done.error["code"]) == (4, code), done.err
        for one in shown:
            assert one in done.error["message"]


def found(centre: Centre, *shown: str) -> None:
    """Check that `log check` names the checkpoint that the log does not extend."""
    done = centre.run("log", "check", "--json")
    assert done.status == 4, done.out
    said = [one["what"] for one in done.json["findings"]]
    assert any(all(part in what for part in shown) for what in said), said


def test_an_old_backup_in_place_of_todays_database_is_refused(centre: Centre) -> None:
    backup = name_of(centre.url) + "_old"
    then = centre.sign()
    copy_of(centre.url, backup)
    centre.record("3", "4")
    signed = centre.sign()
    copy_of(url_of(centre.url, backup), name_of(centre.url))
    assert centre.head() == then
    refused(centre, "rolled_back", then, signed)
    found(centre, signed)


def test_a_head_rolled_back_by_hand_is_refused(centre: Centre) -> None:
    centre.record("3")
    signed = centre.sign()
    with centre.owner() as connection:
        connection.execute(
            tables.log.update()
            .where(tables.log.c.name == "usage")
            .values(size=3, root=merkle.EMPTY_ROOT)
        )
        connection.execute(text("DELETE FROM chunk WHERE log = 1 AND start >= 3"))
        rebuild_tree(connection, "usage")
    now = centre.head()
    assert " 3 " in now
    refused(centre, "rolled_back", now, signed)
    found(centre, signed)


def test_another_ledger_of_the_same_origin_swapped_in_is_refused(centre: Centre) -> None:
    empty = name_of(centre.url) + "_other"
    signed = centre.sign()
    elsewhere = partial(
        centre.run,
        SUANQUAN_DATABASE_URL=url_of(centre.url, empty),
        SUANQUAN_HOME=str(centre.scratch / "elsewhere"),
    )
    if "sqlite" not in centre.url:
        template = url_of(centre.url, "template0")
        copy_of(template, empty)
    assert elsewhere("db", "upgrade").status == 0
    record(elsewhere, centre.scratch / "other.ndjson", "a", "b", "c")
    copy_of(url_of(centre.url, empty), name_of(centre.url))
    now = centre.head()
    refused(centre, "forked", now, signed)
    found(centre, signed)


def test_a_checkpoint_that_is_gone_is_refused(centre: Centre) -> None:
    centre.sign()
    path = centre.home / "checkpoints" / "usage"
    path.unlink()
    refused(centre, "checkpoint_missing", str(path))
    found(centre, str(path))


def test_an_older_checkpoint_and_database_together_pass_but_not_whoever_kept_one(
    centre: Centre,
) -> None:
    """The limit: what is put back whole is caught by an outside copy alone."""
    backup = name_of(centre.url) + "_old"
    then = centre.sign()
    old = (centre.home / "checkpoints" / "usage").read_bytes()
    copy_of(centre.url, backup)
    centre.record("3")
    signed = centre.sign()
    kept = centre.scratch / "kept"
    shutil.copyfile(centre.home / "checkpoints" / "usage", kept)
    (centre.home / "checkpoints" / "usage").write_bytes(old)
    copy_of(url_of(centre.url, backup), name_of(centre.url))
    assert centre.head() == then
    assert centre.run("log", "check").status == 0
    assert centre.sign() == then
    prove = ("log", "prove-growth", "usage", "--old", kept, "--out", centre.scratch / "g")
    done = centre.run(*prove, "--json")
    assert (done.status, done.error["code"]) == (4, "rolled_back"), done.err
    for one in (then, signed):
        assert one in done.error["message"]


def test_a_witness_catches_what_was_put_back_whole(centre: Centre) -> None:
    listed = centre.scratch / "witnesses"
    listed.write_text("".join(f"{one.vkey}\n" for one in WITNESSES), "utf-8")
    centre.run = partial(
        centre.run, SUANQUAN_WITNESSES_FILE=str(listed), SUANQUAN_WITNESSES_REQUIRED="2"
    )
    backup = name_of(centre.url) + "_old"
    then = centre.sign()
    cosign_all(centre.run, centre.scratch, *WITNESSES)
    for name in ("checkpoints", "cosigned"):
        shutil.copytree(centre.home / name, centre.scratch / "then" / name)
    copy_of(centre.url, backup)
    centre.record("3")
    signed = centre.sign()
    note = centre.run("log", "list", "--json").json["logs"][0]["note"]
    fresh = [Witness(one.name, one.seed) for one in WITNESSES]
    cosigned = fresh[1].cosign(fresh[0].cosign(note, now_s()), now_s())
    take_in(centre.run, centre.scratch, cosigned)
    copy_of(url_of(centre.url, backup), name_of(centre.url))
    # The checkpoint alone put back: the cosigned one beside it is later.
    path = centre.home / "checkpoints" / "usage"
    path.write_bytes((centre.scratch / "then" / "checkpoints" / "usage").read_bytes())
    refused(centre, "checkpoint_replaced", then, signed)
    # Everything put back, cosigned ones too: nothing at the centre shows it …
    shutil.rmtree(centre.home / "cosigned")
    shutil.copytree(centre.scratch / "then" / "cosigned", centre.home / "cosigned")
    assert centre.run("log", "check").status == 0
    # … but the witness's own note is refused, and it signs nothing that goes back or aside,
    path = centre.scratch / "cosigned"
    path.write_text(cosigned, "utf-8")
    done = centre.run("log", "cosign", "usage", "--file", path, "--json")
    assert (done.status, done.error["code"]) == (4, "rolled_back")
    assert then in done.error["message"]
    assert signed in done.error["message"]
    centre.record("another")
    centre.sign()
    forked = centre.run("log", "list", "--json").json["logs"][0]["note"]
    assert body(forked) != body(note)
    with pytest.raises(AssertionError, match="goes back"):
        fresh[0].cosign(forked, now_s())
    # so what is new is never cosigned, and an export of it is refused.
    done = centre.run("log", "export", centre.scratch / "e", "--json")
    assert (done.status, done.error["code"]) == (4, "too_few_witnesses")
