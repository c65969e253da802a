"""Public notices for officials: each as the board lists it, and how many claims wait in it."""

from collections import Counter
from typing import NamedTuple

from ledger.claim_list import read_standing
from ledger.claim_state import State
from ledger.database import Connection
from portal.known.gathered import Gathered, page_before
from portal.payments.notice_board import Posted, post


class Standing(NamedTuple):
    """A notice, and how many of its claims are noticed and objected now."""

    posted: Posted
    states: Counter[State]


def list_standing(
    connection: Connection, known: Gathered, size: int, limit: int, before: int | None = None
) -> tuple[list[Standing], int | None]:
    """Return the notices that were given last, and after which place the list goes on, if it does.

    It takes as many queries for thousands of claims as for one, and reads those under a notice.
    """
    notices = known.read_on(connection, size).notices
    found, following = page_before(notices, size, limit, before)
    stands = read_standing(connection, ["noticed", "objected"]) if found else {}
    standing = [
        Standing(post(one), Counter(stands[claim] for claim in one.claims if claim in stands))
        for one in found
    ]
    return standing, following
