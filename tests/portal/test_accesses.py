"""Who read what: every route that shows something of an enterprise leaves an access in the log."""

import os
import shutil
import threading
from http import HTTPStatus
from pathlib import Path
from typing import Final

import pytest

from ledger.errors import RuleViolationError
from ledger.events import Access, AccessRecorded
from ledger.read import read_data, read_heads
from ledger.text import Text
from portal.audit import accesses as module
from portal.audit.accesses import SAME_LOOK_MS, Accesses, Look
from portal.shell import Shell
from tests.portal.gallery import Gallery, furnished, gallery
from tests.portal.lobby import Lobby, lobby, office, on_sqlite
from tests.portal.office import OTHER
from tests.portal.test_web_looks import ENROLLING, pages
from tests.small_ledger import CODE

__all__ = ["furnished", "gallery", "lobby", "office"]

AT: Final = 1_660_000_000_000


def look(place: str = "/claims/1", access: Access = "read", person: str = "gh-1") -> Look:
    """Return a look at an enterprise's page."""
    return Look(person, "91420100MA4K2XY18X", access, place, "page")


def recorded(shell: Shell) -> list[tuple[str, AccessRecorded]]:
    """Return the accesses of the log, each with whose things it was."""
    with shell.auditing() as connection:
        size = read_heads(connection)["access"].size
        found = read_data(connection, "access", 0, size)
        return [(event.subject, data) for event, data in found if isinstance(data, AccessRecorded)]


def places(shell: Shell) -> list[str]:
    """Return the addresses of the recorded accesses."""
    return [data.place for _, data in recorded(shell)]


@pytest.fixture
def shell(lobby: Lobby) -> Shell:
    """Return the shell of an office's ledger."""
    return lobby.shell


def files(shell: Shell) -> list[Path]:
    """Return the files of looks that are not in the log yet."""
    return sorted((shell.settings.home / "accesses").glob("*"))


def test_looks_are_kept_at_once_and_recorded_together(shell: Shell) -> None:
    accesses = Accesses(shell)
    accesses.note(look("/claims/1"), AT)
    accesses.note(look("/claims/2"), AT + 1)
    (path,) = files(shell)
    assert len(path.read_bytes().splitlines()) == 2
    assert path.stat().st_mode & 0o777 == 0o600
    assert places(shell) == []
    assert accesses.take_in() == 2
    assert places(shell) == ["/claims/1", "/claims/2"]
    assert files(shell) == []
    assert accesses.take_in() == 0


def test_the_same_look_within_minutes_is_one_and_a_file_counts_each_time(shell: Shell) -> None:
    accesses = Accesses(shell)
    for at in (0, 1, SAME_LOOK_MS - 1, SAME_LOOK_MS, SAME_LOOK_MS + 1):
        accesses.note(look(), AT + at)
    accesses.note(look(person="gh-2"), AT)
    accesses.note(look(access="downloaded"), AT)
    accesses.note(look(access="downloaded"), AT)
    accesses.take_in()
    found = [(data.person, data.access, data.at) for _, data in recorded(shell)]
    assert [one[:2] for one in found] == [
        ("gh-1", "read"),
        ("gh-1", "read"),
        ("gh-2", "read"),
        ("gh-1", "downloaded"),
        ("gh-1", "downloaded"),
    ]


def test_a_file_that_is_read_twice_is_recorded_once(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    accesses = Accesses(shell)
    accesses.note(look(), AT)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", lambda _: None)
        assert accesses.take_in() == 1
    assert accesses.take_in() == 0
    assert places(shell) == ["/claims/1"]
    assert files(shell) == []


def test_what_a_process_left_another_takes_in_and_a_living_ones_not(shell: Shell) -> None:
    gone, living = Accesses(shell), Accesses(shell)
    gone.note(look("/claims/gone"), AT)
    living.note(look("/claims/living"), AT)
    os.close(gone._file or -1)  # noqa: SLF001 - as the system does when a process ends
    assert Accesses(shell).take_in() == 1
    assert places(shell) == ["/claims/gone"]
    living.note(look("/claims/later"), AT)
    living.take_in()
    assert places(shell) == ["/claims/gone", "/claims/living", "/claims/later"]


def test_half_a_line_at_the_end_is_none_and_any_other_is_kept_and_named(
    shell: Shell, caplog: pytest.LogCaptureFixture
) -> None:
    accesses = Accesses(shell)
    accesses.note(look(), AT)
    (path,) = files(shell)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: len(whole) // 2])
    assert accesses.take_in() == 1
    accesses.note(look("/claims/2"), AT)
    (path,) = files(shell)
    altered = path.read_bytes().replace(b"access.recorded", b"fund.appropriated")
    path.write_bytes(altered)
    assert accesses.take_in() == 0
    assert "bad_access" in caplog.text or str(path) in caplog.text
    assert path.read_bytes() == altered


def test_what_cannot_be_recorded_now_is_recorded_in_the_next_turn(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    accesses = Accesses(shell)
    accesses.note(look(), AT)

    def moved(*_: object) -> None:
        raise RuleViolationError("stream_moved", Text("", ""), Text("", ""))

    with monkeypatch.context() as patched:
        patched.setattr(module.Accesses, "_record", moved)
        assert accesses.take_in() == 0
    assert len(files(shell)) == 1
    assert accesses.take_in() == 1


def test_many_threads_note_each_look_once(shell: Shell) -> None:
    accesses = Accesses(shell)

    def work(number: int) -> None:
        for one in range(20):
            accesses.note(look(f"/claims/{number}-{one}"), AT)
            if one % 7 == 0:
                accesses.take_in()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    accesses.take_in()
    assert files(shell) == []
    assert sorted(places(shell)) == sorted(f"/claims/{a}-{b}" for a in range(4) for b in range(20))


@on_sqlite
def test_a_page_is_not_shown_where_the_look_cannot_be_kept(lobby: Lobby) -> None:
    shutil.rmtree(lobby.shell.settings.home / "accesses", ignore_errors=True)
    (lobby.shell.settings.home / "accesses").write_text("in the way")
    answer = lobby.ask("task-1", "GET", "/claims")
    assert answer.status_code >= 500
    assert "<table" not in answer.text


@on_sqlite
def test_the_auditor_finds_who_read_what(lobby: Lobby) -> None:
    lobby.see("task-1", "/claims")
    lobby.see("task-1", f"/enterprise/{CODE}/usage")
    lobby.see("firm-1", f"/enterprise/{CODE}/usage")
    lobby.see("firm-1", "/notices")
    lobby.see("stranger-1", f"/enterprise/{CODE}/usage", 404)
    lobby.see("auditor-1", "/audit/access?person=nobody")
    lobby.close()
    found = [(one["person"], one["place"], one["enterprise"]) for one in listed(lobby)]
    assert sorted(found, key=str) == [
        ("auditor-1", "/audit/access", None),
        ("firm-1", f"/enterprise/{CODE}/usage", CODE),
        ("task-1", "/claims", None),
        ("task-1", f"/enterprise/{CODE}/usage", CODE),
    ]
    assert {one["person"] for one in listed(lobby, "--enterprise", CODE)} == {"firm-1", "task-1"}
    assert len(listed(lobby, "--person", "task-1")) == 2
    assert len(listed(lobby, "--person", "task-1", "--enterprise", CODE)) == 1
    shown = lobby.see("auditor-1", f"/audit/access?enterprise={CODE}&person=task-1")
    assert shown.count(f"/enterprise/{CODE}/usage") == 1


OWN: Final = frozenset({"", "admin-1", ENROLLING})
"""Who sees nothing of enterprises: the public, an administrator, who sets up his account."""


def test_every_page_behind_a_role_leaves_an_access_with_whose_it_is(gallery: Gallery) -> None:
    lobby, opened = gallery.lobby, set[tuple[str, str]]()
    for person, paths in pages(gallery).items():
        for path in paths:
            answer = lobby.ask(person, "GET", path)
            if answer.status_code == HTTPStatus.OK and person not in OWN and path != "/account":
                opened.add((person, path.partition("?")[0]))
    lobby.close()
    found = {(data.person, data.place): subject for subject, data in recorded(lobby.shell)}
    assert found.keys() == opened
    for (person, place), subject in found.items():
        if place.startswith(("/claims/", "/enterprise/", "/audit/statements/")):
            assert subject == (OTHER if person == "stranger-1" else CODE), place


def test_a_program_leaves_accesses_and_files_are_told_apart(gallery: Gallery) -> None:
    lobby, shown = gallery.lobby, gallery.shown
    headers = {"authorization": f"Bearer {lobby.office.tokens['firm-1']}"}
    for path in (
        f"/claims/{shown.paid}",
        f"/documents/{shown.paper}",
        f"/enterprises/{CODE}/statements/{shown.statement}/file",
    ):
        answer = lobby.browser().client.get(f"/api/v1{path}", headers=headers)
        assert answer.status_code == HTTPStatus.OK, answer.text
    lobby.see("auditor-1", "/audit/log/book/0/proof", HTTPStatus.NOT_FOUND)
    auditor = {"authorization": f"Bearer {lobby.office.tokens['auditor-1']}"}
    for path in (f"/statements/{shown.statement}", f"/statements/{shown.statement}/trace"):
        answer = lobby.browser().client.get(f"/api/v1{path}", headers=auditor)
        assert answer.status_code == HTTPStatus.OK, answer.text
    lobby.close()
    found = {
        data.place.removeprefix("/api/v1"): (subject, data)
        for subject, data in recorded(lobby.shell)
    }
    assert {subject for subject, _ in found.values()} == {CODE}
    assert {data.way for _, data in found.values()} == {"program"}
    taken = {path for path, (_, data) in found.items() if data.access == "downloaded"}
    assert taken == {one for one in found if one.startswith("/documents/") or one.endswith("/file")}
    assert len(found) == len(taken) + 3


def listed(lobby: Lobby, *options: str) -> list[dict[str, str]]:
    """Return what the command says of accesses."""
    rows: list[dict[str, str]] = lobby.office.ask("auditor-1", "access", "list", *options)["rows"]
    return rows
