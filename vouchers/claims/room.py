"""What limits leave to a claim: what was paid on its invoices, caps over levels, the voucher.

What an earlier draw took of an invoice, where it names several and says only the sum, may be all of
it: so much room is kept free. Money is integer fen; a limit that is reached leaves zero.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from typing import Final, NamedTuple

from ledger.events import VoucherDrawn
from ledger.money import allocate
from ledger.text import Text
from vouchers.case import Case, OtherFunding
from vouchers.catalogue import level_of
from vouchers.cited import Cited
from vouchers.claims.drawn import Vouchers, share_of
from vouchers.decision import Decision, Reason, missing_fact
from vouchers.exclusion import key_of
from vouchers.payer import list_bases
from vouchers.payments import sum_creditable
from vouchers.prepared import prepare
from vouchers.programme import Programme, Version, assume
from vouchers.treasury import JointCap
from vouchers.truth import Truth, same

_PAID: Final = assume(
    "各级补贴合计不超过实际支付金额", "all levels together never pay more than was paid"
)
_QUOTA: Final = assume(
    "兑付不超过当年已申领的额度", "no more is redeemed than was granted for the year"
)


class Asked(NamedTuple):
    """An eligible decision on a claim's purchases, the version that it applies, and the case."""

    programme: Programme
    version: Version
    decision: Decision
    case: Case

    @property
    def bases(self) -> dict[str, int]:
        """Return what the rate applies to of each invoice that counts."""
        found: dict[str, int] = {}
        for at, fen in list_bases(self.decision).items():
            invoice = (self.case.purchases or ())[at].invoice
            assert invoice is not None, at
            found[invoice] = found.get(invoice, 0) + fen
        return found

    @property
    def amount_fen(self) -> int:
        """Return what the programme alone would pay."""
        assert self.decision.amount_fen is not None, self.decision
        return self.decision.amount_fen


class Room(NamedTuple):
    """What a limit leaves, its code, how it is called, and the value with clause and grade."""

    left_fen: int
    code: str
    why: Text
    cited: Cited[object]


def list_rooms(asked: Asked, vouchers: Vouchers, beside: Sequence[Programme]) -> list[Room]:
    """Return every limit on a claim and what it leaves."""
    return [
        _under_paid(asked, vouchers),
        *_under_quota(asked, vouchers),
        *_under_caps(asked, vouchers, beside),
        *_under_ceilings(asked, vouchers, beside),
    ]


def share_out(asked: Asked, vouchers: Vouchers, amount_fen: int) -> tuple[tuple[str, int], ...]:
    """Return what of an amount is for each invoice: by base, no more than is free of each.

    The amount is one that `list_rooms` allows.
    """
    clipped = _clip(asked, vouchers)
    if not clipped:
        return ()
    parts = allocate(amount_fen, list(clipped.values()))
    return tuple(zip(clipped, parts, strict=True))


def find_open_funding(
    asked: Asked, vouchers: Vouchers, beside: Sequence[Programme]
) -> Iterator[Reason]:
    """Yield the facts without which a ceiling on all public money cannot be applied."""
    ceilings = list(_ceilings(asked, vouchers, beside))
    if not ceilings:
        return
    for i, given in enumerate(asked.case.other_funding):
        truth = _is_for_claim(given, asked)
        if truth is None or (truth and given.amount_fen is None):
            what = Text("其他财政资金的范围、对象或金额", "scope, ref or amount of the funding")
            yield missing_fact(f"other_funding[{i}]", what, ceilings[0].clause)


def _under_paid(asked: Asked, vouchers: Vouchers) -> Room:
    """Return what was paid on the invoices and no level has refunded yet."""
    free, clipped = _free(asked, vouchers), _clip(asked, vouchers)
    whole_fen = sum(free.values()) - sum(
        min(draw.amount_fen, sum(free.get(one, 0) for one in set(draw.invoices)))
        for draw in vouchers.drawn
        if len(draw.invoices) > 1 and not draw.parts_fen
    )
    left_fen = max(min(whole_fen, sum(clipped.values())), 0)
    why = Text("各级合计不得超过所付金额", "no more in all than was paid on the invoices")
    return Room(left_fen, "joint_limit", why, Cited(left_fen, _PAID, "A"))


def _free(asked: Asked, vouchers: Vouchers) -> dict[str, int]:
    """Return what was paid on each invoice that counts, without what is known to be refunded."""
    applied_on = asked.case.apply_on
    assert applied_on is not None, asked
    free = dict.fromkeys(asked.bases, 0)
    for one in asked.case.purchases or ():
        if one.invoice in free:
            free[one.invoice] += sum_creditable(one, date.min, applied_on).low
    return {
        invoice: max(fen - sum(share_of(one, invoice) or 0 for one in vouchers.drawn), 0)
        for invoice, fen in free.items()
    }


def _clip(asked: Asked, vouchers: Vouchers) -> dict[str, int]:
    """Return each invoice's share of what the programme alone pays, no more than is free of it."""
    bases, free = asked.bases, _free(asked, vouchers)
    if not bases:
        return {}
    parts = allocate(asked.amount_fen, list(bases.values()))
    return {one: min(part, free[one]) for one, part in zip(bases, parts, strict=True)}


def _under_quota(asked: Asked, vouchers: Vouchers) -> Iterator[Room]:
    year = asked.decision.year
    assert year is not None, asked.decision
    left_fen = vouchers.left_fen(asked.programme.id, year)
    if left_fen is None:
        return
    if (asked.programme.id, year) in vouchers.lapsed:
        why = Text(f"{year} 年度创新券已失效", f"the voucher of {year} has lapsed")
    else:
        why = Text(f"{year} 年度创新券余额", f"what is left of the voucher of {year}")
    cap = asked.version.yearly_cap_fen
    clause, grade = (cap.clause, cap.grade) if cap else (_QUOTA, "A")
    yield Room(left_fen, "quota", why, Cited(left_fen, clause, grade))


def _under_caps(asked: Asked, vouchers: Vouchers, beside: Sequence[Programme]) -> Iterator[Room]:
    """Yield the rooms under the cap over levels of the claim's own version, and of those drawn."""
    level = asked.programme.level
    for version in (asked.version, *_drawn_versions(asked, vouchers, beside)):
        cited = version.joint_cap
        if cited is None or level not in cited.value.levels:
            continue
        used = _used(asked, vouchers, beside, cited.value)
        why = Text("各级合计年度上限", "the yearly cap over levels")
        left_fen = max(cited.value.cap_fen - sum(used.values()), 0)
        yield Room(left_fen, "joint_cap", why, cited)
        for sub in cited.value.sub_caps:
            if sub.level == level:
                why = Text("本级分项上限", "the cap of its level")
                left_fen = max(sub.cap_fen - used.get(level, 0) - used.get("", 0), 0)
                yield Room(left_fen, "joint_cap", why, cited)


def _used(
    asked: Asked, vouchers: Vouchers, beside: Sequence[Programme], cap: JointCap
) -> dict[str, int]:
    """Return what the levels under a cap drew in the year; of no known level under no name."""
    levels = {one.id: one.level for one in (*beside, asked.programme)}
    used: dict[str, int] = {}
    for draw in vouchers.drawn:
        level = levels.get(draw.programme) or level_of(draw.programme) or ""
        if draw.year == asked.decision.year and (not level or level in cap.levels):
            used[level] = used.get(level, 0) + draw.amount_fen
    return used


def _drawn_versions(
    asked: Asked, vouchers: Vouchers, beside: Sequence[Programme]
) -> Iterator[Version]:
    """Yield the versions by which other programmes drew for the year."""
    hashes = {one.version for one in vouchers.drawn if one.year == asked.decision.year}
    for programme in beside:
        for version in programme.versions:
            if programme.id != asked.programme.id and prepare(programme, version).hash in hashes:
                yield version


def _under_ceilings(
    asked: Asked, vouchers: Vouchers, beside: Sequence[Programme]
) -> Iterator[Room]:
    """Yield what ceilings on all public money leave, other money for the invoices taken off."""
    bases = asked.bases
    other_fen = sum(_most_on(draw, bases) for draw in vouchers.drawn) + sum(
        one.amount_fen or 0 for one in asked.case.other_funding if _is_for_claim(one, asked)
    )
    why = Text("各类财政资金合计占比上限", "the share for all public money")
    for cited in _ceilings(asked, vouchers, beside):
        most_fen = int(cited.value * sum(bases.values()))
        yield Room(max(most_fen - other_fen, 0), "combined_ceiling", why, cited)


def _ceilings(
    asked: Asked, vouchers: Vouchers, beside: Sequence[Programme]
) -> Iterator[Cited[Fraction]]:
    for version in (asked.version, *_drawn_versions(asked, vouchers, beside)):
        if version.combined_ceiling is not None:
            yield version.combined_ceiling


def _most_on(draw: VoucherDrawn, bases: dict[str, int]) -> int:
    """Return the most that a draw may have taken of some invoices."""
    return draw.amount_fen if any(one in bases for one in draw.invoices) else 0


def _is_for_claim(given: OtherFunding, asked: Asked) -> Truth:
    """Return whether other money is for one of the purchases that count; an enterprise's is not."""
    scope = given.scope
    if scope == "enterprise":
        return False
    if scope is None:
        return None
    purchases = asked.case.purchases or ()
    counted = [purchases[at] for at in asked.decision.counted]
    truths = {same(given.ref, key_of(one, scope)) for one in counted}
    return True if True in truths else None if None in truths else False
