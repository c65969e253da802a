"""What an enterprise could get back, as a page shows it: combinations, reasons, what would help."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from ledger.text import Text
from vouchers.decision import Decision, Reason, Step, tell_reason
from vouchers.improve import Improvement, improve
from vouchers.names import GRADES
from vouchers.plan import Plan
from vouchers.programme import Programme
from vouchers.ruling import Ruling
from vouchers.showing import tell_plainly

# Seven are all there are of three programmes; of ten there are a thousand.
PLANS_SHOWN: Final = 12

# A clause that keeps out one of 200 purchases keeps out most of them: the first ones tell it.
REASONS_SHOWN: Final = 3


class Combination(NamedTuple):
    """One combination: its programmes, what it pays in all, and why it is out or was cut."""

    names: tuple[Text, ...]
    plan: Plan
    reason: Text | None
    clause: Text | None


class Why(NamedTuple):
    """The first reasons of one kind under one clause, and how many more there are of it."""

    clause: Text
    sentences: tuple[Text, ...]
    more: int


class Verdict(NamedTuple):
    """What one programme says alone, what it pays in the best combination, what would help."""

    programme: Programme
    decision: Decision
    paid_fen: int
    reasons: list[Why]
    improvements: tuple[Improvement, ...]


class Line(NamedTuple):
    """A step of the computation as a sentence, with its clause and the grade of the evidence."""

    sentence: Text
    clause: Text
    grade: Text


def combinations_of(ruling: Ruling) -> list[Combination]:
    """Return the first combinations, best first."""
    names = {programme.id: programme.name for programme, _ in ruling.decisions}
    return [
        Combination(
            tuple(names[member] for member in one.programmes),
            one,
            one.reason and tell_reason(one.reason),
            one.reason and one.reason.clause,
        )
        for one in ruling.plans[:PLANS_SHOWN]
    ]


def verdicts_of(ruling: Ruling) -> list[Verdict]:
    """Return what each programme says, in the catalogue's order."""
    return [
        Verdict(
            programme,
            decision,
            ruling.paid_fen(programme.id),
            group_reasons(decision.reasons),
            improve(programme, ruling.case, decision),
        )
        for programme, decision in ruling.decisions
    ]


def group_reasons(reasons: Iterable[Reason]) -> list[Why]:
    """Return reasons by kind and clause, in the order of the first of each."""
    groups: dict[tuple[str, Text], list[Text]] = {}
    for one in reasons:
        groups.setdefault((one.code, one.clause), []).append(tell_reason(one))
    return [
        Why(clause, tuple(told[:REASONS_SHOWN]), max(0, len(told) - REASONS_SHOWN))
        for (_, clause), told in groups.items()
    ]


def lines_of(steps: tuple[Step, ...]) -> list[Line]:
    """Return the steps of a decision."""
    told = tell_plainly(steps)
    return [
        Line(sentence, step.clause, GRADES[step.grade])
        for sentence, step in zip(told, steps, strict=True)
    ]
