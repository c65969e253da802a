"""Events of the work on a claim that move no money: drafted, returned, checked, approved and so on.

`subject` is the enterprise that claims. With the events that move money (`claims`) they are a
claim's whole history; which may follow which, and who may write it, is `vouchers.claims`' business.
"""

from typing import ClassVar, Final, Literal

import msgspec

from ledger.errors import InvalidInputError
from ledger.events.data import (
    Data,
    LogName,
    check_amount,
    check_dates,
    check_digests,
    check_ids,
    check_period,
    check_words,
    check_year,
)
from ledger.period import parse_instant
from ledger.text import Text

Verdict = Literal["met", "not_met", "cannot_tell"]

# A draft is the file of one claim; an entry of the log holds 65,535 bytes in all.
DRAFT_LENGTH_MAX: Final = 16_000


class ClaimStep(Data, frozen=True, kw_only=True):
    """What every step of a claim says; the fields are those of `ClaimData` without money.

    `acted_at` is the instant of the act, `effective_on` the day from which it counts in the zone of
    the centre, `actor` the account that acted.
    """

    outside: ClassVar[bool] = False

    claim: str
    revision: int
    programme: str
    year: int
    effective_on: str
    acted_at: str
    sizes: dict[LogName, int]
    rules: str
    actor: str

    def __post_init__(self) -> None:
        """Check ids, year, days and what was seen."""
        check_ids(claim=self.claim, programme=self.programme, actor=self.actor)
        check_year(self.year)
        check_dates(effective_on=self.effective_on)
        parse_instant(self.acted_at)
        check_digests(rules=self.rules)
        if self.revision < 1 or not self.sizes or min(self.sizes.values()) < 0:
            raise InvalidInputError(
                "bad_claim",
                Text(
                    f"申请 {self.claim} 的版次 {self.revision} 或日志大小 {self.sizes} 不可用",
                    f"{self.claim}: revision {self.revision} or log sizes {self.sizes} cannot be",
                ),
                Text("版次从 1 起，并写明所见日志的大小", "count from 1, and name the sizes seen"),
            )


class ClaimDrafted(ClaimStep, frozen=True, kw_only=True):
    """A draft is saved; `content` is what the claim's file says so far, as JSON.

    `assisted` where the task force entered it for the enterprise.
    """

    type: ClassVar[str] = "cn.suanquan.claim.drafted.v1"

    content: str = ""
    assisted: bool = False

    def __post_init__(self) -> None:
        """Check what every step holds, and the draft's length."""
        super().__post_init__()
        if len(self.content) > DRAFT_LENGTH_MAX:
            raise InvalidInputError(
                "draft_too_long",
                Text(
                    f"草稿有 {len(self.content)} 字", f"the draft has {len(self.content)} letters"
                ),
                Text(f"至多 {DRAFT_LENGTH_MAX} 字", f"{DRAFT_LENGTH_MAX} at most"),
            )


class Remark(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """What a reviewer says of one item of the check list."""

    item: str
    reason: str

    def __post_init__(self) -> None:
        """Check the item and the reason."""
        check_ids(item=self.item)
        check_words(reason=self.reason)


class ClaimReturned(ClaimStep, frozen=True, kw_only=True):
    """The claim goes back to the enterprise to be mended, with a reason for each item."""

    type: ClassVar[str] = "cn.suanquan.claim.returned.v1"

    stage: Literal["check", "approval"]
    items: tuple[Remark, ...]

    def __post_init__(self) -> None:
        """Check what every step holds, and that there is an item."""
        super().__post_init__()
        if not self.items:
            raise InvalidInputError(
                "no_items",
                Text("退回未说明事项", "the return names no item"),
                Text("请逐项写明退回原因", "give a reason for each item"),
            )


class CheckedItem(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """One item of the check list as it was computed, and as the reviewer leaves it.

    `basis` is the clause or rule behind it. Where `confirmed` differs from `computed` there is a
    reason.
    """

    item: str
    computed: Verdict
    confirmed: Verdict
    basis: str
    reason: str | None = None

    def __post_init__(self) -> None:
        """Check the words, and that an override has its reason."""
        check_ids(item=self.item)
        check_words(basis=self.basis, reason=self.reason)
        if self.computed != self.confirmed and self.reason is None:
            raise InvalidInputError(
                "no_reason",
                Text(
                    f"{self.item} 由 {self.computed} 改为 {self.confirmed}，未写理由",
                    f"{self.item} goes from {self.computed} to {self.confirmed} for no reason",
                ),
                Text("请写明理由与依据", "say why, and on what evidence"),
            )


class ClaimChecked(ClaimStep, frozen=True, kw_only=True):
    """The first review (初审) is done: every item of the check list is met, or why it may be so."""

    type: ClassVar[str] = "cn.suanquan.claim.checked.v1"

    items: tuple[CheckedItem, ...]


class ClaimApproved(ClaimStep, frozen=True, kw_only=True):
    """The programme's authority approves an amount; `document` is its paper, if it is one."""

    type: ClassVar[str] = "cn.suanquan.claim.approved.v1"

    amount_fen: int
    document: str | None = None

    def __post_init__(self) -> None:
        """Check what every step holds, the amount and the paper."""
        super().__post_init__()
        check_amount(self.amount_fen, "amount_fen")
        check_words(document=self.document)


class ClaimNoticed(ClaimStep, frozen=True, kw_only=True):
    """The amount stands in a public notice (公示), for all to see through its last day.

    `calendars` are the digests of the adopted calendars by which the days were counted. `basis` is
    the document that the notice rests on, `authority` who gives it, `objections` where to object.
    """

    type: ClassVar[str] = "cn.suanquan.claim.noticed.v1"

    notice: str
    line: int
    amount_fen: int
    first_day: str
    last_day: str
    calendars: tuple[str, ...] = ()
    basis: str | None = None
    authority: str | None = None
    objections: str | None = None

    def __post_init__(self) -> None:
        """Check what every step holds, the line, the amount, the days and the head."""
        super().__post_init__()
        check_words(basis=self.basis, authority=self.authority, objections=self.objections)
        check_ids(notice=self.notice)
        check_amount(self.amount_fen, "amount_fen")
        check_period(self.first_day, self.last_day)
        for digest in self.calendars:
            check_digests(calendars=digest)
        if self.line < 1:
            raise InvalidInputError(
                "bad_line",
                Text(f"公示名单行号 {self.line} 不可用", f"a notice has no line {self.line}"),
                Text("行号从 1 起", "lines count from 1"),
            )


class ClaimObjected(ClaimStep, frozen=True, kw_only=True):
    """Somebody objects, in writing and by name; `digest` commits to who it is, and where."""

    type: ClassVar[str] = "cn.suanquan.claim.objected.v1"

    objection: str
    digest: str
    matter: str

    def __post_init__(self) -> None:
        """Check what every step holds, the id, the digest and the matter."""
        super().__post_init__()
        check_ids(objection=self.objection)
        check_digests(digest=self.digest)
        check_words(matter=self.matter)


class ClaimObjectionSettled(ClaimStep, frozen=True, kw_only=True):
    """The authority settled an objection; upheld, a cut or a rejection stands beside it."""

    type: ClassVar[str] = "cn.suanquan.claim.objection.settled.v1"

    objection: str
    outcome: Literal["dismissed", "upheld"]
    reason: str
    document: str | None = None

    def __post_init__(self) -> None:
        """Check what every step holds, the id and the words."""
        super().__post_init__()
        check_ids(objection=self.objection)
        check_words(reason=self.reason, document=self.document)


class ClaimClosed(ClaimStep, frozen=True, kw_only=True):
    """Nothing is left to do: the claim's file is closed."""

    type: ClassVar[str] = "cn.suanquan.claim.closed.v1"

    document: str | None = None

    def __post_init__(self) -> None:
        """Check what every step holds, and the paper."""
        super().__post_init__()
        check_words(document=self.document)
