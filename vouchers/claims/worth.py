"""What a claim is worth: what its programme pays on exactly its invoices, and what limits leave.

The programme decides on the purchases of the claim's invoices, what a reviewer cut taken out of
their bases. What was drawn on vouchers before is taken from the vouchers themselves, whatever the
case says, for a case knows nothing of the draws of its own day. Limits follow in `room`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from msgspec import structs

from ledger.money import allocate, render_yuan
from ledger.text import Text
from vouchers.case import Case, ContractRefund, Earlier, Purchase
from vouchers.claims.drawn import Vouchers
from vouchers.claims.room import Asked, Room, find_open_funding, list_rooms, share_out
from vouchers.decide import decide
from vouchers.decision import Decision, Reason, Status, Step
from vouchers.names import ROUNDED
from vouchers.payer import list_bases
from vouchers.prepared import Prepared, prepare
from vouchers.programme import Programme
from vouchers.sheet import Sheet

_NO_CUTS: Final[Mapping[str, int]] = {}
_LEFT: Final = Text("不超过上限", "within the limit")
_REACHED: Final = Text("达到单笔申请下限", "where it reaches the least claim")


class Grounds(NamedTuple):
    """What a claim is worked out on: its programme, the case, the vouchers without its own draws.

    `beside` are the other programmes in force, whose caps over levels may bind this one too.
    """

    programme: Programme
    case: Case
    vouchers: Vouchers
    beside: Sequence[Programme] = ()


class Worth(NamedTuple):
    """What a claim is worth, 0 where nothing, None while a fact is missing, and why.

    `decision` is what the programme alone would pay on `case`, of which `among` are the claim's
    purchases. `shares` say what of the amount is for which invoice. `limits` are what limited it,
    the one that binds first; `steps` go on where the decision's end.
    """

    decision: Decision
    case: Case
    among: frozenset[int]
    amount_fen: int | None
    shares: tuple[tuple[str, int], ...] = ()
    limits: tuple[Reason, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def status(self) -> Status:
        """Return whether something is paid, nothing, or a fact is missing."""
        if self.amount_fen is None:
            return "undetermined"
        return "eligible" if self.amount_fen else "ineligible"

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Return what limited it, then what the decision says: refusals, or what to supply."""
        return (*self.limits, *self.decision.reasons)

    @property
    def missing(self) -> tuple[Reason, ...]:
        """Return the facts to supply, each with its place."""
        return tuple(one for one in self.reasons if one.code == "missing_fact")

    @property
    def bases(self) -> dict[int, int]:
        """Return what the rate applies to of each purchase that counts, by position."""
        return list_bases(self.decision)


def work_out(
    grounds: Grounds, invoices: Iterable[str], base_cuts: Mapping[str, int] = _NO_CUTS
) -> Worth:
    """Return what a claim on some invoices is worth; `base_cuts` are a reviewer's, by invoice."""
    claimed = tuple(dict.fromkeys(invoices))
    case = _with_vouchers(grounds.case, grounds.vouchers)
    purchases = case.purchases or ()
    among = frozenset(at for at, one in enumerate(purchases) if one.invoice in claimed)
    decision = decide(grounds.programme, case, among=among)
    cuts = {one: base_cuts.get(one, 0) for one in claimed}
    if any(cuts.values()):
        case = _with_cuts(case, among, cuts, list_bases(decision))
        decision = decide(grounds.programme, case, among=among)
    unknown = set(claimed) - {one.invoice for one in purchases}
    if unknown:
        return Worth(_ask_for(sorted(unknown), decision, grounds.programme), case, among, None)
    if decision.status != "eligible":
        amount_fen = None if decision.status == "undetermined" else 0
        return Worth(decision, case, among, amount_fen, steps=decision.steps)
    return _limit(grounds, Worth(decision, case, among, decision.amount_fen))


def _with_vouchers(case: Case, vouchers: Vouchers) -> Case:
    """Return the case with what vouchers were drawn, on which invoices, as the vouchers say."""
    payers: dict[str, set[str]] = {}
    for draw in vouchers.drawn:
        for invoice in draw.invoices:
            payers.setdefault(invoice, set()).add(draw.programme)
    purchases = case.purchases and tuple(
        structs.replace(one, refunded_by=tuple(sorted(payers.get(one.invoice or "", ()))))
        for one in case.purchases
    )
    contracts = {one.invoice: one.contract for one in case.purchases or ()}
    return structs.replace(case, purchases=purchases, earlier=tuple(_earlier(vouchers, contracts)))


def _earlier(vouchers: Vouchers, contracts: Mapping[str | None, str | None]) -> Iterable[Earlier]:
    """Yield what was drawn by programme and year, and on which contracts."""
    for programme, year in sorted({(one.programme, one.year) for one in vouchers.drawn}):
        fen = vouchers.drawn_fen(programme, year)
        yield Earlier(
            programme=programme,
            year=year,
            claimed_fen=fen,
            redeemed_fen=fen,
            contracts=_refunds(vouchers, (programme, year), contracts),
        )


def _refunds(
    vouchers: Vouchers, of: tuple[str, int], contracts: Mapping[str | None, str | None]
) -> tuple[ContractRefund, ...] | None:
    """Return what a voucher refunded by contract, None where an invoice's contract is not known.

    A draw over several contracts does not say how much of it is for each.
    """
    found: dict[str, int | None] = {}
    for draw in vouchers.drawn:
        if (draw.programme, draw.year) != of:
            continue
        named = [contracts.get(one) for one in draw.invoices]
        on = {one for one in named if one is not None}
        if not named or None in named:
            return None
        for contract in on:
            before_fen = found.get(contract, 0)
            known = len(on) == 1 and before_fen is not None
            found[contract] = (before_fen or 0) + draw.amount_fen if known else None
    return tuple(ContractRefund(contract=one, amount_fen=fen) for one, fen in sorted(found.items()))


def _with_cuts(
    case: Case, among: frozenset[int], cuts: Mapping[str, int], bases: Mapping[int, int]
) -> Case:
    """Return the case with each invoice's cut taken out of its purchases, by what they are over.

    It falls on the purchases that count, for the others have no base to cut.
    """
    changed: list[Purchase] = list(case.purchases or ())
    for invoice, cut_fen in cuts.items():
        of_invoice = [at for at in sorted(among) if changed[at].invoice == invoice]
        counted = [at for at in of_invoice if bases.get(at)] or of_invoice
        if not cut_fen or not counted:
            continue
        weights = [bases.get(at) or changed[at].invoiced_fen or 0 for at in counted]
        for at, part_fen in zip(counted, allocate(cut_fen, weights), strict=True):
            before_fen = changed[at].cut_fen
            changed[at] = structs.replace(changed[at], cut_fen=before_fen + part_fen)
    return structs.replace(case, purchases=tuple(changed))


def _ask_for(invoices: Sequence[str], decision: Decision, programme: Programme) -> Decision:
    """Return the decision while invoices of the claim are not on record."""
    clause = programme.versions[-1].base.clause
    asked = tuple(
        Reason(
            "missing_fact",
            Text(
                f"缺少发票 {one} 的登记，请先登记该发票及其合同",
                f"missing: the record of invoice {one}; enter it and its contract first",
            ),
            clause,
        )
        for one in invoices
    )
    return structs.replace(
        decision,
        status="undetermined",
        amount_fen=None,
        counted=(),
        reasons=(*asked, *decision.reasons),
    )


def _limit(grounds: Grounds, alone: Worth) -> Worth:
    """Return what the limits leave of what the programme alone would pay."""
    decision = alone.decision
    version = grounds.programme.version_of(decision.version)
    assert version is not None, decision
    asked = Asked(grounds.programme, version, decision, alone.case)
    unclear = tuple(find_open_funding(asked, grounds.vouchers, grounds.beside))
    if unclear:
        return alone._replace(amount_fen=None, limits=unclear, steps=decision.steps)
    rooms = list_rooms(asked, grounds.vouchers, grounds.beside)
    binding = sorted(
        (one for one in rooms if one.left_fen < asked.amount_fen), key=lambda one: one.left_fen
    )
    sheet = Sheet()
    sheet.steps += decision.steps
    amount_fen = _write(sheet, binding[0], prepare(grounds.programme, version)) if binding else None
    paid_fen = asked.amount_fen if amount_fen is None else amount_fen
    return alone._replace(
        amount_fen=paid_fen,
        shares=share_out(asked, grounds.vouchers, paid_fen),
        limits=tuple(_explain(one, asked.amount_fen, paid_fen) for one in binding),
        steps=tuple(sheet.steps),
    )


def _write(sheet: Sheet, room: Room, prepared: Prepared) -> int:
    """Write down the limit that binds and what it leaves in whole units; return that amount."""
    alone = len(sheet.steps) - 1
    limit = sheet.put(Step(room.why, room.left_fen, "fen", room.cited.clause, room.cited.grade))
    last = sheet.work(_LEFT, "least", (alone, limit), room.cited)
    unit = prepared.version.rounding_unit_fen
    if unit.value > 1:
        down = ROUNDED["down"]
        last = sheet.work(down, "down", (last, sheet.put(prepared.unit_step)), unit)
    floor = prepared.version.claim_floor_fen
    if floor is not None and prepared.floor_step is not None:
        least = sheet.put(prepared.floor_step)
        last = sheet.work(_REACHED, "at_least", (last, least), floor)
    return int(sheet.value(last))


def _explain(room: Room, alone_fen: int, amount_fen: int) -> Reason:
    """Return the sentence of a limit that cuts, with its figures."""
    left, alone, paid = (render_yuan(one) for one in (room.left_fen, alone_fen, amount_fen))
    message = Text(
        f"{room.why.zh}：余 {left} 元，{alone} 元减为 {paid} 元",
        f"{room.why.en}: CNY {left} left, {alone} becomes {paid}",
    )
    return Reason(room.code, message, room.cited.clause)
