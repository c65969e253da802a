"""Events of settlement: vouchers granted and drawn, statements issued and sealed."""

from typing import ClassVar, Literal

from ledger.errors import InvalidInputError
from ledger.events.data import Data, LogName, check_digests, check_fen, check_ids, check_words
from ledger.period import parse_instant
from ledger.public_url import check_public_url
from ledger.text import Text


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
    `parts_fen` says how much of it is for each invoice, in their order; `base_fen` is what it was
    computed on. A draw that says neither, as those of older releases, leaves both open.
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
    parts_fen: tuple[int, ...] = ()
    base_fen: int | None = None

    def __post_init__(self) -> None:
        """Check that the parts, where there are any, are the invoices' and make up the amount."""
        for part_fen in self.parts_fen:
            check_fen(part_fen, "parts_fen")
        if self.base_fen is not None:
            check_fen(self.base_fen, "base_fen")
        total_fen, number = sum(self.parts_fen), len(self.parts_fen)
        if self.parts_fen and (number, total_fen) != (len(self.invoices), self.amount_fen):
            raise InvalidInputError(
                "bad_parts",
                Text(
                    f"{len(self.invoices)} 张发票分摊 {self.amount_fen} 分，"
                    f"却有 {number} 份合计 {total_fen} 分",
                    f"{number} parts of {total_fen} fen are not {self.amount_fen} fen"
                    f" over {len(self.invoices)} invoices",
                ),
                Text("每张发票一份，合计等于金额", "give each invoice one part; they sum to it"),
            )


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


StatementKind = Literal["compute", "subsidy", "application", "review", "notice", "fund", "payment"]
"""算力服务结算单, 补贴结算单, 兑付申请表, 初审意见表, 公示名单, 资金执行情况表, 付款批次表."""


class IssuedData(Data, frozen=True):
    """What every issued statement says: the logs' sizes that it was made from, and its digests.

    `about` is what the statement is about where that is no enterprise's month: a claim, a notice, a
    fund, a payment batch. `rules` is the hash of the programmes that it applies. `claims_sha256` is
    the digest of the claims that a subsidy statement states, None where it states none: as long as
    no claim was handed in, and before statements told of claims. `public_url` is where the portal
    was reached, which the file leads to: None where the centre had none.
    """

    outside: ClassVar[bool] = False

    statement: str
    kind: StatementKind
    period: str
    revision: int
    sizes: dict[LogName, int]
    renderer: str
    total_fen: int
    values_sha256: str
    pdf_sha256: str
    rules: str | None = None
    supplements: str | None = None
    claims_sha256: str | None = None
    issued_at: str | None = None
    about: str | None = None
    public_url: str | None = None

    def __post_init__(self) -> None:
        """Check the id, the address, and the instant; statements of older releases lack these."""
        check_ids(about=self.about)
        if self.public_url is not None:
            check_public_url(self.public_url)
        if self.issued_at is not None:
            parse_instant(self.issued_at)


class StatementIssued(IssuedData, frozen=True):
    """A statement for one enterprise was made: of a month, or of one of its claims."""

    type: ClassVar[str] = "cn.suanquan.statement.issued.v1"

    kind: Literal["compute", "subsidy", "application", "review"]


class ReportIssued(IssuedData, frozen=True):
    """A statement that is for no single enterprise was made."""

    type: ClassVar[str] = "cn.suanquan.report.issued.v1"
    about_enterprise: ClassVar[bool] = False

    kind: Literal["notice", "fund", "payment"]


class StatementSealed(Data, frozen=True):
    """A statement's file was sealed: `sha256` is that of the sealed file, which is kept.

    `certificate_sha256` is the fingerprint of the certificate that signed, `signer` its subject
    (RFC 4514), `profile` how it signed, such as `PAdES-B-B`. `sealed_at` is the time that the
    signature states. Signatures differ each time, so the file can be checked and not made again.
    """

    type: ClassVar[str] = "cn.suanquan.statement.sealed.v1"
    about_enterprise: ClassVar[bool] = False
    outside: ClassVar[bool] = False

    statement: str
    profile: str
    sha256: str
    certificate_sha256: str
    signer: str
    sealed_at: str

    def __post_init__(self) -> None:
        """Check the digests, the words and the instant."""
        check_digests(sha256=self.sha256, certificate_sha256=self.certificate_sha256)
        check_words(profile=self.profile, signer=self.signer)
        parse_instant(self.sealed_at)
