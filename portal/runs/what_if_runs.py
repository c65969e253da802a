"""Changes of a rule that the task force works out from a page (`portal.runs.background`).

Each is worked out as `suanquan programme simulate` does, by itself, and its result kept as a file
under `SUANQUAN_HOME/what-if-runs` to be looked at again.
"""

from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec

from ledger.period import months_between, parse_month
from ledger.read import read_heads
from ledger.text import Text
from portal.commands.impact_command import bad_range
from portal.runs.background import Background, Room
from portal.runs.what_if import MONTHS_MAX, busy, no_value
from portal.shell import Shell
from vouchers.adoption import programmes_of, rules_of
from vouchers.amend import change_programmes
from vouchers.change import PROPOSED, Change, VersionChange
from vouchers.impact import Affected, Impact, Sum
from vouchers.programme import Programme
from vouchers.reading import read_rules

State = Literal["running", "ended_early", "failed", "done"]

SHOWN_MAX: Final = 25
"""Enterprises of each list."""

RUNS_KEPT: Final = 30
"""The changes that were thought about in some weeks."""

VALUES: Final = (
    "rate",
    "yearly_cap_fen",
    "contract_cap_fen",
    "claim_cap_fen",
    "group_cap_fen",
    "claim_floor_fen",
    "yearly_spend_floor_fen",
)
"""The values of a version that are a single figure: what a form can ask for."""

LISTS: Final = (
    Text("多得的企业", "Who gets more"),
    Text("少得的企业", "Who gets less"),
    Text("增减待补充材料后才能确定", "More or less, as missing facts turn out"),
)
"""The lists of enterprises whose refund changes, in the order of `Result.changed`."""


class Asked(msgspec.Struct):
    """A change as it was typed: `rule` is a programme and version, `drop` takes a value away."""

    rule: str = ""
    name: str = ""
    value: str = ""
    drop: str = ""
    month_from: str = ""
    month_to: str = ""

    def change(self) -> Change:
        """Return the change that is meant; raises `InvalidInputError` (`no_value`)."""
        programme, _, version = self.rule.partition("@")
        typed = self.value.strip()
        if self.name not in VALUES or not (typed or self.drop):
            raise no_value()
        values = {} if self.drop else {self.name: typed}
        dropped = (self.name,) if self.drop else ()
        made = VersionChange(programme, version or None, values, dropped, {}, PROPOSED, "rule")
        return Change(PROPOSED.clause, (), (), (made,))

    @property
    def months(self) -> tuple[str | None, str | None]:
        """Return the first and the last month, None for one that was left out."""
        return self.month_from or None, self.month_to or None


class Changed(NamedTuple):
    """How many enterprises are on a list, and the first of them."""

    enterprises: int
    rows: list[Affected]


class Result(msgspec.Struct):
    """What a change comes to: before and after in all, by programme and month, and for whom."""

    months: tuple[str, ...]
    total: Sum
    by_programme: list[tuple[Text, Sum]]
    by_month: dict[str, Sum]
    changed: tuple[Changed, Changed, Changed]


class Run(Background, kw_only=True):
    """A change that is worked out; `rule` says of which programme and document."""

    asked: Asked
    rule: Text
    result: Result | None = None

    @property
    def is_dropped(self) -> bool:
        """Return whether the value is taken away."""
        return bool(self.asked.drop)


ROOM: Final = Room("what-if-runs", Run, "portal.runs.what_if_process")


class Standing(NamedTuple):
    """A run as it stands now."""

    run: Run
    state: State


def list_rules(shell: Shell) -> dict[str, Text]:
    """Return the versions that may be changed, the newest of each programme first."""
    return _name_rules(_read_programmes(shell))


def start_run(shell: Shell, asked: Asked, by: str, at_ms: int) -> int:
    """Return the number of a run that was started.

    Raises `InvalidInputError`: what `change_programmes` does, `no_value`, `bad_month`, `bad_range`;
    `RuleViolationError` (`busy`) while another one is at work.
    """
    programmes = _read_programmes(shell)
    change_programmes(asked.change(), programmes, [])
    begin, end = (parse_month(one) if one else None for one in asked.months)
    if begin and end and not 0 < len(tuple(months_between(begin, end))) <= MONTHS_MAX:
        raise bad_range(begin, end, MONTHS_MAX)
    rule = _name_rules(programmes)[asked.rule]
    run = ROOM.start(
        shell.settings,
        lambda number: Run(number=number, by=by, started_ms=at_ms, asked=asked, rule=rule),
        RUNS_KEPT,
    )
    if run is None:
        raise busy()
    return run.number


def sum_up(impact: Impact) -> Result:
    """Return what is kept of an impact."""
    names = {one.id: one.name for chosen in reversed(impact.programmes) for one in chosen}
    more, less, unclear = (
        Changed(len(found), found[:SHOWN_MAX])
        for found in (impact.winners, impact.losers, impact.unclear)
    )
    return Result(
        tuple(impact.months),
        impact.total,
        [(names[name], amounts) for name, amounts in impact.by_programme.items()],
        impact.by_month,
        (more, less, unclear),
    )


def find_run(home: Path, number: int) -> Standing | None:
    """Return a run as it stands, None where there is none or it is not kept any more."""
    found = ROOM.find(home, number)
    return found and Standing(found[0], _state(*found))


def list_runs(home: Path) -> list[Standing]:
    """Return the runs that are kept, the newest first."""
    return [Standing(run, _state(run, running)) for run, running in ROOM.last(home, RUNS_KEPT)]


def _state(run: Run, is_running: bool) -> State:  # noqa: FBT001 - a pair, unpacked
    """Return how a run stands."""
    if is_running:
        return "running"
    if run.finished_ms is None:
        return "ended_early"
    return "done" if run.result is not None else "failed"


def _read_programmes(shell: Shell) -> tuple[Programme, ...]:
    """Return the programmes that the book has adopted."""
    with shell.reading() as connection:
        return programmes_of(rules_of(read_rules(connection, read_heads(connection)["book"].size)))


def _name_rules(programmes: tuple[Programme, ...]) -> dict[str, Text]:
    """Return programme and document of each version, by what a form calls it."""
    return {
        f"{one.id}@{version.id}": Text(
            f"{one.name.zh} · {version.document.zh}", f"{one.name.en} · {version.document.en}"
        )
        for one in programmes
        for version in reversed(one.versions)
    }
