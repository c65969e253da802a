"""The item of the check list on days: windows, the version in force, the order of the papers.

A paper that is older than its contract is refused, and so is service outside its contract's days.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final

from ledger.text import Text
from vouchers.application import Line, moment_of
from vouchers.claims.evidence import Evidence, Item, Kind, conclude, join, no, open_
from vouchers.claims.rule_items import DATED, judge_all
from vouchers.decision import HOLDS, Finding
from vouchers.programme import Version
from vouchers.window import note_window

_ORDER: Final = Text("合同、服务、开票、付款、申请的先后", "the order of the papers' days")


def check_days(evidence: Evidence, version: Version, kind: Kind) -> Item:
    """Return whether every day is within its window, and the papers follow one another."""
    late = [
        no(one.code, *one.message, one.clause) for one in note_window(version, evidence.application)
    ]
    dated = [one for one in version.purchases if isinstance(one.value, DATED)]
    findings = [
        *late,
        *judge_all(evidence, dated, evidence.counting),
        *(_in_force(evidence, version, line) for line in evidence.counting),
        *_in_order(evidence),
    ]
    found = join(_show_days(evidence))
    clauses = join(dict.fromkeys([version.legal_date.clause, *(one.clause for one in dated)]))
    return conclude(kind, findings, found, clauses)


def _in_force(evidence: Evidence, version: Version, line: Line) -> Finding:
    """Return whether the version is in force on the legal date of a purchase."""
    legal = version.legal_date
    moment = moment_of(legal.value, evidence.application, line)
    name = line.name()
    if moment.on is None:
        zh, en = f"{name.zh}的认定日期不明", f"the legal date of {name.en} is not known"
        return open_(f"{zh}，请填报 {moment.path}", f"{en}; supply {moment.path}", legal.clause)
    if version.in_force(moment.on):
        return HOLDS
    return no(
        "no_version_in_force",
        f"{name.zh}的认定日期 {moment.on} 不在版本 {version.id} 施行期内",
        f"the legal date of {name.en}, {moment.on}, is outside version {version.id}",
        legal.clause,
    )


def _in_order(evidence: Evidence) -> Iterator[Finding]:
    """Yield where the papers of a purchase do not follow one another."""
    for line in evidence.counting:
        one, name = line.purchase, line.name()
        paid = None if one.payments is None else [paying.paid_on for paying in one.payments]
        days: list[tuple[Text, date | None]] = [
            (Text("开票日期", "the day of the invoice"), one.invoiced_on),
            *((Text("付款日期", "the day of payment"), day) for day in (paid or [None])),
        ]
        signed_on = one.signed_on
        if signed_on is None:
            zh, en = f"{name.zh}的合同签订日期不明", f"the day of signing of {name.en} is not known"
            yield open_(zh, en, _ORDER)
        for what, day in days if paid != [] else days[:1]:
            if day is None:
                yield open_(
                    f"{name.zh}的{what.zh}不明", f"{what.en} of {name.en} is not known", _ORDER
                )
            elif signed_on is not None and day < signed_on:
                yield no(
                    "before_contract",
                    f"{name.zh}的{what.zh} {day} 早于合同签订日期 {signed_on}",
                    f"{what.en} of {name.en}, {day}, is before the contract of {signed_on}",
                    _ORDER,
                )
        yield from _within_contract(evidence, line)


def _within_contract(evidence: Evidence, line: Line) -> Iterator[Finding]:
    """Yield where a purchase's service is not within its contract's, or that is not known."""
    one, name = line.purchase, line.name()
    contract = evidence.account.contracts.get(one.contract or "")
    first, last = one.service_from, one.service_to
    if contract is None or first is None or last is None:
        zh = f"{name.zh}的合同或服务期不明"
        yield open_(zh, f"contract or days of service of {name.en} are not known", _ORDER)
    elif not contract.service_from <= first.isoformat() <= last.isoformat() <= contract.service_to:
        yield no(
            "outside_contract",
            f"{name.zh}的服务期 {first} 至 {last} 超出合同服务期"
            f" {contract.service_from} 至 {contract.service_to}",
            f"{name.en} was served {first} to {last}, the contract runs"
            f" {contract.service_from} to {contract.service_to}",
            _ORDER,
        )


def _show_days(evidence: Evidence) -> Iterator[Text]:
    """Yield the days of each purchase that counts, and of the application."""
    for line in evidence.counting:
        one, name = line.purchase, line.name()
        paid = [str(paying.paid_on) for paying in one.payments or ()]
        yield Text(
            f"{name.zh}：签订 {one.signed_on}，服务 {one.service_from} 至 {one.service_to}，"
            f"开票 {one.invoiced_on}，付款 {'、'.join(paid)}",
            f"{name.en}: signed {one.signed_on}, served {one.service_from} to {one.service_to},"
            f" invoiced {one.invoiced_on}, paid {', '.join(paid)}",
        )
    yield Text(f"申请 {evidence.applied_on}", f"applied {evidence.applied_on}")
