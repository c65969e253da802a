"""The decision of one programme on one case: status, amount, steps, reasons.

What is unknown is taken twice, against the enterprise and for it. Where both give the same amount
the decision stands; where they differ it is undetermined and names what to supply. The base, the
headroom and the rule are monotonic, so the two ends bound everything between them.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from itertools import product
from operator import itemgetter
from typing import Any

from msgspec import structs

from ledger.money import FEN_MAX
from ledger.text import Text
from vouchers.amounts import ByResource
from vouchers.application import NOTHING_SUPPOSED, Application, Line, Requirement, apply_for
from vouchers.case import Case, Purchase
from vouchers.decision import Decision, Reason, Status, Step, distinct, missing_fact
from vouchers.headroom import UNUSED
from vouchers.hearing import Hearing, hear
from vouchers.papers import note_papers
from vouchers.payout import NOTHING, Payout, pay
from vouchers.premises import list_premises
from vouchers.prepared import Terms
from vouchers.programme import Programme, Version
from vouchers.refund import Counted
from vouchers.settled import Settled
from vouchers.sheet import Sheet
from vouchers.window import note_window, refuse_without_day, refuse_without_version


def decide(
    programme: Programme,
    case: Case,
    as_of: date | None = None,
    supposed: frozenset[Requirement] = NOTHING_SUPPOSED,
    among: frozenset[int] | None = None,
) -> Decision:
    """Return what the programme alone would pay on the case, and why.

    `as_of`, when given, stands in for the case's day of application. What is `supposed` is taken
    as met whatever the facts say. Where `among` is given, only the purchases at these positions
    are claimed on.
    """
    applied_on = case.apply_on if as_of is None else as_of
    if applied_on is None:
        return refuse_without_day(programme)
    return _decide(programme, apply_for(case, applied_on, supposed, among), None)


def decide_next(programme: Programme, case: Case, settled: Settled) -> Decision:
    """Return the decision of a case whose enterprise may have been decided on for earlier days.

    What the programme found of its purchases then is `settled`; it is filled, and changes nothing
    but the cost.
    """
    applied_on = case.apply_on
    if applied_on is None:
        return refuse_without_day(programme)
    return _decide(programme, apply_for(case, applied_on), settled)


def _decide(programme: Programme, asked: Application, settled: Settled | None) -> Decision:
    hearings = hear(programme, asked, settled)
    if not hearings:
        return refuse_without_version(programme, asked.applied_on)
    return _merge(hearings) if len(hearings) > 1 else _conclude(hearings[0])


def _merge(hearings: Sequence[Hearing]) -> Decision:
    """Return the decision while several versions may apply: open, unless they decide the same."""
    found = [_conclude(one) for one in hearings]
    first, version = found[0], hearings[0].prepared.version
    if first.amount_fen is not None and len({(one.status, one.amount_fen) for one in found}) == 1:
        return first
    low = min(_end(one, 0) for one in found)
    high = max(_end(one, 1) for one in found)
    missing = [reason for one in hearings for reason in _missing(one)]
    return structs.replace(
        first,
        status="undetermined",
        amount_fen=None,
        counted=(),
        steps=_bounds(version, low, high),
        reasons=distinct((*missing, *_notes(hearings[0]))),
    )


def _end(decision: Decision, at: int) -> int:
    """Return the least or the most that a decision may come to."""
    fen = decision.amount_fen
    return int(decision.steps[at].value) if fen is None else fen


def _conclude(hearing: Hearing) -> Decision:
    prepared, application = hearing.prepared, hearing.application
    steps, low = _lowest(hearing)
    at_most = None if steps and hearing.exact else _highest(hearing)
    high = at_most[1] if at_most else low
    status: Status = "eligible"
    amount_fen: int | None = low.amount_fen
    counted: tuple[int, ...] = ()
    if amount_fen != high.amount_fen:
        status, amount_fen = "undetermined", None
        steps = _bounds(prepared.version, low.amount_fen, high.amount_fen)
        why = [*_missing(hearing), *_cuts(hearing)]
    elif low.payable and high.payable:
        counted = tuple([one.line.position for one in hearing.counted])
        why = [*_cuts(hearing), *low.reasons]
    else:
        status, steps = "ineligible", (at_most or _highest(hearing))[0]
        why = [*_refusals(hearing), *high.reasons]
    if prepared.version.windows:
        why += note_window(prepared.version, application)
    if prepared.asks_papers:
        why += _notes(hearing)
    return Decision(
        programme=prepared.programme,
        status=status,
        amount_fen=amount_fen,
        version=prepared.version.id,
        version_hash=prepared.hash,
        year=application.year,
        counted=counted,
        quota_fen=_quota(hearing),
        steps=steps,
        reasons=distinct(why) if why else (),
    )


def _notes(hearing: Hearing) -> Sequence[Reason]:
    """Return what the claim still has to bring for the purchases that may count."""
    version, documents = hearing.prepared.version, hearing.application.case.documents
    if hearing.purchases and not hearing.open:
        return ()
    return note_papers(version, documents, [one.line for one in hearing.open])


def _quota(hearing: Hearing) -> int | None:
    """Return the year's cap for this enterprise, None where there is none or it is not known."""
    choice = hearing.choices.get("yearly_cap_fen")
    if choice is None:
        return hearing.prepared.terms.yearly_cap_fen
    return choice.values[0] if len(choice.values) == 1 else None


def _lowest(hearing: Hearing) -> tuple[tuple[Step, ...], Payout]:
    """Return the steps and the payout with every unknown against the enterprise."""
    counted = [
        Counted(one.line, one.base.span.low, one.base if one.base.exact else None)
        for one in hearing.counted
    ]
    if not counted:
        return (), NOTHING
    every = _terms(hearing, against=True)
    if len(every) == 1:
        return _pay(hearing, every[0], counted, premises=True)
    return min([_pay(hearing, one, counted, premises=True) for one in every], key=_by_amount)


def _highest(hearing: Hearing) -> tuple[tuple[Step, ...], Payout]:
    """Return the steps and the payout with every unknown for the enterprise."""
    if hearing.application.case.purchases is None and hearing.enterprise.truth is not False:
        counted = [Counted(Line(0, Purchase()), FEN_MAX, None)]
    else:
        counted = [
            Counted(one.line, one.base.span.high, one.base if one.base.exact else None)
            for one in hearing.open
        ]
    if not counted:
        return (), NOTHING
    found = [
        _pay(hearing, terms, [_best(one, hearing, terms) for one in counted], premises=False)
        for terms in _best_terms(hearing)
    ]
    return max(found, key=_by_amount)


def _pay(
    hearing: Hearing, terms: Terms, counted: Sequence[Counted], *, premises: bool
) -> tuple[tuple[Step, ...], Payout]:
    sheet = Sheet()
    if premises:
        year, choices = hearing.application.year, hearing.choices.values()
        sheet.steps += list_premises(hearing.prepared, year, hearing.counted, choices)
    payout = pay(hearing.prepared, terms, counted, sheet)
    return tuple(sheet.steps), payout


def _by_amount(found: tuple[tuple[Step, ...], Payout]) -> tuple[bool, int]:
    return found[1].payable, found[1].amount_fen


def _terms(hearing: Hearing, *, against: bool) -> list[Terms]:
    """Return every set of rate and caps that may apply, with the most used of them or the least."""
    use, terms = hearing.use, hearing.prepared.terms
    if use is not UNUSED and not use.none:
        terms = structs.replace(
            terms,
            base_before_fen=use.base.end(most=not against),
            used_fen=use.year.end(most=against),
            group_used_fen=use.group.end(most=against),
            contract_used_fen={name: one.end(most=against) for name, one in use.contracts.items()},
            refunded=tuple(
                one
                for one in hearing.application.case.purchases or ()
                if one.contract in use.contracts
                and None not in (one.contract, one.signed_on, one.provider)
            ),
        )
    bound = {} if hearing.prepared.grows else _open_rate(hearing, against=against)
    if not hearing.choices:
        return [structs.replace(terms, **bound) if bound else terms]
    every = product(*(choice.values for choice in hearing.choices.values()))
    chosen = [dict(zip(hearing.choices, values, strict=True)) | bound for values in every]
    return [structs.replace(terms, **one) for one in chosen]


def _open_rate(hearing: Hearing, *, against: bool) -> dict[str, Any]:
    """Return a rate of nothing or of all where more spend may mean less, nothing where it cannot.

    So it is for the rest of a year whose earlier part is not known, and while a purchase is open
    that may make two contracts one or be of any.
    """
    version, base = hearing.prepared.version, hearing.use.base.span
    rate = Fraction(0 if against else 1)
    if hearing.prepared.by_contract is not None:
        joins, several = version.one_contract_within_days is not None, len(hearing.purchases) > 1
        for one in hearing.purchases:
            unnamed = one.line.purchase.contract is None
            if several and one.finding.truth is None and (joins or unnamed):
                return {"rate": rate, "rate_known": False}
    known = version.rate_over is None or base.low == base.high
    return {} if known else {"rate": rate, "rate_known": False}


def _best_terms(hearing: Hearing) -> Iterator[Terms]:
    """Yield every set of terms for the enterprise; over any number of contracts while unknown."""
    for terms in _terms(hearing, against=False):
        if hearing.application.case.purchases is None and hearing.prepared.by_contract is not None:
            yield structs.replace(terms, rate=Fraction(1), contract_cap_fen=FEN_MAX)
        else:
            yield terms


def _best(counted: Counted, hearing: Hearing, terms: Terms) -> Counted:
    """Return a purchase with what is unknown of it as good for the enterprise as it can be.

    Its kind is the one that pays most; its contract and provider are nobody else's.
    """
    purchase, at = counted.line.purchase, counted.line.position
    changes: dict[str, object] = {}
    if purchase.resource_kind is None and isinstance(terms.rate, ByResource):
        changes["resource_kind"] = max(terms.rate.rates, key=itemgetter(1))[0]
    if hearing.prepared.by_contract is not None:
        for key in ("contract", "provider"):
            if getattr(purchase, key) is None:
                changes[key] = f"?{at}"
    if not changes:
        return counted
    line = Line(at, structs.replace(purchase, **changes))
    return structs.replace(counted, line=line)


def _cuts(hearing: Hearing) -> Sequence[Reason]:
    """Return why purchases do not count, most often nothing."""
    if len(hearing.open) == len(hearing.purchases):
        return ()
    out = [one for one in hearing.purchases if one.finding.truth is False]
    return [reason for one in out for reason in one.finding.refusals]


def _refusals(hearing: Hearing) -> Iterator[Reason]:
    if not hearing.purchases:
        yield from hearing.enterprise.refusals
    yield from _cuts(hearing)
    if hearing.application.case.purchases == ():
        clause = hearing.prepared.version.base.clause
        yield Reason("no_purchase", Text("没有采购可以补贴", "there is no purchase"), clause)


def _missing(hearing: Hearing) -> Iterator[Reason]:
    if hearing.application.case.purchases is None:
        what, clause = Text("采购清单", "the purchases"), hearing.prepared.version.base.clause
        yield missing_fact("purchases", what, clause)
        yield from hearing.enterprise.missing
    for one in hearing.purchases:
        yield from one.finding.missing
        if one.finding.truth is not False:
            yield from one.base.missing
    for choice in hearing.choices.values():
        yield from choice.missing
    yield from hearing.use.missing()


def _bounds(version: Version, low_fen: int, high_fen: int) -> tuple[Step, ...]:
    """Return the two amounts between which the decision lies."""
    rate = version.rate
    return (
        Step(Text("最低可能金额", "at least"), low_fen, "fen", rate.clause, rate.grade),
        Step(Text("最高可能金额", "at most"), high_fen, "fen", rate.clause, rate.grade),
    )
