"""An enterprise as it is shown: its file, where its claims stand, and what waits for it.

Everything is read from the log each time: no message is kept anywhere.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

from ledger.claim_list import ClaimFilter, Listed
from ledger.claim_state import State
from ledger.database import Connection
from ledger.events import Remark, StatementIssued
from ledger.read import read_heads
from ledger.text import Text
from portal.claims.ground import Ground, read_ground
from portal.claims.queue import list_visible
from portal.claims.reading import Viewer, read_claims
from reports.issue import Issued
from reports.kinds import FORMS
from reports.statement import Kind
from vouchers.adoption import programmes_of
from vouchers.answers import Standing, find_open
from vouchers.claims.calendar import WorkingDays
from vouchers.claims.checklist import ITEMS
from vouchers.reading import read_rules
from vouchers.reminder import Reminder, deadlines_of, remind

# More than an enterprise hands in over ten years; the list of all of them is paged elsewhere.
CLAIMS_MAX: Final = 1_000

# As many returned claims as somebody can mend in a day, the oldest first.
RETURNED_MAX: Final = 20

_OVER: Final[frozenset[State]] = frozenset({"closed", "rejected", "withdrawn", "lapsed"})


class Returned(NamedTuple):
    """A claim that was sent back, with the reasons that the reviewer gave."""

    claim: Listed
    reasons: tuple[Remark, ...]


class Waiting(NamedTuple):
    """What waits for an enterprise: claims to mend, statements to answer, days that come near."""

    returned: list[Returned]
    drafts: list[Listed]
    statements: list[tuple[StatementIssued, Standing]]
    reminders: list[Reminder]

    def __bool__(self) -> bool:
        """Return whether there is anything at all."""
        return any(self)


def read_enterprise(connection: Connection, code: str) -> Ground:
    """Return an enterprise's file as the book stands; an empty one where it was never heard of."""
    size = read_heads(connection)["book"].size
    return read_ground(connection, code, size, read_rules(connection, size))


def is_known(ground: Ground) -> bool:
    """Return whether the ledger has ever heard of an enterprise."""
    return bool(ground.heard or ground.usage)


def read_standing_claims(ground: Ground, viewer: Viewer) -> list[Listed]:
    """Return an enterprise's claims as far as somebody may see them: what moves, then what is over.

    Those on their way come by how long they wait, the others newest first.
    """
    wanted = ClaimFilter(enterprise=ground.enterprise)
    found = list_visible(ground.connection, viewer, wanted, CLAIMS_MAX)
    over = [one for one in found if one.state in _OVER]
    return [one for one in found if one.state not in _OVER] + over[::-1]


def find_waiting(ground: Ground, claims: Sequence[Listed], today: date) -> Waiting:
    """Return what waits for an enterprise on a day, of the claims that somebody may see."""
    account, days = ground.account, WorkingDays(ground.book.calendars)
    programmes = programmes_of(ground.rules)
    return Waiting(
        _read_returned(ground, [one for one in claims if one.state == "returned"]),
        [one for one in claims if one.state == "draft"],
        list(find_open(account, today, days)),
        remind(deadlines_of(account, programmes, today), today, days),
    )


def _read_returned(ground: Ground, claims: Sequence[Listed]) -> list[Returned]:
    """Return claims that were sent back with why, read at once."""
    some = claims[:RETURNED_MAX]
    if not some:
        return []
    wanted = [(one.claim, one.enterprise) for one in some]
    reads = read_claims(ground.connection, wanted, ground.size)
    return [Returned(one, tuple(reads[one.claim].claim.remarks)) for one in some]


def list_statements(ground: Ground, claims: Sequence[Listed], viewer: Viewer) -> list[Issued]:
    """Return an enterprise's statements as far as somebody may see them, the last issued first.

    A claim's forms are seen by whoever may see the claim, and what its review wrote of each item,
    which may speak of others, by officials and auditors alone. No seal is read.
    """
    visible, inside = {one.claim for one in claims}, viewer.is_insider()
    found = [Issued(ground.enterprise, one) for one in ground.account.statements]
    return [
        one
        for one in reversed(found)
        if (inside or one.data.kind not in INSIDE)
        and (not FORMS[one.data.kind].of_claim or one.about in visible)
    ]


INSIDE: Final[frozenset[Kind]] = frozenset({"review"})
"""Kinds of statements about an enterprise that it does not see."""


def name_programmes(ground: Ground) -> dict[str, Text]:
    """Return what the adopted programmes are called, by their ids."""
    return {one.programme: one.name for one in ground.rules.ruled}


def name_remark(remark: Remark) -> Text:
    """Return what the item of the check list is called that a remark is about."""
    return ITEMS.get(remark.item, Text(remark.item, remark.item))


def name_resource(ground: Ground, resource: str) -> str:
    """Return what the centre calls a resource, its code where it was never listed."""
    listed = ground.book.resources.get(resource)
    return listed.name if listed else resource
