"""What a restored ledger does of what was done: no statement twice, no message twice."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from ledger.config import Settings
from portal import cli
from portal.shell import Shell
from tests.portal.mailing import ADDRESS, NUMBER, OTHERS, THEIRS, MailCentre, box, centre
from tests.portal.schedules import AUGUST, Centre

__all__ = ["box", "centre"]


@pytest.fixture
def another_url(database_url: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty database of the kind that the first one is not."""
    if database_url.startswith("sqlite"):
        return str(request.getfixturevalue("postgres_database"))
    return f"sqlite:///{tmp_path / 'restored' / 'suanquan.db'}"


@contextmanager
def at(home: Path, url: str) -> Iterator[None]:
    """Let commands work on another home and database meanwhile."""
    told = {name: os.environ[name] for name in ("SUANQUAN_HOME", "SUANQUAN_DATABASE_URL")}
    os.environ |= {"SUANQUAN_HOME": str(home), "SUANQUAN_DATABASE_URL": url}
    yield
    os.environ |= told


def test_no_message_goes_out_again_that_may_have_gone_out(
    centre: MailCentre, another_url: str, tmp_path: Path
) -> None:
    """One was sent before the backup, one after it: of that the ledger knows nothing."""
    centre.box.rcpt = ["451 later"]
    assert centre.states() == {NUMBER: "waits", OTHERS: "sent"}
    assert centre.run("backup", tmp_path / "backup")["status"] == 0
    centre.later(1)
    assert centre.states() == {NUMBER: "sent", OTHERS: "sent"}
    assert centre.box.recipients == [[THEIRS], [ADDRESS]]
    with at(tmp_path / "restored", another_url):
        assert centre.run("restore", tmp_path / "backup")["status"] == 0
        done = centre.mail()
        assert (done["status"], done["sent"], len(centre.box.raw)) == (3, 0, 2)
        assert {one["id"]: one["state"] for one in done["rows"]} == {
            NUMBER: "unclear",
            OTHERS: "sent",
        }
        assert "mail_restored" in [one["error"] and one["error"]["code"] for one in done["rows"]]
        listed = centre.run("schedule", "list")["runs"]
        assert "restore" in [one["kind"] for one in listed]
        assert centre.mail("--again", OTHERS)["error"]["code"] == "mail_sent"
        assert centre.mail("--again", NUMBER)["sent"] == 1
        august = ("statement", "mail", "--month", "2022-08")
        assert centre.run("statement", "make", "--month", "2022-08")["status"] == 0
        assert centre.run(*august)["sent"] == 0, "it may have been made and sent before, too"
        assert centre.run(*august, "--after-restore")["sent"] == 1
        assert centre.run(*august)["status"] == 0, "that was said once and for all"
    assert [one["Subject"].count("2022-08-") for one in centre.box.letters] == [0, 0, 0, 1]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_message_that_was_on_its_way_during_the_backup_is_unclear(
    centre: MailCentre, another_url: str, tmp_path: Path
) -> None:
    centre.box.goes_on.clear()
    process = centre.started()
    assert centre.box.came.wait(60)
    assert centre.run("backup", tmp_path / "backup")["status"] == 0
    centre.box.goes_on.set()
    process.wait(60)
    with at(tmp_path / "restored", another_url):
        assert centre.run("restore", tmp_path / "backup")["status"] == 0
        rows = {one["id"]: one["error"]["code"] for one in centre.mail()["rows"]}
        assert rows == {NUMBER: "mail_unclear", OTHERS: "mail_restored"}
    assert len(centre.box.raw) == 2


def test_what_was_done_is_not_done_again_and_what_was_held_is_done_at_once(
    database_url: str, another_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, restored = tmp_path / "home", tmp_path / "restored"
    monkeypatch.setenv("SUANQUAN_TOKEN", "")
    monkeypatch.setenv("SUANQUAN_HOME", str(home))
    monkeypatch.setenv("SUANQUAN_DATABASE_URL", database_url)
    with closing(Centre(database_url, home)) as centre:
        centre.look(AUGUST)
        held = f"state = 'running', holder = 'gone', held_until_ms = {AUGUST + 600_000}"
        with centre.ledger.write.begin() as connection:
            connection.exec_driver_sql(f"UPDATE scheduled_run SET {held} WHERE kind = 'fund'")
        assert cli.run(["backup", str(tmp_path / "backup")]) == 0
        files, books = centre.files(), centre.files("reconciliations")
        before = centre.numbers()
        with at(restored, another_url):
            assert cli.run(["restore", str(tmp_path / "backup")]) == 0
        centre.settings = Settings.of_home(restored, another_url)
        centre.shell = Shell(centre.settings, "en", as_json=True)
        assert {one[0] for one in centre.look(AUGUST)} == {"fund"}
        assert centre.numbers() == before
        assert (centre.files(), centre.files("reconciliations")) == (files, books)
        assert centre.look(AUGUST) == {}
        assert centre.replay() == []
