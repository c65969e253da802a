"""What a reviewer has marked of a claim so far: his own notes, gone once the review is over.

Nothing of it is evidence: what counts is what he signs, which stands in the log. The book is locked
where a row is written, so that of two windows one comes first.
"""

from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from ledger.operations import review_draft as _table


class ReviewDraft(NamedTuple):
    """Marks as they were saved: after how many steps of the claim, how often, when, and which."""

    seen: int
    saves: int
    saved_at_ms: int
    marks: bytes


def find_draft(connection: Connection, claim: str, person: str) -> ReviewDraft | None:
    """Return what somebody has marked of a claim, None where it is nothing yet."""
    column = _table.c
    query = select(column.seen, column.saves, column.saved_at_ms, column.marks)
    row = connection.execute(query.where(column.claim == claim, column.person == person)).first()
    return None if row is None else ReviewDraft._make(row)


def write_draft(connection: Connection, claim: str, person: str, draft: ReviewDraft) -> None:
    """Keep what somebody has marked of a claim, in place of what he had marked before."""
    column = _table.c
    mine = (column.claim == claim) & (column.person == person)
    changed = connection.execute(update(_table).where(mine).values(draft._asdict()))
    if not changed.rowcount:
        connection.execute(insert(_table).values(claim=claim, person=person, **draft._asdict()))


def drop_drafts(connection: Connection, claim: str) -> None:
    """Throw away what anybody has marked of a claim."""
    connection.execute(delete(_table).where(_table.c.claim == claim))
