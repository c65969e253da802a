"""What was used of the caps before: of the year, of the group, of each contract."""

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from ledger.money import FEN_MAX
from ledger.text import Text
from vouchers.application import Application
from vouchers.case import Case, ContractRefund, Earlier
from vouchers.cited import Cited
from vouchers.decision import Reason, missing_fact
from vouchers.payments import Span
from vouchers.programme import Version
from vouchers.truth import same


class Used(Struct, frozen=True, gc=False):
    """What was used of a cap, and the facts that would make it exact."""

    span: Span
    missing: tuple[Reason, ...] = ()

    def end(self, *, most: bool) -> int:
        """Return the most that may have been used, or the least."""
        return self.span.high if most else self.span.low


class Use(Struct, frozen=True, gc=False):
    """What was used of the caps of the year, of the group, and of each contract.

    `base` is what the year's earlier claims were computed on, where the rule looks at it. What was
    used of a contract that is not named, under None, may be of any.
    """

    year: Used
    group: Used
    base: Used
    contracts: dict[str | None, Used]

    @property
    def none(self) -> bool:
        """Return whether certainly nothing was used."""
        year, group, base = self.year.span.high, self.group.span.high, self.base.span.high
        return not (year or group or base or self.contracts)

    @property
    def exact(self) -> bool:
        """Return whether all of it is known."""
        year, group, base = self.year.span, self.group.span, self.base.span
        if year.low != year.high or group.low != group.high or base.low != base.high:
            return False
        every = self.contracts.values()
        return not every or all(one.span.low == one.span.high for one in every)

    def missing(self) -> Iterator[Reason]:
        """Yield the facts that would make it exact."""
        for one in (self.year, self.group, self.base, *self.contracts.values()):
            yield from one.missing


_NOTHING: Final = Span(0, 0)
_NONE: Final = Used(_NOTHING)


def use_of_caps(programme_id: str, version: Version, application: Application) -> Use:
    """Return what was used before of the caps that a version has.

    A cap binds what was claimed and what was redeemed, so the larger of the two counts.
    """
    yearly, group = version.yearly_cap_fen, version.group_cap_fen
    over = version.rate_over or version.yearly_spend_floor_fen
    case = application.case
    earlier = case.earlier
    return Use(
        _sum(earlier, "earlier", programme_id, application, yearly) if yearly else _NONE,
        _of_group(programme_id, application, group) if group else _NONE,
        _base_before(earlier, programme_id, application, over) if over else _NONE,
        _of_contracts(case, programme_id, version) if version.contract_cap_fen else {},
    )


def _of_group(programme_id: str, application: Application, cited: Cited[object]) -> Used:
    """Return what the enterprise and the others of its group have had in the claim's year."""
    case = application.case
    own = _sum(case.earlier, "earlier", programme_id, application, cited)
    if case.group_earlier is None:
        what = Text("同一控制人其他企业已获支持的情况", "what others of its group have had")
        missing = missing_fact("group_earlier", what, cited.clause)
        return Used(Span(own.span.low, FEN_MAX), (*own.missing, missing))
    others = _sum(case.group_earlier, "group_earlier", programme_id, application, cited)
    span = Span(own.span.low + others.span.low, own.span.high + others.span.high)
    return Used(span, (*own.missing, *others.missing))


def _base_before(
    earlier: Iterable[Earlier], programme_id: str, application: Application, cited: Cited[object]
) -> Used:
    """Return what the claims of the year before this one were computed on."""
    total = Span(0, 0)
    missing: list[Reason] = []
    for i, entry in enumerate(earlier):
        of_year, own = same(entry.year, application.year), same(entry.programme, programme_id)
        if of_year is False or own is False or _most(entry) == 0:
            continue
        total = _add(total, entry.base_fen, certain=bool(own and of_year))
        if not (own and of_year) or entry.base_fen is None:
            what = Text("以往申领的计算基数", "what an earlier claim was computed on")
            missing.append(missing_fact(f"earlier[{i}].base_fen", what, cited.clause))
    return Used(total, tuple(missing))


def _of_contracts(case: Case, programme_id: str, version: Version) -> dict[str | None, Used]:
    """Return what the programme has refunded before on each contract, in any year.

    Where contracts signed soon after one another are one, a contract of which nobody knows day and
    provider may be one with any.
    """
    cited = version.contract_cap_fen
    assert cited is not None, version.id
    found: dict[str | None, Used] = {}
    placed = {
        one.contract for one in case.purchases or () if None not in (one.signed_on, one.provider)
    }
    for i, entry in enumerate(case.earlier):
        own = same(entry.programme, programme_id)
        for refund in list_refunds(entry) if own is not False else ():
            contract, path = refund.contract, f"earlier[{i}].contracts"
            what = Text("以往补贴的项目、合同或金额", "programme, contract or amount of a refund")
            if contract and contract not in placed and version.one_contract_within_days:
                path = f"purchases {{contract: {contract}}}"
                what = Text(
                    "该合同的签订日期和服务机构", "when that contract was signed, and with whom"
                )
                contract = None
            before = found.get(contract, _NONE)
            certain = bool(own and contract is not None)
            span = _add(before.span, refund.amount_fen, certain=certain)
            known = certain and refund.amount_fen is not None
            asked = () if known else (missing_fact(path, what, cited.clause),)
            found[contract] = Used(span, (*before.missing, *asked))
    return found


def list_refunds(entry: Earlier) -> Iterable[ContractRefund]:
    """Return the refunds by contract; while nobody has listed them, all on one without a name."""
    if entry.contracts is not None:
        return entry.contracts
    most = _most(entry)
    return () if most == 0 else (ContractRefund(amount_fen=most),)


def _most(entry: Earlier) -> int | None:
    """Return the larger of what was claimed and what was redeemed, None while one is unknown."""
    amounts = (entry.claimed_fen, entry.redeemed_fen)
    return None if None in amounts else max(one or 0 for one in amounts)


def _sum(
    entries: Iterable[Earlier],
    path: str,
    programme_id: str,
    application: Application,
    cited: Cited[object],
) -> Used:
    claimed = redeemed = _NOTHING
    missing: list[Reason] = []
    for i, entry in enumerate(entries):
        own = same(entry.programme, programme_id)
        of_year = same(entry.year, application.year)
        if own is False or of_year is False:
            continue
        certain = bool(own and of_year)
        claimed = _add(claimed, entry.claimed_fen, certain=certain)
        redeemed = _add(redeemed, entry.redeemed_fen, certain=certain)
        if not certain or entry.claimed_fen is None or entry.redeemed_fen is None:
            what = Text(
                "以往申领的项目、年度或金额", "programme, year or amounts of an earlier voucher"
            )
            missing.append(missing_fact(f"{path}[{i}]", what, cited.clause))
    if claimed is _NOTHING:
        return _NONE
    least, most = max(claimed.low, redeemed.low), max(claimed.high, redeemed.high)
    return Used(Span(least, most), tuple(missing))


def _add(total: Span, amount_fen: int | None, *, certain: bool) -> Span:
    low = amount_fen if certain and amount_fen is not None else 0
    high = FEN_MAX if amount_fen is None else amount_fen
    return Span(total.low + low, total.high + high)
