"""`suanquan schedule`: what it does, lists and does again, in its own name, until it is stopped."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ledger.codec import encode
from ledger.events import EnterpriseRegistered
from portal import acting, cli
from portal.commands import schedule_commands
from portal.schedule.jobs import JOBS
from tests.portal.conftest import environment_of
from tests.portal.desks import answer
from tests.portal.office import ONE, OTHER, PAPERS, Office, adoption, office
from tests.portal.stages import BASIS, approve, states
from tests.small_ledger import CODE, SALT, SmallLedger, events

__all__ = ["office"]

Run = Callable[..., Any]

JULY, AUGUST = "2022-07", "2022-08"


@pytest.fixture
def staffed(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Return an office of which the schedule has the clock."""
    monkeypatch.setattr(schedule_commands, "now_ms", office.at_ms)
    return office


@pytest.fixture
def quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """Yield an office with papers, rules and calendars where nobody works yet, on SQLite."""
    url = f"sqlite:///{tmp_path / 'suanquan.db'}"
    monkeypatch.setenv("SUANQUAN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SUANQUAN_DATABASE_URL", url)
    monkeypatch.setenv("SUANQUAN_TOKEN", "")
    with closing(SmallLedger(url)) as ledger:
        made = Office(ledger, tmp_path, answer)
        for module in (acting, schedule_commands):
            monkeypatch.setattr(module, "now_ms", made.at_ms)
        ledger.append(*adoption(), *events(PAPERS))
        for year in (2022, 2023):
            assert "error" not in made.ask("", "calendar", "adopt", year)
        made.today = "2022-08-03"
        yield made


def once(office: Office, who: str = "") -> Any:  # noqa: ANN401 - one JSON object
    return office.ask(who, "schedule", "--once")


def kinds(answer: Any) -> list[str]:  # noqa: ANN401 - one JSON object
    return [one["kind"] for one in answer["runs"] if one["done"]]


def row(office: Office, kind: str, period: str) -> Any:  # noqa: ANN401 - one JSON object
    rows = office.ask("", "schedule", "list", "--kind", kind)["runs"]
    return next(one for one in rows if one["period"] == period)


def test_what_a_day_and_a_month_bring_about_is_done_once(staffed: Office) -> None:
    (claim,) = approve(staffed, ONE)
    staffed.ask("authority-1", "notice", "draw", "hubei", "--basis", BASIS)
    staffed.today = "2022-11-08"
    first = once(staffed)
    assert set(kinds(first)) == {one.job.kind for one in JOBS}
    assert states(staffed, claim) == ["noticed"]
    staffed.today = "2022-11-09"
    done = {one["kind"]: one["outcome"] for one in once(staffed)["runs"]}
    assert done["notice_end"] == "1"
    assert states(staffed, claim) == ["cleared"]
    history = staffed.ask("auditor-1", "claim", "show", claim)["history"]
    assert (history[-1]["action"], history[-1]["actor"]) == ("clear", "scheduler")
    assert once(staffed)["runs"] == []
    assert row(staffed, "notice_end", "2022-11-09")["outcome"] == "1"
    staffed.today = "2023-01-02"
    assert {one["kind"]: one["outcome"] for one in once(staffed)["runs"]}["lapse"] == "1"
    assert staffed.ask("auditor-1", "log", "check", "--full")["findings"] == []
    assert staffed.ask("auditor-1", "replay", "--statements")["match"]


def test_months_are_settled_on_the_third_working_day_at_nine(quiet: Office) -> None:
    """The office looks at ten; the 1st to the 7th of October 2022 are free."""
    days = {"2022-08-02": [], "2022-08-03": [JULY], "2022-09-05": [AUGUST], "2022-10-09": []}
    for day, periods in days.items():
        quiet.today = day
        found = [one["period"] for one in once(quiet)["runs"] if one["kind"] == "settlement"]
        assert found == periods, day


def test_nobody_runs_the_schedule_in_his_own_name(staffed: Office) -> None:
    for who in ("admin-1", "task-1", "firm-1"):
        assert once(staffed, who)["error"]["code"] == "not_allowed"
        answer = staffed.ask(who, "schedule", "retry", "lapse", "2022-11-01")
        assert answer["error"]["code"] == "not_allowed"


def test_the_calendar_shows_what_comes_is_due_was_done_and_failed(quiet: Office) -> None:
    odd = EnterpriseRegistered(name="\U00020000", registered_region="420100")
    quiet.ledger.append(
        *events("usage a100 1 2022-07-01T00:00 2022-07-02T00:00", OTHER),
        encode("urn:test", "odd", OTHER, odd, SALT),
    )
    before = quiet.ask("", "schedule", "list")
    assert {one["state"] for one in before["runs"]} == {"due"}
    jobs = {one["kind"]: (one["next_period"], one["next_at"]) for one in before["jobs"]}
    assert jobs["settlement"] == (AUGUST, "2022-09-05T09:00:00+08:00")
    assert jobs["checkpoint"] == ("2022-08-03T11", "2022-08-03T11:00:00+08:00")
    answer = once(quiet)
    (wrong,) = [one for one in answer["runs"] if not one["done"]]
    assert wrong["subject"] == OTHER
    rows = quiet.ask("", "schedule", "list", "--kind", "settlement")["runs"]
    found = {one["subject"]: (one["state"], one["attempts"]) for one in rows}
    assert found == {CODE: ("done", 1), OTHER: ("due", 1)}
    error = next(one["error"] for one in rows if one["error"])
    assert error["code"] == wrong["error"]["code"]
    assert len(quiet.ask("", "schedule", "list", "--limit", 0)["runs"]) == 1


def test_the_calendar_is_short_and_whatever_is_asked_for_is_shown(
    quiet: Office, capfd: pytest.CaptureFixture[str]
) -> None:
    lines = "usage a100 1 2022-07-01T00:00 2022-07-02T00:00"
    named = EnterpriseRegistered(name="江城智算", registered_region="420100")
    quiet.ledger.append(*events(lines, OTHER), encode("urn:test", "named", OTHER, named, SALT))

    def shown(*words: str) -> str:
        capfd.readouterr()
        assert cli.run(["schedule", "list", "--lang", "en", *words]) == 0
        return capfd.readouterr().out

    def listed(*words: str) -> list[tuple[str, str]]:
        rows = quiet.ask("", "schedule", "list", *words)["runs"]
        return [(one["subject"], one["state"]) for one in rows if one["kind"] == "settlement"]

    both = [(CODE, "due"), (OTHER, "due")]
    assert sorted(listed()) == both
    assert "2 runs" in shown()
    assert OTHER not in shown()
    whole = shown("--month", JULY)
    assert OTHER in whole
    assert "江城智算" in whole
    assert sorted(listed("--month", JULY, "--state", "due")) == both
    assert listed("--month", AUGUST) == listed("--state", "done") == []
    once(quiet)
    assert sorted(listed("--state", "done")) == [(CODE, "done"), (OTHER, "done")]
    assert listed("--state", "due", "--state", "failed") == []
    assert "There is no such run." in shown("--state", "failed")
    assert quiet.ask("", "schedule", "list", "--month", "July")["error"]["code"] == "bad_month"


def test_a_failure_gives_the_exit_status_and_waiting_does_not(
    quiet: Office,
) -> None:
    assert cli.run(["schedule", "--once"]) == 0
    odd = EnterpriseRegistered(name="\U00020000", registered_region="420100")
    quiet.ledger.append(
        *events("usage a100 1 2022-07-01T00:00 2022-07-02T00:00", OTHER),
        encode("urn:test", "odd", OTHER, odd, SALT),
    )
    assert cli.run(["schedule", "--once"]) == 3


def test_what_was_done_is_done_again_when_somebody_asks(quiet: Office) -> None:
    once(quiet)
    first = row(quiet, "settlement", JULY)["outcome"]
    quiet.ledger.append(*events("usage a100 1 2022-07-25T00:00 2022-07-26T00:00"))
    assert once(quiet)["runs"] == [], "what comes late changes nothing by itself"
    again = quiet.ask("", "schedule", "retry", "settlement", JULY, CODE)
    assert [(one["subject"], one["revision"]) for one in again["runs"]] == [(CODE, 2)]
    (made,) = once(quiet)["runs"]
    assert made["revision"] == 2
    assert made["outcome"] == first.removesuffix("1") + "2"
    unknown = quiet.ask("", "schedule", "retry", "settlement", "2021-01")
    assert unknown["error"]["code"] == "unknown_run"


def test_what_nothing_explains_is_shown_until_it_is_mended(
    quiet: Office, capfd: pytest.CaptureFixture[str]
) -> None:
    """The office's invoices are its own: one more bills what nobody metered or agreed."""
    quiet.ledger.append(*events("invoice 77 C-1 2022-08-01 12.34 0 2022-07-01 2022-07-31"))
    assert cli.run(["schedule", "--once", "--lang", "en"]) == 0, "it was done"
    assert "done, to be looked at reconciliations/2022-07.xlsx" in capfd.readouterr().err
    quiet.today = "2022-08-04"
    once(quiet)
    (shown,) = [
        one for one in quiet.ask("", "schedule", "list", "--limit", 1)["runs"] if one["warning"]
    ]
    assert (shown["kind"], shown["state"], shown["error"]) == ("reconciliation", "done", None)
    assert shown["warning"]["code"] == "unexplained"
    assert CODE in shown["warning"]["message"]
    assert cli.run(["schedule", "list", "--lang", "zh"]) == 0
    assert "完成，待查" in capfd.readouterr().out
    quiet.ledger.append(*events("red 901 77 2022-08-04 12.34 0"))
    quiet.ask("", "schedule", "retry", "reconciliation", JULY)
    (again,) = once(quiet)["runs"]
    assert again["outcome"].startswith("reconciliations/2022-07-2.xlsx ")
    assert again["warning"] is None
    assert quiet.ask("", "schedule", "list", "--limit", 0)["runs"] == []


@pytest.mark.usefixtures("quiet")
def test_people_read_the_calendar_in_their_language(capfd: pytest.CaptureFixture[str]) -> None:
    for language, words in (
        ("zh", ("算力结算单", "每月", "待办", "签名检查点")),
        ("en", ("compute statements", "monthly", "due", "sign checkpoints")),
    ):
        assert cli.run(["schedule", "list", "--lang", language]) == 0
        shown = capfd.readouterr().out
        assert all(one in shown for one in words), shown
    assert cli.run(["schedule", "--once", "--lang", "zh"]) == 0
    said = capfd.readouterr()
    assert "算力结算单 2022-07" in said.err
    assert "完成 5 项，未完成 0 项" in said.out


def test_it_runs_until_it_is_told_to_stop(suanquan: Run, home: Path, tmp_path: Path) -> None:
    assert suanquan("db", "upgrade").status == 0
    command = [sys.executable, "-m", "portal", "schedule", "--lang", "en"]
    environment = {**environment_of(home), "SUANQUAN_SCHEDULE_TICK_SECONDS": "1"}
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        lines = [process.stderr.readline().decode() for _ in range(3)]
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(60) == 0, [*lines, process.stderr.read()]
        assert process.stdout is not None
        assert "stopped" in process.stdout.read().decode()
    assert "sign checkpoints" in lines[2]
    listed = suanquan("schedule", "list", "--json").json
    assert {one["state"] for one in listed["runs"]} == {"done"}
