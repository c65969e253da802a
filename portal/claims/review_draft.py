"""A review that is put aside half-way: a reviewer's marks on a claim are kept until he signs.

They are his own, reserve nothing and stand in no log. Whoever has two windows open is told where
the other one saved something else; what was saved before the claim moved is shown as such.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple, Self

import msgspec

from ledger.errors import InvalidInputError, RuleViolationError
from ledger.review_drafts import ReviewDraft, find_draft, write_draft
from ledger.text import Text
from portal.claims.desk import Desk, require_may
from portal.claims.reading import Read

# Some thirty items with a reason of 500 characters each, and a cut.
MARKS_BYTES_MAX: Final = 64_000


class Kept(NamedTuple):
    """Marks by field as they were saved, how often, when, after how many steps of the claim.

    `saves` is 0 where nothing was saved yet; `is_stale` where the claim has moved since.
    """

    marks: dict[str, str]
    saves: int = 0
    saved_at_ms: int = 0
    seen: int = 0
    is_stale: bool = False

    @classmethod
    def of(cls, draft: ReviewDraft, read: Read) -> Self:
        """Return what was saved, beside the claim as it stands."""
        marks = msgspec.json.decode(draft.marks, type=dict[str, str])
        is_stale = draft.seen != len(read.events)
        return cls(marks, draft.saves, draft.saved_at_ms, draft.seen, is_stale)


_NOTHING: Final = Kept({})


def read_kept(desk: Desk, read: Read) -> Kept:
    """Return what whoever looks has marked of a claim so far."""
    draft = find_draft(desk.act.connection, read.claim.claim, desk.act.name)
    return _NOTHING if draft is None else Kept.of(draft, read)


def keep_marks(
    desk: Desk, read: Read, marks: Mapping[str, str], saves: int, seen: int | None
) -> Kept:
    """Return marks once they are saved; the same marks again change nothing.

    `saves` is how often they had been saved when they were shown, `seen` how many steps of the
    claim were seen. Raises `RuleViolationError`: `not_allowed` for who may not review the claim,
    `marked_elsewhere`; `InvalidInputError` (`marks_too_long`).
    """
    require_may(desk, read, "check")
    kept = require_latest(desk, read, marks, saves, seen)
    steps = len(read.events) if seen is None else min(seen, len(read.events))
    body = msgspec.json.encode(marks)
    if len(body) > MARKS_BYTES_MAX:
        raise InvalidInputError(
            "marks_too_long",
            Text("意见太长，不能保存", "the marks are too long to be kept"),
            Text("请写得简短些", "write less"),
        )
    if kept.saves and kept.marks == marks and kept.seen >= steps:
        return kept
    draft = ReviewDraft(steps, kept.saves + 1, desk.act.at_ms, body)
    write_draft(desk.act.connection, read.claim.claim, desk.act.name, draft)
    return Kept.of(draft, read)


def require_latest(
    desk: Desk, read: Read, marks: Mapping[str, str], saves: int, seen: int | None
) -> Kept:
    """Return what was saved, unless another window saved something else since it was shown.

    Raises `RuleViolationError` (`marked_elsewhere`).
    """
    kept = read_kept(desk, read)
    is_older = kept.saves != saves or (seen is not None and seen < kept.seen)
    if kept.saves and is_older and kept.marks != marks:
        raise RuleViolationError(
            "marked_elsewhere",
            Text(
                "您在另一个窗口保存过不同的意见，本窗口的没有存上",
                "you saved other marks in another window; those of this one are not saved",
            ),
            Text(
                "要用另一窗口的，请重新打开此页；要用本窗口的，请再次提交",
                "open this page again to go on with those, or send this one again to keep these",
            ),
        )
    return kept
