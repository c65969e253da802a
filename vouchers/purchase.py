"""Which purchases count under a version: yes, no with the reason of the cut, or what is missing."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

from msgspec import Struct

from ledger.money import render_yuan
from ledger.text import Text
from vouchers.application import Application, Line, Moment, moment_of
from vouchers.cited import Cited
from vouchers.condition import evaluate
from vouchers.decision import HOLDS, Finding, missing_fact, require_all, unknown
from vouchers.exclusion import exclude_paid
from vouchers.funding import never_funded, not_funded
from vouchers.headroom import list_refunds
from vouchers.listed import is_listed
from vouchers.names import EVENTS, RESOURCES, call
from vouchers.payments import paid_in_full_on, sum_paid
from vouchers.prepared import Prepared
from vouchers.programme import Version
from vouchers.requirement import (
    ContractAtLeast,
    LegalDate,
    NeverFunded,
    NotFunded,
    NotSelfUse,
    OncePerContract,
    PaidInFull,
    PaidInFullInYear,
    ProviderListed,
    PurchaseRule,
    ResourceIs,
    SignedAndCompletedInYear,
    Within,
)
from vouchers.settled import Heard, Settled, Weighed
from vouchers.spend import Measured, ask, ask_for_payments, cut, measure
from vouchers.truth import all_of, any_of, same
from vouchers.wording import describe_condition

_SIGNED: Final = Text("签订", "signed")
_COMPLETED: Final = Text("完成", "completed")


class Assessed(Struct, frozen=True, gc=False):
    """Whether a purchase counts, its base if it does, and what each requirement found.

    `findings` are those of the version's eligibility, in its order.
    """

    line: Line
    moment: Moment
    finding: Finding
    base: Measured
    findings: tuple[Finding, ...]


def assess(
    prepared: Prepared,
    application: Application,
    line: Line,
    heard: dict[date, Heard],
    settled: Settled | None,
) -> Assessed:
    """Return how far one purchase counts, the conditions on the enterprise included.

    What was found of the enterprise on the same day for another purchase is taken from `heard`,
    and what an earlier application found of the purchase itself from `settled`.
    """
    moment = moment_of(prepared.version.legal_date.value, application, line)
    weighed = settled.find(line) if settled else None
    if weighed is None:
        weighed = _weigh(prepared, application, line, moment)
        if settled:
            settled.keep(weighed, application.applied_on)
    enterprise = (moment.on and heard.get(moment.on)) or _hear(prepared, application, moment, heard)
    own = weighed.finding
    finding = own if enterprise.together.truth else require_all([enterprise.together, own])
    return Assessed(line, moment, finding, weighed.base, enterprise.findings)


def _weigh(prepared: Prepared, application: Application, line: Line, moment: Moment) -> Weighed:
    """Return what is found of a purchase, the enterprise left aside."""
    base = measure(prepared.version, application, line)
    own = [judge(one, prepared.programme, application, line) for one in prepared.version.purchases]
    own += judge_standing(prepared, application, line, moment, spent=base.span.high > 0)
    return Weighed(line, require_all(own), base)


def judge_standing(
    prepared: Prepared, application: Application, line: Line, moment: Moment, *, spent: bool
) -> list[Finding]:
    """Return what is found of a purchase beside the rules for it, nothing where all is well.

    `spent` says whether its base can be anything.
    """
    version, programme_id = prepared.version, prepared.programme
    found: list[Finding] = []
    if moment.on is None or not version.in_force(moment.on):
        found.append(_not_in_force(version, application, moment, line))
    if not spent:
        found.append(_nothing_spent(version, line))
    if programme_id in line.purchase.refunded_by:
        found.append(_refunded_before(version, line))
    if prepared.tells_apart:
        found += _told_apart(prepared, line)
    if prepared.excludes_paid:
        found.append(exclude_paid(programme_id, version, application.case, line))
    return found


def _hear(
    prepared: Prepared, application: Application, moment: Moment, heard: dict[date, Heard]
) -> Heard:
    """Return what is found of the enterprise, and keep it for all purchases of the day."""
    eligibility = prepared.version.eligibility
    findings = tuple([evaluate(one, application, moment) for one in eligibility])
    found = Heard(findings, require_all(findings))
    if prepared.by_day and moment.on is not None:
        heard[moment.on] = found
    return found


def judge(
    cited: Cited[PurchaseRule], programme_id: str, application: Application, line: Line
) -> Finding:
    """Return whether a purchase obeys one rule, whatever else is found of it."""
    if application.supposed and cited in application.supposed:
        return HOLDS
    found = _JUDGES.get(type(cited.value))
    if found is None:
        assert isinstance(cited.value, OncePerContract), cited
        return _once(programme_id, cited.clause, application, line)
    return found(cited.value, cited.clause, application, line)


def _not_in_force(
    version: Version, application: Application, moment: Moment, line: Line
) -> Finding:
    legal = version.legal_date
    if moment.on is None:
        return _no_legal_date(legal, application, moment, line)
    what = _EVENTS_OF_LAW[legal.value]
    message = Text(
        f"于 {moment.on} {what.zh}，不在本版本（{version.id}）施行期内，不能一并申请",
        f"was {what.en} on {moment.on}, outside version {version.id}: not part of this claim",
    )
    return cut(line, "no_version_in_force", message, legal.clause)


def _no_legal_date(
    legal: Cited[LegalDate], application: Application, moment: Moment, line: Line
) -> Finding:
    """Return why a purchase has no day to apply a version by: it is not known, or is still open."""
    if legal.value != "paid_in_full":
        return unknown(ask(line, moment.path.rpartition(".")[2], legal.clause))
    paid = _paid_in_full(PaidInFull(), legal.clause, application, line)
    if not paid.truth:
        return paid
    message = Text("没有付款记录", "has no payment")
    return cut(line, "not_paid_in_full", message, legal.clause)


def _refunded_before(version: Version, line: Line) -> Finding:
    message = Text("此前已获本项目补贴", "was refunded by this programme before")
    return cut(line, "already_refunded", message, version.base.clause)


def _told_apart(prepared: Prepared, line: Line) -> Iterator[Finding]:
    """Yield whether kind and contract are known, where rate or cap depend on them."""
    version = prepared.version
    if prepared.by_resource is not None:
        yield _known("resource_kind", version.rate.clause, line)
    by_contract = prepared.by_contract
    if by_contract is not None:
        yield _known("contract", by_contract.clause, line)
    if version.one_contract_within_days is not None:
        for key in ("provider", "signed_on"):
            yield _known(key, version.one_contract_within_days.clause, line)


def _known(key: str, clause: Text, line: Line) -> Finding:
    return HOLDS if getattr(line.purchase, key) is not None else unknown(ask(line, key, clause))


def _nothing_spent(version: Version, line: Line) -> Finding:
    message = Text("没有可计入的金额", "has no amount that counts")
    return cut(line, "nothing_spent", message, version.base.clause)


def _resource(rule: ResourceIs, clause: Text, _: Application, line: Line) -> Finding:
    kind = line.purchase.resource_kind
    if kind is None:
        return unknown(ask(line, "resource_kind", clause))
    if kind == rule.kind or kind in rule.also:
        return HOLDS
    given, wanted = call(RESOURCES, kind), describe_condition(rule)
    message = Text(f"为{given.zh}，{wanted.zh}", f"is {given.en}; {wanted.en}")
    return cut(line, "resource_not_covered", message, clause)


def _contract_at_least(rule: ContractAtLeast, clause: Text, _: Application, line: Line) -> Finding:
    contract_fen = line.purchase.contract_fen
    if contract_fen is None:
        return unknown(ask(line, "contract_fen", clause))
    if contract_fen >= rule.least_fen:
        return HOLDS
    given, least = render_yuan(contract_fen), render_yuan(rule.least_fen)
    message = Text(
        f"的合同金额 {given} 元，低于 {least} 元",
        f"has a contract over CNY {given}, below {least}",
    )
    return cut(line, "contract_below_limit", message, clause)


def _paid_in_full(_: PaidInFull, clause: Text, application: Application, line: Line) -> Finding:
    """Return whether what was paid by the day of application reaches the invoice."""
    invoiced_fen, until = line.purchase.invoiced_fen, application.applied_on
    paid = sum_paid(line.purchase, date.min, until)
    if invoiced_fen is not None and paid.high < invoiced_fen:
        given, wanted = render_yuan(paid.high), render_yuan(invoiced_fen)
        message = Text(
            f"截至 {until} 已付 {given} 元，未达发票金额 {wanted} 元",
            f"has CNY {given} paid by {until}, of {wanted} invoiced",
        )
        return cut(line, "not_paid_in_full", message, clause)
    asked = ask_for_payments(line, clause)
    if invoiced_fen is None:
        return unknown(ask(line, "invoiced_fen", clause), *asked)
    return unknown(*asked) if asked else HOLDS


def _paid_in_full_in_year(
    _: PaidInFullInYear, clause: Text, application: Application, line: Line
) -> Finding:
    paid = _paid_in_full(PaidInFull(), clause, application, line)
    if not paid.truth:
        return paid
    full_on = paid_in_full_on(line.purchase, application.applied_on)
    if full_on is None or full_on.year == application.year:
        return HOLDS
    message = Text(
        f"于 {full_on} 付清，不在 {application.year} 年度内",
        f"was paid in full on {full_on}, not in {application.year}",
    )
    return cut(line, "paid_in_other_year", message, clause)


def _signed_and_completed(
    _: SignedAndCompletedInYear, clause: Text, application: Application, line: Line
) -> Finding:
    signed_on, completed_on = line.purchase.signed_on, line.purchase.completed_on
    year = application.year
    return require_all(
        [
            _within(year, signed_on, _SIGNED, clause, line),
            _within(year, completed_on, _COMPLETED, clause, line),
        ]
    )


def _within(year: int, day: date | None, verb: Text, clause: Text, line: Line) -> Finding:
    if day is None:
        return unknown(ask(line, f"{verb.en}_on", clause))
    if day.year == year:
        return HOLDS
    message = Text(
        f"于 {day} {verb.zh}，不在 {year} 年度内", f"was {verb.en} on {day}, not in {year}"
    )
    return cut(line, f"not_{verb.en}_in_year", message, clause)


def _dated_within(rule: Within, clause: Text, application: Application, line: Line) -> Finding:
    what, found = EVENTS[rule.what], []
    if rule.what == "paid_in_full":
        finding = _paid_in_full(PaidInFull(), clause, application, line)
        if not finding.truth:
            return finding
    for key, day in _days_of(rule, application, line):
        if day is None:
            found.append(unknown(ask(line, key, clause)))
        elif not rule.first <= day <= rule.last:
            message = Text(
                f"于 {day} {what.zh}，不在 {rule.first} 至 {rule.last} 内",
                f"was {what.en} on {day}, not between {rule.first} and {rule.last}",
            )
            found.append(cut(line, f"not_{rule.what}_in_window", message, clause))
    return require_all(found)


def _days_of(
    rule: Within, application: Application, line: Line
) -> tuple[tuple[str, date | None], ...]:
    """Return the days that a window is about, with the facts that give them."""
    purchase = line.purchase
    if rule.what == "service":
        return (("service_from", purchase.service_from), ("service_to", purchase.service_to))
    if rule.what == "paid_in_full":
        return (("payments", paid_in_full_on(purchase, application.applied_on)),)
    key = {"signed": "signed_on", "completed": "completed_on", "invoiced": "invoiced_on"}[rule.what]
    return ((key, getattr(purchase, key)),)


def _not_self(_: NotSelfUse, clause: Text, application: Application, line: Line) -> Finding:
    buyer, provider = application.case.enterprise.credit_code, line.purchase.provider
    if provider is None:
        return unknown(ask(line, "provider", clause))
    if buyer is None:
        what = Text("统一社会信用代码", "the credit code")
        return unknown(missing_fact("enterprise.credit_code", what, clause))
    if buyer != provider:
        return HOLDS
    message = Text("为自用（服务机构即申请企业）", "is self-use: the provider is the enterprise")
    return cut(line, "self_use", message, clause)


def _once(programme_id: str, clause: Text, application: Application, line: Line) -> Finding:
    """Return whether the programme has paid on nothing of the contract before."""
    contract = line.purchase.contract
    truths = [
        all_of((same(entry.programme, programme_id), same(refund.contract, contract)))
        for entry in application.case.earlier
        for refund in list_refunds(entry)
    ]
    truth = any_of(truths)
    if truth is False:
        return HOLDS
    if truth is None:
        what = Text("以往补贴所属的项目或合同", "programme or contract of an earlier refund")
        known = contract is not None
        return unknown(
            missing_fact("earlier", what, clause) if known else ask(line, "contract", clause)
        )
    message = Text(
        f"所属合同 {contract} 此前已获本项目补贴",
        f"belongs to contract {contract}, on which this programme has paid before",
    )
    return cut(line, "contract_already_refunded", message, clause)


_EVENTS_OF_LAW: Final[dict[LegalDate, Text]] = {
    "application": Text("申请", "applied for"),
    "contract_signed": EVENTS["signed"],
    "service_completed": EVENTS["completed"],
    "paid_in_full": EVENTS["paid_in_full"],
}

_JUDGES: Final[dict[type, Callable[..., Finding]]] = {
    ResourceIs: _resource,
    ContractAtLeast: _contract_at_least,
    PaidInFull: _paid_in_full,
    PaidInFullInYear: _paid_in_full_in_year,
    SignedAndCompletedInYear: _signed_and_completed,
    Within: _dated_within,
    NotFunded: not_funded,
    NeverFunded: never_funded,
    ProviderListed: is_listed,
    NotSelfUse: _not_self,
}
"""One judge a shape, but for the rule that must know which programme asks."""
