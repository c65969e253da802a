"""Where each claim stands, for lists: the state that its last moving event left it in.

A claim itself is folded from its events elsewhere, by whoever decides on it; this is the part of
that which a list shows and sorts by. Rows of parts of a log merge in any order: of two, the state
and its day are those of the later entry.
"""

from collections.abc import Iterable
from typing import Final, Literal, NamedTuple, get_args

from ledger.codec import Event
from ledger.events import (
    ClaimApproved,
    ClaimChecked,
    ClaimCleared,
    ClaimClosed,
    ClaimCut,
    ClaimData,
    ClaimDrafted,
    ClaimFailed,
    ClaimLapsed,
    ClaimNoticed,
    ClaimObjected,
    ClaimObjectionSettled,
    ClaimOrdered,
    ClaimPaid,
    ClaimRejected,
    ClaimResubmitted,
    ClaimReturned,
    ClaimStep,
    ClaimSubmitted,
    ClaimWithdrawn,
    Data,
)

State = Literal[
    "new",
    "draft",
    "submitted",
    "returned",
    "checked",
    "approved",
    "noticed",
    "objected",
    "cleared",
    "ordered",
    "failed",
    "paid",
    "closed",
    "rejected",
    "withdrawn",
    "lapsed",
]
"""`new` is a claim that no event has moved yet; `objected` is one under notice with an objection.

No event leads to `objected`, and no table holds it: an objection may be settled.
"""

STATES: Final[tuple[State, ...]] = get_args(State)
"""By the number that a table holds of each: new ones come last."""

STATE_OF: Final[dict[type[Data], State]] = {
    ClaimDrafted: "draft",
    ClaimSubmitted: "submitted",
    ClaimResubmitted: "submitted",
    ClaimReturned: "returned",
    ClaimChecked: "checked",
    ClaimApproved: "approved",
    ClaimNoticed: "noticed",
    ClaimCleared: "cleared",
    ClaimOrdered: "ordered",
    ClaimFailed: "failed",
    ClaimPaid: "paid",
    ClaimClosed: "closed",
    ClaimRejected: "rejected",
    ClaimWithdrawn: "withdrawn",
    ClaimLapsed: "lapsed",
}
"""Which event leads to which state; the others leave a claim where it is."""

Key = tuple[str, str, str, int]
"""A claim, and the enterprise, programme and year that its events name."""

_UNMOVED: Final = -1


class Standing(NamedTuple):
    """What the table says of a claim.

    `moved_by` is the index of the entry that led to the state, `state` its place in `STATES` and
    `since` the day from which it counts, as a number: 20221130. `amount` is what was handed in less
    what was cut, in fen; `objections` those that are not settled.
    """

    moved_by: int
    state: int
    since: int
    revision: int
    amount: int
    objections: int

    def merge(self, other: "Standing") -> "Standing":
        """Return what two runs of a claim's events say together."""
        later = max(self, other, key=lambda one: one.moved_by)
        return Standing(
            later.moved_by,
            later.state,
            later.since,
            max(self.revision, other.revision),
            self.amount + other.amount,
            self.objections + other.objections,
        )


def state_of(number: int, objections: int) -> State:
    """Return a claim's state by its number in the table and how many objections are open."""
    state = STATES[number]
    return "objected" if state == "noticed" and objections > 0 else state


def stand(entries: Iterable[tuple[int, Event]]) -> dict[Key, Standing]:
    """Return where claims stand after some of the book's entries, each with its index."""
    found: dict[Key, Standing] = {}
    for index, event in entries:
        data = event.data
        if isinstance(data, ClaimData | ClaimStep):
            key = data.claim, event.subject, data.programme, data.year
            said = _standing(index, data)
            old = found.get(key)
            found[key] = said if old is None else old.merge(said)
    return found


def _standing(index: int, data: ClaimData | ClaimStep) -> Standing:
    """Return what one event says."""
    state = STATE_OF.get(type(data))
    return Standing(
        moved_by=_UNMOVED if state is None else index,
        state=0 if state is None else STATES.index(state),
        since=0 if state is None else int(data.effective_on.replace("-", "")),
        revision=data.revision,
        amount=_moved_fen(data),
        objections=_OBJECTIONS.get(type(data), 0),
    )


_OBJECTIONS: Final[dict[type[Data], int]] = {ClaimObjected: 1, ClaimObjectionSettled: -1}


def _moved_fen(data: ClaimData | ClaimStep) -> int:
    """Return by how much an event changes what is asked for."""
    match data:
        case ClaimSubmitted() | ClaimResubmitted():
            return data.moved_fen
        case ClaimCut():
            return -data.amount_fen
        case _:
            return 0
