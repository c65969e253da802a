"""A ledger written as text inside a test: one fact a line, in the order of the log.

    resource     a100 accelerator card 2021-12-01 0.32
    enterprise   420100 武汉某智能科技有限公司
    contract     C-1 2022-01-01 2022-12-31 0.06 a100=12.50/card_hour a100=9/card_hour@2022-07-16..
    usage        a100 8 2022-07-01T00:00 2022-07-02T00:00 C-1
    invoice      1 C-1 2022-08-05 600000 33962.26 2022-07-01 2022-07-31
    payment      1 2022-08-10 600000
    amended      C-1 2022-10-01 2023-06-30 500000 a100=11/card_hour
    corrected    1 C-1 2022-08-05 500000 28301.89 2022-07-01 2022-07-31
    red          901 1 2022-09-01 100000 5660.38
    repaid       P-1-2022-08-10 1 2022-08-11 500000
    back         P-1-2022-08-10 1 2022-09-02 100000

Instants are Beijing time and money is yuan. A contract's word `synthetic` marks it as made up. An
event's id is its line, so that a line that stands twice is the same event.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import msgspec

from ledger.codec import Event, encode
from ledger.database import Connection, open_engine
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
    PaymentCorrected,
    PaymentRecorded,
    PaymentReversed,
    PriceLine,
    QualificationGranted,
    QualificationRevoked,
    ResourceListed,
    TaxDomicileRecorded,
    UsageRecorded,
    VoucherDrawn,
    VoucherGranted,
)
from ledger.head import Head
from ledger.money import parse_yuan
from ledger.period import parse_instant
from ledger.projection import PROJECTIONS, USAGE_DAY
from ledger.schema import upgrade
from ledger.store import Store
from reports.snapshot import Fold, Snapshot
from vouchers.book import Account, Book
from vouchers.rating import DayUsage

CODE: Final = "91420100MA4K2XY18X"
PROVIDER: Final = "91420100MA49P8T68D"
SOURCE: Final = "urn:test"
SALT: Final = "0123456789abcdef" * 2
RECORDED_AT_MS: Final = parse_instant("2023-01-15T08:00:00+08:00")

# Tree heads for statements that are made without a database.
HEADS: Final = (
    Head("usage", "centre.example/usage", 12, bytes(range(32))),
    Head("book", "centre.example/book", 7, bytes(range(32, 64))),
)


def events(text: str, subject: str = CODE) -> list[Event]:
    """Return the events that the lines of a text describe, of one enterprise."""
    return [_event(line.strip(), subject) for line in text.splitlines() if line.strip()]


def book_of(*logs: list[Event]) -> Book:
    """Return the book after some events."""
    return Book(event for log in logs for event in log)


def usage_of(*logs: list[Event]) -> dict[str, list[DayUsage]]:
    """Return the daily usage of each enterprise after some events, in order."""
    found: dict[str, list[DayUsage]] = {}
    folded = USAGE_DAY.fold(event for log in logs for event in log)
    for (enterprise, contract, resource, day), (quantity,) in sorted(folded.items()):
        key = enterprise, contract, resource, day
        found.setdefault(enterprise, []).append((key, quantity))
    return found


def account_of(text: str) -> tuple[Book, Account, list[DayUsage]]:
    """Return the book of a text, the enterprise's account in it and its daily usage."""
    log = events(text)
    book = book_of(log)
    return book, book.account(CODE), usage_of(log).get(CODE, [])


def snapshot_of(*logs: list[Event]) -> Snapshot:
    """Return what a statement sees after some events."""
    fold = Fold()
    for event in (event for log in logs for event in log):
        fold.take(event.data, event.subject)
    return fold.snapshot(usage_of(*logs), HEADS)


class SmallLedger:
    """A database that holds the ledger of a text, with the writer's and the reader's engines."""

    def __init__(self, url: str, *, is_made: bool = False) -> None:
        """Open the database, whose schema is there already where it `is_made`."""
        if not is_made:
            own = open_engine(url, "own")
            upgrade(own, "centre.example")
            own.dispose()
        self.write = open_engine(url, "write")
        self.read = open_engine(url, "audit")
        self._store = Store(self.write, PROJECTIONS)

    def append(self, *log: Event) -> None:
        """Record events in one batch."""
        self._store.append_own(log, RECORDED_AT_MS)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that may only read."""
        with self.read.connect() as connection:
            yield connection

    def close(self) -> None:
        """Close both engines."""
        self.write.dispose()
        self.read.dispose()


def _event(line: str, subject: str) -> Event:
    verb, *words = line.split()
    data = _VERBS[verb](*words)
    usage = data.log == "usage"
    about = subject if data.about_enterprise else ""
    whose = [] if subject == CODE else [subject]
    return encode(SOURCE, " ".join([*whose, verb, *words]), about, data, None if usage else SALT)


def _resource(resource: str, kind: str, unit: str, since: str, pflops: str = "") -> Data:
    return ResourceListed(
        resource=resource,
        name=f"资源 {resource}",
        kind=kind,  # type: ignore[arg-type]
        unit=unit,  # type: ignore[arg-type]
        listed_on=since,
        pflops=pflops or None,
    )


def _enterprise(region: str, name: str, *flags: str) -> Data:
    region_known = None if region == "-" else region
    return EnterpriseRegistered(
        name=name, registered_region=region_known, synthetic="synthetic" in flags
    )


def _contract(contract: str, since: str, until: str, vat_rate: str, *words: str) -> Data:
    return ContractRegistered(
        contract=contract,
        provider=PROVIDER,
        signed_on=since,
        service_from=since,
        service_to=until,
        amount_fen=100_000_000,
        vat_rate=vat_rate,
        prices=tuple(_price(word) for word in words if "=" in word),
        synthetic="synthetic" in words,
    )


def _price(word: str) -> PriceLine:
    word, _, period = word.partition("@")
    since, _, until = period.partition("..")
    resource, _, price = word.partition("=")
    unit_price, _, per = price.partition("/")
    return PriceLine(
        resource=resource,
        unit_price=unit_price,
        per=per,  # type: ignore[arg-type]
        valid_from=since or None,
        valid_to=until or None,
    )


def _usage(resource: str, amount: str, start: str, end: str, contract: str = "") -> Data:
    return UsageRecorded(
        job="j-1",
        resource=resource,
        amount=amount,
        start=_instant(start),
        end=_instant(end),
        contract=contract or None,
    )


def _instant(text: str) -> str:
    return f"{text}:00+08:00" if len(text) == len("2022-07-01T00:00") else f"{text}+08:00"


def invoice_number(number: str) -> str:
    """Return the twenty digits of an invoice that a text calls by a short number."""
    return number.rjust(20, "0")


def _amended(contract: str, since: str, until: str, amount: str, *words: str) -> Data:
    """Return an amendment; `-` leaves the end or the amount as it is."""
    return ContractAmended(
        amendment=f"{contract}/{since}",
        contract=contract,
        effective_on=since,
        service_to=None if until == "-" else until,
        amount_fen=None if amount == "-" else parse_yuan(amount),
        prices=tuple(_price(word) for word in words),
    )


def _corrected(number: str, *words: str) -> Data:
    said = _invoice(number, *words)
    assert isinstance(said, InvoiceRecorded)
    return InvoiceCorrected(**msgspec.structs.asdict(said), reason="录入有误")


def _red(red: str, number: str, issued_on: str, amount: str, tax: str) -> Data:
    return InvoiceReversed(
        red_invoice=invoice_number(red),
        invoice=invoice_number(number),
        issued_on=issued_on,
        amount_fen=parse_yuan(amount),
        tax_fen=parse_yuan(tax),
    )


def _repaid(payment: str, number: str, paid_on: str, amount: str) -> Data:
    """Return the correction of a payment."""
    said = _payment(number, paid_on, amount, payment)
    assert isinstance(said, PaymentRecorded)
    return PaymentCorrected(**msgspec.structs.asdict(said), reason="录入有误")


def _back(payment: str, number: str, reversed_on: str, amount: str) -> Data:
    return PaymentReversed(
        reversal=f"{payment}/{reversed_on}",
        payment=payment,
        invoice=invoice_number(number),
        reversed_on=reversed_on,
        amount_fen=parse_yuan(amount),
        reason="退款",
    )


def _invoice(number: str, contract: str, issued_on: str, *words: str) -> Data:
    amount, tax, since, until = words
    return InvoiceRecorded(
        invoice=invoice_number(number),
        contract=contract,
        issued_on=issued_on,
        amount_fen=parse_yuan(amount),
        tax_fen=parse_yuan(tax),
        service_from=since,
        service_to=until,
    )


def _payment(number: str, paid_on: str, amount: str, payment: str = "") -> Data:
    return PaymentRecorded(
        payment=payment or f"P-{number}-{paid_on}",
        invoice=invoice_number(number),
        paid_on=paid_on,
        amount_fen=parse_yuan(amount),
    )


def _qualification(kind: str, since: str, until: str = "", number: str = "") -> Data:
    return QualificationGranted(
        kind=kind,
        number=number or None,
        valid_from=None if since == "-" else since,
        valid_to=None if until in {"", "-"} else until,
    )


def _revoked(kind: str, on: str, number: str = "") -> Data:
    return QualificationRevoked(kind=kind, revoked_on=on, number=number or None)


def _funding(scope: str, level: str, year: str, amount: str, ref: str = "") -> Data:
    return FundingReported(
        scope=scope,  # type: ignore[arg-type]
        level=level,  # type: ignore[arg-type]
        year=int(year),
        amount_fen=parse_yuan(amount),
        ref=ref or None,
    )


def _domicile(zone: str, since: str) -> Data:
    return TaxDomicileRecorded(zone=zone, valid_from=since)


def _fact(name: str, year: str, value: str) -> Data:
    return FactReported(name=name, year=int(year), value=int(value))


def _declaration(year: str, *declared: str) -> Data:
    return DeclarationFiled(
        year=int(year),
        related_party="related" in declared,
        serious_dishonesty="dishonest" in declared,
    )


def _granted(programme: str, year: str, quota: str, on: str) -> Data:
    return VoucherGranted(
        programme=programme, year=int(year), quota_fen=parse_yuan(quota), granted_on=on
    )


def _drawn(programme: str, year: str, amount: str, on: str) -> Data:
    return VoucherDrawn(
        programme=programme, year=int(year), amount_fen=parse_yuan(amount), drawn_on=on, version="-"
    )


_VERBS: Final[dict[str, Callable[..., Data]]] = {
    "resource": _resource,
    "enterprise": _enterprise,
    "contract": _contract,
    "usage": _usage,
    "invoice": _invoice,
    "payment": _payment,
    "amended": _amended,
    "corrected": _corrected,
    "red": _red,
    "repaid": _repaid,
    "back": _back,
    "qualification": _qualification,
    "revoked": _revoked,
    "funding": _funding,
    "domicile": _domicile,
    "fact": _fact,
    "declaration": _declaration,
    "granted": _granted,
    "drawn": _drawn,
}
