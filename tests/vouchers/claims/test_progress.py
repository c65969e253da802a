"""How far a claim has come: what was sent back leads back, and the rest lies ahead."""

import pytest

from ledger.claim_state import State
from ledger.events import ClaimData, ClaimStep
from tests.ledger import books, steps
from vouchers.claims.fold import action_of
from vouchers.claims.progress import WAY, list_progress

EXAMPLES = (*books.EXAMPLES, *steps.EXAMPLES)
EVENTS = {str(action_of(one)): one for one in EXAMPLES if isinstance(one, ClaimData | ClaimStep)}


@pytest.mark.parametrize(
    ("done", "state", "ahead"),
    [
        ("draft draft", "draft", list(WAY)),
        ("submit", "submitted", list(WAY[1:])),
        ("submit cut check", "checked", list(WAY[2:])),
        ("submit check return", "returned", list(WAY)),
        ("submit check return submit", "submitted", list(WAY[1:])),
        ("submit check approve notice clear order fail", "failed", ["order", "pay"]),
        ("submit check approve notice clear order pay", "paid", []),
        ("submit withdraw", "withdrawn", []),
        ("submit check reject", "rejected", []),
    ],
)
def test_what_is_behind_and_what_lies_ahead(done: str, state: State, ahead: list[str]) -> None:
    found = list_progress([EVENTS[one] for one in done.split()], state)
    past = [one.action for one in found if one.standing == "past"]
    assert past == [one for one in done.split() if one not in {"draft", "cut"}]
    assert [one.action for one in found if one.standing != "past"] == ahead
    assert [one.standing for one in found].count("next") == bool(ahead)
    assert all((one.on is None) == (one.standing != "past") for one in found)
