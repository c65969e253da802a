"""What a simulated enterprise is invoiced and pays: the charges of its usage, to the fen.

The charge of a contract, a resource and a month is rounded once, half up to the fen; tax is taken
out of a contract's month. An invoice is the sum of its months.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from ingest.simulate.cast import STORAGE, VAT_RATE, Member
from ledger.events import Data, InvoiceRecorded, PaymentRecorded
from ledger.money import FEN_PER_YUAN, parse_decimal, round_half_up, tax_within
from ledger.period import HOUR_MS, midnight_ms
from ledger.quantity import MICRO
from ledger.usage import Slice, by_day

_HOUR_S: Final = 3600
_DAY_S: Final = 86_400

# Late records have come in by then.
_INVOICE_DAY: Final = 5


class Billing:
    """One enterprise's account with the centre."""

    def __init__(self, member: Member, last: date) -> None:
        self._member = member
        self._last = last
        self._invoices = 0
        self._usage: dict[tuple[str, str], dict[tuple[str, str], int]] = {}

    def add(self, piece: Slice) -> None:
        """Count a usage slice, day by day: quantities by contract and month, resource and price."""
        member = self._member
        for (_, contract, resource, day), micro in by_day(member.credit_code, piece):
            month = self._usage.setdefault((contract or member.contracts[0], day[:7]), {})
            key = (resource, member.price(resource, day))
            month[key] = month.get(key, 0) + micro

    def close(self, day: date) -> Iterator[tuple[Data, int]]:
        """Yield the documents that the end of a day brings about, each with when it is filed."""
        tomorrow = day + timedelta(1)
        period_ends = tomorrow.day == 1 and day.month % self._member.standing.invoice_months == 0
        if not period_ends and day != self._last:
            return
        for contract in self._member.contracts:
            months = sorted(month for number, month in self._usage if number == contract)
            # What ran on over midnight belongs to the next period.
            due = [month for month in months if month <= day.isoformat()[:7]]
            if due:
                yield from self._invoice(contract, due, day)

    def _invoice(self, contract: str, months: list[str], day: date) -> Iterator[tuple[Data, int]]:
        """Yield an invoice over some months of a contract, and its payments."""
        amount_fen = tax_fen = 0
        for month in months:
            month_fen = _charge(self._usage.pop((contract, month)))
            amount_fen += month_fen
            tax_fen += tax_within(month_fen, parse_decimal(VAT_RATE))
        if amount_fen == 0:
            return
        self._invoices += 1
        issued_on = (day + timedelta(1)).replace(day=_INVOICE_DAY)
        if issued_on <= day:
            issued_on = day + timedelta(_INVOICE_DAY)
        invoice = f"{issued_on:%y}420{self._member.index + 1:07d}{self._invoices:08d}"
        yield (
            InvoiceRecorded(
                invoice=invoice,
                contract=contract,
                issued_on=issued_on.isoformat(),
                amount_fen=amount_fen,
                tax_fen=tax_fen,
                service_from=f"{months[0]}-01",
                service_to=day.isoformat(),
            ),
            midnight_ms(issued_on) + 10 * HOUR_MS,
        )
        yield self._payment(invoice, issued_on, amount_fen)

    def _payment(self, invoice: str, issued_on: date, amount_fen: int) -> tuple[Data, int]:
        """Return the payment of an invoice, half of it where half is withheld."""
        standing = self._member.standing
        if self._invoices == standing.withheld:
            amount_fen //= 2
        paid_on = issued_on + timedelta(standing.paid_after_days + self._invoices % 4)
        payment = PaymentRecorded(
            payment=f"PAY-{invoice}",
            invoice=invoice,
            paid_on=paid_on.isoformat(),
            amount_fen=amount_fen,
        )
        return payment, midnight_ms(paid_on) + 15 * HOUR_MS


def _charge(usage: dict[tuple[str, str], int]) -> int:
    """Return what a month costs in fen, each resource rounded once."""
    charges: dict[str, Fraction] = {}
    for (resource, price), micro in usage.items():
        per_s = _DAY_S if resource == STORAGE else _HOUR_S
        charge = parse_decimal(price) * FEN_PER_YUAN * micro / (MICRO * per_s)
        charges[resource] = charges.get(resource, Fraction(0)) + charge
    return sum(round_half_up(charge) for charge in charges.values())
