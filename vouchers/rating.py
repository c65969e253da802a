"""Usage × price → charge: one rounding per contract, resource and month.

The sum over the days is exact; it is rounded half up to the fen once. Tax is taken out of a
contract's month as a whole and split over its lines by the largest remainder, so that net and tax
add up on every line and in every total.
"""

from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from ledger.events import ContractRegistered
from ledger.money import allocate, parse_decimal, round_half_up, tax_within
from ledger.usage import DayKey
from vouchers.book import Account, Book
from vouchers.tariff import Tariff, find_price

DayUsage = tuple[DayKey, int]
"""A day's key and its quantity in micro-unit-seconds."""


class PricedPart(NamedTuple):
    """The part of a line that one tariff applies to; its quantity is in micro-unit-seconds."""

    tariff: Tariff
    quantity: int

    @property
    def units(self) -> Fraction:
        """Return the quantity in exact priced units."""
        return self.tariff.units(self.quantity)


class ChargeLine(NamedTuple):
    """What one resource cost under one contract in one month; amounts in fen.

    `amount_fen` includes tax and is `net_fen + tax_fen`. `quantity` is in micro-unit-seconds.
    `parts` are in the order of the days on which they first applied.
    """

    contract: ContractRegistered
    resource: str
    month: str
    quantity: int
    parts: tuple[PricedPart, ...]
    amount_fen: int
    net_fen: int
    tax_fen: int


class Charge(NamedTuple):
    """All lines of one enterprise over the days given, and the usage that no price applies to."""

    lines: tuple[ChargeLine, ...]
    unrated: tuple[DayUsage, ...]

    @property
    def amount_fen(self) -> int:
        """Return what all lines cost, tax included."""
        return sum(line.amount_fen for line in self.lines)


def rate(book: Book, account: Account, usage: Iterable[DayUsage]) -> Charge:
    """Return the charge for the daily usage of one enterprise.

    Lines are ordered by month, contract and resource; unrated usage by its key.
    """
    unrated: list[DayUsage] = []
    groups: dict[tuple[str, str, str], dict[Tariff, int]] = {}
    for key, quantity in sorted(usage, key=_by_day):
        _, _, resource, day = key
        price = find_price(book, account, key)
        if price is None:
            unrated.append((key, quantity))
            continue
        group = groups.setdefault((day[:7], price.contract.contract, resource), {})
        group[price.tariff] = group.get(price.tariff, 0) + quantity
    lines: list[ChargeLine] = []
    for month, contract in sorted({(month, contract) for month, contract, _ in groups}):
        resources = {r: g for (m, c, r), g in sorted(groups.items()) if (m, c) == (month, contract)}
        lines += _rate_contract(account.contracts[contract], month, resources)
    return Charge(tuple(lines), tuple(sorted(unrated)))


def _by_day(usage: DayUsage) -> tuple[str, DayKey]:
    """Return what orders usage by day."""
    key, _ = usage
    return key[3], key


def _rate_contract(
    contract: ContractRegistered, month: str, resources: dict[str, dict[Tariff, int]]
) -> list[ChargeLine]:
    """Return the lines of one contract and month, tax split over them."""
    amounts = [round_half_up(_charge(parts)) for parts in resources.values()]
    taxes = allocate(tax_within(sum(amounts), _read_rate(contract.vat_rate)), amounts)
    return [
        ChargeLine(
            contract=contract,
            resource=resource,
            month=month,
            quantity=sum(parts.values()),
            parts=tuple(PricedPart(*part) for part in parts.items()),
            amount_fen=amount,
            net_fen=amount - tax,
            tax_fen=tax,
        )
        for (resource, parts), amount, tax in zip(resources.items(), amounts, taxes, strict=True)
    ]


def _charge(parts: dict[Tariff, int]) -> Fraction:
    """Return the exact charge in fen for quantities, each at its own tariff."""
    first, *others = [tariff.charge(quantity) for tariff, quantity in parts.items()]
    return sum(others, first)


@lru_cache(maxsize=64)
def _read_rate(vat_rate: str) -> Fraction:
    """Return a rate of tax, of which there are a handful."""
    return parse_decimal(vat_rate)
