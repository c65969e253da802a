"""Events of what an enterprise answers to a settlement statement, and how a dispute ends.

A line of a statement is what one contract charges for one resource. Silence has no event: whoever
says nothing has not agreed.
"""

from typing import ClassVar, Final, Literal

import msgspec

from ledger.errors import InvalidInputError
from ledger.events.data import Data, check_digests, check_words
from ledger.events.people import check_person
from ledger.period import parse_instant
from ledger.text import Text

# An entry of the log holds 65,535 bytes, and a line with the longest reason takes 1,700. Whoever
# disputes more lines says so in two events.
DISPUTED_LINES_MAX: Final = 36


class AnswerData(Data, frozen=True, kw_only=True):
    """What every event here has: the statement, who answers, and at which instant.

    `document` names the paper that it was entered from, where it was.
    """

    outside: ClassVar[bool] = False

    statement: str
    acted_at: str
    actor: str
    document: str | None = None

    def __post_init__(self) -> None:
        """Check the instant, the person and the paper."""
        parse_instant(self.acted_at)
        check_person(self.actor)
        check_words(document=self.document)


class StatementConfirmed(AnswerData, frozen=True, kw_only=True):
    """The enterprise agrees with a statement as it stands; `pdf_sha256` is the file's."""

    type: ClassVar[str] = "cn.suanquan.statement.confirmed.v1"

    pdf_sha256: str

    def __post_init__(self) -> None:
        """Check the digest."""
        super().__post_init__()
        check_digests(pdf_sha256=self.pdf_sha256)


class DisputedLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A line that the enterprise does not accept, and why."""

    contract: str
    resource: str
    reason: str

    def __post_init__(self) -> None:
        """Check the reason."""
        check_words(reason=self.reason)


class StatementDisputed(AnswerData, frozen=True, kw_only=True):
    """The enterprise does not accept some lines of a statement."""

    type: ClassVar[str] = "cn.suanquan.statement.disputed.v1"

    lines: tuple[DisputedLine, ...]

    def __post_init__(self) -> None:
        """Check that there are lines, each named once."""
        super().__post_init__()
        named = {(one.contract, one.resource) for one in self.lines}
        if not 0 < len(self.lines) <= DISPUTED_LINES_MAX or len(named) != len(self.lines):
            raise InvalidInputError(
                "bad_dispute",
                Text(
                    f"列出 {len(self.lines)} 行，其中不同的 {len(named)} 行",
                    f"{len(self.lines)} lines are named, {len(named)} of them different",
                ),
                Text(
                    f"请列出 1 至 {DISPUTED_LINES_MAX} 行，每行一次",
                    f"name 1 to {DISPUTED_LINES_MAX} lines, each once",
                ),
            )


class DisputeSettled(AnswerData, frozen=True, kw_only=True):
    """The centre decided on a disputed line: `upheld` where the enterprise is right."""

    type: ClassVar[str] = "cn.suanquan.statement.dispute.settled.v1"

    contract: str
    resource: str
    outcome: Literal["upheld", "dismissed"]
    reason: str

    def __post_init__(self) -> None:
        """Check the reason."""
        super().__post_init__()
        check_words(reason=self.reason)
