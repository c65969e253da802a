"""Claims, and acts on many of them."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from ledger.claim_state import State
from ledger.events import Remark
from portal.web.api.answers.words import (
    ClaimId,
    Code,
    Day,
    Fen,
    Free,
    Instant,
    Month,
    Next,
    ProgrammeId,
    Sentence,
    Sha256,
)
from vouchers.answers import Status
from vouchers.claims.table import Action, Capacity
from vouchers.reminder import What

Seen = Annotated[int, Meta(description="How many acts there are: the `seen` of an act.")]


class ClaimRow(Struct, kw_only=True):
    """A claim in a list."""

    id: ClaimId
    enterprise: Code
    programme: ProgrammeId
    year: int
    state: State
    revision: int
    amount_fen: Fen
    since: Day


class ClaimNamed(Struct, kw_only=True):
    """A claim that its enterprise has to go on with."""

    id: ClaimId
    programme: ProgrammeId
    year: int
    since: Day


class WhySentBack(Struct, kw_only=True):
    """What is to be mended of one item of the check list."""

    item: str
    name: Sentence
    reason: str


class ClaimSentBack(ClaimNamed, kw_only=True):
    """A claim that was sent back."""

    reasons: list[WhySentBack]


class StatementToAnswer(Struct, kw_only=True):
    """A statement of which the enterprise has the next word, until when it has, if a day tells."""

    statement: str
    period: Month
    total_fen: Fen
    status: Status
    due_on: Day | None


class DayThatComesNear(Struct, kw_only=True):
    """Until when something can be claimed, and what is lost after it.

    `working_days` come after today, null where no calendar is adopted.
    """

    what: What
    programme: ProgrammeId
    year: int
    last_on: Day
    working_days: int | None
    is_last: Annotated[bool, Meta(description="Two working days or fewer are left.")]
    left_fen: Fen
    invoices: list[str]


class WaitingForEnterprise(Struct, kw_only=True):
    """What waits for an enterprise on a day."""

    enterprise: Code
    on: Day
    returned: list[ClaimSentBack]
    drafts: list[ClaimNamed]
    statements: list[StatementToAnswer]
    reminders: list[DayThatComesNear]


class ClaimPage(Struct, kw_only=True):
    """Claims, those first that have stood as they do for longest."""

    rows: list[ClaimRow]
    after: Next
    next: Next


class Waiting(ClaimRow, kw_only=True):
    """A claim that waits for whoever asks: for how many working days, and for which acts."""

    waited: int | None
    actions: list[Action]


class Queue(Struct, kw_only=True):
    """What waits, oldest first."""

    rows: list[Waiting]
    on: Day


class History(Struct, kw_only=True):
    """One act; it also has what was said with it, such as `reason`, `document` or `items`."""

    number: int
    action: Action
    name: Sentence
    capacity: Capacity
    by: Sentence
    revision: int
    on: Day
    at: Instant
    amount_fen: Fen | None
    actor: str | UnsetType = UNSET
    index: int | UnsetType = UNSET


class Headroom(Struct, kw_only=True):
    """What is left of the voucher and, for officials and auditors, of the fund."""

    quota_fen: Fen | None
    fund_fen: Fen | UnsetType | None = UNSET


class Claim(Struct, kw_only=True):
    """A claim as whoever asks may see it, and what he may do about it now."""

    id: ClaimId
    state: State
    state_name: Sentence
    revision: int
    enterprise: Code
    programme: ProgrammeId
    fund: str
    year: int
    asked_fen: Fen
    amount_fen: Fen
    paid_fen: Fen
    receivable_fen: Fen
    recovered_fen: Fen
    since: Day
    invoices: list[str]
    documents: list[Sha256]
    draft: Free | None
    remarks: list[Remark]
    objections: list[str] | int
    seen: Seen
    history: list[History]
    may: list[Action]
    headroom: Headroom | UnsetType = UNSET


class CheckItem(Struct, kw_only=True):
    """One item of the check list, with what it rests on."""

    item: str
    name: Sentence
    computed: Literal["met", "not_met", "cannot_tell"]
    found: Sentence
    basis: Sentence
    source: Sentence
    next: Sentence | None


class CheckList(Struct, kw_only=True):
    """The check list of a claim as it is computed now."""

    id: ClaimId
    revision: int
    seen: Seen
    items: list[CheckItem]


class LeftOut(Struct, kw_only=True):
    """A claim on which an act was not done, and why."""

    id: ClaimId
    why: Sentence


class Clawback(Struct, kw_only=True):
    """A paid claim of which something is to come back."""

    id: ClaimId
    enterprise: Code
    programme: ProgrammeId
    invoices: list[str]
    paid_fen: Fen
    due_fen: Fen | None
    amount_fen: Fen | None
    reason: Sentence


class ClawbackPage(Struct, kw_only=True):
    """What is to be claimed back, for the authority to decide."""

    rows: list[Clawback]
    next: Next


class NoticeRow(Struct, kw_only=True):
    """A public notice in a list."""

    notice: Annotated[str, Meta(examples=["hubei-20221108"])]
    programme: ProgrammeId
    basis: str
    first_day: Day
    last_day: Day
    claims: int
    total_fen: Fen


class NoticePage(Struct, kw_only=True):
    """Public notices, by their first day."""

    rows: list[NoticeRow]
    next: Next


class NoticeLine(Struct, kw_only=True):
    """A line of a public notice."""

    line: int | str
    enterprise: str
    provider: str
    service: str
    amount_fen: Fen
    remark: str


class Notice(Struct, kw_only=True):
    """A public notice as the public reads it."""

    notice: str
    programme: ProgrammeId
    basis: str
    authority: str
    first_day: Day
    last_day: Day
    working_days: int
    rows: list[NoticeLine]
    total_fen: Fen
    sha256: Sha256 | UnsetType = UNSET
    left_out: list[LeftOut] | UnsetType = UNSET


class ClearedRow(Struct, kw_only=True):
    """A claim that stood through its notice."""

    id: ClaimId
    amount_fen: Fen
    programme: ProgrammeId


class Cleared(Struct, kw_only=True):
    """Which claims were cleared, and which were left out."""

    rows: list[ClearedRow]
    total_fen: Fen
    left_out: list[LeftOut]
