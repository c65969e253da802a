"""Events of settlement: vouchers granted and drawn, statements issued."""

from typing import ClassVar, Literal

from ledger.events.data import Data, LogName


class VoucherGranted(Data, frozen=True):
    """A programme grants an enterprise a quota for one year (申领)."""

    type: ClassVar[str] = "cn.suanquan.voucher.granted.v1"
    outside: ClassVar[bool] = False

    programme: str
    year: int
    quota_fen: int
    granted_on: str
    actor: str | None = None


class VoucherDrawn(Data, frozen=True):
    """A refund of some invoices draws on a voucher; `version` is the hash of the rules applied.

    `claim` is the claim that draws, where it is one.
    """

    type: ClassVar[str] = "cn.suanquan.voucher.drawn.v1"
    outside: ClassVar[bool] = False

    programme: str
    year: int
    amount_fen: int
    drawn_on: str
    version: str
    invoices: tuple[str, ...] = ()
    claim: str | None = None


class VoucherReleased(Data, frozen=True):
    """What a claim drew on a voucher, or a part of it, may be drawn again."""

    type: ClassVar[str] = "cn.suanquan.voucher.released.v1"
    outside: ClassVar[bool] = False

    programme: str
    year: int
    amount_fen: int
    released_on: str
    claim: str
    invoices: tuple[str, ...] = ()


class VoucherLapsed(Data, frozen=True):
    """What was left of a voucher when its time was over; nothing is drawn on it any more."""

    type: ClassVar[str] = "cn.suanquan.voucher.lapsed.v1"
    outside: ClassVar[bool] = False

    programme: str
    year: int
    amount_fen: int
    lapsed_on: str


class StatementIssued(Data, frozen=True):
    """A statement was made from the logs at the sizes named; `rules` is its programmes' hash."""

    type: ClassVar[str] = "cn.suanquan.statement.issued.v1"
    outside: ClassVar[bool] = False

    statement: str
    kind: Literal["compute", "subsidy"]
    period: str
    revision: int
    sizes: dict[LogName, int]
    renderer: str
    total_fen: int
    values_sha256: str
    pdf_sha256: str
    rules: str | None = None
    supplements: str | None = None
