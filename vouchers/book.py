"""The book log folded: enterprises and their papers, vouchers, statements, what is adopted.

Later events about the same thing replace earlier ones, in log order. An event may name something
that the book does not know yet: facts do not wait for paperwork. So a correction counts whether it
comes before or after what it corrects, and an amendment before or after its contract.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from ledger.codec import Event
from ledger.events import (
    AnswerData,
    CalendarAdopted,
    ContractAmended,
    ContractRegistered,
    Data,
    DeclarationFiled,
    DisputeSettled,
    EnterpriseRegistered,
    FactReported,
    FundingReported,
    InvoiceCorrected,
    InvoiceData,
    InvoiceRecorded,
    InvoiceReversed,
    PaymentCorrected,
    PaymentData,
    PaymentRecorded,
    PaymentReversed,
    ProgrammeAdopted,
    QualificationGranted,
    QualificationRevoked,
    ReportIssued,
    ResourceListed,
    StatementConfirmed,
    StatementDisputed,
    StatementIssued,
    StatementSealed,
    TaxDomicileRecorded,
    VoucherDrawn,
    VoucherGranted,
    VoucherLapsed,
    VoucherReleased,
)
from vouchers.answers import Answer
from vouchers.claims.drawn import release
from vouchers.contract_terms import amend

FundingKey = tuple[str, str | None, str, int]
"""Scope, reference, level and year of other public money."""


@dataclass(slots=True)
class Account:
    """All that the book knows of one enterprise.

    `contracts` are as amended, `invoices` and `payments` as corrected; what is taken back of them
    by a day is `vouchers.net`'s business. `signed` and `…_recorded` hold what papers said first.
    `drawn` is less what claims gave back; `answers` are those to its statements, by number.
    """

    credit_code: str
    registered: EnterpriseRegistered | None = None
    qualifications: list[QualificationGranted] = field(default_factory=list)
    revocations: list[QualificationRevoked] = field(default_factory=list)
    domiciles: list[TaxDomicileRecorded] = field(default_factory=list)
    facts: dict[tuple[str, int], FactReported] = field(default_factory=dict)
    funding: dict[FundingKey, FundingReported] = field(default_factory=dict)
    declarations: dict[int, DeclarationFiled] = field(default_factory=dict)
    contracts: dict[str, ContractRegistered] = field(default_factory=dict)
    invoices: dict[str, InvoiceRecorded] = field(default_factory=dict)
    payments: dict[str, PaymentRecorded] = field(default_factory=dict)
    signed: dict[str, ContractRegistered] = field(default_factory=dict)
    amendments: dict[str, dict[str, ContractAmended]] = field(default_factory=dict)
    invoices_recorded: dict[str, InvoiceRecorded] = field(default_factory=dict)
    payments_recorded: dict[str, PaymentRecorded] = field(default_factory=dict)
    invoice_corrections: dict[str, InvoiceCorrected] = field(default_factory=dict)
    payment_corrections: dict[str, PaymentCorrected] = field(default_factory=dict)
    red_invoices: dict[str, InvoiceReversed] = field(default_factory=dict)
    payments_back: dict[str, PaymentReversed] = field(default_factory=dict)
    granted: dict[tuple[str, int], VoucherGranted] = field(default_factory=dict)
    drawn: list[VoucherDrawn] = field(default_factory=list)
    lapsed: dict[tuple[str, int], VoucherLapsed] = field(default_factory=dict)
    statements: list[StatementIssued] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the enterprise's name, its credit code while no name is registered."""
        return self.registered.name if self.registered else self.credit_code

    def drawn_fen(self, programme: str, year: int, until: str = "9999-12-31") -> int:
        """Return what was drawn on a programme's voucher of one year, up to and on a day."""
        return sum(
            draw.amount_fen
            for draw in self.drawn
            if (draw.programme, draw.year) == (programme, year) and draw.drawn_on <= until
        )

    def issued(self, kind: str, period: str) -> list[StatementIssued]:
        """Return the statements issued for a kind and period, oldest first."""
        return [one for one in self.statements if (one.kind, one.period) == (kind, period)]


class Book:
    """The state of the book after a run of its events.

    `resources` has the last listing of each resource, `listings` every one by the day it is from.
    `adopted` has the last adoption of each programme, `values` the text behind each hash that any
    adoption gave, `calendars` the last adopted calendar of each year. `reports` are the issued
    statements that are for no single enterprise, `seals` what sealed a statement, by its number.
    """

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.accounts: dict[str, Account] = {}
        self.resources: dict[str, ResourceListed] = {}
        self.listings: dict[str, dict[str, ResourceListed]] = {}
        self.adopted: dict[str, ProgrammeAdopted] = {}
        self.values: dict[str, str] = {}
        self.calendars: dict[int, CalendarAdopted] = {}
        self.reports: list[ReportIssued] = []
        self.seals: dict[str, StatementSealed] = {}
        for event in events:
            self.apply(event)

    def apply(self, event: Event) -> None:
        """Take in the next event of the log."""
        self.take(event.data, event.subject)

    def take(self, data: Data, subject: str) -> None:
        """Take in what the next event of the log says; most kinds say nothing about the book."""
        take = _TAKERS.get(type(data))
        if take is not None:
            take(self, data, subject)

    @property
    def accelerators(self) -> set[str]:
        """Return the resources that are accelerators by their last listing."""
        return {code for code, one in self.resources.items() if one.kind == "accelerator"}

    def account(self, credit_code: str) -> Account:
        """Return what is known of an enterprise, an empty account for one never heard of."""
        return self.accounts.get(credit_code) or Account(credit_code)

    def listing_on(self, resource: str, day: str) -> ResourceListed | None:
        """Return how a resource is listed on a day, None before it is listed at all."""
        listings = self.listings.get(resource, {})
        listed_on = max((since for since in listings if since <= day), default=None)
        return None if listed_on is None else listings[listed_on]

    def without_accounts(self) -> "Book":
        """Return what the book says of no single enterprise: resources, and what is adopted."""
        book = Book()
        book.resources, book.listings = self.resources, self.listings
        book.adopted, book.values = self.adopted, self.values
        book.calendars = self.calendars
        return book


def _open(book: Book, subject: str) -> Account:
    """Return an enterprise's account, a new one for one that was not heard of before."""
    account = book.accounts.get(subject)
    if account is None:
        account = book.accounts[subject] = Account(subject)
    return account


def _resource_listed(book: Book, data: ResourceListed, _subject: str) -> None:
    book.resources[data.resource] = data
    book.listings.setdefault(data.resource, {})[data.listed_on] = data


def _enterprise_registered(book: Book, data: EnterpriseRegistered, subject: str) -> None:
    _open(book, subject).registered = data


def _qualification_granted(book: Book, data: QualificationGranted, subject: str) -> None:
    _open(book, subject).qualifications.append(data)


def _qualification_revoked(book: Book, data: QualificationRevoked, subject: str) -> None:
    _open(book, subject).revocations.append(data)


def _tax_domicile_recorded(book: Book, data: TaxDomicileRecorded, subject: str) -> None:
    _open(book, subject).domiciles.append(data)


def _fact_reported(book: Book, data: FactReported, subject: str) -> None:
    _open(book, subject).facts[data.name, data.year] = data


def _funding_reported(book: Book, data: FundingReported, subject: str) -> None:
    key = data.scope, data.ref, data.level, data.year
    _open(book, subject).funding[key] = data


def _declaration_filed(book: Book, data: DeclarationFiled, subject: str) -> None:
    _open(book, subject).declarations[data.year] = data


def _contract_registered(book: Book, data: ContractRegistered, subject: str) -> None:
    account = _open(book, subject)
    account.signed[data.contract] = data
    _amend(account, data.contract)


def _contract_amended(book: Book, data: ContractAmended, subject: str) -> None:
    account = _open(book, subject)
    account.amendments.setdefault(data.contract, {})[data.amendment] = data
    _amend(account, data.contract)


def _amend(account: Account, number: str) -> None:
    """Bring a contract up to what its paper and its amendments say, once there is a paper."""
    signed = account.signed.get(number)
    if signed is not None:
        amendments = account.amendments.get(number)
        account.contracts[number] = amend(signed, amendments.values()) if amendments else signed


def _invoice_recorded(book: Book, data: InvoiceRecorded, subject: str) -> None:
    account = _open(book, subject)
    account.invoices_recorded[data.invoice] = data
    if data.invoice not in account.invoice_corrections:
        account.invoices[data.invoice] = data


def _invoice_corrected(book: Book, data: InvoiceCorrected, subject: str) -> None:
    account = _open(book, subject)
    account.invoice_corrections[data.invoice] = data
    said = {name: getattr(data, name) for name in InvoiceData.__struct_fields__}
    account.invoices[data.invoice] = InvoiceRecorded(**said)


def _invoice_reversed(book: Book, data: InvoiceReversed, subject: str) -> None:
    _open(book, subject).red_invoices[data.red_invoice] = data


def _payment_recorded(book: Book, data: PaymentRecorded, subject: str) -> None:
    account = _open(book, subject)
    account.payments_recorded[data.payment] = data
    if data.payment not in account.payment_corrections:
        account.payments[data.payment] = data


def _payment_corrected(book: Book, data: PaymentCorrected, subject: str) -> None:
    account = _open(book, subject)
    account.payment_corrections[data.payment] = data
    said = {name: getattr(data, name) for name in PaymentData.__struct_fields__}
    account.payments[data.payment] = PaymentRecorded(**said)


def _payment_reversed(book: Book, data: PaymentReversed, subject: str) -> None:
    _open(book, subject).payments_back[data.reversal] = data


def _voucher_granted(book: Book, data: VoucherGranted, subject: str) -> None:
    _open(book, subject).granted[data.programme, data.year] = data


def _voucher_drawn(book: Book, data: VoucherDrawn, subject: str) -> None:
    _open(book, subject).drawn.append(data)


def _voucher_released(book: Book, data: VoucherReleased, subject: str) -> None:
    account = _open(book, subject)
    account.drawn = release(account.drawn, data)


def _voucher_lapsed(book: Book, data: VoucherLapsed, subject: str) -> None:
    _open(book, subject).lapsed[data.programme, data.year] = data


def _statement_issued(book: Book, data: StatementIssued, subject: str) -> None:
    _open(book, subject).statements.append(data)


def _report_issued(book: Book, data: ReportIssued, _subject: str) -> None:
    book.reports.append(data)


def _statement_answered(book: Book, data: AnswerData, subject: str) -> None:
    _open(book, subject).answers.setdefault(data.statement, Answer()).take(data)


def _statement_sealed(book: Book, data: StatementSealed, _subject: str) -> None:
    book.seals[data.statement] = data


def _programme_adopted(book: Book, data: ProgrammeAdopted, _subject: str) -> None:
    book.adopted[data.programme] = data
    book.values |= {one.hash: one.values for one in data.versions if one.values is not None}


def _calendar_adopted(book: Book, data: CalendarAdopted, _subject: str) -> None:
    book.calendars[data.year] = data


_TAKERS: Final[dict[type[Data], Callable[..., None]]] = {
    ResourceListed: _resource_listed,
    EnterpriseRegistered: _enterprise_registered,
    QualificationGranted: _qualification_granted,
    QualificationRevoked: _qualification_revoked,
    TaxDomicileRecorded: _tax_domicile_recorded,
    FactReported: _fact_reported,
    FundingReported: _funding_reported,
    DeclarationFiled: _declaration_filed,
    ContractRegistered: _contract_registered,
    ContractAmended: _contract_amended,
    InvoiceRecorded: _invoice_recorded,
    InvoiceCorrected: _invoice_corrected,
    InvoiceReversed: _invoice_reversed,
    PaymentRecorded: _payment_recorded,
    PaymentCorrected: _payment_corrected,
    PaymentReversed: _payment_reversed,
    VoucherGranted: _voucher_granted,
    VoucherDrawn: _voucher_drawn,
    VoucherReleased: _voucher_released,
    VoucherLapsed: _voucher_lapsed,
    StatementIssued: _statement_issued,
    ReportIssued: _report_issued,
    StatementConfirmed: _statement_answered,
    StatementDisputed: _statement_answered,
    DisputeSettled: _statement_answered,
    StatementSealed: _statement_sealed,
    ProgrammeAdopted: _programme_adopted,
    CalendarAdopted: _calendar_adopted,
}
"""What each kind of event does to the book. A dictionary, because a book is of many events."""
