"""What would change a refusal: the requirement that is not met, and what meeting it is worth.

Each is found by deciding again with the requirement taken as met: by the same rules, never by a
guess at them.
"""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from ledger.money import render_yuan
from ledger.text import Text
from vouchers.application import Requirement
from vouchers.case import Case
from vouchers.decide import decide
from vouchers.decision import Decision
from vouchers.programme import AllOf, AnyOf, Programme, Version
from vouchers.wording import describe_condition


class Improvement(NamedTuple):
    """What would have to hold, all of it, and what the programme alone would then pay in fen."""

    requirements: tuple[Requirement, ...]
    amount_fen: int

    @property
    def message(self) -> Text:
        """Return the sentence 若…则可得…."""
        met = [describe_condition(one.value) for one in self.requirements]
        amount = render_yuan(self.amount_fen)
        zh, en = "，且".join(one.zh for one in met), ", and ".join(one.en for one in met)
        return Text(f"若符合“{zh}”，则可得 {amount} 元", f"if met ({en}): CNY {amount}")

    @property
    def clause(self) -> Text:
        """Return the clauses that ask for it."""
        clauses = list(dict.fromkeys(one.clause for one in self.requirements))
        return Text("；".join(one.zh for one in clauses), "; ".join(one.en for one in clauses))


def improve(
    programme: Programme, case: Case, decision: Decision, as_of: date | None = None
) -> tuple[Improvement, ...]:
    """Return what would make a decision that is not eligible pay, the most valuable first.

    Each is a single requirement; where no single one is enough, the fewest that are together.
    """
    version = programme.version_of(decision.version)
    if version is None or decision.status == "eligible":
        return ()
    single = [
        Improvement((one,), amount_fen)
        for one in _requirements(version)
        if (amount_fen := _amount(programme, case, as_of, frozenset({one})))
    ]
    if single:
        return tuple(sorted(single, key=lambda one: -one.amount_fen))
    together = _together(programme, case, as_of, version)
    return () if together is None else (together,)


def _together(
    programme: Programme, case: Case, as_of: date | None, version: Version
) -> Improvement | None:
    """Return the requirements that suffice together: all of them, less each that is not needed."""
    needed = list(version.eligibility) + list(version.purchases)
    most = _amount(programme, case, as_of, frozenset(needed))
    if not most:
        return None
    for one in tuple(needed):
        rest = [other for other in needed if other is not one]
        if _amount(programme, case, as_of, frozenset(rest)) == most:
            needed = rest
    return Improvement(tuple(needed), most)


def _requirements(version: Version) -> Iterator[Requirement]:
    """Yield every requirement that could be met by itself: an option, a part, a rule."""
    for cited in version.eligibility:
        yield from _leaves(cited)
    yield from version.purchases


def _leaves(cited: Requirement) -> Iterator[Requirement]:
    if isinstance(cited.value, AllOf | AnyOf):
        for one in cited.value.conditions:
            yield from _leaves(one)
    else:
        yield cited


def _amount(
    programme: Programme, case: Case, as_of: date | None, supposed: frozenset[Requirement]
) -> int:
    """Return what would be paid if these were met, zero while that is not known."""
    return decide(programme, case, as_of, supposed).amount_fen or 0
