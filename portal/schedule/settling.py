"""How the schedule makes a month's statements: each exactly once, whatever ends in between.

All of a month are drafted from one snapshot and recorded in one transaction, in which their runs
note the numbers. So there is no moment at which some are recorded and others have to be made from a
later state of the ledger. Files come after; a run that is taken over with a number in it has only
to see to its file, which is made again from the sizes in the event where it is missing.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Final

from ledger.events import IssuedData
from ledger.identity import find_standing
from ledger.runs import Key, Run, note
from portal.commands.statement_commands import SOURCE, event_of, file_lost, keep_missing
from portal.schedule.work import Work, as_error
from reports.issue import Issued, require_tallied
from reports.print_room import PrintRoom, Wanted, count_processes, print_room
from reports.reading import read_snapshot
from reports.statement import Kind

# Whoever appends to another stream holds it while he waits for the book, which is held here.
STREAM: Final = "schedule"


def settle_compute(work: Work) -> None:
    """Make the compute statements of a month, once what agents say that they sent is recorded."""
    _settle(work, "compute")


def settle_subsidy(work: Work) -> None:
    """Make the subsidy statements of a month."""
    _settle(work, "subsidy")


def settle_funds(work: Work) -> None:
    """Make the execution statements of the funds by a month's end."""
    _settle(work, "fund")


def _settle(work: Work, kind: Kind) -> None:
    """Draft, record, keep and finish the statements of a month for the runs at hand."""
    press = work.shell.press()
    standing, recorded = _noted(work), dict[Key, Issued]()
    left = [run for run in work.runs if run.key not in standing]
    with print_room(press) as room:
        while left:
            drafts, stood = _draft(work, room, kind, left)
            standing |= stood
            made, taken = _record(work, drafts)
            recorded |= made
            # Somebody took their numbers meanwhile: they are drafted again, from what is there now.
            left = [run for run in left if run.key in taken]
        work.go_on()
        room.keep(recorded.values())
    lost = keep_missing(work.shell, press, list(standing.values()))
    for key in [key for key, issued in standing.items() if issued in lost]:
        work.set_back([key], file_lost([standing.pop(key)]))
    issued = standing | recorded
    with work.writing() as (_, connection):
        work.finish(connection, [(key, one.data.statement) for key, one in issued.items()])


def _noted(work: Work) -> dict[Key, Issued]:
    """Return the statements that an earlier holder of the runs recorded before he ended."""
    noted = {(SOURCE, run.outcome): run.key for run in work.runs if run.outcome is not None}
    if not noted:
        return {}
    with work.shell.writing() as engine, engine.begin() as connection:
        found = find_standing(connection, noted)
    issued = {}
    for name, event in found.items():
        assert isinstance(event.data, IssuedData), event
        issued[noted[name]] = Issued(event.subject, event.data)
    return issued


def _draft(
    work: Work, room: PrintRoom, kind: Kind, left: Sequence[Run]
) -> tuple[dict[Key, Issued], dict[Key, Issued]]:
    """Return the statements of a month that are new, and those that stand, by their runs.

    Raises `RuleViolationError` (`tally_differs`) while usage of the month is missing. A statement
    that cannot be made stops no other.
    """
    period = work.group.period
    with work.shell.reading() as connection:
        if kind == "compute":
            require_tallied(connection, period)
        snapshot = read_snapshot(connection)

    def wanted() -> Iterator[tuple[Key, Wanted]]:
        for run in left:
            work.go_on()
            yield run.key, (kind, period, run.subject)

    drafts, standing = dict[Key, Issued](), dict[Key, Issued]()
    with closing(room.make(snapshot, wanted(), count_processes(len(left)))) as coming:
        for key, outcome, is_new in coming:
            if isinstance(outcome, Exception):
                work.set_back([key], as_error(outcome))
            elif is_new:
                drafts[key] = outcome
            else:
                standing[key] = outcome
    return drafts, standing


def _record(work: Work, drafts: Mapping[Key, Issued]) -> tuple[dict[Key, Issued], set[Key]]:
    """Return which drafts are issued now, and the runs of those whose numbers were taken."""
    if not drafts:
        return {}, set()
    at_ms = work.clock()
    with work.writing() as (store, connection):
        names = {
            (SOURCE, drafts[key].data.statement): key
            for key in work.held(connection)
            if key in drafts
        }
        taken = {names[name] for name in find_standing(connection, names)}
        made = {key: drafts[key] for key in names.values() if key not in taken}
        events = [event_of(work.shell, draft, at_ms) for draft in made.values()]
        store.append_own(events, at_ms, STREAM)
        for key, draft in made.items():
            note(connection, key, draft.data.statement)
    return made, taken
