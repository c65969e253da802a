"""What would pay more: a requirement that is not met, or a purchase that costs the claim its class.

Each is found by deciding again, with the requirement taken as met or without the purchases: by the
same rules, never by a guess at them.
"""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from ledger.money import render_yuan
from ledger.text import Text
from vouchers.application import Requirement, apply_for, moment_of
from vouchers.case import Case
from vouchers.class_days import list_dated_classes
from vouchers.condition import evaluate
from vouchers.decide import decide
from vouchers.decision import Decision
from vouchers.programme import AllOf, AnyOf, Programme, Version
from vouchers.wording import describe_condition


class Improvement(NamedTuple):
    """What would have to hold, all of it, and what the programme alone would then pay in fen.

    Where it holds of some purchases alone, `left_out` has the positions of the others.
    """

    requirements: tuple[Requirement, ...]
    amount_fen: int
    left_out: tuple[int, ...] = ()

    @property
    def message(self) -> Text:
        """Return the sentence 若…则可得…."""
        met = [describe_condition(one.value) for one in self.requirements]
        amount = render_yuan(self.amount_fen)
        if self.left_out:
            numbers = [str(one + 1) for one in self.left_out]
            (when,) = met
            return Text(
                f"若不申请第 {'、'.join(numbers)} 项采购（认定日不符合“{when.zh}”），"
                f"则可得 {amount} 元",
                f"without purchases {', '.join(numbers)}, on whose day this does not hold"
                f" ({when.en}): CNY {amount}",
            )
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

    Each is a single requirement; where no single one is enough, the fewest that are together. Of an
    eligible decision it is the purchases without which a class holds that pays more.
    """
    version = programme.version_of(decision.version)
    if version is None:
        return ()
    if decision.status == "eligible":
        return tuple(_leave_out(programme, case, decision, as_of, version))[:1]
    single = [
        Improvement((one,), amount_fen)
        for one in _requirements(version)
        if (amount_fen := _amount(programme, case, as_of, frozenset({one})))
    ]
    if single:
        return tuple(sorted(single, key=lambda one: -one.amount_fen))
    together = _together(programme, case, as_of, version)
    return () if together is None else (together,)


def _leave_out(
    programme: Programme, case: Case, decision: Decision, as_of: date | None, version: Version
) -> list[Improvement]:
    """Return the claims on fewer purchases that pay more, the one that pays most first."""
    applied_on, found = case.apply_on if as_of is None else as_of, []
    classes = list_dated_classes(version) if len(decision.counted) > 1 else ()
    for when in classes:
        assert applied_on is not None, decision
        assert decision.amount_fen is not None, decision
        application = apply_for(case, applied_on).serving(decision.year or applied_on.year)
        kept = frozenset(
            line.position
            for line in application.lines
            if line.position in decision.counted
            and evaluate(
                when, application, moment_of(version.legal_date.value, application, line)
            ).truth
        )
        amount_fen = decide(programme, case, as_of, among=kept).amount_fen or 0
        if amount_fen > decision.amount_fen:
            others = tuple(one for one in decision.counted if one not in kept)
            found.append(Improvement((when,), amount_fen, others))
    return sorted(found, key=lambda one: -one.amount_fen)


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
