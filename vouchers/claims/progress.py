"""How far a claim has come: what was done so far, and what still lies before it, in one line."""

from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple

from ledger.claim_state import State
from ledger.events import ClaimData, ClaimStep, Data
from vouchers.claims.fold import action_of
from vouchers.claims.table import FINAL, Action

WAY: Final[tuple[Action, ...]] = ("submit", "check", "approve", "notice", "clear", "order", "pay")
"""The acts that every claim passes that is paid, in their order."""

_ENDING: Final[frozenset[Action]] = frozenset({"withdraw", "reject", "lapse", "close"})
_BACK: Final[frozenset[Action]] = frozenset({"return", "fail"})

Standing = Literal["past", "next", "ahead"]


class Milestone(NamedTuple):
    """An act on a claim's way: done on a day, the one that is next, or still ahead."""

    action: Action
    on: str | None
    standing: Standing


def list_progress(done: Iterable[Data], state: State) -> list[Milestone]:
    """Return a claim's way: what was done, each with its day, then what lies ahead.

    What was sent back, or could not be paid, stands among what was done; then the way goes on.
    """
    past = [Milestone(*one, "past") for one in _done(done)]
    if state in FINAL or state in {"paid", "closed"}:
        return past
    ahead = WAY[_reached([one.action for one in past]) :]
    return [
        *past,
        *(Milestone(one, None, "ahead" if at else "next") for at, one in enumerate(ahead)),
    ]


def _done(events: Iterable[Data]) -> Iterator[tuple[Action, str]]:
    """Yield the acts that moved a claim on or back, with their days."""
    for data in events:
        if isinstance(data, ClaimData | ClaimStep):
            action = action_of(data)
            if action in WAY or action in _ENDING or action in _BACK:
                yield action, data.effective_on


def _reached(acts: list[Action]) -> int:
    """Return how much of the way lies behind: a return leads to its beginning, a failure to pay."""
    reached = 0
    for one in acts:
        if one == "return":
            reached = 0
        elif one == "fail":
            reached = WAY.index("order")
        elif one in WAY:
            reached = WAY.index(one) + 1
    return reached
