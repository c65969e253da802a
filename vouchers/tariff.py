"""Which price applies to a day's usage: that of the contract named, else of the only one in force.

Prices include tax. A unit price is per card-hour, per P·day (PFLOPS at FP16 for a day) or per
TB·day, and is turned into an exact `Fraction` of fen per micro-unit-second. What one card does at
FP16 is the resource's listing on that day.
"""

from fractions import Fraction
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from ledger.events import ContractRegistered, PriceLine, PriceUnit
from ledger.money import FEN_PER_YUAN, parse_decimal
from ledger.quantity import MICRO
from ledger.usage import DayKey
from vouchers.book import Account, Book

SECONDS: Final[dict[PriceUnit, int]] = {
    "card_hour": 3_600,
    "pflops_day": 86_400,
    "tb_day": 86_400,
}
"""How many unit-seconds one priced unit has, for a card of one PFLOPS in the case of P·day."""

MEASURED_IN: Final[dict[PriceUnit, Literal["card", "tb"]]] = {
    "card_hour": "card",
    "pflops_day": "card",
    "tb_day": "tb",
}
"""The unit of a resource that can be priced so."""

_ONE: Final = Fraction(1)


class Tariff(NamedTuple):
    """A price line, and the PFLOPS of one card where the price is per P·day, one elsewhere."""

    line: PriceLine
    pflops: Fraction

    def units(self, quantity: int) -> Fraction:
        """Return how many card-hours, P·days or TB·days a quantity in micro-unit-seconds is."""
        return Fraction(quantity, MICRO * SECONDS[self.line.per]) * self.pflops

    def charge(self, quantity: int) -> Fraction:
        """Return the exact charge in fen for a quantity in micro-unit-seconds."""
        return quantity * _fen_per_quantity(self.line.unit_price, self.line.per, self.pflops)


@lru_cache(maxsize=4096)
def _fen_per_quantity(unit_price: str, per: PriceUnit, pflops: Fraction) -> Fraction:
    """Return the exact fen of one micro-unit-second."""
    return parse_decimal(unit_price) * FEN_PER_YUAN * pflops / (MICRO * SECONDS[per])


class Price(NamedTuple):
    """The tariff that applies and the contract it stands in."""

    contract: ContractRegistered
    tariff: Tariff


def find_price(book: Book, account: Account, key: DayKey) -> Price | None:
    """Return the price for a day's usage, None where there is no single one.

    Two contracts in force for one resource leave usage that names neither without a price, and so
    does a price per P·day for a resource whose PFLOPS are not listed on that day, and a price in
    another unit than the resource's. A contract that is named prices usage outside its dates too.
    """
    _, contract, resource, day = key
    if contract:
        named = account.contracts.get(contract)
        candidates = [named] if named else []
    else:
        candidates = [
            one for one in account.contracts.values() if one.service_from <= day <= one.service_to
        ]
    found = [
        Price(candidate, tariff)
        for candidate in candidates
        for line in candidate.prices
        if line.resource == resource and _in_force(line, day)
        if (tariff := _tariff(book, line, day))
    ]
    return found[0] if len(found) == 1 else None


def _in_force(line: PriceLine, day: str) -> bool:
    """Return whether a price line covers a day, its first and last included."""
    return (line.valid_from or day) <= day <= (line.valid_to or day)


def _tariff(book: Book, line: PriceLine, day: str) -> Tariff | None:
    """Return what a price line comes to on a day, None where the resource's listing forbids it."""
    listed = book.listing_on(line.resource, day)
    if listed is not None and listed.unit != MEASURED_IN[line.per]:
        return None
    if line.per != "pflops_day":
        return Tariff(line, _ONE)
    pflops = parse_decimal((listed and listed.pflops) or "0")
    return Tariff(line, pflops) if pflops else None
