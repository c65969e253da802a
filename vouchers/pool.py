"""A pool that does not last: what each claim gets of it, and why.

By order of application or of contract signing each claim is served in full until the pool is used
up; the one that reaches its end gets what is left, in whole units. Pro rata all get the same part
of what they ask, in whole units, and the units that rounding leaves go to the largest remainders. A
pool that lasts pays every claim in full, whatever the order.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final, NamedTuple

from ledger.money import allocate, render_yuan, round_down
from ledger.text import Text
from vouchers.decision import Reason, Step, Unit
from vouchers.programme import Cited
from vouchers.treasury import PoolOrder

_LAST: Final = date.max


class PoolClaim(NamedTuple):
    """A claim on a pool; `received` numbers the claims as they came in, for days that are equal."""

    id: str
    amount_fen: int
    applied_on: date
    received: int
    signed_on: date | None = None


class _Queue(NamedTuple):
    """A pool and the claims on it, in the order in which they are served."""

    pool_fen: int
    claims: tuple[PoolClaim, ...]
    order: Cited[PoolOrder]
    unit: Cited[int]

    def serve(self, claim: PoolClaim, before_fen: int) -> int:
        """Return what a claim gets after others: all of it, or what is left in whole units."""
        left_fen = max(self.pool_fen - before_fen, 0)
        return min(claim.amount_fen, round_down(left_fen, self.unit.value))

    def lacks_place(self, claim: PoolClaim) -> bool:
        """Return whether nobody knows where a claim stands."""
        return self.order.value == "signing" and claim.signed_on is None


class PoolShare(NamedTuple):
    """What a claim gets, None while a fact is missing, with the computation and the reasons."""

    id: str
    amount_fen: int | None
    steps: tuple[Step, ...]
    reasons: tuple[Reason, ...]


def share_pool(
    pool_fen: int, claims: Iterable[PoolClaim], order: Cited[PoolOrder], unit: Cited[int]
) -> tuple[PoolShare, ...]:
    """Return what each claim gets of a pool, in the order in which they are served.

    `unit` is the version's unit of the refund, of which every claim is a multiple. Together the
    shares never pass the pool. A contract whose day of signing is unknown has no place in the line:
    who gets the same wherever it stands has an amount, others wait for the fact.
    """
    line = tuple(sorted(claims, key=lambda one: _place(one, order.value)))
    assert pool_fen >= 0, pool_fen
    assert all(one.amount_fen % unit.value == 0 for one in line), unit
    queue = _Queue(pool_fen, line, order, unit)
    if order.value == "pro_rata":
        return _serve_together(queue)
    return tuple(_serve_in_turn(queue, at) for at in range(len(line)))


def _place(claim: PoolClaim, order: PoolOrder) -> tuple[date, date, int]:
    signed_on = (claim.signed_on or _LAST) if order == "signing" else claim.applied_on
    return signed_on, claim.applied_on, claim.received


def _serve_together(queue: _Queue) -> tuple[PoolShare, ...]:
    """Return the shares pro rata: whole units by the largest remainder, the earlier claim first."""
    asked, unit, order = [one.amount_fen for one in queue.claims], queue.unit, queue.order
    amounts = asked
    if sum(asked) > queue.pool_fen:
        weights = [amount // unit.value for amount in asked]
        parts = allocate(queue.pool_fen // unit.value, weights)
        amounts = [part * unit.value for part in parts]
    premises = (
        _step(Text("资金余额", "left in the pool"), queue.pool_fen, order),
        _step(Text("全部申请合计", "asked by all"), sum(asked), order),
    )
    return tuple(
        _grant(queue, claim, amount, premises)
        for claim, amount in zip(queue.claims, amounts, strict=True)
    )


def _serve_in_turn(queue: _Queue, at: int) -> PoolShare:
    """Return a claim's share with every loose claim before it and with none: both must agree."""
    claim, line = queue.claims[at], queue.claims
    loose = [one for one in line if queue.lacks_place(one)]
    if queue.lacks_place(claim):
        first, last = 0, sum(one.amount_fen for one in line) - claim.amount_fen
    else:
        first = sum(one.amount_fen for one in line[:at])
        last = first + sum(one.amount_fen for one in loose)
    most, least = queue.serve(claim, first), queue.serve(claim, last)
    if most != least:
        asked = [claim] if queue.lacks_place(claim) else loose
        return _wait(queue, claim, (least, most), asked)
    if first != last:
        return _grant(queue, claim, least, ())
    left_fen = max(queue.pool_fen - first, 0)
    premises = (
        _step(Text("兑付顺序", "place in the line"), at + 1, queue.order, "number"),
        _step(Text("轮到时资金余额", "left in the pool by then"), left_fen, queue.order),
    )
    return _grant(queue, claim, least, premises)


def _grant(
    queue: _Queue, claim: PoolClaim, amount_fen: int, premises: tuple[Step, ...]
) -> PoolShare:
    steps = (
        _step(Text("申请金额", "amount asked"), claim.amount_fen, queue.order),
        *premises,
        _step(Text("金额单位", "unit of the refund"), queue.unit.value, queue.unit),
        _step(Text("本次兑付", "paid out of the pool"), amount_fen, queue.order),
    )
    return PoolShare(claim.id, amount_fen, steps, _explain(claim, amount_fen, queue.order))


def _wait(
    queue: _Queue, claim: PoolClaim, bounds: tuple[int, int], asked: Iterable[PoolClaim]
) -> PoolShare:
    """Return the share of a claim whose amount depends on days of signing that are unknown."""
    ids, order = [one.id for one in asked], queue.order
    message = Text(
        f"缺少 {'、'.join(ids)} 的合同签订日期", f"missing: the day of signing of {', '.join(ids)}"
    )
    steps = (
        _step(Text("申请金额", "amount asked"), claim.amount_fen, order),
        _step(Text("最低可能金额", "at least"), bounds[0], order),
        _step(Text("最高可能金额", "at most"), bounds[1], order),
    )
    return PoolShare(claim.id, None, steps, (Reason("missing_fact", message, order.clause),))


def _explain(claim: PoolClaim, amount_fen: int, order: Cited[PoolOrder]) -> tuple[Reason, ...]:
    if amount_fen == claim.amount_fen:
        return ()
    asked, given = render_yuan(claim.amount_fen), render_yuan(amount_fen)
    if not amount_fen:
        message = Text(
            f"资金已用完，申请的 {asked} 元未能兑付", f"the pool is used up: none of CNY {asked}"
        )
        return (Reason("pool_exhausted", message, order.clause),)
    message = Text(
        f"资金不足，{asked} 元中兑付 {given} 元", f"the pool does not last: {given} of CNY {asked}"
    )
    return (Reason("pool_short", message, order.clause),)


def _step(what: Text, value: int, cited: Cited[object], unit: Unit = "fen") -> Step:
    return Step(what, value, unit, cited.clause, cited.grade)
