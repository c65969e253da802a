"""The case of one enterprise on one day, built from the ledger: what `decide` reads.

A purchase is the part of an invoice that one kind of resource makes up, by what was metered in the
invoice's service period; the invoice's amount and its tax are split in that proportion, each
payment by what is still open of the parts. An invoice without metered usage is of an unknown kind.
Red invoices and payments that came back by the day of application are taken off first; an invoice
that they leave nothing of makes no purchase.

What an authority approved of a contract, what both parties settled on, a reviewer's cut of the base
and whether the provider confirmed are in no event yet: a rule whose base is one of these is open
for every enterprise of the ledger, and `programme check` says so. A case written by hand has them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from ledger.events import InvoiceRecorded, PaymentRecorded, QualificationGranted, VoucherDrawn
from ledger.money import allocate
from vouchers.book import Account, Book
from vouchers.case import (
    Case,
    ContractRefund,
    Declarations,
    Domicile,
    Earlier,
    Enterprise,
    Fact,
    OtherFunding,
    Payment,
    Purchase,
    Qualification,
    ResourceKind,
)
from vouchers.net import contract_on, invoices_on, payments_on
from vouchers.rating import DayUsage, rate


class Known(NamedTuple):
    """What purchases are built from: payments by invoice, and vouchers drawn so far."""

    book: Book
    account: Account
    payments: Mapping[str, Sequence[PaymentRecorded]]
    drawn: Sequence[VoucherDrawn]


def case_of(book: Book, account: Account, usage: Sequence[DayUsage], apply_on: date) -> Case:
    """Return the case that an enterprise would make if it applied on a day.

    `usage` is its daily usage; what follows that day is left out, for nobody knew it then.
    Vouchers drawn before that day count as claimed and redeemed.
    """
    metered = [(key, quantity) for key, quantity in usage if key[3] <= apply_on.isoformat()]
    known = known_before(book, account, apply_on)
    return Case(
        enterprise=enterprise_of(account),
        purchases=tuple(
            purchase
            for invoice in invoices_on(account, apply_on.isoformat())
            for purchase in purchases_of(known, invoice, metered, apply_on)
        ),
        earlier=sum_drawn(account, known.drawn),
        other_funding=other_funding_of(account),
        declarations=declarations_of(account, apply_on),
        apply_on=apply_on,
    )


def other_funding_of(account: Account) -> tuple[OtherFunding, ...]:
    """Return the other public money that is known of an enterprise."""
    return tuple(
        OtherFunding(scope=one.scope, ref=one.ref, level=one.level, year=one.year)
        for one in account.funding.values()
        if one.amount_fen
    )


def known_before(book: Book, account: Account, day: date) -> Known:
    """Return what is known of an enterprise, its vouchers as they stood before a day.

    Payments are what is left of them on that day.
    """
    drawn = [draw for draw in account.drawn if draw.drawn_on < day.isoformat()]
    return Known(book, account, payments_on(account, day.isoformat()), drawn)


def declarations_of(account: Account, apply_on: date) -> Declarations:
    """Return what the enterprise declared for the year of a day, unknown where it did not."""
    declared = account.declarations.get(apply_on.year)
    return Declarations(
        related_party=declared.related_party if declared else None,
        serious_dishonesty=declared.serious_dishonesty if declared else None,
    )


def enterprise_of(account: Account) -> Enterprise:
    """Return what the book says of the enterprise itself."""
    return Enterprise(
        credit_code=account.credit_code,
        name=account.name,
        registered_region=account.registered.registered_region if account.registered else None,
        tax_domicile=tuple(
            Domicile(
                zone=domicile.zone,
                valid_from=_date(domicile.valid_from),
                valid_to=_date(domicile.valid_to),
            )
            for domicile in account.domiciles
        ),
        qualifications=tuple(
            qualification
            for held in account.qualifications
            if (qualification := _qualification(held, _revoked_on(account, held))) is not None
        ),
        facts=tuple(
            Fact(name=fact.name, year=fact.year, value=fact.value)
            for fact in account.facts.values()
        ),
    )


def _revoked_on(account: Account, held: QualificationGranted) -> date | None:
    """Return the first day on which a qualification is revoked, None where it is not.

    In whatever order they came: a revocation that names no number leaves what begins later alone.
    """
    days = [
        one.revoked_on
        for one in account.revocations
        if one.kind == held.kind
        and (
            one.number == held.number
            if one.number is not None
            else held.valid_from is None or held.valid_from < one.revoked_on
        )
    ]
    return _date(min(days, default=None))


def _qualification(held: QualificationGranted, revoked_on: date | None) -> Qualification | None:
    """Return a qualification of the book as a fact of the case, None where no day of it is left."""
    first, last = _date(held.valid_from), _date(held.valid_to)
    if revoked_on is not None:
        last = min(last or date.max, revoked_on - timedelta(days=1))
        if first is not None and last < first:
            return None
    return Qualification(
        kind=held.kind,
        number=held.number,
        valid_from=first,
        valid_to=last,
        carrier=held.carrier,
        recognised_by=held.recognised_by,
    )


def purchases_of(
    known: Known, invoice: InvoiceRecorded, usage: Sequence[DayUsage], apply_on: date
) -> list[Purchase]:
    """Return the purchases that one invoice makes up, by kind of resource.

    `invoice` is what is left of it on the day of application, as payments in `known` are, and
    `usage` the daily usage that is known on that day. A service that goes on after it is not
    completed.
    """
    contract = contract_on(known.account, invoice.contract, apply_on.isoformat())
    metered = _metered_by_kind(known.book, known.account, invoice, usage)
    kinds = sorted(metered, key=str) or [None]
    weights = [metered.get(kind, 0) for kind in kinds]
    invoiced = allocate(invoice.amount_fen, weights)
    taxes = allocate(invoice.tax_fen, weights)
    payments = list(_split_payments(known.payments.get(invoice.invoice, ()), invoiced))
    service_to = date.fromisoformat(invoice.service_to)
    refunded_by = tuple(
        sorted({one.programme for one in known.drawn if invoice.invoice in one.invoices})
    )
    return [
        Purchase(
            contract=invoice.contract,
            project=contract.project if contract else None,
            signed_on=_date(contract.signed_on) if contract else None,
            contract_fen=contract.amount_fen if contract else None,
            service_from=_date(invoice.service_from),
            service_to=service_to,
            completed_on=service_to if service_to <= apply_on else None,
            resource_kind=kind,
            invoice=invoice.invoice,
            invoiced_on=_date(invoice.issued_on),
            invoiced_fen=invoiced[i],
            tax_fen=taxes[i],
            payments=tuple(
                Payment(paid_on=_date(payment.paid_on), amount_fen=parts[i])
                for payment, parts in payments
            ),
            metered_fen=metered.get(kind, 0),
            provider=contract.provider if contract else None,
            refunded_by=refunded_by,
        )
        for i, kind in enumerate(kinds)
    ]


def _split_payments(
    payments: Sequence[PaymentRecorded], invoiced: list[int]
) -> Iterator[tuple[PaymentRecorded, list[int]]]:
    """Yield each payment of an invoice, oldest first, and how it is split over the invoice's parts.

    It is split by what is still open of each part, so that a part is never paid beyond its amount
    and an invoice paid in full has each part paid in full, in however many payments. What exceeds
    the invoice is split like the invoice.
    """
    still_open = invoiced
    for payment in payments:
        due_fen = min(payment.amount_fen, sum(still_open))
        due = allocate(due_fen, still_open)
        excess = allocate(payment.amount_fen - due_fen, invoiced)
        still_open = [left - part for left, part in zip(still_open, due, strict=True)]
        yield payment, [part + more for part, more in zip(due, excess, strict=True)]


def _metered_by_kind(
    book: Book, account: Account, invoice: InvoiceRecorded, usage: Sequence[DayUsage]
) -> dict[ResourceKind | None, int]:
    """Return what the usage under an invoice's contract and period cost, by kind of resource.

    A resource that the book does not list is of no known kind.
    """
    within = [
        (key, quantity)
        for key, quantity in usage
        if invoice.service_from <= key[3] <= invoice.service_to
        # What names another contract is none of this one's.
        and key[1] in ("", invoice.contract)
    ]
    metered: dict[ResourceKind | None, int] = {}
    for line in rate(book, account, within).lines:
        if line.contract.contract == invoice.contract and line.amount_fen:
            listed = book.resources.get(line.resource)
            kind = listed.kind if listed else None
            metered[kind] = metered.get(kind, 0) + line.amount_fen
    return metered


def sum_drawn(account: Account, drawn: Iterable[VoucherDrawn]) -> tuple[Earlier, ...]:
    """Return what was drawn on vouchers, by programme and year, and on which contracts."""
    draws: dict[tuple[str, int], list[VoucherDrawn]] = {}
    for draw in drawn:
        draws.setdefault((draw.programme, draw.year), []).append(draw)
    made = []
    for (programme, year), of_year in sorted(draws.items()):
        fen = sum(draw.amount_fen for draw in of_year)
        made.append(
            Earlier(
                programme=programme,
                year=year,
                claimed_fen=fen,
                redeemed_fen=fen,
                base_fen=_base_of(of_year),
                contracts=_contracts_of(account, of_year),
            )
        )
    return tuple(made)


def _contracts_of(
    account: Account, drawn: Sequence[VoucherDrawn]
) -> tuple[ContractRefund, ...] | None:
    """Return what was refunded on each contract, None where an invoice's contract is not known.

    A draw of an older release that refunds several contracts does not say how much is for each.
    """
    amounts: dict[str, int | None] = {}
    for draw in drawn:
        invoices = [account.invoices.get(one) for one in draw.invoices]
        contracts = [one.contract for one in invoices if one is not None]
        if not contracts or None in invoices:
            return None
        parts: Sequence[int | None] = draw.parts_fen
        if not parts:
            contracts = sorted(set(contracts))
            parts = [draw.amount_fen] if len(contracts) == 1 else [None] * len(contracts)
        for contract, part_fen in zip(contracts, parts, strict=True):
            amounts[contract] = _add(amounts.get(contract, 0), part_fen)
    return tuple(
        ContractRefund(contract=contract, amount_fen=fen)
        for contract, fen in sorted(amounts.items())
    )


def _base_of(drawn: Iterable[VoucherDrawn]) -> int | None:
    """Return what draws were computed on, None where one of them does not say."""
    total_fen: int | None = 0
    for draw in drawn:
        total_fen = _add(total_fen, draw.base_fen)
    return total_fen


def _add(first: int | None, second: int | None) -> int | None:
    """Return the sum, None where a part of it is not known."""
    return None if first is None or second is None else first + second


def _date(text: str | None) -> date | None:
    """Return a date of the book, which was checked when it was recorded."""
    return None if text is None else date.fromisoformat(text)
