"""Papers net of what was taken back: invoices less their red ones, payments less what came back.

What counts is what the log knows; within that, dates decide. A red invoice or a payment back counts
from its own day, whichever order they came in, and takes back no more than there is. Where nothing
is left of an invoice or a payment, there is none; one that was recorded as zero stays.
"""

from collections.abc import Iterator, Mapping

import msgspec

from ledger.events import ContractRegistered, InvoiceRecorded, PaymentRecorded
from vouchers.book import Account
from vouchers.contract_terms import amend

END = "9999-12-31"


def invoices_on(account: Account, day: str = END) -> Iterator[InvoiceRecorded]:
    """Yield what is left on a day of each invoice issued by then, in the order of the book."""
    taken = reversed_by_invoice(account, day)
    for number, invoice in account.invoices.items():
        if invoice.issued_on > day:
            continue
        if number not in taken and number not in account.invoice_corrections:
            yield invoice
            continue
        amount_fen, tax_fen = taken.get(number, (0, 0))
        left_fen = max(0, invoice.amount_fen - amount_fen)
        if left_fen:
            left_tax_fen = min(left_fen, max(0, invoice.tax_fen - tax_fen))
            yield msgspec.structs.replace(
                invoice, amount_fen=left_fen, tax_fen=left_tax_fen, net_fen=None
            )


def reversed_by_invoice(account: Account, day: str = END) -> dict[str, tuple[int, int]]:
    """Return total and tax that red invoices issued by a day take back, by invoice."""
    taken: dict[str, tuple[int, int]] = {}
    for red in account.red_invoices.values():
        if red.issued_on <= day:
            amount_fen, tax_fen = taken.get(red.invoice, (0, 0))
            taken[red.invoice] = amount_fen + red.amount_fen, tax_fen + red.tax_fen
    return taken


def payments_on(account: Account, day: str = END) -> Mapping[str, list[PaymentRecorded]]:
    """Return what is left on a day of each payment, by invoice, the oldest first.

    Payments of a later day are among them: rules leave out themselves what is not paid yet.
    """
    taken = returned_by_payment(account, day)
    found: dict[str, list[PaymentRecorded]] = {}
    for number, payment in account.payments.items():
        left = payment
        if number in taken or number in account.payment_corrections:
            left_fen = max(0, payment.amount_fen - taken.get(number, 0))
            if not left_fen:
                continue
            left = msgspec.structs.replace(payment, amount_fen=left_fen)
        found.setdefault(left.invoice, []).append(left)
    for of_invoice in found.values():
        of_invoice.sort(key=lambda one: (one.paid_on, one.payment))
    return found


def returned_by_payment(account: Account, day: str = END) -> dict[str, int]:
    """Return what came back by a day, by payment."""
    taken: dict[str, int] = {}
    for one in account.payments_back.values():
        if one.reversed_on <= day:
            taken[one.payment] = taken.get(one.payment, 0) + one.amount_fen
    return taken


def contract_on(account: Account, number: str, day: str) -> ContractRegistered | None:
    """Return a contract as it stands on a day, None where nobody registered it."""
    amendments, signed = account.amendments.get(number), account.signed.get(number)
    return amend(signed, amendments.values(), day) if amendments and signed else signed


def change_days(account: Account) -> list[str]:
    """Return the days from which papers say something else than before, in order."""
    days = {one.issued_on for one in account.red_invoices.values()}
    days |= {one.reversed_on for one in account.payments_back.values()}
    for of_contract in account.amendments.values():
        days |= {one.effective_on for one in of_contract.values()}
    return sorted(days)
