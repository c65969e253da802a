"""Checks and replays as rows, with the command line's keys of what they found."""

from typing import Any

from ledger.errors import InvalidInputError
from ledger.period import render_instant
from ledger.text import Text
from portal.audit.checking import finding_row
from portal.runs.audit_runs import Kind, Standing, find_run, list_runs, start_run
from portal.shell import Shell


def list_checks(shell: Shell) -> dict[str, Any]:
    """Return the last runs without their findings, the newest first."""
    return {"rows": [_row(shell, one) for one in list_runs(shell.settings.home)]}


def show_check(shell: Shell, number: int) -> dict[str, Any]:
    """Return a run with its findings; raises `InvalidInputError` (`unknown_check`)."""
    found = find_run(shell.settings.home, number)
    if found is None:
        raise InvalidInputError(
            "unknown_check",
            Text(f"没有第 {number} 次核对", f"there is no check {number}"),
            Text("只保留最近的若干次", "only the last ones are kept"),
        )
    findings = [finding_row(shell, one) for one in found.run.findings]
    return {**_row(shell, found), "findings": findings}


def start_check(shell: Shell, kind: Kind, at_ms: int) -> dict[str, Any]:
    """Return the run that somebody who has signed in started, or the one that is at work."""
    assert shell.person is not None
    return show_check(shell, start_run(shell.settings, kind, shell.person, at_ms))


def _row(shell: Shell, one: Standing) -> dict[str, Any]:
    """Return the keys of a run."""
    run = one.run
    return {
        "number": run.number,
        "kind": run.kind,
        "state": one.state,
        "by": run.by,
        "started_at": render_instant(run.started_ms),
        "finished_at": None if run.finished_ms is None else render_instant(run.finished_ms),
        "phase": run.phase and shell.say(run.phase),
        "done": run.done,
        "total": run.total,
        "error": run.error and shell.say(run.error),
    }
