"""Checks and replays from a page: one at a time, seen by every worker, never believed when dead."""

import os
import re
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import text

from ledger.database import open_engine
from portal.runs import audit_runs
from portal.runs.audit_runs import ROOM, Run, find_run, list_runs, start_run
from tests.ledger.conftest import tampering
from tests.portal.lobby import Browser, Lobby, lobby, office, on_sqlite

__all__ = ["lobby", "office"]

# A small ledger takes two seconds; a machine that is busy takes its time.
PATIENCE_S: Final = 60

CHECKS: Final = "/audit/checks"


def auditor(lobby: Lobby, language: str = "zh") -> Browser:
    """Return the auditor's browser."""
    return lobby.browser("auditor-1", language)


def start(lobby: Lobby, kind: str = "check") -> str:
    """Return the address of the run that a form led to."""
    browser = auditor(lobby)
    browser.open(CHECKS)
    answer = browser.send(CHECKS, kind=kind)
    assert answer.status_code == 200, answer.text
    return answer.url.path


def finished(lobby: Lobby, path: str) -> str:
    """Return what a run's page shows once it is no longer brought up to date."""
    home, number = lobby.shell.settings.home, int(path.rpartition("/")[2])
    wait_until(lambda: (one := find_run(home, number)) is not None and one.state != "running")
    return str(auditor(lobby).open(path).text)


def wait_until(is_so: Callable[[], object]) -> None:
    """Wait until something is so."""
    until = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)


def processes() -> list[int]:
    """Return the processes of runs that this one started and that live."""
    found = []
    for one in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = int((one / "stat").read_text().rpartition(")")[2].split()[1])
            if (
                parent == os.getpid()
                and b"portal.runs.audit_process" in (one / "cmdline").read_bytes()
            ):
                found.append(int(one.name))
    return found


def end(process: int) -> None:
    """Kill the process of a run, and wait until it is gone."""
    os.kill(process, signal.SIGKILL)
    wait_until(lambda: process not in processes())


def tamper(statement: str) -> None:
    """Change a row behind the ledger's back, and leave its walls as they were on PostgreSQL."""
    own = open_engine(os.environ["SUANQUAN_DATABASE_URL"], "own")
    with tampering(own) as connection:
        connection.execute(text(statement))
        if connection.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE usage_day ENABLE TRIGGER ALL"))
        connection.commit()
    own.dispose()


def test_a_sound_ledger_is_checked_and_replayed_and_nothing_is_recorded(lobby: Lobby) -> None:
    before = lobby.office.ask("auditor-1", "log", "list")["logs"]
    for kind in ("check", "replay"):
        path = start(lobby, kind)
        assert "没有发现不一致之处" in finished(lobby, path)
        assert "hx-get" not in auditor(lobby).open(f"{path}/now").text
        answer = auditor(lobby).open(f"{path}/findings")
        assert answer.json() == {"findings": []}
        assert f"{kind}-" in answer.headers["content-disposition"]
    assert lobby.office.ask("auditor-1", "log", "list")["logs"] == before
    shown = auditor(lobby).open("/audit").text
    assert shown.count("一致</span>") == 2
    assert "auditor-1" in shown


def test_a_tampered_row_is_found_and_shown_as_the_command_finds_it(lobby: Lobby) -> None:
    tamper("UPDATE usage_day SET quantity = quantity + 1")
    said = lobby.office.ask("auditor-1", "log", "check", "--full", "--lang", "zh")["findings"]
    assert any(one["table"] == "usage_day" for one in said)
    path = start(lobby)
    shown = finished(lobby, path)
    assert "账本与证据不一致" in shown
    assert re.search(r'<td class="mono"[^>]*>usage_day</td>', shown)
    assert "处不一致" in auditor(lobby).open("/audit").text
    assert auditor(lobby).open(f"{path}/findings").json()["findings"] == said


@on_sqlite
def test_two_starts_give_one_run_and_every_worker_sees_it(lobby: Lobby) -> None:
    settings = lobby.shell.settings
    first = start(lobby)
    (process,) = processes()
    os.kill(process, signal.SIGSTOP)
    try:
        assert start_run(settings, "replay", "auditor-1", 0) == int(first.rpartition("/")[2])
        assert processes() == [process]
        other = auditor(lobby, "en")
        page = other.open(first).text
        assert "Under way" in page
        assert f'hx-get="{first}/now"' in page
        assert "One is under way" in other.open(CHECKS).text
        assert 'name="kind"' not in other.shown
        assert other.open(f"{first}/findings").status_code == 404
        assert len(list_runs(settings.home)) == 1
    finally:
        end(process)


@on_sqlite
def test_a_run_whose_process_was_killed_is_told_as_ended_early(lobby: Lobby) -> None:
    path = start(lobby)
    end(*processes())
    shown = finished(lobby, path)
    assert "提前结束，没有结论" in shown
    assert "没有发现" not in shown
    assert auditor(lobby).open(f"{path}/findings").status_code == 404
    again = start(lobby)
    assert again != path
    assert "提前结束" in auditor(lobby).open(path).text
    assert "进行中" in auditor(lobby).open(again).text
    end(*processes())


@on_sqlite
def test_a_run_that_fails_says_so_and_shows_nothing_of_the_machine(
    lobby: Lobby, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = lobby.shell.settings
    away = replace(settings, database_url="postgresql+psycopg://secret@127.0.0.1:1/none")
    number = start_run(away, "replay", "auditor-1", 0)
    shown = finished(lobby, f"{CHECKS}/{number}")
    assert "未能完成，没有结论" in shown
    assert "secret" not in shown
    assert "127.0.0.1" not in shown
    assert "127.0.0.1" in capfd.readouterr().err


@on_sqlite
def test_a_run_is_for_its_owner_only_and_the_oldest_are_forgotten(
    lobby: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = lobby.shell.settings.home
    for number in range(1, 5):
        ROOM.save(home, Run(number=number, kind="check", by="x", started_ms=0, finished_ms=1))
    monkeypatch.setattr(audit_runs, "RUNS_KEPT", 3)
    start(lobby)
    end(*processes())
    assert [one.run.number for one in list_runs(home)] == [5, 4, 3]
    assert auditor(lobby).open(f"{CHECKS}/2").status_code == 404
    modes = {one.name: one.stat().st_mode & 0o777 for one in (home / "audit-runs").iterdir()}
    assert set(modes.values()) == {0o600}
    assert (home / "audit-runs").stat().st_mode & 0o777 == 0o700


@on_sqlite
def test_others_than_auditors_start_and_see_nothing(lobby: Lobby) -> None:
    home = lobby.shell.settings.home
    ROOM.save(home, Run(number=1, kind="check", by="auditor-1", started_ms=0, finished_ms=1))
    for person in ("task-1", "authority-1", "finance-1", "admin-1", "firm-1"):
        browser = lobby.browser(person)
        for path in (CHECKS, f"{CHECKS}/1", f"{CHECKS}/1/now", f"{CHECKS}/1/findings"):
            answer = browser.open(path)
            assert (answer.status_code, "auditor-1" in answer.text) == (403, False), path
        assert browser.send(CHECKS, kind="check").status_code == 403
    assert len(list_runs(home)) == 1


@on_sqlite
def test_no_run_is_started_without_a_form_of_ours_or_of_a_kind_that_is_none(lobby: Lobby) -> None:
    browser, home = auditor(lobby), lobby.shell.settings.home
    browser.open(CHECKS)
    assert re.search(r'name="_csrf_token"', browser.shown)
    assert browser.client.post(CHECKS, data={"kind": "check"}).status_code == 403
    assert browser.send(CHECKS, kind="restore").status_code == 400
    for number in ("7", "9" * 300, "-1"):
        assert browser.open(f"{CHECKS}/{number}").status_code == 404
    assert not list_runs(home)
