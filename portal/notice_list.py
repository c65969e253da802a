"""Public notices for their officials: each as the board lists it, and where its claims stand."""

from collections import Counter
from typing import NamedTuple

from ledger.claim_list import ClaimFilter, list_claims
from ledger.claim_state import State
from ledger.database import Connection
from ledger.events import ClaimNoticed
from ledger.topics import notice_topic
from ledger.trail import read_trail
from portal.notice_board import Posted, list_posted


class Standing(NamedTuple):
    """A notice, and how many of its claims stand where now."""

    posted: Posted
    states: Counter[State]


def list_standing(
    connection: Connection, size: int, limit: int, before: int | None = None
) -> tuple[list[Standing], int | None]:
    """Return the notices that were given last, and after which place the list goes on, if it does.

    It takes as many queries for thousands of claims as for one.
    """
    posted, following = list_posted(connection, size, limit, before)
    programmes = {one.programme for one in posted}
    stands = {
        one.claim: one.state
        for one in list_claims(connection, ClaimFilter(programmes=programmes), None)
    }
    states: dict[str, Counter[State]] = {one.notice: Counter() for one in posted}
    for _, event in read_trail(connection, map(notice_topic, states), size):
        if isinstance(event.data, ClaimNoticed) and event.data.claim in stands:
            states[event.data.notice][stands[event.data.claim]] += 1
    return [Standing(one, states[one.notice]) for one in posted], following
