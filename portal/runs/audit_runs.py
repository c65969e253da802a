"""Checks and replays that an auditor starts from a page (`portal.runs.background`).

A run is a file under `SUANQUAN_HOME/audit-runs`.
"""

from pathlib import Path
from typing import Final, Literal, NamedTuple, get_args

import msgspec

from ledger.config import Settings
from ledger.errors import InvalidInputError
from ledger.finding import Finding
from ledger.text import Text
from portal.runs.background import Background, Room

Kind = Literal["check", "replay"]
State = Literal["running", "ended_early", "failed", "differs", "sound"]

KIND_NAMES: Final[dict[str, Text]] = {
    "check": Text("完整核对", "Full check"),
    "replay": Text("重放", "Replay"),
}

# An auditor's visits of some weeks; each may have some thousand findings.
RUNS_KEPT: Final = 20


class Run(Background, kw_only=True):
    """A check or a replay, and what it found."""

    kind: Kind
    findings: list[Finding] = msgspec.field(default_factory=list)


ROOM: Final = Room("audit-runs", Run, "portal.runs.audit_process")


class Standing(NamedTuple):
    """A run as it stands now."""

    run: Run
    state: State


def parse_kind(text: str) -> Kind:
    """Return what is to be run; raises `InvalidInputError` (`unknown_kind`)."""
    for kind in get_args(Kind):
        if text == kind:
            found: Kind = kind
            return found
    raise InvalidInputError(
        "unknown_kind",
        Text("没有这种核对", "there is no such check"),
        Text("请选择完整核对或重放", "choose a full check or a replay"),
    )


def start_run(settings: Settings, kind: Kind, by: str, at_ms: int) -> int:
    """Return the number of a run that was started, or of the one that is at work already."""
    run = ROOM.start(
        settings,
        lambda number: Run(number=number, kind=kind, by=by, started_ms=at_ms),
        RUNS_KEPT,
    )
    return ROOM.numbers(settings.home)[-1] if run is None else run.number


def find_run(home: Path, number: int) -> Standing | None:
    """Return a run as it stands, None where there is none or it is not kept any more."""
    found = ROOM.find(home, number)
    return found and _stand(*found)


def list_runs(home: Path, limit: int = RUNS_KEPT) -> list[Standing]:
    """Return the last runs, the newest first."""
    return [_stand(*one) for one in ROOM.last(home, limit)]


def _stand(run: Run, is_running: bool) -> Standing:  # noqa: FBT001 - a pair, unpacked
    """Return a run with what came of it."""
    return Standing(run, "running" if is_running else _outcome(run))


def _outcome(run: Run) -> State:
    """Return what came of a run whose process is gone."""
    if run.finished_ms is None:
        return "ended_early"
    if run.error is not None:
        return "failed"
    return "differs" if run.findings else "sound"
