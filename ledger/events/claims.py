"""Events of claims that move money, or are about to.

`subject` is the enterprise that claims, and to which is paid. Each event repeats fund, year and
amount, so that the books follow from each event alone; whoever appends is held to what the claim's
earlier events left. A step of the work that moves nothing has an event of its own elsewhere.
"""

from typing import ClassVar, Literal

from ledger.errors import InvalidInputError
from ledger.events.data import (
    Data,
    LogName,
    check_amount,
    check_dates,
    check_digests,
    check_fund,
    check_ids,
    check_words,
    check_year,
)
from ledger.identifiers import parse_invoice_number
from ledger.period import parse_instant
from ledger.text import Text


class ClaimData(Data, frozen=True, kw_only=True):
    """What every event of a claim says.

    `revision` counts from 1 and grows when a claim is handed in again. `sizes` are the logs as the
    actor saw them, `rules` is the hash of the programmes then; `actor` is the account that acted
    and `acted_at` the instant, None where there was no account yet.
    """

    outside: ClassVar[bool] = False

    claim: str
    revision: int
    programme: str
    fund: str
    year: int
    amount_fen: int
    effective_on: str
    sizes: dict[LogName, int]
    rules: str
    actor: str | None = None
    acted_at: str | None = None

    def __post_init__(self) -> None:
        """Check ids, year, amount, day and what was seen."""
        check_ids(claim=self.claim, programme=self.programme, actor=self.actor)
        check_fund(self.fund)
        check_year(self.year)
        check_amount(self.amount_fen, "amount_fen")
        check_dates(effective_on=self.effective_on)
        check_digests(rules=self.rules)
        if self.acted_at is not None:
            parse_instant(self.acted_at)
        if self.revision < 1 or not self.sizes or min(self.sizes.values()) < 0:
            raise InvalidInputError(
                "bad_claim",
                Text(
                    f"申请 {self.claim} 的版次 {self.revision} 或日志大小 {self.sizes} 不可用",
                    f"{self.claim}: revision {self.revision} or log sizes {self.sizes} cannot be",
                ),
                Text("版次从 1 起，并写明所见日志的大小", "count from 1, and name the sizes seen"),
            )

    @property
    def moved_fen(self) -> int:
        """Return what the event moves in the books: its amount, where it says nothing else."""
        return self.amount_fen


class _Handed(ClaimData, frozen=True, kw_only=True):
    """What an enterprise hands in: for which invoices, on which papers, to be paid where.

    `documents` and `account` are SHA-256 digests, of papers and of the bank account; `version` is
    the hash of the rule's version by which the amount was worked out. `assisted` where the task
    force entered it for the enterprise.
    """

    invoices: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    account: str | None = None
    version: str | None = None
    assisted: bool = False

    def __post_init__(self) -> None:
        """Check what every event of a claim holds, the invoices and the digests."""
        super().__post_init__()
        for invoice in self.invoices:
            parse_invoice_number(invoice)
        for digest in self.documents:
            check_digests(documents=digest)
        check_digests(account=self.account, version=self.version)


class ClaimSubmitted(_Handed, frozen=True, kw_only=True):
    """An enterprise claims an amount, which is reserved."""

    type: ClassVar[str] = "cn.suanquan.claim.submitted.v1"


class ClaimResubmitted(_Handed, frozen=True, kw_only=True):
    """A claim that was returned is handed in again; `before_fen` is what was reserved until now.

    `amount_fen` is the whole amount that is asked now. What it passes `before_fen` by is reserved
    too; what it falls short by is free again.
    """

    type: ClassVar[str] = "cn.suanquan.claim.resubmitted.v1"

    before_fen: int

    def __post_init__(self) -> None:
        """Check what is handed in, and the amount before."""
        super().__post_init__()
        check_amount(self.before_fen, "before_fen")

    @property
    def moved_fen(self) -> int:
        """Return what is reserved beyond what was, below zero for what is free again."""
        return self.amount_fen - self.before_fen


class _Refusing(ClaimData, frozen=True, kw_only=True):
    """What takes something of a claim away, at which stage, and why.

    At the payment, of what was cleared and not paid, it revokes: by a `document`, and what was
    expended goes back `to` what is available, after the fund's year to the budget.
    """

    at: Literal["check", "approval", "objection", "payment"]
    reason: str
    document: str | None = None
    to: Literal["available", "appropriated"] | None = None

    def __post_init__(self) -> None:
        """Check what every event of a claim holds, the words, and what a revocation says."""
        super().__post_init__()
        check_words(reason=self.reason, document=self.document)
        said = self.document is not None, self.to is not None
        if said != ((self.at == "payment"),) * 2:
            raise InvalidInputError(
                "bad_revocation",
                Text(
                    f"申请 {self.claim} 在 {self.at} 阶段，文号与去向为 {self.document}、{self.to}",
                    f"{self.claim}: document {self.document} and account {self.to} at {self.at}",
                ),
                Text(
                    "付款阶段须写明文号（document）与去向，其他阶段不写",
                    "name both at the payment, and neither before: give a document",
                ),
            )

    @property
    def revokes(self) -> bool:
        """Return whether it takes away what is owed already, and not what is reserved."""
        return self.at == "payment"


class ClaimCut(_Refusing, frozen=True, kw_only=True):
    """A check, an objection that was settled, or a revocation cuts by `amount_fen` (核减).

    `item` is the invoice whose base is cut by `base_cut_fen`, where it is one.
    """

    type: ClassVar[str] = "cn.suanquan.claim.cut.v1"

    at: Literal["check", "objection", "payment"]
    item: str | None = None
    base_cut_fen: int | None = None

    def __post_init__(self) -> None:
        """Check what every event of a claim holds, why it was cut, and the base's part."""
        super().__post_init__()
        check_ids(item=self.item)
        if self.base_cut_fen is not None:
            check_amount(self.base_cut_fen, "base_cut_fen")


class ClaimRejected(_Refusing, frozen=True, kw_only=True):
    """A claim is refused, at which stage it says, and all that was reserved or owed is free."""

    type: ClassVar[str] = "cn.suanquan.claim.rejected.v1"


class ClaimWithdrawn(ClaimData, frozen=True, kw_only=True):
    """The enterprise takes its claim back, and all that was reserved is free again.

    `assisted` where the task force entered it for the enterprise.
    """

    type: ClassVar[str] = "cn.suanquan.claim.withdrawn.v1"

    reason: str | None = None
    assisted: bool = False

    def __post_init__(self) -> None:
        """Check what every event of a claim holds, and the reason."""
        super().__post_init__()
        check_words(reason=self.reason)


class ClaimLapsed(ClaimData, frozen=True, kw_only=True):
    """A claim's time is over, and all that was reserved is free again."""

    type: ClassVar[str] = "cn.suanquan.claim.lapsed.v1"

    reason: str

    def __post_init__(self) -> None:
        """Check what every event of a claim holds, and the reason."""
        super().__post_init__()
        check_words(reason=self.reason)


class ClaimCleared(ClaimData, frozen=True, kw_only=True):
    """The notice is over and no objection open: all that is reserved is owed from now on.

    `notice` and `line` name where the amount stood for all to see.
    """

    type: ClassVar[str] = "cn.suanquan.claim.cleared.v1"

    notice: str
    line: int

    def __post_init__(self) -> None:
        """Check what every event of a claim holds, and the line of the notice."""
        super().__post_init__()
        check_words(notice=self.notice)
        if self.line < 1:
            raise InvalidInputError(
                "bad_line",
                Text(f"公示名单行号 {self.line} 不可用", f"a notice has no line {self.line}"),
                Text("行号从 1 起", "lines count from 1"),
            )


class ClaimOrdered(ClaimData, frozen=True, kw_only=True):
    """Finance orders a payment; `account_sha256` is the salted hash of the bank account."""

    type: ClassVar[str] = "cn.suanquan.claim.ordered.v1"

    order: str
    account_sha256: str | None = None

    def __post_init__(self) -> None:
        """Check what every event of a claim holds, the order and the account's hash."""
        super().__post_init__()
        check_ids(order=self.order)
        check_digests(account_sha256=self.account_sha256)


class ClaimPaid(ClaimData, frozen=True, kw_only=True):
    """The bank says that an order was carried out, under its own reference."""

    type: ClassVar[str] = "cn.suanquan.claim.paid.v1"

    order: str
    bank_reference: str

    def __post_init__(self) -> None:
        """Check what every event of a claim holds, the order and the bank's reference."""
        super().__post_init__()
        check_ids(order=self.order)
        check_words(bank_reference=self.bank_reference)


class ClaimFailed(ClaimData, frozen=True, kw_only=True):
    """The bank says that an order failed; another one may follow."""

    type: ClassVar[str] = "cn.suanquan.claim.failed.v1"

    order: str
    reason: str
    bank_reference: str | None = None

    def __post_init__(self) -> None:
        """Check what every event of a claim holds, the order and the bank's words."""
        super().__post_init__()
        check_ids(order=self.order)
        check_words(reason=self.reason, bank_reference=self.bank_reference)


class ClaimClawbackAssessed(ClaimData, frozen=True, kw_only=True):
    """An amount that was paid is claimed back (追缴), by a decision with a number."""

    type: ClassVar[str] = "cn.suanquan.claim.clawback.assessed.v1"

    document: str
    reason: str

    def __post_init__(self) -> None:
        """Check what every event of a claim holds, and the decision."""
        super().__post_init__()
        check_words(document=self.document, reason=self.reason)


class ClaimClawbackRecovered(ClaimData, frozen=True, kw_only=True):
    """The enterprise paid an amount back; after the fund's year it goes back to the budget."""

    type: ClassVar[str] = "cn.suanquan.claim.clawback.recovered.v1"

    document: str
    bank_reference: str
    to: Literal["available", "appropriated"]

    def __post_init__(self) -> None:
        """Check what every event of a claim holds, the decision and the bank's reference."""
        super().__post_init__()
        check_words(document=self.document, bank_reference=self.bank_reference)
