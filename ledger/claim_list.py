"""Lists of claims from the table of where each stands: a queue, or all of an enterprise.

Whoever waits longest comes first. A list goes on after the last claim of the page before, so that
a claim that moves meanwhile makes no other one come twice or not at all.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    false,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)

from ledger import tables
from ledger.claim_state import STATES, State, state_of
from ledger.period import parse_date

Place = tuple[int, str]
"""Since when a claim waits, and its id: after which of them a list goes on."""

_STORED_AS: Final[dict[State, State]] = {"objected": "noticed"}


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


class Sum(NamedTuple):
    """Claims of a programme that came to a state in a month."""

    programme: str
    state: State
    month: str
    claims: int
    amount_fen: int


def parse_place(text: str) -> Place:
    """Return a place from its text, `2022-11-30/SQ-7K3M9XQ2AB`.

    Raises `InvalidInputError` for a day that is none.
    """
    day, _, claim = text.partition("/")
    return int(parse_date(day).strftime("%Y%m%d")), claim


def render_place(place: Place) -> str:
    """Return a place as `parse_place` reads it."""
    since, claim = place
    return f"{day_text(since)}/{claim}"


def day_text(number: int) -> str:
    """Return a day that a table holds as a number: 20221130 is `2022-11-30`."""
    text = str(number)
    return f"{text[:4]}-{text[4:6]}-{text[6:]}"


@dataclass(frozen=True, slots=True)
class ClaimFilter:
    """Which claims are asked for; None leaves a choice open, and an empty choice has none."""

    states: Collection[State] | None = None
    programmes: Collection[str] | None = None
    enterprise: str | None = None
    year: int | None = None
    claim: str | None = None


def list_claims(
    connection: Connection, wanted: ClaimFilter, limit: int | None, after: Place | None = None
) -> list[Listed]:
    """Return the first claims that are asked for, by since when they wait, then by their ids.

    Without a limit it is all of them.
    """
    table = tables.claim_state.c
    query: Select[*tuple[Any, ...]] = select(
        *(table.claim, table.enterprise, table.programme, table.year),
        *(table.state, table.since, table.revision, table.amount, table.objections),
    )
    query = query.where(*_conditions(wanted))
    if after is not None:
        query = query.where(tuple_(table.since, table.claim) > tuple_(*map(literal, after)))
    query = query.order_by(table.since, table.claim).limit(limit)
    return [_listed(row) for row in connection.execute(query)]


def read_standing(connection: Connection, states: Collection[State]) -> dict[str, State]:
    """Return the claims that are in some states, by id."""
    table = tables.claim_state.c
    query = select(table.claim, table.state, table.objections).where(_is_in(states))
    return {claim: state_of(*stands) for claim, *stands in connection.execute(query)}


def sum_claims(connection: Connection, wanted: Iterable[ClaimFilter]) -> list[Sum]:
    """Return the claims that any of some filters asks for, added up where they stand alike."""
    table = tables.claim_state.c
    # A day is a number, and a division gives its month; of objections only if one is open.
    month, objected = table.since // literal(100), table.objections > 0
    alike = (table.programme, table.state, objected, month)
    asked = or_(false(), *(and_(true(), *_conditions(one)) for one in wanted))
    query = select(*alike, func.count(), func.sum(table.amount)).where(asked).group_by(*alike)
    return [
        Sum(programme, state_of(state, int(is_objected)), _month_text(since), claims, int(fen))
        for programme, state, is_objected, since, claims, fen in connection.execute(query)
    ]


def _month_text(number: int) -> str:
    """Return a month that a table holds within a day: 202211 is `2022-11`."""
    return f"{number // 100:04}-{number % 100:02}"


def _conditions(wanted: ClaimFilter) -> list[ColumnElement[bool]]:
    """Return what holds of the claims that are asked for."""
    table, found = tables.claim_state.c, list[ColumnElement[bool]]()
    if wanted.states is not None:
        found.append(_is_in(wanted.states))
    if wanted.programmes is not None:
        found.append(table.programme.in_(sorted(wanted.programmes)))
    if wanted.enterprise is not None:
        found.append(table.enterprise == wanted.enterprise)
    if wanted.year is not None:
        found.append(table.year == wanted.year)
    if wanted.claim is not None:
        found.append(table.claim == wanted.claim)
    return found


def _is_in(states: Collection[State]) -> ColumnElement[bool]:
    """Return the condition that a claim is in one of some states."""
    table = tables.claim_state.c
    notice, wanted = STATES.index("noticed"), set(states)
    stored = table.state.in_(sorted({STATES.index(_STORED_AS.get(one, one)) for one in wanted}))
    if ("noticed" in wanted) == ("objected" in wanted):
        return stored
    is_objected = table.objections > 0
    asked = is_objected if "objected" in wanted else ~is_objected
    return stored & asked if len(wanted) == 1 else stored & ((table.state != notice) | asked)


def _listed(row: Row[*tuple[Any, ...]]) -> Listed:
    """Return a row as a value."""
    claim, enterprise, programme, year, state, since, revision, amount_fen, objections = row
    return Listed(
        *(claim, enterprise, programme, year, state_of(state, objections)),
        *(since, revision, amount_fen, objections),
    )
