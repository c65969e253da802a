"""Every event type: what may stand in a leaf's `data`, version by version.

Types are named `cn.suanquan.<noun>.<past participle>.v1` (CloudEvents 1.0). A change of meaning is
a new class with the next version; a released class never changes. Unknown fields are refused.
A class says to which log it belongs, whether it may come from outside, and whether it is about an
enterprise (then `subject` is that enterprise's credit code).
"""

import re
from typing import ClassVar, Final, Literal

import msgspec

from ledger.errors import InvalidInputError
from ledger.identifiers import parse_credit_code, parse_invoice_number
from ledger.money import FEN_MAX, parse_decimal
from ledger.period import parse_date
from ledger.text import Text

LogName = Literal["usage", "book"]
ResourceKind = Literal["accelerator", "storage", "network", "support"]
PriceUnit = Literal["card_hour", "pflops_day", "tb_day"]


class Data(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    kw_only=True,
):
    """What every event's data has in common."""

    type: ClassVar[str]
    log: ClassVar[LogName] = "book"
    outside: ClassVar[bool] = True
    about_enterprise: ClassVar[bool] = True


def _check_dates(**dates: str | None) -> None:
    """Raise unless each date given is a date."""
    for value in dates.values():
        if value is not None:
            parse_date(value)


def _check_period(first: str | None, last: str | None) -> None:
    """Raise unless both are dates and the last is not before the first."""
    _check_dates(first=first, last=last)
    if first is not None and last is not None and last < first:
        raise InvalidInputError(
            "empty_period",
            Text(
                f"止期 {last} 早于起期 {first}", f"the period ends {last}, before it begins {first}"
            ),
            Text("请核对起止日期", "check both dates"),
        )


_REGION = re.compile(r"[1-9][0-9]{5}", re.ASCII)

# The People's Republic was founded in 1949, and a date's year has four digits.
YEAR_MIN: Final = 1949
YEAR_MAX: Final = 9998


def _check_year(year: int) -> None:
    """Raise unless a year is one that a fact can belong to."""
    if not YEAR_MIN <= year <= YEAR_MAX:
        raise InvalidInputError(
            "absurd_year",
            Text(f"年份 {year} 超出范围", f"the year {year} is out of range"),
            Text(f"应在 {YEAR_MIN} 与 {YEAR_MAX} 之间", f"it lies in {YEAR_MIN} to {YEAR_MAX}"),
        )


def _check_fen(amount_fen: int, name: str) -> None:
    """Raise unless an amount is between zero and `FEN_MAX`."""
    if not 0 <= amount_fen <= FEN_MAX:
        raise InvalidInputError(
            "absurd_money",
            Text(
                f"{name} 的金额 {amount_fen} 分超出范围",
                f"{name} is {amount_fen} fen, out of range",
            ),
            Text(f"应在 0 与 {FEN_MAX} 分之间", f"it lies between 0 and {FEN_MAX} fen"),
        )


class UsageRecorded(Data, frozen=True):
    """A job held an amount of a resource for a while; a long job comes as many slices."""

    type: ClassVar[str] = "cn.suanquan.usage.recorded.v1"
    log: ClassVar[LogName] = "usage"

    job: str
    resource: str
    amount: str
    start: str
    end: str
    contract: str | None = None
    quantity: str | None = None


class BatchRecorded(Data, frozen=True):
    """The leaf that closes a batch: what was seen of `[first, next)` of a stream, and when.

    seen = recorded + duplicate + rejected, counted for this log. `rejections_sha256` is the digest
    of what was refused, so that nothing can later be called a duplicate or a rejection.
    """

    type: ClassVar[str] = "cn.suanquan.batch.recorded.v1"
    log: ClassVar[LogName] = "usage"
    outside: ClassVar[bool] = False
    about_enterprise: ClassVar[bool] = False

    stream: str
    first: int
    next: int
    seen: int
    recorded: int
    duplicate: int
    rejected: int
    rejections_sha256: str
    recorded_at: str


class EnterpriseRegistered(Data, frozen=True):
    """An enterprise is known by name; `synthetic` where its name and code were made up."""

    type: ClassVar[str] = "cn.suanquan.enterprise.registered.v1"

    name: str
    registered_region: str | None = None
    synthetic: bool = False

    def __post_init__(self) -> None:
        """Check the region's form (GB/T 2260)."""
        if self.registered_region is not None and not _REGION.fullmatch(self.registered_region):
            raise InvalidInputError(
                "bad_region",
                Text(
                    f"行政区划代码格式不对：{self.registered_region[:20]!r}",
                    f"not a region code: {self.registered_region[:20]!r}",
                ),
                Text("应为 6 位数字，如 420100", "it has six digits, such as 420100"),
            )


class QualificationGranted(Data, frozen=True):
    """A status is held from a day to a day, both included; open-ended where one is left out."""

    type: ClassVar[str] = "cn.suanquan.enterprise.qualification.granted.v1"

    kind: str
    number: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None
    carrier: str | None = None
    recognised_by: Literal["national", "province", "city", "district"] | None = None
    evidence_sha256: str | None = None

    def __post_init__(self) -> None:
        """Check the period."""
        _check_period(self.valid_from, self.valid_to)


class TaxDomicileRecorded(Data, frozen=True):
    """The enterprise pays its taxes in a zone from a day to a day."""

    type: ClassVar[str] = "cn.suanquan.enterprise.tax_domicile.recorded.v1"

    zone: str
    valid_from: str | None = None
    valid_to: str | None = None

    def __post_init__(self) -> None:
        """Check the period."""
        _check_period(self.valid_from, self.valid_to)


class FactReported(Data, frozen=True):
    """A figure of one year, such as `sales_fen`."""

    type: ClassVar[str] = "cn.suanquan.enterprise.fact.reported.v1"

    name: str
    year: int
    value: int

    def __post_init__(self) -> None:
        """Check the year and the figure."""
        _check_year(self.year)
        _check_fen(self.value, self.name[:40])


class DeclarationFiled(Data, frozen=True):
    """What the enterprise declares about itself for the claims of one year."""

    type: ClassVar[str] = "cn.suanquan.enterprise.declaration.filed.v1"

    year: int
    related_party: bool
    serious_dishonesty: bool

    def __post_init__(self) -> None:
        """Check the year."""
        _check_year(self.year)


class ResourceListed(Data, frozen=True):
    """The centre offers a resource; `pflops` is what one card does at FP16."""

    type: ClassVar[str] = "cn.suanquan.resource.listed.v1"
    about_enterprise: ClassVar[bool] = False

    resource: str
    name: str
    kind: ResourceKind
    unit: Literal["card", "tb"]
    listed_on: str
    pflops: str | None = None

    def __post_init__(self) -> None:
        """Check the date and the conversion."""
        _check_dates(listed_on=self.listed_on)
        if self.pflops is not None:
            parse_decimal(self.pflops, 6)


class PriceLine(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """A unit price in yuan, tax included, for the days from `valid_from` through `valid_to`."""

    resource: str
    unit_price: str
    per: PriceUnit
    valid_from: str | None = None
    valid_to: str | None = None

    def __post_init__(self) -> None:
        """Check the price and the period."""
        parse_decimal(self.unit_price, 6)
        _check_period(self.valid_from, self.valid_to)


class ContractRegistered(Data, frozen=True):
    """An enterprise buys from a provider at stated prices; `vat_rate` such as `0.06`."""

    type: ClassVar[str] = "cn.suanquan.contract.registered.v1"

    contract: str
    provider: str
    signed_on: str
    service_from: str
    service_to: str
    amount_fen: int
    vat_rate: str
    prices: tuple[PriceLine, ...]
    project: str | None = None
    synthetic: bool = False

    def __post_init__(self) -> None:
        """Check parties, dates, money and the rate."""
        parse_credit_code(self.provider)
        _check_dates(signed_on=self.signed_on)
        _check_period(self.service_from, self.service_to)
        _check_fen(self.amount_fen, "amount_fen")
        if parse_decimal(self.vat_rate, 4) >= 1:
            raise InvalidInputError(
                "absurd_rate",
                Text(
                    f"税率 {self.vat_rate} 不小于 1", f"the VAT rate {self.vat_rate} is not below 1"
                ),
                Text("6% 请写成 0.06", "write 6 % as 0.06"),
            )


class InvoiceRecorded(Data, frozen=True):
    """An invoice, tax included, for service under a contract from a day through a day."""

    type: ClassVar[str] = "cn.suanquan.invoice.recorded.v1"

    invoice: str
    contract: str
    issued_on: str
    amount_fen: int
    tax_fen: int
    service_from: str
    service_to: str

    def __post_init__(self) -> None:
        """Check number, dates and money."""
        parse_invoice_number(self.invoice)
        _check_dates(issued_on=self.issued_on)
        _check_period(self.service_from, self.service_to)
        _check_fen(self.amount_fen, "amount_fen")
        _check_fen(self.tax_fen, "tax_fen")
        if self.tax_fen > self.amount_fen:
            raise InvalidInputError(
                "absurd_money",
                Text(
                    f"税额 {self.tax_fen} 分大于价税合计 {self.amount_fen} 分",
                    f"the tax, {self.tax_fen} fen, is above the total, {self.amount_fen} fen",
                ),
                Text("请核对发票", "check the invoice"),
            )


class PaymentRecorded(Data, frozen=True):
    """A payment from the enterprise to the provider against one invoice."""

    type: ClassVar[str] = "cn.suanquan.payment.recorded.v1"

    payment: str
    invoice: str
    paid_on: str
    amount_fen: int

    def __post_init__(self) -> None:
        """Check number, date and money."""
        parse_invoice_number(self.invoice)
        _check_dates(paid_on=self.paid_on)
        _check_fen(self.amount_fen, "amount_fen")


class VoucherGranted(Data, frozen=True):
    """A programme grants an enterprise a quota for one year (申领)."""

    type: ClassVar[str] = "cn.suanquan.voucher.granted.v1"
    outside: ClassVar[bool] = False

    programme: str
    year: int
    quota_fen: int
    granted_on: str


class VoucherDrawn(Data, frozen=True):
    """A refund of some invoices draws on a voucher; `version` is the hash of the rules applied."""

    type: ClassVar[str] = "cn.suanquan.voucher.drawn.v1"
    outside: ClassVar[bool] = False

    programme: str
    year: int
    amount_fen: int
    drawn_on: str
    version: str
    invoices: tuple[str, ...] = ()


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


TYPES: dict[str, type[Data]] = {
    cls.type: cls
    for cls in (
        UsageRecorded,
        BatchRecorded,
        EnterpriseRegistered,
        QualificationGranted,
        TaxDomicileRecorded,
        FactReported,
        DeclarationFiled,
        ResourceListed,
        ContractRegistered,
        InvoiceRecorded,
        PaymentRecorded,
        VoucherGranted,
        VoucherDrawn,
        StatementIssued,
    )
}
"""Every released event type by its name."""
