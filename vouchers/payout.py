"""From what was spent to what is paid: rate, headroom, rounding, floor, each as a printed step."""

from fractions import Fraction
from typing import NamedTuple

from ledger.money import FEN_MAX, render_yuan, round_down
from ledger.text import Text
from vouchers.condition import Application, same_year_vouchers
from vouchers.decision import Reason, Step, missing_fact
from vouchers.programme import Cited, Version
from vouchers.spend import Span
from vouchers.truth import same


class Payout(NamedTuple):
    """What a base comes to: payable or not, fen, how, and why it is nothing when it is."""

    payable: bool
    amount_fen: int
    steps: tuple[Step, ...]
    reasons: tuple[Reason, ...]


def pay(version: Version, base_fen: int, headroom_fen: int) -> Payout:
    """Return what a version pays on a base under the year's headroom, all in fen.

    Neither more spend nor more headroom ever pays less.
    """
    raw = version.rate.value * base_fen
    capped = min(raw, Fraction(headroom_fen))
    amount_fen = round_down(capped, version.rounding_unit_fen.value)
    steps = (
        *_steps_of_rate(version, base_fen, raw),
        _step(
            Text("当年剩余额度", "headroom left this year"), headroom_fen, version.yearly_cap_fen
        ),
        _step(Text("不超过剩余额度", "within the headroom"), capped, version.yearly_cap_fen),
        *_steps_of_rounding(version, amount_fen),
    )
    if headroom_fen == 0:
        return Payout(payable=True, amount_fen=0, steps=steps, reasons=(_cap_used_up(version),))
    floor = version.claim_floor_fen
    if floor is not None and amount_fen < floor.value:
        reason = _below_floor(floor, amount_fen)
        return Payout(payable=False, amount_fen=0, steps=steps, reasons=(reason,))
    reasons = () if amount_fen else (_rounds_to_nothing(version),)
    return Payout(payable=True, amount_fen=amount_fen, steps=steps, reasons=reasons)


def find_headroom(
    version: Version, programme_id: str, application: Application
) -> tuple[Span, tuple[Reason, ...]]:
    """Return what is left of the yearly cap, and the facts that would make it exact.

    The cap binds what was claimed and what was redeemed, so the larger of the two counts.
    """
    clause, cap_fen = version.yearly_cap_fen.clause, version.yearly_cap_fen.value
    claimed, redeemed, missing = Span(0, 0), Span(0, 0), []
    for i, entry, of_year in same_year_vouchers(application):
        own = same(entry.programme, programme_id)
        if own is False:
            continue
        certain = bool(own and of_year)
        claimed = _add(claimed, entry.claimed_fen, certain=certain)
        redeemed = _add(redeemed, entry.redeemed_fen, certain=certain)
        if not certain or None in (entry.claimed_fen, entry.redeemed_fen):
            what = Text(
                "以往申领的项目、年度或金额", "programme, year or amounts of an earlier voucher"
            )
            missing.append(missing_fact(f"earlier[{i}]", what, clause))
    least, most = max(claimed.low, redeemed.low), max(claimed.high, redeemed.high)
    return Span(max(cap_fen - most, 0), max(cap_fen - least, 0)), tuple(missing)


def _cap_used_up(version: Version) -> Reason:
    message = Text("当年额度已用完", "the yearly cap is used up")
    return Reason("cap_used_up", message, version.yearly_cap_fen.clause)


def _below_floor(floor: Cited[int], amount_fen: int) -> Reason:
    asked, least = render_yuan(amount_fen), render_yuan(floor.value)
    message = Text(
        f"申请金额 {asked} 元，低于单笔下限 {least} 元",
        f"CNY {asked} is below the least claim of CNY {least}",
    )
    return Reason("below_claim_floor", message, floor.clause)


def _rounds_to_nothing(version: Version) -> Reason:
    unit = render_yuan(version.rounding_unit_fen.value)
    message = Text(
        f"不足一个金额单位（{unit} 元）", f"less than one unit of CNY {unit}, rounded down"
    )
    return Reason("rounds_to_nothing", message, version.rounding_unit_fen.clause)


def _add(total: Span, amount_fen: int | None, *, certain: bool) -> Span:
    low = amount_fen if certain and amount_fen is not None else 0
    high = FEN_MAX if amount_fen is None else amount_fen
    return Span(total.low + low, total.high + high)


def _steps_of_rate(version: Version, base_fen: int, raw: Fraction) -> tuple[Step, ...]:
    tax = version.tax
    return (
        _step(Text("计算基数合计", "base"), base_fen, version.base),
        Step(Text("基数是否含税", "tax in the base"), tax.value, "switch", tax.clause, tax.grade),
        _step(Text("支持比例", "rate"), version.rate.value, version.rate, "ratio"),
        _step(Text("基数乘以比例", "base times rate"), raw, version.rate),
    )


def _steps_of_rounding(version: Version, amount_fen: int) -> tuple[Step, ...]:
    unit, direction = version.rounding_unit_fen, version.rounding_direction
    down = Text("舍去不足一个单位的部分", "the rest of a unit is dropped")
    steps = (
        _step(Text("金额单位", "unit of the refund"), unit.value, unit),
        _step(down, amount_fen, direction),
    )
    floor = version.claim_floor_fen
    if floor is None:
        return steps
    return (*steps, _step(Text("单笔申请下限", "least claim"), floor.value, floor))


def _step(what: Text, amount: Fraction | int, cited: Cited[object], unit: str = "fen") -> Step:
    exact = Fraction(amount)
    whole = exact.denominator == 1 and unit == "fen"
    value = int(exact) if whole else render_exact(exact)
    return Step(what, value, unit, cited.clause, cited.grade)


def render_exact(value: Fraction) -> str:
    """Return the exact decimal of a non-negative fraction, `1/3` where there is none."""
    for places in range(13):
        if 10**places % value.denominator == 0:
            digits = str(value.numerator * (10**places // value.denominator)).zfill(places + 1)
            cut = len(digits) - places
            return f"{digits[:cut]}.{digits[cut:]}" if places else digits
    return str(value)
