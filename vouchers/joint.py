"""What programmes pay together: no more than was paid, than joint caps and ceilings allow.

Members pay in the order province, city, district, so that the later one is cut. What was paid
limits everybody. A cap over several levels and a ceiling on all public money are values of one
version: they cut its own programme and those after it, never one before it. What a member may pay
is tested with every set of the members before it, over the purchases that these count: a purchase
that only some of them count leaves no room to the others.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Final, NamedTuple

from ledger.money import render_yuan, round_down
from ledger.text import Text
from vouchers.case import Case, Earlier, OtherFunding, Purchase
from vouchers.catalogue import level_of
from vouchers.decision import Reason, missing_fact
from vouchers.exclusion import key_of
from vouchers.payer import Payer, mask_of, positions_in
from vouchers.payments import sum_creditable
from vouchers.programme import Cited, Level, Programme, Version, assume
from vouchers.treasury import JointCap
from vouchers.truth import Truth, same

_PAID: Final = assume(
    "各级补贴合计不超过实际支付金额", "all levels together never pay more than was paid"
)


_UNDER_PAID: Final = Text("合计不得超过实际支付金额", "no more than was paid in all")


class Member(NamedTuple):
    """An eligible programme in its year, and what it pays."""

    programme: Programme
    version: Version
    year: int
    payer: Payer


class Paid(NamedTuple):
    """What the members pay, in their order, and the reason of the last cut."""

    amounts_fen: tuple[int, ...]
    cut: Reason | None


class _Room(NamedTuple):
    """What a limit leaves to a member, and how it is called when it cuts."""

    left_fen: int
    code: str
    why: Text
    clause: Text


class Limits:
    """The limits on one case; every amount found is kept, for plans share their beginnings."""

    def __init__(self, case: Case, applied_on: date, members: Mapping[int, Member]) -> None:
        self._case = case
        self._members = members
        self._levels = {one.programme.id: one.programme.level for one in members.values()}
        self._creditable = {
            at: sum_creditable(one, date.min, applied_on).low
            for at, one in enumerate(case.purchases or ())
        }
        self._others = [
            (mask_of(at for at, one in enumerate(case.purchases or ()) if _is_for(given, one)), fen)
            for given in case.other_funding
            if (fen := given.amount_fen) is not None
        ]
        self._others_bind = any(
            one.version.joint_cap or one.version.combined_ceiling for one in members.values()
        )
        self._known: dict[tuple[tuple[int, int], ...], Paid] = {}
        self._sums: dict[int, int] = {}

    def pay(self, holdings: tuple[tuple[int, int], ...]) -> Paid:
        """Return what members pay on their parts: `(member, part)` in the members' order."""
        if not holdings:
            return Paid((), None)
        if holdings not in self._known:
            before = self.pay(holdings[:-1])
            self._known[holdings] = self._add(before, holdings)
        return self._known[holdings]

    def paid_on(self, mask: int) -> int:
        """Return the fen that were paid on purchases, as far as they can be refunded at all."""
        return self._sum(mask)

    def most(self, chosen: Sequence[int]) -> int:
        """Return a bound, in fen, of what members can pay together on all that they count."""
        counted, whole = 0, 0
        for at in chosen:
            counted |= self._members[at].payer.counted
            whole += self._members[at].payer.whole_fen
        least = min(whole, self._sum(counted))
        for at in chosen:
            cap = self._members[at].version.joint_cap
            if cap is not None:
                bound = [one for one in chosen if one >= at and self._is_under(at, one, cap.value)]
                left = max(cap.value.cap_fen - sum(self._used(at, cap.value).values()), 0)
                rest = sum(self._members[one].payer.whole_fen for one in chosen if one not in bound)
                least = min(least, left + rest)
        return least

    def ask(self, at: int) -> Iterator[Reason]:
        """Yield the facts without which the cap and the ceiling of a member cannot be applied."""
        version = self._members[at].version
        if version.joint_cap is not None:
            yield from self._ask_for_earlier(at, version.joint_cap)
        if version.combined_ceiling is not None:
            yield from self._ask_for_funding(at, version.combined_ceiling)

    def _add(self, before: Paid, holdings: tuple[tuple[int, int], ...]) -> Paid:
        """Return what is paid once the last of the holdings is added to what was paid before."""
        at, part = holdings[-1]
        member = self._members[at]
        alone_fen = member.payer.pay(part)
        held = [(mask, fen) for (_, mask), fen in zip(holdings, before.amounts_fen, strict=False)]
        room_fen = _find_room(part, held, self._sum, alone_fen)
        least = _Room(room_fen, "joint_limit", _UNDER_PAID, _PAID)
        if self._others_bind:
            caps = self._rooms_under_caps(before, holdings)
            ceilings = self._room_under_ceilings(held, holdings, alone_fen)
            least = min((least, *caps, *ceilings), key=lambda one: one.left_fen)
        if least.left_fen >= alone_fen:
            return Paid((*before.amounts_fen, alone_fen), before.cut)
        unit_fen = member.version.rounding_unit_fen.value
        left_fen = round_down(max(least.left_fen, 0), unit_fen)
        cut = _explain_cut(member.programme, alone_fen, left_fen, least)
        return Paid((*before.amounts_fen, left_fen), cut)

    def _rooms_under_caps(
        self, before: Paid, holdings: tuple[tuple[int, int], ...]
    ) -> Iterator[_Room]:
        """Yield the rooms under the caps of the last member and of those before it."""
        last = holdings[-1][0]
        level = self._members[last].programme.level
        for at, _ in holdings:
            cited = self._members[at].version.joint_cap
            if cited is None or not self._is_under(at, last, cited.value):
                continue
            used = self._used(at, cited.value)
            for (one, _), fen in zip(holdings, before.amounts_fen, strict=False):
                if self._is_under(at, one, cited.value):
                    other = self._members[one].programme.level
                    used[other] = used.get(other, 0) + fen
            left_fen = cited.value.cap_fen - sum(used.values())
            why = Text("各级合计不得超过年度上限", "no more than the yearly cap over levels")
            yield _Room(left_fen, "joint_cap", why, cited.clause)
            for sub in cited.value.sub_caps:
                if sub.level == level:
                    left_fen = sub.cap_fen - used.get(level, 0)
                    why = Text("不得超过本级分项上限", "no more than the cap of its level")
                    yield _Room(left_fen, "joint_cap", why, cited.clause)

    def _room_under_ceilings(
        self,
        held: Sequence[tuple[int, int]],
        holdings: tuple[tuple[int, int], ...],
        asked_fen: int,
    ) -> Iterator[_Room]:
        """Yield the room under the ceilings of the last member and of those before it."""
        amounts: dict[int, int | Fraction] = {**self._creditable}
        strictest = None
        for at, part in holdings:
            cited = self._members[at].version.combined_ceiling
            if cited is not None:
                if strictest is None or cited.value < strictest.value:
                    strictest = cited
                for purchase in positions_in(part):
                    ceiling = cited.value * self._members[at].payer.bases[purchase]
                    amounts[purchase] = min(amounts[purchase], ceiling)
        if strictest is None:
            return
        held = [*self._others, *held]
        room = _find_room(
            holdings[-1][1],
            held,
            lambda mask: sum((amounts[at] for at in positions_in(mask)), Fraction(0)),
            asked_fen,
        )
        why = Text(
            "各类财政资金合计不得超过规定比例", "no more than the share for all public money"
        )
        yield _Room(room, "combined_ceiling", why, strictest.clause)

    def _sum(self, mask: int) -> int:
        if mask not in self._sums:
            self._sums[mask] = sum([self._creditable[at] for at in positions_in(mask)])
        return self._sums[mask]

    def _is_under(self, at: int, other: int, cap: JointCap) -> bool:
        """Return whether a member's cap counts another member."""
        year = self._members[at].year
        return (
            self._members[other].programme.level in cap.levels and self._members[other].year == year
        )

    def _level_of(self, programme_id: str | None) -> Level | None:
        known = self._levels.get(programme_id or "")
        return known if known is not None else level_of(programme_id)

    def _used(self, at: int, cap: JointCap) -> dict[str, int]:
        """Return what the levels under a cap had before in its year: claimed or redeemed."""
        claimed: dict[str, list[int]] = {}
        for entry in self._case.earlier:
            if entry.year == self._members[at].year and entry.programme is not None:
                sums = claimed.setdefault(entry.programme, [0, 0])
                sums[0] += entry.claimed_fen or 0
                sums[1] += entry.redeemed_fen or 0
        used: dict[str, int] = {}
        for programme, sums in claimed.items():
            level = self._level_of(programme)
            if level is not None and level in cap.levels:
                used[level] = used.get(level, 0) + max(sums)
        return used

    def _ask_for_earlier(self, at: int, cited: Cited[JointCap]) -> Iterator[Reason]:
        for i, entry in enumerate(self._case.earlier):
            if same(entry.year, self._members[at].year) is False:
                continue
            level = self._level_of(entry.programme)
            if level is not None and level not in cited.value.levels:
                continue
            if level is None or _lacks(entry):
                what = Text("以往创新券的项目、年度或金额", "a fact about an earlier voucher")
                yield missing_fact(f"earlier[{i}]", what, cited.clause)

    def _ask_for_funding(self, at: int, cited: Cited[Fraction]) -> Iterator[Reason]:
        purchases = self._case.purchases or ()
        counted = [purchases[one] for one in positions_in(self._members[at].payer.counted)]
        for i, given in enumerate(self._case.other_funding):
            truths = [_match(given, one) for one in counted]
            if None in truths or (True in truths and given.amount_fen is None):
                what = Text("其他财政资金的范围、对象或金额", "scope, ref or amount of the funding")
                yield missing_fact(f"other_funding[{i}]", what, cited.clause)


def _lacks(entry: Earlier) -> bool:
    return None in (entry.year, entry.claimed_fen, entry.redeemed_fen)


def _is_for(given: OtherFunding, purchase: Purchase) -> bool:
    return _match(given, purchase) is True


def _match(given: OtherFunding, purchase: Purchase) -> Truth:
    """Return whether other money is for a purchase; what an enterprise gets for itself is not."""
    match given.scope:
        case None:
            return None
        case "enterprise":
            return False
        case scope:
            return same(given.ref, key_of(purchase, scope))


def _find_room(
    part: int,
    held: Sequence[tuple[int, int]],
    capacity: Callable[[int], int | Fraction],
    asked_fen: int,
) -> int:
    """Return the whole fen that can still be laid on a part, after what others hold.

    Enough room for what is asked may be given as less than it is. Of the sets of others only those
    matter that touch the part, directly or through others, and that leave out nobody whose
    purchases they cover.
    """
    least = int(capacity(part)) - sum(amount_fen for _, amount_fen in held)
    if least >= asked_fen:
        return least
    inside_fen, outside = 0, dict[int, int]()
    for mask, amount_fen in _find_touching(part, held):
        beyond = mask & ~part
        if not beyond:
            inside_fen += amount_fen
        elif amount_fen:
            outside[beyond] = outside.get(beyond, 0) + amount_fen
    unions = {0}
    for mask in outside:
        unions |= {one | mask for one in unions}
    room = min(
        capacity(part | one) - sum(fen for mask, fen in outside.items() if not mask & ~one)
        for one in unions
    )
    return max(int(room) - inside_fen, 0) if room > 0 else 0


def _find_touching(part: int, held: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return who holds a purchase of the part, or one of somebody who does, and so on."""
    reach, before = part, 0
    while reach != before:
        before = reach
        for mask, _ in held:
            if mask & reach:
                reach |= mask
    return [one for one in held if one[0] & reach]


def _explain_cut(programme: Programme, alone_fen: int, left_fen: int, room: _Room) -> Reason:
    name, alone, left = programme.name, render_yuan(alone_fen), render_yuan(left_fen)
    message = Text(
        f"{room.why.zh}，{name.zh}由 {alone} 元减为 {left} 元",
        f"{name.en} is cut from CNY {alone} to {left}: {room.why.en}",
    )
    return Reason(room.code, message, room.clause)
