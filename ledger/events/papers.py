"""Events of papers: enterprises, resources, contracts, invoices and payments.

A paper may come from outside or be entered here; `recorded_by` is then the account of whoever
entered it. `document_sha256` is the digest of the document that it was read from.
"""

import re
from typing import ClassVar, Literal

import msgspec

from ledger.errors import InvalidInputError
from ledger.events.data import (
    Data,
    check_dates,
    check_digests,
    check_fen,
    check_ids,
    check_period,
    check_words,
    check_year,
)
from ledger.identifiers import check_credit_code_form, parse_invoice_number
from ledger.money import parse_decimal
from ledger.text import Text

ResourceKind = Literal["accelerator", "storage", "network", "support"]
PriceUnit = Literal["card_hour", "pflops_day", "tb_day"]

_REGION = re.compile(r"[1-9][0-9]{5}", re.ASCII)


class PaperData(Data, frozen=True, kw_only=True):
    """What every paper may say of its entry: the account that entered it, none from outside."""

    recorded_by: str | None = None

    def __post_init__(self) -> None:
        """Check the account."""
        check_ids(recorded_by=self.recorded_by)


class DocumentedData(PaperData, frozen=True, kw_only=True):
    """A paper that names the document behind it."""

    document_sha256: str | None = None

    def __post_init__(self) -> None:
        """Check account and digest."""
        check_digests(document_sha256=self.document_sha256)
        super().__post_init__()


class Party(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """A party as a paper names it: by name, credit code or both.

    A natural person is no enterprise and goes by the word 个人, for a log cannot forget a name.
    """

    name: str | None = None
    credit_code: str | None = None

    def __post_init__(self) -> None:
        """Check that somebody is named, and the code."""
        check_words(name=self.name)
        if self.credit_code is not None:
            check_credit_code_form(self.credit_code)
        if self.name is None and self.credit_code is None:
            raise InvalidInputError(
                "nobody_named",
                Text("一方既无名称也无信用代码", "a party has neither name nor credit code"),
                Text("请写明名称或统一社会信用代码", "give its name or its credit code"),
            )


class EnterpriseRegistered(DocumentedData, frozen=True, kw_only=True):
    """An enterprise is known by name; `synthetic` where its name and code were made up."""

    type: ClassVar[str] = "cn.suanquan.enterprise.registered.v1"

    name: str
    registered_region: str | None = None
    synthetic: bool = False

    def __post_init__(self) -> None:
        """Check the region's form (GB/T 2260)."""
        super().__post_init__()
        if self.registered_region is not None and not _REGION.fullmatch(self.registered_region):
            raise InvalidInputError(
                "bad_region",
                Text(
                    f"行政区划代码格式不对：{self.registered_region[:20]!r}",
                    f"not a region code: {self.registered_region[:20]!r}",
                ),
                Text("应为 6 位数字，如 420100", "it has six digits, such as 420100"),
            )


class QualificationGranted(PaperData, frozen=True, kw_only=True):
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
        super().__post_init__()
        check_period(self.valid_from, self.valid_to)


class QualificationRevoked(PaperData, frozen=True, kw_only=True):
    """A status is held no more from a day on: every one of its kind, or the one of a number.

    Without a number, one that begins on that day or later is another one and stays.
    """

    type: ClassVar[str] = "cn.suanquan.enterprise.qualification.revoked.v1"

    kind: str
    revoked_on: str
    number: str | None = None
    evidence_sha256: str | None = None

    def __post_init__(self) -> None:
        """Check the day."""
        super().__post_init__()
        check_dates(revoked_on=self.revoked_on)


class TaxDomicileRecorded(DocumentedData, frozen=True, kw_only=True):
    """The enterprise pays its taxes in a zone from a day to a day."""

    type: ClassVar[str] = "cn.suanquan.enterprise.tax_domicile.recorded.v1"

    zone: str
    valid_from: str | None = None
    valid_to: str | None = None

    def __post_init__(self) -> None:
        """Check the period."""
        super().__post_init__()
        check_period(self.valid_from, self.valid_to)


class FactReported(DocumentedData, frozen=True, kw_only=True):
    """A figure of one year, such as `sales_fen`."""

    type: ClassVar[str] = "cn.suanquan.enterprise.fact.reported.v1"

    name: str
    year: int
    value: int

    def __post_init__(self) -> None:
        """Check the year and the figure."""
        super().__post_init__()
        check_year(self.year)
        check_fen(self.value, self.name[:40])


class FundingReported(DocumentedData, frozen=True, kw_only=True):
    """Other public money of a level and year for the enterprise, or for a project or contract.

    A later report on the same replaces it; an amount of zero says that there was none.
    """

    type: ClassVar[str] = "cn.suanquan.enterprise.funding.reported.v1"

    scope: Literal["enterprise", "project", "contract"]
    level: Literal["national", "province", "city", "district"]
    year: int
    amount_fen: int
    ref: str | None = None

    def __post_init__(self) -> None:
        """Check year and amount, and that a project or contract is named, an enterprise is not."""
        super().__post_init__()
        check_year(self.year)
        check_fen(self.amount_fen, "amount_fen")
        if (self.scope == "enterprise") == (self.ref is not None):
            raise InvalidInputError(
                "bad_scope",
                Text(
                    f"范围 {self.scope} 与编号 {self.ref} 不符",
                    f"the scope {self.scope} does not go with the reference {self.ref}",
                ),
                Text(
                    "项目或合同须写明编号 ref；针对企业的不写",
                    "name the project or contract in ref, and nothing for the enterprise",
                ),
            )


class DeclarationFiled(DocumentedData, frozen=True, kw_only=True):
    """What the enterprise declares about itself for the claims of one year."""

    type: ClassVar[str] = "cn.suanquan.enterprise.declaration.filed.v1"

    year: int
    related_party: bool
    serious_dishonesty: bool

    def __post_init__(self) -> None:
        """Check the year."""
        super().__post_init__()
        check_year(self.year)


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
        check_dates(listed_on=self.listed_on)
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
        check_period(self.valid_from, self.valid_to)


class ContractRegistered(DocumentedData, frozen=True, kw_only=True):
    """An enterprise buys from a provider at stated prices; `vat_rate` such as `0.06`.

    `buyer` and `seller` are the parties as the paper names them, where it was compared.
    """

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
    buyer: Party | None = None
    seller: Party | None = None

    def __post_init__(self) -> None:
        """Check parties, dates, money and the rate."""
        super().__post_init__()
        check_credit_code_form(self.provider)
        check_dates(signed_on=self.signed_on)
        check_period(self.service_from, self.service_to)
        check_fen(self.amount_fen, "amount_fen")
        if parse_decimal(self.vat_rate, 4) >= 1:
            raise InvalidInputError(
                "absurd_rate",
                Text(
                    f"税率 {self.vat_rate} 不小于 1", f"the VAT rate {self.vat_rate} is not below 1"
                ),
                Text("6% 请写成 0.06", "write 6 % as 0.06"),
            )


class InvoiceData(DocumentedData, frozen=True, kw_only=True):
    """What an invoice says, tax included; `net_fen` is the amount without tax, where it is given.

    `buyer` and `seller` are the parties as the paper names them.
    """

    invoice: str
    contract: str
    issued_on: str
    amount_fen: int
    tax_fen: int
    service_from: str
    service_to: str
    net_fen: int | None = None
    buyer: Party | None = None
    seller: Party | None = None

    def __post_init__(self) -> None:
        """Check number, dates and money."""
        super().__post_init__()
        parse_invoice_number(self.invoice)
        check_dates(issued_on=self.issued_on)
        check_period(self.service_from, self.service_to)
        check_tax(self.amount_fen, self.tax_fen, self.net_fen)


class InvoiceRecorded(InvoiceData, frozen=True, kw_only=True):
    """An invoice, tax included, for service under a contract from a day through a day."""

    type: ClassVar[str] = "cn.suanquan.invoice.recorded.v1"


class PaymentData(DocumentedData, frozen=True, kw_only=True):
    """What a payment against one invoice says.

    `payer` and `payee` are the parties as the bank's slip names them, whose digest is the
    document's. `payer_account` is the digest under which the account that paid was entered as the
    enterprise's own.
    """

    payment: str
    invoice: str
    paid_on: str
    amount_fen: int
    payer: Party | None = None
    payee: Party | None = None
    payer_account: str | None = None

    def __post_init__(self) -> None:
        """Check number, date and money."""
        super().__post_init__()
        parse_invoice_number(self.invoice)
        check_dates(paid_on=self.paid_on)
        check_fen(self.amount_fen, "amount_fen")
        check_digests(payer_account=self.payer_account)


class PaymentRecorded(PaymentData, frozen=True, kw_only=True):
    """A payment from the enterprise to the provider against one invoice."""

    type: ClassVar[str] = "cn.suanquan.payment.recorded.v1"


def check_tax(amount_fen: int, tax_fen: int, net_fen: int | None) -> None:
    """Raise unless tax is no more than the total, and net and tax make it up where net is given."""
    check_fen(amount_fen, "amount_fen")
    check_fen(tax_fen, "tax_fen")
    if tax_fen > amount_fen:
        raise InvalidInputError(
            "absurd_money",
            Text(
                f"税额 {tax_fen} 分大于价税合计 {amount_fen} 分",
                f"the tax, {tax_fen} fen, is above the total, {amount_fen} fen",
            ),
            Text("请核对发票", "check the invoice"),
        )
    if net_fen is not None and net_fen + tax_fen != amount_fen:
        raise InvalidInputError(
            "tax_does_not_add_up",
            Text(
                f"不含税 {net_fen} 分 + 税额 {tax_fen} 分 ≠ 价税合计 {amount_fen} 分",
                f"net {net_fen} fen + tax {tax_fen} fen is not the total, {amount_fen} fen",
            ),
            Text("请对照发票核对三个金额", "compare the three amounts with the invoice"),
        )
