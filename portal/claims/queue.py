"""What somebody may see of claims: one by its id, a list of them, and what waits for him."""

from collections.abc import Callable, Collection, Iterator
from datetime import date
from typing import Any, Final

from ledger.claim_list import (
    ClaimFilter,
    Listed,
    Place,
    Sum,
    day_text,
    list_claims,
    sum_claims,
)
from ledger.claim_state import State
from ledger.database import Connection
from ledger.errors import RuleViolationError
from ledger.rights import Grant
from portal.claims.reading import Read, Viewer, read_claim, read_claims, unknown_claim
from portal.known.papers import KnownPapers
from vouchers.claims.authorise import OFFICIALS, actions_of
from vouchers.claims.calendar import WorkingDays
from vouchers.claims.fold import Claim
from vouchers.claims.helped import Papers
from vouchers.claims.table import TURN, Action
from vouchers.reading import read_rules

# The acts that bring a claim on; the others end it, or are for when something is wrong.
_ONWARD: frozenset[Action] = frozenset(
    {"submit", "check", "approve", "notice", "settle", "clear", "order", "pay", "close"}
)

# Where none of them can be done, these are left: an item is not met, money is claimed back.
_ELSE: dict[State, frozenset[Action]] = {
    "checked": frozenset({"return", "reject"}),
    "paid": frozenset({"recover"}),
}

ALL: Final = ClaimFilter()

# So many claims are read at once, at most, to see whose turn they are.
_PAGE_MAX: Final = 320


def filters_of(viewer: Viewer, wanted: ClaimFilter, *, turn: bool = False) -> Iterator[ClaimFilter]:
    """Yield what a person may see of what is wanted, a filter for each role that he holds.

    With `turn` only the states in which it is that role's turn.
    """
    for grant in sorted(viewer.roster.grants.get(viewer.person, ()), key=str):
        states = _states(grant, wanted.states, turn=turn)
        if grant.role == "enterprise":
            if wanted.enterprise in (None, grant.scope):
                yield ClaimFilter(states, wanted.programmes, grant.scope, wanted.year, wanted.claim)
        elif grant.role in OFFICIALS or (grant.role == "auditor" and not turn):
            programmes = wanted.programmes
            if grant.scope is not None:
                programmes = {grant.scope} & set(programmes or {grant.scope})
            yield ClaimFilter(states, programmes, wanted.enterprise, wanted.year, wanted.claim)


def _states(
    grant: Grant, wanted: Collection[State] | None, *, turn: bool
) -> Collection[State] | None:
    """Return the states that are asked for, those of a role's turn alone where that matters."""
    if not turn:
        return wanted
    mine = {state for state, doer in TURN.items() if doer == grant.role}
    return mine if wanted is None else mine & set(wanted)


def list_visible(
    connection: Connection,
    viewer: Viewer,
    wanted: ClaimFilter,
    limit: int,
    after: Place | None = None,
    *,
    turn: bool = False,
) -> list[Listed]:
    """Return the claims that a person may see, by since when they stand as they do, then by id.

    With `turn` only those in the states in which it is one of his roles' turn.
    """
    found: dict[str, Listed] = {}
    for one in filters_of(viewer, wanted, turn=turn):
        found |= {row.claim: row for row in list_claims(connection, one, limit, after)}
    return sorted(found.values(), key=lambda one: one.place)[:limit]


def sum_visible(connection: Connection, viewer: Viewer, wanted: ClaimFilter) -> list[Sum]:
    """Return the claims that a person may see, added up where they stand alike."""
    return sum_claims(connection, filters_of(viewer, wanted))


def find_visible(
    connection: Connection,
    viewer: Viewer,
    claim: str,
    size: int,
    papers_of: Callable[[str], Papers] | None = None,
) -> Read:
    """Return a claim after the book's first entries, if somebody may know of it.

    Whether he may is asked of the table first, with the question of a list: nothing that is read
    until he is refused, and so no time that it takes, tells a claim of others from none. The claim
    itself has the last word. `papers_of` is as in `read_claim`.

    Raises `RuleViolationError` (`unknown_claim`).
    """
    if not list_visible(connection, viewer, ClaimFilter(claim=claim), 1):
        raise unknown_claim(claim)
    read = read_claim(connection, claim, size, papers_of)
    if not read.claim.events or not viewer.may_see(read.claim):
        raise unknown_claim(claim)
    return read


def list_waiting(  # noqa: PLR0917 - who asks for what, as of when
    connection: Connection,
    viewer: Viewer,
    known: KnownPapers,
    today: str,
    size: int,
    limit: int,
    wanted: ClaimFilter = ALL,
    after: Place | None = None,
) -> list[dict[str, Any]]:
    """Return what waits for a person, oldest first, with the working days that it has waited.

    A claim on whose revision he has acted in another capacity waits for somebody else, and one
    under notice for its last day. `waited` is None where no calendar is adopted.
    """
    days = WorkingDays(read_rules(connection, size).calendars)
    rows: list[dict[str, Any]] = []
    page = limit
    while len(rows) < limit:
        # Some may wait for others, a whole page of them under notice: go on until it is full.
        some = list_visible(connection, viewer, wanted, page, after, turn=True)
        if not some:
            break
        page = min(2 * page, _PAGE_MAX)
        after = some[-1].place
        reads = read_claims(connection, [(one.claim, one.enterprise) for one in some], size)
        papers = known.of(connection, {one.enterprise for one in some}, size)
        for listed in some:
            acts = _onward(viewer, reads[listed.claim].claim, papers[listed.enterprise], today)
            if acts:
                rows.append(_row(listed, acts, _waited(days, day_text(listed.since), today)))
    return rows[:limit]


def _onward(viewer: Viewer, claim: Claim, papers: Papers, today: str) -> list[Action]:
    """Return the acts by which a person can bring a claim on today."""
    may = actions_of(*viewer, claim, today, papers.helpers(claim))
    onward = [action for action in may if action in _ONWARD]
    return onward or [action for action in may if action in _ELSE.get(claim.state, ())]


def _waited(days: WorkingDays, since: str, today: str) -> int | None:
    """Return for how many working days something has waited, None where no calendar tells."""
    try:
        return days.waited(date.fromisoformat(since), date.fromisoformat(today))
    except RuleViolationError:
        return None


def listed_row(one: Listed) -> dict[str, Any]:
    """Return a claim of a list with the command line's keys."""
    return {
        "id": one.claim,
        "enterprise": one.enterprise,
        "programme": one.programme,
        "year": one.year,
        "state": one.state,
        "revision": one.revision,
        "amount_fen": one.amount_fen,
        "since": day_text(one.since),
    }


def _row(one: Listed, acts: list[Action], waited: int | None) -> dict[str, Any]:
    """Return a claim that waits, with what may be done and for how long it has waited."""
    return {**listed_row(one), "waited": waited, "actions": acts}
