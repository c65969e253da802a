"""Event types: what each one's own checks refuse, and what the register of types promises."""

import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from ledger.errors import InvalidInputError
from ledger.events import (
    TYPES,
    AccountInvited,
    AccountOpened,
    AdoptedVersion,
    AnswerData,
    BankAccountSet,
    BatchRecorded,
    CalendarAdopted,
    ClaimData,
    ClaimStep,
    ContactRecorded,
    ContractRegistered,
    Data,
    DocumentedData,
    DocumentFiled,
    EnterpriseForgotten,
    ForgetRequested,
    FundData,
    FundingReported,
    InvoiceData,
    InvoiceRecorded,
    IssuedData,
    LogKeyIntroduced,
    LogKeyRetired,
    PaperData,
    PaymentData,
    PaymentRecorded,
    PriceLine,
    ProgrammeAdopted,
    QualificationGranted,
    QualificationRevoked,
    RejectionSettled,
    ResourceListed,
    RoleGranted,
    RoleRequested,
    RoleRevoked,
    StatementIssued,
    StatementSealed,
    TaxDomicileRecorded,
    TokenIssued,
    UsageRecorded,
    UsageTallied,
    VoucherDrawn,
    VoucherGranted,
)
from ledger.events.rules import hash_calendar
from ledger.money import FEN_MAX

CONTRACT = {
    "contract": "C-1",
    "provider": "91350100M000100Y43",
    "signed_on": "2022-03-01",
    "service_from": "2022-03-01",
    "service_to": "2022-12-31",
    "amount_fen": 1,
    "vat_rate": "0.06",
    "prices": (),
}
INVOICE = {
    "invoice": "22420000000000000001",
    "contract": "C-1",
    "issued_on": "2022-07-01",
    "amount_fen": 106,
    "tax_fen": 6,
    "service_from": "2022-03-01",
    "service_to": "2022-06-30",
}
PAYMENT = {
    "payment": "P-1",
    "invoice": "22420000000000000001",
    "paid_on": "2022-07-10",
    "amount_fen": 106,
}
RESOURCE = {
    "resource": "a100",
    "name": "A100",
    "kind": "accelerator",
    "unit": "card",
    "listed_on": "2022-01-01",
}
REVOKED = {"kind": "x", "revoked_on": "2022-01-01"}
FUNDING = {"scope": "project", "level": "city", "year": 2021, "amount_fen": 1, "ref": "P-1"}
VERSION = {
    "id": "1",
    "document": "x",
    "hash": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    "values": "{}",
}
ADOPTED: dict[str, Any] = {
    "programme": "x",
    "level": "city",
    "name": "x",
    "name_en": "x",
    "versions": (AdoptedVersion(id="1", document="x", hash="0" * 64),),
    "adopted_on": "2022-08-01",
    "at": "2022-08-01T00:00:00Z",
}
CALENDAR: dict[str, Any] = {
    "year": 2023,
    "off": ("2023-01-02", "2023-01-23"),
    "worked": ("2023-01-28",),
    "document": "x",
    "digest": hash_calendar(2023, ("2023-01-02", "2023-01-23"), ("2023-01-28",)),
    "adopted_on": "2022-12-09",
    "at": "2022-12-09T00:00:00Z",
}
DRAWN: dict[str, Any] = {
    "programme": "x",
    "year": 2022,
    "amount_fen": 100,
    "drawn_on": "2022-08-01",
    "version": "0" * 64,
    "invoices": ("22420000000000000001", "22420000000000000002"),
    "parts_fen": (100, 0),
}
SEALED: dict[str, Any] = {
    "statement": "SQ-C-2022-07-91420100MA4K2XY18X-1",
    "profile": "PAdES-B-B",
    "sha256": "0" * 64,
    "certificate_sha256": "0" * 64,
    "signer": "CN=x",
    "sealed_at": "2022-08-01T00:00:00Z",
}
PRICE = {"resource": "a100", "unit_price": "7.5", "per": "card_hour"}


@pytest.mark.parametrize(
    ("make", "fields", "wrong", "code"),
    [
        (ContractRegistered, CONTRACT, {"provider": "91350100M000100Y4"}, "credit_code_form"),
        (ContractRegistered, CONTRACT, {"signed_on": "2022-02-30"}, "bad_date"),
        (ContractRegistered, CONTRACT, {"service_to": "2022-02-28"}, "empty_period"),
        (ContractRegistered, CONTRACT, {"service_from": "2022"}, "bad_date"),
        (ContractRegistered, CONTRACT, {"amount_fen": -1}, "absurd_money"),
        (ContractRegistered, CONTRACT, {"amount_fen": FEN_MAX + 1}, "absurd_money"),
        (ContractRegistered, CONTRACT, {"vat_rate": "6%"}, "bad_decimal"),
        (ContractRegistered, CONTRACT, {"vat_rate": "0.06000"}, "bad_decimal"),
        (InvoiceRecorded, INVOICE, {"invoice": "1"}, "invoice_number_form"),
        (InvoiceRecorded, INVOICE, {"issued_on": ""}, "bad_date"),
        (InvoiceRecorded, INVOICE, {"service_to": "2022-02-28"}, "empty_period"),
        (InvoiceRecorded, INVOICE, {"amount_fen": -1}, "absurd_money"),
        (InvoiceRecorded, INVOICE, {"tax_fen": -1}, "absurd_money"),
        (PaymentRecorded, PAYMENT, {"invoice": "1"}, "invoice_number_form"),
        (PaymentRecorded, PAYMENT, {"paid_on": "2022-13-01"}, "bad_date"),
        (PaymentRecorded, PAYMENT, {"amount_fen": FEN_MAX + 1}, "absurd_money"),
        (ResourceListed, RESOURCE, {"listed_on": "yesterday"}, "bad_date"),
        (ResourceListed, RESOURCE, {"pflops": "-0.3"}, "bad_decimal"),
        (PriceLine, PRICE, {"unit_price": "7.5000000"}, "bad_decimal"),
        (PriceLine, PRICE, {"valid_from": "2022-02-01", "valid_to": "2022-01-31"}, "empty_period"),
        (QualificationGranted, {"kind": "x"}, {"valid_to": "2022-02-30"}, "bad_date"),
        (TaxDomicileRecorded, {"zone": "x"}, {"valid_from": "2022"}, "bad_date"),
        (QualificationRevoked, REVOKED, {"revoked_on": "2022-02-30"}, "bad_date"),
        (FundingReported, FUNDING, {"year": 1}, "absurd_year"),
        (FundingReported, FUNDING, {"amount_fen": -1}, "absurd_money"),
        (FundingReported, FUNDING, {"ref": None}, "bad_scope"),
        (FundingReported, FUNDING, {"scope": "enterprise"}, "bad_scope"),
        (AdoptedVersion, VERSION, {"hash": "x"}, "bad_digest"),
        (AdoptedVersion, VERSION, {"values": "{ }"}, "bad_digest"),
        (ProgrammeAdopted, ADOPTED, {"versions": ()}, "bad_versions"),
        (ProgrammeAdopted, ADOPTED, {"versions": ADOPTED["versions"] * 2}, "bad_versions"),
        (ProgrammeAdopted, ADOPTED, {"adopted_on": "soon"}, "bad_date"),
        (ProgrammeAdopted, ADOPTED, {"at": "2022-08-01"}, "bad_instant"),
        (ProgrammeAdopted, ADOPTED, {"evidence_sha256": "x"}, "bad_digest"),
        (CalendarAdopted, CALENDAR, {"off": ()}, "no_holidays"),
        (CalendarAdopted, CALENDAR, {"off": ("2023-01-07",)}, "bad_day"),
        (CalendarAdopted, CALENDAR, {"off": ("2022-12-30",)}, "bad_day"),
        (CalendarAdopted, CALENDAR, {"off": ("2023-01-23", "2023-01-02")}, "bad_day"),
        (CalendarAdopted, CALENDAR, {"off": ("2023-01-02", "2023-01-02")}, "bad_day"),
        (CalendarAdopted, CALENDAR, {"off": ("2023-1-2",)}, "bad_date"),
        (CalendarAdopted, CALENDAR, {"worked": ("2023-01-27",)}, "bad_day"),
        (CalendarAdopted, CALENDAR, {"worked": ()}, "bad_digest"),
        (CalendarAdopted, CALENDAR, {"year": 1}, "absurd_year"),
        (CalendarAdopted, CALENDAR, {"document": " "}, "bad_words"),
        (CalendarAdopted, CALENDAR, {"digest": "x"}, "bad_digest"),
        (CalendarAdopted, CALENDAR, {"at": "now"}, "bad_instant"),
        (VoucherDrawn, DRAWN, {"parts_fen": (60, 39)}, "bad_parts"),
        (VoucherDrawn, DRAWN, {"parts_fen": (100,)}, "bad_parts"),
        (VoucherDrawn, DRAWN, {"parts_fen": (60, 30, 10)}, "bad_parts"),
        (VoucherDrawn, DRAWN, {"parts_fen": (101, -1)}, "absurd_money"),
        (VoucherDrawn, DRAWN, {"base_fen": -1}, "absurd_money"),
        (StatementSealed, SEALED, {"sha256": "x"}, "bad_digest"),
        (StatementSealed, SEALED, {"certificate_sha256": ""}, "bad_digest"),
        (StatementSealed, SEALED, {"profile": " "}, "bad_words"),
        (StatementSealed, SEALED, {"signer": ""}, "bad_words"),
        (StatementSealed, SEALED, {"sealed_at": "2022-08-01"}, "bad_instant"),
    ],
)
def test_a_wrong_value_is_refused_under_its_code(
    make: Callable[..., object], fields: dict[str, object], wrong: dict[str, object], code: str
) -> None:
    assert make(**fields)
    with pytest.raises(InvalidInputError) as caught:
        make(**fields | wrong)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("make", "fields", "edge"),
    [
        (ContractRegistered, CONTRACT, {"amount_fen": 0}),
        (ContractRegistered, CONTRACT, {"amount_fen": FEN_MAX}),
        (ContractRegistered, CONTRACT, {"service_to": "2022-03-01"}),
        (QualificationGranted, {"kind": "x"}, {"valid_from": "2022-01-01"}),
        (QualificationGranted, {"kind": "x"}, {"valid_to": "2022-01-01"}),
    ],
)
def test_a_value_at_the_edge_is_taken(
    make: Callable[..., object], fields: dict[str, object], edge: dict[str, object]
) -> None:
    assert make(**fields | edge)


def test_every_type_is_registered_under_its_own_name() -> None:
    def leaves(cls: type[Data]) -> set[type[Data]]:
        return {cls}.union(*(leaves(sub) for sub in cls.__subclasses__()))

    # What starts with an underscore holds what several types share.
    named = {cls for cls in leaves(Data) - {Data} if not cls.__name__.startswith("_")}
    shared = {FundData, ClaimData, ClaimStep, PaperData, DocumentedData, InvoiceData, PaymentData}
    shared |= {AnswerData, IssuedData}
    assert set(TYPES.values()) == named - shared
    assert all(TYPES[cls.type] is cls for cls in TYPES.values())


@pytest.mark.parametrize("name", TYPES)
def test_a_type_is_a_noun_a_participle_and_a_version(name: str) -> None:
    assert re.fullmatch(r"cn\.suanquan(\.[a-z_]+){2,3}\.v[1-9]", name)
    assert name.split(".")[-2].endswith(("ed", "drawn", "forgotten", "set", "cut", "paid"))


def test_what_concerns_metering_belongs_to_the_usage_logs() -> None:
    usage = {cls for cls in TYPES.values() if cls.log == "usage"}
    assert usage == {UsageRecorded, UsageTallied, BatchRecorded, RejectionSettled}


def test_what_decides_money_or_counts_does_not_come_from_outside() -> None:
    inside = {cls for cls in TYPES.values() if not cls.outside}
    assert inside >= {
        BatchRecorded,
        RejectionSettled,
        VoucherGranted,
        VoucherDrawn,
        StatementIssued,
        StatementSealed,
        LogKeyIntroduced,
        LogKeyRetired,
        RoleRequested,
        RoleGranted,
        RoleRevoked,
        TokenIssued,
        AccountInvited,
        AccountOpened,
        ContactRecorded,
        BankAccountSet,
        ForgetRequested,
        EnterpriseForgotten,
        ProgrammeAdopted,
        DocumentFiled,
    }
    assert inside >= {cls for cls in TYPES.values() if issubclass(cls, FundData | ClaimData)}


def test_an_event_cannot_be_changed() -> None:
    payment = msgspec.convert(PAYMENT, PaymentRecorded)
    with pytest.raises(AttributeError):
        payment.amount_fen = 1  # type: ignore[misc]


@pytest.mark.parametrize("scopes", [("claim", "read"), ("read", "read"), ("all",)])
def test_a_token_names_its_scopes_in_order_and_each_once(scopes: tuple[str, ...]) -> None:
    said = {"at": "2022-08-01T00:00:00Z", "person": "a", "token_sha256": "6" * 64}
    with pytest.raises((InvalidInputError, msgspec.ValidationError)):
        msgspec.convert({**said, "expires_at": said["at"], "scopes": scopes}, TokenIssued)
    whole = msgspec.convert({**said, "expires_at": said["at"]}, TokenIssued)
    assert "scopes" not in msgspec.to_builtins(whole)
