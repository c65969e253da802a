"""An enterprise's papers as one JSON file, read strictly, and the events that they make.

The file says what the papers say; nothing is compared with the book here (`papers_judged`). Each
event is named by its paper's own number and a digest of its content, so that the same file again
makes the same events under the same names, whoever enters it.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Annotated, Any, Final, NamedTuple

import msgspec
from msgspec import Meta, Struct

from ledger.errors import InvalidInputError
from ledger.events import (
    ContractAmended,
    ContractRegistered,
    Data,
    DeclarationFiled,
    EnterpriseRegistered,
    FactReported,
    FundingReported,
    InvoiceCorrected,
    InvoiceRecorded,
    InvoiceReversed,
    PaperData,
    Party,
    PaymentCorrected,
    PaymentRecorded,
    PaymentReversed,
    PriceLine,
    PriceUnit,
    QualificationGranted,
    QualificationRevoked,
    TaxDomicileRecorded,
)
from ledger.identifiers import check_credit_code_form
from ledger.text import Text
from vouchers.case import Authority, Fen, FundingScope, Name, Year
from vouchers.strict_json import decode, refuse

Number = Annotated[str, Meta(max_length=64)]
Digest = Annotated[str, Meta(pattern="[0-9a-f]{64}", max_length=64)]
Words = Annotated[str, Meta(max_length=500)]

_EDGES: Final = {"valid_from": "from", "valid_to": "to"}
_DIGEST_LENGTH: Final = 16


class EnterprisePart(Struct, frozen=True, kw_only=True):
    """Whose papers these are; with a name, it is registered under it."""

    credit_code: Number
    name: Name | None = None
    registered_region: Annotated[str, Meta(pattern="[1-9][0-9]{5}", max_length=6)] | None = None
    document_sha256: Digest | None = None


class QualificationPart(Struct, frozen=True, kw_only=True, rename=_EDGES):
    """A status that somebody granted."""

    kind: Number
    number: Number | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    carrier: Name | None = None
    recognised_by: Authority | None = None
    evidence_sha256: Digest | None = None


class RevocationPart(Struct, frozen=True, kw_only=True):
    """A status that is held no more from a day on; without a number, every one of its kind."""

    kind: Number
    revoked_on: date
    number: Number | None = None
    evidence_sha256: Digest | None = None


class DomicilePart(Struct, frozen=True, kw_only=True, rename=_EDGES):
    """The zone to which the enterprise pays its taxes."""

    zone: Number
    valid_from: date | None = None
    valid_to: date | None = None
    document_sha256: Digest | None = None


class FactPart(Struct, frozen=True, kw_only=True):
    """A figure of one year."""

    name: Number
    year: Year
    value: Fen
    document_sha256: Digest | None = None


class FundingPart(Struct, frozen=True, kw_only=True):
    """Other public money."""

    scope: FundingScope
    level: Authority
    year: Year
    amount_fen: Fen
    ref: Number | None = None
    document_sha256: Digest | None = None


class DeclarationPart(Struct, frozen=True, kw_only=True):
    """What the enterprise declares for a year."""

    year: Year
    related_party: bool
    serious_dishonesty: bool
    document_sha256: Digest | None = None


class PartyPart(Struct, frozen=True, kw_only=True):
    """A party as the paper names it."""

    name: Name | None = None
    credit_code: Number | None = None


class PricePart(Struct, frozen=True, kw_only=True, rename=_EDGES):
    """A unit price in yuan, tax included, as text."""

    resource: Number
    unit_price: Number
    per: PriceUnit
    valid_from: date | None = None
    valid_to: date | None = None


class ContractPart(Struct, frozen=True, kw_only=True):
    """A contract as signed."""

    contract: Number
    provider: Number
    signed_on: date
    service_from: date
    service_to: date
    amount_fen: Fen
    vat_rate: Number
    prices: tuple[PricePart, ...]
    project: Number | None = None
    buyer: PartyPart | None = None
    seller: PartyPart | None = None
    document_sha256: Digest | None = None


class AmendmentPart(Struct, frozen=True, kw_only=True):
    """What a contract says else from a day on."""

    amendment: Number
    contract: Number
    effective_on: date
    service_to: date | None = None
    amount_fen: Fen | None = None
    prices: tuple[PricePart, ...] = ()
    reason: Words | None = None
    document_sha256: Digest | None = None


class InvoicePart(Struct, frozen=True, kw_only=True):
    """An invoice, tax included."""

    invoice: Number
    contract: Number
    issued_on: date
    amount_fen: Fen
    tax_fen: Fen
    service_from: date
    service_to: date
    net_fen: Fen | None = None
    buyer: PartyPart | None = None
    seller: PartyPart | None = None
    document_sha256: Digest | None = None


class PaymentPart(Struct, frozen=True, kw_only=True):
    """A payment against one invoice; the document is the bank's slip."""

    payment: Number
    invoice: Number
    paid_on: date
    amount_fen: Fen
    payer: PartyPart | None = None
    payee: PartyPart | None = None
    payer_account: Digest | None = None
    document_sha256: Digest | None = None


class CorrectionPart(Struct, frozen=True, kw_only=True):
    """Our record of an invoice or of a payment was wrong: what is right, in full, and why."""

    reason: Words
    invoice: InvoicePart | None = None
    payment: PaymentPart | None = None


class RedInvoicePart(Struct, frozen=True, kw_only=True):
    """A red invoice; its amounts are positive."""

    red_invoice: Number
    invoice: Number
    issued_on: date
    amount_fen: Fen
    tax_fen: Fen
    net_fen: Fen | None = None
    reason: Words | None = None
    document_sha256: Digest | None = None


class ReversalPart(Struct, frozen=True, kw_only=True):
    """Money of a payment came back."""

    reversal: Number
    payment: Number
    invoice: Number
    reversed_on: date
    amount_fen: Fen
    reason: Words
    document_sha256: Digest | None = None


class Papers(Struct, frozen=True, kw_only=True):
    """All that one file may bring of one enterprise."""

    enterprise: EnterprisePart
    qualifications: tuple[QualificationPart, ...] = ()
    revocations: tuple[RevocationPart, ...] = ()
    tax_domicile: tuple[DomicilePart, ...] = ()
    facts: tuple[FactPart, ...] = ()
    other_funding: tuple[FundingPart, ...] = ()
    declarations: tuple[DeclarationPart, ...] = ()
    contracts: tuple[ContractPart, ...] = ()
    amendments: tuple[AmendmentPart, ...] = ()
    invoices: tuple[InvoicePart, ...] = ()
    payments: tuple[PaymentPart, ...] = ()
    corrections: tuple[CorrectionPart, ...] = ()
    red_invoices: tuple[RedInvoicePart, ...] = ()
    reversals: tuple[ReversalPart, ...] = ()


class Paper(NamedTuple):
    """One paper: where it stands in the file, the name of its event, and what that says."""

    path: str
    name: str
    data: PaperData


def read_papers(raw: bytes) -> Papers:
    """Return the papers of a file.

    Raises `InvalidInputError`: what `strict_json.decode` refuses, with path, value and the nearest
    known name, and `credit_code_form`; the rest of a code is for whoever knows which are accepted.
    """
    papers = decode(raw, Papers)
    with_place("enterprise.credit_code", check_credit_code_form, papers.enterprise.credit_code)
    return papers


def make_papers(papers: Papers, recorded_by: str | None) -> list[Paper]:
    """Return the events of some papers, in an order in which each can rest on those before it.

    Raises `InvalidInputError` for a value that no paper can have, with the paper's place.
    """
    code = papers.enterprise.credit_code
    return [
        Paper(path, name_of(code, data), data)
        for path, data in _make_all(papers, {"recorded_by": recorded_by})
    ]


def name_of(code: str, data: PaperData) -> str:
    """Return the name of a paper's event: enterprise, kind, own number, digest of its content."""
    content = msgspec.structs.replace(data, recorded_by=None)
    digest = hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()
    noun = data.type.removeprefix("cn.suanquan.").removesuffix(".v1")
    return "/".join((code, noun, *_own_number(data), digest[:_DIGEST_LENGTH]))


_NUMBERS: Final[dict[type[Data], str]] = {
    ContractRegistered: "contract",
    ContractAmended: "amendment",
    InvoiceRecorded: "invoice",
    InvoiceCorrected: "invoice",
    InvoiceReversed: "red_invoice",
    PaymentRecorded: "payment",
    PaymentCorrected: "payment",
    PaymentReversed: "reversal",
    QualificationGranted: "kind",
    QualificationRevoked: "kind",
    TaxDomicileRecorded: "zone",
    FactReported: "name",
}


def _own_number(data: PaperData) -> tuple[str, ...]:
    field = _NUMBERS.get(type(data))
    return () if field is None else (getattr(data, field),)


def with_place(path: str, make: Callable[..., Any], *values: object, **fields: object) -> Any:  # noqa: ANN401 - what `make` gives
    """Return what a function makes of values; a refusal names the place in the file."""
    try:
        return make(*values, **fields)
    except InvalidInputError as error:
        said = Text(f"{path}：{error.message.zh}", f"{path}: {error.message.en}")
        raise InvalidInputError(error.code, said, error.next_step, error.place) from None


def _make_all(papers: Papers, entered: dict[str, Any]) -> Iterator[tuple[str, PaperData]]:
    """Yield place and event of each paper."""
    if papers.enterprise.name is not None:
        registered = _fields(papers.enterprise) | entered
        del registered["credit_code"]
        yield "enterprise", with_place("enterprise", EnterpriseRegistered, **registered)
    elif papers.enterprise.registered_region or papers.enterprise.document_sha256:
        refuse("enterprise.name", None, Text("企业名称", "the enterprise's name"))
    for key, kind in _KINDS.items():
        parts: Sequence[Struct] = getattr(papers, key)
        for i, part in enumerate(parts):
            path = f"{key}[{i}]"
            if isinstance(part, CorrectionPart):
                yield path, _correct(path, part, entered)
            else:
                yield path, with_place(path, kind, **_made(path, part), **entered)


_KINDS: Final[dict[str, type[PaperData]]] = {
    "qualifications": QualificationGranted,
    "revocations": QualificationRevoked,
    "tax_domicile": TaxDomicileRecorded,
    "facts": FactReported,
    "other_funding": FundingReported,
    "declarations": DeclarationFiled,
    "contracts": ContractRegistered,
    "amendments": ContractAmended,
    "invoices": InvoiceRecorded,
    "payments": PaymentRecorded,
    "corrections": PaperData,
    "red_invoices": InvoiceReversed,
    "reversals": PaymentReversed,
}
"""What each part of a file makes, in the order in which papers rest on each other."""


def _correct(path: str, part: CorrectionPart, entered: dict[str, Any]) -> PaperData:
    """Return the correction of an invoice or of a payment."""
    told = entered | {"reason": part.reason}
    if part.invoice is not None and part.payment is None:
        inner = f"{path}.invoice"
        made = with_place(inner, InvoiceCorrected, **_made(inner, part.invoice), **told)
    elif part.payment is not None and part.invoice is None:
        inner = f"{path}.payment"
        made = with_place(inner, PaymentCorrected, **_made(inner, part.payment), **told)
    else:
        raise InvalidInputError(
            "bad_correction",
            Text(
                f"{path} 应更正一张发票或一笔付款",
                f"{path} corrects either an invoice or a payment",
            ),
            Text(
                "请写 invoice、payment 之一，内容完整", "give one of invoice and payment, in full"
            ),
        )
    assert isinstance(made, PaperData)
    return made


def _fields(part: Struct) -> dict[str, Any]:
    """Return the fields of a part that are given, dates as the text that events hold."""
    said = {name: getattr(part, name) for name in part.__struct_fields__}
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in said.items()
        if value is not None
    }


def _made(path: str, part: Struct) -> dict[str, Any]:
    """Return the fields of a part with its parties and prices as events hold them."""
    said = _fields(part)
    for name, value in said.items():
        if isinstance(value, PartyPart):
            said[name] = with_place(f"{path}.{name}", Party, **_fields(value))
        elif name == "prices":
            said[name] = tuple(
                with_place(f"{path}.prices[{i}]", PriceLine, **_fields(line))
                for i, line in enumerate(value)
            )
    return said
