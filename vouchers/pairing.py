"""Which two programmes of a case exclude each other, and over what."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from typing import NamedTuple

from ledger.text import Text
from vouchers.application import Line
from vouchers.case import Case
from vouchers.decision import Decision, Reason
from vouchers.exclusion import SCOPES, Exclusion, Scope, key_of, list_exclusions, scope_of
from vouchers.programme import Programme
from vouchers.spend import ask

Pair = tuple[int, int]
"""The place of the programme whose clause it is, and that of the other one."""


class Decided(NamedTuple):
    """A programme with its decision on the case."""

    programme: Programme
    decision: Decision


class Divide(NamedTuple):
    """Two programmes never count the same contract (project), by the clause of the reason."""

    scope: Scope
    reason: Reason


class Pairing(NamedTuple):
    """What stands between programmes: out together, never on one contract, not known which."""

    barred: Mapping[Pair, Reason]
    divided: Mapping[Pair, tuple[Divide, ...]]
    unclear: Mapping[Pair, Reason]


def pair_up(case: Case, decided: Sequence[Decided]) -> Pairing:
    """Return what stands between each two programmes; of two clauses that bar, the first one."""
    barred: dict[Pair, Reason] = {}
    divided: dict[Pair, tuple[Divide, ...]] = {}
    unclear: dict[Pair, Reason] = {}
    for pair in permutations(range(len(decided)), 2):
        one, other = decided[pair[0]], decided[pair[1]]
        for exclusion in _find_exclusions(one, other):
            scope = scope_of(exclusion.rule)
            if scope is None:
                if one.decision.year == other.decision.year:
                    barred.setdefault(pair, _explain_bar(exclusion, one, other))
                continue
            asked = _ask_for_keys(case, one, other, exclusion, scope)
            if asked is not None:
                unclear.setdefault(pair, asked)
            elif _meet(case, one.decision, other.decision, scope):
                divide = Divide(scope, _explain_divide(exclusion, scope, one, other))
                divided[pair] = (*divided.get(pair, ()), divide)
    return Pairing(barred, divided, unclear)


def _find_exclusions(one: Decided, other: Decided) -> Iterator[Exclusion]:
    """Yield the clauses by which one programme rules out another one of its excluded levels."""
    version = one.programme.version_of(one.decision.version)
    for exclusion in list_exclusions(version) if version is not None else ():
        if other.programme.level in exclusion.rule.levels:
            yield exclusion


def _meet(case: Case, one: Decision, other: Decision, scope: Scope) -> bool:
    """Return whether two decisions count purchases of the same contract (project)."""
    purchases = case.purchases or ()
    keys = {key_of(purchases[at], scope) for at in one.counted}
    return any(key_of(purchases[at], scope) in keys for at in other.counted)


def _ask_for_keys(
    case: Case, one: Decided, other: Decided, exclusion: Exclusion, scope: Scope
) -> Reason | None:
    """Return what to supply when nobody knows whether two count the same contract (project)."""
    counted = sorted({*one.decision.counted, *other.decision.counted})
    if not one.decision.counted or not other.decision.counted or len(counted) == 1:
        return None
    for at in counted:
        line = Line(at, (case.purchases or ())[at])
        if key_of(line.purchase, scope) is None:
            missing = ask(line, scope, exclusion.clause)
            name, rival, why = one.programme.name, other.programme.name, missing.message
            message = Text(
                f"{name.zh}与{rival.zh}如何分开尚不能认定：{why.zh}",
                f"how {name.en} and {rival.en} share is undetermined: {why.en}",
            )
            return Reason("undetermined_member", message, exclusion.clause)
    return None


def _explain_bar(exclusion: Exclusion, one: Decided, other: Decided) -> Reason:
    name, excluded = one.programme.name, other.programme.name
    message = Text(
        f"同年度享受{excluded.zh}的企业不能再享受{name.zh}",
        f"with the {excluded.en} there is no {name.en} for the same year",
    )
    return Reason("excluded_combination", message, exclusion.clause)


def _explain_divide(exclusion: Exclusion, scope: Scope, one: Decided, other: Decided) -> Reason:
    name, excluded, what = one.programme.name, other.programme.name, SCOPES[scope]
    message = Text(
        f"享受{excluded.zh}的{what.zh}不能再享受{name.zh}",
        f"a {what.en} with the {excluded.en} gets no {name.en}",
    )
    return Reason("shared_out", message, exclusion.clause)
