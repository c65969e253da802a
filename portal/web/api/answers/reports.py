"""Reports of a month."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ledger.claim_state import State
from portal.web.api.answers.words import (
    Code,
    Fen,
    Free,
    Month,
    ProgrammeId,
    Quantity,
    Sentence,
    Size,
)
from vouchers.programme import Level

Local = Annotated[
    str, Meta(description="An instant at the centre.", examples=["2022-11-01 10:00:00"])
]


class MonthReport(Struct, kw_only=True):
    """A month at a glance: use, largest users, charges, payments, refunds by level."""

    month: Month
    cards: int | None
    utilisation: str | None
    accelerator_card_seconds: Quantity
    usage: list[Free]
    days: list[Free]
    users: list[Free]
    rows: list[Free]
    total: dict[str, int]
    unrated: int
    refunds: list[Free]
    notes: list[Free]
    as_of: list[Size]


class Explanation(Struct, kw_only=True):
    """Why two of what was metered, invoiced and paid differ."""

    enterprise: Code
    code: str
    amount_fen: int


class Reconciliation(Struct, kw_only=True):
    """What was metered, invoiced and paid of a month, each difference explained to the fen."""

    month: Month
    ok: bool
    rows: list[Free]
    explanations: list[Explanation]
    total: dict[str, int]
    as_of: list[Size]


class ClaimTotal(Struct, kw_only=True):
    """Claims of a level that came to a state in a month."""

    month: Month
    level: Level | None
    state: State
    claims: int
    amount_fen: Fen


class ClaimTotals(Struct, kw_only=True):
    """Claims by month, level and state, the newest month first."""

    rows: list[ClaimTotal]


class Job(Struct, kw_only=True):
    """A job of the schedule: when it comes next, and why it does not where it waits."""

    kind: str
    name: Sentence
    next_at: Local | None
    why: Sentence | None
    last_done_at: Local | None


class Trouble(Struct, kw_only=True):
    """Why a run failed, waits or has to be looked at."""

    code: str
    message: Sentence


class Run(Struct, kw_only=True):
    """A run of a job for a period, and for an enterprise where it is one's."""

    kind: str
    period: str
    subject: str
    revision: int
    state: Literal["due", "waits", "running", "failed", "done"]
    due_at: Local
    next_try_at: Local
    attempts: int
    started_at: Local | None
    finished_at: Local | None
    error: Trouble | None
    warning: Trouble | None
    outcome: str | None


class Schedule(Struct, kw_only=True):
    """What the schedule does next, and what became of what it did."""

    jobs: list[Job]
    runs: list[Run]


class MonthUsed(Struct, kw_only=True):
    """A month's accelerator use; null is kept back, as it would be somebody's own figure."""

    month: Month
    enterprises: int | None
    card_hours: int | None


class YearPaid(Struct, kw_only=True):
    """What a programme paid for a year; null is kept back."""

    year: int
    programme: ProgrammeId
    enterprises: int | None
    paid_fen: Fen | None


class Statistics(Struct, kw_only=True):
    """What everybody is told of usage and refunds."""

    months: list[MonthUsed]
    refunds: list[YearPaid]
