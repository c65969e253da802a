"""Which combination of programmes pays an enterprise most, and why each other one is out.

The levels do not simply add up: a version may rule out vouchers of other levels, and together they
never pay more than was paid. Where they would, the later of province, city, district is cut.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import combinations
from typing import Final, NamedTuple

from msgspec import Struct

from ledger.money import render_yuan, round_down
from ledger.text import Text
from vouchers.case import Case
from vouchers.decide import decide
from vouchers.decision import Decision, Reason
from vouchers.payments import sum_creditable
from vouchers.programme import NoEarlierVoucher, Programme, Version, assume

_JOINT_LIMIT: Final = assume(
    "各级补贴合计不超过实际支付金额", "all levels together never pay more than was paid"
)


class Plan(Struct, frozen=True, kw_only=True):
    """One combination: what each programme would pay in it, None while that is undetermined.

    The reason says why an unlawful combination is out, or what was cut from a lawful one.
    """

    programmes: tuple[str, ...]
    amounts_fen: tuple[int | None, ...]
    lawful: bool
    reason: Reason | None = None

    @property
    def total_fen(self) -> int | None:
        """Return the sum, None while an amount is undetermined."""
        known = [amount for amount in self.amounts_fen if amount is not None]
        return sum(known) if len(known) == len(self.amounts_fen) else None


class _Member(NamedTuple):
    programme: Programme
    decision: Decision
    version: Version | None


def plan(
    case: Case,
    programmes: Iterable[Programme],
    as_of: date | None = None,
    decided: Mapping[str, Decision] | None = None,
) -> tuple[Plan, ...]:
    """Return every combination of the programmes: lawful ones first, the best of them first.

    Plans that pay the same: fewer programmes, then the higher level, then the ids. `as_of` stands
    in for the case's day of application, as in `decide`. `decided` has decisions that are made
    already, by programme; the others are made here.
    """
    ordered = sorted(programmes, key=Programme.rank)
    known = decided or {}
    members = [_decide(one, case, as_of, known.get(one.id)) for one in ordered]
    applied_on = case.apply_on if as_of is None else as_of
    paid_fen = _paid(case, applied_on) if applied_on is not None else ()
    made = [
        (_combine(chosen, paid_fen), [member.programme.rank() for member in chosen])
        for size in range(1, len(members) + 1)
        for chosen in combinations(members, size)
    ]
    made.sort(key=lambda one: (not one[0].lawful, -(one[0].total_fen or 0), len(one[1]), one[1]))
    return tuple(one for one, _ in made)


def _decide(
    programme: Programme, case: Case, as_of: date | None, known: Decision | None
) -> _Member:
    """Return a programme with its decision and the version that was applied."""
    decision = known or decide(programme, case, as_of)
    applied = (one for one in programme.versions if one.id == decision.version)
    return _Member(programme, decision, next(applied, None))


def _paid(case: Case, applied_on: date) -> tuple[int, ...]:
    """Return what was paid on each purchase by the day of application, in fen."""
    purchases = case.purchases or ()
    return tuple([sum_creditable(one, date.min, applied_on).low for one in purchases])


def _combine(chosen: Sequence[_Member], paid_fen: Sequence[int]) -> Plan:
    ids = tuple(member.programme.id for member in chosen)
    out = next(_find_refusals(chosen), None)
    if out is not None:
        return Plan(programmes=ids, amounts_fen=(0,) * len(ids), lawful=False, reason=out)
    unclear = next(_find_unclear(chosen), None)
    if unclear is not None:
        amounts = tuple(member.decision.amount_fen for member in chosen)
        return Plan(programmes=ids, amounts_fen=amounts, lawful=False, reason=unclear)
    within, cut = _limit(chosen, paid_fen)
    return Plan(programmes=ids, amounts_fen=within, lawful=True, reason=cut)


def _find_refusals(chosen: Sequence[_Member]) -> Iterator[Reason]:
    """Yield what certainly rules the combination out."""
    for programme, decision, _ in chosen:
        if decision.status == "ineligible":
            first, name = decision.reasons[0], programme.name
            message = Text(
                f"{name.zh}不予支持：{first.message.zh}", f"{name.en}: {first.message.en}"
            )
            yield Reason("ineligible_member", message, first.clause)
    for member in chosen:
        for other in chosen:
            yield from _find_exclusion(member, other)


def _find_exclusion(member: _Member, other: _Member) -> Iterator[Reason]:
    """Yield the clause by which one member rules out the other for the same year."""
    cited = member.version.excludes() if member.version is not None else None
    if cited is None or member.decision.year != other.decision.year:
        return
    assert isinstance(cited.value, NoEarlierVoucher), cited
    if other.programme.level in cited.value.levels:
        name, excluded = member.programme.name, other.programme.name
        message = Text(
            f"同年度享受{excluded.zh}的企业不能再享受{name.zh}",
            f"with the {excluded.en} there is no {name.en} for the same year",
        )
        yield Reason("excluded_combination", message, cited.clause)


def _find_unclear(chosen: Sequence[_Member]) -> Iterator[Reason]:
    for programme, decision, _ in chosen:
        if decision.status == "undetermined":
            missing = [one for one in decision.reasons if one.code == "missing_fact"]
            zh = "；".join(one.message.zh for one in missing)
            en = "; ".join(one.message.en for one in missing)
            name = programme.name
            message = Text(f"{name.zh}尚不能认定：{zh}", f"{name.en} is undetermined: {en}")
            yield Reason("undetermined_member", message, missing[0].clause)


def _limit(
    chosen: Sequence[_Member], paid_fen: Sequence[int]
) -> tuple[tuple[int, ...], Reason | None]:
    """Return the amounts within what was paid, the later member cut, and the reason of a cut."""
    amounts: list[int] = []
    cut: Reason | None = None
    for i, member in enumerate(chosen):
        alone_fen = member.decision.amount_fen
        assert alone_fen is not None, member
        assert member.version is not None, member
        room_fen = _find_room(chosen[:i], amounts, member, paid_fen)
        if room_fen < alone_fen:
            room_fen = round_down(room_fen, member.version.rounding_unit_fen.value)
            cut = _explain_cut(member.programme, alone_fen, room_fen)
        amounts.append(min(alone_fen, room_fen))
    return tuple(amounts), cut


def _find_room(
    before: Sequence[_Member], amounts: Sequence[int], member: _Member, paid_fen: Sequence[int]
) -> int:
    """Return the fen that a member may still pay.

    It is tested with every subset of the earlier members, over the purchases that these count: a
    purchase that only some of them count leaves no room to the others.
    """
    rooms = []
    for size in range(len(before) + 1):
        for subset in combinations(range(len(before)), size):
            counted = set(member.decision.counted)
            counted.update(*(before[i].decision.counted for i in subset))
            paid = sum([paid_fen[i] for i in counted])
            rooms.append(paid - sum([amounts[i] for i in subset]))
    return max(min(rooms), 0)


def _explain_cut(programme: Programme, alone_fen: int, left_fen: int) -> Reason:
    name, alone, left = programme.name, render_yuan(alone_fen), render_yuan(left_fen)
    message = Text(
        f"合计不得超过实际支付金额，{name.zh}由 {alone} 元减为 {left} 元",
        f"{name.en} is cut from CNY {alone} to {left}: no more than was paid in all",
    )
    return Reason("joint_limit", message, _JOINT_LIMIT)
