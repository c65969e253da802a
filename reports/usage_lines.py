"""Which usage a line of a compute statement sums: the days that its contract prices, and how much.

Usage that names a contract is on that contract's line. Usage that names none is on the line of the
only contract in force, which may be another one on another day: so a line has its days by the
contract as it was recorded.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from ledger.codec import Event
from ledger.usage import DayKey, Held, by_day, render_quantity
from vouchers.book import Account, Book
from vouchers.rating import Charge, rate
from vouchers.tariff import find_price

Days = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class UsageLine:
    """A line, or the use of a resource without a price: then `contract` is empty.

    `days` are those of the line by the contract as it was recorded, empty where none was.
    `quantity` is in micro-unit-seconds, `amount_fen` None without a price. `entries` is None where
    another contract priced days between, so that an entry may be on the line twice.
    """

    contract: str
    resource: str
    days: Days
    entries: int | None
    quantity: int
    amount_fen: int | None

    @property
    def used(self) -> str:
        """Return the quantity in unit-seconds, exactly."""
        return render_quantity(self.quantity)

    def part_of(self, event: Event) -> int:
        """Return what a usage entry adds to the line, in micro-unit-seconds."""
        piece = event.usage
        if piece is None or piece.resource != self.resource or piece.contract not in self.days:
            return 0
        days = self.days[piece.contract]
        return sum(micro for (_, _, _, day), micro in by_day(event.subject, piece) if day in days)

    def is_of(self, keys: Iterable[DayKey]) -> bool:
        """Return whether some day's usage is on the line."""
        return any(
            resource == self.resource and day in self.days.get(contract, ())
            for _, contract, resource, day in keys
        )


def draw_lines(
    book: Book, account: Account, usage: Mapping[DayKey, Held]
) -> tuple[Charge, list[UsageLine]]:
    """Return a month's charge and the lines that it comes to, those without a price last."""
    charge = rate(book, account, [(key, held.quantity) for key, held in usage.items()])
    amounts = {(one.contract.contract, one.resource): one.amount_fen for one in charge.lines}
    groups: dict[tuple[str, str], dict[str, set[str]]] = {}
    for key in usage:
        _, contract, resource, day = key
        price = find_price(book, account, key)
        line = price.contract.contract if price else "", resource
        groups.setdefault(line, {}).setdefault(contract, set()).add(day)
    lines = []
    for (contract, resource), grouped in sorted(groups.items(), key=lambda one: _last(*one[0])):
        days = {recorded: frozenset(some) for recorded, some in grouped.items()}
        held = {key: one for key, one in usage.items() if _is_on(key, resource, days)}
        lines.append(
            UsageLine(
                contract,
                resource,
                days,
                _count(held, usage),
                sum(one.quantity for one in held.values()),
                amounts.get((contract, resource)) if contract else None,
            )
        )
    return charge, lines


def _last(contract: str, resource: str) -> tuple[bool, str, str]:
    """Return what orders lines, those without a contract last."""
    return not contract, contract, resource


def _is_on(key: DayKey, resource: str, days: Days) -> bool:
    """Return whether a day's usage is on a line."""
    return key[2] == resource and key[3] in days.get(key[1], ())


def _count(held: Mapping[DayKey, Held], usage: Mapping[DayKey, Held]) -> int | None:
    """Return how many entries a line sums, None where an entry may come back to it.

    An entry is counted where it starts, or where it comes from a day that is not the line's.
    """
    count, seen = 0, set[tuple[str, str]]()
    for key, one in sorted(held.items()):
        enterprise, contract, resource, day = key
        before = (date.fromisoformat(day) - timedelta(days=1)).isoformat()
        yesterday = enterprise, contract, resource, before
        count += one.starts
        if yesterday not in held:
            if one.continued and yesterday in usage and (contract, resource) in seen:
                return None
            count += one.continued
        seen.add((contract, resource))
    return count
