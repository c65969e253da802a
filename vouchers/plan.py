"""Which combination of programmes pays an enterprise most, and why each other one is out.

The levels do not simply add up: a version may rule out vouchers of other levels, for the enterprise
or for a contract or project, and together they pay no more than `joint` allows. Where programmes
exclude each other by contract or project, a plan says which purchases each of them counts: those
with which the combination pays most. A programme that excludes none of the others, and that none of
them excludes, counts what it counts alone.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import combinations, islice, permutations
from typing import Final, NoReturn

from msgspec import Struct

from ledger.errors import InvalidInputError
from ledger.money import render_yuan
from ledger.text import Text
from vouchers.allocation import STATES_MAX, TRIALS_MAX
from vouchers.case import Case
from vouchers.decide import decide
from vouchers.decision import Decision, Reason
from vouchers.group import Effort, Group, Groups
from vouchers.joint import Limits, Member, Paid
from vouchers.pairing import Decided, pair_up
from vouchers.payer import make_payer, positions_in
from vouchers.programme import Programme

# Up to so many programmes every combination is listed, 1,023 of them. Of more, a combination that
# holds one that is out already is left out itself.
PROGRAMMES_MAX: Final = 10
COMBINATIONS_MAX: Final = 2_047

# What all searches of one call may cost together: they have equal parts of it, so that a thousand
# combinations take as long as ten. Then the best that are not proved are searched again, deeper.
STATES_ALL: Final = 60_000
_AGAIN: Final = 6


_DEEPER: Final = Effort(5_000, 5_000)


class Plan(Struct, frozen=True, kw_only=True):
    """One combination: what each programme would pay in it, None while that is undetermined.

    `counted` holds the positions of the purchases that each one counts. The reason says why an
    unlawful combination is out, or what was cut from a lawful one or shared in it. `proved` is
    False where the search for the best shares was cut short (`allocation.STATES_MAX`).
    """

    programmes: tuple[str, ...]
    amounts_fen: tuple[int | None, ...]
    lawful: bool
    reason: Reason | None = None
    counted: tuple[tuple[int, ...], ...]
    proved: bool = True

    @property
    def total_fen(self) -> int | None:
        """Return the sum, None while an amount is undetermined."""
        known = [amount for amount in self.amounts_fen if amount is not None]
        return sum(known) if len(known) == len(self.amounts_fen) else None


def plan(
    case: Case,
    programmes: Iterable[Programme],
    as_of: date | None = None,
    decided: Mapping[str, Decision] | None = None,
) -> tuple[Plan, ...]:
    """Return every combination of the programmes: lawful ones first, the best of them first.

    Plans that pay the same: fewer programmes, then the higher level, then the ids. `as_of` stands
    in for the case's day of application, as in `decide`; `decided` has decisions that are made
    already, by programme. Raises `InvalidInputError` (code
    `too_many_combinations`) where more than `COMBINATIONS_MAX` are lawful.
    """
    planner = _Planner(case, programmes, as_of, decided or {})
    chosen = planner.list_combinations()
    part = STATES_ALL // max(sum(1 for one in chosen if planner.groups.find(one)), 1)
    effort = Effort(min(STATES_MAX, part), min(TRIALS_MAX, part))
    made = {one: planner.combine(one, effort) for one in chosen}
    if part < _DEEPER.states_max:
        _search_again(planner, made)
    return tuple(made[one] for one in sorted(made, key=lambda one: _order(one, made[one])))


def _order(chosen: tuple[int, ...], made: Plan) -> tuple[bool, int, int, tuple[int, ...]]:
    """Return the key that puts the best plan first; `chosen` are places in the rank's order."""
    return not made.lawful, -(made.total_fen or 0), len(chosen), chosen


def _search_again(planner: "_Planner", made: dict[tuple[int, ...], Plan]) -> None:
    """Search the best plans that are not proved more deeply, while others do not overtake them."""
    done: set[tuple[int, ...]] = set()
    for _ in range(_AGAIN):
        loose = (one for one in made if not made[one].proved and one not in done)
        best = min(loose, key=lambda one: _order(one, made[one]), default=None)
        if best is None:
            return
        done.add(best)
        again = planner.combine(best, _DEEPER)
        if again.proved or (again.total_fen or 0) > (made[best].total_fen or 0):
            made[best] = again


class _Planner:
    """The decisions on one case, and what was found of the groups that share in it."""

    def __init__(
        self,
        case: Case,
        programmes: Iterable[Programme],
        as_of: date | None,
        known: Mapping[str, Decision],
    ) -> None:
        self.case = case
        self.decided = [
            Decided(one, known.get(one.id) or decide(one, case, as_of))
            for one in sorted(programmes, key=Programme.rank)
        ]
        self.pairing = pair_up(case, self.decided)
        self.members = {
            at: _make_member(one, case, as_of)
            for at, one in enumerate(self.decided)
            if one.decision.status == "eligible"
        }
        applied_on = case.apply_on if as_of is None else as_of
        self.limits = Limits(case, applied_on or date.min, self.members)
        self.asked = {at: list(self.limits.ask(at)) for at in self.members}
        self.groups = Groups(case, self.members, self.pairing.divided, self.limits)

    def list_combinations(self) -> list[tuple[int, ...]]:
        """Return the combinations to look at, as places of programmes in their order."""
        places = range(len(self.decided))
        if len(places) <= PROGRAMMES_MAX:
            return [one for size in places for one in combinations(places, size + 1)]
        singles = [(at,) for at in places if at not in self.members]
        grown = list(islice(self._grow((), 0), COMBINATIONS_MAX + 1))
        if len(grown) > COMBINATIONS_MAX:
            _refuse_number(COMBINATIONS_MAX)
        return [*singles, *grown]

    def combine(self, chosen: tuple[int, ...], effort: Effort) -> Plan:
        """Return the plan of one combination."""
        out = next(self._find_refusals(chosen), None)
        if out is not None:
            return self._refuse(chosen, (0,) * len(chosen), out)
        unclear = next(self._find_unclear(chosen), None)
        if unclear is not None:
            amounts = tuple(self.decided[at].decision.amount_fen for at in chosen)
            return self._refuse(chosen, amounts, unclear)
        groups = [self.groups.share(places, effort) for places in self.groups.find(chosen)]
        for group in groups:
            if group.found is None:
                reason = self.groups.cite(group.places)._replace(code="excluded_combination")
                return self._refuse(chosen, (0,) * len(chosen), reason)
        return self._settle(chosen, groups, effort)

    def _grow(self, chosen: tuple[int, ...], start: int) -> Iterator[tuple[int, ...]]:
        """Yield eligible programmes with ever more beside them, and the pairs that are out."""
        for at in range(start, len(self.decided)):
            if at not in self.members:
                continue
            out = any(
                (at, one) in self.pairing.barred or (one, at) in self.pairing.barred
                for one in chosen
            )
            if not out:
                yield (*chosen, at)
                yield from self._grow((*chosen, at), at + 1)
            elif len(chosen) == 1:
                yield (*chosen, at)

    def _find_refusals(self, chosen: tuple[int, ...]) -> Iterator[Reason]:
        """Yield what certainly rules the combination out."""
        for programme, decision in (self.decided[at] for at in chosen):
            if decision.status == "ineligible":
                first, name = decision.reasons[0], programme.name
                message = Text(
                    f"{name.zh}不予支持：{first.message.zh}", f"{name.en}: {first.message.en}"
                )
                yield Reason("ineligible_member", message, first.clause)
        if self.pairing.barred:
            for pair in permutations(chosen, 2):
                if pair in self.pairing.barred:
                    yield self.pairing.barred[pair]

    def _find_unclear(self, chosen: tuple[int, ...]) -> Iterator[Reason]:
        for programme, decision in (self.decided[at] for at in chosen):
            if decision.status == "undetermined":
                missing = [one for one in decision.reasons if one.code == "missing_fact"]
                yield _explain_unclear(programme, missing)
        if self.pairing.unclear:
            for pair in permutations(chosen, 2):
                if pair in self.pairing.unclear:
                    yield self.pairing.unclear[pair]
        for at in chosen:
            if self.asked[at]:
                yield _explain_unclear(self.decided[at].programme, self.asked[at])

    def _refuse(
        self, chosen: tuple[int, ...], amounts_fen: tuple[int | None, ...], reason: Reason
    ) -> Plan:
        return Plan(
            programmes=self._name(chosen),
            amounts_fen=amounts_fen,
            lawful=False,
            reason=reason,
            counted=((),) * len(chosen),
        )

    def _name(self, chosen: Iterable[int]) -> tuple[str, ...]:
        return tuple(self.decided[at].programme.id for at in chosen)

    def _settle(self, chosen: tuple[int, ...], groups: list[Group], effort: Effort) -> Plan:
        """Return a lawful plan: what each one counts, and what limits leave of its amount."""
        parts = {at: self.members[at].payer.counted for at in chosen}
        for group in groups:
            if group.found is not None:
                parts.update(zip(group.places, group.found.parts, strict=True))
        most_fen = None
        if groups:
            parts, most_fen = self.groups.improve(parts, groups, effort.trials_max)
        paid = self.limits.pay(tuple(parts.items()))
        return Plan(
            programmes=self._name(chosen),
            amounts_fen=paid.amounts_fen,
            lawful=True,
            reason=self._explain(parts, [group.places for group in groups], paid, most_fen),
            counted=tuple(tuple(positions_in(part)) for part in parts.values()),
            proved=most_fen is None,
        )

    def _explain(
        self, parts: dict[int, int], groups: list[tuple[int, ...]], paid: Paid, most_fen: int | None
    ) -> Reason | None:
        """Return what was cut, or else who counts what where programmes share; None otherwise."""
        reason = paid.cut
        if reason is None and groups:
            reason = self.groups.cite(groups[0])
            zh, en = reason.message
            for at in (one for places in groups for one in places):
                name = self.decided[at].programme.name
                numbers = [str(one + 1) for one in positions_in(parts[at])]
                zh = f"{zh}；{name.zh}计入第 {'、'.join(numbers)} 项采购"
                en = f"{en}; {name.en} counts purchases {', '.join(numbers)}"
            reason = reason._replace(message=Text(zh, en))
        if reason is None or most_fen is None:
            return reason
        (zh, en), most = reason.message, render_yuan(most_fen)
        message = Text(
            f"{zh}；可能的分法过多，未能证明没有更优的（最多 {most} 元）",
            f"{en}; too many ways to share for a proof that none pays more (at most CNY {most})",
        )
        return reason._replace(message=message)


def _make_member(decided: Decided, case: Case, as_of: date | None) -> Member:
    programme, decision = decided
    version = programme.version_of(decision.version)
    assert version is not None, decision
    assert decision.year is not None, decision
    return Member(programme, version, decision.year, make_payer(programme, case, decision, as_of))


def _explain_unclear(programme: Programme, missing: list[Reason]) -> Reason:
    zh = "；".join(one.message.zh for one in missing)
    en = "; ".join(one.message.en for one in missing)
    name = programme.name
    message = Text(f"{name.zh}尚不能认定：{zh}", f"{name.en} is undetermined: {en}")
    return Reason("undetermined_member", message, missing[0].clause)


def _refuse_number(number: int) -> NoReturn:
    raise InvalidInputError(
        "too_many_combinations",
        Text(
            f"可以组合的方案超过 {number} 个",
            f"more than {number} combinations would have to be shown",
        ),
        Text("请用 --programme 只选相关的项目", "name the programmes that matter with --programme"),
    )
