"""Programmes, decisions and plans."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from portal.web.api.answers.words import (
    Code,
    Fen,
    Free,
    Month,
    Next,
    ProgrammeId,
    Sentence,
    Size,
)

Grade = Annotated[str, Meta(description="How well a value is evidenced.")]


class VersionRow(Struct, kw_only=True):
    """A version of a programme."""

    id: ProgrammeId
    level: Annotated[str, Meta(examples=["province"])]
    version: str
    document: Sentence
    hash: str


class ProgrammePage(Struct, kw_only=True):
    """Every version of every programme, the higher level first."""

    rows: list[VersionRow]
    hash: str
    next: Next


class CitedValue(Struct, kw_only=True):
    """A value of a rule with its clause."""

    name: str
    what: Sentence
    value: Any
    clause: Sentence
    grade: Grade


class Version(VersionRow, kw_only=True):
    """A version with every value."""

    name: Sentence
    values: list[CitedValue]


class AdoptedRow(Struct, kw_only=True):
    """A version that applies in this ledger, and whether this program has it as it was adopted."""

    programme: ProgrammeId
    level: str
    version: str
    hash: str
    same: bool
    adopted_on: str | None
    decided_by: str | None


class Adopted(Struct, kw_only=True):
    """The rules that apply in this ledger."""

    rows: list[AdoptedRow]
    hash: str
    founding: bool


class Step(Struct, kw_only=True):
    """A step of a decision."""

    what: Sentence
    value: Any
    unit: str
    clause: Sentence
    grade: Grade


class Reason(Struct, kw_only=True):
    """Why a decision is not "eligible", or less than it could be."""

    code: str
    message: Sentence
    clause: Sentence


class Decision(Struct, kw_only=True):
    """What one programme decides on a case."""

    programme: ProgrammeId
    version: str | None
    status: Literal["eligible", "ineligible", "undetermined"]
    amount_fen: Fen | None
    steps: list[Step]
    reasons: list[Reason]


class Plan(Struct, kw_only=True):
    """One combination of programmes; lawful ones come first, the best of them first."""

    programmes: list[ProgrammeId]
    amounts_fen: dict[str, int | None]
    total_fen: Fen | None
    lawful: bool
    reason: Sentence | None


class Ruling(Struct, kw_only=True):
    """What every programme decides on a case, and how they go together."""

    decisions: list[Decision]
    plans: list[Plan]
    enterprise: Code | UnsetType = UNSET
    name: str | UnsetType = UNSET
    case: Free | UnsetType = UNSET
    as_of: list[Size] | UnsetType = UNSET


class Impact(Struct, kw_only=True):
    """What a change would have cost; the `high` amounts are those where missing facts help."""

    before_fen: Fen
    after_fen: Fen
    before_high_fen: Fen
    after_high_fen: Fen
    months: list[Month]
    by_programme: list[Free]
    by_level: list[Free]
    by_class: list[Free]
    by_month: list[Free]
    by_year: list[Free]
    winners: list[Free]
    losers: list[Free]
    unclear: list[Free]
    changes: list[Free]
    rules: dict[str, str]
    synthetic: bool
    as_of: list[Size]
