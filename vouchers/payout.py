"""From what was spent to what is paid: rate, caps, rounding, floor, each as a line of the sheet."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from fractions import Fraction
from typing import Final

from msgspec import Struct

from ledger.money import render_yuan
from ledger.text import Text
from vouchers.amounts import FlatAmount, Own, Tiers
from vouchers.case import Purchase
from vouchers.cited import Cited
from vouchers.decision import Reason, Step, Unit
from vouchers.names import BASES, ROUNDED, name_base
from vouchers.prepared import Prepared, Terms
from vouchers.programme import Version
from vouchers.refund import (
    AT_MOST,
    TOTAL,
    Counted,
    Member,
    given,
    rate_base,
    round_base,
    round_once,
)
from vouchers.sheet import Sheet

_BASE: Final = Text("计算基数合计", "base")
_LEFT: Final = Text("当年剩余额度", "headroom left this year")
_WITHIN_LEFT: Final = Text("不超过剩余额度", "within the headroom")
_UNIT: Final = Text("金额单位", "unit of the refund")
_FEN: Final = Text("舍去不足一分的部分", "the rest of a fen is dropped")
_OF_YEAR: Final = Text("本年度累计计算基数", "base of the year, this claim included")
_ENOUGH: Final = Text("达到单笔申请下限的金额", "the amount, where it reaches the least claim")
_LIMITS: Final = Text("各合同上限合计", "what the contracts' caps leave together")
_YEARLY: Final = (
    Text("年度最高额度", "yearly cap"),
    Text("当年已申领额度", "claimed before this year"),
)
_GROUP: Final = (
    Text("同一控制人年度最高额度", "yearly cap of the group"),
    Text("同一控制人当年已申领额度", "claimed before this year by the group"),
)


class Payout(Struct, frozen=True, gc=False):
    """What a base comes to: payable or not, fen, and why it is nothing when it is."""

    payable: bool
    amount_fen: int
    reasons: tuple[Reason, ...] = ()


NOTHING: Final = Payout(payable=False, amount_fen=0)


def pay(prepared: Prepared, terms: Terms, counted: Sequence[Counted], sheet: Sheet) -> Payout:
    """Return what a version pays on the purchases that count, and write it down.

    Neither more spend nor more headroom ever pays less.
    """
    version = prepared.version
    numbers = tuple([_write_base(sheet, prepared, one) for one in counted])
    sheet.steps.append(prepared.tax_step)
    base = sheet.work(_BASE, "sum", numbers, version.base)
    before = _write_before(sheet, version, terms) if terms.base_before_fen else None
    floor = version.yearly_spend_floor_fen
    if floor is not None:
        spent = base if before is None else sheet.work(_OF_YEAR, "sum", (base, before), floor)
        least = given(sheet, Text("年度支出下限", "least spend of the year"), floor.value, floor)
        label = Text("达到年度支出下限的基数", "the base, where it reaches the least spend")
        if not sheet.value(sheet.work(label, "at_least", (spent, least), floor)):
            why = _below_spend_floor(floor, int(sheet.value(spent)))
            return Payout(payable=False, amount_fen=0, reasons=(why,))
    over = version.rate_over
    of_contracts: tuple[int, ...] = ()
    if over is not None and before is not None and isinstance(terms.rate, Tiers | FlatAmount | Own):
        refund = _refund_of_year(sheet, prepared, terms.rate, (base, before), over)
    else:
        members = list(zip(counted, numbers, strict=True))
        refund, of_contracts = _refund_of_all(sheet, prepared, terms, members, base)
    if prepared.rounds_at == "before_caps":
        refund = _round_within(sheet, prepared, refund, (*of_contracts, base))
    refund, limits, left_fen = _cap(sheet, version, terms, refund)
    if prepared.rounds_at == "refund":
        refund = _round_within(sheet, prepared, refund, (*limits, *of_contracts, base))
    else:
        refund = _cut_to_fen(sheet, version, refund, base)
    return _conclude(sheet, prepared, terms, refund, left_fen)


def _cut_to_fen(sheet: Sheet, version: Version, refund: int, base: int) -> int:
    """Return the line of a refund that was rounded before: within the base, in whole fen."""
    direction = version.rounding_direction
    if sheet.value(refund) > sheet.value(base):
        refund = sheet.work(AT_MOST, "least", (refund, base), direction)
    if sheet.value(refund).denominator != 1:
        one = given(sheet, _UNIT, 1, version.rounding_unit_fen)
        refund = sheet.work(_FEN, "down", (refund, one), direction)
    return refund


def _conclude(
    sheet: Sheet, prepared: Prepared, terms: Terms, refund: int, left_fen: int | None
) -> Payout:
    """Return the payout of a refund: nothing under the claim's floor, and why it is nothing."""
    version, amount_fen = prepared.version, int(sheet.value(refund))
    if left_fen == 0:
        return Payout(payable=True, amount_fen=0, reasons=(_cap_used_up(version, terms),))
    floor = version.claim_floor_fen
    if floor is not None:
        assert prepared.floor_step is not None, version.id
        enough = sheet.apply(_ENOUGH, "at_least", refund, prepared.floor_step, floor)
        if not sheet.value(enough):
            return Payout(payable=False, amount_fen=0, reasons=(_below_floor(floor, amount_fen),))
    reasons = () if amount_fen else (_rounds_to_nothing(version),)
    return Payout(payable=True, amount_fen=amount_fen, reasons=reasons)


def _write_base(sheet: Sheet, prepared: Prepared, counted: Counted) -> int:
    """Write down the base of a purchase, and return its line."""
    version, line = prepared.version, counted.line
    cited = version.base
    at, contract = line.position, line.purchase.contract
    measured = counted.measured
    label = BASES[measured.first] if measured else name_base(cited.value)
    first_fen = measured.first_fen if measured else counted.base_fen
    step = Step(label, first_fen, "fen", cited.clause, cited.grade, "given", (), at, contract)
    number = sheet.put(step)
    for link in measured.links if measured else ():
        unit: Unit = "ratio" if isinstance(link.operand, Fraction) else "fen"
        operand = sheet.put(
            Step(
                link.operand_label,
                link.operand,
                unit,
                link.cited.clause,
                link.cited.grade,
                purchase=at,
                contract=contract,
            )
        )
        number = sheet.work(link.label, link.operation, (number, operand), link.cited)
        if link.unit_fen:
            one = given(sheet, _UNIT, link.unit_fen, link.cited)
            number = sheet.work(_FEN, "down", (number, one), link.cited)
    return number


def _refund_of_all(
    sheet: Sheet, prepared: Prepared, terms: Terms, members: Sequence[Member], base: int
) -> tuple[int, tuple[int, ...]]:
    """Return the line of the refund before the claim's caps, and that of its contracts' caps."""
    version, by_contract = prepared.version, prepared.by_contract
    if by_contract is None:
        if terms.rate_known:
            base = round_base(sheet, prepared, terms.rate, base)
        return rate_base(sheet, prepared, terms.rate, members, base), ()
    refunds, limits = [], []
    for contracts, of_contract in _by_contract(version, members, terms):
        numbers = tuple(number for _, number in of_contract)
        zh, en = "、".join(contracts), ", ".join(contracts)
        label = Text(f"合同 {zh} 的计算基数", f"base, contract {en}")
        of_it = sheet.work(label, "sum", numbers, version.base)
        rated, known = of_it, terms.rate_known
        if known:
            rated = round_base(sheet, prepared, terms.rate, of_it)
        refund = rate_base(sheet, prepared, terms.rate, of_contract, rated)
        if known and prepared.rounds_at == "contract":
            refund = _round_within(sheet, prepared, refund, (of_it,))
        elif sheet.value(refund) > sheet.value(of_it):
            refund = sheet.work(AT_MOST, "least", (refund, of_it), version.rounding_direction)
        if version.contract_cap_fen is not None:
            limits.append(_left_of_contract(sheet, version.contract_cap_fen, terms, contracts))
            refund = sheet.work(AT_MOST, "least", (refund, limits[-1]), version.contract_cap_fen)
        refunds.append(refund)
    if limits and version.rounding_direction.value != "down":
        limits = [sheet.work(_LIMITS, "sum", tuple(limits), by_contract)]
    return sheet.work(TOTAL, "sum", tuple(refunds), by_contract), tuple(limits[:1])


def _write_before(sheet: Sheet, version: Version, terms: Terms) -> int | None:
    """Write down the base of the year's earlier claims, where the rule looks at it."""
    cited = version.rate_over or version.yearly_spend_floor_fen
    if cited is None:
        return None
    label = Text("本年度此前已计入的基数", "the base of the year's earlier claims")
    return given(sheet, label, terms.base_before_fen, cited)


def _refund_of_year(
    sheet: Sheet, prepared: Prepared, rate: object, parts: tuple[int, int], over: Cited[object]
) -> int:
    """Return the line of what a claim adds to what the rate makes of the year before it."""
    total = sheet.work(_OF_YEAR, "sum", parts, over)
    rounded = [round_base(sheet, prepared, rate, one) for one in (total, parts[1])]
    of_both = tuple([rate_base(sheet, prepared, rate, (), one) for one in rounded])
    added = sheet.work(Text("本次申请新增的补贴", "what this claim adds"), "minus", of_both, over)
    if sheet.value(added) <= sheet.value(parts[0]):
        return added
    return sheet.work(AT_MOST, "least", (added, parts[0]), over)


def _by_contract(
    version: Version, members: Sequence[Member], terms: Terms
) -> Iterator[tuple[tuple[str, ...], list[Member]]]:
    """Yield contracts, and the purchases under them, that share one cap.

    Contracts with one provider count as one where each was signed within so many days of the last,
    those that were refunded before among them.
    """
    within = version.one_contract_within_days if terms.rate_known else None
    groups: list[tuple[list[str], list[Member]]] = []
    last: dict[str | None, tuple[date, int]] = {}
    at: dict[str, int] = {}
    every: list[tuple[Purchase, Member | None]] = [(one[0].line.purchase, one) for one in members]
    if within is not None:
        every += [(one, None) for one in terms.refunded]
        every.sort(key=lambda one: one[0].signed_on or date.min)
    for purchase, member in every:
        contract, signed_on = purchase.contract or "", purchase.signed_on
        group = at.get(contract)
        if group is None and within is not None and signed_on and purchase.provider in last:
            before, its_group = last[purchase.provider]
            group = its_group if (signed_on - before).days <= within.value else None
        if group is None:
            group = len(groups)
            groups.append(([], []))
        if within is not None and signed_on:
            last[purchase.provider] = signed_on, group
        if contract not in at:
            at[contract] = group
            groups[group][0].append(contract)
        if member is not None:
            groups[group][1].append(member)
    for contracts, of_contract in groups:
        if of_contract:
            yield tuple(contracts), of_contract


def _left_of_contract(
    sheet: Sheet, cited: Cited[object], terms: Terms, contracts: tuple[str, ...]
) -> int:
    """Return the line of what is left of a contract's cap."""
    cap_fen = terms.contract_cap_fen
    assert cap_fen is not None, contracts
    zh, en = "、".join(contracts), ", ".join(contracts)
    left = given(sheet, Text(f"合同 {zh} 的上限", f"cap of contract {en}"), cap_fen, cited)
    used_fen = sum(terms.contract_used_fen.get(one, 0) for one in (*contracts, None))
    if used_fen:
        label = Text(f"合同 {zh} 已补贴", f"refunded before on {en}")
        used = given(sheet, label, used_fen, cited)
        label = Text(f"合同 {zh} 的剩余额度", f"headroom of contract {en}")
        left = sheet.work(label, "minus", (left, used), cited)
    return left


def _cap(
    sheet: Sheet, version: Version, terms: Terms, refund: int
) -> tuple[int, tuple[int, ...], int | None]:
    """Return the refund within the claim's, the year's and the group's caps, and their lines.

    The last is what is left of the year's cap, or of the group's where that is less.
    """
    limits: list[int] = []
    if version.claim_cap_fen is not None and terms.claim_cap_fen is not None:
        label = Text("单笔申请上限", "most of one claim")
        limits.append(given(sheet, label, terms.claim_cap_fen, version.claim_cap_fen))
        refund = sheet.work(AT_MOST, "least", (refund, limits[-1]), version.claim_cap_fen)
    left_fen: int | None = None
    cited, cap_fen = version.yearly_cap_fen, terms.yearly_cap_fen
    if cited is not None and cap_fen is not None:
        refund, left = _within(sheet, refund, cited, (cap_fen, terms.used_fen), _YEARLY)
        limits.append(left)
        left_fen = int(sheet.value(left))
    cited, cap_fen = version.group_cap_fen, terms.group_cap_fen
    if cited is not None and cap_fen is not None:
        refund, left = _within(sheet, refund, cited, (cap_fen, terms.group_used_fen), _GROUP)
        limits.append(left)
        of_group_fen = int(sheet.value(left))
        left_fen = of_group_fen if left_fen is None else min(left_fen, of_group_fen)
    return refund, tuple(limits), left_fen


def _within(
    sheet: Sheet,
    refund: int,
    cited: Cited[object],
    amounts_fen: tuple[int, int],
    labels: tuple[Text, Text],
) -> tuple[int, int]:
    """Return the line of a refund within what is left of a cap of the year, and that of the rest.

    Amounts and labels are those of the cap and of what was used of it.
    """
    cap_fen, used_fen = amounts_fen
    cap = Step(labels[0], cap_fen, "fen", cited.clause, cited.grade)
    if not used_fen:
        within = sheet.apply(_WITHIN_LEFT, "least", refund, cap, cited)
        return within, within - 1
    used = Step(labels[1], used_fen, "fen", cited.clause, cited.grade)
    left = sheet.apply(_LEFT, "minus", sheet.put(cap), used, cited)
    return sheet.work(_WITHIN_LEFT, "least", (refund, left), cited), left


def _round_within(sheet: Sheet, prepared: Prepared, amount: int, limits: Iterable[int]) -> int:
    """Return an amount in whole units that rounding up has carried above no limit."""
    rounded = round_once(sheet, prepared, amount)
    direction = prepared.version.rounding_direction
    if direction.value == "down":
        return rounded
    for limit in limits:
        if sheet.value(rounded) > sheet.value(limit):
            rounded = sheet.work(AT_MOST, "least", (rounded, limit), direction)
            unit = sheet.put(prepared.unit_step)
            rounded = sheet.work(ROUNDED["down"], "down", (rounded, unit), direction)
    return rounded


def _cap_used_up(version: Version, terms: Terms) -> Reason:
    """Return that a cap of the year leaves nothing: the enterprise's own, or its group's."""
    cited, cap_fen, used_fen = version.yearly_cap_fen, terms.yearly_cap_fen, terms.used_fen
    if cited is None or cap_fen is None or used_fen < cap_fen:
        cited, cap_fen, used_fen = version.group_cap_fen, terms.group_cap_fen, terms.group_used_fen
    assert cited is not None, version.id
    assert cap_fen is not None, version.id
    used, cap = render_yuan(used_fen), render_yuan(cap_fen)
    message = Text(
        f"当年额度已用完：上限 {cap} 元，已用 {used} 元",
        f"the yearly cap is used up: CNY {used} used of {cap}",
    )
    return Reason("cap_used_up", message, cited.clause)


def _below_floor(floor: Cited[int], amount_fen: int) -> Reason:
    asked, least = render_yuan(amount_fen), render_yuan(floor.value)
    message = Text(
        f"申请金额 {asked} 元，低于单笔下限 {least} 元",
        f"CNY {asked} is below the least claim of CNY {least}",
    )
    return Reason("below_claim_floor", message, floor.clause)


def _below_spend_floor(floor: Cited[int], base_fen: int) -> Reason:
    spent, least = render_yuan(base_fen), render_yuan(floor.value)
    message = Text(
        f"年度支出 {spent} 元，低于下限 {least} 元",
        f"CNY {spent} spent in the year is below the least of CNY {least}",
    )
    return Reason("below_spend_floor", message, floor.clause)


def _rounds_to_nothing(version: Version) -> Reason:
    unit = render_yuan(version.rounding_unit_fen.value)
    message = Text(
        f"不足一个金额单位（{unit} 元）", f"less than one unit of CNY {unit}, rounded down"
    )
    return Reason("rounds_to_nothing", message, version.rounding_unit_fen.clause)
