"""What if: a value changed by a form, worked out by itself and kept, and nothing recorded."""

import time

from ledger.errors import InvalidInputError
from ledger.text import Text
from portal.commands.impact_command import measure
from portal.runs import what_if_process
from portal.runs.background_process import do_run
from portal.runs.what_if import MONTHS_MAX
from portal.runs.what_if_runs import ROOM, Asked, Run, find_run, list_runs, sum_up
from tests.portal.lobby import Browser, Lobby, lobby, office, on_sqlite

__all__ = ["lobby", "office"]

CHANGE = {"rule": "hubei@2022", "name": "yearly_cap_fen", "value": "5万元"}
MONTHS = {"month_from": "2022-07", "month_to": "2022-11"}

# A small ledger takes two seconds; a machine that is busy takes its time.
PATIENCE_S = 300


def ended(lobby: Lobby, browser: Browser, path: str) -> str:
    """Return what a run's page shows once it is no longer brought up to date."""
    until = time.monotonic() + PATIENCE_S
    number = int(path.rpartition("/")[2])
    while (found := find_run(lobby.shell.settings.home, number)) and found.state == "running":
        assert time.monotonic() < until
        time.sleep(0.1)
    return str(browser.open(path).text)


def test_a_lower_cap_is_worked_out_and_kept(lobby: Lobby) -> None:
    browser = lobby.browser("task-1", "en")
    before = lobby.office.ask("", "log", "list")
    browser.open("/what-if")
    path = browser.send("/what-if", **CHANGE, **MONTHS).url.path
    shown = ended(lobby, browser, path)
    assert "What it comes to" in shown
    assert "180,000.00" in shown
    assert "100,000.00" in shown  # another programme pays more by then
    assert "Who gets less" in shown
    assert "华智科技" in shown
    assert shown.count('class="bar other"') == 5
    assert "hx-get" not in shown
    assert lobby.office.ask("", "log", "list") == before
    other = lobby.browser("task-2").open("/what-if").text
    assert f'href="{path}"' in other
    assert "5万元" in other
    made = measure(lobby.shell, Asked(**CHANGE).change(), ("2022-07", "2022-11"))
    (standing,) = list_runs(lobby.shell.settings.home)
    assert standing.run.result == sum_up(made.impact)


@on_sqlite
def test_what_cannot_be_changed_so_is_told_beside_its_field(lobby: Lobby) -> None:
    browser = lobby.browser("task-1")
    browser.open("/what-if")
    for typed, field in (
        ({"value": ""}, "value"),
        ({"value": "much"}, "value"),
        ({"name": "id"}, "value"),
        ({"month_from": "2010-01"}, "month_from"),
        ({"month_from": "July"}, "month_from"),
    ):
        answer = browser.send("/what-if", **{**CHANGE, **MONTHS, **typed})
        assert answer.status_code == 400, typed
        assert f'id="{field}-wrong"' in answer.text, typed
    assert browser.send("/what-if", **{**CHANGE, "rule": "none@1"}).status_code == 400
    assert list_runs(lobby.shell.settings.home) == []


def kept(lobby: Lobby, number: int = 1, asked: Asked | None = None) -> Run:
    """Return a run that is written down, with no process."""
    made = asked or Asked(**CHANGE)
    run = Run(number=number, by="task-1", started_ms=0, asked=made, rule=Text("规则", "rule"))
    ROOM.save(lobby.shell.settings.home, run)
    return run


@on_sqlite
def test_one_is_worked_out_at_a_time_and_for_the_task_force_alone(lobby: Lobby) -> None:
    browser, home = lobby.browser("task-1"), lobby.shell.settings.home
    browser.open("/what-if")
    kept(lobby)
    assert "提前结束" in browser.open("/what-if/1").text
    lock = ROOM._take(home)  # noqa: SLF001 - what the process of a run holds
    assert lock is not None
    with lock:
        text = browser.open("/what-if/1").text
        assert 'hx-get="/what-if/1/now"' in text
        assert "刷新" in text
        assert "有一项正在测算" in browser.open("/what-if").text
        assert browser.send("/what-if", **CHANGE, **MONTHS).status_code == 409
    for who in ("authority-1", "finance-1", "auditor-1", "admin-1", "firm-1"):
        for path in ("/what-if", "/what-if/1", "/what-if/1/now"):
            assert lobby.browser(who).open(path).status_code == 403
    assert browser.open("/what-if/9").status_code == 404


@on_sqlite
def test_what_came_to_nothing_says_why(lobby: Lobby) -> None:
    asked = Asked(**CHANGE, month_from=f"{2022 - MONTHS_MAX // 12 - 1}-01")
    run = kept(lobby, asked=asked)
    do_run(lobby.shell.settings, ROOM, run, what_if_process.work, InvalidInputError)
    ROOM.save(lobby.shell.settings.home, run)
    text = lobby.see("task-1", "/what-if/1")
    assert "未能完成" in text
    assert "月份范围不对" in text
