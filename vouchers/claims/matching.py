"""The three-way match: contract ↔ invoice ↔ payment ↔ what was metered; and contracts that split.

What was metered is the evidence that work was done (a contract without it is the fraud to find), so
an invoice without metered usage never matches.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Final, NamedTuple

from ledger.events import ContractRegistered, InvoiceRecorded
from ledger.money import render_decimal, render_yuan
from ledger.quantity import MICRO
from ledger.text import Text
from vouchers.answers import find_disputes, tell_dispute
from vouchers.claims.evidence import Evidence, Item, Kind, conclude, join, no, open_
from vouchers.decision import Finding
from vouchers.programme import Version
from vouchers.rating import DayUsage
from vouchers.requirement import ContractAtLeast, OncePerContract
from vouchers.wording import render_percent

METERED_SHARE_MAX: Final = Fraction(1, 100)
"""What metered and invoiced amounts may differ by, of the invoice: an invoice is made out on the
last day of its month, when some hours' slices are still to come; one percent is seven hours."""

METERED_FEN_MAX: Final = 10_000
"""And at least by so much, CNY 100: a small invoice rounds each line to whole hours or yuan."""

# Contracts with one provider that are signed within so many days of each other may be one that was
# split: a month, in which one settlement is made.
SPLIT_DAYS: Final = 31

_MATCH: Final = Text(
    "合同、发票、付款与计量用量相互印证",
    "contract, invoice, payment and metered usage bear one another out",
)
_SECONDS_PER_HOUR: Final = 3_600
_SECONDS_PER_DAY: Final = 86_400


class Figures(NamedTuple):
    """What is compared of one invoice, in fen; `metered_fen` is None while nobody has metered."""

    contract_fen: int
    on_contract_fen: int
    invoiced_fen: int
    paid_fen: int
    metered_fen: int | None

    @property
    def tolerance_fen(self) -> int:
        """Return what metered and invoiced amounts may differ by."""
        return max(METERED_FEN_MAX, int(METERED_SHARE_MAX * self.invoiced_fen))

    @property
    def differs(self) -> bool:
        """Return whether what was metered does not bear the invoice out, or is not known."""
        if not self.metered_fen:
            return True
        return abs(self.invoiced_fen - self.metered_fen) > self.tolerance_fen


class Beside(NamedTuple):
    """An invoice, its figures, and the card usage of its days, in micro-seconds of a card."""

    invoice: str
    record: InvoiceRecorded
    figures: Figures
    days: Mapping[str, int]


def check_match(evidence: Evidence, kind: Kind) -> Item:
    """Return whether contract, invoice, payment and metered usage of each invoice match."""
    findings, shown = [], []
    for invoice, record in evidence.invoices:
        contract = evidence.account.contracts.get(record.contract) if record else None
        if record is None or contract is None:
            zh = f"发票 {invoice} 或其合同未登记"
            en = f"invoice {invoice}, or its contract, is not on record"
            findings.append(open_(zh, en, _MATCH))
            continue
        figures = _figures(evidence, record, contract)
        text = _show(invoice, contract, figures, _quantities(evidence, record, contract))
        shown.append(text)
        findings += _compare(text, figures)
        for statement, line in find_disputes(evidence.account, record):
            findings.append(no("disputed", *tell_dispute(invoice, statement, line), _MATCH))
    if not evidence.claim.invoices:
        findings.append(open_("申请未列明发票", "the claim names no invoice", _MATCH))
    return conclude(kind, findings, join(shown), _MATCH)


def _figures(evidence: Evidence, record: InvoiceRecorded, contract: ContractRegistered) -> Figures:
    of_invoice = [one for one in evidence.lines if one.purchase.invoice == record.invoice]
    metered = [one.purchase.metered_fen for one in of_invoice]
    known = evidence.usage is not None and metered and None not in metered
    on_contract = [
        one.invoiced_fen
        for one in evidence.case.purchases or ()
        if one.contract == contract.contract
    ]
    return Figures(
        contract.amount_fen,
        sum(one or 0 for one in on_contract),
        sum(one.purchase.invoiced_fen or 0 for one in of_invoice) or record.amount_fen,
        sum(one.amount_fen for one in evidence.payments if one.invoice == record.invoice),
        sum(one or 0 for one in metered) if known else None,
    )


def _compare(text: Text, figures: Figures) -> Iterator[Finding]:
    """Yield where the figures of an invoice do not match, each with all of them."""
    metered_fen = figures.metered_fen
    if figures.on_contract_fen > figures.contract_fen:
        over = render_yuan(figures.on_contract_fen - figures.contract_fen)
        zh, en = f"累计开票超出合同 {over} 元", f"invoiced beyond the contract by CNY {over}"
        yield no("beyond_contract", f"{text.zh}：{zh}", f"{text.en}: {en}", _MATCH)
    if figures.paid_fen > figures.invoiced_fen:
        over = render_yuan(figures.paid_fen - figures.invoiced_fen)
        zh, en = f"付款超出发票 {over} 元", f"CNY {over} paid beyond the invoice"
        yield no("paid_beyond", f"{text.zh}：{zh}", f"{text.en}: {en}", _MATCH)
    if metered_fen is None:
        zh, en = "计量用量不明", "what was metered is not known"
        yield open_(f"{text.zh}：{zh}", f"{text.en}: {en}", _MATCH)
    elif metered_fen == 0:
        zh, en = "服务期内没有计量用量", "nothing was metered in its period"
        yield no("nothing_metered", f"{text.zh}：{zh}", f"{text.en}: {en}", _MATCH)
    elif figures.differs:
        most = render_yuan(figures.tolerance_fen)
        zh, en = f"差额超出容许的 {most} 元", f"that is more than CNY {most}"
        yield no("metered_differs", f"{text.zh}：{zh}", f"{text.en}: {en}", _MATCH)


def _show(invoice: str, contract: ContractRegistered, figures: Figures, quantity: Text) -> Text:
    """Return the figures of an invoice side by side, with the difference."""
    amounts = (figures.contract_fen, figures.on_contract_fen, figures.invoiced_fen)
    whole, so_far, invoiced = (render_yuan(one) for one in amounts)
    paid, metered_fen = render_yuan(figures.paid_fen), figures.metered_fen
    metered, difference = "—", Text("", "")
    if metered_fen is not None:
        metered, off_fen = render_yuan(metered_fen), figures.invoiced_fen - metered_fen
        share = render_percent(Fraction(abs(off_fen), figures.invoiced_fen or 1))
        off = render_yuan(off_fen)
        difference = Text(f"，差 {off} 元（{share}）", f", a difference of {off} ({share})")
    return Text(
        f"发票 {invoice}：合同 {contract.contract} {whole} 元（累计开票 {so_far}），"
        f"开票 {invoiced}，付款 {paid}，计量 {metered} 元{quantity.zh}{difference.zh}",
        f"invoice {invoice}: contract {contract.contract} CNY {whole} ({so_far} invoiced),"
        f" invoiced {invoiced}, paid {paid}, metered {metered}{quantity.en}{difference.en}",
    )


def _list_metered(
    evidence: Evidence, record: InvoiceRecorded, contract: ContractRegistered
) -> Iterator[DayUsage]:
    """Yield what was metered under a contract in an invoice's period, by day and resource.

    Usage that names no contract is its where the enterprise has no other.
    """
    priced = {one.resource for one in contract.prices}
    names = {contract.contract} | ({""} if len(evidence.account.contracts) == 1 else set())
    for key, quantity in evidence.usage or ():
        _, named, resource, day = key
        within = record.service_from <= day <= record.service_to
        if within and named in names and resource in priced:
            yield key, quantity


def list_beside(evidence: Evidence) -> Iterator[Beside]:
    """Yield what was metered beside what was invoiced, of each invoice of a claim on record."""
    for invoice, record in evidence.invoices:
        contract = evidence.account.contracts.get(record.contract) if record else None
        if record is None or contract is None:
            continue
        per_card = {one.resource for one in contract.prices if one.per != "tb_day"}
        days: dict[str, int] = {}
        for (_, _, resource, day), quantity in _list_metered(evidence, record, contract):
            if resource in per_card:
                days[day] = days.get(day, 0) + quantity
        yield Beside(invoice, record, _figures(evidence, record, contract), days)


def _quantities(evidence: Evidence, record: InvoiceRecorded, contract: ContractRegistered) -> Text:
    """Return how many card-hours and TB·days were metered for an invoice."""
    per_tb = {one.resource: one.per == "tb_day" for one in contract.prices}
    sums = {False: 0, True: 0}
    for (_, _, resource, _), quantity in _list_metered(evidence, record, contract):
        sums[per_tb[resource]] += quantity
    parts = []
    if sums[False]:
        hours = render_decimal(Fraction(sums[False], MICRO * _SECONDS_PER_HOUR), 2)
        parts.append(Text(f"{hours} 卡时", f"{hours} card-hours"))
    if sums[True]:
        days = render_decimal(Fraction(sums[True], MICRO * _SECONDS_PER_DAY), 2)
        parts.append(Text(f"{days} TB·天", f"{days} TB·days"))
    if not parts:
        return Text("", "")
    return Text(
        f"（{'，'.join(one.zh for one in parts)}）", f" ({', '.join(one.en for one in parts)})"
    )


def check_split(evidence: Evidence, version: Version, kind: Kind) -> Item:
    """Return whether no contract was split to pass a limit that the rule sets on a contract.

    Where it sets none, or counts such contracts as one, splitting gains nothing.
    """
    cap = version.contract_cap_fen
    limits = [] if cap is None else [cap.clause]
    limits += [
        one.clause
        for one in version.purchases
        if isinstance(one.value, ContractAtLeast | OncePerContract)
    ]
    joined = version.one_contract_within_days
    pairs = list(_near_contracts(evidence))
    shown = [
        Text(f"{a} 与 {b} 相隔 {days} 天签订", f"{a} and {b} were signed {days} days apart")
        for a, b, days in pairs
    ]
    if not limits:
        why = Text("本版本不按合同限额，拆分合同不增加补贴", "the rule has no limit on a contract")
        return conclude(kind, [], join([why, *shown]), version.document)
    if joined is not None:
        why = Text("相近合同按一份计算", "contracts signed near one another count as one")
        return conclude(
            kind, _open_contracts(evidence, joined.clause), join([why, *shown]), joined.clause
        )
    findings = [*_open_contracts(evidence, limits[0])]
    findings += [no("split", one.zh, one.en, limits[0]) for one in shown]
    found = Text("未见相近时间与同一服务机构签订的多份合同", "no contracts near one another")
    return conclude(kind, findings, found, limits[0])


def _near_contracts(evidence: Evidence) -> Iterator[tuple[str, str, int]]:
    """Yield contracts with one provider, one of them the claim's, that were signed close by."""
    claimed, parties = evidence.contracts, {one.provider for one in _known(evidence)}
    for provider in sorted(parties):
        of_provider = sorted(
            (one for one in evidence.account.contracts.values() if one.provider == provider),
            key=lambda one: (one.signed_on, one.contract),
        )
        for one, other in pairwise(of_provider):
            days = _days_between(one, other)
            if days <= SPLIT_DAYS and (one.contract in claimed or other.contract in claimed):
                yield one.contract, other.contract, days


def _known(evidence: Evidence) -> list[ContractRegistered]:
    return [one for one in evidence.contracts.values() if one is not None]


def _days_between(one: ContractRegistered, other: ContractRegistered) -> int:
    first, second = (date.fromisoformat(each.signed_on) for each in (one, other))
    return (second - first).days


def _open_contracts(evidence: Evidence, clause: Text) -> Iterator[Finding]:
    for name, contract in evidence.contracts.items():
        if contract is None:
            zh, en = f"合同 {name} 未登记", f"contract {name} is not on record"
            yield open_(zh, en, clause)
