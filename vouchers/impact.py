"""The impact of other rules on the budget: outcomes added up by programme, level, class and month.

Money is integer fen under the rules as they are (`before`) and as they would be (`after`). `*_fen`
has every unknown fact against the enterprise, `*_high_fen` every one for it: the total, a claim
year, a class and an enterprise lie between the two. A level need not, because levels exclude each
other, and a month need not, because what is certain only later may be possible before: there both
are two worlds, not the edges of one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any, Final, NamedTuple, TypeVar

from ledger.text import Language
from vouchers.book import Account, Book
from vouchers.programme import LEVELS, Level, Programme
from vouchers.rating import DayUsage
from vouchers.what_if import Claims, Outcome, compare

Json = dict[str, Any]
Class = tuple[str, ...]
Enterprises = Sequence[tuple[Account, Sequence[DayUsage]]]
"""Some enterprises, each with its usage."""

K = TypeVar("K")

RUN: Final = 25
"""So many enterprises are decided in one piece: little to hand over, and little to wait for."""

_NOTHING: Final = (0, 0, 0, 0)


@dataclass(slots=True)
class Sum:
    """What enterprises get before and after, and how many of them get something."""

    before_fen: int = 0
    after_fen: int = 0
    before_high_fen: int = 0
    after_high_fen: int = 0
    refunded_before: int = 0
    refunded_after: int = 0

    def add(self, amounts: tuple[int, int, int, int]) -> None:
        """Take in one enterprise's amounts: before, after, both with unknowns for it."""
        before, after, before_high, after_high = amounts
        self.before_fen += before
        self.after_fen += after
        self.before_high_fen += before_high
        self.after_high_fen += after_high
        self.refunded_before += before > 0
        self.refunded_after += after > 0

    def join(self, other: "Sum") -> None:
        """Take in what other enterprises get."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def differences_fen(self) -> tuple[int, int]:
        """Return by how much it changes, with every unknown against and for the enterprise."""
        return self.after_fen - self.before_fen, self.after_high_fen - self.before_high_fen


class Affected(NamedTuple):
    """One enterprise whose refund changes, with the kinds of qualification that it holds."""

    credit_code: str
    name: str
    held: Class
    amounts: Sum

    @property
    def is_better(self) -> bool:
        """Return whether it gets more, and no less whatever the missing facts are."""
        return min(self.amounts.differences_fen) >= 0

    @property
    def is_worse(self) -> bool:
        """Return whether it gets less, and no more whatever the missing facts are."""
        return max(self.amounts.differences_fen) <= 0


@dataclass(slots=True)
class Impact:
    """All outcomes added up; `classes` counts the enterprises of each class that bought at all.

    `enterprises` counts all of them. In which order outcomes are added or joined is no matter.
    """

    months: Sequence[str]
    programmes: tuple[Sequence[Programme], Sequence[Programme]]
    total: Sum = field(default_factory=Sum)
    by_programme: dict[str, Sum] = field(default_factory=dict)
    by_level: dict[Level, Sum] = field(default_factory=dict)
    by_class: dict[Class, Sum] = field(default_factory=dict)
    by_month: dict[str, Sum] = field(default_factory=dict)
    by_year: dict[int, Sum] = field(default_factory=dict)
    classes: dict[Class, int] = field(default_factory=dict)
    affected: list[Affected] = field(default_factory=list)
    enterprises: int = 0

    def __post_init__(self) -> None:
        """Name every programme, level and month, so that none is missing for being zero."""
        self.by_programme = {one.id: Sum() for one in self._named()}
        levels = {one.level for one in self._named()}
        self.by_level = {level: Sum() for level in LEVELS if level in levels}
        self.by_month = {month: Sum() for month in self.months}

    def add(self, outcome: Outcome) -> None:
        """Take in what became of one enterprise."""
        self.enterprises += 1
        if not outcome.bought:
            return
        self.classes[outcome.held] = self.classes.get(outcome.held, 0) + 1
        before, after = outcome.before, outcome.after
        claims = (before.low, after.low, before.high, after.high)
        total = _four(one.total_fen for one in claims)
        if total == _NOTHING:
            return
        self.total.add(total)
        self.by_class.setdefault(outcome.held, Sum()).add(total)
        for month, amounts in _join(one.by_month for one in claims).items():
            self.by_month[month].add(amounts)
        for year, amounts in _join(_by_year(one) for one in claims).items():
            self.by_year.setdefault(year, Sum()).add(amounts)
        for name, amounts in _join(_by_programme(one) for one in claims).items():
            self.by_programme[name].add(amounts)
        for level, amounts in _join(self._by_level(claims)).items():
            self.by_level[level].add(amounts)
        own = Sum()
        own.add(total)
        if own.differences_fen != (0, 0):
            self.affected.append(Affected(outcome.credit_code, outcome.name, outcome.held, own))

    def join(self, other: "Impact") -> None:
        """Take in what became of other enterprises, in the same months under the same rules."""
        self.enterprises += other.enterprises
        self.total.join(other.total)
        _join_rows(self.by_programme, other.by_programme)
        _join_rows(self.by_level, other.by_level)
        _join_rows(self.by_class, other.by_class)
        _join_rows(self.by_month, other.by_month)
        _join_rows(self.by_year, other.by_year)
        for held, number in other.classes.items():
            self.classes[held] = self.classes.get(held, 0) + number
        self.affected += other.affected

    def _named(self) -> list[Programme]:
        """Return the programmes of either set, in the catalogue's order, each name once."""
        both = {one.id: one for chosen in reversed(self.programmes) for one in chosen}
        return sorted(both.values(), key=Programme.rank)

    def _by_level(self, claims: Sequence[Claims]) -> list[dict[Level, int]]:
        found: list[dict[Level, int]] = []
        for one, chosen in zip(claims, self.programmes * 2, strict=True):
            levels = {programme.id: programme.level for programme in chosen}
            by_level: dict[Level, int] = {}
            for name, amount_fen in _by_programme(one).items():
                by_level[levels[name]] = by_level.get(levels[name], 0) + amount_fen
            found.append(by_level)
        return found

    @property
    def winners(self) -> list[Affected]:
        """Return who gets more, the greatest difference first."""
        return sorted((one for one in self.affected if one.is_better), key=_by_difference)

    @property
    def losers(self) -> list[Affected]:
        """Return who gets less, the greatest difference first."""
        return sorted((one for one in self.affected if one.is_worse), key=_by_difference)

    @property
    def unclear(self) -> list[Affected]:
        """Return whose refund may rise or fall, as the missing facts turn out."""
        neither = (one for one in self.affected if not one.is_better and not one.is_worse)
        return sorted(neither, key=_by_difference)


@dataclass(frozen=True, slots=True)
class Simulation:
    """What is the same for all enterprises: listings of resources, months, and both sets of rules.

    The book may be without its accounts.
    """

    book: Book
    months: Sequence[str]
    programmes: tuple[Sequence[Programme], Sequence[Programme]]

    def work(self, enterprises: Enterprises) -> Impact:
        """Return the impact on some enterprises."""
        impact = Impact(self.months, self.programmes)
        for account, usage in enterprises:
            impact.add(compare(self.book, account, usage, self.months, self.programmes))
        return impact


def cut_into_runs(
    enterprises: Iterable[tuple[Account, Sequence[DayUsage]]],
) -> Iterator[Enterprises]:
    """Yield all enterprises in order, `RUN` at a time."""
    rest = iter(enterprises)
    while run := tuple(islice(rest, RUN)):
        yield run


def render_impact(impact: Impact, language: Language) -> Json:
    """Return the object of the command line; every list is ordered."""
    programmes = {one.id: one for chosen in reversed(impact.programmes) for one in chosen}
    return {
        **asdict(impact.total),
        "months": [impact.months[0], impact.months[-1]],
        "by_programme": [
            {
                "programme": name,
                "name": programmes[name].name.render(language),
                "level": programmes[name].level,
                **asdict(amounts),
            }
            for name, amounts in impact.by_programme.items()
        ],
        "by_level": [{"level": level, **asdict(one)} for level, one in impact.by_level.items()],
        "by_class": [
            {
                "held": list(held),
                "enterprises": number,
                **asdict(impact.by_class.get(held, Sum())),
            }
            for held, number in sorted(impact.classes.items())
        ],
        "by_month": [{"month": month, **asdict(one)} for month, one in impact.by_month.items()],
        "by_year": [{"year": year, **asdict(one)} for year, one in sorted(impact.by_year.items())],
        "winners": [_render_affected(one) for one in impact.winners],
        "losers": [_render_affected(one) for one in impact.losers],
        "unclear": [_render_affected(one) for one in impact.unclear],
    }


def _render_affected(one: Affected) -> Json:
    return {
        "enterprise": one.credit_code,
        "name": one.name,
        "held": list(one.held),
        "before_fen": one.amounts.before_fen,
        "after_fen": one.amounts.after_fen,
        "before_high_fen": one.amounts.before_high_fen,
        "after_high_fen": one.amounts.after_high_fen,
    }


def _by_difference(one: Affected) -> tuple[int, str]:
    low, high = one.amounts.differences_fen
    return -abs(low + high), one.credit_code


def _by_year(claims: Claims) -> dict[int, int]:
    return {year: claim.total_fen for year, claim in claims.by_year.items()}


def _by_programme(claims: Claims) -> dict[str, int]:
    found: dict[str, int] = {}
    for claim in claims.by_year.values():
        for name, amount_fen in claim.amounts_fen.items():
            found[name] = found.get(name, 0) + amount_fen
    return found


def _join_rows(rows: dict[K, Sum], others: Mapping[K, Sum]) -> None:
    """Add rows of one table to those of another."""
    for key, amounts in others.items():
        rows.setdefault(key, Sum()).join(amounts)


def _join(parts: Iterable[Mapping[K, int]]) -> dict[K, tuple[int, int, int, int]]:
    """Return four mappings as one from each key to its four amounts."""
    four = tuple(parts)
    keys = {key: None for part in four for key in part}
    return {key: _four(part.get(key, 0) for part in four) for key in keys}


def _four(amounts: Iterable[int]) -> tuple[int, int, int, int]:
    before, after, before_high, after_high = amounts
    return before, after, before_high, after_high
