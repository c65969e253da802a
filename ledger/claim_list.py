"""Lists of claims from the table of where each stands: a queue, or all of an enterprise.

Whoever waits longest comes first. A list goes on after the last claim of the page before, so that
a claim that moves meanwhile makes no other one come twice or not at all.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)

from ledger import tables
from ledger.claim_state import STATES, State, state_of

Place = tuple[int, str]
"""Since when a claim waits, and its id: after which of them a list goes on."""


class Listed(NamedTuple):
    """A claim in a list; `since` is a day as a number, `amount_fen` what is left after cuts."""

    claim: str
    enterprise: str
    programme: str
    year: int
    state: State
    since: int
    revision: int
    amount_fen: int
    objections: int

    @property
    def place(self) -> Place:
        """Return after what a list goes on that ended with this claim."""
        return self.since, self.claim


@dataclass(frozen=True, slots=True)
class ClaimFilter:
    """Which claims are asked for; None leaves a choice open, and an empty choice has none."""

    states: Collection[State] | None = None
    programmes: Collection[str] | None = None
    enterprise: str | None = None
    year: int | None = None


def list_claims(
    connection: Connection, wanted: ClaimFilter, limit: int, after: Place | None = None
) -> list[Listed]:
    """Return the first claims that are asked for, by since when they wait, then by their ids.

    Of one enterprise all its claims are read, else as many of each state as are asked for.
    """
    table = tables.claim_state.c
    states = STATES if wanted.states is None else sorted(wanted.states, key=STATES.index)
    if not states:
        return []
    chosen = _filtered(wanted, after)
    if wanted.enterprise is not None:
        query = chosen.where(table.enterprise == wanted.enterprise, or_(*map(_is_in, states)))
        query = query.order_by(table.since, table.claim)
    else:
        # The index gives each state in order; of all of them at once it would have to sort.
        each = [
            chosen.where(_is_in(state)).order_by(table.since, table.claim).limit(limit).subquery()
            for state in states
        ]
        together = union_all(*map(select, each)).subquery()
        query = select(together).order_by(together.c.since, together.c.claim)
    return [_listed(row) for row in connection.execute(query.limit(limit))]


def _filtered(wanted: ClaimFilter, after: Place | None) -> Select[*tuple[Any, ...]]:
    """Return the query for the claims that are asked for, of whatever state and enterprise."""
    table = tables.claim_state.c
    query: Select[*tuple[Any, ...]] = select(
        *(table.claim, table.enterprise, table.programme, table.year),
        *(table.state, table.since, table.revision, table.amount, table.objections),
    )
    if wanted.programmes is not None:
        query = query.where(table.programme.in_(sorted(wanted.programmes)))
    if wanted.year is not None:
        query = query.where(table.year == wanted.year)
    if after is not None:
        query = query.where(tuple_(table.since, table.claim) > tuple_(*map(literal, after)))
    return query


def _is_in(state: State) -> ColumnElement[bool]:
    """Return the condition that a claim is in a state."""
    table = tables.claim_state.c
    if state == "objected":
        return (table.state == STATES.index("noticed")) & (table.objections > 0)
    is_stored = table.state == STATES.index(state)
    return is_stored & (table.objections <= 0) if state == "noticed" else is_stored


def _listed(row: Row[*tuple[Any, ...]]) -> Listed:
    """Return a row as a value."""
    claim, enterprise, programme, year, state, since, revision, amount_fen, objections = row
    return Listed(
        *(claim, enterprise, programme, year, state_of(state, objections)),
        *(since, revision, amount_fen, objections),
    )
