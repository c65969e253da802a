"""Runs of the schedule: what is due, who holds it until when, what came of it.

A run is named by kind, period, subject and revision, for ever, so that whoever finds it due again
adds nothing. Whoever claims runs holds them until an instant; if he is gone by then, somebody else
takes them over, and he, should he come back, finds that they are not his any more. All of that
happens with the book's head locked: one after the other, and in the transaction of what a run
records, where it records something.
"""

from collections.abc import Collection, Iterable
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    func,
    null,
    or_,
    select,
    tuple_,
    update,
)

from ledger import operations
from ledger.bulk import insert_rows
from ledger.text import Text

State = Literal["due", "running", "done", "failed"]

FIRST_REVISION: Final = 1

# Names bound by one statement; SQLite takes 32,766 at most.
_KEYS_AT_ONCE: Final = 500

_table = operations.scheduled_run
_KEY: Final = tuple_(*_table.primary_key)


class Key(NamedTuple):
    """What names a run; a subject is empty where there is one run for a period."""

    kind: str
    period: str
    subject: str
    revision: int


class Run(NamedTuple):
    """A run as it stands; instants are UTC milliseconds.

    `error` and its code say why it waits or failed, or, of one that is done, what to look at.
    """

    kind: str
    period: str
    subject: str
    revision: int
    state: State
    due_at_ms: int
    next_try_at_ms: int
    attempts: int
    holder: str | None
    held_until_ms: int | None
    started_at_ms: int | None
    finished_at_ms: int | None
    error: Text | None
    error_code: str | None
    outcome: str | None

    @property
    def key(self) -> Key:
        """Return what names it."""
        return Key(self.kind, self.period, self.subject, self.revision)


class Group(NamedTuple):
    """The runs of one kind and period that may be claimed now, and when the first was due."""

    kind: str
    period: str
    due_at_ms: int


class Claim(NamedTuple):
    """Who claims, at which instant, until when, and after how many attempts no more."""

    holder: str
    now_ms: int
    until_ms: int
    attempts_max: int


# --- what is due ---


def add_due(connection: Connection, due: Iterable[tuple[Key, int]]) -> int:
    """Return how many runs were new among (key, instant at which it is due); the book is locked."""
    wanted = dict(due)
    known = _read_known(connection, {(one.kind, one.period) for one in wanted})
    new = [(key, at_ms) for key, at_ms in wanted.items() if key not in known]
    nothing = (None,) * 8
    insert_rows(connection, _table, [(*key, "due", at, at, 0, *nothing) for key, at in new])
    return len(new)


def _read_known(connection: Connection, groups: Collection[tuple[str, str]]) -> set[Key]:
    """Return the runs that are there of some kinds and periods."""
    found, column = set[Key](), _table.c
    for part in _parts(sorted(groups)):
        query = select(*_table.primary_key).where(tuple_(column.kind, column.period).in_(part))
        found.update(map(Key._make, connection.execute(query)))
    return found


# --- claimed, held, let go ---


def list_claimable(connection: Connection, now_ms: int, horizon_ms: int) -> list[Group]:
    """Return the kinds and periods of which a run may be claimed: none while somebody holds any.

    So that runs come one after the other, in their order, however many look for them: what a
    statement of August rests on must not depend on whether July's was recorded by then. A run that
    is to wait longer than the horizon was written by a clock that has gone back since.
    """
    column = _table.c
    is_held = and_(column.state == "running", ~_is_claimable(now_ms, horizon_ms))
    if connection.execute(select(column.kind).where(is_held).limit(1)).first() is not None:
        return []
    query = (
        select(column.kind, column.period, func.min(column.due_at_ms))
        .where(_is_claimable(now_ms, horizon_ms))
        .group_by(column.kind, column.period)
    )
    return list(map(Group._make, connection.execute(query)))


def claim(
    connection: Connection, group: Group, claim: Claim, horizon_ms: int, subject: str | None = None
) -> list[Run]:
    """Return the runs of a group that are the claimer's now, as they stood; the book is locked.

    Where a subject is named it is that one's alone.
    Whatever has been tried twice, its process gone each time, comes alone: if it is what ends a
    process, it ends no other run. After `attempts_max` of these it has failed.
    """
    column = _table.c
    query = select(_table).where(_in(group), _is_claimable(claim.now_ms, horizon_ms))
    if subject is not None:
        query = query.where(column.subject == subject)
    query = query.order_by(column.attempts, column.subject, column.revision)
    found = [_run(row) for row in connection.execute(query)]
    gone = [one for one in found if one.attempts >= claim.attempts_max]
    if gone:
        error = Text("办理进程多次中途终止", "the process that ran it ended each time")
        fail(connection, [one.key for one in gone], "process_ended", error, claim.now_ms)
    found = [one for one in found if one.attempts < claim.attempts_max]
    if any(one.attempts >= 2 for one in found):  # noqa: PLR2004 - the sentence above
        found = found[:1]
    _set(
        connection,
        [one.key for one in found],
        state="running",
        holder=claim.holder,
        held_until_ms=claim.until_ms,
        attempts=column.attempts + 1,
        started_at_ms=claim.now_ms,
        finished_at_ms=null(),
    )
    return found


def read_held(connection: Connection, group: Group, holder: str) -> list[Key]:
    """Return which runs of a group are a holder's still."""
    query = select(*_table.primary_key).where(_in(group), _table.c.holder == holder)
    return list(map(Key._make, connection.execute(query)))


def hold_on(connection: Connection, group: Group, holder: str, until_ms: int) -> None:
    """Let a holder keep for longer what he holds of a group."""
    mine = and_(_in(group), _table.c.holder == holder)
    connection.execute(update(_table).where(mine).values(held_until_ms=until_ms))


# --- what came of it: each of held runs, the book locked ---


def note(connection: Connection, key: Key, outcome: str) -> None:
    """Write down what a run has recorded, in the transaction that records it."""
    _set(connection, [key], outcome=outcome)


def finish(
    connection: Connection,
    keys: Iterable[Key],
    now_ms: int,
    outcome: str | None,
    warning: tuple[str, Text] | None = None,
) -> None:
    """Let runs be done; without an outcome the noted one stands.

    A `warning` is kept where an error would be: it was done, and somebody has to look at it.
    """
    more: dict[str, Any] = dict(_NO_ERROR) if warning is None else _said(*warning)
    if outcome is not None:
        more["outcome"] = outcome
    _set(connection, keys, **_LET_GO, **more, state="done", finished_at_ms=now_ms)


def fail(connection: Connection, keys: Iterable[Key], code: str, error: Text, now_ms: int) -> None:
    """Let runs have failed: nobody tries them again until somebody asks for it."""
    said = _said(code, error)
    _set(connection, keys, **_LET_GO, **said, state="failed", finished_at_ms=now_ms)


def put_off(
    connection: Connection, keys: Iterable[Key], why: tuple[str, Text], next_ms: int, *, tried: bool
) -> None:
    """Let runs be due again at an instant, for a reason; `tried`: it counts as an attempt."""
    said = _said(*why)
    attempts = {} if tried else {"attempts": 0}
    _set(connection, keys, **_LET_GO, **said, **attempts, state="due", next_try_at_ms=next_ms)


def give_back(connection: Connection, keys: Iterable[Key]) -> None:
    """Let runs be as they were before they were claimed, of whoever is told to stop."""
    _set(connection, keys, **_LET_GO, state="due", attempts=_table.c.attempts - 1)


def forget(connection: Connection, keys: Iterable[Key]) -> None:
    """Let runs be as if nobody had thought of them, as the owner of the database."""
    for part in _parts(list(keys)):
        connection.execute(delete(_table).where(_KEY.in_(part)))


# --- looked at, asked for again ---


def read_runs(connection: Connection, kind: str | None = None, period: str = "") -> list[Run]:
    """Return the runs, oldest first: of a kind and of a period, where they are named."""
    column = _table.c
    query = select(_table).order_by(column.due_at_ms, *_table.primary_key)
    if kind is not None:
        query = query.where(column.kind == kind)
    if period:
        query = query.where(column.period == period)
    return [_run(row) for row in connection.execute(query)]


def try_again(connection: Connection, runs: Iterable[Run], now_ms: int) -> list[Key]:
    """Return the runs that are due now: those that were not done, and of the others a next one."""
    found = list(runs)
    undone = [one.key for one in found if one.state in ("due", "failed")]
    _set(connection, undone, **_NO_ERROR, state="due", attempts=0, next_try_at_ms=now_ms)
    done = [one.key._replace(revision=one.revision + 1) for one in found if one.state == "done"]
    add_due(connection, [(key, now_ms) for key in done])
    return [*undone, *done]


_LET_GO: Final[dict[str, Any]] = {"holder": null(), "held_until_ms": null()}
_NO_ERROR: Final[dict[str, Any]] = {"error_code": null(), "error_zh": null(), "error_en": null()}


def _said(code: str, text: Text) -> dict[str, str]:
    """Return the columns that say why."""
    return {"error_code": code, "error_zh": text.zh, "error_en": text.en}


def _in(group: Group) -> ColumnElement[bool]:
    """Return the condition that a run is of a group."""
    return and_(_table.c.kind == group.kind, _table.c.period == group.period)


def _is_claimable(now_ms: int, horizon_ms: int) -> ColumnElement[bool]:
    """Return the condition that a run is due, or was somebody's who is gone."""
    column = _table.c

    def come(at: ColumnElement[int]) -> ColumnElement[bool]:
        return or_(at <= now_ms, at > now_ms + horizon_ms)

    return or_(
        and_(column.state == "due", come(column.next_try_at_ms)),
        and_(column.state == "running", come(column.held_until_ms)),
    )


def _set(connection: Connection, keys: Iterable[Key], **values: Any) -> None:  # noqa: ANN401 - by column
    """Set columns of runs."""
    for part in _parts(list(keys)):
        connection.execute(update(_table).where(_KEY.in_(part)).values(**values))


def _parts(names: list[Any]) -> Iterable[list[Any]]:
    """Return names in parts that a statement can bind."""
    return [names[at : at + _KEYS_AT_ONCE] for at in range(0, len(names), _KEYS_AT_ONCE)]


def _run(row: Any) -> Run:  # noqa: ANN401 - the database's own
    """Return a row as a value."""
    error = None if row.error_zh is None else Text(row.error_zh, row.error_en)
    names = [one for one in Run._fields if one != "error"]
    return Run(**{name: getattr(row, name) for name in names}, error=error)
