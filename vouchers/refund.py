"""What a rate makes of a base, each part as a line of the sheet, and rounding to units."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from msgspec import Struct

from ledger.text import Text
from vouchers.amounts import ByResource, FlatAmount, Own, Tiers
from vouchers.application import Line
from vouchers.cited import Cited
from vouchers.decision import Step
from vouchers.names import RESOURCES, ROUNDED, call
from vouchers.prepared import Prepared
from vouchers.sheet import Sheet, exact
from vouchers.spend import Measured

TOTAL: Final = Text("补贴合计", "the refunds together")
AT_MOST: Final = Text("不超过上限", "within the limit")
_PRODUCT: Final = Text("基数乘以比例", "base times rate")
_RATE: Final = Text("支持比例", "rate")


class Counted(Struct, frozen=True, gc=False):
    """A purchase that counts, what its base is, and how it was measured where that is exact."""

    line: Line
    base_fen: int
    measured: Measured | None


Member = tuple[Counted, int]


def round_base(sheet: Sheet, prepared: Prepared, rate: object, base: int) -> int:
    """Return the line of a base rounded where the rule rounds there; each kind's is, by itself."""
    if prepared.rounds_at != "base" or isinstance(rate, ByResource):
        return base
    return round_once(sheet, prepared, base)


def rate_base(
    sheet: Sheet, prepared: Prepared, rate: object, members: Sequence[Member], base: int
) -> int:
    """Return the line of what the rate makes of the base of some purchases."""
    version = prepared.version
    if isinstance(rate, Fraction):
        step = prepared.rate_step
        if step is None or step.value is not rate:
            step = Step(_RATE, rate, "ratio", version.rate.clause, version.rate.grade)
        return sheet.apply(_PRODUCT, "times", base, step, version.rate)
    if isinstance(rate, ByResource):
        return _by_resource(sheet, prepared, rate, members)
    if isinstance(rate, Tiers):
        return _by_tiers(sheet, version.rate, rate, base)
    if isinstance(rate, FlatAmount):
        flat = given(sheet, Text("定额补贴", "flat amount"), rate.amount_fen, version.rate)
        return sheet.work(AT_MOST, "least", (base, flat), version.rate)
    assert isinstance(rate, Own), rate
    return _by_own(sheet, version.rate, rate, base)


def _by_resource(
    sheet: Sheet, prepared: Prepared, rates: ByResource, members: Sequence[Member]
) -> int:
    """Return the refund by each kind's own rate; a kind without one adds nothing."""
    cited, parts = prepared.version.rate, []
    for kind, rate in rates.rates:
        numbers = tuple(
            number for one, number in members if one.line.purchase.resource_kind == kind
        )
        if numbers:
            name = call(RESOURCES, kind)
            label = Text(f"{name.zh}的计算基数", f"base, {name.en}")
            base = sheet.work(label, "sum", numbers, cited)
            if prepared.rounds_at == "base":
                base = round_once(sheet, prepared, base)
            label = Text(f"{name.zh}的支持比例", f"rate, {name.en}")
            number = sheet.put(Step(label, rate, "ratio", cited.clause, cited.grade))
            parts.append(sheet.work(_PRODUCT, "times", (base, number), cited))
    return sheet.work(TOTAL, "sum", tuple(parts), cited)


def _by_tiers(sheet: Sheet, cited: Cited[object], tiers: Tiers, base: int) -> int:
    """Return the refund of a base by marginal rates: each band's own part at its own rate."""
    parts, below = [], None
    for i, band in enumerate(tiers.bands, start=1):
        up_to = base
        if band.up_to_fen is not None:
            label = Text(f"第 {i} 档上限", f"upper limit of band {i}")
            limit = given(sheet, label, band.up_to_fen, cited)
            label = Text(f"第 {i} 档及以下的基数", f"base up to band {i}")
            up_to = sheet.work(label, "least", (base, limit), cited)
        part = up_to
        if below is not None:
            label = Text(f"第 {i} 档的基数", f"base within band {i}")
            part = sheet.work(label, "minus", (up_to, below), cited)
        label = Text(f"第 {i} 档支持比例", f"rate of band {i}")
        rate = sheet.put(Step(label, band.rate, "ratio", cited.clause, cited.grade))
        label = Text(f"第 {i} 档补贴", f"refund of band {i}")
        parts.append(sheet.work(label, "times", (part, rate), cited))
        below = up_to
    return sheet.work(TOTAL, "sum", tuple(parts), cited)


def _by_own(sheet: Sheet, cited: Cited[object], own: Own, base: int) -> int:
    """Return the refund by the programme's own function, never more than the base."""
    name = call({}, own.name)
    label = Text(
        f"按本办法的计算方法“{name.zh}”（第 {own.revision} 版）",
        f"by the rule's own function “{name.en}”, revision {own.revision}",
    )
    amount = exact(own.function(int(sheet.value(base))))
    number = sheet.put(Step(label, amount, "fen", cited.clause, cited.grade, "given", (base,)))
    return sheet.work(AT_MOST, "least", (base, number), cited)


def round_once(sheet: Sheet, prepared: Prepared, amount: int) -> int:
    """Return an amount in whole units, by the rule's direction."""
    direction = prepared.version.rounding_direction
    how = direction.value
    return sheet.apply(ROUNDED[how], how, amount, prepared.unit_step, direction)


def given(sheet: Sheet, label: Text, amount_fen: int, cited: Cited[object]) -> int:
    """Write down an amount that a rule or the case gives, and return its line."""
    return sheet.put(Step(label, amount_fen, "fen", cited.clause, cited.grade))
