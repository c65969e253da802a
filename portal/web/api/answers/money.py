"""Payment orders, the bank's answers, and funds."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from portal.web.api.answers.claims import LeftOut
from portal.web.api.answers.words import (
    ClaimId,
    Code,
    Day,
    Fen,
    Next,
    ProgrammeId,
    Sentence,
)

BatchId = Annotated[str, Meta(description="A batch's id.", examples=["hubei-2022-B1"])]


class BatchRow(Struct, kw_only=True):
    """A payment batch: how many of its orders are paid, failed, open."""

    batch: BatchId
    programme: ProgrammeId
    orders: int
    paid: int
    failed: int
    open: int
    total_fen: Fen
    paid_fen: Fen


class BatchPage(Struct, kw_only=True):
    """Payment batches, by name."""

    rows: list[BatchRow]
    next: Next


class BatchOrder(Struct, kw_only=True):
    """A payment order of a batch, and what became of it."""

    order: str
    claim: ClaimId
    enterprise: Code
    amount_fen: Fen
    outcome: Literal["open", "paid", "failed"]


class Batch(BatchRow, kw_only=True):
    """A payment batch with its orders."""

    rows: list[BatchOrder]
    next: Next


class OrderRow(Struct, kw_only=True):
    """A payment order."""

    order: str | None
    claim: ClaimId
    enterprise: Code
    amount_fen: Fen


class Ordered(Struct, kw_only=True):
    """A batch of orders that were given, and which claims were left out."""

    batch: BatchId
    rows: list[OrderRow]
    total_fen: Fen
    left_out: list[LeftOut]


class Settled(Struct, kw_only=True):
    """What the bank said of an order."""

    order: str
    claim: ClaimId
    result: str
    amount_fen: Fen | None
    bank_reference: str | None
    reason: str | None


class Flaw(Struct, kw_only=True):
    """A row of the bank's answer that cannot be recorded."""

    row: int
    order: str
    code: str
    message: Sentence
    next: Sentence


class BankAnswer(Struct, kw_only=True):
    """What was recorded of a bank's answer."""

    rows: list[Settled]
    paid: int
    failed: int
    unknown: list[str]
    repeated: list[str]
    missing: list[str]
    flaws: list[Flaw]


class FundRow(Struct, kw_only=True):
    """A fund's year."""

    fund: Annotated[str, Meta(examples=["hubei"])]
    year: Annotated[int, Meta(examples=[2022])]
    appropriated_fen: Fen
    available_fen: Fen
    encumbered_fen: Fen
    expended_fen: Fen
    payable_fen: Fen
    paid_fen: Fen
    receivable_fen: Fen
    closed: bool


class FundPage(Struct, kw_only=True):
    """Funds, by fund and year."""

    rows: list[FundRow]
    next: Next


class Movement(Struct, kw_only=True):
    """A line of a fund's journal; `left_fen` is what is available after it."""

    number: int
    on: Day
    name: Sentence
    claim: str
    document: str
    debit: str
    credit: str
    amount_fen: Fen
    left_fen: Fen


class FundShown(FundRow, kw_only=True):
    """A fund's year with what moved in it, the newest first, and its execution statements."""

    statements: list[str]
    rows: list[Movement]
    next: Next


class VoucherRow(Struct, kw_only=True):
    """A voucher: a year's quota of an enterprise, what is drawn and what is left."""

    enterprise: Code
    programme: ProgrammeId
    year: int
    granted_fen: Fen
    drawn_fen: Fen
    left_fen: Fen
    lapsed_fen: Fen


class VoucherPage(Struct, kw_only=True):
    """Vouchers, by enterprise, programme and year."""

    rows: list[VoucherRow]
    next: Next


class Granted(VoucherRow, kw_only=True):
    """A voucher, and whether it was granted just now."""

    recorded: Literal[0, 1]
