"""Usage, papers, documents and statements."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from portal.web.api.answers.words import (
    Code,
    Fen,
    Free,
    Instant,
    Month,
    Next,
    Quantity,
    Sentence,
    Sha256,
    Size,
    Unit,
)


class UsageRow(Struct, kw_only=True):
    """An exact sum of usage; it has the keys that `by` names."""

    resource: str
    unit: Unit
    quantity: Quantity


class UsageSum(Struct, kw_only=True):
    """Usage in unit-seconds, ordered by the keys shown."""

    rows: list[UsageRow]
    total: list[UsageRow]
    as_of: list[Size]
    next: Next


class PaperList(Struct, kw_only=True):
    """An enterprise's papers as amended and corrected, and what is left of them."""

    enterprise: Code
    name: str
    registered_region: str | None
    contracts: list[Free]
    invoices: list[Free]
    payments: list[Free]
    qualifications: list[Free]
    revocations: list[Free]
    tax_domicile: list[Free]
    facts: list[Free]
    other_funding: list[Free]
    declarations: list[Free]
    as_of: list[Size] | UnsetType = UNSET


class PaperWarning(Struct, kw_only=True):
    """What somebody should look at in a paper that was recorded."""

    code: str
    path: str
    message: Sentence
    next: Sentence


class PapersRecorded(Struct, kw_only=True):
    """What became of the papers of a file."""

    enterprise: Code
    recorded: int
    known: int
    events: list[str]
    warnings: list[PaperWarning]


class DocumentRow(Struct, kw_only=True):
    """A document by the digest of its bytes."""

    sha256: Sha256
    media_type: Annotated[str, Meta(examples=["application/pdf"])]
    size_bytes: int
    kind: Annotated[str, Meta(examples=["contract"])]
    ref: str | None
    recorded_at: Instant
    recorded_by: str
    index: int | UnsetType = UNSET
    state: str | UnsetType = UNSET


class DocumentPage(Struct, kw_only=True):
    """An enterprise's documents, in the order of filing."""

    enterprise: Code
    rows: list[DocumentRow]
    next: Next


class StatementRow(Struct, kw_only=True):
    """An issued statement; one of compute also says how far the enterprise's answer is."""

    id: Annotated[str, Meta(examples=["SQ-C-2022-07-91420100MA4K2XY18X-1"])]
    kind: Annotated[str, Meta(examples=["compute"])]
    subject: str
    about: str
    period: Month
    revision: int
    total_fen: Fen
    sha256: Sha256
    net_fen: int | None
    superseded_by: str | None
    superseded_why: Sentence | None
    sealed_sha256: Sha256 | None
    answer: str | UnsetType = UNSET
    answer_name: Sentence | UnsetType = UNSET
    answer_due: str | UnsetType | None = UNSET
    disputed: list[Free] | UnsetType = UNSET


class StatementPage(Struct, kw_only=True):
    """Statements, by enterprise and in the order of issue."""

    rows: list[StatementRow]
    next: Next


class StatementLine(Struct, kw_only=True):
    """A line of a compute statement: what a contract charges for a resource, or its use unpriced.

    `entries` is null where they have to be counted by listing them.
    """

    contract: Annotated[str, Meta(description="Empty for use without a price.", examples=["C-1"])]
    resource: Annotated[str, Meta(examples=["a100"])]
    name: str
    quantity: Quantity
    amount_fen: Fen | None
    entries: int | None


class StatementLines(Struct, kw_only=True):
    """The lines of a statement, those without a price last."""

    rows: list[StatementLine]


class StatementJob(Struct, kw_only=True):
    """A job's part on a line: `quantity` is what the line has of it, in unit-seconds."""

    job: str
    start: Instant
    end: Instant
    amount: Annotated[str, Meta(description="Units in use at once.", examples=["8"])]
    quantity: Quantity
    contract: Annotated[str | None, Meta(description="That the record itself names.")]


class StatementJobs(Struct, kw_only=True):
    """The jobs of a line, in the order in which they were recorded."""

    rows: list[StatementJob]
    next: Next


class StatementAnswer(Struct, kw_only=True):
    """How far the answer to a statement is."""

    id: str
    answer: str
    answer_name: Sentence
    answer_due: str | None
    disputed: list[Free]


class Verified(Struct, kw_only=True):
    """Whether a file is a statement exactly as it was issued."""

    known: bool
    id: str | None
    sha256: Sha256
    revision: int | None
    superseded_by: str | None


class EnterpriseRow(Struct, kw_only=True):
    """An enterprise; its name is its code where none is registered."""

    enterprise: Code
    name: str
    region: Sentence | None


class EnterprisePage(Struct, kw_only=True):
    """Enterprises, by code."""

    rows: list[EnterpriseRow]
    next: Next


class Kept(Struct, kw_only=True):
    """The digest under which a personal datum was recorded."""

    enterprise: Code
    kind: Annotated[str, Meta(examples=["contact"])]
    digest: Sha256


class Origin(Struct, kw_only=True):
    """Where an event stands: its log and index, from 0."""

    log: Annotated[str, Meta(examples=["book"])]
    index: int


class Resting(Origin, kw_only=True):
    """An entry that a statement rests on; source and id are what it was delivered under."""

    type: Annotated[str, Meta(examples=["cn.suanquan.invoice.recorded.v1"])]
    source: str
    id: str


class UsedRow(Struct, kw_only=True):
    """A line of a statement: a resource under a contract, which is empty where no price applies.

    `entries` is null where they have to be read to be counted.
    """

    contract: str
    resource: str
    quantity: Quantity
    name: str
    entries: int | None


class Trace(Struct, kw_only=True):
    """What a statement was made from: of usage the sums, of papers each entry, newest first."""

    id: str
    entry: Origin
    sizes: dict[str, int]
    used: list[UsedRow]
    rows: list[Resting]
    next: Next
