"""How the schedule makes a month's statements: each exactly once, whatever ends in between.

All of a month are drafted from one snapshot and recorded in one transaction, in which their runs
note the numbers. So there is no moment at which some are recorded and others have to be made from a
later state of the ledger. Files come after; a run that is taken over with a number in it has only
to see to its file, which is made again from the sizes in the event where it is missing.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from ledger.events import StatementIssued
from ledger.identity import find_standing
from ledger.runs import Key, Run, note
from portal.statement_commands import SOURCE, event_of, file_lost, keep_missing
from portal.work import Work, as_error
from reports.issue import Draft, Issued, Press, require_tallied
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


def _settle(work: Work, kind: Kind) -> None:
    """Draft, record, keep and finish the statements of a month for the runs at hand."""
    press = work.shell.press()
    standing, recorded = _noted(work), dict[Key, Draft]()
    left = [run for run in work.runs if run.key not in standing]
    while left:
        drafts, stood = _draft(work, press, kind, left)
        standing |= stood
        made, taken = _record(work, drafts)
        recorded |= made
        # Somebody took their numbers meanwhile: they are drafted again, from what is there now.
        left = [run for run in left if run.key in taken]
    for draft in recorded.values():
        work.go_on()
        press.keep(draft)
    lost = keep_missing(work.shell, press, list(standing.values()))
    for key in [key for key, issued in standing.items() if issued in lost]:
        work.set_back([key], file_lost([standing.pop(key)]))
    issued = standing | {key: draft.issued for key, draft in recorded.items()}
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
        assert isinstance(event.data, StatementIssued), event
        issued[noted[name]] = Issued(event.subject, event.data)
    return issued


def _draft(
    work: Work, press: Press, kind: Kind, left: Iterable[Run]
) -> tuple[dict[Key, Draft], dict[Key, Issued]]:
    """Return the statements of a month that are new, and those that stand, by their runs.

    Raises `RuleViolationError` (`tally_differs`) while usage of the month is missing. A statement
    that cannot be made stops no other.
    """
    period = work.group.period
    with work.shell.reading() as connection:
        if kind == "compute":
            require_tallied(connection, period)
        snapshot = read_snapshot(connection)
    drafts, standing = dict[Key, Draft](), dict[Key, Issued]()
    for run in left:
        work.go_on()
        try:
            made = press.draft(snapshot, kind, period, run.subject)
        except Exception as error:  # noqa: BLE001 - whatever it is, the others have none of it
            work.set_back([run.key], as_error(error))
            continue
        if isinstance(made, Draft):
            drafts[run.key] = made
        else:
            standing[run.key] = made
    return drafts, standing


def _record(work: Work, drafts: Mapping[Key, Draft]) -> tuple[dict[Key, Draft], set[Key]]:
    """Return which drafts are issued now, and the runs of those whose numbers were taken."""
    if not drafts:
        return {}, set()
    at_ms = work.clock()
    with work.writing() as (store, connection):
        names = {
            (SOURCE, drafts[key].issued.data.statement): key
            for key in work.held(connection)
            if key in drafts
        }
        taken = {names[name] for name in find_standing(connection, names)}
        made = {key: drafts[key] for key in names.values() if key not in taken}
        events = [event_of(work.shell, draft.issued, at_ms) for draft in made.values()]
        store.append_own(events, at_ms, STREAM)
        for key, draft in made.items():
            note(connection, key, draft.issued.data.statement)
    return made, taken
